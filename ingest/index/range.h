/* range.h - indexing a time range of the topic again
 *
 * The range is a stretch of offsets of each partition of `<prefix>.logs`, found
 * by record time when it begins. Which of its records were handed over is known
 * here; the worker does with them what it always does. No group is joined, so
 * no committed offset moves.
 *
 * Pure but for range_find(); loop thread only. */
#ifndef TOCSIN_INGEST_INDEX_RANGE_H
#define TOCSIN_INGEST_INDEX_RANGE_H

#include "core/kafka.h"

struct range_part {
	int64_t from, to; /* [from, to) is wanted */
	int64_t next;     /* below it, all was handed over */
};

struct range {
	struct range_part *part; /* by number of the partition */
	size_t n;
};

/* A zeroed struct is an empty range. */
void range_release(struct range *r);

/* Ask the brokers which offsets of the topic have record times in
 * [from_ms, to_ms); waits. ERROR_RETRY: no answer, or no such topic. */
MUST_CHECK bool range_find(struct range *r, const struct kafka_options *kafka,
			   struct kafka_consumer *consumer, const char *topic,
			   int64_t from_ms, int64_t to_ms, struct error *err);

/* A record came. False: it lies behind the range. */
bool range_take(struct range *r, int32_t partition, int64_t offset);
/* Nothing below `next` will come from the partition any more. */
void range_reach(struct range *r, int32_t partition, int64_t next);
/* All that is wanted was handed over. */
bool range_is_done(const struct range *r);

/* Offsets in the range, and those that were passed. */
int64_t range_total(const struct range *r);
int64_t range_passed(const struct range *r);

#endif
