#include "ingest/ship/unwrap.h"

#include "event/time.h"
#include "tests/unit/test_support.h"

#define DOCKER(log) "{\"log\":\"" log "\",\"stream\":\"stdout\"," TIME "}"
#define TIME        "\"time\":\"2026-11-23T09:00:00.5Z\""
#define NS          (INT64_C(1795424400) * TIME_SECOND + TIME_SECOND / 2)

struct row {
	const char *line, *text;
	enum stream stream;
	bool partial;
};

static void check(const struct row *row)
{
	struct scanner *scanner = scanner_open();
	struct buf scratch = { 0 };
	struct piece p;

	unwrap(scanner, str_of(row->line), &scratch, &p);
	assert_str(p.text, row->text ? row->text : row->line);
	assert_int_equal(p.stream, row->stream);
	assert_int_equal(p.partial, row->partial);
	assert_true(p.time_ns == (row->stream ? NS : TIME_NONE));
	buf_release(&scratch);
	scanner_close(scanner);
}

static void docker_records_are_unwrapped(void **state)
{
	static const struct row table[] = {
		{ DOCKER("a\\n"), "a", STREAM_STDOUT, false },
		{ DOCKER("a\\r\\n"), "a", STREAM_STDOUT, false },
		{ DOCKER("a"), "a", STREAM_STDOUT, true },
		{ DOCKER("\\n"), "", STREAM_STDOUT, false },
		{ DOCKER(""), "", STREAM_STDOUT, true },
		{ DOCKER("{\\\"a\\\":\\\"\\u00e4\\\"}\\n"),
		  "{\"a\":\"\xc3\xa4\"}", STREAM_STDOUT, false },
		{ "{ " TIME ", \"stream\":\"stderr\",\"log\":\"a\\n\" }", "a",
		  STREAM_STDERR, false },
		{ "{\"log\":\"a\\n\",\"stream\":\"stdout\",\"attrs\":{\"tag\":"
		  "\"x\"}," TIME "}",
		  "a", STREAM_STDOUT, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		check(&table[i]);
}

static void cri_records_are_unwrapped(void **state)
{
	static const struct row table[] = {
		{ "2026-11-23T09:00:00.5Z stdout F a b", "a b", STREAM_STDOUT,
		  false },
		{ "2026-11-23T10:00:00.500000000+01:00 stderr P a ", "a ",
		  STREAM_STDERR, true },
		{ "2026-11-23T09:00:00.5Z stdout F:x:y a", "a", STREAM_STDOUT,
		  false },
		{ "2026-11-23T09:00:00.5Z stdout F ", "", STREAM_STDOUT,
		  false },
		{ "2026-11-23T09:00:00.5Z stdout F", "", STREAM_STDOUT, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		check(&table[i]);
}

static void what_is_not_exactly_a_wrapper_is_a_plain_line(void **state)
{
	static const struct row table[] = {
		{ .line = "" },
		{ .line = "{}" },
		{ .line = "text" },
		{ .line = "{\"ServiceKey\":\"A\"}" },
		{ .line = "{\"log\":\"a\\n\",\"stream\":\"stdout\"}" },
		{ .line = "{\"log\":1,\"stream\":\"stdout\"," TIME "}" },
		{ .line = "{\"log\":\"a\",\"stream\":\"other\"," TIME "}" },
		{ .line = "{\"log\":\"a\",\"stream\":\"stdout\",\"x\":1," TIME
			  "}" },
		{ .line = "{\"log\":\"a\",\"log\":\"b\",\"stream\":"
			  "\"stdout\"," TIME "}" },
		{ .line = "{\"log\":\"a\",\"stream\":\"stdout\",\"attrs\":"
			  "1," TIME "}" },
		{ .line = "{\"log\":\"a\",\"stream\":\"stdout\",\"time\":"
			  "\"\"}" },
		{ .line = "{\"log\":\"a\\n\",\"stream\":\"stdout\"," TIME
			  "},}" },
		{ .line = "2026-11-23T09:00:00.5Z stdout X a" },
		{ .line = "2026-11-23T09:00:00.5Z stdout FF a" },
		{ .line = "2026-11-23T09:00:00.5Z stdout" },
		{ .line = "2026-11-23T09:00:00.5Z INFO F a" },
		{ .line = "2026-11-23 09:00:00.5Z stdout F a" },
		{ .line = "2026-11-33T09:00:00.5Z stdout F a" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		check(&table[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker_records_are_unwrapped),
		cmocka_unit_test(cri_records_are_unwrapped),
		cmocka_unit_test(what_is_not_exactly_a_wrapper_is_a_plain_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
