/* index.c - `tocsin index`: write events from Kafka to Elasticsearch, until
 * told to stop; with --from a time range of them once more
 *
 * Owns the configuration while the daemon runs. Main thread. */
#include <inttypes.h>
#include <stdio.h>

#include "cli/cli.h"
#include "core/clock.h"
#include "event/time.h"
#include "ingest/index/index.h"

static bool read_time(const struct cli *cli, const char *option, int64_t *ms,
		      struct error *err)
{
	const char *text = cli_value(cli, option);
	struct time_read time;

	if (!text)
		return true;
	if (!time_parse_any(str_of(text), &time) || time.ns < 0)
		return error_set(err, ERROR_USAGE,
				 "could not read %s \"%s\": write a time such "
				 "as 2026-11-23T09:00:00Z",
				 option, text);
	*ms = time.ns / 1000000;
	return true;
}

static bool read_range(const struct cli *cli, struct index_range *range,
		       struct error *err)
{
	range->to_ms = clock_wall_ms();
	if (!cli_value(cli, "--from"))
		return error_set(err, ERROR_USAGE, "--to needs --from");
	if (!read_time(cli, "--from", &range->from_ms, err) ||
	    !read_time(cli, "--to", &range->to_ms, err))
		return false;
	if (range->from_ms >= range->to_ms)
		return error_set(err, ERROR_USAGE,
				 "--from must be before --to");
	return true;
}

static int report(const struct index_outcome *outcome)
{
	printf("indexed %" PRId64 ", there already %" PRId64
	       ", dead letters %" PRId64 ", skipped %" PRId64 "\n",
	       outcome->indexed, outcome->duplicate, outcome->dead,
	       outcome->skipped);
	if (outcome->finished)
		return EXIT_STATUS_DONE;
	cli_complain("stopped before the end of the range");
	return EXIT_STATUS_FINDINGS;
}

static int run_range(const struct cli *cli, const struct config *config)
{
	struct progress progress;
	struct index_range range = { .progress = &progress };
	struct index_outcome outcome = { 0 };
	struct error err = { 0 };
	bool ok;

	progress_begin(&progress, stderr, "records");
	ok = read_range(cli, &range, &err) &&
	     index_run_range(config, &range, &outcome, &err);
	progress_end(&progress);
	return ok ? report(&outcome) : cli_fail(&err);
}

static struct config *read_again(void *arg)
{
	return cli_open_config(arg);
}

static int run_daemon(struct cli *cli, const struct config *config)
{
	const struct index_reload reload = { read_again, cli };
	struct error err = { 0 };

	return index_run(config, &reload, &err) ? EXIT_STATUS_DONE
						: cli_fail(&err);
}

int command_index(struct cli *cli)
{
	bool once = cli_value(cli, "--from") || cli_value(cli, "--to");
	struct config *config = cli_open_config(cli);
	int status;

	if (!config)
		return EXIT_STATUS_CONFIG;
	status = once ? run_range(cli, config) : run_daemon(cli, config);
	config_close(config);
	return status;
}
