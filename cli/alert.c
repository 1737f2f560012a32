/* alert.c - `tocsin alert`: watch events and notify people, until told to stop
 *
 * Owns the configuration while the daemon runs. Main thread. */
#include "cli/cli.h"
#include "alert/alert.h"

static struct config *read_again(void *arg)
{
	return cli_open_config(arg);
}

int command_alert(struct cli *cli)
{
	const struct alert_reload reload = { read_again, cli };
	struct config *config = cli_open_config(cli);
	struct error err = { 0 };
	bool ok;

	if (!config)
		return EXIT_STATUS_CONFIG;
	ok = alert_run(config, &reload, &err);
	config_close(config);
	return ok ? EXIT_STATUS_DONE : cli_fail(&err);
}
