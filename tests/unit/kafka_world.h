/* kafka_world.h - librdkafka's mock cluster, in this process, and a producer
 * with which tests fill it */
#ifndef TOCSIN_TESTS_UNIT_KAFKA_WORLD_H
#define TOCSIN_TESTS_UNIT_KAFKA_WORLD_H

#include "core/kafka.h"
#include "tests/unit/test_support.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "core/clock.h"

enum { MOST = 8000, WAIT_MS = 20000 };

struct world {
	rd_kafka_t *rk;
	rd_kafka_mock_cluster_t *cluster;
	struct loop *loop;
	struct kafka_options options;
	char topic[64];
	int topics;
};

/* The mock's groups settle after a session timeout; quicker than ours. */
static const char *quick_item[] = { "session.timeout.ms=5000",
				    "heartbeat.interval.ms=300" };
static const struct strings quick = { quick_item, ARRAY_LENGTH(quick_item) };

static inline int start_world(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	struct error err;

	rd_kafka_conf_set_log_cb(conf, NULL);
	w->loop = loop_open(&err);
	w->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, NULL, 0);
	w->cluster = rd_kafka_mock_cluster_new(w->rk, 1);
	w->options.brokers = rd_kafka_mock_cluster_bootstraps(w->cluster);
	w->options.client_id = "test";
	w->options.properties = &quick;
	*state = w;
	return 0;
}

static inline int stop_world(void **state)
{
	struct world *w = *state;

	loop_close(w->loop);
	rd_kafka_mock_cluster_destroy(w->cluster);
	rd_kafka_destroy(w->rk);
	free(w);
	return 0;
}

static inline void new_topic(struct world *w, int partitions)
{
	snprintf(w->topic, sizeof(w->topic), "topic-%d", ++w->topics);
	assert_int_equal(
		rd_kafka_mock_topic_create(w->cluster, w->topic, partitions, 1),
		0);
}

/* ---- producing ---- */

struct sender {
	struct kafka_producer *p;
	bool inside; /* kafka_produce */
	int called_inside;
	int delivered, failed;
	enum error_kind kind; /* of the last failure */
	void *last;
};

static inline void on_delivery(void *arg, const struct kafka_delivery *d)
{
	struct sender *s = arg;

	s->called_inside += s->inside;
	s->delivered += d->delivered;
	s->failed += !d->delivered;
	s->last = d->opaque;
	if (!d->delivered)
		s->kind = d->err.kind;
}

static inline struct kafka_producer_config sender_config(struct world *w,
							 struct sender *s)
{
	*s = (struct sender){ 0 };
	return (struct kafka_producer_config){
		.options = w->options,
		.queue_bytes = 64 << 20,
		.queue_messages = 100000,
		.linger_ms = 5,
		.delivered = on_delivery,
		.arg = s,
	};
}

static inline void open_sender(struct world *w, struct sender *s)
{
	struct kafka_producer_config c = sender_config(w, s);
	struct error err;

	s->p = kafka_producer_open(w->loop, &c, &err);
	if (!s->p)
		fail_msg("%s", err.text);
}

static inline bool produce(struct sender *s, const struct kafka_message *m,
			   struct error *err)
{
	bool ok;

	s->inside = true;
	ok = kafka_produce(s->p, m, err);
	s->inside = false;
	return ok;
}

/* Values are the decimal numbers from `from` on. */
static inline void send_numbers(struct world *w, int partition, int from, int n)
{
	struct sender s;
	struct error err;
	char text[16];

	open_sender(w, &s);
	for (int i = from; i < from + n; i++) {
		snprintf(text, sizeof(text), "%d", i);
		if (!produce(&s,
			     &(struct kafka_message){ .topic = w->topic,
						      .partition = partition,
						      .key = STR("k"),
						      .value = str_of(text) },
			     &err))
			fail_msg("%s", err.text);
	}
	assert_true(kafka_producer_flush(s.p, WAIT_MS));
	assert_int_equal(s.delivered, n);
	kafka_producer_close(s.p);
}

/* ---- committing ---- */

/* A member of nobody says where `group` is. */
static inline void commit_as(const struct world *w, const char *group,
			     int32_t partition, int64_t offset)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(1);
	rd_kafka_t *rk;

	rd_kafka_conf_set_log_cb(conf, NULL);
	rd_kafka_conf_set(conf, "bootstrap.servers", w->options.brokers, NULL,
			  0);
	rd_kafka_conf_set(conf, "group.id", group, NULL, 0);
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, NULL, 0);
	assert_non_null(rk);
	rd_kafka_topic_partition_list_add(list, w->topic, partition)->offset =
		offset;
	assert_int_equal(rd_kafka_commit(rk, list, 0), 0);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(rk);
}

#endif
