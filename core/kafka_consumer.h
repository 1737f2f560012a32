/* kafka_consumer.h - a consumer from the inside; private to core/kafka_*.c
 *
 * kafka_consumer.c serves the queue, kafka_assignment.c holds which partitions
 * are ours and gives them up, kafka_offsets.c asks brokers about offsets,
 * kafka_heartbeat.c keeps the membership over a broker that hangs. */
#ifndef TOCSIN_CORE_KAFKA_CONSUMER_H
#define TOCSIN_CORE_KAFKA_CONSUMER_H

#include "core/kafka_internal.h"

struct kafka_part {
	char *topic;
	int32_t partition;
	int64_t position; /* next offset expected, -1: not known */
	int64_t stored;   /* next offset wanted after a restart, -1: none */
	bool unsaved;     /* `stored` is not yet with librdkafka */
	bool revoking;    /* nothing more may come from it */
	bool rewind;      /* came while paused: go back to `position` */
	struct metric *lag;
};

struct kafka_heartbeat;

struct kafka_consumer {
	struct kafka_consumer_config config; /* borrowed texts not kept */
	struct loop *loop;
	rd_kafka_t *rk;
	struct kafka_wake wake;
	struct kafka_trouble trouble;
	struct kafka_heartbeat *heartbeat; /* rk's threads write it */
	struct loop_timer *poll_timer;   /* max.poll.interval.ms, lost wakes */
	struct loop_timer *save_timer;   /* hands stored offsets on */
	struct loop_timer *assign_timer; /* asks for offsets again */
	char *elder;                     /* NULL: none */
	bool grouped;
	bool paused;
	bool closing;
	bool joined;    /* has had its share of the partitions */
	bool has_state; /* librdkafka has been through one assignment */

	struct kafka_part *part;
	size_t n_parts, parts_cap;
	size_t last; /* where the last look-up ended */
	rd_kafka_topic_partition_list_t *arriving; /* offsets not known yet */
	rd_kafka_topic_partition_list_t *leaving;  /* until revoke_done */
	bool leaving_lost;
};

/* NULL if it is not ours. Borrowed until the assignment changes. */
struct kafka_part *kafka_part_find(struct kafka_consumer *c, const char *topic,
				   int32_t partition);
/* librdkafka's rebalance callback; runs inside rd_kafka_consumer_poll. */
void kafka_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
		     rd_kafka_topic_partition_list_t *list, void *opaque);
/* Try to place what arrived; again by assign_timer. arg: the consumer. */
void kafka_place_arrivals(void *arg);
/* Take arrivals as they are, because the consumer closes. */
void kafka_abandon_arrivals(struct kafka_consumer *c);
/* Read `list`, whose offsets are known, from now on. */
MUST_CHECK bool kafka_take_parts(struct kafka_consumer *c,
				 const rd_kafka_topic_partition_list_t *list,
				 bool all, struct error *err);
void kafka_drop_parts(struct kafka_consumer *c);
/* All partitions, for pause and resume. The caller destroys it. */
rd_kafka_topic_partition_list_t *
kafka_part_list(const struct kafka_consumer *c);
/* Hand stored offsets on to librdkafka. arg: the consumer. */
void kafka_save_stored(void *arg);

/* Watch the heartbeats of a handle made with `conf`. The result is free()d
 * after that handle. */
struct kafka_heartbeat *kafka_heartbeat_watch(rd_kafka_conf_t *conf);
/* Called at least once a second: true if the group's broker has been silent for
 * so long that the partitions are given up, to join again as who we are. */
bool kafka_heartbeat_keep(struct kafka_consumer *c);
/* The assignment is gone or going for want of an answer: say so. */
void kafka_tell_lost(struct kafka_consumer *c);

/* A list over parts[], and the offsets back into them. */
rd_kafka_topic_partition_list_t *
kafka_list_of(const struct kafka_partition parts[], size_t n);
void kafka_list_copy_offsets(const rd_kafka_topic_partition_list_t *list,
			     struct kafka_partition parts[]);

/* An error of the whole call or of the first partition that has one. */
MUST_CHECK bool kafka_list_ok(rd_kafka_resp_err_t code,
			      const rd_kafka_topic_partition_list_t *list,
			      const char *what, struct error *err);
/* Each offset is a wall time in ms, KAFKA_OFFSET_BEGINNING or
 * KAFKA_OFFSET_END, and becomes an offset; past the last record: the end.
 * Waits. */
MUST_CHECK bool kafka_find_offsets(rd_kafka_t *rk,
				   rd_kafka_topic_partition_list_t *list,
				   int64_t timeout_ms, struct error *err);
/* What `group` has committed, into the offsets of `list`; negative where it has
 * nothing. The handle may belong to any group. Waits. */
MUST_CHECK bool kafka_group_offsets(rd_kafka_t *rk, const char *group,
				    rd_kafka_topic_partition_list_t *list,
				    int64_t timeout_ms, struct error *err);
/* The first partition that was added to a topic after the group began with it:
 * below it all have committed offsets, from it on none has. INT32_MAX if that
 * is not so: the group is new. Waits. */
MUST_CHECK bool kafka_first_added(rd_kafka_t *rk, const char *topic,
				  int64_t timeout_ms, int32_t *first,
				  struct error *err);

#endif
