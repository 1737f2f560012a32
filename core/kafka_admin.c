/* kafka_admin.c - topics: how many partitions, their configuration, creation
 *
 * Owns a librdkafka client for the time of one call, on the caller's thread.
 * A consumer's handle asks, because a producer's creates the topic that it
 * asks for where brokers allow that. */
#include "core/kafka.h"
#include "core/kafka_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/clock.h"

struct question {
	rd_kafka_t *rk;
	rd_kafka_queue_t *queue;
	rd_kafka_AdminOptions_t *options;
	const char *topic;
	const char *what; /* "create topic", for messages */
	int64_t deadline_ms;
	struct kafka_trouble trouble; /* why brokers are out of reach */
};

static int time_left(const struct question *q)
{
	int64_t left = q->deadline_ms - clock_mono_ms();

	if (left > 3600000)
		return 3600000;
	return left > 0 ? (int)left : 0;
}

/* A refused password, say, shows only as brokers out of reach: librdkafka tells
 * the rest to its error callback. */
static bool refuse(struct question *q, rd_kafka_resp_err_t code,
		   const char *reason, struct error *err)
{
	const char *last = "";

	if (code == RD_KAFKA_RESP_ERR__TRANSPORT ||
	    code == RD_KAFKA_RESP_ERR__TIMED_OUT) {
		rd_kafka_poll(q->rk, 0);
		last = q->trouble.reason;
	}
	return error_set(err, kafka_error_kind(code),
			 "could not %s \"%s\": %s%s%s", q->what, q->topic,
			 reason && *reason ? reason : rd_kafka_err2str(code),
			 *last ? ", last: " : "", last);
}

static void question_end(struct question *q)
{
	if (q->options)
		rd_kafka_AdminOptions_destroy(q->options);
	if (q->queue)
		rd_kafka_queue_destroy(q->queue);
	if (q->rk)
		rd_kafka_destroy(q->rk);
}

static bool question_begin(struct question *q, const struct kafka_options *o,
			   const char *topic, const char *what,
			   rd_kafka_admin_op_t op, int64_t timeout_ms,
			   struct error *err)
{
	char reason[256];

	*q = (struct question){ .topic = topic, .what = what };
	q->deadline_ms = clock_mono_ms() + timeout_ms;
	q->rk = kafka_open_client(o, NULL, 0, &q->trouble, err);
	if (!q->rk)
		return false;
	if (op == RD_KAFKA_ADMIN_OP_ANY)
		return true;
	q->queue = rd_kafka_queue_new(q->rk);
	q->options = rd_kafka_AdminOptions_new(q->rk, op);
	if (rd_kafka_AdminOptions_set_request_timeout(
		    q->options, time_left(q) > 0 ? time_left(q) : 1, reason,
		    sizeof(reason)))
		return refuse(q, RD_KAFKA_RESP_ERR__INVALID_ARG, reason, err);
	return true;
}

/* The answer, or NULL with the reason; the caller destroys it. */
static rd_kafka_event_t *answer_to(struct question *q, struct error *err)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(q->queue, time_left(q));

	if (!event) {
		refuse(q, RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer in time",
		       err);
		return NULL;
	}
	if (!rd_kafka_event_error(event))
		return event;
	refuse(q, rd_kafka_event_error(event),
	       rd_kafka_event_error_string(event), err);
	rd_kafka_event_destroy(event);
	return NULL;
}

/* ---- how many partitions ---- */

static bool read_metadata(struct question *q, int *partitions,
			  struct error *err)
{
	const struct rd_kafka_metadata *md;
	rd_kafka_topic_t *topic = rd_kafka_topic_new(q->rk, q->topic, NULL);
	rd_kafka_resp_err_t code;

	if (!topic)
		return refuse(q, rd_kafka_last_error(), NULL, err);
	code = rd_kafka_metadata(q->rk, 0, topic, &md, time_left(q));
	rd_kafka_topic_destroy(topic);
	if (code)
		return refuse(q, code, NULL, err);
	ENSURE(md->topic_cnt == 1);
	code = md->topics[0].err;
	if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
	    code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
		*partitions = 0;
	else if (!code || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
		*partitions = md->topics[0].partition_cnt;
	else
		refuse(q, code, NULL, err);
	rd_kafka_metadata_destroy(md);
	return !code || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
	       code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
	       code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

bool kafka_topic_partitions(const struct kafka_options *o, const char *topic,
			    int *partitions, int64_t timeout_ms,
			    struct error *err)
{
	struct question q;
	bool ok = question_begin(&q, o, topic, "ask the partitions of topic",
				 RD_KAFKA_ADMIN_OP_ANY, timeout_ms, err) &&
		  read_metadata(&q, partitions, err);

	question_end(&q);
	return ok;
}

/* ---- configuration ---- */

/* All entries of one topic, borrowed from the event. */
static rd_kafka_event_t *describe(struct question *q,
				  const rd_kafka_ConfigEntry_t ***entries,
				  size_t *n, struct error *err)
{
	rd_kafka_ConfigResource_t *resource =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, q->topic);
	const rd_kafka_ConfigResource_t **results;
	rd_kafka_event_t *event;
	rd_kafka_resp_err_t code;
	size_t count;

	rd_kafka_DescribeConfigs(q->rk, &resource, 1, q->options, q->queue);
	rd_kafka_ConfigResource_destroy(resource);
	event = answer_to(q, err);
	if (!event)
		return NULL;
	results = rd_kafka_DescribeConfigs_result_resources(
		rd_kafka_event_DescribeConfigs_result(event), &count);
	ENSURE(count == 1);
	code = rd_kafka_ConfigResource_error(results[0]);
	if (!code) {
		*entries = rd_kafka_ConfigResource_configs(results[0], n);
		return event;
	}
	refuse(q, code, rd_kafka_ConfigResource_error_string(results[0]), err);
	rd_kafka_event_destroy(event);
	return NULL;
}

static bool read_config(struct question *q, const char *name, struct buf *value,
			struct error *err)
{
	const rd_kafka_ConfigEntry_t **entries;
	const char *text = NULL;
	rd_kafka_event_t *event;
	size_t n;

	event = describe(q, &entries, &n, err);
	if (!event)
		return false;
	for (size_t i = 0; i < n && !text; i++)
		if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0)
			text = rd_kafka_ConfigEntry_value(entries[i]);
	if (text)
		buf_add_text(value, text);
	rd_kafka_event_destroy(event);
	if (text)
		return true;
	return error_set(err, ERROR_CONFIG,
			 "could not find setting \"%s\" of topic \"%s\"", name,
			 q->topic);
}

bool kafka_topic_config(const struct kafka_options *o, const char *topic,
			const char *name, struct buf *value, int64_t timeout_ms,
			struct error *err)
{
	struct question q;
	bool ok = question_begin(&q, o, topic, "ask the settings of topic",
				 RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms,
				 err) &&
		  read_config(&q, name, value, err);

	question_end(&q);
	return ok;
}

/* The request replaces all settings of the topic, so those that were set on it
 * are sent along, but for the one that is to change. */
static bool keep_settings(struct question *q,
			  rd_kafka_ConfigResource_t *resource,
			  const char *changed, struct error *err)
{
	const rd_kafka_ConfigEntry_t **entries;
	rd_kafka_event_t *event;
	size_t n;

	event = describe(q, &entries, &n, err);
	if (!event)
		return false;
	for (size_t i = 0; i < n; i++) {
		const rd_kafka_ConfigEntry_t *e = entries[i];

		if (rd_kafka_ConfigEntry_source(e) !=
			    RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG ||
		    !rd_kafka_ConfigEntry_value(e) ||
		    strcmp(rd_kafka_ConfigEntry_name(e), changed) == 0)
			continue;
		rd_kafka_ConfigResource_set_config(
			resource, rd_kafka_ConfigEntry_name(e),
			rd_kafka_ConfigEntry_value(e));
	}
	rd_kafka_event_destroy(event);
	return true;
}

static bool send_settings(struct question *q,
			  rd_kafka_ConfigResource_t *resource,
			  struct error *err)
{
	const rd_kafka_ConfigResource_t **results;
	rd_kafka_event_t *event;
	rd_kafka_resp_err_t code;
	size_t n;
	bool ok;

	rd_kafka_AlterConfigs(q->rk, &resource, 1, q->options, q->queue);
	event = answer_to(q, err);
	if (!event)
		return false;
	results = rd_kafka_AlterConfigs_result_resources(
		rd_kafka_event_AlterConfigs_result(event), &n);
	ENSURE(n == 1);
	code = rd_kafka_ConfigResource_error(results[0]);
	ok = !code ||
	     refuse(q, code, rd_kafka_ConfigResource_error_string(results[0]),
		    err);
	rd_kafka_event_destroy(event);
	return ok;
}

bool kafka_topic_alter(const struct kafka_options *o, const char *topic,
		       const char *name, const char *value, int64_t timeout_ms,
		       struct error *err)
{
	static const char what[] = "change the settings of topic";
	rd_kafka_ConfigResource_t *resource =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
	struct question now, then;
	bool ok = question_begin(&now, o, topic, what,
				 RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms,
				 err) &&
		  keep_settings(&now, resource, name, err);

	question_end(&now);
	if (ok) {
		rd_kafka_ConfigResource_set_config(resource, name, value);
		ok = question_begin(&then, o, topic, what,
				    RD_KAFKA_ADMIN_OP_ALTERCONFIGS, timeout_ms,
				    err) &&
		     send_settings(&then, resource, err);
		question_end(&then);
	}
	rd_kafka_ConfigResource_destroy(resource);
	return ok;
}

/* ---- creation ---- */

static bool add_settings(rd_kafka_NewTopic_t *topic, const char *const *configs,
			 struct error *err)
{
	for (; configs && *configs; configs++) {
		const char *equals = strchr(*configs, '=');
		char *name AUTO(free_text) = NULL;

		ENSURE(equals);
		name = str_dup(
			str_slice(*configs, (size_t)(equals - *configs)));
		if (rd_kafka_NewTopic_set_config(topic, name, equals + 1))
			return error_set(err, ERROR_CONFIG,
					 "could not use topic setting \"%s\"",
					 *configs);
	}
	return true;
}

static bool send_creation(struct question *q, rd_kafka_NewTopic_t *topic,
			  bool *created, struct error *err)
{
	const rd_kafka_topic_result_t **results;
	rd_kafka_event_t *event;
	rd_kafka_resp_err_t code;
	size_t n;
	bool ok = true;

	rd_kafka_CreateTopics(q->rk, &topic, 1, q->options, q->queue);
	event = answer_to(q, err);
	if (!event)
		return false;
	results = rd_kafka_CreateTopics_result_topics(
		rd_kafka_event_CreateTopics_result(event), &n);
	ENSURE(n == 1);
	code = rd_kafka_topic_result_error(results[0]);
	if (!code || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
		*created = !code;
	else
		ok = refuse(q, code,
			    rd_kafka_topic_result_error_string(results[0]),
			    err);
	rd_kafka_event_destroy(event);
	return ok;
}

bool kafka_topic_create(const struct kafka_options *o,
			const struct kafka_topic *t, bool *created,
			int64_t timeout_ms, struct error *err)
{
	struct question q;
	char reason[256];
	rd_kafka_NewTopic_t *topic =
		rd_kafka_NewTopic_new(t->name, t->partitions,
				      t->replication > 0 ? t->replication : -1,
				      reason, sizeof(reason));
	bool ok;

	if (!topic)
		return error_set(err, ERROR_CONFIG,
				 "could not create topic \"%s\": %s", t->name,
				 reason);
	ok = question_begin(&q, o, t->name, "create topic",
			    RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms, err) &&
	     add_settings(topic, t->configs, err) &&
	     send_creation(&q, topic, created, err);
	question_end(&q);
	rd_kafka_NewTopic_destroy(topic);
	return ok;
}
