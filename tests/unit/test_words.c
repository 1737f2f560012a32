/* test_words.c - words as Elasticsearch 7.17's `standard` analyser cuts them */
#include "event/words.h"

#include "tests/unit/test_support.h"

/* `|` stands for the mark. The verdicts are Elasticsearch's. */
static const struct {
	const char *text, *words;
} table[] = {
	{ "", "" },
	{ "-- ++ ___ !", "" },
	{ "Payment refused", "|payment|refused|" },
	{ "foo-bar/baz", "|foo|bar|baz|" },
	{ "PAY_IN_2 _x_", "|pay_in_2|_x_|" },
	{ "can't won''t 'x'", "|can't|won|t|x|" },
	{ "a.b a..b a. .b", "|a.b|a|b|a|b|" },
	{ "a:b a,b a;b", "|a:b|a|b|a|b|" },
	{ "3.14 1,000;5 3a 3.a 1:2", "|3.14|1,000;5|3a|3|a|1|2|" },
	{ "10.0.0.1:8080 x=1", "|10.0.0.1|8080|x|1|" },
	{ "user@example.com", "|user|example.com|" },
	{ "\xc3\x84\xc3\x96\xc3\x9c stra\xc3\x9f"
	  "e",
	  "|\xc3\xa4\xc3\xb6\xc3\xbc|stra\xc3\x9f"
	  "e|" },
	/* U+0130 has a lower case of one character */
	{ "\xc4\xb0", "|i|" },
	/* e and a combining accent; an accent alone is no word */
	{ "e\xcc\x81x \xcc\x81", "|e\xcc\x81x|" },
	/* ideographs and Hiragana one by one, Katakana and Hangul together */
	{ "\xe4\xb8\xad\xe6\x96\x87", "|\xe4\xb8\xad|\xe6\x96\x87|" },
	{ "\xe3\x81\x82\xe3\x81\x84", "|\xe3\x81\x82|\xe3\x81\x84|" },
	{ "\xe3\x82\xa2\xe3\x82\xab\xe3\x83\xbc",
	  "|\xe3\x82\xa2\xe3\x82\xab\xe3\x83\xbc|" },
	{ "\xea\xb0\x80\xea\xb0\x81", "|\xea\xb0\x80\xea\xb0\x81|" },
	/* Thai stays together */
	{ "\xe0\xb8\x81\xe0\xb8\xb1\xe0\xb8\x99 x",
	  "|\xe0\xb8\x81\xe0\xb8\xb1\xe0\xb8\x99|x|" },
	/* Hebrew with a quotation mark inside and an apostrophe at its end */
	{ "\xd7\x90\"\xd7\x91 \xd7\x90' \xd7\x90\"",
	  "|\xd7\x90\"\xd7\x91|\xd7\x90'|\xd7\x90|" },
	/* emoji: alone, with a modifier, joined, a flag, a keycap */
	{ "ok\xf0\x9f\x98\x80!", "|ok|\xf0\x9f\x98\x80|" },
	{ "\xf0\x9f\x91\xa8\xf0\x9f\x8f\xbb",
	  "|\xf0\x9f\x91\xa8\xf0\x9f\x8f\xbb|" },
	{ "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9",
	  "|\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9|" },
	{ "\xe2\x80\x8d\xf0\x9f\x8f\xbb", "|\xf0\x9f\x8f\xbb|" },
	{ "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xa9",
	  "|\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa|" },
	{ "# #\xef\xb8\x8f\xe2\x83\xa3", "|#\xef\xb8\x8f\xe2\x83\xa3|" },
};

static void add_words(struct str text, struct buf *out)
{
	buf_clear(out);
	words_add(text, out);
	for (size_t i = 0; i < out->n; i++) {
		if (out->p[i] == WORDS_MARK)
			out->p[i] = '|';
	}
}

static void text_is_cut_as_elasticsearch_cuts_it(void **state)
{
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		add_words(str_of(table[i].text), &out);
		if (!str_is(buf_str(&out), table[i].words))
			fail_msg("\"%s\" gives \"%s\"", table[i].text,
				 buf_text(&out));
	}
	buf_release(&out);
}

static void a_word_goes_on_as_another_after_255_units(void **state)
{
	struct buf text = { 0 }, words = { 0 };
	struct str word;
	size_t at = 0;

	(void)state;
	/* U+1D400 has two units, so 127 of them are 254 and no 128th fits. */
	for (int i = 0; i < 130; i++)
		buf_add_text(&text, "\xf0\x9d\x90\x80");
	buf_add_char(&text, ' ');
	for (int i = 0; i < 300; i++)
		buf_add_text(&text, "\xc3\xa4");
	assert_int_equal(words_add(buf_str(&text), &words), 4);
	assert_true(words.n <= words_room(text.n));
	assert_true(words_next(buf_str(&words), &at, &word));
	assert_int_equal(word.n, 127 * 4);
	assert_true(words_next(buf_str(&words), &at, &word));
	assert_int_equal(word.n, 3 * 4);
	assert_true(words_next(buf_str(&words), &at, &word));
	assert_int_equal(word.n, 255 * 2);
	assert_true(words_next(buf_str(&words), &at, &word));
	assert_int_equal(word.n, 45 * 2);
	assert_false(words_next(buf_str(&words), &at, &word));
	buf_release(&text);
	buf_release(&words);
}

static void no_text_gets_longer_than_the_room(void **state)
{
	/* one byte, two that become three (U+023A), three, four */
	static const char *const texts[] = { "a b", "\xc8\xba \xc8\xba",
					     "\xe4\xb8\xad\xe4\xb8\xad",
					     "\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
					     "\xc8\xba\xc8\xba\xc8\xba" };
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		buf_clear(&out);
		assert_true(words_add(str_of(texts[i]), &out) > 0);
		assert_true(out.n <= words_room(strlen(texts[i])));
	}
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_cut_as_elasticsearch_cuts_it),
		cmocka_unit_test(a_word_goes_on_as_another_after_255_units),
		cmocka_unit_test(no_text_gets_longer_than_the_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
