/* topics.h - the topics that index cannot do without
 *
 * Loop thread only. */
#ifndef TOCSIN_INGEST_INDEX_TOPICS_H
#define TOCSIN_INGEST_INDEX_TOPICS_H

#include "core/config.h"
#include "core/kafka.h"

/* Are <prefix>.logs, .alerts and .dead there? False: one is not, and the error
 * names the remedy, or Kafka could not be asked. Waits up to 5 s for each. */
MUST_CHECK bool topics_exist(const struct config *config, struct error *err);

#endif
