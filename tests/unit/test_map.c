#include "core/map.h"
#include "tests/unit/test_support.h"

static struct str key_of(int i, char text[16])
{
	snprintf(text, 16, "key-%d", i);
	return str_of(text);
}

static void what_was_set_is_found_until_removed(void **state)
{
	struct map m = { 0 };
	static int values[5000];
	char text[16];

	(void)state;
	for (int i = 0; i < 5000; i++)
		assert_null(map_set(&m, key_of(i, text), &values[i]));
	for (int i = 0; i < 5000; i += 2)
		assert_ptr_equal(map_remove(&m, key_of(i, text)), &values[i]);
	assert_int_equal(m.n, 2500);
	for (int i = 0; i < 5000; i++)
		assert_ptr_equal(map_get(&m, key_of(i, text)),
				 i % 2 ? &values[i] : NULL);
	map_release(&m, NULL);
	assert_null(map_get(&m, STR("key-1")));
}

static void setting_again_returns_what_was_there(void **state)
{
	struct map m = { 0 };
	int a, b;

	(void)state;
	assert_null(map_set(&m, STR("k"), &a));
	assert_ptr_equal(map_set(&m, STR("k"), &b), &a);
	assert_ptr_equal(map_get(&m, STR("k")), &b);
	assert_int_equal(m.n, 1);
	map_release(&m, NULL);
}

static void keys_may_hold_any_byte(void **state)
{
	struct map m = { 0 };
	int a, b;

	(void)state;
	map_set(&m, str_slice("a\0b", 3), &a);
	map_set(&m, STR_NONE, &b);
	assert_ptr_equal(map_get(&m, str_slice("a\0b", 3)), &a);
	assert_null(map_get(&m, STR("a")));
	assert_ptr_equal(map_get(&m, STR("")), &b);
	map_release(&m, NULL);
}

static void entries_can_be_removed_while_iterating(void **state)
{
	struct map m = { 0 };
	struct map_entry e;
	static int value;
	char text[16];
	size_t seen = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		map_set(&m, key_of(i, text), &value);
	map_for_each (&m, e) {
		seen++;
		assert_ptr_equal(map_remove(&m, e.key), &value);
	}
	assert_int_equal(seen, 100);
	assert_int_equal(m.n, 0);
	map_release(&m, NULL);
}

static void a_table_that_churns_stays_small(void **state)
{
	struct map m = { 0 };
	static int value;
	char text[16];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		map_set(&m, key_of(i, text), &value);
		assert_ptr_equal(map_remove(&m, key_of(i, text)), &value);
	}
	assert_true(m.cap <= 64);
	map_release(&m, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_set_is_found_until_removed),
		cmocka_unit_test(setting_again_returns_what_was_there),
		cmocka_unit_test(keys_may_hold_any_byte),
		cmocka_unit_test(entries_can_be_removed_while_iterating),
		cmocka_unit_test(a_table_that_churns_stays_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
