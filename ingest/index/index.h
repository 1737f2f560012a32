/* index.h - the index daemon: tocsin.logs and tocsin.alerts into daily
 * Elasticsearch indices
 *
 * Also the two commands that share its knowledge of topics and indices:
 * setup.h and trace.h. */
#ifndef TOCSIN_INGEST_INDEX_INDEX_H
#define TOCSIN_INGEST_INDEX_INDEX_H

#include "core/config.h"
#include "core/progress.h"
#include "ingest/index/elastic.h"

/* The rows index.*. */
extern const struct settings index_settings;

/* Run until SIGTERM or SIGINT: then stop taking, finish what is in flight (at
 * most 25 s; a second signal: at once), store offsets, leave the group and
 * return true. False: it could not start or go on. Runs the loop on this
 * thread. */
MUST_CHECK bool index_run(const struct config *config, struct error *err);

struct index_range {
	int64_t from_ms, to_ms;    /* record times, [from, to) */
	struct progress *progress; /* NULL: nobody looks */
};

struct index_outcome {
	bool finished; /* false: a signal ended it before its time */
	int64_t indexed, duplicate, dead, skipped;
};

/* Index a time range of `<prefix>.logs` again and return; what is there already
 * stays. Waits for Elasticsearch like the daemon once it has answered. No
 * offset of the group is touched, no status is served. False: it could not
 * start (ERROR_RETRY: a server could not be reached) or go on. */
MUST_CHECK bool index_run_range(const struct config *config,
				const struct index_range *range,
				struct index_outcome *out, struct error *err);

#endif
