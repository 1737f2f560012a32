/* account.h - what the index daemon counts
 *
 * Always true: received = indexed + duplicate + dead + skipped + returned +
 * in flight. Each record is counted once on the way in and once at its end.
 *
 * Loop thread only. */
#ifndef TOCSIN_INGEST_INDEX_ACCOUNT_H
#define TOCSIN_INGEST_INDEX_ACCOUNT_H

#include "core/metrics.h"
#include "event/scan.h"

struct account {
	struct metrics *metrics;
	struct metric *received;
	struct metric *indexed;
	struct metric *duplicate;
	struct metric *dead;
	struct metric *skipped;
	struct metric *left_out; /* of the skipped ones */
	struct metric *returned;
	struct metric *in_flight;
	struct metric *retries;
	struct metric *requests;
	struct metric *bulk_bytes;
	struct metric *bulk_seconds;
	struct metric *held_bytes;
	struct metric *blocked_seconds;
	struct metric *bad_source;
	struct metric *bad_id;
	struct metric *repaired[REPAIR_WORDS];
};

void account_open(struct account *a, struct metrics *metrics);
/* An event was mended; `repairs` is a set of enum repair. */
void account_repairs(struct account *a, unsigned repairs);
/* Retention has removed [from, to) of a partition before it was read. */
void account_lost(struct account *a, const char *topic, int32_t partition,
		  int64_t from, int64_t to);

#endif
