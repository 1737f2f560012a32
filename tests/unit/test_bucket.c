#include "alert/notify/bucket.h"
#include "tests/unit/test_support.h"

static void rates_are_read(void **state)
{
	static const struct {
		const char *text;
		int64_t token_us; /* 0: no rate */
	} rows[] = {
		{ "1/s", 1000000 },  { "4/s", 250000 },     { "3/s", 333334 },
		{ "30/m", 2000000 }, { "1/h", 3600000000 }, { "", 0 },
		{ "1", 0 },          { "/s", 0 },           { "0/s", 0 },
		{ "-1/s", 0 },       { "1/d", 0 },          { "1/", 0 },
		{ "1 /s", 0 },       { "1/ss", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		int64_t us = 0;
		bool ok = bucket_parse_rate(str_of(rows[i].text), &us);

		assert_int_equal(ok, rows[i].token_us != 0);
		assert_int_equal(us, rows[i].token_us);
	}
}

static void the_throttle_starts_when_a_message_was_accepted(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 1000000, 1);
	assert_int_equal(bucket_next_ms(&b, 5000), 5000);
	bucket_take(&b);
	assert_int_equal(bucket_next_ms(&b, 5000), INT64_MAX);
	assert_int_equal(bucket_next_ms(&b, 60000), INT64_MAX);
	bucket_answered(&b, 60000);
	assert_int_equal(bucket_next_ms(&b, 60000), 61000);
	assert_int_equal(bucket_next_ms(&b, 60999), 61000);
	assert_int_equal(bucket_next_ms(&b, 61000), 61000);
}

static void a_burst_goes_at_once_and_its_tokens_come_back_in_turn(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 1000000, 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(bucket_next_ms(&b, 100), 100);
		bucket_take(&b);
	}
	assert_int_equal(bucket_next_ms(&b, 100), INT64_MAX);
	for (int i = 0; i < 3; i++)
		bucket_answered(&b, 200);
	assert_int_equal(bucket_next_ms(&b, 200), 1200);
	bucket_take(&b);
	bucket_answered(&b, 1200);
	assert_int_equal(bucket_next_ms(&b, 1200), 2200);
	assert_int_equal(bucket_next_ms(&b, 100000), 100000);
}

static void what_is_given_up_costs_nothing(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 1000000, 1);
	bucket_take(&b);
	bucket_dropped(&b);
	assert_int_equal(bucket_next_ms(&b, 7), 7);
}

static void no_limit_is_none(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 0, 1);
	for (int i = 0; i < 1000; i++)
		bucket_take(&b);
	assert_int_equal(bucket_next_ms(&b, 7), 7);
	bucket_answered(&b, 8);
	assert_int_equal(bucket_next_ms(&b, 8), 8);
}

/* Never more than burst and one a token's time, by recount. */
static void no_span_holds_more_than_the_rate(void **state)
{
	struct bucket b;
	int64_t sent[2000];
	size_t n = 0;

	(void)state;
	bucket_init(&b, 333334, 4);
	for (int64_t now = 0; n < 2000; now += 7) {
		if (bucket_next_ms(&b, now) > now)
			continue;
		bucket_take(&b);
		bucket_answered(&b, now);
		sent[n++] = now;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = i; k < n && k < i + 50; k++)
			assert_true((int64_t)(k - i) <=
				    3 + (sent[k] - sent[i]) * 1000 / 333334);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_read),
		cmocka_unit_test(
			the_throttle_starts_when_a_message_was_accepted),
		cmocka_unit_test(
			a_burst_goes_at_once_and_its_tokens_come_back_in_turn),
		cmocka_unit_test(what_is_given_up_costs_nothing),
		cmocka_unit_test(no_limit_is_none),
		cmocka_unit_test(no_span_holds_more_than_the_rate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
