/* match.c - stage 1: <prefix>.logs -> <prefix>.matches
 *
 * Every record is mended as a function of itself alone, held against the
 * queries of all rules, and what matches goes out in envelopes.
 *
 * The end claim: an envelope may say "the end was reached at wall time w" only
 * if no record with a record time up to w can still come. The next offset
 * equals the end that the consumer knows from its last fetch, and w lies
 * CLAIM_MS before now: twice as long as a broker holds a fetch that finds
 * nothing, so a record appended before w has been announced by an answer since.
 * No claim is made while paused or shortly after, after an error, or when the
 * loop itself stood still (a stopped process wakes up with an old end).
 *
 * Owns the consumer of the logs, the relay to matches, the assigned parts.
 * Loop thread. */
#include "alert/stage.h"

#include <inttypes.h>
#include <stdlib.h>

#include "alert/match/match_internal.h"
#include "alert/settings.h"
#include "core/clock.h"
#include "core/log.h"

enum {
	FLUSH_MS = 200,
	CLAIM_MS = 1000,
	CLAIM_AFTER_TROUBLE_MS = 2000,
	STALL_MS = 1000,
	LINGER_MS = 5,
	REPEATS_BACK_MS = 10 * 60000,
	ASK_MS = 5000,
	COUNT_PARTITIONS_MS = 30000,
};

static struct part *part_find(struct match *m, int32_t id)
{
	for (size_t i = 0; i < m->n_parts; i++)
		if (m->part[i]->id == id)
			return m->part[i];
	return NULL;
}

static void note_trouble(struct match *m, const struct error *err)
{
	log_warn("match: kafka", KV_TEXT("error", err->text));
	m->trouble = *err;
	m->troubled = true;
	m->no_claim_until_mono_ms = clock_mono_ms() + CLAIM_AFTER_TROUBLE_MS;
}

/* ---- the end of a partition ---- */

static int64_t end_claim(struct match *m, const struct part *p)
{
	int64_t now = clock_mono_ms(), end;

	if (p->phase != PART_LIVE || kafka_consumer_paused(m->consumer) ||
	    now < m->no_claim_until_mono_ms || now - m->tick_mono_ms > STALL_MS)
		return -1;
	end = kafka_consumer_end_offset(m->consumer, buf_text(&m->logs_topic),
					p->id);
	return end == p->next ? clock_wall_ms() - CLAIM_MS : -1;
}

static struct part_facts facts_of(struct match *m, const struct part *p)
{
	struct part_facts facts = {
		.logs_partitions = m->logs_partitions,
		.mono_ms = clock_mono_ms(),
		.end_ms = end_claim(m, p),
	};

	if (facts.logs_partitions <= p->id)
		facts.logs_partitions = p->id + 1;
	facts.series = matcher_series(m->matcher, &facts.n_series);
	return facts;
}

/* ---- the lane of a part ---- */

static void on_done(void *arg, int64_t mark)
{
	struct part *p = arg;
	struct match *m = p->owner;

	p->done = mark;
	m->troubled = false;
	kafka_consumer_store(m->consumer, buf_text(&m->logs_topic), p->id,
			     mark);
}

static void on_lane_failed(void *arg, const struct error *err)
{
	struct part *p = arg;

	log_error("matches could not be delivered, trying again",
		  KV_INT("partition", p->id), KV_TEXT("error", err->text));
	p->phase = PART_BROKEN;
}

static void open_lane(struct match *m, struct part *p)
{
	const struct relay_lane_config config = { .done = on_done,
						  .failed = on_lane_failed,
						  .arg = p };

	relay_lane_close(p->lane);
	p->lane = relay_lane_open(m->relay, &config);
}

/* ---- where a part begins ---- */

static void go_live(struct part *p)
{
	p->phase = PART_LIVE;
}

/* The record before the first one to be matched: read on from ten minutes
 * before it, for the repeats. */
static void probe(struct match *m, struct part *p, const struct kafka_record *r)
{
	struct kafka_partition from = { buf_text(&m->logs_topic), p->id,
					r->time_ms - REPEATS_BACK_MS };
	struct error err;

	p->phase = PART_WARM;
	if (from.offset < 0)
		from.offset = 0;
	if (kafka_consumer_offsets_for_times(m->consumer, &from, 1, ASK_MS,
					     &err) &&
	    (from.offset >= r->offset ||
	     kafka_consumer_seek(m->consumer, from.topic, p->id, from.offset,
				 &err)))
		return;
	log_warn("match: lines that a shipper repeated may count twice",
		 KV_INT("partition", p->id), KV_TEXT("error", err.text));
}

static void warm(struct part *p, const struct kafka_record *r)
{
	struct str header;

	if (kafka_record_header(r, "tocsin-source", &header))
		(void)repeats_note(&p->repeats, header);
}

/* The topic was deleted and made again, so its offsets begin again: nothing of
 * what was known of the old one holds. */
static void begin_anew(struct match *m, struct part *p, int64_t offset)
{
	log_error("the topic was made anew, going on from its beginning",
		  KV_TEXT("topic", buf_text(&m->logs_topic)),
		  KV_INT("partition", p->id), KV_INT("from", p->next),
		  KV_INT("to", offset));
	open_lane(m, p);
	part_begin_anew(p, offset);
	p->phase = PART_LIVE;
}

/* A lower offset with a later record time cannot be of the same log, nor can
 * one below the record that was asked for. */
static bool is_anew(const struct part *p, const struct kafka_record *r)
{
	if (p->phase == PART_PROBE)
		return r->offset < p->committed - 1;
	return p->phase == PART_LIVE && r->offset < p->next &&
	       p->record_ms >= 0 && r->time_ms > p->record_ms;
}

static void take(struct match *m, struct part *p, const struct kafka_record *r)
{
	if (p->phase == PART_BROKEN)
		return;
	if (is_anew(p, r))
		begin_anew(m, p, r->offset);
	if (r->offset >= p->committed && p->phase != PART_LIVE)
		go_live(p);
	if (p->phase == PART_LIVE) {
		if (r->offset >= p->next && match_record(m, p, r)) {
			struct part_facts facts = facts_of(m, p);
			part_send_entries(p, &facts);
		}
		return;
	}
	if (p->phase == PART_PROBE)
		probe(m, p, r);
	warm(p, r);
}

static void on_record(void *arg, const struct kafka_record *r)
{
	struct match *m = arg;
	struct kafka_record record = *r;
	struct part *p = part_find(m, r->partition);

	if (record.time_ms < 0)
		record.time_ms = 0;
	if (p)
		take(m, p, &record);
	kafka_record_release(&record);
}

static void pause_if_full(struct match *m)
{
	if (relay_full(m->relay) && !kafka_consumer_paused(m->consumer))
		kafka_consumer_pause(m->consumer);
}

static void on_batch_end(void *arg)
{
	struct match *m = arg;

	for (size_t i = 0; i < m->n_parts; i++) {
		struct part *p = m->part[i];
		struct part_facts facts;
		if (p->phase != PART_LIVE)
			continue;
		facts = facts_of(m, p);
		part_send_entries(p, &facts);
	}
	pause_if_full(m);
}

static void on_end(void *arg, const char *topic, int32_t partition,
		   int64_t offset)
{
	struct match *m = arg;
	struct part *p = part_find(m, partition);

	(void)topic;
	if (!p || p->phase == PART_BROKEN)
		return;
	if (p->phase == PART_PROBE && offset < p->committed - 1)
		begin_anew(m, p, offset);
	else if (p->phase != PART_LIVE && offset >= p->committed)
		go_live(p);
}

static void on_drained(void *arg)
{
	struct match *m = arg;

	m->no_claim_until_mono_ms = clock_mono_ms() + CLAIM_AFTER_TROUBLE_MS;
	if (m->consumer && !m->stopping)
		kafka_consumer_resume(m->consumer);
}

static void on_trouble(void *arg, const struct error *err)
{
	note_trouble(arg, err);
}

static void on_offsets_lost(void *arg, const char *topic, int32_t partition,
			    int64_t from, int64_t to)
{
	struct match *m = arg;

	metric_add(metrics_counter(m->context.metrics,
				   "tocsin_alert_lost_total",
				   "Records that retention removed before they "
				   "were matched.",
				   NULL),
		   to - from);
	log_error("records were removed before they were matched",
		  KV_TEXT("topic", topic), KV_INT("partition", partition),
		  KV_INT("from", from), KV_INT("to", to));
}

/* From the record before what is done. Returns where to read. */
static int64_t begin(struct match *m, struct part *p, int64_t offset)
{
	open_lane(m, p);
	part_begin(p, offset);
	p->phase = offset > 0 ? PART_PROBE : PART_LIVE;
	return offset > 0 ? offset - 1 : 0;
}

static void mend_broken(struct match *m, struct part *p)
{
	struct error err;
	int64_t from = begin(m, p, p->done);

	if (kafka_consumer_seek(m->consumer, buf_text(&m->logs_topic), p->id,
				from, &err))
		return;
	p->phase = PART_BROKEN;
	note_trouble(m, &err);
}

static void on_assigned(void *arg, struct kafka_partition parts[], size_t n)
{
	struct match *m = arg;

	for (size_t i = 0; i < n; i++) {
		struct part *p = part_open(parts[i].partition,
					   m->context.matches_partitions, m);
		*ARRAY_PUSH(m->part, m->n_parts, m->parts_cap) = p;
		log_info("match: partition taken", KV_INT("partition", p->id),
			 KV_INT("offset", parts[i].offset));
		parts[i].offset = begin(m, p, parts[i].offset);
	}
	m->counted_mono_ms = INT64_MIN / 2;
}

static void flush_all(struct match *m)
{
	for (size_t i = 0; i < m->n_parts; i++) {
		struct part *p = m->part[i];
		struct part_facts facts = facts_of(m, p);
		if (p->phase == PART_LIVE)
			part_flush(p, &facts);
	}
}

static void drop_part(struct match *m, int32_t id)
{
	for (size_t i = 0; i < m->n_parts; i++) {
		if (m->part[i]->id != id)
			continue;
		part_close(m->part[i]);
		m->part[i] = m->part[--m->n_parts];
		return;
	}
}

static void on_revoked(void *arg, const struct kafka_partition parts[],
		       size_t n, bool lost)
{
	struct match *m = arg;

	if (!lost) {
		flush_all(m);
		(void)relay_flush(m->relay, ASK_MS);
	}
	for (size_t i = 0; i < n; i++)
		drop_part(m, parts[i].partition);
	kafka_consumer_revoke_done(m->consumer);
}

/* ---- the beat ---- */

static void count_partitions(struct match *m, int64_t now)
{
	struct error err;
	int n = 0;

	if (now - m->counted_mono_ms < COUNT_PARTITIONS_MS)
		return;
	m->counted_mono_ms = now;
	if (!kafka_topic_partitions(&m->options, buf_text(&m->logs_topic), &n,
				    ASK_MS, &err)) {
		note_trouble(m, &err);
		return;
	}
	m->troubled = false;
	if (n > m->logs_partitions)
		m->logs_partitions = n;
}

static void on_tick(void *arg)
{
	struct match *m = arg;
	int64_t now = clock_mono_ms();

	if (now - m->tick_mono_ms > STALL_MS)
		m->no_claim_until_mono_ms = now + CLAIM_AFTER_TROUBLE_MS;
	if (m->n_parts > 0 || m->troubled)
		count_partitions(m, now);
	flush_all(m);
	for (size_t i = 0; i < m->n_parts; i++)
		if (m->part[i]->phase == PART_BROKEN)
			mend_broken(m, m->part[i]);
	pause_if_full(m);
	metric_add(m->limited,
		   (int64_t)(matcher_limited(m->matcher) - m->limited_told));
	m->limited_told = matcher_limited(m->matcher);
	m->tick_mono_ms = clock_mono_ms();
	loop_timer_start(m->timer, FLUSH_MS);
}

/* ---- opening and closing ---- */

static void open_metrics(struct match *m)
{
	struct metrics *all = m->context.metrics;

	m->records = metrics_counter(all, "tocsin_alert_records_total",
				     "Records read from the logs.", NULL);
	m->matches =
		metrics_counter(all, "tocsin_alert_matches_total",
				"Matches of a record with a series.", NULL);
	m->repeats = metrics_counter(all, "tocsin_alert_repeated_total",
				     "Lines that a shipper sent again.", NULL);
	m->malformed = metrics_counter(all, "tocsin_source_malformed_total",
				       "tocsin-source headers in another form, "
				       "ignored.",
				       NULL);
	m->skipped = metrics_counter(all, "tocsin_alert_skipped_total",
				     "Blank records and replayed dead letters.",
				     NULL);
	m->limited = metrics_counter(all, "tocsin_alert_limited_total",
				     "Matches given up at a limit of a "
				     "pattern.",
				     NULL);
}

static bool open_kafka(struct match *m, struct error *err)
{
	const char *topics[1];
	struct relay_config relay = { .options = m->options,
				      .linger_ms = LINGER_MS,
				      .drained = on_drained,
				      .failed = on_trouble,
				      .arg = m };
	struct kafka_consumer_config consumer = {
		.options = m->options,
		.topics = topics,
		.n_topics = 1,
		.record = on_record,
		.batch_end = on_batch_end,
		.assigned = on_assigned,
		.revoked = on_revoked,
		.end = on_end,
		.offsets_lost = on_offsets_lost,
		.failed = on_trouble,
		.arg = m,
	};

	topics[0] = alert_topic(m->context.prefix, "logs", &m->logs_topic);
	relay.topic =
		alert_topic(m->context.prefix, "matches", &m->matches_topic);
	buf_add_format(&m->group, "%s-match", m->context.prefix);
	consumer.group = buf_text(&m->group);
	consumer.prefetch_bytes =
		(size_t)config_int(m->context.config, "alert.buffer_bytes");
	if (!alert_start(m->context.config, &consumer.start, err))
		return false;
	m->relay = relay_open(m->context.loop, &relay, err);
	if (!m->relay)
		return false;
	m->consumer = kafka_consumer_open(m->context.loop, &consumer, err);
	return m->consumer != NULL;
}

struct match *match_open(const struct alert_context *context, struct error *err)
{
	struct match *m = xcalloc(1, sizeof(*m));
	struct query_options fields = alert_fields(context->config);

	m->context = *context;
	m->options = kafka_options_of(context->config, "tocsin-alert");
	m->max_event_bytes =
		(size_t)config_int(context->config, "max_event_bytes");
	m->matcher = matcher_open(context->rules, &fields);
	m->scanner = scanner_open();
	m->tick_mono_ms = clock_mono_ms();
	m->timer = loop_timer_open(context->loop, on_tick, m);
	open_metrics(m);
	if (!open_kafka(m, err)) {
		match_close(m);
		return NULL;
	}
	loop_timer_start(m->timer, FLUSH_MS);
	return m;
}

void match_stop(struct match *m, int64_t timeout_ms)
{
	m->stopping = true;
	loop_timer_stop(m->timer);
	kafka_consumer_pause(m->consumer);
	flush_all(m);
	(void)relay_flush(m->relay, timeout_ms / 2);
	kafka_consumer_close(m->consumer, timeout_ms / 2);
	m->consumer = NULL;
}

void match_close(struct match *m)
{
	if (!m)
		return;
	loop_timer_close(m->timer);
	kafka_consumer_close(m->consumer, 0);
	while (m->n_parts > 0)
		drop_part(m, m->part[0]->id);
	free(m->part);
	relay_close(m->relay);
	matcher_close(m->matcher);
	scanner_close(m->scanner);
	buf_release(&m->mended);
	buf_release(&m->sample);
	buf_release(&m->logs_topic);
	buf_release(&m->matches_topic);
	buf_release(&m->group);
	free(m);
}

/* ---- looking in ---- */

bool match_ready(const struct match *m, struct buf *why)
{
	if (!kafka_consumer_joined(m->consumer)) {
		buf_add_text(why, "match: waiting for its partitions");
		return false;
	}
	if (!m->troubled)
		return true;
	buf_add_format(why, "match: %s", m->trouble.text);
	return false;
}

void match_describe(const struct match *m, struct buf *json)
{
	static const char *const phase[] = { "probe", "warm", "live",
					     "broken" };

	buf_add_text(json, "{\"partitions\":[");
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct part *p = m->part[i];
		buf_add_format(json,
			       "%s{\"partition\":%d,\"state\":\"%s\","
			       "\"next\":%" PRId64 ",\"delivered\":%" PRId64
			       "}",
			       i ? "," : "", (int)p->id, phase[p->phase],
			       p->next, p->done);
	}
	buf_add_text(json, "]}");
}
