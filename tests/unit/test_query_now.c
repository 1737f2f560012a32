/* test_query_now.c - times that count from now, as Elasticsearch reads them */
#include "event/query_internal.h"
#include "event/time.h"

#include "tests/unit/test_support.h"

static const struct {
	const char *text, *now, *down, *up;
} table[] = {
	{ "now", "2026-11-23T10:20:30.123Z", "2026-11-23T10:20:30.123Z", NULL },
	{ "now-5m", "2026-11-23T00:02:00Z", "2026-11-22T23:57:00Z", NULL },
	{ "now+1h-30s", "2026-11-23T10:00:00Z", "2026-11-23T10:59:30Z", NULL },
	{ "now-d", "2026-11-23T10:00:00Z", "2026-11-22T10:00:00Z", NULL },
	{ "now-2w", "2026-11-23T10:00:00Z", "2026-11-09T10:00:00Z", NULL },
	{ "now-36H", "2026-11-23T10:00:00Z", "2026-11-21T22:00:00Z", NULL },
	{ "now-1M", "2026-03-31T10:00:00Z", "2026-02-28T10:00:00Z", NULL },
	{ "now-11M", "2026-11-23T10:00:00Z", "2025-12-23T10:00:00Z", NULL },
	{ "now+2M", "2026-11-23T10:00:00Z", "2027-01-23T10:00:00Z", NULL },
	{ "now-1y", "2024-02-29T10:00:00Z", "2023-02-28T10:00:00Z", NULL },
	{ "now/s", "2026-11-23T10:20:30.123Z", "2026-11-23T10:20:30Z",
	  "2026-11-23T10:20:30.999Z" },
	{ "now/m", "2026-11-23T10:20:30Z", "2026-11-23T10:20:00Z",
	  "2026-11-23T10:20:59.999Z" },
	{ "now/h", "2026-11-23T10:20:30Z", "2026-11-23T10:00:00Z",
	  "2026-11-23T10:59:59.999Z" },
	{ "now/d", "2026-11-23T10:20:30Z", "2026-11-23T00:00:00Z",
	  "2026-11-23T23:59:59.999Z" },
	{ "now-1d/d", "2026-03-01T10:20:30Z", "2026-02-28T00:00:00Z",
	  "2026-02-28T23:59:59.999Z" },
	/* Monday is the first day of a week. */
	{ "now/w", "2026-11-22T10:20:30Z", "2026-11-16T00:00:00Z",
	  "2026-11-22T23:59:59.999Z" },
	{ "now/w", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z",
	  "2026-11-29T23:59:59.999Z" },
	{ "now/M", "2024-02-10T10:20:30Z", "2024-02-01T00:00:00Z",
	  "2024-02-29T23:59:59.999Z" },
	{ "now/y", "2026-11-23T10:20:30Z", "2026-01-01T00:00:00Z",
	  "2026-12-31T23:59:59.999Z" },
	{ "now/d+1h", "2026-11-23T10:20:30Z", "2026-11-23T01:00:00Z",
	  "2026-11-24T00:59:59.999Z" },
	/* before 1970, and out of what can be said */
	{ "now/d", "1969-12-31T10:00:00Z", "1969-12-31T00:00:00Z",
	  "1969-12-31T23:59:59.999Z" },
	{ "now-9999y/y", "2026-11-23T10:00:00Z", "1678-01-01T00:00:00Z",
	  "1678-12-31T23:59:59.999Z" },
};

static int64_t time_of(const char *text)
{
	int64_t ns;

	assert_true(time_parse_normal(str_of(text), &ns));
	return ns;
}

static void now_counts_as_elasticsearch_counts(void **state)
{
	struct query_now now;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		int64_t ms = time_of(table[i].now) / 1000000;
		const char *up = table[i].up ? table[i].up : table[i].down;

		assert_true(query_now_parse(str_of(table[i].text), &now));
		if (query_now_ns(&now, ms, false) != time_of(table[i].down) ||
		    query_now_ns(&now, ms, true) != time_of(up))
			fail_msg("%s at %s", table[i].text, table[i].now);
	}
}

static void what_is_no_such_time_is_refused(void **state)
{
	static const char *const texts[] = {
		"",        "no",
		"Now",     "now-",
		"now-5",   "now5m",
		"now-5x",  "now/2d",
		"now/",    "now-10000d",
		"now -5m", "now-5m/",
		"now--5m", "now-1d-1d-1d-1d-1d-1d-1d-1d-1d",
	};
	struct query_now now;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		if (query_now_parse(str_of(texts[i]), &now))
			fail_msg("\"%s\" was taken", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(now_counts_as_elasticsearch_counts),
		cmocka_unit_test(what_is_no_such_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
