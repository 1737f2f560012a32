/* What is added is written as a script of one character a piece: see add(). */
#include "ingest/ship/join.h"

#include "event/time.h"
#include "tests/unit/test_support.h"

enum { WAIT_MS = 1000 };

struct world {
	struct join join;
	struct join_rules rules;
	size_t total;
	uint64_t at;
	struct buf got;
};

static void start(struct world *w, bool foreign, size_t limit)
{
	*w = (struct world){ .rules = { .foreign = foreign,
					.limit = limit,
					.budget = 1000000,
					.wait_ms = WAIT_MS } };
	join_init(&w->join, &w->total);
}

static void stop(struct world *w)
{
	join_release(&w->join);
	assert_int_equal(w->total, 0);
	buf_release(&w->got);
}

/* Write what is complete as "OFFSET[-END]:TEXT;". */
static const char *drain(struct world *w)
{
	struct entry e;

	while (join_peek(&w->join, w->at, &e)) {
		buf_add_format(&w->got, "%d", (int)e.offset);
		if (e.end)
			buf_add_format(&w->got, "-%d", (int)e.end);
		buf_add_char(&w->got, ':');
		buf_add(&w->got, e.text);
		buf_add_char(&w->got, ';');
		join_pop(&w->join);
	}
	return buf_text(&w->got);
}

/* Ten bytes of the file. A stream's first letter, then '+' if it goes on. */
static void add(struct world *w, enum stream stream, bool partial,
		const char *text, int64_t time_ms)
{
	const struct piece p = { .text = str_of(text),
				 .stream = stream,
				 .partial = partial,
				 .time_ns = stream ? time_ms * 1000000
						   : TIME_NONE };

	w->at += 10;
	join_add(&w->join, &w->rules, &p, w->at - 10, 10, time_ms);
	(void)drain(w);
}

static void parts_are_joined_by_stream_in_the_order_of_the_file(void **state)
{
	struct world w;

	(void)state;
	start(&w, false, 100);
	add(&w, STREAM_STDOUT, true, "a", 0);
	add(&w, STREAM_STDERR, false, "whole", 0);
	add(&w, STREAM_STDERR, true, "x", 0);
	add(&w, STREAM_STDOUT, true, "b", 0);
	assert_string_equal(drain(&w), "");
	add(&w, STREAM_STDOUT, false, "c", 0);
	assert_string_equal(drain(&w), "0:abc;10:whole;");
	add(&w, STREAM_STDERR, false, "y", 0);
	assert_string_equal(drain(&w), "0:abc;10:whole;20-60:xy;");
	assert_true(join_is_empty(&w.join));
	stop(&w);
}

static void a_part_written_too_late_belongs_to_nothing(void **state)
{
	struct world w;

	(void)state;
	start(&w, false, 100);
	add(&w, STREAM_STDOUT, true, "a", 0);
	add(&w, STREAM_STDOUT, true, "b", WAIT_MS);
	add(&w, STREAM_STDOUT, false, "c", 2 * WAIT_MS + 1);
	assert_string_equal(drain(&w), "0:ab;20-30:c;");
	stop(&w);
}

static void what_is_quiet_is_whole(void **state)
{
	struct world w;

	(void)state;
	start(&w, false, 100);
	add(&w, STREAM_STDOUT, true, "a", 5);
	add(&w, STREAM_STDERR, true, "b", 6);
	join_close(&w.join, 4);
	assert_string_equal(drain(&w), "");
	join_close(&w.join, 5);
	assert_string_equal(drain(&w), "0:a;");
	join_close(&w.join, INT64_MAX);
	assert_string_equal(drain(&w), "0:a;10-20:b;");
	stop(&w);
}

static void what_is_held_is_bounded(void **state)
{
	struct world w;

	(void)state;
	start(&w, false, 4);
	add(&w, STREAM_STDOUT, true, "abc", 0);
	add(&w, STREAM_STDOUT, true, "defg", 0);
	assert_int_equal(w.total, 4);
	add(&w, STREAM_STDERR, false, "1234", 0);
	assert_string_equal(drain(&w), "");
	add(&w, STREAM_STDERR, false, "5", 0);
	assert_string_equal(drain(&w), "0:abcd;20:1234;30-40:5;");
	w.rules.budget = 2;
	add(&w, STREAM_STDOUT, true, "xyz", 0);
	assert_true(join_is_empty(&w.join));
	stop(&w);
}

static void many_lines_behind_an_open_one_are_bounded_too(void **state)
{
	struct world w;

	(void)state;
	start(&w, false, 1000000);
	add(&w, STREAM_STDOUT, true, "", 0);
	for (int i = 0; i < 5000; i++)
		add(&w, STREAM_STDERR, false, "", 0);
	assert_true(join_is_empty(&w.join));
	assert_true(w.join.cap < 10000);
	stop(&w);
}

static void foreign_lines_are_joined_to_what_they_continue(void **state)
{
	static const struct {
		const char *lines[5];
		const char *entries;
	} table[] = {
		{ { "E: x", "\tat a", "at b", "Caused by: y", "F" },
		  "0:E: x\n\tat a\nat b\nCaused by: y;40-50:F;" },
		{ { "{\"a\":1}", "  x", "  y", "{\"b\":2}", " z" },
		  "0-10:{\"a\":1};10:  x\n  y;30-40:{\"b\":2};40-50: z;" },
		{ { "a", "", " b", " {\"c\":1} ", "attached" },
		  "0:a;10-20:;20: b;30-40: {\"c\":1} ;40-50:attached;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct world w;

		start(&w, true, 100);
		for (size_t k = 0; k < 5; k++)
			add(&w, STREAM_PLAIN, false, table[i].lines[k], 0);
		join_close(&w.join, INT64_MAX);
		assert_string_equal(drain(&w), table[i].entries);
		stop(&w);
	}
}

static void only_what_may_go_on_is_held(void **state)
{
	const struct join_rules off = { .foreign = false };
	const struct join_rules on = { .foreign = true };
	const struct piece text = { .text = STR("text") };
	const struct piece event = { .text = STR("{\"a\":1}") };
	const struct piece part = { .text = STR("{}"), .partial = true };

	(void)state;
	assert_true(join_is_whole(&off, &text));
	assert_true(join_is_whole(&off, &event));
	assert_false(join_is_whole(&off, &part));
	assert_false(join_is_whole(&on, &text));
	assert_true(join_is_whole(&on, &event));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			parts_are_joined_by_stream_in_the_order_of_the_file),
		cmocka_unit_test(a_part_written_too_late_belongs_to_nothing),
		cmocka_unit_test(what_is_quiet_is_whole),
		cmocka_unit_test(what_is_held_is_bounded),
		cmocka_unit_test(many_lines_behind_an_open_one_are_bounded_too),
		cmocka_unit_test(
			foreign_lines_are_joined_to_what_they_continue),
		cmocka_unit_test(only_what_may_go_on_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
