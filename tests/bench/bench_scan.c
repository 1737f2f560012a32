/* bench_scan.c - events a second, the scanner against json-c
 *
 * usage: bench_scan [FILE]   NDJSON; without it, events made here: JSON as
 * services write it, about 300 bytes, half with a text, half with an object. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "event/scan.h"

enum { EVENTS = 20000, ROUNDS_MS = 2000 };

struct lines {
	struct buf text;
	struct str *line;
	size_t n, cap;
};

static void add_additional(struct buf *out, unsigned i)
{
	if (i & 1)
		buf_add_format(out,
			       "\"could not read the answer of user bob%u: "
			       "connection reset by peer after %u bytes\"",
			       i, i * 7);
	else
		buf_add_format(out,
			       "{\"user\":\"bob%u\",\"path\":\"/threads/%u\","
			       "\"elapsed_ms\":%u,"
			       "\"cache\":{\"hit\":true,\"age\":12.5}}",
			       i, i * 7, i % 900);
}

static void make_events(struct buf *out)
{
	for (unsigned i = 0; i < EVENTS; i++) {
		buf_add_format(out,
			       "{\"ServiceKey\":\"FORUM_CONTROLLER\","
			       "\"ComponentKey\":\"AUTH_MIDDLEWARE\","
			       "\"RequestKey\":\"f3b1c2d4-%08x-9a\","
			       "\"HostAddress\":\"10.12.0.%u\","
			       "\"TimeStampUTC\":\"2026-11-23T09:%02u:%02u."
			       "%06uZ\",\"Title\":\"REQUEST_FINISHED\","
			       "\"Additional\":",
			       i, i % 250, i / 60 % 60, i % 60,
			       i * 37 % 1000000);
		add_additional(out, i);
		buf_add_text(out, ",\"Level\":\"INFO\"}\n");
	}
}

static void read_events(const char *path, struct buf *out)
{
	FILE *file = fopen(path, "rb");
	char block[65536];
	size_t n;

	if (!file) {
		perror(path);
		exit(EXIT_STATUS_USAGE);
	}
	while ((n = fread(block, 1, sizeof(block), file)) > 0)
		buf_add(out, str_slice(block, n));
	fclose(file);
}

static void split(struct lines *lines)
{
	char *p = lines->text.p, *end = p + lines->text.n, *lf;

	for (; p < end && (lf = memchr(p, '\n', (size_t)(end - p))); p = lf + 1)
		*ARRAY_PUSH(lines->line, lines->n, lines->cap) =
			str_slice(p, (size_t)(lf - p));
}

static size_t run_scanner(const struct lines *lines, void *state)
{
	size_t good = 0;

	for (size_t i = 0; i < lines->n; i++) {
		struct event event;
		event_scan(state, lines->line[i], &event);
		good += event.repairs == 0;
	}
	return good;
}

static size_t run_json_c(const struct lines *lines, void *state)
{
	size_t good = 0;

	for (size_t i = 0; i < lines->n; i++) {
		json_tokener_reset(state);
		struct json_object *object = json_tokener_parse_ex(
			state, lines->line[i].s, (int)lines->line[i].n);
		struct json_object *title;
		if (json_object_object_get_ex(object, "Title", &title))
			good++;
		json_object_put(object);
	}
	return good;
}

/* Events a second. */
static double measure(const char *name, const struct lines *lines,
		      size_t (*run)(const struct lines *, void *), void *state)
{
	size_t good, rounds = 0;
	int64_t start = clock_mono_ms(), now;

	do {
		good = run(lines, state);
		rounds++;
		now = clock_mono_ms();
	} while (now - start < ROUNDS_MS);

	double seconds = (double)(now - start) / 1000;
	double rate = (double)(lines->n * rounds) / seconds;
	double bytes = (double)(lines->text.n * rounds) / seconds;
	printf("%-8s %10.0f events/s %8.1f MB/s  %zu of %zu good\n", name, rate,
	       bytes / 1e6, good, lines->n);
	return rate;
}

int main(int argc, char **argv)
{
	struct lines lines = { 0 };
	struct scanner *scanner = scanner_open();
	struct json_tokener *tokener = json_tokener_new();

	if (argc > 1)
		read_events(argv[1], &lines.text);
	else
		make_events(&lines.text);
	split(&lines);

	double ours = measure("scanner", &lines, run_scanner, scanner);
	double theirs = measure("json-c", &lines, run_json_c, tokener);
	printf("ratio    %10.1f\n", ours / theirs);

	json_tokener_free(tokener);
	scanner_close(scanner);
	free(lines.line);
	buf_release(&lines.text);
	return 0;
}
