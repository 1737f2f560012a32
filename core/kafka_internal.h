/* kafka_internal.h - what the files core/kafka_*.c share; private to them
 *
 * Two things recur: a librdkafka configuration made from kafka_options, and
 * the descriptor by which librdkafka's threads wake the loop. Loop thread. */
#ifndef TOCSIN_CORE_KAFKA_INTERNAL_H
#define TOCSIN_CORE_KAFKA_INTERNAL_H

#include <librdkafka/rdkafka.h>

#include "core/kafka.h"

struct kafka_property {
	const char *name;
	const char *value;
};

/* Ours first, then the user's, which win. Properties that this librdkafka does
 * not know are skipped if ours, ERROR_CONFIG if the user's. The result is
 * rd_kafka_new's or the caller's to destroy. */
MUST_CHECK rd_kafka_conf_t *kafka_conf(const struct kafka_options *o,
				       const struct kafka_property ours[],
				       size_t n, struct error *err);

/* Properties that Tocsin's promises rest on become problems at their place,
 * unless they say what is so anyway. No value is ever in the text. */
void kafka_reserved_check(const struct config *c, struct problems *problems);

/* rd_kafka_new that takes `conf` in every case. */
MUST_CHECK rd_kafka_t *kafka_handle(rd_kafka_type_t type, rd_kafka_conf_t *conf,
				    struct error *err);

struct kafka_trouble {
	char reason[256]; /* of the last broken connection */
};

/* A consumer without a group, for questions and kafka_read_topic. What is wrong
 * with its connections is noted in `trouble` while it is polled (it must
 * outlive the client; may be NULL). */
MUST_CHECK rd_kafka_t *kafka_open_client(const struct kafka_options *o,
					 const struct kafka_property ours[],
					 size_t n,
					 struct kafka_trouble *trouble,
					 struct error *err);

/* RETRY, unless nothing but another input or configuration would help. */
enum error_kind kafka_error_kind(rd_kafka_resp_err_t code);

/* What librdkafka's error callback says, as an error worth reporting: single
 * connections come and go and are held back as the reason for the next "all
 * brokers are down". False: nothing to report. */
bool kafka_trouble_report(struct kafka_trouble *t, rd_kafka_t *rk, int code,
			  const char *reason, struct error *err);

/* A descriptor that librdkafka writes when `queue` stops being empty; `ready`
 * must empty the queue or call kafka_wake_again. */
struct kafka_wake {
	int fd; /* -1: closed */
	struct loop_fd *watch;
	rd_kafka_queue_t *queue; /* owned */
	void (*ready)(void *arg);
	void *arg;
};

MUST_CHECK bool kafka_wake_open(struct kafka_wake *w, struct loop *loop,
				rd_kafka_queue_t *queue,
				void (*ready)(void *arg), void *arg,
				struct error *err);
void kafka_wake_again(struct kafka_wake *w);
/* Before the handle of the queue is destroyed. Safe on a zeroed struct whose
 * fd is -1. */
void kafka_wake_close(struct kafka_wake *w);

/* A record over a message of librdkafka, which it owns from then on. */
struct kafka_record kafka_record_of(rd_kafka_message_t *m);

#endif
