/* route.c - tocsin route LABEL=VALUE ...: where an alert would go
 *
 * Main thread. */
#include <stdio.h>

#include "alert/api/ask.h"
#include "cli/cli.h"

static bool read_labels(const struct cli *cli, struct labels *out)
{
	for (int i = 0; i < cli->argc; i++) {
		const char *text = cli->argv[i];
		const char *sign = strchr(text, '=');

		if (!sign || sign == text) {
			cli_complain("\"%s\" must be LABEL=VALUE", text);
			return false;
		}
		labels_set(out, str_slice(text, (size_t)(sign - text)),
			   str_of(sign + 1));
	}
	return true;
}

int command_route(struct cli *cli)
{
	struct ask ask = { .json = cli_value(cli, "--json") != NULL,
			   .out = stdout };
	struct labels labels = { 0 };
	struct config *config = NULL;
	int status = EXIT_STATUS_USAGE;
	struct error err;
	size_t shown = 0;

	if (read_labels(cli, &labels)) {
		config = cli_open_config(cli);
		status = EXIT_STATUS_CONFIG;
	}
	if (config) {
		ask.config = config;
		if (!ask_route(&ask, &labels, &shown, &err))
			status = cli_fail(&err);
		else
			status = shown > 0 ? EXIT_STATUS_DONE
					   : EXIT_STATUS_FINDINGS;
		config_close(config);
	}
	labels_release(&labels);
	return status;
}
