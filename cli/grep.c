/* grep.c - tocsin grep QUERY [FILE...]: the events of files that a query finds
 *
 * Lines are read as `index` reads records, so what is mended there is found by
 * its mended value here; what is printed are the line's own bytes. Main
 * thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/grep_print.h"
#include "core/clock.h"
#include "event/mend.h"
#include "event/query.h"

/* A longer line is no event; ship would cut it. */
#define LINE_BYTES_MAX (64u << 20)

struct grep {
	struct query *query;
	struct grep_print print;
	bool invert, count;
	struct scanner *scanner;
	struct mend_context context;
	struct buf line, mended, scratch;
	uint64_t found;
};

/* The next line without its end; false at the end of the file. */
static bool read_line(FILE *file, struct buf *line)
{
	int c;

	buf_clear(line);
	while ((c = getc_unlocked(file)) != EOF && c != '\n') {
		if (!buf_add_char(line, (char)c))
			buf_clear(line);
	}
	return c != EOF || line->n > 0;
}

static void grep_line(struct grep *g)
{
	struct str line = buf_str(&g->line);
	struct event event;
	struct query_event asked = { .event = &event,
				     .scratch = &g->scratch,
				     .now_ms = g->context.fallback_time_ns /
					       1000000 };

	if (event_is_blank(line))
		return;
	buf_clear(&g->scratch);
	event_read(g->scanner, line, &g->context, &g->mended, &event);
	if (query_matches(g->query, &asked, NULL) == g->invert)
		return;
	g->found++;
	if (!g->count)
		grep_print(&g->print, line, &event, stdout);
}

static bool grep_file(struct grep *g, const char *path, struct error *err)
{
	bool is_input = strcmp(path, "-") == 0;
	FILE *file = is_input ? stdin : fopen(path, "re");
	bool ok;

	if (!file)
		return error_set(err, ERROR_USAGE, "could not open \"%s\": %s",
				 path, strerror(errno));
	while (read_line(file, &g->line))
		grep_line(g);
	ok = !ferror(file) ||
	     error_set(err, ERROR_FATAL, "could not read \"%s\": %s", path,
		       strerror(errno));
	if (!is_input)
		fclose(file);
	return ok;
}

static bool grep_files(struct grep *g, const struct cli *cli, struct error *err)
{
	for (int i = 1; i < cli->argc; i++) {
		if (!grep_file(g, cli->argv[i], err))
			return false;
	}
	if (cli->argc == 1 && !grep_file(g, "-", err))
		return false;
	if (g->count)
		printf("%llu\n", (unsigned long long)g->found);
	if (fflush(stdout) != 0 || ferror(stdout))
		return error_set(err, ERROR_FATAL,
				 "could not write the output: %s",
				 strerror(errno));
	return true;
}

/* NULL: said why. */
static struct query *parse_query(const struct grep *g, const char *text)
{
	struct query_options options = { g->print.keys, g->print.n };
	struct query_problem problem[8];
	size_t n;
	struct query *q = query_parse(str_of(text), &options, problem,
				      ARRAY_LENGTH(problem), &n);

	for (size_t i = 0; i < n; i++)
		cli_complain("query, column %d: %s%s", problem[i].column,
			     problem[i].warning ? "warning: " : "",
			     problem[i].text);
	return q;
}

static int run(struct grep *g, const struct cli *cli)
{
	int64_t now_ns = clock_wall_ns();
	struct error err;

	if (!grep_print_open(&g->print, cli_value(cli, "--fields"),
			     isatty(STDOUT_FILENO) == 1, &err))
		return cli_fail(&err);
	g->query = parse_query(g, cli->argv[0]);
	if (!g->query)
		return EXIT_STATUS_USAGE;
	g->invert = cli_value(cli, "--invert") != NULL;
	g->count = cli_value(cli, "--count") != NULL;
	g->context = (struct mend_context){ .service = STR("UNKNOWN"),
					    .unparsed_level = LEVEL_INFO,
					    .fallback_time_ns = now_ns,
					    .now_ns = TIME_NONE,
					    .max_event_bytes = LINE_BYTES_MAX };
	g->scanner = scanner_open();
	if (!grep_files(g, cli, &err))
		return cli_fail(&err);
	return g->found > 0 ? EXIT_STATUS_DONE : EXIT_STATUS_FINDINGS;
}

int command_grep(struct cli *cli)
{
	struct grep g = { .line.limit = LINE_BYTES_MAX };
	int status = run(&g, cli);

	grep_print_release(&g.print);
	query_free(g.query);
	scanner_close(g.scanner);
	buf_release(&g.line);
	buf_release(&g.mended);
	buf_release(&g.scratch);
	return status;
}
