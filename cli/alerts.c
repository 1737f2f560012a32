/* alerts.c - tocsin alerts [MATCHER ...]: what fires
 *
 * Main thread. */
#include <stdio.h>

#include "alert/api/ask.h"
#include "cli/cli.h"

int command_alerts(struct cli *cli)
{
	struct ask ask = { .json = cli_value(cli, "--json") != NULL,
			   .out = stdout };
	struct matchers filter = { 0 };
	struct config *config;
	struct error err;
	size_t shown = 0;
	bool ok = true;

	for (int i = 0; ok && i < cli->argc; i++)
		ok = matchers_parse(&filter, str_of(cli->argv[i]), &err);
	if (!ok) {
		cli_complain("%s", err.text);
		matchers_release(&filter);
		return EXIT_STATUS_USAGE;
	}
	config = cli_open_config(cli);
	if (config) {
		ask.config = config;
		ok = ask_alerts(&ask, &filter, &shown, &err);
		config_close(config);
	}
	matchers_release(&filter);
	if (!config)
		return EXIT_STATUS_CONFIG;
	if (!ok)
		return cli_fail(&err);
	return shown > 0 ? EXIT_STATUS_DONE : EXIT_STATUS_FINDINGS;
}
