/* prune.c - tocsin prune --keep DURATION: deletes days that are too old
 *
 * Main thread. */
#include <stdio.h>

#include "cli/cli.h"
#include "ingest/index/prune.h"

#define DAY_MS    INT64_C(86400000)
#define MOST_DAYS 36500

/* Less than a day, or more than a hundred years, is a slip of the pen. */
static bool read_keep(const struct cli *cli, int64_t *keep_ms)
{
	const char *keep = cli_value(cli, "--keep");

	if (keep && duration_parse(str_of(keep), keep_ms) &&
	    *keep_ms >= DAY_MS && *keep_ms <= MOST_DAYS * DAY_MS)
		return true;
	if (keep)
		cli_complain("option \"--keep\" must be a duration from 1d to "
			     "%dd, such as \"30d\", not \"%s\"",
			     MOST_DAYS, keep);
	else
		cli_complain("\"prune\" needs --keep DURATION");
	fputs("Try: tocsin help prune\n", stderr);
	return false;
}

int command_prune(struct cli *cli)
{
	bool apply = cli_value(cli, "--apply") != NULL;
	struct prune_counts counts;
	struct config *config;
	struct error err;
	int64_t keep_ms;
	bool ok;

	if (!read_keep(cli, &keep_ms))
		return EXIT_STATUS_USAGE;
	config = cli_open_config(cli);
	if (!config)
		return EXIT_STATUS_CONFIG;
	ok = prune_run(config, keep_ms, apply, stdout, &counts, &err);
	config_close(config);
	printf("%zu %s, %zu kept\n", counts.deleted,
	       apply ? "deleted" : "would be deleted", counts.kept);
	if (!ok)
		return cli_fail(&err);
	if (!apply && counts.deleted > 0)
		puts("Nothing was deleted; --apply does it.");
	return EXIT_STATUS_DONE;
}
