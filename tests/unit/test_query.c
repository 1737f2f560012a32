/* test_query.c - which texts are queries, what is wrong with the others, and
 * the canonical form */
#include "event/query.h"

#include "tests/unit/test_support.h"

static const char *const further[] = { "Region" };
static const struct query_options options = { further, 1 };

struct verdict {
	const char *text;
	int column;
	const char *says; /* part of the message */
};

/* What the parser says; NULL if it says nothing of that kind. */
static struct query *parse(const char *text, struct query_problem problem[4],
			   size_t *n)
{
	return query_parse(str_of(text), &options, problem, 4, n);
}

static void check_problem(const struct verdict *want, bool warning,
			  const struct query_problem *got)
{
	if (got->warning != warning || got->column != want->column ||
	    !strstr(got->text, want->says))
		fail_msg("\"%s\" gives %d: \"%s\", wanted %d: \"%s\"",
			 want->text, got->column, got->text, want->column,
			 want->says);
}

static const struct verdict errors[] = {
	{ "", 1, "write \"*\"" },
	{ "  ", 3, "write \"*\"" },
	{ "Titel:x", 1, "did you mean \"Title\"" },
	{ "Level:ERROR AND Qqqqqqq:x", 17, "unknown field \"Qqqqqqq\"" },
	{ "Others.a:x", 1, "stored, not indexed" },
	{ "Additional:x", 12, "AdditionalFlat.user" },
	{ "AdditionalFlat:x", 1, "does not name a leaf" },
	{ "AdditionalFlat.:x", 1, "does not name a leaf" },
	{ "AdditionalFlat.a..b:x", 1, "does not name a leaf" },
	{ "[1 TO 2]", 1, "name a field" },

	/* words */
	{ "Title.text:___", 12, "no word in this" },
	{ "Title.text:\"- -\"", 12, "no word in this" },
	{ "AdditionalText:-*", 16, "put it in quotes" },
	{ "AdditionalText:_*", 16, "no word in this" },
	{ "AdditionalText:(\\+ OR a)", 17, "no word in this" },
	{ "Title.text:[a TO b]", 12, "Title itself does" },
	{ "AdditionalText:>a", 16, "takes no ranges" },
	{ "AdditionalText:\\<a", 16, "takes no ranges" },
	{ "Title.text:F\\OO*a", 13, "leave the backslash out" },
	{ "f\\O?", 2, "leave the backslash out" },
	{ "a b OR c AND d", 1, "need parentheses" },
	{ "a b AND c", 1, "need parentheses" },
	{ "foo AND", 8, "not the end" },
	{ "foo:bar", 1, "unknown field \"foo\"" },
	{ "a b^2", 4, "boost" },
	{ "a b~", 4, "fuzzy" },
	{ "a||b", 2, "put blanks around \"||\"" },
	{ "a ! b", 3, "without a blank" },
	{ "a - b", 3, "without a blank" },

	/* groups */
	{ "ServiceKey:(A B)", 13, "\"A B\" as one value" },
	{ "ServiceKey:(A or B)", 13, "upper case" },
	{ "ServiceKey:(A OR B C)", 18, "one value" },
	{ "Title:a OR Title:b AND Title:c", 1, "need parentheses" },
	{ "Title:a AND Title:b OR Title:c", 24, "need parentheses" },
	{ "Title:a AND Title:b Title:c", 21, "a blank is OR" },
	{ "Title:a Title:b AND Title:c", 1, "need parentheses" },
	{ "Title:(a OR b AND c)", 8, "need parentheses" },
	{ "+Title:a OR Title:b", 13, "need parentheses" },
	{ "Title:a OR NOT Title:b", 12, "a OR (NOT b)" },
	{ "NOT Title:a OR Title:b", 1, "a OR (NOT b)" },
	{ "Title:a OR -Title:b", 12, "a OR (NOT b)" },
	{ "Title:a OR Title:b AND NOT Title:c", 1, "need parentheses" },
	{ "()", 2, "nothing in the parentheses" },
	{ "(Title:a", 1, "not closed" },
	{ "Title:(a OR (b)", 7, "not closed" },
	{ "Title:a)", 8, "no parenthesis is open" },
	{ "(Title:a)(Title:b)", 10, "between clauses" },

	/* operators */
	{ "AND Title:a", 1, "AND needs a clause before" },
	{ "Title:a AND", 12, "not the end" },
	{ "Title:a AND OR Title:b", 13, "not OR" },
	{ "NOT NOT Title:a", 5, "only one of" },
	{ "NOT -Title:a", 5, "only one of" },
	{ "NOT", 4, "not the end" },
	{ "Title:a||Title:b", 8, "put blanks around \"||\"" },
	{ "Title:a&&b", 8, "put blanks around \"&&\"" },
	{ "Title:a ! Title:b", 9, "without a blank" },
	{ "Title:a - Title:b", 9, "without a blank" },
	{ "Title:a +", 9, "without a blank" },

	/* values */
	{ "Title:", 7, "a value is expected" },
	{ "Title: AND x", 8, "a value is expected" },
	{ "Title:NOT x", 7, "a value is expected" },
	{ "AdditionalNum.n:-5", 17, "put it in quotes" },
	{ "Title:a:b", 8, "write \"\\:\"" },
	{ "Title:http://x", 11, "unexpected \":\"" },
	{ "Title:a!b", 8, "unexpected \"!\"" },
	{ "Title:a(b)", 8, "unexpected \"(\"" },
	{ "Title:a\"b\"", 8, "unexpected \"\"\"" },
	{ "Title:\"a\"b", 10, "a blank is missing" },
	{ "Title:/a/i", 10, "a blank is missing" },
	{ "Title:a~", 8, "fuzzy" },
	{ "Title:\"a b\"~2", 12, "fuzzy" },
	{ "Title:a^2", 8, "boost" },
	{ "(Title:a)^2", 10, "boost" },
	{ "~a", 1, "fuzzy" },
	{ "Title:\"a", 7, "not closed" },
	{ "Title:/a", 7, "not closed" },
	{ "Title:a\\", 8, "nothing follows" },
	{ "Title:\\u00", 7, "four hexadecimal" },
	{ "Title:\\ud800", 7, "four hexadecimal" },
	{ "Title:\\u0041*b", 7, "\"\\u\" beside wildcards" },
	{ "Ti*:a", 1, "wildcards in field names" },
	{ "Title\\u0000:a", 1, "no NUL byte" },
	{ "\"Title\":a", 8, "unexpected \":\"" },
	{ "*:a", 3, "takes only \"*\"" },
	{ "_exists_:Titel", 10, "did you mean \"Title\"" },
	{ "_exists_:Tit*", 10, "name of one field" },
	{ "_exists_:*", 10, "name of one field" },

	/* ranges */
	{ "Level:>INFO", 8, "levels have no order" },
	{ "Level:[DEBUG TO INFO]", 8, "levels have no order" },
	{ "AdditionalNum.n:>=", 17, "must follow \">=\" directly" },
	{ "AdditionalNum.n:> 5", 17, "must follow \">\" directly" },
	{ "AdditionalNum.n:>5*", 17, "must follow" },
	{ "AdditionalNum.n:\\>5", 17, "put the value in quotes" },
	{ "AdditionalNum.n:five", 17, "\"five\" is no number" },
	{ "AdditionalNum.n:[1 TO x]", 23, "\"x\" is no number" },
	{ "AdditionalNum.n:5*", 17, "takes no wildcards" },
	{ "AdditionalNum.n:/5/", 17, "takes no wildcards" },
	{ "AdditionalNum.n:[1 2]", 20, "[LOW TO HIGH]" },
	{ "AdditionalNum.n:[1 TO 2", 23, "[LOW TO HIGH]" },
	{ "AdditionalNum.n:[1 to 2]", 20, "[LOW TO HIGH]" },
	{ "AdditionalFlat.n:>x", 19, "is no number" },
	{ "Title:[\"a\\\\\" TO b]", 8, "backslash" },
	{ "TimeStampUTC:[now-5x TO *]", 15, "units y M w d h m s" },
	{ "TimeStampUTC:[now-5 TO *]", 15, "units" },
	{ "TimeStampUTC:[now5m TO *]", 15, "units" },
	{ "TimeStampUTC:[now/2d TO *]", 15, "units" },
	{ "TimeStampUTC:[now-10000d TO *]", 15, "at most 9999" },
	{ "TimeStampUTC:[NOW TO *]", 15, "is no time" },
	{ "TimeStampUTC:now/d", 17, "unexpected \"/\"" },
	{ "TimeStampUTC:[2026-11-23||/d TO *]", 15, "is no time" },
	{ "TimeStampUTC:2026", 14, "is no time" },
	{ "TimeStampUTC:\"2026-11\"", 14, "is no time" },
	{ "TimeStampUTC:\"2026-11-23T09:00\"", 14, "is no time" },
	{ "TimeStampUTC:\"2026-02-30\"", 14, "is no time" },
	{ "TimeStampUTC:\"2026-11-23T09:00:60Z\"", 14, "is no time" },
	{ "TimeStampUTC:\"2026-11-23 09:00:00Z\"", 14, "is no time" },
	{ "TimeStampUTC:2026-11-23T09:00:00Z", 27, "unexpected \":\"" },
	{ "TimeStampUTC:2026-*", 14, "takes no wildcards" },
};

static void wrong_queries_are_refused_at_the_column(void **state)
{
	struct query_problem problem[4];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
		struct query *q = parse(errors[i].text, problem, &n);

		if (q || n == 0)
			fail_msg("\"%s\" was taken", errors[i].text);
		check_problem(&errors[i], false, &problem[0]);
	}
}

static const struct verdict lints[] = {
	{ "Level:error", 7, "matches nothing" },
	{ "Level:ERROR and Title:x", 13, "upper case" },
	{ "a or b", 3, "upper case" },
	{ "not a", 1, "upper case" },
	{ "Level:ERROR AND not", 17, "upper case" },
	{ "Title:A B", 9, "write \"A B\" in quotes, or (A OR B)" },
	{ "Title:A \"B\"", 9, "in all default fields" },
	{ "Title:A B C", 9, "in all default fields" },
	{ "Title.text:/A/", 12, "lower case" },
	{ "+Title:a Title:b", 10, "decides nothing" },
	{ "Title:a NOT Title:b", 9, "AND NOT" },
	{ "_exists_:Additional", 10, "never finds Additional" },
	{ "AdditionalFlat.a:*b", 18, "Kibana cannot" },
	{ "AdditionalFlat.a:/b/", 18, "Kibana cannot" },
	{ "Additional.a:>=5", 16, "AdditionalNum.a" },
	{ "AdditionalFlat.a:{* TO 5]", 19, "AdditionalNum.a" },
};

static void doubtful_queries_are_taken_with_a_warning(void **state)
{
	struct query_problem problem[4];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lints); i++) {
		struct query *q = parse(lints[i].text, problem, &n);

		if (!q || n != 1)
			fail_msg("\"%s\" gives %zu problems", lints[i].text, n);
		check_problem(&lints[i], true, &problem[0]);
		query_free(q);
	}
}

static void errors_come_before_warnings_and_push_them_out(void **state)
{
	struct query_problem problem[4];
	size_t n;

	(void)state;
	assert_null(parse("Level:error AND Foooo:a", problem, &n));
	assert_int_equal(n, 2);
	assert_false(problem[0].warning);
	assert_true(problem[1].warning);
	assert_null(query_parse(STR("Level:error AND Foooo:a"), NULL, problem,
				1, &n));
	assert_int_equal(n, 1);
	assert_false(problem[0].warning);
	assert_null(query_parse(STR("Foooo:a"), NULL, NULL, 0, &n));
	assert_int_equal(n, 0);
}

static void limits_are_errors(void **state)
{
	struct query_problem problem[4];
	struct buf text = { 0 };
	size_t n;

	(void)state;
	for (int i = 0; i < 60; i++)
		buf_add_char(&text, '(');
	assert_null(query_parse(buf_str(&text), NULL, problem, 4, &n));
	assert_non_null(strstr(problem[0].text, "nested deeper than 50"));

	buf_clear(&text);
	for (int i = 0; i < 1025; i++)
		buf_add_text(&text, "Title:a ");
	assert_null(query_parse(buf_str(&text), NULL, problem, 4, &n));
	assert_non_null(strstr(problem[0].text, "more than 1024 clauses"));

	buf_clear(&text);
	buf_add_text(&text, "Title:");
	while (text.n <= QUERY_BYTES_MAX)
		buf_add_char(&text, 'a');
	assert_null(query_parse(buf_str(&text), NULL, problem, 4, &n));
	assert_non_null(strstr(problem[0].text, "longer than"));
	assert_null(query_parse(STR("Title:\xff"), NULL, problem, 4, &n));
	assert_non_null(strstr(problem[0].text, "UTF-8"));
	buf_release(&text);
}

static const char *const canonical[][2] = {
	{ "*", "*" },
	{ "*:*", "*" },
	{ "Level:ERROR", "Level:\"ERROR\"" },
	{ " Level : \"ERROR\" ", "Level:\"ERROR\"" },
	{ "(((Level:ERROR)))", "Level:\"ERROR\"" },
	{ "Title:PAY\\ REFUSED", "Title:\"PAY REFUSED\"" },
	{ "Title:PAY-REFUSED+1", "Title:\"PAY-REFUSED+1\"" },
	{ "Title:a=b", "Title:\"a=b\"" },
	{ "Title:\\u0041\\uD83D\\uDE00", "Title:\"A\xf0\x9f\x98\x80\"" },
	{ "Title:\"a\\\"b\\\\\"", "Title:\"a\\\"b\\\\\"" },
	{ "Title:\"\"", "Title:\"\"" },
	{ "Title:\\*", "Title:\"*\"" },
	{ "Title:\"a*\"", "Title:\"a*\"" },
	{ "Title:a*", "Title:a*" },
	{ "Title:a**", "Title:a*" },
	{ "Title:**", "_exists_:Title" },
	{ "Title:a\\**", "Title:a\\**" },
	{ "Title:*a?b", "Title:*a?b" },
	{ "Title:\\>a*", "Title:\\>a*" },
	{ "Title:/a|b\\/c/", "Title:/a|b\\/c/" },
	{ "Title:*", "_exists_:Title" },
	{ "_exists_:\"Title\"", "_exists_:Title" },
	{ "Title:[* TO *]", "_exists_:Title" },
	{ "Title:(a OR b)", "Title:\"a\" OR Title:\"b\"" },
	{ "Title:(a || \"b\")", "Title:\"a\" OR Title:\"b\"" },
	{ "Title:(a AND Level:INFO)", "Title:\"a\" AND Level:\"INFO\"" },
	{ "Title:a OR (Title:b OR Title:c)",
	  "Title:\"a\" OR Title:\"b\" OR Title:\"c\"" },
	{ "Title:a Title:b", "Title:\"a\" OR Title:\"b\"" },
	{ "+Title:a +Title:b", "Title:\"a\" AND Title:\"b\"" },
	{ "Title:a -Title:b", "(NOT Title:\"b\") AND Title:\"a\"" },
	{ "Title:a AND !Title:b", "Title:\"a\" AND (NOT Title:\"b\")" },
	{ "Title:a && Title:b", "Title:\"a\" AND Title:\"b\"" },
	{ "NOT Title:a", "NOT Title:\"a\"" },
	{ "NOT (NOT Title:a)", "Title:\"a\"" },
	{ "NOT Title:(a OR b)", "NOT (Title:\"a\" OR Title:\"b\")" },
	{ "-Title:a -Title:b", "(NOT Title:\"a\") AND (NOT Title:\"b\")" },
	{ "Title:(NOT a)", "NOT Title:\"a\"" },
	{ "Title:a OR (NOT Title:b)", "Title:\"a\" OR (NOT Title:\"b\")" },
	{ "NOT(Title:a) AND(Level:INFO)",
	  "(NOT Title:\"a\") AND Level:\"INFO\"" },
	{ "Level:ERROR AND (Title:a OR Title:b)",
	  "Level:\"ERROR\" AND (Title:\"a\" OR Title:\"b\")" },
	{ "Additional.user.id:x", "AdditionalFlat.user.id:\"x\"" },
	{ "AdditionalFlat.user\\ id:x", "AdditionalFlat.user\\ id:\"x\"" },
	{ "Region:eu Region.zone:a", "Region:\"eu\" OR Region.zone:\"a\"" },
	{ "AdditionalNum.n:>=500", "AdditionalNum.n:[\"500\" TO *}" },
	{ "AdditionalNum.n:<1e3", "AdditionalNum.n:{* TO \"1e3\"}" },
	{ "AdditionalNum.n:{1 TO 2]", "AdditionalNum.n:{\"1\" TO \"2\"]" },
	{ "AdditionalNum.n:\"-5\"", "AdditionalNum.n:[\"-5\" TO \"-5\"]" },
	{ "AdditionalNum.n:[-5 TO +]", NULL },
	{ "Title:>a", "Title:{\"a\" TO *}" },
	{ "Title:[\"a b\" TO c}", "Title:[\"a b\" TO \"c\"}" },
	{ "foo", "Title:\"foo\" OR Title.text:\"foo\" OR "
		 "AdditionalText:\"foo\"" },
	{ "Foo-b", "Title:\"Foo-b\" OR Title.text:\"foo\" OR "
		   "Title.text:\"b\" OR AdditionalText:\"foo\" OR "
		   "AdditionalText:\"b\"" },
	{ "Foo B", "Title:\"Foo B\" OR Title.text:\"foo\" OR "
		   "Title.text:\"b\" OR AdditionalText:\"foo\" OR "
		   "AdditionalText:\"b\"" },
	{ "\"Foo-b\"", "Title:\"Foo-b\" OR Title.text:\"foo b\" OR "
		       "AdditionalText:\"foo b\"" },
	{ "\"++\"", "Title:\"++\"" },
	{ "Title.text:(A B)", "Title.text:\"a\" OR Title.text:\"b\"" },
	{ "Title.text:(A AND B)", "Title.text:\"a\" AND Title.text:\"b\"" },
	{ "Title.text:\"A  B\"", "Title.text:\"a b\"" },
	{ "Title.text:a-b*", "Title.text:\"a\" OR Title.text:b*" },
	{ "AdditionalText:A?b", "AdditionalText:a?b" },
	{ "Title.text:A**", "Title.text:a**" },
	{ "**", "_exists_:Title OR Title.text:** OR AdditionalText:**" },
	{ "A?", "Title:A? OR Title.text:a? OR AdditionalText:a?" },
	{ "AdditionalText:/a+/", "AdditionalText:/a+/" },
	{ "AdditionalText:*", "_exists_:AdditionalText" },
	{ "TimeStampUTC:[now-1d/d TO now/d}",
	  "TimeStampUTC:[\"now-1d/d\" TO \"now/d\"}" },
	{ "TimeStampUTC:>=now-5m", "TimeStampUTC:[\"now-5m\" TO *}" },
	{ "@timestamp:\"2026-11-23\"",
	  "TimeStampUTC:[\"2026-11-23\" TO \"2026-11-23\"]" },
	{ "TimeStampUTC:>2026-11-23", "TimeStampUTC:{\"2026-11-23\" TO *}" },
};

static void write_canonical(const char *text, struct buf *out)
{
	struct query_problem problem[4];
	size_t n;
	struct query *q = parse(text, problem, &n);

	if (!q)
		fail_msg("\"%s\": %d: %s", text, problem[0].column,
			 problem[0].text);
	query_canonical(q, out);
	query_free(q);
}

static void spelling_does_not_change_the_canonical_form(void **state)
{
	struct query_problem problem[4];
	struct buf once = { 0 }, twice = { 0 };
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(canonical); i++) {
		if (!canonical[i][1]) {
			assert_null(parse(canonical[i][0], problem, &n));
			continue;
		}
		buf_clear(&once);
		buf_clear(&twice);
		write_canonical(canonical[i][0], &once);
		assert_str(buf_str(&once), canonical[i][1]);
		write_canonical(buf_text(&once), &twice);
		assert_str(buf_str(&twice), canonical[i][1]);
	}
	buf_release(&once);
	buf_release(&twice);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_queries_are_refused_at_the_column),
		cmocka_unit_test(doubtful_queries_are_taken_with_a_warning),
		cmocka_unit_test(errors_come_before_warnings_and_push_them_out),
		cmocka_unit_test(limits_are_errors),
		cmocka_unit_test(spelling_does_not_change_the_canonical_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
