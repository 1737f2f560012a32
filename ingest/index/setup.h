/* setup.h - topics and index templates
 *
 * Loop thread only; runs a loop of its own. */
#ifndef TOCSIN_INGEST_INDEX_SETUP_H
#define TOCSIN_INGEST_INDEX_SETUP_H

#include <stdio.h>

#include "core/config.h"

struct setup_needs {
	/* How long the windows of the rules reach back: what `.matches` must
	 * keep. An existing topic that keeps less is raised to it. */
	int64_t matches_ms;
};

/* Create what is missing on both servers and print a line for each thing.
 * What is there stays as it is, but for the retention above, and for a
 * template of ours that was made with other settings. ERROR_RETRY: a server
 * could not be reached or refused. */
MUST_CHECK bool setup_run(const struct config *config,
			  const struct setup_needs *needs, FILE *out,
			  struct error *err);

#endif
