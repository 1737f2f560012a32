#include "ingest/ship/acks.h"
#include "tests/unit/test_support.h"

static struct flight *push(struct acks_pool *pool, struct acks *a,
			   uint64_t offset, uint64_t end, int64_t time_ns)
{
	struct flight *f = acks_take(pool);

	assert_non_null(f);
	acks_push(a, f, offset, end, time_ns);
	return f;
}

static void reports_in_any_order_move_the_contiguous_end(void **state)
{
	static const int orders[][3] = {
		{ 0, 1, 2 }, { 2, 1, 0 }, { 1, 0, 2 }, { 2, 0, 1 }
	};
	static const uint64_t delivered[][3] = {
		{ 10, 20, 30 }, { 0, 0, 30 }, { 0, 20, 30 }, { 0, 10, 30 }
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(orders); i++) {
		struct acks_pool pool;
		struct acks a;
		struct flight *f[3];

		acks_pool_init(&pool, 3);
		acks_init(&a, 0, -1);
		for (uint64_t k = 0; k < 3; k++)
			f[k] = push(&pool, &a, k * 10, k * 10 + 10, (int64_t)k);
		for (size_t k = 0; k < 3; k++) {
			uint64_t before = a.delivered;
			bool moved = acks_done(&pool, f[orders[i][k]]);

			assert_int_equal(a.delivered, delivered[i][k]);
			assert_int_equal(moved, a.delivered != before);
		}
		assert_int_equal(a.time_ns, 2);
		assert_true(acks_idle(&a));
		assert_int_equal(pool.used, 0);
		acks_pool_release(&pool);
	}
}

static void the_time_is_that_of_the_last_delivered_line(void **state)
{
	struct acks_pool pool;
	struct acks a;
	struct flight *first, *second;

	(void)state;
	acks_pool_init(&pool, 2);
	acks_init(&a, 5, 100);
	first = push(&pool, &a, 5, 9, 200);
	second = push(&pool, &a, 9, 12, 300);
	acks_done(&pool, second);
	assert_int_equal(a.time_ns, 100);
	acks_done(&pool, first);
	assert_int_equal(a.time_ns, 300);
	acks_pool_release(&pool);
}

static void skipped_bytes_wait_for_the_line_before_them(void **state)
{
	struct acks_pool pool;
	struct acks a;
	struct flight *f;

	(void)state;
	acks_pool_init(&pool, 2);
	acks_init(&a, 0, 0);
	acks_skip(&a, 3);
	assert_int_equal(a.delivered, 3);
	f = push(&pool, &a, 3, 8, 0);
	acks_skip(&a, 9);
	assert_int_equal(a.delivered, 3);
	acks_done(&pool, f);
	assert_int_equal(a.delivered, 9);
	acks_pool_release(&pool);
}

static void an_empty_pool_gives_nothing_until_a_report(void **state)
{
	struct acks_pool pool;
	struct acks a, b;
	struct flight *f;

	(void)state;
	acks_pool_init(&pool, 2);
	acks_init(&a, 0, 0);
	acks_init(&b, 0, 0);
	push(&pool, &a, 0, 1, 0);
	f = push(&pool, &b, 0, 1, 0);
	assert_null(acks_take(&pool));
	acks_done(&pool, f);
	f = acks_take(&pool);
	assert_non_null(f);
	acks_put_back(&pool, f);
	assert_int_equal(pool.used, 1);
	acks_pool_release(&pool);
}

static void rewinding_counts_what_was_not_reported(void **state)
{
	struct acks_pool pool;
	struct acks a;

	(void)state;
	acks_pool_init(&pool, 3);
	acks_init(&a, 0, 0);
	push(&pool, &a, 0, 1, 0);
	acks_done(&pool, push(&pool, &a, 1, 2, 0));
	push(&pool, &a, 2, 3, 0);
	assert_int_equal(acks_rewind(&pool, &a), 2);
	assert_int_equal(a.delivered, 0);
	assert_int_equal(pool.used, 0);
	acks_pool_release(&pool);
}

static void no_restart_begins_inside_what_is_joined(void **state)
{
	struct acks_pool pool;
	struct acks a;
	struct flight *first, *second, *third;

	(void)state;
	acks_pool_init(&pool, 3);
	acks_init(&a, 0, 0);
	first = push(&pool, &a, 0, 10, 1);
	second = push(&pool, &a, 10, 0, 2);
	third = push(&pool, &a, 20, 40, 3);
	assert_true(acks_done(&pool, first));
	assert_false(acks_done(&pool, second));
	acks_skip(&a, 0);
	assert_int_equal(a.delivered, 10);
	assert_int_equal(a.time_ns, 1);
	assert_true(acks_done(&pool, third));
	assert_int_equal(a.delivered, 40);
	assert_int_equal(pool.used, 0);
	acks_pool_release(&pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_in_any_order_move_the_contiguous_end),
		cmocka_unit_test(the_time_is_that_of_the_last_delivered_line),
		cmocka_unit_test(skipped_bytes_wait_for_the_line_before_them),
		cmocka_unit_test(an_empty_pool_gives_nothing_until_a_report),
		cmocka_unit_test(rewinding_counts_what_was_not_reported),
		cmocka_unit_test(no_restart_begins_inside_what_is_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
