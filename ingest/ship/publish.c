/* publish.c - from a line to a record under way, and from its report to the
 * file's delivered offset
 *
 * Owns the producer, the flights, and the scratch memory of mending. Loop
 * thread. See publish.h. */
#include "ingest/ship/publish.h"

#include <stdio.h>

#include "core/clock.h"

/* 16 digits, ':', 20 digits. */
enum { SOURCE_BYTES = FILE_ID_DIGITS + 1 + 20 };

static void count_setup(struct publisher *p, struct metrics *m)
{
	char label[64];

	p->count.read = metrics_counter(m, "tocsin_ship_read_total",
					"Lines read.", NULL);
	p->count.delivered =
		metrics_counter(m, "tocsin_ship_delivered_total",
				"Lines that Kafka has confirmed.", NULL);
	p->count.skipped = metrics_counter(
		m, "tocsin_ship_skipped_total",
		"Lines read and not sent: blank, given back to be read again, "
		"or given up.",
		NULL);
	p->count.in_flight =
		metrics_gauge(m, "tocsin_ship_in_flight",
			      "Lines sent and not confirmed.", NULL);
	p->count.repeated = metrics_counter(
		m, "tocsin_ship_repeated_total",
		"Of the skipped: given back to be read again.", NULL);
	p->count.rejected = metrics_counter(
		m, "tocsin_ship_rejected_total",
		"Of the skipped: given up, Kafka refuses them.", NULL);
	p->count.bytes = metrics_counter(m, "tocsin_ship_bytes_total",
					 "Bytes of the lines read.", NULL);
	p->count.masked =
		metrics_counter(m, "tocsin_ship_masked_total",
				"Events that ship.mask changed.", NULL);
	p->count.mask_failed = metrics_counter(
		m, "tocsin_ship_mask_failed_total",
		"Of the masked: a text passed a limit and was replaced whole.",
		NULL);
	for (size_t i = 0; i < REPAIR_WORDS; i++) {
		snprintf(label, sizeof(label), "word=\"%s\"", repair_words[i]);
		p->count.repaired[i] = metrics_counter(
			m, "tocsin_repaired_total",
			"Events mended, by what was wrong.", label);
	}
}

void publisher_init(struct publisher *p, struct metrics *metrics)
{
	p->scanner = scanner_open();
	acks_pool_init(&p->pool, 2 * p->kafka.queue_messages);
	count_setup(p, metrics);
}

void publisher_release(struct publisher *p)
{
	publisher_shut(p);
	scanner_close(p->scanner);
	buf_release(&p->masked);
	buf_release(&p->mended);
	buf_release(&p->completed);
	buf_release(&p->scratch);
	acks_pool_release(&p->pool);
}

/* ---- reports ---- */

static void in_flight_add(struct publisher *p, int64_t n)
{
	p->in_flight += (size_t)n;
	metric_set(p->count.in_flight, (double)p->in_flight);
}

static void note_reject(struct publisher *p, uint64_t id, uint64_t offset)
{
	if (p->reject_id != id || p->reject_offset != offset)
		p->rejects = 0;
	p->reject_id = id;
	p->reject_offset = offset;
	p->rejects++;
}

static void break_down(struct publisher *p, const struct error *err)
{
	if (p->broken)
		return;
	p->broken = true;
	p->why_broken = *err;
}

static void unblock(struct publisher *p)
{
	if (!p->blocked || p->in_flight > p->blocked_at / 4 * 3)
		return;
	p->blocked = false;
	p->unblocked(p->arg);
}

static void delivered(void *arg, const struct kafka_delivery *d)
{
	struct publisher *p = arg;
	struct flight *f = d->opaque;
	struct tail *t = CONTAINER_OF(f->of, struct tail, acks);

	if (!d->delivered) {
		if (d->err.kind == ERROR_REJECT)
			note_reject(p, t->id, f->offset);
		break_down(p, &d->err);
		p->unblocked(p->arg);
		return;
	}
	metric_add(p->count.delivered, 1);
	in_flight_add(p, -1);
	p->progress_ms = clock_mono_ms();
	if (acks_done(&p->pool, f))
		p->advanced(p->arg, t);
	unblock(p);
}

static void failed(void *arg, const struct error *err)
{
	struct publisher *p = arg;

	if (err->kind == ERROR_FATAL) {
		break_down(p, err);
		p->unblocked(p->arg);
	}
	p->trouble(p->arg, err);
}

/* ---- opening and shutting ---- */

bool publisher_open(struct publisher *p, struct loop *loop, struct error *err)
{
	p->kafka.delivered = delivered;
	p->kafka.failed = failed;
	p->kafka.arg = p;
	p->producer = kafka_producer_open(loop, &p->kafka, err);
	return p->producer != NULL;
}

void publisher_shut(struct publisher *p)
{
	kafka_producer_close(p->producer);
	p->producer = NULL;
	p->broken = false;
	p->blocked = false;
}

void publisher_rewind(struct publisher *p, struct tail *t)
{
	size_t n = acks_rewind(&p->pool, &t->acks);

	in_flight_add(p, -(int64_t)n);
	metric_add(p->count.skipped, (int64_t)n);
	metric_add(p->count.repeated, (int64_t)n);
}

/* ---- lines ---- */

void publisher_set_now(struct publisher *p, int64_t wall_ns)
{
	p->mending.now_ns = wall_ns;
}

static void count_line(struct publisher *p, const struct entry *entry,
		       unsigned repairs)
{
	metric_add(p->count.read, 1);
	metric_add(p->count.bytes, (int64_t)entry->bytes);
	for (size_t i = 0; repairs; i++, repairs >>= 1) {
		if (repairs & 1)
			metric_add(p->count.repaired[i], 1);
	}
}

static bool skip(struct publisher *p, struct tail *t, const struct entry *entry)
{
	count_line(p, entry, 0);
	metric_add(p->count.skipped, 1);
	acks_skip(&t->acks, entry->end);
	if (acks_idle(&t->acks))
		p->advanced(p->arg, t);
	return true;
}

static bool block(struct publisher *p)
{
	p->blocked = true;
	p->blocked_at = p->in_flight;
	return false;
}

static struct str source_of(const struct tail *t, uint64_t offset,
			    char text[SOURCE_BYTES])
{
	char *at = text + SOURCE_BYTES;

	do {
		*--at = (char)('0' + offset % 10);
		offset /= 10;
	} while (offset > 0);
	*--at = ':';
	at -= FILE_ID_DIGITS;
	memcpy(at, t->id_text, FILE_ID_DIGITS);
	return str_slice(at, (size_t)(text + SOURCE_BYTES - at));
}

static struct str key_of(struct publisher *p, const struct tail *t,
			 const struct event *event)
{
	struct str key = STR_NONE;

	if (event_has(event, EVENT_REQUEST_KEY)) {
		buf_clear(&p->scratch);
		key = event_text(&event->field[EVENT_REQUEST_KEY], &p->scratch);
	}
	if (key.n == 0)
		return str_slice(t->id_text, sizeof(t->id_text));
	if (key.n > PUBLISH_KEY_BYTES)
		key.n = PUBLISH_KEY_BYTES;
	return key;
}

static bool produce(struct publisher *p, const struct tail *t,
		    const struct entry *entry, const struct event *event,
		    struct flight *f)
{
	char source[SOURCE_BYTES];
	const struct kafka_header header = {
		"tocsin-source", source_of(t, entry->offset, source)
	};
	const struct kafka_message m = {
		.topic = p->topic,
		.partition = -1,
		.key = key_of(p, t, event),
		.value = event->line,
		.headers = &header,
		.n_headers = 1,
		.opaque = f,
	};
	struct error err;

	if (kafka_produce(p->producer, &m, &err))
		return true;
	if (err.kind == ERROR_RETRY && p->in_flight > 0)
		return block(p);
	if (err.kind == ERROR_REJECT)
		note_reject(p, t->id, entry->offset);
	break_down(p, &err);
	return false;
}

/* The line's own time, which the untimed lines after it take on. */
static void remember_time(struct tail *t, const struct event *event,
			  unsigned repairs, int64_t fallback_ns)
{
	bool own = !(repairs & REPAIR_TIME) || event->time_ns != fallback_ns;

	if (event->has_time && own)
		t->time_ns = event->time_ns;
}

static bool give_up(struct publisher *p, struct tail *t,
		    const struct entry *entry)
{
	p->rejects = 0;
	metric_add(p->count.rejected, 1);
	p->gave_up(p->arg, t, entry->offset);
	return skip(p, t, entry);
}

static struct str mask(struct publisher *p, struct str text)
{
	struct event event;

	if (!p->mask)
		return text;
	event_scan(p->scanner, text, &event);
	switch (mask_apply(p->mask, &event, &p->masked)) {
	case MASK_NOTHING: return text;
	case MASK_FAILED: metric_add(p->count.mask_failed, 1); break;
	case MASK_DONE: break;
	}
	metric_add(p->count.masked, 1);
	return buf_str(&p->masked);
}

/* Masked, mended, and with the fields of this host. */
static unsigned make_event(struct publisher *p, struct str text,
			   struct event *event)
{
	unsigned repairs = event_read(p->scanner, mask(p, text), &p->mending,
				      &p->mended, event);

	if (fields_add(p->fields, event->line, &p->completed))
		event->line = buf_str(&p->completed);
	return repairs;
}

/* The time of an event that has none. */
static int64_t fallback_time(const struct publisher *p, const struct tail *t,
			     const struct entry *entry)
{
	if (entry->time_ns != TIME_NONE)
		return entry->time_ns;
	return t->time_ns == TIME_NONE ? p->mending.now_ns : t->time_ns;
}

bool publisher_take(struct publisher *p, struct tail *t,
		    const struct entry *entry)
{
	struct event event;
	struct flight *f;
	unsigned repairs;

	if (p->broken || p->blocked || !p->producer)
		return false;
	if (event_is_blank(entry->text))
		return skip(p, t, entry);
	if (p->rejects >= REJECT_TRIES && p->reject_id == t->id &&
	    p->reject_offset == entry->offset)
		return give_up(p, t, entry);
	f = acks_take(&p->pool);
	if (!f)
		return block(p);
	p->mending.service =
		p->fields->service.n ? p->fields->service : t->service;
	p->mending.fallback_time_ns = fallback_time(p, t, entry);
	repairs = make_event(p, entry->text, &event);
	if (!produce(p, t, entry, &event, f)) {
		acks_put_back(&p->pool, f);
		return false;
	}
	if (p->in_flight == 0)
		p->progress_ms = clock_mono_ms();
	in_flight_add(p, 1);
	remember_time(t, &event, repairs, p->mending.fallback_time_ns);
	acks_push(&t->acks, f, entry->offset, entry->end, t->time_ns);
	count_line(p, entry, repairs);
	return true;
}
