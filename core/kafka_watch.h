/* kafka_watch.h - how old what groups have not read is, asked again and again
 *
 * librdkafka answers these questions by waiting, so a thread of its own asks
 * them; answers are handed over on the loop thread. Nothing is stored: each
 * answer follows from the brokers' offsets and times alone. Loop thread. */
#ifndef TOCSIN_CORE_KAFKA_WATCH_H
#define TOCSIN_CORE_KAFKA_WATCH_H

#include "core/kafka.h"

struct kafka_watch;

struct kafka_question {
	const char *topic;
	/* Records that this group has not committed and that are older than
	 * age_ms. NULL: all records that are younger than age_ms. */
	const char *group;
	int64_t age_ms;
};

/* How many records the question means in a partition that holds low to high-1:
 * `young` is the first of them that is younger than its age, below 0 if none
 * is; `committed` what its group has committed, below 0 if nothing, which then
 * counts for nothing. Pure. */
int64_t kafka_question_count(const struct kafka_question *q, int64_t low,
			     int64_t high, int64_t young, int64_t committed);

struct kafka_answer {
	bool known;         /* false: err says why */
	struct error err;   /* unset if known */
	int32_t partitions; /* that have such records */
	int64_t records;
};

struct kafka_watch_config {
	struct kafka_options options;           /* borrowed until close */
	const struct kafka_question *questions; /* copied, not their texts */
	size_t n;
	int64_t every_ms;
	/* One answer a question, borrowed for the call. A partition that a
	 * group has committed nothing of does not count. */
	void (*answered)(void *arg, const struct kafka_answer answers[]);
	void *arg;
};

MUST_CHECK struct kafka_watch *
kafka_watch_open(struct loop *loop, const struct kafka_watch_config *config,
		 struct error *err);
/* Waits for the question under way: seconds at most. Accepts NULL. */
void kafka_watch_close(struct kafka_watch *w);

#endif
