#include "ingest/index/document.h"
#include "event/mend.h"
#include "tests/unit/test_support.h"

#define HEAD                                                                   \
	"{\"ServiceKey\":\"S\",\"ComponentKey\":\"C\",\"HostAddress\":\"h\","  \
	"\"TimeStampUTC\":\"2026-11-23T09:00:00.5Z\",\"Title\":\"T\","         \
	"\"Level\":\"INFO\""
#define STAMP ",\"@timestamp\":\"2026-11-23T09:00:00.5Z\""

static struct scanner *scanner;

static void render(const char *line, const struct strings *numbers,
		   struct buf *out)
{
	AUTO(buf_release) struct buf mended = { 0 };
	AUTO(buf_release) struct buf scratch = { 0 };
	struct mend_context context = {
		.service = STR("UNKNOWN"),
		.now_ns = TIME_NONE,
		.max_event_bytes = 1 << 20,
	};
	struct event event;

	(void)event_read(scanner, str_of(line), &context, &mended, &event);
	document_source(&event, numbers, &scratch, out);
}

static void assert_source(const char *line, const char *wanted)
{
	static const char *paths[] = { "elapsed_ms", "db.rows" };
	static const struct strings numbers = { paths, 2 };
	AUTO(buf_release) struct buf out = { 0 };

	render(line, &numbers, &out);
	assert_str(buf_str(&out), wanted);
}

static void the_event_keeps_its_bytes_and_gets_a_timestamp(void **state)
{
	(void)state;
	assert_source(HEAD "}", HEAD STAMP "}");
	assert_source(HEAD " , \"x\" : [1.50] } ",
		      HEAD " , \"x\" : [1.50] " STAMP "}");
	assert_source(HEAD ",\"Additional\":null}",
		      HEAD ",\"Additional\":null" STAMP "}");
}

static void text_is_copied_for_searching(void **state)
{
	(void)state;
	assert_source(HEAD ",\"Additional\":\"a\\n\\u0000b\"}",
		      HEAD ",\"Additional\":\"a\\n\\u0000b\"" STAMP
			   ",\"AdditionalText\":\"a\\n\\u0000b\"}");
}

static void an_object_is_copied_for_searching(void **state)
{
	(void)state;
	assert_source(HEAD ",\"Additional\":{\"a\":{\"b\":[1,null,{}]},"
			   "\"a.b\":\"x\",\"\":true}}",
		      HEAD ",\"Additional\":{\"a\":{\"b\":[1,null,{}]},"
			   "\"a.b\":\"x\",\"\":true}" STAMP
			   ",\"AdditionalFlat\":{\"a\":{\"b\":[1,null,{}]},"
			   "\"a.b\":\"x\",\"\":true}}");
}

static void numbers_are_told_from_what_only_looks_like_one(void **state)
{
	static const char *const additional[][2] = {
		{ "{\"elapsed_ms\":12.50}", "{\"elapsed_ms\":[12.50]}" },
		{ "{\"elapsed_ms\":\"-3e2\"}", "{\"elapsed_ms\":[-3e2]}" },
		{ "{\"db\":{\"rows\":[1,\"2\",\"x\",null,true]}}",
		  "{\"db.rows\":[1,2]}" },
		{ "{\"db.rows\":7,\"elapsed_ms\":0}",
		  "{\"elapsed_ms\":[0],\"db.rows\":[7]}" },
		{ "{\"elapsed_ms\":1e999}", NULL },
		{ "{\"elapsed_ms\":\"inf\"}", NULL },
		{ "{\"elapsed_ms\":\"0x10\"}", NULL },
		{ "{\"elapsed_ms\":\" 1\"}", NULL },
		{ "{\"elapsed_ms\":\"01\"}", NULL },
		{ "{\"elapsed_ms\":\"1.\"}", NULL },
		{ "{\"elapsed_ms\":\"\"}", NULL },
		{ "{\"elapsed_ms\":\"1\\u0000\"}", NULL },
		{ "{\"elapsed_ms\":{\"x\":1}}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(additional); i++) {
		AUTO(buf_release) struct buf line = { 0 };
		AUTO(buf_release) struct buf wanted = { 0 };

		buf_add_format(&line, "%s,\"Additional\":%s}", HEAD,
			       additional[i][0]);
		buf_add_format(&wanted,
			       "%s,\"Additional\":%s%s,\"AdditionalFlat\":%s",
			       HEAD, additional[i][0], STAMP, additional[i][0]);
		if (additional[i][1])
			buf_add_format(&wanted, ",\"AdditionalNum\":%s",
				       additional[i][1]);
		buf_add_char(&wanted, '}');
		assert_source(buf_text(&line), buf_text(&wanted));
	}
}

static void a_mended_event_is_one_line(void **state)
{
	AUTO(buf_release) struct buf out = { 0 };
	static const struct strings none = { NULL, 0 };

	(void)state;
	render("{\"ServiceKey\":\"S\",\n\"Title\":\"T\",\r\n\"x\":1}", &none,
	       &out);
	assert_null(memchr(out.p, '\n', out.n));
	assert_null(memchr(out.p, '\r', out.n));
}

static void the_index_is_the_events_own_day(void **state)
{
	AUTO(buf_release) struct buf out = { 0 };
	struct event event;

	(void)state;
	event_scan(scanner, STR(HEAD "}"), &event);
	document_index(STR("structout"), &event, &out);
	assert_str(buf_str(&out), "structout-2026.11.23");
}

static void the_source_header_has_one_form(void **state)
{
	static const struct {
		const char *header;
		bool valid;
	} table[] = {
		{ "0123456789abcdef:0", true },
		{ "0123456789abcdef:9223372036854775807", true },
		{ "0123456789abcdef:9223372036854775808", false },
		{ "0123456789ABCDEF:1", false },
		{ "0123456789abcdef:01", false },
		{ "0123456789abcdef:-1", false },
		{ "0123456789abcdef:", false },
		{ "0123456789abcdef1", false },
		{ "0123456789abcde:1", false },
		{ "0123456789abcdefg:1", false },
		{ "0123456789abcdef:1 ", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_int_equal(
			document_source_is_valid(str_of(table[i].header)),
			table[i].valid);
}

static void assert_id(struct str source, struct str id, const char *wanted)
{
	AUTO(buf_release) struct buf out = { 0 };
	struct document_origin origin = { "t.logs",      3,      42,
					  1700000000123, source, id };

	document_id(&origin, &out);
	assert_str(buf_str(&out), wanted);
}

static void the_id_names_the_cause_of_the_document(void **state)
{
	char longest[DOCUMENT_ID_BYTES + 2];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[DOCUMENT_ID_BYTES + 1] = '\0';
	assert_id(STR_NONE, STR_NONE, "t.logs:3:42:1700000000123");
	assert_id(STR("0123456789abcdef:7"), STR_NONE, "0123456789abcdef:7");
	assert_id(STR("0123456789abcdef:7"), STR("old id"), "old id");
	assert_id(STR("nonsense"), STR(""), "t.logs:3:42:1700000000123");
	assert_id(STR_NONE, STR("a\nb"), "t.logs:3:42:1700000000123");
	assert_id(STR_NONE, STR("\xff"), "t.logs:3:42:1700000000123");
	assert_id(STR_NONE, str_of(longest), "t.logs:3:42:1700000000123");
	longest[DOCUMENT_ID_BYTES] = '\0';
	assert_id(STR_NONE, str_of(longest), longest);
}

static int open_scanner(void **state)
{
	(void)state;
	scanner = scanner_open();
	return 0;
}

static int close_scanner(void **state)
{
	(void)state;
	scanner_close(scanner);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			the_event_keeps_its_bytes_and_gets_a_timestamp),
		cmocka_unit_test(text_is_copied_for_searching),
		cmocka_unit_test(an_object_is_copied_for_searching),
		cmocka_unit_test(
			numbers_are_told_from_what_only_looks_like_one),
		cmocka_unit_test(a_mended_event_is_one_line),
		cmocka_unit_test(the_index_is_the_events_own_day),
		cmocka_unit_test(the_source_header_has_one_form),
		cmocka_unit_test(the_id_names_the_cause_of_the_document),
	};

	return cmocka_run_group_tests(tests, open_scanner, close_scanner);
}
