#include "core/buf.h"
#include "ingest/ship/lines.h"
#include "tests/unit/test_support.h"

/* Read `file` as a tail does, `grown` bytes of it being there at first and one
 * more after each time that nothing was found; write "OFFSET-END[!]:TEXT\n" a
 * line. */
static void split(struct str file, size_t grown, size_t limit, size_t chunk,
		  bool last, struct buf *out)
{
	struct lines l;
	struct line line;

	buf_clear(out);
	lines_init(&l, 0, limit, chunk);
	for (;;) {
		struct lines_range want = lines_want(&l);
		size_t n = want.offset < grown ? grown - want.offset : 0;
		bool found = false;

		assert_true(want.n <= lines_room(limit, chunk));
		if (n > want.n)
			n = want.n;
		lines_load(&l, want.offset, str_slice(file.s + want.offset, n));
		while (lines_next(&l, &line) ||
		       (last && grown == file.n && n < want.n &&
			lines_last(&l, file.n, &line))) {
			buf_add_format(out, "%d-%d%s:", (int)line.offset,
				       (int)line.end, line.cut ? "!" : "");
			buf_add(out, line.text);
			buf_add_char(out, '\n');
			lines_accept(&l, &line);
			found = true;
		}
		if (found || n == want.n || lines_found_end(&l))
			continue;
		if (grown == file.n)
			return;
		grown++;
	}
}

static void lines_are_handed_out_with_their_place(void **state)
{
	static const struct {
		const char *file, *lines;
		size_t limit;
		bool last;
	} table[] = {
		{ "a\nbc\n", "0-2:a\n2-5:bc\n", 10, false },
		{ "a\r\nb\rc\n", "0-3:a\n3-7:b\rc\n", 10, false },
		{ "\xef\xbb\xbf"
		  "a\n\xef\xbb\xbf"
		  "b\n",
		  "0-5:a\n5-10:\xef\xbb\xbf"
		  "b\n",
		  10, false },
		{ "\n\n", "0-1:\n1-2:\n", 10, false },
		{ "a\nrest", "0-2:a\n", 10, false },
		{ "a\nrest", "0-2:a\n2-6:rest\n", 10, true },
		{ "rest", "0-4!:re\n", 2, true },
		{ "12345\nx\n", "0-6:12345\n6-8:x\n", 5, false },
		{ "123456\nx\n", "0-7!:12345\n7-9:x\n", 5, false },
		{ "123456789012345678\nx\n", "0-19!:12345\n19-21:x\n", 5,
		  false },
		{ "12345\r\nx\n", "0-7:12345\n7-9:x\n", 5, false },
		{ "123456789012345678", "0-18!:12345\n", 5, true },
		{ "123456789012345678", "", 5, false },
		{ "", "", 5, true },
	};
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		for (size_t chunk = 1; chunk < 24; chunk++) {
			split(str_of(table[i].file), strlen(table[i].file),
			      table[i].limit, chunk, table[i].last, &out);
			assert_str(buf_str(&out), table[i].lines);
		}
	}
	buf_release(&out);
}

static void a_file_that_grows_gives_the_same_lines(void **state)
{
	const char *file = "one\r\ntwo\n\nthree is far too long for this\nx\n";
	struct buf whole = { 0 }, grown = { 0 };

	(void)state;
	for (size_t chunk = 1; chunk < 40; chunk++) {
		split(str_of(file), strlen(file), 8, chunk, false, &whole);
		for (size_t at = 0; at < strlen(file); at++) {
			split(str_of(file), at, 8, chunk, false, &grown);
			assert_str(buf_str(&grown), buf_text(&whole));
		}
	}
	buf_release(&whole);
	buf_release(&grown);
}

static void a_nul_and_u2028_do_not_end_a_line(void **state)
{
	struct lines l;
	struct line line;
	struct str file = STR("a\0b\xe2\x80\xa8"
			      "c\n");

	(void)state;
	lines_init(&l, 0, 100, 100);
	lines_want(&l);
	lines_load(&l, 0, file);
	assert_true(lines_next(&l, &line));
	assert_int_equal(line.text.n, file.n - 1);
}

static void a_line_not_accepted_comes_again(void **state)
{
	struct lines l;
	struct line line;

	(void)state;
	lines_init(&l, 100, 10, 10);
	assert_int_equal(lines_want(&l).offset, 100);
	lines_load(&l, 100, STR("a\nb\n"));
	assert_true(lines_next(&l, &line));
	lines_accept(&l, &line);
	assert_true(lines_next(&l, &line));
	assert_int_equal(lines_want(&l).offset, 102);
	lines_load(&l, 102, STR("b\n"));
	assert_true(lines_next(&l, &line));
	assert_str(line.text, "b");
	assert_int_equal(line.offset, 102);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_handed_out_with_their_place),
		cmocka_unit_test(a_file_that_grows_gives_the_same_lines),
		cmocka_unit_test(a_nul_and_u2028_do_not_end_a_line),
		cmocka_unit_test(a_line_not_accepted_comes_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
