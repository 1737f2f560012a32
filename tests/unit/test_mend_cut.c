/* test_mend_cut.c - the mender on what is long, deep or many */
#include "event/mend.h"

#include "tests/unit/test_support.h"

/* 2026-11-23T09:00:00Z */
#define NINE (INT64_C(1795424400) * TIME_SECOND)

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

/* Tables write ' for " . */
static void quote(const char *text, struct buf *out)
{
	buf_clear(out);
	for (; *text; text++)
		buf_add_char(out, *text == '\'' ? '"' : *text);
}

static struct mend_context ship_context(void)
{
	return (struct mend_context){
		.service = STR("FILE"),
		.host = STR("10.0.0.9"),
		.fallback_time_ns = NINE,
		.now_ns = NINE,
		.max_event_bytes = 1048576,
	};
}

#define SERVICE "'ServiceKey':'S',"
#define HOST    "'HostAddress':'H',"
#define TIME    "'TimeStampUTC':'2026-11-23T08:00:00Z',"
#define TITLE   "'Title':'T',"
#define LEVEL   "'Level':'INFO'"
#define HEAD    SERVICE HOST TIME TITLE LEVEL
/* Mend with a limit of EVENT_BYTES_MIN and check what must hold. */
static unsigned mend_cut(struct scanner *scanner, const struct buf *line,
			 struct buf *out, struct event *event)
{
	struct mend_context context = ship_context();

	context.max_event_bytes = EVENT_BYTES_MIN;
	unsigned repairs =
		event_read(scanner, buf_str(line), &context, out, event);
	assert_true(repairs & REPAIR_CUT);
	assert_int_equal(event->repairs, 0);
	assert_true(event->line.n <= EVENT_BYTES_MIN);
	return repairs;
}

static void fill(struct buf *line, const char *piece, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add_text(line, piece);
}

static void long_text_is_cut_and_nothing_else(void **state)
{
	static const char *const pieces[] = {
		"x", "\xf0\x9f\x98\x80", "\\u00e9", "\\ud83d\\ude00", "\\\\",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
		struct buf line = { 0 }, want = { 0 }, out = { 0 };
		struct event event;
		quote("{" HEAD ",'Additional':'", &line);
		fill(&line, pieces[i], 5000);
		buf_add_text(&line, "\",\"more\":-0}");
		assert_int_equal(mend_cut(*state, &line, &out, &event),
				 REPAIR_CUT);
		/* As much as fits stays. */
		assert_true(out.n + strlen(pieces[i]) > EVENT_BYTES_MIN);
		quote(",'more':-0,'Repaired':['cut']}", &want);
		assert_non_null(strstr(buf_text(&out), buf_text(&want)));
		assert_str(event.field[EVENT_TITLE].raw, "\"T\"");
		buf_release(&line);
		buf_release(&want);
		buf_release(&out);
	}
}

static void long_objects_keep_their_beginning(void **state)
{
	struct buf line = { 0 }, out = { 0 };
	struct event event;

	quote("{" HEAD ",'Additional':{'a':[1,2],'stack':{'text':'", &line);
	fill(&line, "at x\\n", 2000);
	buf_add_text(&line, "\",\"b\":1},\"c\":2}}");
	assert_int_equal(mend_cut(*state, &line, &out, &event), REPAIR_CUT);
	struct str raw = event.field[EVENT_ADDITIONAL].raw;
	assert_true(str_has_prefix(
		raw, STR("{\"a\":[1,2],\"stack\":{\"text\":\"at x\\nat x")));
	assert_true(out.n > EVENT_BYTES_MIN - 4);

	quote("{" HEAD ",'Additional':{'l':[", &line);
	for (int i = 0; i < 2000; i++)
		buf_add_format(&line, "%s{\"n\":%d}", i ? "," : "", i);
	buf_add_text(&line, "]}}");
	assert_int_equal(mend_cut(*state, &line, &out, &event), REPAIR_CUT);
	raw = event.field[EVENT_ADDITIONAL].raw;
	assert_str(str_slice(raw.s + raw.n - 3, 3), "}]}");
	assert_true(out.n > EVENT_BYTES_MIN - 30);
	buf_release(&line);
	buf_release(&out);
}

static void long_fixed_fields_make_it_not_json(void **state)
{
	struct buf line = { 0 }, out = { 0 };
	struct event event;

	quote("{'Additional':'small','Title':'", &line);
	fill(&line, "\xc3\xa9", 4000);
	buf_add_text(&line, "\"}");
	unsigned repairs = mend_cut(*state, &line, &out, &event);
	assert_int_equal(repairs, REPAIR_UNPARSED | REPAIR_TIME |
					  REPAIR_SERVICE | REPAIR_HOST |
					  REPAIR_CUT);
	assert_str(event.field[EVENT_TITLE].raw, "\"UNPARSED_LINE\"");
	assert_true(str_has_prefix(event.field[EVENT_ADDITIONAL].raw,
				   STR("\"{\\\"Additional\\\":\\\"small")));
	assert_true(out.n > EVENT_BYTES_MIN - 4);
	buf_release(&line);
	buf_release(&out);
}

static void long_lines_that_are_not_json_are_cut(void **state)
{
	struct buf line = { 0 }, out = { 0 };
	struct event event;

	fill(&line, "\x01\xff", 3000);
	unsigned repairs = mend_cut(*state, &line, &out, &event);
	assert_true(repairs & REPAIR_UNPARSED && repairs & REPAIR_UTF8);
	assert_true(out.n > EVENT_BYTES_MIN - 10);
	buf_release(&line);
	buf_release(&out);
}

static void long_names_in_the_context_are_cut(void **state)
{
	struct buf line = { 0 }, out = { 0 }, name = { 0 };
	struct mend_context context = ship_context();
	struct event event;

	fill(&line, "x", 5000);
	fill(&name, "\x01", 5000);
	context.service = context.host = buf_str(&name);
	context.max_event_bytes = EVENT_BYTES_MIN;
	event_read(*state, buf_str(&line), &context, &out, &event);
	assert_int_equal(event.repairs, 0);
	assert_true(out.n <= EVENT_BYTES_MIN);
	assert_int_equal(event.field[EVENT_SERVICE_KEY].raw.n, 255 * 6 + 2);
	buf_release(&line);
	buf_release(&out);
	buf_release(&name);
}

static void what_would_get_too_deep_in_others_moves_as_text(void **state)
{
	struct buf line = { 0 }, out = { 0 };
	struct mend_context context = ship_context();
	struct event event;

	for (int deep = 498; deep <= 499; deep++) {
		quote("{" HEAD ",'_id':", &line);
		fill(&line, "[", (size_t)deep);
		fill(&line, "]", (size_t)deep);
		buf_add_char(&line, '}');
		unsigned repairs = event_read(*state, buf_str(&line), &context,
					      &out, &event);
		assert_int_equal(repairs, deep == 498
						  ? REPAIR_KEY
						  : REPAIR_KEY | REPAIR_TYPE);
		assert_int_equal(event.repairs, 0);
	}
	buf_release(&line);
	buf_release(&out);
}

/* 1 MiB each of what could cost the square of it. */
static void mending_costs_the_length_of_the_line(void **state)
{
	static const struct {
		const char *open, *piece, *close;
	} table[] = {
		{ "{", "'a':{'x':1,'x':2},", "'a':1}" },
		{ "{", "'Additional':{'a':[1]},", "'Title':'x'}" },
		{ "{", "'_id':{'a':[1]},", "'Others':{}}" },
		{ "{", "'Others':{'a':1},", "'_id':1}" },
		{ "{'Additional':{'l':[", "{'a':1,'a':2},", "1]}}" },
		{ "{'a':'", "\xff", "'}" },
		{ "{'a':'", "\\ud800", "'}" },
		{ "[", "[", "" },
		{ "{'a':", "{'a':", "" },
		{ "", "\x01", "" },
	};
	struct mend_context context = ship_context();

	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct buf piece = { 0 }, line = { 0 }, out = { 0 };
		struct event event;
		quote(table[i].open, &line);
		quote(table[i].piece, &piece);
		fill(&line, buf_text(&piece), (1 << 20) / piece.n);
		quote(table[i].close, &piece);
		buf_add(&line, buf_str(&piece));
		event_read(*state, buf_str(&line), &context, &out, &event);
		assert_int_equal(event.repairs, 0);
		assert_true(event.line.n <= context.max_event_bytes);
		buf_release(&piece);
		buf_release(&line);
		buf_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_text_is_cut_and_nothing_else),
		cmocka_unit_test(long_objects_keep_their_beginning),
		cmocka_unit_test(long_fixed_fields_make_it_not_json),
		cmocka_unit_test(long_lines_that_are_not_json_are_cut),
		cmocka_unit_test(long_names_in_the_context_are_cut),
		cmocka_unit_test(
			what_would_get_too_deep_in_others_moves_as_text),
		cmocka_unit_test(mending_costs_the_length_of_the_line),
	};

	return cmocka_run_group_tests(tests, open_scanner, close_scanner);
}
