/* dead.c - dead letters: records that Elasticsearch will never take
 *
 * Owns the producer and the letters that are not yet delivered. A letter that
 * the producer or the broker refuses waits and is tried again; one that is
 * refused for good goes without the headers that the record had, and then
 * shortened: what it would have become is left, the rest lies at its origin.
 *
 * Loop thread only. */
#include "ingest/index/dead.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/backoff.h"
#include "core/clock.h"
#include "core/log.h"
#include "ingest/index/dead_letter.h"

enum {
	/* What was compressed on its topic will be on this one: the limit is
	 * the broker's, not ours. */
	MESSAGE_BYTES = 32 << 20,
	QUEUE_BYTES = 64 << 20,
	QUEUE_MESSAGES = 10000,
	LINGER_MS = 5,
	WAIT_BASE_MS = 200,
	WAIT_MAX_MS = 5000,
	HEADERS = 6,
	HEADERS_MAX = HEADERS + 1, /* tocsin-cut */
};

struct letter {
	struct letter *next, **link;
	struct item item;
	struct buf text; /* all header values, one behind the other */
	size_t n[HEADERS];
	bool sent; /* the producer has it */
	bool bare; /* goes without the record's own headers */
	bool cut;  /* goes as `rest` */
	struct buf rest;
	struct buf size; /* of the value before it was cut */
};

struct dead {
	struct kafka_producer *producer;
	struct loop_timer *timer;
	struct backoff backoff;
	struct buf topic;
	struct letter *letters;
	struct trouble trouble;
	struct dead_owner owner;
};

static const char *const header_names[HEADERS] = {
	"tocsin-reason", "tocsin-status", "tocsin-index",
	"tocsin-id",     "tocsin-origin", "tocsin-attempts",
};

/* The record's own headers: where it was read, traces of others. */
static void carry(const struct letter *l, struct dead_carried *out)
{
	struct kafka_header header;

	out->n = out->bytes = out->left_out = 0;
	for (size_t i = 0;
	     !l->bare && kafka_record_header_at(&l->item.record, i, &header);
	     i++)
		dead_carry(out, &header);
	if (out->left_out > 0)
		log_warn("a dead letter does not carry all of its headers",
			 KV_TEXT("topic", l->item.record.topic),
			 KV_INT("partition", l->item.record.partition),
			 KV_INT("offset", l->item.record.offset),
			 KV_INT("left_out", out->left_out));
}

static bool produce(struct dead *d, struct letter *l, struct error *err)
{
	struct kafka_header headers[HEADERS_MAX + DEAD_CARRIED_MAX];
	struct dead_carried carried;
	struct kafka_message message = {
		.topic = buf_text(&d->topic),
		.partition = -1,
		.key = l->item.record.key,
		.value = l->cut ? buf_str(&l->rest) : l->item.record.value,
		.headers = headers,
		.opaque = l,
	};
	size_t at = 0;

	carry(l, &carried);
	for (size_t i = 0; i < HEADERS; i++) {
		headers[i].name = header_names[i];
		headers[i].value = str_slice(buf_text(&l->text) + at, l->n[i]);
		at += l->n[i];
	}
	message.n_headers = HEADERS;
	if (l->cut)
		headers[message.n_headers++] =
			(struct kafka_header){ .name = "tocsin-cut",
					       .value = buf_str(&l->size) };
	memcpy(headers + message.n_headers, carried.header,
	       carried.n * sizeof(*headers));
	message.n_headers += carried.n;
	return kafka_produce(d->producer, &message, err);
}

static void cut(struct dead *d, struct letter *l)
{
	const struct kafka_record *r = &l->item.record;

	l->cut = true;
	buf_add_uint(&l->size, r->value.n);
	d->owner.shorten(d->owner.arg, r, &l->rest);
	log_warn("a dead letter is too large for its topic, it goes shortened",
		 KV_TEXT("topic", r->topic), KV_INT("partition", r->partition),
		 KV_INT("offset", r->offset), KV_INT("bytes", r->value.n),
		 KV_INT("left", l->rest.n));
}

static void wait(struct dead *d, struct letter *l, const struct error *err)
{
	trouble_begin(&d->trouble, clock_mono_ms(), err);
	if (err->kind == ERROR_REJECT && l->bare && !l->cut)
		cut(d, l);
	if (err->kind == ERROR_REJECT)
		l->bare = true;
	if (!loop_timer_active(d->timer))
		loop_timer_start(d->timer, backoff_next_ms(&d->backoff));
}

static void send(struct dead *d, struct letter *l)
{
	struct error err;

	l->sent = produce(d, l, &err);
	if (!l->sent) {
		error_prefix(&err, "could not write to topic \"%s\"",
			     buf_text(&d->topic));
		wait(d, l, &err);
	}
}

static void try_again(void *arg)
{
	struct dead *d = arg;

	for (struct letter *l = d->letters; l; l = l->next) {
		if (!l->sent)
			send(d, l);
	}
}

static void letter_free(struct letter *l)
{
	buf_release(&l->text);
	buf_release(&l->rest);
	buf_release(&l->size);
	free(l);
}

static void forget(struct letter *l)
{
	*l->link = l->next;
	if (l->next)
		l->next->link = l->link;
	letter_free(l);
}

static void reported(void *arg, const struct kafka_delivery *delivery)
{
	struct dead *d = arg;
	struct letter *l = delivery->opaque;
	struct item item = l->item;

	if (!delivery->delivered) {
		struct error err = delivery->err;

		l->sent = false;
		error_prefix(&err, "could not write to topic \"%s\"",
			     buf_text(&d->topic));
		wait(d, l, &err);
		return;
	}
	backoff_reset(&d->backoff);
	trouble_end(&d->trouble);
	forget(l);
	d->owner.delivered(d->owner.arg, &item);
}

struct dead *dead_open(struct loop *loop, const struct config *config,
		       const struct dead_owner *owner, struct error *err)
{
	struct dead *d = xcalloc(1, sizeof(*d));
	struct kafka_producer_config producer = {
		.options = kafka_options_of(config, "tocsin-index"),
		.queue_bytes = QUEUE_BYTES,
		.queue_messages = QUEUE_MESSAGES,
		.message_bytes = MESSAGE_BYTES,
		.linger_ms = LINGER_MS,
		.delivered = reported,
		.arg = d,
	};

	d->owner = *owner;
	buf_add_format(&d->topic, "%s.dead", config_string(config, "prefix"));
	backoff_init(&d->backoff, WAIT_BASE_MS, WAIT_MAX_MS,
		     (uint64_t)clock_wall_ns());
	d->timer = loop_timer_open(loop, try_again, d);
	d->producer = kafka_producer_open(loop, &producer, err);
	if (d->producer)
		return d;
	dead_close(d, NULL, NULL);
	return NULL;
}

void dead_close(struct dead *d, void (*returned)(void *arg, struct item *item),
		void *arg)
{
	if (!d)
		return;
	if (d->producer)
		kafka_producer_close(d->producer);
	while (d->letters) {
		struct letter *l = d->letters;

		d->letters = l->next;
		if (returned)
			returned(arg, &l->item);
		letter_free(l);
	}
	loop_timer_close(d->timer);
	buf_release(&d->topic);
	free(d);
}

static void add_value(struct letter *l, size_t i, struct str value)
{
	buf_add(&l->text, value);
	l->n[i] = value.n;
}

static void add_number(struct letter *l, size_t i, uint64_t value)
{
	size_t before = l->text.n;

	buf_add_uint(&l->text, value);
	l->n[i] = l->text.n - before;
}

void dead_take(struct dead *d, const struct item *item,
	       const struct death *death)
{
	struct letter *l = xcalloc(1, sizeof(*l));
	size_t before;

	l->item = *item;
	add_value(l, 0, death->reason);
	add_number(l, 1, (uint64_t)death->status);
	add_value(l, 2, death->index);
	add_value(l, 3, death->id);
	before = l->text.n;
	buf_add_format(&l->text, "%s:%" PRId32 ":%" PRId64, item->record.topic,
		       item->record.partition, item->record.offset);
	l->n[4] = l->text.n - before;
	add_number(l, 5, death->attempts);
	l->next = d->letters;
	l->link = &d->letters;
	if (d->letters)
		d->letters->link = &l->next;
	d->letters = l;
	send(d, l);
}

const struct trouble *dead_trouble(const struct dead *d)
{
	return &d->trouble;
}
