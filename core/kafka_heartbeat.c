/* kafka_heartbeat.c - a member that stays a member while its broker hangs
 *
 * librdkafka forgets who it is in the group once its own session is over, and
 * joins as somebody new. A broker that hung all that time knows only the old
 * member: it wakes, reads the heartbeat that lay in its socket, and waits a
 * whole session more for one who never comes. Only a member that rests in its
 * group is forgotten, though; one that is about to join again is not. So when
 * most of a session has passed without an answer, the partitions are given up
 * and the same membership asks to join: that request is answered as soon as the
 * broker is there. In time the partitions would have been lost anyway.
 *
 * Owns the times of the last heartbeat, written by librdkafka's threads (its
 * interceptors) and read by the loop thread. */
#include "core/kafka_consumer.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "core/clock.h"

/* Kafka's protocol: request types */
enum { REQUEST_JOIN = 11, REQUEST_HEARTBEAT = 12, REQUEST_SYNC = 14 };

struct kafka_heartbeat {
	_Atomic int64_t answered_ms; /* clock_mono_ms; 0: never */
	atomic_bool open;            /* one has no answer yet */
};

static rd_kafka_resp_err_t on_sent(rd_kafka_t *rk, int fd, const char *broker,
				   int32_t id, int16_t type, int16_t version,
				   int32_t number, size_t size, void *arg)
{
	struct kafka_heartbeat *h = arg;

	(void)rk, (void)fd, (void)broker, (void)id, (void)version, (void)number;
	(void)size;
	/* While others settle who gets what, silence is no sign. */
	if (type == REQUEST_JOIN)
		atomic_store(&h->open, false);
	else if (type == REQUEST_HEARTBEAT)
		atomic_store(&h->open, true);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_answer(rd_kafka_t *rk, int fd, const char *broker,
				     int32_t id, int16_t type, int16_t version,
				     int32_t number, size_t size, int64_t rtt,
				     rd_kafka_resp_err_t code, void *arg)
{
	struct kafka_heartbeat *h = arg;

	(void)rk, (void)fd, (void)broker, (void)id, (void)version, (void)number;
	(void)size, (void)rtt;
	if (code || (type != REQUEST_HEARTBEAT && type != REQUEST_SYNC))
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	atomic_store(&h->answered_ms, clock_mono_ms());
	atomic_store(&h->open, false);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf,
				  void *arg, char *reason, size_t size)
{
	rd_kafka_resp_err_t code = rd_kafka_interceptor_add_on_request_sent(
		rk, "tocsin", on_sent, arg);

	(void)conf, (void)reason, (void)size;
	return code ? code
		    : rd_kafka_interceptor_add_on_response_received(
			      rk, "tocsin", on_answer, arg);
}

struct kafka_heartbeat *kafka_heartbeat_watch(rd_kafka_conf_t *conf)
{
	struct kafka_heartbeat *h = xcalloc(1, sizeof(*h));

	rd_kafka_conf_interceptor_add_on_new(conf, "tocsin", on_new, h);
	return h;
}

static int64_t session_ms(rd_kafka_t *rk)
{
	char text[32] = "";
	size_t n = sizeof(text);
	int64_t ms;

	rd_kafka_conf_get(rd_kafka_conf(rk), "session.timeout.ms", text, &n);
	ENSURE(str_to_int64(str_of(text), 1, INT32_MAX, &ms));
	return ms;
}

/* A quarter of the session is left: the loop looks each second, and
 * librdkafka's clock began at the same answer. */
static bool is_silent(const struct kafka_consumer *c)
{
	struct kafka_heartbeat *h = c->heartbeat;
	int64_t since = atomic_load(&h->answered_ms);

	return since > 0 && atomic_load(&h->open) &&
	       clock_mono_ms() - since >= session_ms(c->rk) * 3 / 4;
}

int64_t kafka_consumer_answered_ms(const struct kafka_consumer *c)
{
	return atomic_load(&c->heartbeat->answered_ms);
}

bool kafka_heartbeat_keep(struct kafka_consumer *c)
{
	rd_kafka_topic_partition_list_t *topics = NULL;

	if (!c->grouped || c->closing || !c->joined || !is_silent(c) ||
	    rd_kafka_subscription(c->rk, &topics))
		return false;
	atomic_store(&c->heartbeat->open, false);
	/* The second of them waits until the partitions are given up, and then
	 * keeps the first from leaving the group. */
	rd_kafka_unsubscribe(c->rk);
	rd_kafka_subscribe(c->rk, topics);
	rd_kafka_topic_partition_list_destroy(topics);
	return true;
}
