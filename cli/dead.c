/* dead.c - tocsin dead list|replay: what Elasticsearch would not take
 *
 * Main thread. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "event/time.h"
#include "ingest/index/dead_read.h"

static bool wrong_usage(const char *text)
{
	cli_complain("%s", text);
	fputs("Try: tocsin help dead\n", stderr);
	return false;
}

/* An empty text would mean everything without saying so. */
static bool read_text(const struct cli *cli, const char *name, struct str *out)
{
	const char *value = cli_value(cli, name);

	if (!value)
		return true;
	*out = str_of(value);
	if (out->n > 0)
		return true;
	cli_complain("option \"%s\" must not be empty", name);
	return false;
}

static bool read_time(const struct cli *cli, const char *name, int64_t *out)
{
	const char *value = cli_value(cli, name);
	struct time_read time;

	if (!value)
		return true;
	if (time_parse_any(str_of(value), &time)) {
		*out = time.ns / 1000000;
		return true;
	}
	cli_complain("option \"%s\" must be a time such as "
		     "\"2026-11-23T09:00:00Z\", not \"%s\"",
		     name, value);
	return false;
}

static bool read_filter(const struct cli *cli, struct dead_filter *filter)
{
	*filter = (struct dead_filter){ .from_ms = INT64_MIN,
					.to_ms = INT64_MAX };
	if (!read_text(cli, "--reason", &filter->reason) ||
	    !read_text(cli, "--id", &filter->id) ||
	    !read_time(cli, "--from", &filter->from_ms) ||
	    !read_time(cli, "--to", &filter->to_ms))
		return false;
	if (filter->from_ms >= filter->to_ms)
		return wrong_usage("\"--from\" must be before \"--to\"");
	return true;
}

static bool check_replay(const struct cli *cli)
{
	bool filtered = cli_value(cli, "--reason") || cli_value(cli, "--id") ||
			cli_value(cli, "--from") || cli_value(cli, "--to");

	if (cli_value(cli, "--json"))
		return wrong_usage("\"--json\" belongs to \"dead list\"");
	if (filtered && cli_value(cli, "--all"))
		return wrong_usage("\"--all\" and a choice exclude each other");
	if (!filtered && !cli_value(cli, "--all"))
		return wrong_usage("say which dead letters to replay, or "
				   "\"--all\"");
	return true;
}

static bool run_replay(const struct config *config,
		       const struct dead_filter *filter,
		       struct dead_counts *counts, struct error *err)
{
	struct progress progress;
	bool ok;

	progress_begin(&progress, stderr, "letters");
	ok = dead_replay(config, filter, &progress, counts, err);
	progress_end(&progress);

	printf("%" PRIu64 " replayed", counts->replayed);
	if (counts->without_id > 0)
		printf(", %" PRIu64 " left out: no usable tocsin-id",
		       counts->without_id);
	if (counts->no_events > 0)
		printf(", %" PRIu64 " left out: transitions of alerts",
		       counts->no_events);
	if (counts->refused > 0)
		printf(", %" PRIu64 " refused by kafka", counts->refused);
	putchar('\n');
	return ok;
}

static int run(struct cli *cli, const struct dead_filter *filter, bool list)
{
	struct config *config = cli_open_config(cli);
	struct dead_counts counts;
	struct error err;
	bool ok;

	if (!config)
		return EXIT_STATUS_CONFIG;
	ok = list ? dead_list(config, filter, cli_value(cli, "--json") != NULL,
			      stdout, &counts, &err)
		  : run_replay(config, filter, &counts, &err);
	config_close(config);
	if (!ok)
		return cli_fail(&err);
	if (counts.matched == 0)
		cli_complain("there is no such dead letter");
	return counts.matched > 0 && counts.without_id == 0
		       ? EXIT_STATUS_DONE
		       : EXIT_STATUS_FINDINGS;
}

int command_dead(struct cli *cli)
{
	bool list = strcmp(cli->argv[0], "list") == 0;
	struct dead_filter filter;

	if (!list && strcmp(cli->argv[0], "replay") != 0) {
		wrong_usage("\"dead\" needs \"list\" or \"replay\"");
		return EXIT_STATUS_USAGE;
	}
	if (!read_filter(cli, &filter) || (!list && !check_replay(cli)))
		return EXIT_STATUS_USAGE;
	return run(cli, &filter, list);
}
