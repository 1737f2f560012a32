/* notify.c - tocsin notify RECEIVER --test: does a receiver take a message?
 *
 * Main thread. */
#include <stdio.h>

#include "alert/api/ask.h"
#include "cli/cli.h"

int command_notify(struct cli *cli)
{
	struct ask ask = { .out = stdout };
	struct config *config;
	bool accepted = false;
	struct error err;
	bool ok;

	if (!cli_value(cli, "--test")) {
		cli_complain("\"notify\" needs --test: it sends nothing but "
			     "test messages");
		return EXIT_STATUS_USAGE;
	}
	config = cli_open_config(cli);
	if (!config)
		return EXIT_STATUS_CONFIG;
	ask.config = config;
	ok = ask_notify(&ask, cli->argv[0], &accepted, &err);
	config_close(config);
	if (!ok)
		return cli_fail(&err);
	return accepted ? EXIT_STATUS_DONE : EXIT_STATUS_FINDINGS;
}
