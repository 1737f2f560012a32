#include "core/kafka.h"
#include "ingest/index/index.h"
#include "ingest/index/options.h"
#include "tests/unit/test_support.h"

static void a_prefix_must_be_one_that_elasticsearch_takes(void **state)
{
	static const struct {
		const char *prefix;
		bool ok;
	} table[] = {
		{ "structout", true },  { "a", true },
		{ "a-b_c.9", true },    { "", false },
		{ "Struct", false },    { "-a", false },
		{ "_a", false },        { ".a", false },
		{ "a b", false },       { "a/b", false },
		{ "a*", false },        { "a,b", false },
		{ "logs-x", false },    { "logs", true },
		{ "metrics-x", false }, { "\xc3\xa9t\xc3\xa9", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct error err = { 0 };

		if (options_check_prefix(str_of(table[i].prefix), &err) !=
		    table[i].ok)
			fail_msg("\"%s\"", table[i].prefix);
		assert_true(table[i].ok || err.kind == ERROR_CONFIG);
	}
}

static void alerts_and_events_have_indices_apart(void **state)
{
	static const struct {
		const char *prefix, *alerts;
		bool ok;
	} table[] = {
		{ "structout", "alerts", true },
		{ "a", "ab", true },
		{ "a", "a.b", true },
		{ "a", "a", false },
		{ "a", "a-b", false },
		{ "a-b", "a", false },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		if (options_check_apart(str_of(table[i].prefix),
					str_of(table[i].alerts),
					&err) != table[i].ok)
			fail_msg("%s %s", table[i].prefix, table[i].alerts);
	}
}

static bool check(const char *a, const char *b)
{
	const char *paths[] = { a, b };
	struct strings numbers = { paths, b ? 2 : 1 };
	struct error err;

	return options_check_numbers(&numbers, &err);
}

static void numbers_are_paths_apart_from_each_other(void **state)
{
	(void)state;
	assert_true(check("elapsed_ms", "db.rows"));
	assert_true(check("db.rows", "db.rows_sent"));
	assert_false(check("db", "db.rows"));
	assert_false(check("db.rows", "db"));
	assert_false(check("a", "a"));
	assert_false(check("", NULL));
	assert_false(check(".a", NULL));
	assert_false(check("a.", NULL));
	assert_false(check("a..b", NULL));
	assert_false(check("a\nb", NULL));
}

static void a_start_is_a_place_or_a_time(void **state)
{
	int64_t start = 7;
	struct error err;

	(void)state;
	assert_true(options_parse_start("earliest", &start, &err));
	assert_int_equal(start, KAFKA_OFFSET_BEGINNING);
	assert_true(options_parse_start("latest", &start, &err));
	assert_int_equal(start, KAFKA_OFFSET_END);
	assert_true(
		options_parse_start("1970-01-01T00:00:01.5Z", &start, &err));
	assert_int_equal(start, 1500);
	assert_false(options_parse_start("yesterday", &start, &err));
	assert_int_equal(err.kind, ERROR_CONFIG);
	assert_int_equal(start, 1500);
}

static struct config *load(const char *override)
{
	static const struct setting fields[] = {
		{ "fields", SETTING_STRINGS, "", 0, 0, NULL, NULL, "" },
	};
	const struct settings tables[] = { { fields, 1 }, index_settings };
	const char *overrides[] = { override };
	struct problems problems = { 0 };
	struct config *c =
		config_load(NULL, overrides, 1, tables, 2, &problems);

	assert_int_equal(problems.errors, 0);
	problems_release(&problems);
	return c;
}

static void a_query_is_opened_or_told_with_its_column(void **state)
{
	struct config *good = load("index.query=\"Level:ERROR\"");
	struct config *bad = load("index.query=\"Level:(\"");
	struct problems problems = { 0 };
	struct error err = { 0 };
	struct query *query = options_open_query(good, &err);

	(void)state;
	assert_non_null(query);
	query_free(query);
	assert_null(options_open_query(bad, &err));
	assert_int_equal(err.kind, ERROR_CONFIG);
	assert_non_null(strstr(err.text, "index.query, column "));
	options_check_query(good, "a.conf", &problems);
	assert_int_equal(problems.n, 0);
	options_check_query(bad, "a.conf", &problems);
	assert_true(problems.errors > 0);
	problems_release(&problems);
	config_close(good);
	config_close(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_prefix_must_be_one_that_elasticsearch_takes),
		cmocka_unit_test(alerts_and_events_have_indices_apart),
		cmocka_unit_test(numbers_are_paths_apart_from_each_other),
		cmocka_unit_test(a_query_is_opened_or_told_with_its_column),
		cmocka_unit_test(a_start_is_a_place_or_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
