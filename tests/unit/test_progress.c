#include "core/progress.h"

#include <pty.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/test_support.h"

static void a_line_says_share_rate_and_time_left(void **state)
{
	static const struct {
		size_t columns;
		int64_t done, total, elapsed_ms;
		const char *line;
	} row[] = {
		{ 63, 420, 1000, 5000,
		  "[=======>           ]  42%  420 of 1000 records, 84/s, "
		  "7 s left" },
		{ 0, 420, 1000, 5000, "" },
		{ 20, 420, 1000, 5000, " 42%  420 of 1000 re" },
		{ 40, 0, 1000, 0, "[>        ]   0%  0 of 1000 records, 0/s" },
		{ 37, 0, 1000, 0, "  0%  0 of 1000 records, 0/s" },
		{ 60, 0, 0, 1,
		  "[================================] 100%  "
		  "0 of 0 records, 0/s" },
		{ 33, 7, 5, 1000, "100%  5 of 5 records, 5/s" },
		{ 40, 1, 126, 1000,
		  "  0%  1 of 126 records, 1/s, 2 min 5 s l" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		const struct progress p = { .unit = "records",
					    .columns = row[i].columns };
		AUTO(buf_release) struct buf line = { 0 };

		progress_line(&p, row[i].done, row[i].total, row[i].elapsed_ms,
			      &line);
		if (!str_is(buf_str(&line), row[i].line))
			fail_msg("row %zu: \"%s\"", i, buf_text(&line));
	}
}

static void what_is_left_has_two_units_at_most(void **state)
{
	static const struct {
		int64_t left;
		const char *said;
	} row[] = {
		{ 7, ", 7 s left" },
		{ 60, ", 1 min left" },
		{ 3725, ", 1 h 2 min left" },
		{ 90000, ", 1 d 1 h left" },
		{ INT64_MAX / 2, ", 11574 d 1 h left" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		const struct progress p = { .unit = "x", .columns = 200 };
		AUTO(buf_release) struct buf line = { 0 };

		progress_line(&p, 1, row[i].left + 1, 1000, &line);
		if (!strstr(buf_text(&line), row[i].said))
			fail_msg("row %zu: \"%s\"", i, buf_text(&line));
	}
}

/* What a terminal is sent. */
static void on_terminal(struct buf *out)
{
	struct progress p;
	int ours, theirs;
	FILE *file;
	char text[4096];
	ssize_t n;

	assert_int_equal(openpty(&ours, &theirs, NULL, NULL, NULL), 0);
	file = fdopen(theirs, "w");
	assert_non_null(file);
	progress_begin(&p, file, "records");
	assert_true(progress_is_seen(&p));
	progress_tell(&p, 1, 3);
	progress_tell(&p, 2, 3); /* too soon after the first */
	progress_tell(&p, 3, 3);
	progress_end(&p);
	fflush(file);
	buf_clear(out);
	while (out->n == 0 || out->p[out->n - 1] != '\n') {
		n = read(ours, text, sizeof(text));
		assert_true(n > 0);
		buf_add(out, str_slice(text, (size_t)n));
	}
	fclose(file);
	close(ours);
}

static void a_terminal_is_shown_it_with_or_without_colour(void **state)
{
	AUTO(buf_release) struct buf shown = { 0 };

	(void)state;
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	on_terminal(&shown);
	assert_non_null(strstr(buf_text(&shown), "1 of 3 records"));
	assert_null(strstr(buf_text(&shown), "2 of 3 records"));
	assert_non_null(strstr(buf_text(&shown), "3 of 3 records"));
	assert_non_null(strstr(buf_text(&shown), "\033[32m"));
	assert_int_equal(shown.p[shown.n - 1], '\n');
	setenv("NO_COLOR", "1", 1);
	on_terminal(&shown);
	assert_non_null(strstr(buf_text(&shown), "3 of 3 records"));
	assert_null(strstr(buf_text(&shown), "\033[32m"));
	unsetenv("NO_COLOR");
}

static void a_pipe_gets_nothing(void **state)
{
	struct progress p;
	FILE *file = tmpfile();

	(void)state;
	progress_begin(&p, file, "records");
	assert_false(progress_is_seen(&p));
	progress_tell(&p, 3, 3);
	progress_end(&p);
	progress_tell(NULL, 1, 1);
	assert_int_equal(ftell(file), 0);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_says_share_rate_and_time_left),
		cmocka_unit_test(what_is_left_has_two_units_at_most),
		cmocka_unit_test(a_terminal_is_shown_it_with_or_without_colour),
		cmocka_unit_test(a_pipe_gets_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
