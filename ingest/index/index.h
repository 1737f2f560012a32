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

/* How the configuration is read again. */
struct index_reload {
	/* Reads and checks all of it; the caller's to close. NULL: it is wrong,
	 * and that was said. */
	struct config *(*read)(void *arg);
	void *arg;
};

/* Run until SIGTERM or SIGINT: then stop taking, finish what is in flight (at
 * most 25 s; a second signal: at once), store offsets, leave the group and
 * return true. False: it could not start or go on. Runs the loop on this
 * thread.
 *
 * SIGHUP: the configuration is read again, all or nothing. What takes effect:
 * query, bulk_events, bulk_age, buffer_bytes. For the rest a restart is
 * needed. */
MUST_CHECK bool index_run(const struct config *config,
			  const struct index_reload *reload, struct error *err);

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
