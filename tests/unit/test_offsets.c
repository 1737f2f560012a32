#include "ingest/index/offsets.h"
#include "tests/unit/test_support.h"

static void take(struct offsets *o, int64_t from, int64_t to)
{
	for (int64_t i = from; i < to; i++)
		assert_true(offsets_take(o, i));
}

static void nothing_taken_has_no_offset_to_commit(void **state)
{
	struct offsets o;

	(void)state;
	offsets_init(&o);
	assert_int_equal(offsets_next(&o), -1);
	offsets_release(&o);
}

static void only_the_unbroken_run_is_committed(void **state)
{
	struct offsets o;

	(void)state;
	offsets_init(&o);
	take(&o, 100, 110);
	assert_int_equal(offsets_next(&o), 100);
	offsets_finish(&o, 102);
	offsets_finish(&o, 101);
	assert_int_equal(offsets_next(&o), 100);
	offsets_finish(&o, 104);
	offsets_finish(&o, 100);
	assert_int_equal(offsets_next(&o), 103);
	offsets_finish(&o, 103);
	assert_int_equal(offsets_next(&o), 105);
	offsets_release(&o);
}

static void offsets_that_the_log_skips_count_as_finished(void **state)
{
	struct offsets o;

	(void)state;
	offsets_init(&o);
	assert_true(offsets_take(&o, 5));
	assert_true(offsets_take(&o, 9));
	offsets_finish(&o, 5);
	assert_int_equal(offsets_next(&o), 9);
	offsets_finish(&o, 9);
	assert_int_equal(offsets_next(&o), 10);
	offsets_release(&o);
}

static void an_offset_that_goes_back_is_refused(void **state)
{
	struct offsets o;

	(void)state;
	offsets_init(&o);
	take(&o, 10, 13);
	assert_false(offsets_take(&o, 12));
	assert_false(offsets_take(&o, 0));
	assert_int_equal(offsets_next(&o), 10);
	offsets_release(&o);
}

/* Against a plain array, in a random order. */
static void any_order_gives_the_same_as_an_array(void **state)
{
	enum { N = 3000 };
	static int64_t order[N];
	static bool done[N];
	struct offsets o;
	int64_t next = 0;

	(void)state;
	srand(4711);
	offsets_init(&o);
	take(&o, 0, N);
	for (int64_t i = 0; i < N; i++) {
		int64_t j = rand() % (i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (size_t i = 0; i < N; i++) {
		offsets_finish(&o, order[i]);
		done[order[i]] = true;
		while (next < N && done[next])
			next++;
		assert_int_equal(offsets_next(&o), next);
	}
	assert_int_equal(o.n, 0);
	offsets_release(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_taken_has_no_offset_to_commit),
		cmocka_unit_test(only_the_unbroken_run_is_committed),
		cmocka_unit_test(offsets_that_the_log_skips_count_as_finished),
		cmocka_unit_test(an_offset_that_goes_back_is_refused),
		cmocka_unit_test(any_order_gives_the_same_as_an_array),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
