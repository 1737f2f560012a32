/* top.c - tocsin top: the three daemons live
 *
 * Main thread. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"
#include "ingest/index/top.h"

int command_top(struct cli *cli)
{
	const char *no_colour = getenv("NO_COLOR");
	bool terminal = isatty(STDOUT_FILENO) == 1;
	struct top_options options = {
		.once = !terminal || cli_value(cli, "--once") != NULL,
		.colour = terminal && (!no_colour || *no_colour == '\0'),
	};
	struct config *config = cli_open_config(cli);
	struct error err;
	size_t answered;
	bool ok;

	if (!config)
		return EXIT_STATUS_CONFIG;
	ok = top_run(config, &options, stdout, &answered, &err);
	config_close(config);
	if (!ok)
		return cli_fail(&err);
	return options.once && answered == 0 ? EXIT_STATUS_UNREACHABLE
					     : EXIT_STATUS_DONE;
}
