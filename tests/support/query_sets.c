/* query_sets.c - which events of a file does each query find?
 *
 *   query_sets EVENTS NOW_MS < QUERIES
 *
 * One event and one query a line. For each query one line: the numbers of the
 * events found, from 0, or "!COLUMN: what is wrong". Events are read as `index`
 * reads those of other producers. The differential test asks it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/mend.h"
#include "event/query.h"

struct lines {
	char *text;
	size_t cap;
};

struct events {
	struct buf *line;
	struct event *event;
	size_t n, cap, events_cap, lines_cap;
};

static const char *const further[] = { "Seq" };
static const struct query_options options = { further, 1 };

/* Without its line end; false at the end of the file. */
static bool next_line(FILE *file, struct lines *lines, struct str *out)
{
	ssize_t n = getline(&lines->text, &lines->cap, file);

	if (n < 0)
		return false;
	if (n > 0 && lines->text[n - 1] == '\n')
		n--;
	*out = str_slice(lines->text, (size_t)n);
	return true;
}

static void add_event(struct events *events, struct scanner *scanner,
		      struct str line, int64_t now_ms)
{
	struct mend_context context = {
		.service = STR("UNKNOWN"),
		.unparsed_level = LEVEL_INFO,
		.fallback_time_ns = now_ms * 1000000,
		.now_ns = TIME_NONE,
		.max_event_bytes = 1 << 20,
	};
	struct buf kept = { 0 }, mended = { 0 };
	struct event event;

	if (event_read(scanner, line, &context, &mended, &event))
		kept = mended;
	else
		buf_add(&kept, line);
	event_scan(scanner, buf_str(&kept), &event);
	ENSURE(event.repairs == 0);
	*ARRAY_PUSH(events->line, events->n, events->lines_cap) = kept;
	events->n--;
	*ARRAY_PUSH(events->event, events->n, events->events_cap) = event;
}

static void answer(const struct events *events, struct str text, int64_t now_ms)
{
	struct query_problem problem[4];
	struct buf scratch = { 0 };
	size_t n;
	struct query *q =
		query_parse(text, &options, problem, ARRAY_LENGTH(problem), &n);

	if (!q)
		printf("!%d: %s", problem[0].column, problem[0].text);
	for (size_t i = 0; q && i < events->n; i++) {
		struct query_event asked = { .event = &events->event[i],
					     .scratch = &scratch,
					     .now_ms = now_ms };

		buf_clear(&scratch);
		if (query_matches(q, &asked, NULL))
			printf("%zu ", i);
	}
	putchar('\n');
	buf_release(&scratch);
	query_free(q);
}

int main(int argc, char **argv)
{
	struct scanner *scanner = scanner_open();
	struct events events = { 0 };
	struct lines lines = { 0 };
	struct str line;
	int64_t now_ms;
	FILE *file;

	if (argc != 3 ||
	    !str_to_int64(str_of(argv[2]), 0, INT64_MAX / 1000000, &now_ms) ||
	    !(file = fopen(argv[1], "re"))) {
		fprintf(stderr, "usage: query_sets EVENTS NOW_MS < QUERIES\n");
		return EXIT_STATUS_USAGE;
	}
	while (next_line(file, &lines, &line))
		add_event(&events, scanner, line, now_ms);
	fclose(file);
	while (next_line(stdin, &lines, &line))
		answer(&events, line, now_ms);
	for (size_t i = 0; i < events.n; i++)
		buf_release(&events.line[i]);
	free(events.line);
	free(events.event);
	free(lines.text);
	scanner_close(scanner);
	return EXIT_STATUS_DONE;
}
