#include "tests/unit/test_support.h"

static void a_failing_function_reports_kind_and_text(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_false(error_set(&err, ERROR_RETRY, "could not read '%s'", "x"));
	assert_int_equal(err.kind, ERROR_RETRY);
	assert_string_equal(err.text, "could not read 'x'");
	assert_false(error_prefix(&err, "rule '%s'", "r"));
	assert_string_equal(err.text, "rule 'r': could not read 'x'");
	assert_false(error_set(NULL, ERROR_FATAL, "nobody listens"));
}

static void a_long_error_is_cut_not_overrun(void **state)
{
	struct error err;
	char text[2000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, ERROR_REJECT, "%s", text);
	error_prefix(&err, "%s", text);
	assert_true(strlen(err.text) < sizeof(err.text));
}

static void numbers_are_whole_and_in_range(void **state)
{
	static const struct {
		const char *text;
		bool valid;
		int64_t value;
	} table[] = {
		{ "0", true, 0 },
		{ "-1", true, -1 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "+1", false, 0 },
		{ " 1", false, 0 },
		{ "1x", false, 0 },
		{ "1.0", false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		int64_t value = 77;
		bool valid = str_to_int64(str_of(table[i].text), INT64_MIN,
					  INT64_MAX, &value);

		assert_int_equal(valid, table[i].valid);
		assert_int_equal(value, valid ? table[i].value : 77);
	}
}

static void numbers_outside_the_bounds_are_refused(void **state)
{
	int64_t value = 5;

	(void)state;
	assert_false(str_to_int64(STR("11"), 0, 10, &value));
	assert_false(str_to_int64(STR("-1"), 0, 10, &value));
	assert_int_equal(value, 5);
	assert_true(str_to_int64(STR("10"), 0, 10, &value));
	assert_int_equal(value, 10);
}

static void strings_compare_by_bytes(void **state)
{
	(void)state;
	assert_true(str_compare(STR("a"), STR("b")) < 0);
	assert_true(str_compare(STR("ab"), STR("a")) > 0);
	assert_true(str_compare(STR("\xff"), STR("a")) > 0);
	assert_int_equal(str_compare(STR("a"), STR("a")), 0);
	assert_true(str_equal_nocase(STR("WaRn"), STR("wArN")));
	assert_false(str_equal_nocase(STR("warn"), STR("warning")));
	assert_str(str_trim(STR(" \t x y\r\n")), "x y");
	assert_str(str_trim(STR("  ")), "");
}

static void a_hash_is_the_same_on_every_machine(void **state)
{
	(void)state;
	assert_true(str_hash(STR("tocsin")) == str_hash(str_of("tocsin")));
	/* XXH3-64 of the empty string, from the xxHash specification. */
	assert_true(str_hash(STR_NONE) == 0x2d06800538d394c2U);
}

static void a_growing_array_keeps_its_items(void **state)
{
	int *items = NULL;
	size_t n = 0, cap = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		*ARRAY_PUSH(items, n, cap) = i;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failing_function_reports_kind_and_text),
		cmocka_unit_test(a_long_error_is_cut_not_overrun),
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(numbers_outside_the_bounds_are_refused),
		cmocka_unit_test(strings_compare_by_bytes),
		cmocka_unit_test(a_hash_is_the_same_on_every_machine),
		cmocka_unit_test(a_growing_array_keeps_its_items),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
