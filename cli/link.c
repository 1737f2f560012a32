/* link.c - tocsin link FILE: FILE.structoutv1, which tocsin ship follows
 *
 * Main thread. */
#include <stdio.h>

#include "cli/cli.h"
#include "ingest/ship/link.h"

int command_link(struct cli *cli)
{
	static const char *const said[] = {
		[LINK_MADE] = "made",
		[LINK_THERE] = "already there",
		[LINK_REDIRECTED] = "made, pointed elsewhere before",
	};
	AUTO(buf_release) struct buf link = { 0 };
	enum link_result result;
	struct error err;

	if (!link_make(cli->argv[0], &result, &link, &err))
		return cli_fail(&err);
	printf("%s: %s\n", buf_text(&link), said[result]);
	return EXIT_STATUS_DONE;
}
