#include "ingest/index/timeline.h"
#include "tests/unit/test_support.h"

static void hostile_text_is_shown_and_does_nothing(void **state)
{
	static const char *const table[][2] = {
		{ "plain", "plain" },
		{ "\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80" },
		{ "\033[2J", "\\u001b[2J" },
		{ "a\r\nb\t\x7f", "a\\u000d\\u000ab\\u0009\\u007f" },
		{ "\xc2\x9b", "\\u009b" },
		{ "\xe2\x80\xae", "\\u202e" },
		{ "\xe2\x81\xa6", "\\u2066" },
		{ "\xff\xc3", "\\xff\\xc3" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		AUTO(buf_release) struct buf out = { 0 };

		timeline_escape(str_of(table[i][0]), &out);
		assert_str(buf_str(&out), table[i][1]);
	}
}

static void json_stays_json_on_one_line(void **state)
{
	AUTO(buf_release) struct buf out = { 0 };

	(void)state;
	timeline_json(STR("{\n\"a\":\"\xc2\x9b\xc3\xa9\"}"), true, &out);
	assert_str(buf_str(&out), "{ \"a\":\"\\u009b\xc3\xa9\"}");
	buf_clear(&out);
	timeline_json(STR("{\"a\":\"\xc2\x9b\"}"), false, &out);
	assert_str(buf_str(&out), "{\"a\":\"\xc2\x9b\"}");
}

static void add(struct timeline *t, struct scanner *scanner, const char *line,
		struct buf *out)
{
	struct event event;

	event_scan(scanner, str_of(line), &event);
	timeline_add(t, &event, out);
}

static void services_are_indented_as_they_appear(void **state)
{
	struct scanner *scanner = scanner_open();
	struct timeline t = { 0 };
	AUTO(buf_release) struct buf out = { 0 };

	(void)state;
	add(&t, scanner,
	    "{\"ServiceKey\":\"WEB\",\"ComponentKey\":\"C\",\"RequestKey\":"
	    "\"r\\u001b\",\"HostAddress\":\"h\",\"TimeStampUTC\":\"2026-11-"
	    "23T09:00:00Z\",\"Title\":\"T\",\"Level\":\"INFO\"}",
	    &out);
	add(&t, scanner,
	    "{\"ServiceKey\":\"DB\",\"HostAddress\":\"h\",\"TimeStampUTC\":"
	    "\"2026-11-23T09:00:00.0125Z\",\"Title\":\"T\",\"Additional\":"
	    "{\"a\":1},\"Level\":\"ERROR\"}",
	    &out);
	timeline_end(&t, &out);
	assert_str(buf_str(&out),
		   "request r\\u001b from 2026-11-23T09:00:00Z\n"
		   "       +0.000 ms  INFO   WEB/C                             "
		   "        h                T\n"
		   "      +12.500 ms  ERROR    DB                              "
		   "        h                T  {\"a\":1}\n"
		   "2 events of 2 services in 12.500 ms, 1 error\n");
	timeline_release(&t);
	scanner_close(scanner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text_is_shown_and_does_nothing),
		cmocka_unit_test(json_stays_json_on_one_line),
		cmocka_unit_test(services_are_indented_as_they_appear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
