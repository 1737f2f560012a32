#include "alert/notify/text.h"
#include "event/utf8.h"
#include "tests/unit/test_support.h"

static const char *shout(uint32_t before, uint32_t c)
{
	(void)before;
	return c == '<' ? "&lt;" : NULL;
}

static const char *cleaned(struct text *t, struct str stranger, size_t max,
			   bool lines, text_escape escape)
{
	text_release(t);
	text_init(t, 1000);
	text_theirs(t, stranger, max, lines, escape);
	return buf_text(&t->out);
}

static void what_is_no_text_is_shown_as_such(void **state)
{
	static const struct {
		const char *in, *out;
		bool lines;
	} table[] = {
		{ "plain", "plain", true },
		{ "a\nb\r\nc", "a\nb\nc", true },
		{ "a\nb\r\nc", "a b c", false },
		{ "a\tb", "a b", true },
		{ "a\x01z\x7f", "a\xef\xbf\xbdz\xef\xbf\xbd", true },
		{ "a\xff", "a\xef\xbf\xbd", true },
		{ "a\xe2\x82", "a\xef\xbf\xbd", true },
		{ "\xc2\x85", "\xef\xbf\xbd", true },
		/* the override of direction, not the letters of Hebrew */
		{ "\xe2\x80\xae\xd7\x90", "\xef\xbf\xbd\xd7\x90", true },
		{ "a\xe2\x80\xa8"
		  "b",
		  "a b", false },
		{ "\xf0\x9f\x94\xa5", "\xf0\x9f\x94\xa5", true },
	};
	struct text t = { .left = 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_string_equal(cleaned(&t, str_of(table[i].in), 1000,
					    table[i].lines, NULL),
				    table[i].out);
	text_release(&t);
}

static void a_cut_breaks_neither_character_nor_escape(void **state)
{
	static const char in[] = "<\xf0\x9f\x94\xa5<\xc3\xa9<";
	static const struct {
		size_t max;
		const char *out;
	} table[] = {
		{ 0, "" },
		{ 1, "\xe2\x80\xa6" },
		{ 4, "\xe2\x80\xa6" },
		{ 5, "&lt;\xe2\x80\xa6" },
		{ 6, "&lt;\xe2\x80\xa6" },
		{ 7, "&lt;\xf0\x9f\x94\xa5\xe2\x80\xa6" },
		{ 11, "&lt;\xf0\x9f\x94\xa5&lt;\xe2\x80\xa6" },
		{ 12, "&lt;\xf0\x9f\x94\xa5&lt;\xc3\xa9\xe2\x80\xa6" },
		{ 14, "&lt;\xf0\x9f\x94\xa5&lt;\xc3\xa9\xe2\x80\xa6" },
		{ 15, "&lt;\xf0\x9f\x94\xa5&lt;\xc3\xa9&lt;" },
	};
	struct text t = { .left = 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_string_equal(
			cleaned(&t, str_of(in), table[i].max, true, shout),
			table[i].out);
	text_release(&t);
}

/* Every byte sequence of length 4 over a nasty alphabet, at every limit. */
static void no_text_passes_its_limit(void **state)
{
	static const char nasty[] = "<a\xc3\xa9\xf0\x9f\xe2\n";
	size_t n = sizeof(nasty) - 1;
	struct text t;

	(void)state;
	for (size_t k = 0; k < n * n * n * n; k++) {
		const char in[4] = { nasty[k % n], nasty[k / n % n],
				     nasty[k / n / n % n],
				     nasty[k / n / n / n % n] };

		for (size_t max = 0; max < 8; max++) {
			text_init(&t, 7);
			text_theirs(&t, str_slice(in, 4), max, true, shout);
			assert_in_range(text_units(buf_str(&t.out)), 0,
					max < 7 ? max : 7);
			assert_int_equal(t.left,
					 7 - text_units(buf_str(&t.out)));
			assert_true(utf8_valid(buf_str(&t.out)));
			text_release(&t);
		}
	}
}

static void a_piece_of_ours_is_added_whole_or_not_at_all(void **state)
{
	struct text t;

	(void)state;
	text_init(&t, 5);
	assert_true(text_ours(&t, "**a"));
	assert_false(text_ours(&t, "b**"));
	assert_true(text_ours(&t, "\xf0\x9f\x94\xa5"));
	assert_false(text_ours(&t, "x"));
	assert_string_equal(buf_text(&t.out), "**a\xf0\x9f\x94\xa5");
	text_release(&t);
}

static void only_what_is_surely_a_url_becomes_a_link(void **state)
{
	static const struct {
		const char *text;
		bool url;
	} table[] = {
		{ "https://wiki/run?a=b&c=%20#x", true },
		{ "http://wiki", true },
		{ "", false },
		{ "javascript:alert(1)", false },
		{ "https://wiki/<!here>", false },
		{ "https://wiki/a|b", false },
		{ "https://wiki/a b", false },
		{ "https://wiki/\"", false },
		{ "https://wiki/\xc3\xa9", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_int_equal(text_is_url(table[i].text), table[i].url);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_text_is_shown_as_such),
		cmocka_unit_test(a_cut_breaks_neither_character_nor_escape),
		cmocka_unit_test(no_text_passes_its_limit),
		cmocka_unit_test(a_piece_of_ours_is_added_whole_or_not_at_all),
		cmocka_unit_test(only_what_is_surely_a_url_becomes_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
