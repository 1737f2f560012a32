/* kafka_consumer.c - the consumer of core/kafka.h: opening, serving, closing
 *
 * Owns one librdkafka consumer and its wake descriptor. librdkafka's threads
 * fetch into one queue; the loop thread serves it in bounded runs, and at
 * least once a second, so that the group does not take a quiet consumer for
 * dead. */
#include "core/kafka.h"
#include "core/kafka_consumer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"

enum {
	RUN_MESSAGES = 1000,
	POLL_MS = 1000,
	SEEK_MS = 5000,
	LAST_WORD_MS = 1000, /* to leave a group after the time was over */
	FIRST_SHARE_MS = 3000,
	LEAST_FETCH_BYTES = 128 << 10,
	MOST_FETCH_BYTES = 4 << 20,
	COMPRESSION = 16, /* logs are seldom packed tighter */
};

static void report(struct kafka_consumer *c, const struct error *err)
{
	if (c->config.failed)
		c->config.failed(c->config.arg, err);
}

static void trouble(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
	struct kafka_consumer *c = opaque;
	struct error err;

	if (kafka_trouble_report(&c->trouble, rk, code, reason, &err))
		report(c, &err);
}

/* ---- serving ---- */

/* librdkafka goes on at the earliest offset where the wanted one is gone
 * (auto.offset.reset), without a word; the broker's low watermark tells that
 * gap from those of compaction and transactions. */
static void note_position(struct kafka_consumer *c, struct kafka_part *p,
			  int64_t offset)
{
	int64_t from = p->position, low, high;
	struct error err;

	p->position = offset;
	if (from < 0 || offset == from)
		return;
	if (offset < from) {
		error_set(&err, ERROR_RETRY,
			  "could not go on at offset %" PRId64
			  " of topic \"%s\" partition %d: it is shorter than "
			  "that, reading again from %" PRId64,
			  from, p->topic, (int)p->partition, offset);
		report(c, &err);
		return;
	}
	if (!c->config.offsets_lost ||
	    rd_kafka_get_watermark_offsets(c->rk, p->topic, p->partition, &low,
					   &high) ||
	    low <= from)
		return;
	c->config.offsets_lost(c->config.arg, p->topic, p->partition, from,
			       low < offset ? low : offset);
}

/* Returns whether the record was handed over. */
static bool take_record(struct kafka_consumer *c, rd_kafka_message_t *m)
{
	struct kafka_part *p =
		kafka_part_find(c, rd_kafka_topic_name(m->rkt), m->partition);
	struct kafka_record r;

	if (!p || p->revoking || c->closing || p->rewind) {
		rd_kafka_message_destroy(m);
		return false;
	}
	note_position(c, p, m->offset);
	if (c->paused) {
		p->rewind = true;
		rd_kafka_message_destroy(m);
		return false;
	}
	p->position = m->offset + 1;
	r = kafka_record_of(m);
	c->config.record(c->config.arg, &r);
	return true;
}

static void take_end(struct kafka_consumer *c, const rd_kafka_message_t *m)
{
	const char *topic = rd_kafka_topic_name(m->rkt);
	struct kafka_part *p = kafka_part_find(c, topic, m->partition);

	if (!p || p->revoking || c->closing || p->rewind)
		return;
	note_position(c, p, m->offset);
	if (c->config.end)
		c->config.end(c->config.arg, topic, m->partition, m->offset);
}

static void take_failure(struct kafka_consumer *c, const rd_kafka_message_t *m)
{
	struct error err;

	error_set(&err, kafka_error_kind(m->err),
		  "could not read topic \"%s\": %s",
		  m->rkt ? rd_kafka_topic_name(m->rkt) : "",
		  rd_kafka_message_errstr(m));
	report(c, &err);
}

static bool take(struct kafka_consumer *c, rd_kafka_message_t *m)
{
	if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		return take_record(c, m);
	if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		take_end(c, m);
	else
		take_failure(c, m);
	rd_kafka_message_destroy(m);
	return false;
}

/* Back to the first record that slipped through while paused. */
static void rewind_parts(struct kafka_consumer *c)
{
	struct error err;

	for (size_t i = 0; i < c->n_parts; i++) {
		struct kafka_part *p = &c->part[i];

		if (p->rewind && !p->revoking &&
		    !kafka_consumer_seek(c, p->topic, p->partition, p->position,
					 &err))
			report(c, &err);
	}
}

static void serve(void *arg)
{
	struct kafka_consumer *c = arg;
	rd_kafka_message_t *m;
	size_t records = 0;

	if (kafka_heartbeat_keep(c))
		kafka_tell_lost(c);
	if (!c->paused)
		rewind_parts(c);
	for (int run = 0;; run++) {
		if (run == RUN_MESSAGES) {
			kafka_wake_again(&c->wake);
			break;
		}
		m = rd_kafka_consumer_poll(c->rk, 0);
		if (!m)
			break;
		records += take(c, m);
	}
	if (records > 0 && c->config.batch_end)
		c->config.batch_end(c->config.arg);
	loop_timer_start(c->poll_timer, POLL_MS);
}

/* Without a word to the group. */
static void destroy(struct kafka_consumer *c)
{
	kafka_wake_close(&c->wake);
	kafka_drop_parts(c);
	free(c->part);
	if (c->leaving)
		rd_kafka_topic_partition_list_destroy(c->leaving);
	if (c->arriving)
		rd_kafka_topic_partition_list_destroy(c->arriving);
	if (c->rk)
		rd_kafka_destroy_flags(c->rk,
				       RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	loop_timer_close(c->poll_timer);
	loop_timer_close(c->save_timer);
	loop_timer_close(c->assign_timer);
	free(c->heartbeat);
	free(c->elder);
	free(c);
}

/* ---- opening ---- */

static rd_kafka_conf_t *consumer_conf(const struct kafka_consumer_config *c,
				      struct error *err)
{
	char group[256], queue[32], fetch[32];
	/* A fetch is counted as it lies on the broker and unpacked as a whole:
	 * all of it must fit into what may be fetched ahead. */
	size_t bytes = c->prefetch_bytes / COMPRESSION;
	const struct kafka_property ours[] = {
		{ "group.id", group },
		{ "partition.assignment.strategy", "cooperative-sticky" },
		{ "enable.auto.offset.store", "false" },
		{ "enable.auto.commit", c->group ? "true" : "false" },
		{ "auto.commit.interval.ms", "1000" },
		{ "auto.offset.reset", "earliest" },
		{ "session.timeout.ms", "10000" },
		{ "heartbeat.interval.ms", "3000" },
		{ "max.poll.interval.ms", "300000" },
		{ "enable.partition.eof", "true" },
		{ "check.crcs", "true" },
		{ "topic.metadata.refresh.interval.ms", "10000" },
		{ "queued.max.messages.kbytes", queue },
		{ "fetch.max.bytes", fetch },
		{ "fetch.message.max.bytes", fetch }, /* of a partition */
		/* Its default would raise the first, its least raises none. */
		{ "message.max.bytes", "1000" },
		{ "fetch.queue.backoff.ms", "50" }, /* since 2.2.0 */
	};

	/* librdkafka wants a group even where none is joined. */
	snprintf(group, sizeof(group), "%s%s",
		 c->group ? c->group : c->options.client_id,
		 c->group ? "" : "-reader");
	snprintf(queue, sizeof(queue), "%zu", c->prefetch_bytes / 1024 + 1);
	if (bytes < LEAST_FETCH_BYTES)
		bytes = LEAST_FETCH_BYTES;
	if (bytes > MOST_FETCH_BYTES)
		bytes = MOST_FETCH_BYTES;
	snprintf(fetch, sizeof(fetch), "%zu", bytes);
	return kafka_conf(&c->options, ours, ARRAY_LENGTH(ours), err);
}

static bool subscribe(struct kafka_consumer *c,
		      const struct kafka_consumer_config *config,
		      struct error *err)
{
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_resp_err_t code;

	if (!config->group)
		return true;
	list = rd_kafka_topic_partition_list_new((int)config->n_topics);
	for (size_t i = 0; i < config->n_topics; i++)
		rd_kafka_topic_partition_list_add(list, config->topics[i],
						  RD_KAFKA_PARTITION_UA);
	code = rd_kafka_subscribe(c->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (!code)
		return true;
	return error_set(err, kafka_error_kind(code),
			 "could not subscribe as group \"%s\": %s",
			 config->group, rd_kafka_err2str(code));
}

struct kafka_consumer *
kafka_consumer_open(struct loop *loop,
		    const struct kafka_consumer_config *config,
		    struct error *err)
{
	struct kafka_consumer *c;
	rd_kafka_conf_t *conf = consumer_conf(config, err);

	if (!conf)
		return NULL;
	c = xcalloc(1, sizeof(*c));
	c->config = *config;
	c->config.options = (struct kafka_options){ 0 };
	c->loop = loop;
	c->wake.fd = -1;
	c->grouped = config->group != NULL;
	c->elder = config->elder ? xstrdup(config->elder) : NULL;
	c->poll_timer = loop_timer_open(loop, serve, c);
	c->save_timer = loop_timer_open(loop, kafka_save_stored, c);
	c->assign_timer = loop_timer_open(loop, kafka_place_arrivals, c);
	rd_kafka_conf_set_rebalance_cb(conf, kafka_rebalance);
	rd_kafka_conf_set_error_cb(conf, trouble);
	c->heartbeat = kafka_heartbeat_watch(conf);
	rd_kafka_conf_set_opaque(conf, c);
	c->rk = kafka_handle(RD_KAFKA_CONSUMER, conf, err);
	if (c->rk) {
		rd_kafka_poll_set_consumer(c->rk);
		if (kafka_wake_open(&c->wake, loop,
				    rd_kafka_queue_get_consumer(c->rk), serve,
				    c, err) &&
		    subscribe(c, config, err))
			return c;
	}
	destroy(c);
	return NULL;
}

bool kafka_consumer_assign(struct kafka_consumer *c,
			   const struct kafka_partition parts[], size_t n,
			   struct error *err)
{
	rd_kafka_topic_partition_list_t *list = kafka_list_of(parts, n);
	rd_kafka_topic_partition_list_t *marks =
		rd_kafka_topic_partition_list_new((int)n);
	bool ok;

	ENSURE(!c->grouped);
	for (int i = 0; i < list->cnt; i++) {
		rd_kafka_topic_partition_t *e = &list->elems[i];

		if (e->offset >= 0)
			continue;
		rd_kafka_topic_partition_list_add(marks, e->topic, e->partition)
			->offset = e->offset == KAFKA_OFFSET_STORED
					   ? c->config.start
					   : e->offset;
	}
	ok = kafka_find_offsets(c->rk, marks, SEEK_MS, err);
	for (int i = 0; ok && i < marks->cnt; i++)
		rd_kafka_topic_partition_list_set_offset(
			list, marks->elems[i].topic, marks->elems[i].partition,
			marks->elems[i].offset);
	ok = ok && kafka_take_parts(c, list, true, err);
	rd_kafka_topic_partition_list_destroy(marks);
	rd_kafka_topic_partition_list_destroy(list);
	return ok;
}

/* ---- steering ---- */

bool kafka_consumer_commit(struct kafka_consumer *c, struct error *err)
{
	rd_kafka_resp_err_t code;

	ENSURE(c->grouped);
	kafka_save_stored(c);
	code = rd_kafka_commit(c->rk, NULL, 0);
	if (!code || code == RD_KAFKA_RESP_ERR__NO_OFFSET)
		return true;
	return error_set(err, kafka_error_kind(code),
			 "could not commit offsets: %s",
			 rd_kafka_err2str(code));
}

void kafka_consumer_pause(struct kafka_consumer *c)
{
	rd_kafka_topic_partition_list_t *list;

	if (c->paused)
		return;
	c->paused = true;
	/* Drops what was fetched ahead; resuming fetches it again. */
	list = kafka_part_list(c);
	rd_kafka_pause_partitions(c->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
}

void kafka_consumer_resume(struct kafka_consumer *c)
{
	rd_kafka_topic_partition_list_t *list;

	if (!c->paused)
		return;
	c->paused = false;
	list = kafka_part_list(c);
	rd_kafka_resume_partitions(c->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
	rewind_parts(c);
}

bool kafka_consumer_joined(const struct kafka_consumer *c)
{
	return c->joined;
}

bool kafka_consumer_paused(const struct kafka_consumer *c)
{
	return c->paused;
}

bool kafka_consumer_seek(struct kafka_consumer *c, const char *topic,
			 int32_t partition, int64_t offset, struct error *err)
{
	struct kafka_part *p = kafka_part_find(c, topic, partition);
	struct kafka_partition to = { topic, partition, offset };
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_error_t *failure;
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
	bool ok;

	if (!p || p->revoking)
		return error_set(err, ERROR_RETRY,
				 "could not seek in topic \"%s\" partition %d: "
				 "it is not assigned",
				 topic, (int)partition);
	list = kafka_list_of(&to, 1);
	failure = rd_kafka_seek_partitions(c->rk, list, SEEK_MS);
	if (failure) {
		code = rd_kafka_error_code(failure);
		rd_kafka_error_destroy(failure);
	}
	ok = kafka_list_ok(code, list, "seek", err);
	rd_kafka_topic_partition_list_destroy(list);
	if (!ok)
		return false;
	p->position = offset >= 0 ? offset : -1;
	p->rewind = false;
	return true;
}

/* ---- closing ---- */

static void serve_closing(struct kafka_consumer *c, rd_kafka_queue_t *queue,
			  int64_t deadline_ms)
{
	rd_kafka_message_t *m;

	while (!rd_kafka_consumer_closed(c->rk) &&
	       clock_mono_ms() < deadline_ms) {
		while ((m = rd_kafka_consume_queue(queue, 0)))
			rd_kafka_message_destroy(m);
		loop_turn(c->loop, 5);
	}
}

/* Its threads go on by themselves until the process ends. */
static void let_go(struct kafka_consumer *c)
{
	c->rk = NULL;
	c->heartbeat = NULL;
}

static void leave_group(struct kafka_consumer *c, int64_t timeout_ms)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(c->rk);
	rd_kafka_error_t *failure;
	bool out = true;

	kafka_abandon_arrivals(c);
	kafka_save_stored(c);
	failure = rd_kafka_consumer_close_queue(c->rk, queue);
	if (failure) {
		rd_kafka_error_destroy(failure); /* fatal: out already */
	} else {
		serve_closing(c, queue, clock_mono_ms() + timeout_ms);
		kafka_consumer_revoke_done(c);
		serve_closing(c, queue, clock_mono_ms() + LAST_WORD_MS);
		out = rd_kafka_consumer_closed(c->rk) != 0;
	}
	rd_kafka_queue_destroy(queue);
	/* Destroying it would wait for the answer to its leaving, and that one
	 * comes after the answer to its joining: once all others have joined,
	 * maybe minutes later. */
	if (!out)
		let_go(c);
}

/* librdkafka before 2.3 ends the process if a member of a cooperative-sticky
 * group is closed before its first assignment (its issue 4312). Wait for one.
 */
static bool may_leave(struct kafka_consumer *c, int64_t timeout_ms)
{
	int64_t wait =
		timeout_ms < FIRST_SHARE_MS ? timeout_ms : FIRST_SHARE_MS;
	int64_t deadline = clock_mono_ms() + wait;

	if (rd_kafka_version() >= 0x02030000)
		return true;
	while (!c->has_state && clock_mono_ms() < deadline)
		loop_turn(c->loop, 10);
	return c->has_state;
}

/* A member that may not be closed leaves its group all the same: otherwise it
 * would stay one for as long as the process lives, and the others would wait
 * for it. Returns whether it may be closed by now. */
static bool forsake(struct kafka_consumer *c)
{
	rd_kafka_unsubscribe(c->rk);
	/* An assignment that came meanwhile wants an answer. */
	serve(c);
	return c->has_state;
}

void kafka_consumer_close(struct kafka_consumer *c, int64_t timeout_ms)
{
	bool leave;

	if (!c)
		return;
	c->closing = true;
	leave = c->grouped && (may_leave(c, timeout_ms) || forsake(c));
	kafka_wake_close(&c->wake);
	loop_timer_stop(c->poll_timer);
	if (leave)
		leave_group(c, timeout_ms);
	else if (c->grouped)
		let_go(c);
	destroy(c);
}
