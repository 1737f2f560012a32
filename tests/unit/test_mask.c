#include "event/mask.h"

#include "tests/unit/test_support.h"

struct row {
	const char *pattern, *replacement, *line, *masked; /* NULL: as it is */
};

static void check(const struct row *row)
{
	struct scanner *scanner = scanner_open();
	struct mask *m = mask_open();
	struct buf out = { 0 };
	struct event event;
	struct error err;

	assert_true(mask_add(m, str_of(row->pattern), str_of(row->replacement),
			     &err));
	event_scan(scanner, str_of(row->line), &event);
	if (row->masked) {
		assert_int_equal(mask_apply(m, &event, &out), MASK_DONE);
		assert_str(buf_str(&out), row->masked);
	} else {
		assert_int_equal(mask_apply(m, &event, &out), MASK_NOTHING);
	}
	buf_release(&out);
	mask_close(m);
	scanner_close(scanner);
}

static void what_matches_in_a_string_is_replaced(void **state)
{
	static const struct row table[] = {
		{ "bob", "***",
		  "{\"a\":\"bob \",\"b\":[\"x\",{\"c\":\"bobbob\"}]}",
		  "{\"a\":\"*** \",\"b\":[\"x\",{\"c\":\"******\"}]}" },
		{ "bob", "***", "{ \"bob\" : 1 , \"a\" : \"x\\u0000\" }",
		  NULL },
		{ "\\d+", "#",
		  "{\"TimeStampUTC\":\"2026\",\"Level\":\"1\",\"n\":12,"
		  "\"s\":\"12\"}",
		  "{\"TimeStampUTC\":\"2026\",\"Level\":\"1\",\"n\":12,"
		  "\"s\":\"#\"}" },
		{ "pw=\\K\\S*", "\"\\", "{\"a\":\"pw=x\\ty\"}",
		  "{\"a\":\"pw=\\\"\\\\\\ty\"}" },
		{ "\"", "", "{\"a\":\"x\\\"y\"}", "{\"a\":\"xy\"}" },
		{ "x*", "-", "{\"a\":\"axb\"}", "{\"a\":\"-a--b-\"}" },
		{ "^.$", "-", "{\"a\":\"\xc3\xa4\"}", "{\"a\":\"-\"}" },
		{ "a", "b", "{\"x\":\"a\xff\"}", "{\"x\":\"b\xef\xbf\xbd\"}" },
		{ "b", "a", "{\"x\":\"a\xff\"}", NULL },
		{ "a", "b", "", NULL },
		{ "secret", "***", "no event: secret \"secret\"",
		  "no event: *** \"***\"" },
		{ "secret", "***", "{\"a\":\"secret\"", "{\"a\":\"***\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		check(&table[i]);
}

static void patterns_are_applied_one_after_the_other(void **state)
{
	struct scanner *scanner = scanner_open();
	struct mask *m = mask_open();
	struct buf out = { 0 };
	struct event event;
	struct error err;

	(void)state;
	assert_true(mask_add(m, STR("a"), STR("b"), &err));
	assert_true(mask_add(m, STR("bb"), STR("c"), &err));
	event_scan(scanner, STR("{\"x\":\"ab\"}"), &event);
	assert_int_equal(mask_apply(m, &event, &out), MASK_DONE);
	assert_str(buf_str(&out), "{\"x\":\"c\"}");
	buf_release(&out);
	mask_close(m);
	scanner_close(scanner);
}

static void what_passes_a_limit_is_replaced_whole(void **state)
{
	static const struct {
		const char *pattern, *with;
	} table[] = {
		{ "(x+x+)+y(?=z)", "" },
		{ "", "0123456789012345678901234567890123456789" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct scanner *scanner = scanner_open();
		struct mask *m = mask_open();
		struct buf line = { 0 }, out = { 0 };
		struct event event;
		struct error err;

		buf_add_text(&line, "{\"a\":\"");
		for (int k = 0; k < 3000; k++)
			buf_add_char(&line, 'x');
		buf_add_text(&line, "yq\"}");
		assert_true(mask_add(m, str_of(table[i].pattern),
				     str_of(table[i].with), &err));
		event_scan(scanner, buf_str(&line), &event);
		assert_int_equal(mask_apply(m, &event, &out), MASK_FAILED);
		assert_str(buf_str(&out), "{\"a\":\"" MASK_FAILED_TEXT "\"}");
		buf_release(&line);
		buf_release(&out);
		mask_close(m);
		scanner_close(scanner);
	}
}

static void a_wrong_pattern_is_refused(void **state)
{
	struct mask *m = mask_open();
	struct error err;

	(void)state;
	assert_false(mask_add(m, STR("a("), STR(""), &err));
	assert_int_equal(err.kind, ERROR_CONFIG);
	assert_non_null(strstr(err.text, "\"a(\""));
	mask_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_matches_in_a_string_is_replaced),
		cmocka_unit_test(patterns_are_applied_one_after_the_other),
		cmocka_unit_test(what_passes_a_limit_is_replaced_whole),
		cmocka_unit_test(a_wrong_pattern_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
