/* kafka_producer.c - the idempotent producer of core/kafka.h
 *
 * Owns one librdkafka producer, its topic handles and the wake descriptor.
 * librdkafka's threads send and queue the delivery reports; the loop thread
 * serves that queue, always to its end. */
#include "core/kafka.h"
#include "core/kafka_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	DEFAULT_MESSAGE_BYTES = 4 << 20,
	FRAMING_BYTES = 64 << 10, /* headers, key, protocol */
	MESSAGE_FIELDS = 8,
};

struct kafka_producer {
	struct kafka_producer_config config; /* options not kept */
	rd_kafka_t *rk;
	struct kafka_wake wake;
	struct kafka_trouble trouble;
	rd_kafka_topic_t **topic;
	size_t n_topics, topics_cap;
	size_t in_flight;
};

static void report(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque)
{
	struct kafka_producer *p = opaque;
	struct kafka_delivery d = {
		.opaque = m->_private,
		.delivered = m->err == RD_KAFKA_RESP_ERR_NO_ERROR,
		.partition = m->partition,
		.offset = m->offset,
	};

	(void)rk;
	if (!d.delivered)
		error_set(&d.err, kafka_error_kind(m->err),
			  "could not deliver to topic \"%s\": %s",
			  rd_kafka_topic_name(m->rkt),
			  rd_kafka_err2str(m->err));
	ENSURE(p->in_flight > 0);
	p->in_flight--;
	p->config.delivered(p->config.arg, &d);
}

static void trouble(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
	struct kafka_producer *p = opaque;
	struct error err;

	if (kafka_trouble_report(&p->trouble, rk, code, reason, &err) &&
	    p->config.failed)
		p->config.failed(p->config.arg, &err);
}

static void serve(void *arg)
{
	struct kafka_producer *p = arg;

	rd_kafka_poll(p->rk, 0);
}

static rd_kafka_conf_t *producer_conf(const struct kafka_producer_config *c,
				      struct error *err)
{
	char kbytes[32], messages[32], linger[32], largest[32];
	size_t message_bytes =
		c->message_bytes ? c->message_bytes : DEFAULT_MESSAGE_BYTES;
	const struct kafka_property ours[] = {
		{ "enable.idempotence", "true" },
		{ "acks", "all" },
		{ "compression.type", "lz4" },
		{ "message.timeout.ms", "0" },
		{ "partitioner", "murmur2_random" },
		{ "linger.ms", linger },
		{ "queue.buffering.max.kbytes", kbytes },
		{ "queue.buffering.max.messages", messages },
		{ "message.max.bytes", largest },
	};

	snprintf(kbytes, sizeof(kbytes), "%zu", c->queue_bytes / 1024 + 1);
	snprintf(messages, sizeof(messages), "%zu", c->queue_messages);
	snprintf(linger, sizeof(linger), "%d", c->linger_ms);
	snprintf(largest, sizeof(largest), "%zu",
		 message_bytes + FRAMING_BYTES);
	return kafka_conf(&c->options, ours, ARRAY_LENGTH(ours), err);
}

struct kafka_producer *
kafka_producer_open(struct loop *loop, const struct kafka_producer_config *c,
		    struct error *err)
{
	struct kafka_producer *p;
	rd_kafka_conf_t *conf = producer_conf(c, err);

	if (!conf)
		return NULL;
	p = xcalloc(1, sizeof(*p));
	p->config = *c;
	p->config.options = (struct kafka_options){ 0 };
	p->wake.fd = -1;
	rd_kafka_conf_set_dr_msg_cb(conf, report);
	rd_kafka_conf_set_error_cb(conf, trouble);
	rd_kafka_conf_set_opaque(conf, p);
	p->rk = kafka_handle(RD_KAFKA_PRODUCER, conf, err);
	if (p->rk &&
	    kafka_wake_open(&p->wake, loop, rd_kafka_queue_get_main(p->rk),
			    serve, p, err))
		return p;
	kafka_producer_close(p);
	return NULL;
}

/* Handles are kept: looking a topic up by name costs more than a message. */
static rd_kafka_topic_t *topic_handle(struct kafka_producer *p,
				      const char *name)
{
	rd_kafka_topic_t *topic;

	for (size_t i = 0; i < p->n_topics; i++)
		if (strcmp(rd_kafka_topic_name(p->topic[i]), name) == 0)
			return p->topic[i];
	topic = rd_kafka_topic_new(p->rk, name, NULL);
	if (topic)
		*ARRAY_PUSH(p->topic, p->n_topics, p->topics_cap) = topic;
	return topic;
}

static rd_kafka_headers_t *headers_of(const struct kafka_message *m)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(m->n_headers);

	for (size_t i = 0; i < m->n_headers; i++)
		rd_kafka_header_add(headers, m->headers[i].name, -1,
				    m->headers[i].value.s,
				    (ssize_t)m->headers[i].value.n);
	return headers;
}

/* librdkafka's interface takes `void *` for what it only copies. */
static void *unconst(const char *bytes)
{
	return (void *)(uintptr_t)bytes;
}

static size_t message_fields(rd_kafka_vu_t vu[MESSAGE_FIELDS],
			     const struct kafka_message *m,
			     rd_kafka_topic_t *topic,
			     rd_kafka_headers_t *headers)
{
	size_t n = 0;

	vu[n].vtype = RD_KAFKA_VTYPE_RKT;
	vu[n++].u.rkt = topic;
	vu[n].vtype = RD_KAFKA_VTYPE_PARTITION;
	vu[n++].u.i32 = m->partition < 0 ? RD_KAFKA_PARTITION_UA : m->partition;
	vu[n].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
	vu[n++].u.i = RD_KAFKA_MSG_F_COPY;
	vu[n].vtype = RD_KAFKA_VTYPE_OPAQUE;
	vu[n++].u.ptr = m->opaque;
	vu[n].vtype = RD_KAFKA_VTYPE_VALUE;
	vu[n].u.mem.ptr = unconst(m->value.s);
	vu[n++].u.mem.size = m->value.n;
	if (m->key.n > 0) {
		vu[n].vtype = RD_KAFKA_VTYPE_KEY;
		vu[n].u.mem.ptr = unconst(m->key.s);
		vu[n++].u.mem.size = m->key.n;
	}
	if (headers) {
		vu[n].vtype = RD_KAFKA_VTYPE_HEADERS;
		vu[n++].u.headers = headers;
	}
	return n;
}

static bool refuse(rd_kafka_resp_err_t code, const char *topic,
		   struct error *err)
{
	enum error_kind kind = kafka_error_kind(code);

	/* A wrong topic name is this message's fault, not the file's. */
	if (kind == ERROR_CONFIG)
		kind = ERROR_REJECT;
	return error_set(err, kind, "could not produce to topic \"%s\": %s",
			 topic, rd_kafka_err2str(code));
}

bool kafka_produce(struct kafka_producer *p, const struct kafka_message *m,
		   struct error *err)
{
	rd_kafka_vu_t vu[MESSAGE_FIELDS];
	rd_kafka_topic_t *topic = topic_handle(p, m->topic);
	rd_kafka_headers_t *headers;
	rd_kafka_error_t *failure;
	rd_kafka_resp_err_t code;

	if (!topic)
		return refuse(rd_kafka_last_error(), m->topic, err);
	headers = m->n_headers > 0 ? headers_of(m) : NULL;
	failure = rd_kafka_produceva(p->rk, vu,
				     message_fields(vu, m, topic, headers));
	if (!failure) {
		p->in_flight++;
		return true;
	}
	code = rd_kafka_error_code(failure);
	rd_kafka_error_destroy(failure);
	if (headers)
		rd_kafka_headers_destroy(headers);
	return refuse(code, m->topic, err);
}

size_t kafka_producer_in_flight(const struct kafka_producer *p)
{
	return p->in_flight;
}

bool kafka_producer_flush(struct kafka_producer *p, int64_t timeout_ms)
{
	if (p->in_flight > 0)
		rd_kafka_flush(p->rk, timeout_ms > INT32_MAX ? INT32_MAX
							     : (int)timeout_ms);
	return p->in_flight == 0;
}

void kafka_producer_close(struct kafka_producer *p)
{
	if (!p)
		return;
	kafka_wake_close(&p->wake);
	for (size_t i = 0; i < p->n_topics; i++)
		rd_kafka_topic_destroy(p->topic[i]);
	free(p->topic);
	if (p->rk)
		rd_kafka_destroy(p->rk);
	free(p);
}
