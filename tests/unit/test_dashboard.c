/* test_dashboard.c - the address of a dashboard that shows an alert's events */
#include "alert/dashboard.h"

#include "alert/alert.h"
#include "tests/unit/test_support.h"

static void check_made(const char *url, const char *query, const char *wanted)
{
	struct buf out = { 0 };

	dashboard_link(url, str_of(query), 1764000000000, 1764000060500, &out);
	assert_str(buf_str(&out), wanted);
	buf_release(&out);
}

static void names_are_filled_in_and_encoded(void **state)
{
	(void)state;
	check_made("", "A", "");
	check_made("https://x/", "A", "https://x/");
	check_made("https://x/?q={{query}}&a={{ from }}&b={{to}}#z",
		   "Title:\"a&b\" AND NOT \xc3\xa4",
		   "https://x/?q=Title%3A%22a%26b%22%20AND%20NOT%20%C3%A4"
		   "&a=2025-11-24T16%3A00%3A00.000Z"
		   "&b=2025-11-24T16%3A01%3A00.500Z#z");
	check_made("https://x/(q:'{{rison_query}}')", "Title:\"it's!\"",
		   "https://x/(q:'Title%3A%22it%21%27s%21%21%22')");
}

static void an_address_that_gets_too_long_is_none(void **state)
{
	struct buf query = { 0 };

	(void)state;
	for (int i = 0; i < DASHBOARD_LINK_MAX; i++)
		buf_add_char(&query, 'x');
	check_made("https://x/{{query}}", buf_text(&query), "");
	buf_release(&query);
}

static void a_group_narrows_the_query(void **state)
{
	struct transition t = { 0 };
	struct buf out = { 0 };

	(void)state;
	alert_pairs_add(&t.group, STR("ServiceKey"), STR("A \"b\"\\"));
	alert_pairs_add(&t.group, STR("RequestKey"), STR(""));
	assert_true(
		dashboard_query(STR("Level:ERROR OR Title:X"), &t.group, &out));
	assert_str(buf_str(&out),
		   "(Level:ERROR OR Title:X) AND ServiceKey:\"A \\\"b\\\"\\\\\""
		   " AND (RequestKey:\"\" OR (NOT _exists_:RequestKey))");
	buf_clear(&out);
	alert_pairs_add(&t.group, STR("AdditionalFlat.a"), STR("[1,2]"));
	assert_false(dashboard_query(STR("*"), &t.group, &out));
	assert_null(strstr(buf_text(&out), "[1,2]"));
	buf_release(&out);
	transition_release(&t);
}

static const struct {
	const char *url, *says; /* NULL: right */
} urls[] = {
	{ "https://x/?q={{query}}&f={{from}}&t={{to}}", NULL },
	{ "http://x/{{ rison_query }}", NULL },
	{ "kibana/{{query}}", "must begin with http" },
	{ "https://x/{{qurey}}", "unknown name \"qurey\"" },
	{ "https://x/{{query", "unknown name \"{{query\"" },
};

static void a_wrong_address_is_an_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(urls); i++) {
		struct problems problems = { 0 };
		struct buf text = { 0 };
		const char *override;
		struct config *config;

		buf_add_format(&text, "dashboard_url=%s", urls[i].url);
		override = buf_text(&text);
		config = config_load(NULL, &override, 1, &alert_settings, 1,
				     &problems);
		dashboard_check(config, &problems);
		assert_int_equal(problems.errors, urls[i].says ? 1 : 0);
		if (urls[i].says)
			assert_non_null(
				strstr(problems.item[0].text, urls[i].says));
		config_close(config);
		buf_release(&text);
		problems_release(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_filled_in_and_encoded),
		cmocka_unit_test(an_address_that_gets_too_long_is_none),
		cmocka_unit_test(a_group_narrows_the_query),
		cmocka_unit_test(a_wrong_address_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
