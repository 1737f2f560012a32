/* setup.c - tocsin setup: topics and index templates
 *
 * Main thread. */
#include <stdio.h>

#include "cli/cli.h"
#include "ingest/index/setup.h"

#define HOUR_MS INT64_C(3600000)

/* A window reaches back twice its timeframe, which is a day at most, for
 * events that come late. Room for that holds for any set of rules. */
static int64_t matches_ms(const struct config *config)
{
	return 2 * 24 * HOUR_MS + config_int(config, "alert.late_limit") +
	       24 * HOUR_MS;
}

int command_setup(struct cli *cli)
{
	struct config *config = cli_open_config(cli);
	struct setup_needs needs;
	struct error err;
	bool ok;

	if (!config)
		return EXIT_STATUS_CONFIG;
	needs.matches_ms = matches_ms(config);
	ok = setup_run(config, &needs, stdout, &err);
	config_close(config);
	return ok ? EXIT_STATUS_DONE : cli_fail(&err);
}
