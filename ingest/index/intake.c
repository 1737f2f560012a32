/* intake.c - records in: each is counted, made a right event and put into the
 * batch that is being collected
 *
 * Owns the batch being collected.
 *
 * Loop thread only. */
#include "core/clock.h"
#include "core/log.h"
#include "event/mend.h"
#include "ingest/index/bulk.h"
#include "ingest/index/document.h"
#include "ingest/index/document_alert.h"
#include "ingest/index/worker.h"

/* A record of before 1970 or after 2261, or without a time. */
static int64_t record_time_ns(const struct kafka_record *r)
{
	if (r->time_ms < 0)
		return 0;
	if (r->time_ms > INT64_C(9000000000000))
		return INT64_C(9000000000000) * 1000000;
	return r->time_ms * 1000000;
}

static struct document_origin read_origin(struct worker *w,
					  const struct kafka_record *r)
{
	struct document_origin origin = {
		.topic = r->topic,
		.partition = r->partition,
		.offset = r->offset,
		.time_ms = r->time_ms,
	};

	if (kafka_record_header(r, "tocsin-source", &origin.source) &&
	    !document_source_is_valid(origin.source)) {
		metric_add(w->account.bad_source, 1);
		origin.source = STR_NONE;
	}
	if (kafka_record_header(r, "tocsin-id", &origin.id) &&
	    !document_id_is_valid(origin.id)) {
		metric_add(w->account.bad_id, 1);
		origin.id = STR_NONE;
	}
	return origin;
}

/* A function of the record alone, so that every worker mends it alike. */
static unsigned read_event(struct worker *w, const struct kafka_record *r,
			   const struct document_origin *origin,
			   struct event *event)
{
	struct mend_context context = {
		.service = STR("UNKNOWN"),
		.host = STR(""),
		.unparsed_level = LEVEL_INFO,
		.fallback_time_ns = record_time_ns(r),
		.now_ns = r->time_ms < 0 ? TIME_NONE : record_time_ns(r),
		.max_event_bytes = w->options.max_event_bytes,
		.repaired_is_ours = origin->source.n > 0 || origin->id.n > 0,
	};

	return event_read(w->scanner, r->value, &context, &w->mended, event);
}

enum intake {
	INTAKE_ADDED,
	INTAKE_LEFT_OUT, /* nothing added: index.query does not match */
	INTAKE_UNFIT,    /* nothing added: it can be no document */
};

static bool is_wanted(struct worker *w, const struct event *event,
		      int64_t now_ms)
{
	struct query_event asked = { .event = event,
				     .scratch = &w->scratch,
				     .now_ms = now_ms };

	buf_clear(&w->scratch);
	return !w->query || query_matches(w->query, &asked, NULL);
}

static enum intake add_event(struct worker *w, const struct kafka_record *r,
			     struct buf *body)
{
	struct document_origin origin = read_origin(w, r);
	struct event event;

	account_repairs(&w->account, read_event(w, r, &origin, &event));
	if (!is_wanted(w, &event, r->time_ms))
		return INTAKE_LEFT_OUT;
	buf_clear(&w->index);
	buf_clear(&w->id);
	if (w->to_stream)
		buf_add_text(&w->index, w->stream);
	else
		document_index(w->options.index_prefix, &event, &w->index);
	document_id(&origin, &w->id);
	bulk_action(buf_str(&w->index), buf_str(&w->id), body);
	document_source(&event, w->options.numbers, &w->scratch, body);
	buf_add_char(body, '\n');
	return INTAKE_ADDED;
}

static enum intake add_alert(struct worker *w, const struct kafka_record *r,
			     struct buf *body, struct error *err)
{
	struct document_alert alert;

	if (!document_alert_read(w->scanner, r->value, &alert, err))
		return INTAKE_UNFIT;
	buf_clear(&w->index);
	buf_clear(&w->id);
	document_alert_index(w->options.alerts_prefix, &alert, r->time_ms,
			     &w->index);
	document_alert_id(&alert, &w->id);
	bulk_action_versioned(buf_str(&w->index), buf_str(&w->id),
			      document_alert_version(r->time_ms, r->offset),
			      body);
	document_alert_source(&alert, body);
	buf_add_char(body, '\n');
	return INTAKE_ADDED;
}

/* INTAKE_UNFIT: err says why. */
static enum intake add_document(struct worker *w, const struct kafka_record *r,
				struct buf *body, struct error *err)
{
	if (strcmp(r->topic, buf_text(&w->alerts_topic)) == 0)
		return add_alert(w, r, body, err);
	return add_event(w, r, body);
}

void intake_shorten(void *arg, const struct kafka_record *r, struct buf *out)
{
	struct worker *w = arg;
	struct document_origin origin;
	struct event event;

	if (strcmp(r->topic, buf_text(&w->alerts_topic)) == 0) {
		size_t most = w->options.max_event_bytes;

		buf_add(out, str_slice(r->value.s,
				       r->value.n < most ? r->value.n : most));
		return;
	}
	origin = read_origin(w, r);
	(void)read_event(w, r, &origin, &event);
	buf_add(out, event.line);
}

static void skip(struct worker *w, struct partition *p,
		 const struct kafka_record *r)
{
	struct kafka_record record = *r;

	metric_add(w->account.skipped, 1);
	offsets_finish(&p->offsets, r->offset);
	kafka_record_release(&record);
}

/* What is no document never gets to Elasticsearch. */
static void bury(struct worker *w, struct partition *p,
		 const struct kafka_record *r, const struct error *err)
{
	struct item item = { .partition = p, .record = *r };
	struct death death = { .reason = str_of(err->text) };

	partition_hold(p);
	w->held_bytes += item_bytes(&item);
	worker_bury(w, &item, &death);
}

/* The last document made the batch too large: it begins the next one. */
static void begin_next(struct worker *w, size_t at)
{
	struct batch *full = w->collecting;
	struct batch *next = batch_open(clock_mono_ms());

	buf_add(&next->body, str_slice(full->body.p + at, full->body.n - at));
	buf_truncate(&full->body, at);
	intake_flush(w);
	w->collecting = next;
}

static void put_in_batch(struct worker *w, struct partition *p,
			 const struct kafka_record *r, size_t at)
{
	struct batch *b = w->collecting;

	if (at > 0 && b->body.n > sender_bulk_bytes(w->sender)) {
		begin_next(w, at);
		b = w->collecting;
		at = 0;
	}
	batch_add(b, p, r, at);
	partition_hold(p);
	w->held_bytes += item_bytes(&b->item[b->n - 1]);
	if (b->n >= w->options.bulk_events ||
	    b->body.n >= sender_bulk_bytes(w->sender))
		intake_flush(w);
}

static void collect(struct worker *w, struct partition *p,
		    const struct kafka_record *r)
{
	struct error err;
	size_t at;

	if (!w->collecting)
		w->collecting = batch_open(clock_mono_ms());
	at = w->collecting->body.n;
	switch (add_document(w, r, &w->collecting->body, &err)) {
	case INTAKE_ADDED: put_in_batch(w, p, r, at); break;
	case INTAKE_UNFIT: bury(w, p, r, &err); break;
	case INTAKE_LEFT_OUT:
		metric_add(w->account.left_out, 1);
		skip(w, p, r);
		break;
	}
}

/* The partition has begun anew under the same name. */
static struct partition *begin_anew(struct worker *w, struct partition *old,
				    const struct kafka_record *r)
{
	struct partition *p;
	bool taken;

	log_warn("partition begins anew, was its topic created again?",
		 KV_TEXT("topic", r->topic), KV_INT("partition", r->partition),
		 KV_INT("offset", r->offset));
	rebalance_give_up(w, old);
	p = partitions_add(&w->partitions, r->topic, r->partition);
	taken = offsets_take(&p->offsets, r->offset);
	ENSURE(taken);
	return p;
}

void intake_record(void *arg, const struct kafka_record *r)
{
	struct worker *w = ((struct feed *)arg)->worker;
	struct kafka_record record = *r;
	struct partition *p =
		partitions_find(&w->partitions, r->topic, r->partition);

	if (w->wanted && !range_take(&w->range, r->partition, r->offset))
		p = NULL;
	if (!p || p->leaving || w->closing) {
		kafka_record_release(&record);
		return;
	}
	if (!offsets_take(&p->offsets, r->offset))
		p = begin_anew(w, p, r);
	metric_add(w->account.received, 1);
	if (!r->value.s || event_is_blank(r->value)) {
		skip(w, p, r);
		return;
	}
	collect(w, p, r);
}

void intake_flush(void *arg)
{
	struct worker *w = arg;
	struct batch *b = w->collecting;

	loop_timer_stop(w->age_timer);
	w->collecting = NULL;
	if (b && b->n > 0)
		sender_take(w->sender, b);
	else
		batch_close(b);
}

void intake_flush_if_eager(struct worker *w)
{
	if (w->collecting && sender_eager(w->sender))
		intake_flush(w);
}

void intake_batch_end(void *arg)
{
	struct worker *w = ((struct feed *)arg)->worker;

	if (w->closing)
		return;
	trouble_end(&w->kafka_trouble);
	intake_flush_if_eager(w);
	if (w->collecting && !loop_timer_active(w->age_timer))
		loop_timer_start(w->age_timer, w->options.bulk_age_ms);
	worker_steer(w);
}

static bool stays(void *arg, const struct item *item)
{
	(void)arg;
	return !item->partition->leaving && !item->partition->given_up;
}

static void give_back(void *arg, struct item *item)
{
	struct worker *w = arg;

	worker_end(w, item, w->account.returned, false);
}

void intake_drop_leaving(struct worker *w)
{
	if (w->collecting)
		batch_filter(w->collecting, stays, give_back, w);
}
