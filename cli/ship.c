/* ship.c - `tocsin ship`: follow files and send their events to Kafka, until
 * told to stop; SIGHUP reads the configuration again
 *
 * Owns the configuration while the daemon runs. Main thread. */
#include "cli/cli.h"
#include "ingest/ship/ship.h"

static struct config *read_again(void *arg)
{
	return cli_open_config(arg);
}

int command_ship(struct cli *cli)
{
	struct config *config = cli_open_config(cli);
	const struct ship_reload reload = { read_again, cli };
	struct error err = { 0 };
	bool ok;

	if (!config)
		return EXIT_STATUS_CONFIG;
	ok = ship_run(config, &reload, &err);
	config_close(config);
	return ok ? EXIT_STATUS_DONE : cli_fail(&err);
}
