/* test_utf8.c - what is UTF-8, and what becomes of the rest */
#include "event/utf8.h"

#include "tests/unit/test_support.h"

/* Bytes, and what utf8_clean() makes of them; NULL: they are valid. */
static const struct {
	struct str bytes;
	const char *cleaned;
} cases[] = {
	{ { "", 0 }, NULL },
	{ { "plain text, longer than a word", 30 }, NULL },
	{ { "\xc2\x80 \xdf\xbf", 5 }, NULL },
	{ { "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", 12 }, NULL },
	{ { "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", 8 }, NULL },
	{ { "\0", 1 }, NULL },
	/* a byte that never leads */
	{ { "a\x80z", 3 }, "a\xef\xbf\xbdz" },
	{ { "\xff\xfe", 2 }, "\xef\xbf\xbd\xef\xbf\xbd" },
	{ { "\xf5\x80\x80\x80", 4 },
	  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	/* overlong */
	{ { "\xc0\xaf", 2 }, "\xef\xbf\xbd\xef\xbf\xbd" },
	{ { "\xe0\x9f\xbf", 3 }, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ { "\xf0\x8f\xbf\xbf", 4 },
	  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	/* surrogates, above U+10FFFF */
	{ { "\xed\xa0\x80", 3 }, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ { "\xf4\x90\x80\x80", 4 },
	  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	/* cut short: one for the part there is */
	{ { "\xe2\x82", 2 }, "\xef\xbf\xbd" },
	{ { "\xf0\x9f\x98z", 4 }, "\xef\xbf\xbdz" },
	{ { "\xc3\"", 2 }, "\xef\xbf\xbd\"" },
};

static void bad_bytes_become_replacement_characters(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buf out = { 0 };
		bool bad = cases[i].cleaned != NULL;
		assert_int_equal(utf8_valid(cases[i].bytes), !bad);
		assert_int_equal(utf8_clean(cases[i].bytes, &out), bad);
		struct str want =
			bad ? str_of(cases[i].cleaned) : cases[i].bytes;
		assert_true(str_equal(buf_str(&out), want));
		assert_true(utf8_valid(buf_str(&out)));
		buf_release(&out);
	}
}

static void every_code_point_is_written_and_read(void **state)
{
	(void)state;
	for (uint32_t code = 0; code <= 0x10ffff; code++) {
		char text[4];
		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		size_t n = utf8_encode(code, text);
		assert_int_equal(utf8_length(text, text + n), n);
		assert_int_equal(utf8_length(text, text + n - 1) == 0 || n == 1,
				 true);
	}
}

static void cutting_splits_no_character(void **state)
{
	struct str text = STR("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
	static const size_t lengths[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10 };

	(void)state;
	for (size_t max = 0; max < ARRAY_LENGTH(lengths); max++)
		assert_int_equal(utf8_cut(text, max).n, lengths[max]);
	assert_int_equal(utf8_cut(text, 100).n, text.n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_bytes_become_replacement_characters),
		cmocka_unit_test(every_code_point_is_written_and_read),
		cmocka_unit_test(cutting_splits_no_character),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
