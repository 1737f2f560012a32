/* trace.h - everything of one request, with one query
 *
 * Loop thread only; runs a loop of its own. */
#ifndef TOCSIN_INGEST_INDEX_TRACE_H
#define TOCSIN_INGEST_INDEX_TRACE_H

#include <stdio.h>

#include "core/config.h"

struct trace_options {
	bool json;     /* one event a line, as it is stored */
	bool terminal; /* `out` is one */
	bool colour;
};

/* Print the events with this RequestKey in all daily indices, by time.
 * *found: how many. ERROR_RETRY: Elasticsearch could not be asked. */
MUST_CHECK bool trace_run(const struct config *config, const char *request_key,
			  const struct trace_options *options, FILE *out,
			  size_t *found, struct error *err);

#endif
