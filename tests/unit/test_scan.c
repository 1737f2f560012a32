/* test_scan.c - what the scanner says about a line */
#include "event/scan.h"

#include "event/time.h"
#include "tests/unit/test_support.h"

/* Tables write ' for " . */
static struct str quoted(const char *text, struct buf *out)
{
	buf_clear(out);
	for (; *text; text++)
		buf_add_char(out, *text == '\'' ? '"' : *text);
	return buf_str(out);
}

static int open_scanner(void **state)
{
	*state = scanner_open();
	return 0;
}

static int close_scanner(void **state)
{
	scanner_close(*state);
	return 0;
}

#define HEAD                                                                   \
	"'ServiceKey':'S','HostAddress':'H',"                                  \
	"'TimeStampUTC':'2026-11-23T08:00:00Z','Title':'T','Level':'INFO'"
/* Four of five, for rows about the other one. */
#define NO_TIME "'ServiceKey':'S','HostAddress':'H','Title':'T','Level':'INFO'"
#define NO_LEVEL                                                               \
	"'ServiceKey':'S','HostAddress':'H','Title':'T',"                      \
	"'TimeStampUTC':'2026-11-23T08:00:00Z'"
#define NO_SERVICE                                                             \
	"'HostAddress':'H','Title':'T','Level':'INFO',"                        \
	"'TimeStampUTC':'2026-11-23T08:00:00Z'"
#define NO_HOST                                                                \
	"'ServiceKey':'S','Title':'T','Level':'INFO',"                         \
	"'TimeStampUTC':'2026-11-23T08:00:00Z'"

static const struct {
	const char *line;
	unsigned repairs;
} verdicts[] = {
	/* right as they are */
	{ "{" HEAD "}", 0 },
	{ " {\t" HEAD " } ", 0 },
	{ "{" HEAD "}\r\n", 0 },
	{ "\xef\xbb\xbf{" HEAD "}", 0 },
	{ "{" HEAD ",'Additional':'text'}", 0 },
	{ "{" HEAD ",'Additional':{'a':[1,{'a':2}],'b':{'a':3}}}", 0 },
	{ "{" HEAD ",'Additional':null,'RequestKey':null}", 0 },
	{ "{" HEAD ",'mine':[-0,1.50,1E+5,0.1e-2,true,false,null]}", 0 },
	{ "{" HEAD ",'Others':{'_id':1},'TimeStampRaw':'x','LevelRaw':'y'}",
	  0 },
	{ "{" HEAD ",'a':'\\u0000\\ud83d\\ude00\xe2\x80\xa8\x7f'}", 0 },
	{ "{" HEAD ",'Repaired':['time','utf8']}", 0 },
	{ "{" NO_LEVEL ",'L\\u0065vel':'\\u0044EBUG'}", 0 },
	{ "{" NO_TIME ",'TimeStampUTC':'2026-11-23T08:00:00.123456789Z'}", 0 },
	{ "{" HEAD ",'a':{'b.c':1,'':2,'_id':3}}", 0 },

	/* unparsed */
	{ "", REPAIR_UNPARSED },
	{ "text", REPAIR_UNPARSED },
	{ "'text'", REPAIR_UNPARSED },
	{ "12", REPAIR_UNPARSED },
	{ "[{" HEAD "}]", REPAIR_UNPARSED },
	{ "{" HEAD "} x", REPAIR_UNPARSED },
	{ "{" HEAD "}{}", REPAIR_UNPARSED },
	{ "{" HEAD ",}", REPAIR_UNPARSED },
	{ "{,}", REPAIR_UNPARSED },
	{ "{" HEAD, REPAIR_UNPARSED },
	{ "{" HEAD ",'a'}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a' 1}", REPAIR_UNPARSED },
	{ "{" HEAD ",a:1}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':[1,]}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':[1 2]}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':[1}}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':01}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':+1}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':-}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':.5}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':1.}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':1e}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':1e+}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':0x1}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':NaN}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':True}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':nul}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':nullx}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':'\\x'}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':'\\u12g4'}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':'\\u12'}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':'\t'}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':'\x01'}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':'x}", REPAIR_UNPARSED },
	{ "{" HEAD ",'a':'x\\", REPAIR_UNPARSED },
	{ "{" HEAD ",\xff'a':1}", REPAIR_UNPARSED },
	{ "{" HEAD ",\xc2\xa0'a':1}", REPAIR_UNPARSED },
	{ "{" HEAD "/* */}", REPAIR_UNPARSED },

	/* missing, foreign, mistyped */
	{ "{}", REPAIR_TIME | REPAIR_SERVICE | REPAIR_HOST | REPAIR_LEVEL },
	{ "{" NO_SERVICE "}", REPAIR_SERVICE },
	{ "{" NO_SERVICE ",'ServiceKey':null}", REPAIR_SERVICE },
	{ "{" NO_SERVICE ",'servicekey':'S'}", REPAIR_SERVICE },
	{ "{" NO_SERVICE ",'ServiceKey':''}", 0 },
	{ "{" NO_SERVICE ",'ServiceKey':1}", REPAIR_TYPE },
	{ "{" NO_HOST "}", REPAIR_HOST },
	{ "{" NO_HOST ",'HostAddress':''}", 0 },
	{ "{" NO_HOST ",'HostAddress':{'ip':'::1'}}", REPAIR_TYPE },
	{ "{" NO_LEVEL "}", REPAIR_LEVEL },
	{ "{" NO_LEVEL ",'Level':'info'}", REPAIR_LEVEL },
	{ "{" NO_LEVEL ",'Level':'INFO '}", REPAIR_LEVEL },
	{ "{" NO_LEVEL ",'Level':30}", REPAIR_LEVEL | REPAIR_TYPE },
	{ "{" NO_LEVEL ",'Level':null}", REPAIR_LEVEL },
	{ "{" NO_TIME "}", REPAIR_TIME },
	{ "{" NO_TIME ",'TimeStampUTC':1795424400}", REPAIR_TIME },
	{ "{" NO_TIME ",'TimeStampUTC':'2026-11-23 08:00:00Z'}", REPAIR_TIME },
	{ "{" NO_TIME ",'TimeStampUTC':'2026-11-23T08:00:60Z'}", REPAIR_TIME },
	{ "{" NO_TIME ",'TimeStampUTC':'2026\\u002d11-23T08:00:00Z'}",
	  REPAIR_TIME },
	{ "{" HEAD ",'RequestKey':7}", REPAIR_TYPE },
	{ "{" HEAD ",'ComponentKey':['A']}", REPAIR_TYPE },
	{ "{" HEAD ",'Additional':[1]}", REPAIR_TYPE },
	{ "{" HEAD ",'Additional':1}", REPAIR_TYPE },
	{ "{" HEAD ",'TimeStampRaw':{}}", REPAIR_TYPE },
	{ "{" HEAD ",'LevelRaw':3}", REPAIR_TYPE },

	/* duplicate */
	{ "{" HEAD ",'Title':'U'}", REPAIR_DUPLICATE },
	{ "{" HEAD ",'\\u0054itle':'U'}", REPAIR_DUPLICATE },
	{ "{" HEAD ",'x':1,'x':1}", REPAIR_DUPLICATE },
	{ "{" HEAD ",'x':1,'\\u0078':1}", REPAIR_DUPLICATE },
	{ "{" HEAD ",'a':{'b':[{'c':1,'d':{},'c':2}]}}", REPAIR_DUPLICATE },
	{ "{" HEAD ",'a':{'':1,'':2}}", REPAIR_DUPLICATE },
	{ "{" HEAD ",'a':{'\\u0000':1,'\\u0000\\u0000':2}}", 0 },
	{ "{" HEAD ",'a':{'b':1},'c':{'b':1}}", 0 },
	{ "{" HEAD ",'a':[{'b':1},{'b':1}]}", 0 },

	/* key */
	{ "{" HEAD ",'@timestamp':1}", REPAIR_KEY },
	{ "{" HEAD ",'AdditionalText':1}", REPAIR_KEY },
	{ "{" HEAD ",'AdditionalFlat':1}", REPAIR_KEY },
	{ "{" HEAD ",'AdditionalNum':1}", REPAIR_KEY },
	{ "{" HEAD ",'Repaired':true}", REPAIR_KEY },
	{ "{" HEAD ",'Repaired':[]}", REPAIR_KEY },
	{ "{" HEAD ",'Repaired':['utf8','time']}", REPAIR_KEY },
	{ "{" HEAD ",'Repaired':['time','time']}", REPAIR_KEY },
	{ "{" HEAD ",'Repaired':['time','fence']}", REPAIR_KEY },
	{ "{" HEAD ",'_id':1}", REPAIR_KEY },
	{ "{" HEAD ",'_index':1}", REPAIR_KEY },
	{ "{" HEAD ",'_source':1}", REPAIR_KEY },
	{ "{" HEAD ",'_routing':1}", REPAIR_KEY },
	{ "{" HEAD ",'_type':1}", REPAIR_KEY },
	{ "{" HEAD ",'_version':1}", REPAIR_KEY },
	{ "{" HEAD ",'_seq_no':1}", REPAIR_KEY },
	{ "{" HEAD ",'_ignored':1}", REPAIR_KEY },
	{ "{" HEAD ",'_field_names':1}", REPAIR_KEY },
	{ "{" HEAD ",'_doc_count':1}", REPAIR_KEY },
	{ "{" HEAD ",'\\u005fid':1}", REPAIR_KEY },
	{ "{" HEAD ",'':1}", REPAIR_KEY },
	{ "{" HEAD ",' ':1}", REPAIR_KEY },
	{ "{" HEAD ",'a.b':1}", REPAIR_KEY },
	{ "{" HEAD ",'.':1}", REPAIR_KEY },
	{ "{" HEAD ",'_mine':1,'timestamp':1,'additionaltext':1}", 0 },

	/* utf8 */
	{ "{" HEAD ",'a':'\xff'}", REPAIR_UTF8 },
	{ "{" HEAD ",'a':'\xe2\x82'}", REPAIR_UTF8 },
	{ "{" HEAD ",'a':'\xed\xa0\x80'}", REPAIR_UTF8 },
	{ "{" HEAD ",'a':'\xc0\x80'}", REPAIR_UTF8 },
	{ "{" HEAD ",'\xff':1}", REPAIR_UTF8 },
	{ "{" HEAD ",'a':'\\ud83d'}", REPAIR_UTF8 },
	{ "{" HEAD ",'a':'\\ude00\\ud83d'}", REPAIR_UTF8 },
	{ "{" HEAD ",'a':'\\ud83d\\u0041'}", REPAIR_UTF8 },
	{ "{" HEAD ",'a':'\\ud83d\\n'}", REPAIR_UTF8 },
};

static void a_line_is_judged(void **state)
{
	struct buf line = { 0 };

	for (size_t i = 0; i < ARRAY_LENGTH(verdicts); i++) {
		struct event event;
		struct str text = quoted(verdicts[i].line, &line);
		char *exact = xmalloc(text.n ? text.n : 1);
		memcpy(exact, text.s, text.n);
		event_scan(*state, str_slice(exact, text.n), &event);
		if (event.repairs != verdicts[i].repairs)
			fail_msg("%s: %x, wanted %x", verdicts[i].line,
				 event.repairs, verdicts[i].repairs);
		assert_int_equal(event.reason != NULL,
				 event.repairs == REPAIR_UNPARSED);
		free(exact);
	}
	buf_release(&line);
}

static void fields_are_found_as_they_are_written(void **state)
{
	struct buf line = { 0 }, scratch = { 0 };
	struct event event;

	quoted("{'Level':'ERROR','RequestKey':'r\\n1',"
	       "'Additional':{'Title':'inner'},'Title':'T',"
	       "'TimeStampUTC':'2026-11-23T09:00:00.5Z','ServiceKey':5}  ",
	       &line);
	event_scan(*state, buf_str(&line), &event);
	assert_str(event.field[EVENT_ADDITIONAL].raw, "{\"Title\":\"inner\"}");
	assert_str(event.field[EVENT_REQUEST_KEY].raw, "\"r\\n1\"");
	assert_true(event.field[EVENT_REQUEST_KEY].escaped);
	assert_false(event.field[EVENT_TITLE].escaped);
	assert_str(event_text(&event.field[EVENT_REQUEST_KEY], &scratch),
		   "r\n1");
	assert_str(event_text(&event.field[EVENT_TITLE], &scratch), "T");
	assert_str(event_text(&event.field[EVENT_SERVICE_KEY], &scratch), "5");
	assert_str(event_text(&event.field[EVENT_COMPONENT_KEY], &scratch), "");
	assert_int_equal(event.level, LEVEL_ERROR);
	assert_true(event.has_time);
	assert_int_equal(event.time_ns, INT64_C(1795424400500000000));
	assert_int_equal(event.end, line.n - 3);
	assert_false(event_has(&event, EVENT_HOST_ADDRESS));
	buf_release(&line);
	buf_release(&scratch);
}

static void every_field_has_its_name(void **state)
{
	(void)state;
	for (enum event_field i = 0; i < EVENT_FIELDS; i++)
		assert_int_equal(event_field_of(event_field_names[i]), i);
	assert_int_equal(event_field_of(STR("")), EVENT_FIELDS);
	assert_int_equal(event_field_of(STR("Lever")), EVENT_FIELDS);
	assert_int_equal(event_field_of(STR("additional")), EVENT_FIELDS);
}

static void what_cannot_be_parsed_says_why_and_where(void **state)
{
	static const struct {
		const char *line, *reason;
		size_t offset;
	} table[] = {
		{ "", "object expected", 0 },
		{ "  text", "object expected", 2 },
		{ "{\"a\":1} x", "text behind the object", 8 },
		{ "{\"a\":tru}", "unknown word", 5 },
		{ "{\"a\":\"\t\"}", "control byte in a string", 6 },
		{ "{\"a\":\"b", "string does not end", 5 },
		{ "{\"a\":[1", "object or array does not end", 7 },
		{ "{\"a\" 1}", "colon expected", 5 },
		{ "{1:1}", "key expected", 1 },
		{ "{\"a\":1.x}", "digit expected", 7 },
		{ "{\"a\":\"\\q\"}", "bad escape in a string", 6 },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct event event;
		event_scan(*state, str_of(table[i].line), &event);
		assert_int_equal(event.repairs, REPAIR_UNPARSED);
		assert_string_equal(event.reason, table[i].reason);
		assert_int_equal(event.reason_offset, table[i].offset);
	}
}

static void nest(struct buf *out, const char *open, const char *close, int n)
{
	buf_clear(out);
	buf_add_text(out, "{\"a\":");
	for (int i = 0; i < n; i++)
		buf_add_text(out, open);
	buf_add_char(out, '1');
	for (int i = 0; i < n; i++)
		buf_add_text(out, close);
	buf_add_char(out, '}');
}

static void depth_500_is_the_deepest(void **state)
{
	static const char *const brackets[][2] = { { "[", "]" },
						   { "{\"a\":", "}" } };
	struct buf line = { 0 };
	struct event event;

	for (size_t i = 0; i < 2; i++) {
		nest(&line, brackets[i][0], brackets[i][1], 499);
		event_scan(*state, buf_str(&line), &event);
		assert_false(event.repairs & REPAIR_UNPARSED);
		nest(&line, brackets[i][0], brackets[i][1], 500);
		event_scan(*state, buf_str(&line), &event);
		assert_int_equal(event.repairs, REPAIR_UNPARSED);
		assert_string_equal(event.reason, "nested too deep");
	}
	buf_release(&line);
}

static void line_ends_between_tokens_are_told(void **state)
{
	struct event event;

	event_scan(*state, STR("{\n\"a\":1}"), &event);
	assert_true(event.has_newline);
	event_scan(*state, STR("{\"a\":\r1}"), &event);
	assert_true(event.has_newline);
	event_scan(*state, STR("{\"a\": \"\\n\"}\r\n\r\n"), &event);
	assert_false(event.has_newline);
	assert_str(event.line, "{\"a\": \"\\n\"}");
}

static void blank_lines_are_told(void **state)
{
	(void)state;
	assert_true(event_is_blank(STR("")));
	assert_true(event_is_blank(STR_NONE));
	assert_true(event_is_blank(STR(" \t\r\n")));
	assert_true(event_is_blank(STR("\xef\xbb\xbf\r\n")));
	assert_false(event_is_blank(STR(" x ")));
	assert_false(event_is_blank(str_slice("\0", 1)));
}

static void nothing_at_all_is_unparsed(void **state)
{
	struct event event;

	event_scan(*state, STR_NONE, &event);
	assert_int_equal(event.repairs, REPAIR_UNPARSED);
}

/* Every place where a string's end and odd bytes may fall in the 16 bytes that
 * are looked at together. */
static void strings_end_where_they_end_at_any_place(void **state)
{
	for (size_t before = 0; before < 40; before++)
		for (size_t n = 0; n < 40; n++) {
			struct buf line = { 0 };
			struct event event;
			buf_add_text(&line, "{\"Title\":\"");
			for (size_t i = 0; i < before + n; i++)
				buf_add_text(&line,
					     i == before ? "\xc3\xa9" : "x");
			size_t end = line.n;
			buf_add_text(&line, "\",\"b\":\"\"}");
			event_scan(*state, buf_str(&line), &event);
			assert_false(event.repairs & REPAIR_UTF8);
			assert_int_equal(event.field[EVENT_TITLE].raw.n,
					 end - 8);
			line.p[10 + before] = '\x1f';
			event_scan(*state, buf_str(&line), &event);
			assert_int_equal(event.repairs, REPAIR_UNPARSED);
			assert_int_equal(event.reason_offset, 10 + before);
			buf_release(&line);
		}
}

static void many_keys_are_all_remembered(void **state)
{
	enum { KEYS = 100000 };
	struct buf line = { 0 };
	struct event event;

	buf_add_char(&line, '{');
	for (int i = 0; i < KEYS; i++)
		buf_add_format(&line, "\"k%d\":%d,", i, i);
	size_t n = line.n;
	buf_add_text(&line, "\"k100000\":1}");
	event_scan(*state, buf_str(&line), &event);
	assert_int_equal(event.repairs & (REPAIR_DUPLICATE | REPAIR_UNPARSED),
			 0);
	buf_truncate(&line, n);
	buf_add_text(&line, "\"k50000\":1}");
	event_scan(*state, buf_str(&line), &event);
	assert_true(event.repairs & REPAIR_DUPLICATE);
	event_scan(*state, STR("{\"k50000\":1}"), &event);
	assert_false(event.repairs & REPAIR_DUPLICATE);
	buf_release(&line);
}

/* 1 MiB of one thing, which must not cost the square of it. */
static void hostile_bytes_cost_no_more_than_others(void **state)
{
	static const char *const pieces[] = {
		"[", "{\"a\":", "\"", "\\", "\xff", "{", "1", "-", ",", " ",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
		struct buf line = { 0 };
		struct event event;
		buf_add_text(&line, "{\"a\":\"");
		buf_truncate(&line, i % 2 ? 5 : 6);
		while (line.n < 1 << 20)
			buf_add_text(&line, pieces[i]);
		event_scan(*state, buf_str(&line), &event);
		assert_int_equal(event.repairs, REPAIR_UNPARSED);
		buf_release(&line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_judged),
		cmocka_unit_test(fields_are_found_as_they_are_written),
		cmocka_unit_test(every_field_has_its_name),
		cmocka_unit_test(what_cannot_be_parsed_says_why_and_where),
		cmocka_unit_test(depth_500_is_the_deepest),
		cmocka_unit_test(line_ends_between_tokens_are_told),
		cmocka_unit_test(blank_lines_are_told),
		cmocka_unit_test(nothing_at_all_is_unparsed),
		cmocka_unit_test(strings_end_where_they_end_at_any_place),
		cmocka_unit_test(many_keys_are_all_remembered),
		cmocka_unit_test(hostile_bytes_cost_no_more_than_others),
	};

	return cmocka_run_group_tests(tests, open_scanner, close_scanner);
}
