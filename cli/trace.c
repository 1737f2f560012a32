/* trace.c - tocsin trace REQUESTKEY: everything of one request
 *
 * Main thread. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "ingest/index/timeline.h"
#include "ingest/index/trace.h"

static bool wants_colour(bool terminal)
{
	const char *no_colour = getenv("NO_COLOR");

	return terminal && (!no_colour || *no_colour == '\0');
}

static void complain_nothing(const char *request_key)
{
	AUTO(buf_release) struct buf shown = { 0 };

	timeline_escape(str_of(request_key), &shown);
	cli_complain("no event has the request key \"%s\"", buf_text(&shown));
}

static bool flush_output(struct error *err)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	return error_set(err, ERROR_FATAL, "could not write the output: %s",
			 strerror(errno));
}

int command_trace(struct cli *cli)
{
	bool terminal = isatty(STDOUT_FILENO) == 1;
	struct trace_options options = {
		.json = cli_value(cli, "--json") != NULL,
		.terminal = terminal,
		.colour = wants_colour(terminal),
	};
	struct config *config = cli_open_config(cli);
	struct error err;
	size_t found;
	bool ok;

	if (!config)
		return EXIT_STATUS_CONFIG;
	ok = trace_run(config, cli->argv[0], &options, stdout, &found, &err) &&
	     flush_output(&err);
	config_close(config);
	if (!ok)
		return cli_fail(&err);
	if (found > 0)
		return EXIT_STATUS_DONE;
	complain_nothing(cli->argv[0]);
	return EXIT_STATUS_FINDINGS;
}
