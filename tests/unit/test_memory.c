/* test_memory.c - records of the memory: there and back, and damaged ones */
#include "tests/unit/test_support.h"

#include "alert/window/memory.h"

static void a_record_comes_back_as_it_was(void **state)
{
	const struct memory memory = { -5, 7, 9, INT64_C(1) << 60 };
	struct memory_key key = { .kind = MEMORY_GROUP,
				  .series = UINT64_C(0xfedcba9876543210),
				  .value = { STR("A"), STR("") },
				  .n_values = 2 };
	struct buf AUTO(buf_release) bytes = { 0 };
	struct memory_key key_again;
	struct memory again;
	struct error err;

	(void)state;
	memory_key_write(&key, &bytes);
	assert_true(memory_key_read(buf_str(&bytes), &key_again, &err));
	assert_int_equal(key_again.kind, MEMORY_GROUP);
	assert_true(key_again.series == key.series);
	assert_int_equal(key_again.n_values, 2);
	assert_true(str_is(key_again.value[0], "A"));
	assert_int_equal(key_again.value[1].n, 0);
	for (size_t n = 0; n < bytes.n; n++) {
		/* Whole values may be missing, nothing else. */
		bool ok = memory_key_read(str_slice(bytes.p, n), &key_again,
					  &err);
		assert_true(ok == (n == 12 || n == 14));
	}
	buf_clear(&bytes);
	memory_write(&memory, &bytes);
	assert_true(memory_read(buf_str(&bytes), &again, &err));
	assert_memory_equal(&again, &memory, sizeof(memory));
	for (size_t n = 0; n < bytes.n; n++)
		assert_false(memory_read(str_slice(bytes.p, n), &again, &err));
}

static void a_damaged_record_is_refused(void **state)
{
	static const struct {
		struct memory memory;
	} cases[] = {
		{ { 0, 2, 1, 0 } },
		{ { INT64_MIN, 0, 0, 0 } },
		{ { 0, 0, INT64_MAX, 0 } },
		{ { 0, 0, 0, INT64_MAX } },
	};
	/* One spelling only: this length is 1 in two bytes. */
	static const char twice[] = "TM\1g01234567\x81\0A";
	struct memory_key key;
	struct memory again;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buf AUTO(buf_release) bytes = { 0 };
		memory_write(&cases[i].memory, &bytes);
		assert_false(memory_read(buf_str(&bytes), &again, &err));
	}
	assert_false(memory_key_read(str_slice(twice, sizeof(twice) - 1), &key,
				     &err));
	assert_false(memory_key_read(STR("TM\1x01234567"), &key, &err));
	assert_false(memory_key_read(STR("TM\2g01234567"), &key, &err));
	assert_true(memory_key_read(STR("TM\1g01234567"), &key, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back_as_it_was),
		cmocka_unit_test(a_damaged_record_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
