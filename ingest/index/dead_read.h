/* dead_read.h - the topic of dead letters, read by people
 *
 * Both read `<prefix>.dead` from its beginning to its end of now, partition by
 * partition, in bounded memory. ERROR_RETRY: Kafka could not be reached.
 *
 * Loop thread only; runs a loop of its own. */
#ifndef TOCSIN_INGEST_INDEX_DEAD_READ_H
#define TOCSIN_INGEST_INDEX_DEAD_READ_H

#include <stdio.h>

#include "core/config.h"
#include "core/progress.h"
#include "ingest/index/dead_letter.h"

struct dead_counts {
	uint64_t matched;
	uint64_t replayed;   /* Kafka has confirmed them */
	uint64_t without_id; /* left out: could not be told from a new event */
	uint64_t no_events;  /* left out: transitions of alerts */
	uint64_t refused;    /* by Kafka, for good */
};

/* Print the letters that match, each when it is read. */
MUST_CHECK bool dead_list(const struct config *config,
			  const struct dead_filter *filter, bool json,
			  FILE *out, struct dead_counts *counts,
			  struct error *err);

/* Put the letters that match on `<prefix>.logs` again: the value unchanged,
 * the headers of the record that died back again, and `tocsin-id` the _id that
 * it was to have, so that however often it is done there is one document.
 * `progress` is told of the letters that were gone through; NULL: none.
 * *counts is right also where it fails. */
MUST_CHECK bool dead_replay(const struct config *config,
			    const struct dead_filter *filter,
			    struct progress *progress,
			    struct dead_counts *counts, struct error *err);

#endif
