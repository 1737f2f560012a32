/* top.h - the three daemons live
 *
 * Asks the addresses ship.http, index.http and alert.http for /metrics and
 * /status each second. Loop thread only; runs a loop of its own. */
#ifndef TOCSIN_INGEST_INDEX_TOP_H
#define TOCSIN_INGEST_INDEX_TOP_H

#include <stdio.h>

#include "core/config.h"

struct top_options {
	bool once; /* one table, from two samples a second apart */
	bool colour;
};

/* With `once` print a table to `out`; else take over the terminal of standard
 * input and output until q, Ctrl-C or SIGTERM, and give it back as it was.
 * *answered: how many daemons did at the last time. */
MUST_CHECK bool top_run(const struct config *config,
			const struct top_options *options, FILE *out,
			size_t *answered, struct error *err);

/* Append the URL under which the listening address "HOST:PORT" is reached on
 * this machine: of 0.0.0.0 and [::] that is the loopback. */
void top_url(const char *address, const char *path, struct buf *out);

#endif
