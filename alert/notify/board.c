/* board.c - what every worker knows: silences, and the alerts that fire
 *
 * Owns a consumer without a group on the two topics, a producer for silences,
 * the set of silences and the view of alerts. Loop thread. */
#include "alert/notify/board.h"

#include <stdlib.h>

#include "alert/settings.h"
#include "core/backoff.h"
#include "core/clock.h"
#include "core/kafka.h"
#include "core/log.h"

enum {
	PREFETCH_BYTES = 8 << 20,
	QUEUE_BYTES = 8 << 20,
	QUEUE_MESSAGES = 10000,
	PUT_TIMEOUT_MS = 3000,
	RETRY_MS = 1000,
	RETRY_MAX_MS = 10000,
	SWEEP_MOST = 1000, /* silences at a time */
};

enum { ALERTS, SILENCES, TOPICS };

struct board {
	struct board_options options;
	char *topic[TOPICS];
	bool loaded[TOPICS];
	struct kafka_consumer *consumer;
	struct kafka_producer *producer;
	struct loop_timer *retry; /* until the partitions are assigned */
	struct backoff backoff;
	struct silences silences;
	struct view view;
	bool changed; /* silences, in this batch */
	void (*listener)(void *arg);
	void *listener_arg;
	bool put_failed; /* the delivery waited for */
	struct error put_error;
};

/* ---- what comes in ---- */

static void tell(struct board *b)
{
	b->changed = false;
	if (b->listener)
		b->listener(b->listener_arg);
}

static void take_silence(struct board *b, const struct kafka_record *r)
{
	struct silence s;
	struct error err;

	if (!r->value.s) {
		b->changed |= silences_remove(&b->silences, r->key);
		return;
	}
	if (!silence_decode(r->value, &s, &err)) {
		log_warn("ignored a record of the silences topic",
			 KV_INT("offset", r->offset),
			 KV_TEXT("reason", err.text));
		return;
	}
	if (str_is(r->key, s.id))
		b->changed |= silences_apply(&b->silences, &s);
	silence_release(&s);
}

static void record(void *arg, const struct kafka_record *r)
{
	struct board *b = arg;
	struct kafka_record copy = *r;
	struct error err;

	if (strcmp(r->topic, b->topic[SILENCES]) == 0)
		take_silence(b, r);
	else if (!view_apply(&b->view, b->options.inhibit, r->key, r->value,
			     r->time_ms, &err))
		log_debug("ignored a record of the alerts topic",
			  KV_INT("offset", r->offset),
			  KV_TEXT("reason", err.text));
	kafka_record_release(&copy);
}

static void batch_end(void *arg)
{
	struct board *b = arg;

	if (b->changed && b->loaded[SILENCES])
		tell(b);
}

static void end_reached(void *arg, const char *topic, int32_t partition,
			int64_t offset)
{
	struct board *b = arg;
	int which = strcmp(topic, b->topic[SILENCES]) == 0 ? SILENCES : ALERTS;

	(void)partition;
	(void)offset;
	if (b->loaded[which])
		return;
	b->loaded[which] = true;
	if (which == SILENCES)
		tell(b);
}

static void failed(void *arg, const struct error *err)
{
	(void)arg;
	log_warn("kafka trouble with silences", KV_TEXT("reason", err->text));
}

static void assign(void *arg)
{
	struct board *b = arg;
	struct kafka_partition parts[TOPICS];
	struct error err;

	for (int i = 0; i < TOPICS; i++)
		parts[i] = (struct kafka_partition){ b->topic[i], 0,
						     KAFKA_OFFSET_BEGINNING };
	if (kafka_consumer_assign(b->consumer, parts, TOPICS, &err))
		return;
	log_warn("could not read the silences, trying again",
		 KV_TEXT("reason", err.text));
	loop_timer_start(b->retry, backoff_next_ms(&b->backoff));
}

/* ---- what goes out ---- */

static void delivered(void *arg, const struct kafka_delivery *d)
{
	struct board *b = arg;

	if (d->delivered)
		return;
	b->put_failed = true;
	b->put_error = d->err;
}

static bool produce(struct board *b, struct str key, struct str value,
		    struct error *err)
{
	const struct kafka_message m = { .topic = b->topic[SILENCES],
					 .partition = 0,
					 .key = key,
					 .value = value };

	return kafka_produce(b->producer, &m, err);
}

static void learn(struct board *b, struct str json)
{
	struct silence s;

	ENSURE(silence_decode(json, &s, NULL));
	silences_apply(&b->silences, &s);
	silence_release(&s);
	tell(b);
}

bool board_put(struct board *b, const struct silence *s, struct error *err)
{
	struct buf AUTO(buf_release) json = { 0 };

	silence_encode(s, &json);
	b->put_failed = false;
	if (!produce(b, str_of(s->id), buf_str(&json), err))
		return false;
	if (!kafka_producer_flush(b->producer, PUT_TIMEOUT_MS))
		return error_set(err, ERROR_RETRY,
				 "kafka has not taken the silence in time; it "
				 "may still do so");
	if (b->put_failed) {
		if (err)
			*err = b->put_error;
		return false;
	}
	learn(b, buf_str(&json));
	return true;
}

void board_sweep(struct board *b, int64_t wall_ms)
{
	struct map_entry e;
	struct error err;
	int n = 0;

	if (!b->loaded[SILENCES])
		return;
	map_for_each (&b->silences.by_id, e) {
		const struct silence *s = e.value;

		if (s->ends_ms + SILENCE_KEPT_MS > wall_ms || n++ >= SWEEP_MOST)
			continue;
		/* Its tombstone comes back by the topic. */
		if (!produce(b, e.key, STR_NONE, &err))
			return;
	}
}

/* ---- opening and closing ---- */

static bool open_kafka(struct board *b, struct error *err)
{
	const struct kafka_consumer_config consumer = {
		.options = kafka_options_of(b->options.config, "tocsin-alert"),
		.start = KAFKA_OFFSET_BEGINNING,
		.prefetch_bytes = PREFETCH_BYTES,
		.record = record,
		.batch_end = batch_end,
		.end = end_reached,
		.failed = failed,
		.arg = b,
	};
	const struct kafka_producer_config producer = {
		.options = consumer.options,
		.queue_bytes = QUEUE_BYTES,
		.queue_messages = QUEUE_MESSAGES,
		.delivered = delivered,
		.failed = failed,
		.arg = b,
	};

	b->producer = kafka_producer_open(b->options.loop, &producer, err);
	if (!b->producer)
		return false;
	b->consumer = kafka_consumer_open(b->options.loop, &consumer, err);
	return b->consumer != NULL;
}

struct board *board_open(const struct board_options *options, struct error *err)
{
	struct board *b = xcalloc(1, sizeof(*b));

	b->options = *options;
	b->topic[ALERTS] = alert_name(options->prefix, ".alerts");
	b->topic[SILENCES] = alert_name(options->prefix, ".silences");
	backoff_init(&b->backoff, RETRY_MS, RETRY_MAX_MS,
		     (uint64_t)clock_wall_ns());
	b->retry = loop_timer_open(options->loop, assign, b);
	if (!open_kafka(b, err)) {
		board_close(b);
		return NULL;
	}
	assign(b);
	return b;
}

void board_close(struct board *b)
{
	if (!b)
		return;
	loop_timer_close(b->retry);
	if (b->consumer)
		kafka_consumer_close(b->consumer, 0);
	if (b->producer)
		kafka_producer_close(b->producer);
	for (int i = 0; i < TOPICS; i++)
		free(b->topic[i]);
	silences_release(&b->silences);
	view_release(&b->view);
	free(b);
}

bool board_loaded(const struct board *b, struct buf *why)
{
	bool loaded = b->loaded[ALERTS] && b->loaded[SILENCES];

	if (!loaded && why)
		buf_add_text(why, "silences and alerts are being loaded");
	return loaded;
}

bool board_silences_loaded(const struct board *b)
{
	return b->loaded[SILENCES];
}

void board_listen(struct board *b, void (*changed)(void *arg), void *arg)
{
	b->listener = changed;
	b->listener_arg = arg;
}

const struct silences *board_silences(const struct board *b)
{
	return &b->silences;
}

const struct view *board_view(const struct board *b)
{
	return &b->view;
}
