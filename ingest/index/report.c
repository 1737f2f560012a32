/* report.c - what people see of the index daemon: /ready, /status, gauges and
 * the log lines about being blocked
 *
 * Loop thread only. */
#include <inttypes.h>

#include "core/clock.h"
#include "core/log.h"
#include "event/time.h"
#include "ingest/index/worker.h"

/* A hiccup is none of anybody's business. */
enum { TELL_AFTER_MS = 1000, TELL_AGAIN_MS = 60000 };

const struct trouble *report_trouble(const struct worker *w)
{
	const struct trouble *t =
		trouble_older(sender_trouble(w->sender), dead_trouble(w->dead));

	return trouble_older(t, &w->template_trouble);
}

static bool has_joined(const struct worker *w)
{
	for (size_t i = 0; i < FEEDS; i++) {
		if (!w->feed[i].consumer ||
		    !kafka_consumer_joined(w->feed[i].consumer))
			return false;
	}
	return w->topics_ready;
}

/* Whoever stands by gets no record that would show it. */
static void note_kafka_is_back(struct worker *w)
{
	if (w->partitions.n > 0 || !has_joined(w))
		return;
	for (size_t i = 0; i < FEEDS; i++) {
		if (kafka_consumer_answered_ms(w->feed[i].consumer) <=
		    w->kafka_trouble.last_ms)
			return;
	}
	trouble_end(&w->kafka_trouble);
}

/* An Elasticsearch that is away is no reason to be restarted. */
bool report_ready(void *arg, struct buf *why)
{
	struct worker *w = arg;

	note_kafka_is_back(w);
	if (w->stopping)
		buf_add_text(why, "stopping");
	else if (w->topics_trouble.active)
		buf_add_text(why, w->topics_trouble.why.text);
	else if (w->kafka_trouble.active)
		buf_add_text(why, w->kafka_trouble.why.text);
	else if (!has_joined(w))
		buf_add_text(why, "joining its groups");
	else
		return true;
	return false;
}

static size_t count_items(const struct worker *w)
{
	size_t items = 0;

	for (size_t i = 0; i < w->partitions.n; i++)
		items += w->partitions.item[i]->items;
	return items;
}

void report_refresh(void *arg)
{
	struct worker *w = arg;
	struct account *a = &w->account;
	uint64_t retries = sender_retries(w->sender);

	metric_set(a->in_flight, (double)count_items(w));
	metric_add(a->retries,
		   (int64_t)(retries - (uint64_t)metric_value(a->retries)));
	metric_set(a->requests, (double)sender_requests(w->sender));
	metric_set(a->bulk_bytes, (double)sender_bulk_bytes(w->sender));
	metric_set(a->held_bytes, (double)w->held_bytes);
	metric_set(a->blocked_seconds,
		   (double)trouble_ms(report_trouble(w), clock_mono_ms()) /
			   1000);
	for (size_t i = 0; i < FEEDS; i++) {
		if (w->feed[i].consumer)
			kafka_consumer_report_lag(w->feed[i].consumer,
						  w->metrics);
	}
}

static void describe_number(struct buf *json, const char *name,
			    const struct metric *m)
{
	buf_add_format(json, "\"%s\":%.0f,", name, metric_value(m));
}

static void describe_trouble(const struct worker *w, struct buf *json)
{
	const struct trouble *t = report_trouble(w);
	char since[TIME_TEXT_BYTES];
	int64_t lasted_ms = trouble_ms(t, clock_mono_ms());

	if (!t->active) {
		buf_add_text(json, "\"blocked\":null,");
		return;
	}
	buf_add_text(json, "\"blocked\":{\"since\":");
	buf_add_json_string(
		json,
		str_slice(since,
			  time_format((clock_wall_ms() - lasted_ms) * 1000000,
				      3, since)));
	buf_add_text(json, ",\"why\":");
	buf_add_json_string(json, str_of(t->why.text));
	buf_add_text(json, "},");
}

static int64_t end_of(struct worker *w, const struct partition *p)
{
	const struct kafka_consumer *c = rebalance_feed(w, p->topic)->consumer;

	return c ? kafka_consumer_end_offset(c, p->topic, p->number) : -1;
}

static void describe_partitions(struct worker *w, struct buf *json)
{
	buf_add_text(json, "\"partitions\":[");
	for (size_t i = 0; i < w->partitions.n; i++) {
		const struct partition *p = w->partitions.item[i];

		if (i > 0)
			buf_add_char(json, ',');
		buf_add_text(json, "{\"topic\":");
		buf_add_json_string(json, str_of(p->topic));
		buf_add_format(json,
			       ",\"partition\":%" PRId32 ",\"next\":%" PRId64
			       ",\"end\":%" PRId64 ",\"in_flight\":%zu}",
			       p->number, offsets_next(&p->offsets),
			       end_of(w, p), p->items);
	}
	buf_add_char(json, ']');
}

void report_describe(void *arg, struct buf *json)
{
	struct worker *w = arg;
	const struct account *a = &w->account;
	const struct kafka_consumer *logs = w->feed[FEED_LOGS].consumer;

	report_refresh(w);
	buf_add_char(json, '{');
	describe_number(json, "received", a->received);
	describe_number(json, "indexed", a->indexed);
	describe_number(json, "duplicate", a->duplicate);
	describe_number(json, "dead", a->dead);
	describe_number(json, "skipped", a->skipped);
	describe_number(json, "returned", a->returned);
	describe_number(json, "in_flight", a->in_flight);
	describe_number(json, "requests", a->requests);
	describe_number(json, "bulk_bytes", a->bulk_bytes);
	describe_number(json, "held_bytes", a->held_bytes);
	describe_trouble(w, json);
	if (logs) {
		buf_add_format(json, "\"paused\":%s,",
			       kafka_consumer_paused(logs) ? "true" : "false");
		describe_partitions(w, json);
	} else {
		buf_add_text(json, "\"partitions\":[]");
	}
	buf_add_char(json, '}');
}

void report_watch(void *arg)
{
	struct worker *w = arg;
	const struct trouble *t = report_trouble(w);
	int64_t now_ms = clock_mono_ms();
	int64_t lasted_ms = trouble_ms(t, now_ms);

	if (lasted_ms >= TELL_AFTER_MS &&
	    (!w->told || now_ms - w->told_ms >= TELL_AGAIN_MS)) {
		log_warn("blocked: documents wait and are tried again",
			 KV_INT("seconds", lasted_ms / 1000),
			 KV_INT("in_flight", count_items(w)),
			 KV_TEXT("why", t->why.text));
		w->told = true;
		w->told_ms = now_ms;
	} else if (!t->active && w->told) {
		log_info("no longer blocked");
		w->told = false;
	}
	index_range_tell(w);
	loop_timer_start(w->watch_timer, TELL_AFTER_MS);
}

static void count_conflicts(struct worker *w, enum template_kind kind,
			    const char *how, size_t n)
{
	AUTO(buf_release) struct buf labels = { 0 };
	char name[TEMPLATE_NAME_BYTES];

	metrics_label(&labels, "indices",
		      str_of(template_name(w->config, kind, name)));
	metrics_label(&labels, "problem", str_of(how));
	metric_set(metrics_gauge(w->metrics, "tocsin_index_mapping_conflicts",
				 "Fields that some index maps otherwise than "
				 "the template.",
				 buf_text(&labels)),
		   (double)n);
}

/* By value: gcc 12 with sanitizers takes a borrowed one for NULL. */
static void tell_different(struct mapping_conflict c)
{
	log_warn("an index maps a field otherwise than the template",
		 KV_TEXT("index", c.index), KV_TEXT("field", c.field),
		 KV_TEXT("wanted", c.wanted), KV_TEXT("found", c.found),
		 KV_INT("indices", c.indices));
}

/* What differs is told by field, what lacks in one line: it is many fields
 * where an index was made by somebody else. */
static void tell_conflicts(const struct mapping_conflicts *conflicts)
{
	AUTO(buf_release) struct buf lacking = { 0 };
	AUTO(buf_release) struct buf newest = { 0 };

	for (size_t i = 0; i < conflicts->n; i++) {
		const struct mapping_conflict *c = &conflicts->item[i];

		if (!c->missing) {
			tell_different(*c);
			continue;
		}
		buf_clear(&newest);
		buf_add_format(&newest, "%s", c->index);
		buf_add_format(&lacking, "%s%s", lacking.n > 0 ? "," : "",
			       c->field);
	}
	if (lacking.n > 0)
		log_warn("an index lacks fields of the template",
			 KV_STR("index", buf_str(&newest)),
			 KV_STR("fields", buf_str(&lacking)));
	log_warn("indices keep the mapping that they were made with: \"tocsin "
		 "setup\" sees to the template and so to the next day's; for "
		 "these, reindex them, or add what lacks with the mapping API");
}

void report_mapping(void *arg, enum template_kind kind,
		    const struct mapping_conflicts *conflicts)
{
	struct worker *w = arg;
	size_t n = conflicts->missing + conflicts->different;

	count_conflicts(w, kind, "missing", conflicts->missing);
	count_conflicts(w, kind, "different", conflicts->different);
	if (n == w->told_conflicts[kind])
		return;
	w->told_conflicts[kind] = n;
	if (n > 0)
		tell_conflicts(conflicts);
}
