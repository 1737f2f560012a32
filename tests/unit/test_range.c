#include "ingest/index/range.h"
#include "tests/unit/test_support.h"

static struct range_part parts[3];
static struct range range = { parts, 3 };

static int fill(void **state)
{
	(void)state;
	parts[0] = (struct range_part){ 10, 13, 10 };
	parts[1] = (struct range_part){ 5, 5, 5 };
	parts[2] = (struct range_part){ 0, 2, 0 };
	return 0;
}

static void it_is_done_when_each_partition_is(void **state)
{
	(void)state;
	assert_int_equal(range_total(&range), 5);
	assert_true(range_take(&range, 0, 10));
	assert_true(range_take(&range, 0, 12));
	assert_false(range_is_done(&range));
	assert_true(range_take(&range, 2, 0));
	assert_int_equal(range_passed(&range), 4);
	assert_true(range_take(&range, 2, 1));
	assert_true(range_is_done(&range));
	assert_int_equal(range_passed(&range), 5);
}

static void what_lies_behind_is_not_taken_and_ends_it(void **state)
{
	(void)state;
	assert_false(range_take(&range, 1, 5));
	assert_false(range_take(&range, 0, 13));
	assert_false(range_take(&range, 7, 0));
	assert_false(range_is_done(&range));
	assert_false(range_take(&range, 2, 9));
	assert_true(range_is_done(&range));
}

static void gaps_at_the_end_are_passed_by_the_end_of_the_partition(void **state)
{
	(void)state;
	range_reach(&range, 0, 13);
	range_reach(&range, 2, 1);
	range_reach(&range, 2, 0);
	assert_false(range_is_done(&range));
	range_reach(&range, 2, 50);
	assert_true(range_is_done(&range));
	assert_int_equal(range_passed(&range), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_is_done_when_each_partition_is, fill),
		cmocka_unit_test_setup(
			what_lies_behind_is_not_taken_and_ends_it, fill),
		cmocka_unit_test_setup(
			gaps_at_the_end_are_passed_by_the_end_of_the_partition,
			fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
