/* prune.h - days that are kept no longer
 *
 * A day is an index PREFIX-YYYY.MM.DD with one of our prefixes and a real
 * date: a name that tocsin would have written. No other is ever deleted, and
 * each deletion is one request with one exact name. */
#ifndef TOCSIN_INGEST_INDEX_PRUNE_H
#define TOCSIN_INGEST_INDEX_PRUNE_H

#include <stdio.h>

#include "core/config.h"

enum prune_verdict {
	PRUNE_FOREIGN, /* no name of ours */
	PRUNE_KEEP,
	PRUNE_DELETE, /* the whole day is older than what is kept */
};

/* Pure. `keep_ms` >= 0. */
enum prune_verdict prune_judge(struct str name, struct str prefix,
			       int64_t now_ns, int64_t keep_ms);

struct prune_counts {
	size_t deleted; /* or would be */
	size_t kept;
	size_t foreign; /* names that begin like ours */
};

/* Print a line for each day that is deleted (without `apply`: would be) and
 * for each name that only looks like one. ERROR_RETRY: Elasticsearch could not
 * be asked or refused; what was deleted is printed. Loop thread only; runs a
 * loop of its own. */
MUST_CHECK bool prune_run(const struct config *config, int64_t keep_ms,
			  bool apply, FILE *out, struct prune_counts *counts,
			  struct error *err);

#endif
