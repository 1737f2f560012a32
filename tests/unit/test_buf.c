#include "core/buf.h"
#include "tests/unit/test_support.h"

static void a_zeroed_buffer_grows_without_limit(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 10000; i++)
		assert_true(buf_add_text(&b, "0123456789"));
	assert_int_equal(b.n, 100000);
	assert_int_equal(b.p[b.n], '\0');
	buf_release(&b);
}

static void passing_the_limit_appends_nothing(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 5);
	assert_true(buf_add_text(&b, "abc"));
	assert_false(buf_add_text(&b, "def"));
	assert_false(buf_add_int(&b, -100));
	assert_false(buf_add_format(&b, "%d", 1000));
	assert_false(buf_add_json_string(&b, STR("x")));
	assert_str(buf_str(&b), "abc");
	assert_true(buf_add_text(&b, "de"));
	assert_false(buf_add_char(&b, 'f'));
	buf_release(&b);
}

static void numbers_are_written_in_decimal(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_add_int(&b, INT64_MIN);
	buf_add_char(&b, ' ');
	buf_add_uint(&b, UINT64_MAX);
	buf_add_char(&b, ' ');
	buf_add_int(&b, 0);
	assert_str(buf_str(&b), "-9223372036854775808 18446744073709551615 0");
	buf_release(&b);
}

static void json_strings_are_escaped(void **state)
{
	struct buf b = { 0 };

	(void)state;
	buf_add_json_string(&b, str_slice("a\"\\\n\t\0\x1f/\xc3\xa9", 10));
	assert_str(buf_str(&b), "\"a\\\"\\\\\\n\\t\\u0000\\u001f/\xc3\xa9\"");
	buf_release(&b);
}

static void consuming_moves_the_rest_down(void **state)
{
	struct buf b = { 0 };
	char *taken;

	(void)state;
	buf_add_text(&b, "hello world");
	buf_consume(&b, 6);
	assert_str(buf_str(&b), "world");
	taken = buf_take(&b);
	assert_string_equal(taken, "world");
	assert_int_equal(b.n, 0);
	assert_string_equal(buf_text(&b), "");
	free(taken);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zeroed_buffer_grows_without_limit),
		cmocka_unit_test(passing_the_limit_appends_nothing),
		cmocka_unit_test(numbers_are_written_in_decimal),
		cmocka_unit_test(json_strings_are_escaped),
		cmocka_unit_test(consuming_moves_the_rest_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
