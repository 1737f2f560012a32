/* window_part.c - one partition of matches: rebuilt, then live
 *
 * The engine forgets everything when its worker ends; its windows come back by
 * reading the matches again from as far back as the longest window reaches.
 * How far that is in the topic is known by record times: the matches of an
 * event are never written before the event. Where a backlog was being worked
 * off, the clock stood further back than the record times say; then the
 * rebuild finds out that it began too late, and begins once more from where
 * the clock says.
 *
 * Owns the engine and the lane. Loop thread. */
#include "alert/window/window_internal.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"

enum {
	ASK_MS = 5000,
	/* Series are announced each minute; two for good measure. */
	REBUILD_SLACK_MS = 120000,
	SAMPLES_BYTES = 16 * 1024 * 1024,
	REBUILDS_MAX = 3,
};

static const char *topic_of(struct window_part *p)
{
	return buf_text(&p->window->matches_topic);
}

/* ---- the engine ---- */

static void on_emit(void *arg, const struct transition *t)
{
	struct window_part *p = arg;
	struct window *w = p->window;

	buf_clear(&w->json);
	transition_encode(t, &w->json);
	relay_send(p->lane, 0, str_of(t->id), buf_str(&w->json));
	log_info("alert", KV_TEXT("state", alert_state_name(t->state)),
		 KV_TEXT("rule", t->rule), KV_TEXT("id", t->id),
		 KV_INT("episode", t->episode), KV_INT("count", t->count));
}

static void on_memory(void *arg, struct str key, struct str value)
{
	struct window_part *p = arg;

	relay_send_to(p->lane, buf_text(&p->window->memory_topic), p->id, key,
		      value);
	metric_add(p->window->memories, 1);
}

static void open_engine(struct window_part *p)
{
	struct window *w = p->window;
	const struct engine_options options = {
		.rules = w->context.rules,
		.fields = &w->fields,
		.partition = p->id,
		.partitions = w->context.matches_partitions,
		.live_from = p->live_from,
		.lateness_ms = w->lateness_ms,
		.late_limit_ms = w->late_limit_ms,
		.samples_bytes = SAMPLES_BYTES,
		.dashboard_url =
			config_string(w->context.config, "dashboard_url"),
		.emit = on_emit,
		.memory = on_memory,
		.arg = p,
	};

	window_part_account(p);
	engine_close(p->engine);
	p->engine = engine_open(&options);
	p->told = (struct engine_counts){ 0 };
	p->readback = (struct readback){ 0 };
}

static void on_done(void *arg, int64_t mark)
{
	struct window_part *p = arg;

	p->done = mark;
	kafka_consumer_store(p->window->consumer, topic_of(p), p->id, mark);
}

static void on_failed(void *arg, const struct error *err)
{
	struct window_part *p = arg;

	log_error("transitions could not be delivered, trying again",
		  KV_INT("partition", p->id), KV_TEXT("error", err->text));
	p->phase = WINDOW_BROKEN;
}

struct window_part *window_part_open(struct window *w, int32_t id)
{
	struct window_part *p = xcalloc(1, sizeof(*p));

	p->window = w;
	p->id = id;
	return p;
}

void window_part_account(struct window_part *p)
{
	struct window *w = p->window;
	struct engine_counts now;

	if (!p->engine)
		return;
	now = engine_counts(p->engine);
	metric_add(w->transitions,
		   (int64_t)(now.transitions - p->told.transitions));
	metric_add(w->late, (int64_t)(now.late - p->told.late));
	metric_add(w->dropped, (int64_t)(now.dropped - p->told.dropped));
	p->told = now;
}

void window_part_close(struct window_part *p)
{
	if (!p)
		return;
	window_part_account(p);
	relay_lane_close(p->lane);
	engine_close(p->engine);
	free(p);
}

int64_t window_part_begin(struct window_part *p, int64_t offset)
{
	const struct relay_lane_config lane = { .done = on_done,
						.failed = on_failed,
						.arg = p };

	relay_lane_close(p->lane);
	p->lane = relay_lane_open(p->window->relay, &lane);
	p->phase = WINDOW_LOAD;
	p->live_from = p->next = p->done = offset;
	p->rebuilds = 0;
	open_engine(p);
	return offset > 0 ? offset - 1 : 0;
}

void window_part_remember(struct window_part *p, const struct transition *t)
{
	if (p->phase == WINDOW_LOAD)
		engine_remember(p->engine, t);
}

bool window_part_recall(struct window_part *p, struct str key, struct str value,
			struct error *err)
{
	return p->phase != WINDOW_LOAD ||
	       engine_recall(p->engine, key, value, err);
}

static void go_live(struct window_part *p)
{
	engine_go_live(p->engine);
	p->phase = WINDOW_LIVE;
	log_info("window: partition is live", KV_INT("partition", p->id),
		 KV_INT("offset", p->live_from));
}

/* ---- rebuilding ---- */

static bool seek(struct window_part *p, int64_t offset)
{
	struct error err;

	if (kafka_consumer_seek(p->window->consumer, topic_of(p), p->id, offset,
				&err))
		return true;
	window_trouble(p->window, &err);
	p->phase = WINDOW_BROKEN;
	return false;
}

/* Read again from the wall time `from_ms`. */
static bool rebuild_from(struct window_part *p, int64_t from_ms)
{
	struct window *w = p->window;
	struct kafka_partition from = { topic_of(p), p->id,
					from_ms > 0 ? from_ms : 0 };
	int64_t low, high;
	struct error err;

	p->phase = WINDOW_REBUILD;
	p->begun_ms = from_ms;
	if (!kafka_consumer_offsets_for_times(w->consumer, &from, 1, ASK_MS,
					      &err) ||
	    !kafka_consumer_bounds(w->consumer, topic_of(p), p->id, &low, &high,
				   ASK_MS, &err)) {
		window_trouble(w, &err);
		p->phase = WINDOW_BROKEN;
		return false;
	}
	if (!seek(p, from.offset))
		return false;
	p->whole = from.offset <= low;
	p->next = from.offset;
	log_info("window: rebuilding", KV_INT("partition", p->id),
		 KV_INT("from", from.offset), KV_INT("to", p->live_from));
	return true;
}

void window_part_loaded(struct window_part *p)
{
	if (p->phase != WINDOW_LOAD)
		return;
	if (p->live_from == 0)
		go_live(p);
	else if (p->rebuilds > 0)
		(void)rebuild_from(p, p->begun_ms);
	else
		p->phase = WINDOW_PROBE;
	/* What came while it was loading has been dropped. */
	if (p->phase != WINDOW_REBUILD && p->phase != WINDOW_BROKEN)
		(void)seek(p, p->live_from > 0 ? p->live_from - 1 : 0);
}

static void probe(struct window_part *p, const struct kafka_record *r)
{
	p->probe_ms = r->time_ms;
	(void)rebuild_from(p,
			   r->time_ms - p->window->reach_ms - REBUILD_SLACK_MS);
}

/* Everything before live_from has been applied. Was it enough? */
static bool rebuild_suffices(struct window_part *p)
{
	return p->whole || p->rebuilds >= REBUILDS_MAX ||
	       readback_suffices(&p->readback, p->engine,
				 p->window->reach_ms + REBUILD_SLACK_MS / 2);
}

static void rebuild_further(struct window_part *p)
{
	int64_t clock_ms = engine_clock_ms(p->engine);
	int64_t from_ms = p->probe_ms - 2 * (p->probe_ms - p->begun_ms);

	if (clock_ms != ALERT_TIME_NONE &&
	    from_ms > clock_ms - p->window->reach_ms - 2 * REBUILD_SLACK_MS)
		from_ms = clock_ms - p->window->reach_ms - 2 * REBUILD_SLACK_MS;
	p->rebuilds++;
	/* The memory of the alerts is in the engine: load anew. */
	open_engine(p);
	p->phase = WINDOW_LOAD;
	p->begun_ms = from_ms;
}

/* True: it is live. */
static bool finish_rebuild(struct window_part *p)
{
	if (!rebuild_suffices(p)) {
		rebuild_further(p);
		return false;
	}
	go_live(p);
	return true;
}

/* ---- records ---- */

static void apply_envelope(struct window_part *p, int64_t offset,
			   struct envelope *envelope)
{
	readback_note(&p->readback, p->engine, &envelope->head);
	if (engine_apply(p->engine, offset, envelope) == ENGINE_GAP)
		metric_add(p->window->gaps, 1);
}

static void apply(struct window_part *p, const struct kafka_record *r)
{
	struct envelope envelope;
	struct error err;

	if (envelope_read(&envelope, r->value, &err))
		apply_envelope(p, r->offset, &envelope);
	else
		metric_add(p->window->unreadable, 1);
	envelope_release(&envelope);
	p->next = r->offset + 1;
	if (p->phase == WINDOW_LIVE)
		relay_mark(p->lane, p->next);
}

void window_part_record(struct window_part *p, const struct kafka_record *r)
{
	if (p->phase == WINDOW_BROKEN || p->phase == WINDOW_LOAD)
		return;
	if (p->phase == WINDOW_PROBE && r->offset < p->live_from) {
		probe(p, r);
		return;
	}
	if (p->phase != WINDOW_LIVE && r->offset >= p->live_from) {
		/* Retention has taken all before it. */
		if (p->phase == WINDOW_PROBE)
			p->whole = true;
		if (!finish_rebuild(p))
			return;
	}
	if (r->offset < p->next)
		return;
	apply(p, r);
	if (p->phase == WINDOW_REBUILD && p->next >= p->live_from)
		(void)finish_rebuild(p);
}

void window_part_end(struct window_part *p, int64_t offset)
{
	if (p->phase == WINDOW_PROBE || p->phase == WINDOW_REBUILD) {
		if (offset < p->live_from)
			return;
		p->whole |= p->phase == WINDOW_PROBE;
		(void)finish_rebuild(p);
	}
}
