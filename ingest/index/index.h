/* index.h - the index daemon: tocsin.logs and tocsin.alerts into daily
 * Elasticsearch indices
 *
 * Also the two commands that share its knowledge of topics and indices:
 * setup.h and trace.h. */
#ifndef TOCSIN_INGEST_INDEX_INDEX_H
#define TOCSIN_INGEST_INDEX_INDEX_H

#include "core/config.h"
#include "ingest/index/elastic.h"

/* The rows index.*. */
extern const struct settings index_settings;

/* Run until SIGTERM or SIGINT: then stop taking, finish what is in flight (at
 * most 25 s; a second signal: at once), store offsets, leave the group and
 * return true. False: it could not start or go on. Runs the loop on this
 * thread. */
MUST_CHECK bool index_run(const struct config *config, struct error *err);

#endif
