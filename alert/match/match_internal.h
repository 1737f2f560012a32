/* match_internal.h - what match.c and match_record.c share; private */
#ifndef TOCSIN_ALERT_MATCH_MATCH_INTERNAL_H
#define TOCSIN_ALERT_MATCH_MATCH_INTERNAL_H

#include "alert/match/matcher.h"
#include "alert/match/part.h"
#include "alert/stage.h"

struct match {
	struct alert_context context;
	struct kafka_options options;
	struct buf logs_topic, matches_topic, group;
	struct kafka_consumer *consumer;
	struct relay *relay;
	struct loop_timer *timer;
	struct matcher *matcher;
	struct scanner *scanner;
	struct buf mended, sample;
	size_t max_event_bytes;

	struct part **part;
	size_t n_parts, parts_cap;
	int32_t logs_partitions;
	int64_t counted_mono_ms;

	int64_t tick_mono_ms;
	int64_t no_claim_until_mono_ms;
	bool troubled; /* since then nothing has come through */
	struct error trouble;
	bool stopping;

	struct metric *records, *matches, *repeats, *malformed, *skipped,
		*limited;
	uint64_t limited_told;
};

/* Match one record of the logs and gather what was found in its part. True: a
 * range is full. */
bool match_record(struct match *m, struct part *p,
		  const struct kafka_record *r);

#endif
