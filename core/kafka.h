/* kafka.h - producer, consumer and topic administration on the loop
 *
 * The only door to librdkafka (core/kafka_*.c). librdkafka runs its own
 * threads; every callback declared here runs on the loop thread, woken through
 * a descriptor. Loop thread only. Neither end may be closed from a callback.
 *
 * Errors: ERROR_RETRY what may pass by itself, ERROR_CONFIG a property that
 * librdkafka refuses, ERROR_FATAL what it calls fatal: end the program, what
 * is not committed replays. */
#ifndef TOCSIN_CORE_KAFKA_H
#define TOCSIN_CORE_KAFKA_H

#include "core/buf.h"
#include "core/config.h"
#include "core/loop.h"

struct metrics;

struct kafka_options {
	const char *brokers;              /* "host:port,host:port" */
	const struct strings *properties; /* "name=value", from the config;
					     win over ours; may be NULL */
	const struct config *secrets;     /* kafka.sasl_password and the like
					     are read from it whenever a client
					     is opened; may be NULL */
	const char *client_id;            /* "tocsin-ship" */
};

/* The options that the settings kafka.* say; borrows from c. */
struct kafka_options kafka_options_of(const struct config *c,
				      const char *client_id);
/* Would librdkafka take them, can the secrets be read? Reaches for no broker.
 * ERROR_CONFIG; no secret is ever in its text. */
MUST_CHECK bool kafka_options_check(const struct kafka_options *o,
				    struct error *err);
/* Settings kafka.* that contradict each other, name no broker or change what
 * Tocsin's promises rest on become problems at their place. Reads no secret. */
void kafka_settings_check(const struct config *c, struct problems *problems);
/* Warn of what this librdkafka is known not to do. */
void kafka_lint(const struct config *c, struct problems *problems);
/* Secrets kafka.* that cannot be read here become problems at their place. */
void kafka_secrets_check(const struct config *c, struct problems *problems);
/* The rows kafka.brokers, kafka.properties, kafka.partitions,
 * kafka.replication, kafka.sasl_password and the like. */
extern const struct settings kafka_settings;

struct kafka_header {
	const char *name;
	struct str value;
};

/* ---- producer: idempotent, acks=all, lz4, endless message timeout ---- */

struct kafka_producer;

struct kafka_delivery {
	void *opaque;   /* as given to kafka_produce */
	bool delivered; /* false: err says why; will not be tried again */
	struct error err;
	int32_t partition; /* where it went, if delivered */
	int64_t offset;
};

struct kafka_producer_config {
	struct kafka_options options;
	size_t queue_bytes; /* bound of the local queue */
	size_t queue_messages;
	size_t message_bytes; /* the largest value taken, 0: 4 MiB */
	int linger_ms;
	/* Once for each message that kafka_produce accepted. */
	void (*delivered)(void *arg, const struct kafka_delivery *delivery);
	/* All brokers out of reach, access refused, or fatal: for the log.
	 * May be NULL. */
	void (*failed)(void *arg, const struct error *err);
	void *arg;
};

struct kafka_message {
	const char *topic;
	int32_t partition; /* -1: by hash of the key (murmur2_random, as Java)
			    */
	struct str key;    /* copied; n == 0: none */
	struct str value;  /* copied; s == NULL: a tombstone */
	const struct kafka_header *headers;
	size_t n_headers;
	void *opaque;
};

MUST_CHECK struct kafka_producer *
kafka_producer_open(struct loop *loop, const struct kafka_producer_config *c,
		    struct error *err);
/* ERROR_RETRY: the queue is full, or the topic or partition is not there (yet):
 * try again after a delivery or a while. ERROR_REJECT: this message will never
 * be taken (too large, no possible topic name). Callbacks never run inside. */
MUST_CHECK bool kafka_produce(struct kafka_producer *p,
			      const struct kafka_message *m, struct error *err);
/* Accepted and not yet reported. */
size_t kafka_producer_in_flight(const struct kafka_producer *p);
/* Waits, without linger, and runs delivery callbacks until nothing is in flight
 * (true) or the time is over. */
bool kafka_producer_flush(struct kafka_producer *p, int64_t timeout_ms);
/* What is still in flight is given up without a report. */
void kafka_producer_close(struct kafka_producer *p);

/* ---- consumer ---- */

struct kafka_consumer;
struct kafka_record_owner; /* private */

/* One record; its slices live until kafka_record_release. value.s is NULL for
 * a tombstone. */
struct kafka_record {
	const char *topic;
	int32_t partition;
	int64_t offset;
	int64_t time_ms; /* record time; -1 if the record has none */
	struct str key;
	struct str value;
	struct kafka_record_owner *owner;
};

/* Give the memory back; the struct, the caller's, is zeroed. Every record must
 * be released before its consumer is closed. */
void kafka_record_release(struct kafka_record *r);
/* The last header of that name; false if there is none. Borrowed. */
bool kafka_record_header(const struct kafka_record *r, const char *name,
			 struct str *value);
/* Approximate memory it holds. */
size_t kafka_record_bytes(const struct kafka_record *r);
/* The i-th header (0..); false past the last. Borrowed. */
bool kafka_record_header_at(const struct kafka_record *r, size_t i,
			    struct kafka_header *out);

/* Where to start, instead of an offset. */
enum {
	KAFKA_OFFSET_STORED = -1000, /* committed, else kafka_consumer_config
					.start */
	KAFKA_OFFSET_BEGINNING = -2,
	KAFKA_OFFSET_END = -1,
};

struct kafka_partition {
	const char *topic; /* borrowed for the call */
	int32_t partition;
	int64_t offset;
};

struct kafka_consumer_config {
	struct kafka_options options;
	const char *group; /* NULL: no group, kafka_consumer_assign */
	const char *elder; /* group whose committed offsets are taken over
			      where this one has none; may be NULL; copied */
	const char *const *topics; /* subscribed; unused without a group */
	size_t n_topics;
	int64_t start; /* with nothing committed: KAFKA_OFFSET_BEGINNING,
			  KAFKA_OFFSET_END, or a wall time in ms (>= 0);
			  partitions added to a topic that the group knows
			  begin at their beginning */
	size_t prefetch_bytes; /* bound of librdkafka's own queue */

	/* The record is yours: release it. *r is borrowed, copy the struct.
	 * Offsets of a partition ascend, except after a seek and where a topic
	 * was made anew (reported by `failed`). */
	void (*record)(void *arg, const struct kafka_record *r);
	/* After a run of record() calls, before the loop waits. May be NULL. */
	void (*batch_end)(void *arg);
	/* Partitions are ours now (cooperative: the new ones).
	 * parts[i].offset is where each starts: at the committed offset, else
	 * as `start` says (which is then committed, so that a restart starts
	 * there too). Change it to start elsewhere: an offset,
	 * KAFKA_OFFSET_BEGINNING or KAFKA_OFFSET_END. May be NULL. */
	void (*assigned)(void *arg, struct kafka_partition parts[], size_t n);
	/* They are to be given up. Nothing more comes from them. Finish or
	 * drop what is in flight, store offsets, then call
	 * kafka_consumer_revoke_done (here or later, within seconds: until
	 * then nothing comes from the other partitions either). With `lost`
	 * they belong to another already: drop, do not store.
	 * parts[i].offset is the last one stored, -1 if none was. May be NULL:
	 * done at once. */
	void (*revoked)(void *arg, const struct kafka_partition parts[],
			size_t n, bool lost);
	/* The end of a partition was reached: `offset` is the next to come.
	 * May be NULL. */
	void (*end)(void *arg, const char *topic, int32_t partition,
		    int64_t offset);
	/* Offsets [from, to) are gone (retention) and were skipped. May be
	 * NULL. */
	void (*offsets_lost)(void *arg, const char *topic, int32_t partition,
			     int64_t from, int64_t to);
	/* As of the producer, and what could not be read; it goes on by
	 * itself unless ERROR_FATAL. May be NULL. */
	void (*failed)(void *arg, const struct error *err);
	void *arg;
};

MUST_CHECK struct kafka_consumer *
kafka_consumer_open(struct loop *loop, const struct kafka_consumer_config *c,
		    struct error *err);
/* Without a group: read exactly these partitions from these offsets (or marks;
 * those are asked of the brokers: waits). */
MUST_CHECK bool kafka_consumer_assign(struct kafka_consumer *c,
				      const struct kafka_partition parts[],
				      size_t n, struct error *err);
void kafka_consumer_revoke_done(struct kafka_consumer *c);
/* `next` = the offset of the next record wanted after a restart; it is
 * committed within a second, at a revoke and at close. Storing for a partition
 * just lost is no error. */
void kafka_consumer_store(struct kafka_consumer *c, const char *topic,
			  int32_t partition, int64_t next);
/* Commit what was stored now; waits. Not within revoked(). */
MUST_CHECK bool kafka_consumer_commit(struct kafka_consumer *c,
				      struct error *err);
/* No records come until resumed; membership is kept. Records already handed
 * over are the caller's. Partitions assigned while paused are paused too. */
void kafka_consumer_pause(struct kafka_consumer *c);
void kafka_consumer_resume(struct kafka_consumer *c);
/* Has the group given this member its share at least once? The share may be
 * nothing: then the member stands by. */
bool kafka_consumer_joined(const struct kafka_consumer *c);
/* When the group's broker last answered this member (clock_mono_ms), each few
 * seconds while all is well; 0: never. */
int64_t kafka_consumer_answered_ms(const struct kafka_consumer *c);
bool kafka_consumer_paused(const struct kafka_consumer *c);
/* Go on from another offset in an assigned partition. */
MUST_CHECK bool kafka_consumer_seek(struct kafka_consumer *c, const char *topic,
				    int32_t partition, int64_t offset,
				    struct error *err);
/* Cached end of the partition (next offset to be written), -1 if unknown. It
 * comes with what is fetched, so it stands still while paused. */
int64_t kafka_consumer_end_offset(const struct kafka_consumer *c,
				  const char *topic, int32_t partition);
/* The group's committed offsets into parts[].offset (KAFKA_OFFSET_STORED if
 * there is none); waits up to timeout_ms. */
MUST_CHECK bool kafka_consumer_committed(struct kafka_consumer *c,
					 struct kafka_partition parts[],
					 size_t n, int64_t timeout_ms,
					 struct error *err);
/* Gauges tocsin_kafka_lag{topic,partition}: end minus the last offset stored
 * (or else read), of each partition; for metrics_on_render. 0 once given up. */
void kafka_consumer_report_lag(struct kafka_consumer *c, struct metrics *m);
/* parts[].offset: a wall time in ms becomes the first offset at or after it
 * (the end offset if there is none), KAFKA_OFFSET_BEGINNING and
 * KAFKA_OFFSET_END become offsets; waits. */
MUST_CHECK bool kafka_consumer_offsets_for_times(struct kafka_consumer *c,
						 struct kafka_partition parts[],
						 size_t n, int64_t timeout_ms,
						 struct error *err);
/* [*low, *high) of a partition, asked of the broker; waits. */
MUST_CHECK bool kafka_consumer_bounds(struct kafka_consumer *c,
				      const char *topic, int32_t partition,
				      int64_t *low, int64_t *high,
				      int64_t timeout_ms, struct error *err);
/* Leaves the group in order (revoked() is called unless nothing is assigned;
 * turns the loop up to timeout_ms for revoke_done), commits what was stored. */
void kafka_consumer_close(struct kafka_consumer *c, int64_t timeout_ms);

/* ---- topics; these wait ---- */

struct kafka_topic {
	const char *name;
	int partitions;
	int replication; /* 0: as the brokers are configured */
	/* "cleanup.policy=compact", ended by NULL */
	const char *const *configs;
};

/* How many partitions a topic has; 0: it does not exist. */
MUST_CHECK bool kafka_topic_partitions(const struct kafka_options *o,
				       const char *topic, int *partitions,
				       int64_t timeout_ms, struct error *err);
/* One configuration value of a topic, such as max.message.bytes. */
MUST_CHECK bool kafka_topic_config(const struct kafka_options *o,
				   const char *topic, const char *name,
				   struct buf *value, int64_t timeout_ms,
				   struct error *err);
/* Create if it is not there: *created says which. Never changes one. */
MUST_CHECK bool kafka_topic_create(const struct kafka_options *o,
				   const struct kafka_topic *t, bool *created,
				   int64_t timeout_ms, struct error *err);
/* Set one configuration value, leaving the others. */
MUST_CHECK bool kafka_topic_alter(const struct kafka_options *o,
				  const char *topic, const char *name,
				  const char *value, int64_t timeout_ms,
				  struct error *err);

/* Read one partition (or all, partition = -1) of a topic from its beginning to
 * the end offsets of this moment, record by record, then return. For compacted
 * topics that hold state. Records are released by the reader. Waits at most
 * timeout_ms. */
MUST_CHECK bool
kafka_read_topic(const struct kafka_options *o, const char *topic,
		 int32_t partition,
		 void (*record)(void *arg, const struct kafka_record *r),
		 void *arg, int64_t timeout_ms, struct error *err);

/* How many offsets of all partitions kafka_read_topic() would go over now.
 * Waits at most timeout_ms. */
MUST_CHECK bool kafka_topic_length(const struct kafka_options *o,
				   const char *topic, int64_t *offsets,
				   int64_t timeout_ms, struct error *err);

#endif
