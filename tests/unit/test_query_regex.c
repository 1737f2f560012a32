/* test_query_regex.c - the subset of regular expressions, and wildcards */
#include "event/query_internal.h"

#include "tests/unit/test_support.h"

static const struct {
	const char *raw;
	int column; /* in Title:/raw/, where raw begins at 8 */
	const char *says;
} wrong[] = {
	{ "", 8, "alternative is empty" },
	{ "a|", 10, "alternative is empty" },
	{ "(|a)", 9, "alternative is empty" },
	{ "()", 9, "alternative is empty" },
	{ "\\d+", 8, "[0-9]" },
	{ "a\\w", 9, "[A-Za-z0-9_]" },
	{ "\\s", 8, "write a blank" },
	{ "\\n", 8, "letter or digit" },
	{ "^a", 8, "leave them out" },
	{ "a$", 9, "leave them out" },
	{ "(?:a)", 9, "write ( )" },
	{ "a~b", 9, "write a backslash" },
	{ "a@", 9, "write a backslash" },
	{ "#", 8, "write a backslash" },
	{ "a&b", 9, "write a backslash" },
	{ "<1-5>", 8, "write a backslash" },
	{ "\"a\"", 8, "write a backslash" },
	{ "*a", 8, "nothing here to repeat" },
	{ "a**", 10, "needs parentheses" },
	{ "a+?", 10, "needs parentheses" },
	{ "a]", 9, "literal \"]\"" },
	{ "a{", 10, "{n,m}" },
	{ "a{,2}", 10, "{n,m}" },
	{ "a{2", 11, "{n,m}" },
	{ "a{3,2}", 13, "low to high" },
	{ "a{1001}", 14, "at most 1000" },
	{ "(a", 10, "not closed" },
	{ "a)", 9, "closes nothing" },
	{ "[a", 10, "not closed" },
	{ "[]a]", 9, "empty" },
	{ "[^]a]", 10, "empty" },
	{ "[a-]", 11, "at the end" },
	{ "[-a]", 9, "\"\\-\"" },
	{ "[[:alpha:]]", 9, "\"\\[\"" },
	{ "[z-a]", 12, "low to high" },
	{ "[\\d]", 9, "[0-9]" },
	{ "(((a{1000}){1000}){1000}){1000}", 7, "could not compile" },
};

static void what_the_engines_read_otherwise_is_refused(void **state)
{
	struct query_problem problem[2];
	struct buf text = { 0 };
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		buf_clear(&text);
		buf_add_format(&text, "Title:/%s/", wrong[i].raw);
		if (query_parse(buf_str(&text), NULL, problem, 2, &n))
			fail_msg("/%s/ was taken", wrong[i].raw);
		if (problem[0].column != wrong[i].column ||
		    !strstr(problem[0].text, wrong[i].says))
			fail_msg("/%s/ gives %d: \"%s\"", wrong[i].raw,
				 problem[0].column, problem[0].text);
	}
	buf_release(&text);
}

struct verdict {
	const char *pattern, *text;
	bool matches;
};

static const struct verdict regexes[] = {
	{ "PAY_(IN|OUT)", "PAY_IN", true },
	{ "PAY_(IN|OUT)", "PAY_OUT", true },
	{ "PAY_(IN|OUT)", "PAY_OUTER", false },
	{ "PAY_(IN|OUT)", "XPAY_IN", false },
	{ "a|b", "b", true },
	{ "a|bc", "abc", false },
	{ "a.c", "a\nc", true },
	{ "a.c",
	  "a\xf0\x9f\x98\x80"
	  "c",
	  true },
	{ "a.c", "ac", false },
	{ "[^a-c]+", "xyz", true },
	{ "[^a-c]+", "xbz", false },
	{ "[\\]\\-\\^\\\\]+", "]-^\\", true },
	{ "[a\\-z]", "m", false },
	{ "[a-z\xc3\xa4-\xc3\xbc]+", "m\xc3\xb6", true },
	{ "a{2,3}", "aa", true },
	{ "a{2,3}", "aaaa", false },
	{ "a{2,}", "aaaa", true },
	{ "(ab)*", "", true },
	{ "(ab)*", "abab", true },
	{ "a\\.b\\$\\#", "a.b$#", true },
	{ "a b-c=d!", "a b-c=d!", true },
	{ "A", "a", false },
	{ "\\/x", "/x", true },
	{ "a,b{1}", "a,b", true },
};

static const struct verdict wildcards[] = {
	{ "a*c", "abbc", true },
	{ "a*c", "ac", true },
	{ "a*c", "acd", false },
	{ "*a*", "xay", true },
	{ "*ab*ab", "abxab", true },
	{ "*ab*ab", "ab", false },
	{ "?", "\xc3\xa4", true },
	{ "?", "", false },
	{ "??", "\xc3\xa4", false },
	{ "a\\*?", "a*b", true },
	{ "a\\*?", "axb", false },
	{ "a\\\\?", "a\\b", true },
	{ "*\xc3\xa4?", "x\xc3\xa4y", true },
	{ "*", "", true },
	{ "a?*", "a", false },
};

static void check_patterns(const struct verdict table[], size_t n, bool regex)
{
	struct query_problem problem[1];

	for (size_t i = 0; i < n; i++) {
		struct query_report report = { .item = problem, .max = 1 };
		struct str raw = str_of(table[i].pattern);
		struct pattern *p =
			regex ? pattern_regex(&report, raw, 0)
			      : pattern_wildcard(&report, raw, 0, false);

		if (!p)
			fail_msg("%s: %s", table[i].pattern, problem[0].text);
		if (pattern_match(p, str_of(table[i].text)) !=
		    (table[i].matches ? PATTERN_YES : PATTERN_NO))
			fail_msg("%s on \"%s\"", table[i].pattern,
				 table[i].text);
		pattern_free(p);
	}
}

static void regular_expressions_match_the_whole_value(void **state)
{
	(void)state;
	check_patterns(regexes, ARRAY_LENGTH(regexes), true);
}

static void wildcards_match_characters_not_bytes(void **state)
{
	(void)state;
	check_patterns(wildcards, ARRAY_LENGTH(wildcards), false);
}

static void a_pattern_that_would_stall_stops_at_its_limit(void **state)
{
	struct query_problem problem[1];
	struct query_report report = { .item = problem, .max = 1 };
	struct pattern *regex =
		pattern_regex(&report, STR("(a*)*(a*)*(a*)*(b|c)"), 0);
	struct pattern *wild;
	struct buf text = { 0 }, star = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_add_char(&text, 'a');
	assert_int_equal(pattern_match(regex, buf_str(&text)), PATTERN_LIMIT);

	buf_add_char(&star, '*');
	for (int i = 0; i < 900; i++)
		buf_add_char(&star, 'a');
	buf_add_text(&star, "b*");
	wild = pattern_wildcard(&report, buf_str(&star), 0, false);
	assert_int_equal(pattern_match(wild, buf_str(&text)), PATTERN_LIMIT);
	pattern_free(regex);
	pattern_free(wild);
	buf_release(&text);
	buf_release(&star);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_engines_read_otherwise_is_refused),
		cmocka_unit_test(regular_expressions_match_the_whole_value),
		cmocka_unit_test(wildcards_match_characters_not_bytes),
		cmocka_unit_test(a_pattern_that_would_stall_stops_at_its_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
