/* engine_bench.h - a rule, an engine, and what it said as short texts */
#ifndef TOCSIN_TESTS_UNIT_ENGINE_BENCH_H
#define TOCSIN_TESTS_UNIT_ENGINE_BENCH_H

#include "alert/window/engine.h"
#include "alert/window/tracker.h"

/* Lateness is 5 s, the late limit a minute. */
struct bench {
	struct ruleset *rules;
	struct engine *engine;
	int partitions;
	int64_t offset;  /* of the next envelope */
	int64_t next[4]; /* by logs partition */
	char said[4000];
	struct transition last;
	/* The memory that was handed out: "A 100..130; -A;" */
	char memorised[1000];
};

/* Seconds. `values` are words, packed as the elements of a field. */
struct bench_event {
	const char *group;
	int time;
	const char *values;
	bool marked;
};

/* `rule` is what stands between the braces beside name and samples. */
void bench_begin(struct bench *b, int partitions, const char *rule);
/* Without going live. */
void bench_open(struct bench *b, int partitions, int64_t live_from,
		const char *rule);
void bench_end(struct bench *b);
/* What the memory holds of a group: since when it is known, its last event. */
void bench_recall(struct bench *b, const char *group, int since, int last);
/* One envelope of a partition that is read up to `time`. */
void bench_send(struct bench *b, int partition, int time,
		const struct bench_event event[], size_t n);
/* One event, and its partition 0 is read up to its time. */
void bench_event(struct bench *b, const char *group, int time,
		 const char *values);
/* Partition 0 is read up to there. */
void bench_clock(struct bench *b, int time);
/* Since the last call: "firing A 100 7/5; resolved A 110 -/5 forgotten;",
 * state, group, second, value, reference, reason. */
void bench_said(struct bench *b, const char *wanted);

#endif
