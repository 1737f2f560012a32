#include "ingest/index/partitions.h"
#include "tests/unit/test_support.h"

static void a_partition_that_comes_back_is_another(void **state)
{
	struct partitions ps = { 0 };
	struct partition *old = partitions_add(&ps, "t", 0);
	struct partition *new;

	(void)state;
	assert_true(offsets_take(&old->offsets, 10));
	partition_hold(old);
	new = partitions_add(&ps, "t", 0);
	assert_ptr_not_equal(old, new);
	assert_true(old->given_up);
	assert_false(new->given_up);
	assert_ptr_equal(partitions_find(&ps, "t", 0), new);
	assert_int_equal(offsets_next(&new->offsets), -1);
	assert_int_equal(ps.n, 1);
	partition_let_go(old);
	partitions_release(&ps);
}

static void a_partition_lives_until_its_last_item_is_gone(void **state)
{
	struct partitions ps = { 0 };
	struct partition *p = partitions_add(&ps, "t", 1);

	(void)state;
	partition_hold(p);
	partition_hold(p);
	partitions_give_up(&ps, p);
	assert_null(partitions_find(&ps, "t", 1));
	assert_int_equal(p->items, 2);
	partition_let_go(p);
	assert_int_equal(p->items, 1);
	partition_let_go(p);
	partitions_release(&ps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_partition_that_comes_back_is_another),
		cmocka_unit_test(a_partition_lives_until_its_last_item_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
