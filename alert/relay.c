/* relay.c - the way of a stage's records to Kafka
 *
 * Owns the producer, the records that it has not taken yet, and for every lane
 * the chain of marks not yet done. Loop thread. */
#include "alert/relay.h"

#include <stdlib.h>
#include <sys/queue.h>

enum {
	QUEUE_BYTES = 64 * 1024 * 1024,
	QUEUE_MESSAGES = 100000,
	FULL_MESSAGES = 20000,
	RETRY_MS = 50,
};

/* Records sent between two marks. */
struct section {
	struct section *next;
	LIST_ENTRY(section) all;
	struct relay_lane *lane; /* NULL: the lane is closed */
	size_t outstanding;
	bool marked;
	int64_t mark;
};

struct relay_lane {
	struct relay *relay;
	struct relay_lane *next;
	struct relay_lane_config config;
	struct section *first, *last; /* last: open, never NULL */
	bool broken;
};

struct waiting {
	struct waiting *next;
	struct section *section;
	const char *topic;
	int32_t partition;
	struct str key, value; /* owned */
};

struct relay {
	struct relay_config config;
	struct kafka_producer *producer;
	struct loop_timer *retry;
	struct relay_lane *lane;
	LIST_HEAD(, section) sections; /* of all lanes, closed ones too */
	/* Not yet taken by the producer; one chain keeps the order. */
	struct waiting *first, *last;
	bool was_full;
};

/* ---- sections ---- */

static struct section *section_open(struct relay_lane *lane)
{
	struct section *s = xcalloc(1, sizeof(*s));

	s->lane = lane;
	LIST_INSERT_HEAD(&lane->relay->sections, s, all);
	if (lane->last)
		lane->last->next = s;
	else
		lane->first = s;
	lane->last = s;
	return s;
}

static void section_free(struct section *s)
{
	LIST_REMOVE(s, all);
	free(s);
}

static void lane_advance(struct relay_lane *lane)
{
	while (lane->first->marked && lane->first->outstanding == 0) {
		struct section *s = lane->first;
		int64_t mark = s->mark;
		lane->first = s->next;
		section_free(s);
		lane->config.done(lane->config.arg, mark);
	}
}

static void lane_fail(struct relay_lane *lane, const struct error *err)
{
	if (lane->broken)
		return;
	lane->broken = true;
	lane->config.failed(lane->config.arg, err);
}

/* One record of the section is delivered, or never will be. */
static void section_settle(struct section *s, const struct error *err)
{
	struct relay_lane *lane = s->lane;

	s->outstanding--;
	if (!lane) {
		if (s->outstanding == 0)
			section_free(s);
	} else if (err) {
		lane_fail(lane, err);
	} else if (!lane->broken) {
		lane_advance(lane);
	}
}

/* ---- records ---- */

static void waiting_free(struct waiting *w)
{
	free((void *)(uintptr_t)w->key.s);
	free((void *)(uintptr_t)w->value.s);
	free(w);
}

static struct waiting *waiting_take(struct relay *r)
{
	struct waiting *w = r->first;

	r->first = w->next;
	if (!r->first)
		r->last = NULL;
	return w;
}

static bool produce(struct relay *r, struct section *s, const char *topic,
		    int32_t partition, struct str key, struct str value,
		    struct error *err)
{
	struct kafka_message message = {
		.topic = topic,
		.partition = partition,
		.key = key,
		.value = value,
		.opaque = s,
	};

	return kafka_produce(r->producer, &message, err);
}

static void push(void *arg)
{
	struct relay *r = arg;
	struct error err;

	while (r->first) {
		struct waiting *w = r->first;
		struct section *s = w->section;
		bool gone = !s->lane || s->lane->broken;
		bool sent = !gone && produce(r, s, w->topic, w->partition,
					     w->key, w->value, &err);
		if (!gone && !sent && err.kind == ERROR_RETRY) {
			loop_timer_start(r->retry, RETRY_MS);
			return;
		}
		waiting_free(waiting_take(r));
		if (!sent)
			section_settle(s, gone ? NULL : &err);
	}
}

static void tell_drained(struct relay *r)
{
	if (!r->was_full || relay_full(r))
		return;
	r->was_full = false;
	if (r->config.drained)
		r->config.drained(r->config.arg);
}

static void delivered(void *arg, const struct kafka_delivery *delivery)
{
	struct relay *r = arg;

	section_settle(delivery->opaque,
		       delivery->delivered ? NULL : &delivery->err);
	if (r->first)
		push(r);
	tell_drained(r);
}

static void troubled(void *arg, const struct error *err)
{
	struct relay *r = arg;

	if (r->config.failed)
		r->config.failed(r->config.arg, err);
}

static struct str copy(struct str s)
{
	return s.s ? str_slice(str_dup(s), s.n) : STR_NONE;
}

void relay_send(struct relay_lane *lane, int32_t partition, struct str key,
		struct str value)
{
	relay_send_to(lane, lane->relay->config.topic, partition, key, value);
}

void relay_send_to(struct relay_lane *lane, const char *topic,
		   int32_t partition, struct str key, struct str value)
{
	struct relay *r = lane->relay;
	struct section *s = lane->last;
	struct waiting *w;
	struct error err;

	if (lane->broken)
		return;
	s->outstanding++;
	if (!r->first && produce(r, s, topic, partition, key, value, &err))
		return;
	w = xcalloc(1, sizeof(*w));
	w->section = s;
	w->topic = topic;
	w->partition = partition;
	w->key = copy(key);
	w->value = copy(value);
	if (r->last)
		r->last->next = w;
	else
		r->first = w;
	r->last = w;
	if (!loop_timer_active(r->retry))
		loop_timer_start(r->retry, RETRY_MS);
}

/* ---- lanes ---- */

struct relay_lane *relay_lane_open(struct relay *r,
				   const struct relay_lane_config *config)
{
	struct relay_lane *lane = xcalloc(1, sizeof(*lane));

	lane->relay = r;
	lane->config = *config;
	lane->next = r->lane;
	r->lane = lane;
	section_open(lane);
	return lane;
}

void relay_mark(struct relay_lane *lane, int64_t mark)
{
	struct section *s = lane->last;

	if (lane->broken)
		return;
	s->marked = true;
	s->mark = mark;
	section_open(lane);
	lane_advance(lane);
}

void relay_lane_close(struct relay_lane *lane)
{
	struct relay_lane **at;

	if (!lane)
		return;
	for (at = &lane->relay->lane; *at != lane; at = &(*at)->next)
		ENSURE(*at);
	*at = lane->next;
	for (struct section *s = lane->first, *next; s; s = next) {
		next = s->next;
		s->lane = NULL;
		if (s->outstanding == 0)
			section_free(s);
	}
	free(lane);
}

/* ---- the whole ---- */

struct relay *relay_open(struct loop *loop, const struct relay_config *config,
			 struct error *err)
{
	struct relay *r = xcalloc(1, sizeof(*r));
	struct kafka_producer_config producer = {
		.options = config->options,
		.queue_bytes = QUEUE_BYTES,
		.queue_messages = QUEUE_MESSAGES,
		.linger_ms = config->linger_ms,
		.delivered = delivered,
		.failed = troubled,
		.arg = r,
	};

	r->config = *config;
	r->retry = loop_timer_open(loop, push, r);
	r->producer = kafka_producer_open(loop, &producer, err);
	if (r->producer)
		return r;
	relay_close(r);
	return NULL;
}

bool relay_full(const struct relay *r)
{
	return r->first ||
	       kafka_producer_in_flight(r->producer) > FULL_MESSAGES;
}

bool relay_flush(struct relay *r, int64_t timeout_ms)
{
	push(r);
	return kafka_producer_flush(r->producer, timeout_ms) && !r->first;
}

void relay_close(struct relay *r)
{
	if (!r)
		return;
	loop_timer_close(r->retry);
	if (r->producer)
		kafka_producer_close(r->producer);
	while (r->first)
		waiting_free(waiting_take(r));
	/* The analyzer does not see what leaves these lists.
	 * NOLINTBEGIN(clang-analyzer-unix.Malloc) */
	while (r->lane)
		relay_lane_close(r->lane);
	while (!LIST_EMPTY(&r->sections))
		section_free(LIST_FIRST(&r->sections));
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
	free(r);
}
