#include "ingest/index/pace.h"
#include "tests/unit/test_support.h"

static void success_adds_one_request_a_round_up_to_the_most(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 4, 1);
	assert_true(pace_may_send(&p, 0, 1));
	assert_false(pace_may_send(&p, 0, 2));
	pace_succeeded(&p);
	pace_succeeded(&p);
	pace_succeeded(&p);
	assert_true(pace_may_send(&p, 0, 2));
	for (int i = 0; i < 100; i++)
		pace_succeeded(&p);
	assert_true(pace_may_send(&p, 0, 3));
	assert_false(pace_may_send(&p, 0, 4));
}

static void congestion_halves_down_to_one(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 8, 1);
	for (int i = 0; i < 100; i++)
		pace_succeeded(&p);
	pace_congested(&p);
	assert_true(pace_may_send(&p, 0, 3));
	assert_false(pace_may_send(&p, 0, 4));
	for (int i = 0; i < 10; i++)
		pace_congested(&p);
	assert_true(pace_may_send(&p, 0, 0));
	assert_false(pace_may_send(&p, 0, 1));
}

static void failure_closes_the_gate_and_then_lets_one_try(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 4, 1);
	pace_failed(&p, 1000, -1);
	assert_in_range(pace_wait_ms(&p, 1000), 100, 200);
	assert_false(pace_may_send(&p, 1000, 0));
	assert_true(pace_may_send(&p, 1200, 0));
	assert_false(pace_may_send(&p, 1200, 1));
	pace_succeeded(&p);
	assert_int_equal(pace_wait_ms(&p, 1000), 0);
}

static void failures_of_one_moment_count_once(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 4, 1);
	for (int i = 0; i < 4; i++)
		pace_failed(&p, 1000, -1);
	assert_true(pace_wait_ms(&p, 1000) <= 200);
}

static void waits_end_at_five_seconds(void **state)
{
	struct pace p;
	int64_t now_ms = 0;

	(void)state;
	pace_init(&p, 4, 1);
	for (int i = 0; i < 50; i++) {
		pace_failed(&p, now_ms, -1);
		assert_true(pace_wait_ms(&p, now_ms) <= 5000);
		now_ms += pace_wait_ms(&p, now_ms);
	}
}

static void retry_after_is_honoured_up_to_a_minute(void **state)
{
	struct pace p;

	(void)state;
	pace_init(&p, 4, 1);
	pace_failed(&p, 0, 7000);
	assert_int_equal(pace_wait_ms(&p, 0), 7000);
	pace_failed(&p, 7000, INT64_MAX);
	assert_int_equal(pace_wait_ms(&p, 7000), 60000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			success_adds_one_request_a_round_up_to_the_most),
		cmocka_unit_test(congestion_halves_down_to_one),
		cmocka_unit_test(failure_closes_the_gate_and_then_lets_one_try),
		cmocka_unit_test(failures_of_one_moment_count_once),
		cmocka_unit_test(waits_end_at_five_seconds),
		cmocka_unit_test(retry_after_is_honoured_up_to_a_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
