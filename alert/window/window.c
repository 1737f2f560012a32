/* window.c - stage 2: <prefix>.matches -> <prefix>.alerts, and
 * <prefix>.memory
 *
 * One engine for each partition of matches that is ours. What an envelope
 * brings about is delivered before its offset is stored.
 *
 * Owns the consumer of the matches, the relay to the alerts, the parts. Loop
 * thread. */
#include "alert/window/window_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "alert/builtin.h"
#include "alert/settings.h"
#include "core/clock.h"
#include "core/log.h"

enum {
	LOAD_TIMEOUT_MS = 30000,
	LOAD_AGAIN_MS = 1000,
	TICK_MS = 1000,
	FLUSH_MS = 5000,
	LINGER_MS = 2,
	TROUBLE_SHOWN_MS = 10000,
	DESCRIBED_MAX = 1000, /* alerts in /status */
};

static struct window_part *part_find(struct window *w, int32_t id)
{
	for (size_t i = 0; i < w->n_parts; i++)
		if (w->part[i]->id == id)
			return w->part[i];
	return NULL;
}

void window_trouble(struct window *w, const struct error *err)
{
	log_warn("window: kafka", KV_TEXT("error", err->text));
	w->trouble = *err;
	w->troubled = true;
	w->trouble_mono_ms = clock_mono_ms();
}

/* ---- the last transitions ---- */

static void on_stored(void *arg, const struct kafka_record *r)
{
	struct window *w = arg;
	struct transition t;
	struct error err;

	if (!r->value.s)
		return;
	if (!transition_decode(r->value, &t, &err))
		metric_add(w->unreadable, 1);
	else if (!builtin_is_name(t.rule))
		for (size_t i = 0; i < w->n_parts; i++)
			window_part_remember(w->part[i], &t);
	transition_release(&t);
}

static bool any_loading(const struct window *w)
{
	for (size_t i = 0; i < w->n_parts; i++)
		if (w->part[i]->phase == WINDOW_LOAD)
			return true;
	return false;
}

/* The memory of a partition lies in the one of the same number. */
static void on_recalled(void *arg, const struct kafka_record *r)
{
	struct window *w = arg;
	struct window_part *p = part_find(w, r->partition);
	struct error err;

	if (p && !window_part_recall(p, r->key, r->value, &err))
		metric_add(w->unreadable, 1);
}

static void load(void *arg)
{
	struct window *w = arg;
	struct error err;

	if (!any_loading(w))
		return;
	if (!kafka_read_topic(&w->options, buf_text(&w->alerts_topic), -1,
			      on_stored, w, LOAD_TIMEOUT_MS, &err) ||
	    !kafka_read_topic(&w->options, buf_text(&w->memory_topic), -1,
			      on_recalled, w, LOAD_TIMEOUT_MS, &err)) {
		window_trouble(w, &err);
		loop_timer_start(w->load_timer, LOAD_AGAIN_MS);
		return;
	}
	for (size_t i = 0; i < w->n_parts; i++)
		window_part_loaded(w->part[i]);
}

/* ---- the consumer ---- */

static void load_soon(struct window *w)
{
	if (any_loading(w) && !loop_timer_active(w->load_timer))
		loop_timer_start(w->load_timer, 0);
}

static void on_record(void *arg, const struct kafka_record *r)
{
	struct window *w = arg;
	struct kafka_record record = *r;
	struct window_part *p = part_find(w, record.partition);

	w->troubled = false;
	if (p)
		window_part_record(p, &record);
	kafka_record_release(&record);
}

static void pause_if_full(struct window *w)
{
	if (relay_full(w->relay) && !kafka_consumer_paused(w->consumer))
		kafka_consumer_pause(w->consumer);
}

static void on_batch_end(void *arg)
{
	struct window *w = arg;

	pause_if_full(w);
	load_soon(w);
}

static void on_end(void *arg, const char *topic, int32_t partition,
		   int64_t offset)
{
	struct window *w = arg;
	struct window_part *p = part_find(w, partition);

	(void)topic;
	if (p)
		window_part_end(p, offset);
	load_soon(w);
}

static void on_assigned(void *arg, struct kafka_partition parts[], size_t n)
{
	struct window *w = arg;

	for (size_t i = 0; i < n; i++) {
		struct window_part *p = window_part_open(w, parts[i].partition);
		*ARRAY_PUSH(w->part, w->n_parts, w->parts_cap) = p;
		log_info("window: partition taken", KV_INT("partition", p->id),
			 KV_INT("offset", parts[i].offset));
		parts[i].offset = window_part_begin(p, parts[i].offset);
	}
	load_soon(w);
}

static void drop_part(struct window *w, int32_t id)
{
	for (size_t i = 0; i < w->n_parts; i++) {
		if (w->part[i]->id != id)
			continue;
		window_part_close(w->part[i]);
		w->part[i] = w->part[--w->n_parts];
		return;
	}
}

static void on_revoked(void *arg, const struct kafka_partition parts[],
		       size_t n, bool lost)
{
	struct window *w = arg;

	if (!lost)
		(void)relay_flush(w->relay, FLUSH_MS);
	for (size_t i = 0; i < n; i++)
		drop_part(w, parts[i].partition);
	kafka_consumer_revoke_done(w->consumer);
}

static void on_offsets_lost(void *arg, const char *topic, int32_t partition,
			    int64_t from, int64_t to)
{
	(void)arg;
	log_error("matches were removed before they were counted",
		  KV_TEXT("topic", topic), KV_INT("partition", partition),
		  KV_INT("from", from), KV_INT("to", to));
}

static void on_trouble(void *arg, const struct error *err)
{
	window_trouble(arg, err);
}

static void on_drained(void *arg)
{
	struct window *w = arg;

	if (w->consumer && !w->stopping)
		kafka_consumer_resume(w->consumer);
}

static void on_tick(void *arg)
{
	struct window *w = arg;

	for (size_t i = 0; i < w->n_parts; i++) {
		struct window_part *p = w->part[i];
		if (p->phase == WINDOW_BROKEN)
			(void)window_part_begin(p, p->done);
		/* Alerts about us rest on it, asked for metrics or not. */
		window_part_account(p);
	}
	load_soon(w);
	pause_if_full(w);
	loop_timer_start(w->timer, TICK_MS);
}

/* ---- metrics ---- */

static int64_t behind_ms(const struct window *w, int32_t logs_partition,
			 int64_t now_ms)
{
	int64_t behind = -1;

	for (size_t i = 0; i < w->n_parts; i++) {
		const struct window_part *p = w->part[i];
		int64_t time_ms =
			engine_logs_time_ms(p->engine, logs_partition);
		if (p->phase == WINDOW_LIVE && time_ms != ALERT_TIME_NONE &&
		    now_ms - time_ms > behind)
			behind = now_ms - time_ms;
	}
	return behind;
}

static void refresh_clocks(struct window *w)
{
	int64_t now_ms = clock_wall_ms();
	int32_t n = 0;

	for (size_t i = 0; i < w->n_parts; i++) {
		int32_t of = engine_logs_partitions(w->part[i]->engine);
		n = of > n ? of : n;
	}
	for (int32_t i = 0; i < n; i++) {
		struct buf AUTO(buf_release) label = { 0 };
		int64_t behind = behind_ms(w, i, now_ms);
		buf_add_format(&label, "partition=\"%d\"", (int)i);
		if (behind >= 0)
			metric_set(metrics_gauge(
					   w->context.metrics,
					   "tocsin_alert_clock_behind_seconds",
					   "How far the matching of a "
					   "partition of the logs is behind.",
					   buf_text(&label)),
				   (double)behind / 1000);
	}
}

void window_refresh(struct window *w)
{
	size_t groups = 0, firing = 0;

	for (size_t i = 0; i < w->n_parts; i++) {
		window_part_account(w->part[i]);
		groups += w->part[i]->told.groups;
		firing += w->part[i]->told.firing;
	}
	metric_set(w->groups, (double)groups);
	metric_set(w->firing, (double)firing);
	refresh_clocks(w);
}

static void open_metrics(struct window *w)
{
	struct metrics *all = w->context.metrics;

	w->transitions = metrics_counter(all, "tocsin_alert_transitions_total",
					 "Transitions of alerts that were "
					 "told.",
					 NULL);
	w->memories = metrics_counter(all, "tocsin_alert_memories_total",
				      "Records written of what rules remember "
				      "for longer than a day.",
				      NULL);
	w->late = metrics_counter(all, "tocsin_alert_late_total",
				  "Events that came too late to count.", NULL);
	w->dropped = metrics_counter(all, "tocsin_alert_groups_dropped_total",
				     "Groups dropped because a rule had more "
				     "than max_groups.",
				     NULL);
	w->unreadable = metrics_counter(all, "tocsin_alert_unreadable_total",
					"Records of the internal topics that "
					"could not be read.",
					NULL);
	w->gaps = metrics_counter(all, "tocsin_alert_gaps_total",
				  "Envelopes held back because one before "
				  "them was missing.",
				  NULL);
	w->groups = metrics_gauge(all, "tocsin_alert_groups",
				  "Groups that rules hold windows for.", NULL);
	w->firing = metrics_gauge(all, "tocsin_alert_firing",
				  "Alerts that fire.", NULL);
}

/* ---- opening and closing ---- */

static bool open_kafka(struct window *w, struct error *err)
{
	const char *topics[1];
	struct relay_config relay = { .options = w->options,
				      .linger_ms = LINGER_MS,
				      .drained = on_drained,
				      .failed = on_trouble,
				      .arg = w };
	struct kafka_consumer_config consumer = {
		.options = w->options,
		.topics = topics,
		.n_topics = 1,
		.start = KAFKA_OFFSET_BEGINNING,
		.record = on_record,
		.batch_end = on_batch_end,
		.assigned = on_assigned,
		.revoked = on_revoked,
		.end = on_end,
		.offsets_lost = on_offsets_lost,
		.failed = on_trouble,
		.arg = w,
	};

	topics[0] =
		alert_topic(w->context.prefix, "matches", &w->matches_topic);
	relay.topic =
		alert_topic(w->context.prefix, "alerts", &w->alerts_topic);
	(void)alert_topic(w->context.prefix, "memory", &w->memory_topic);
	buf_add_format(&w->group, "%s-window", w->context.prefix);
	consumer.group = buf_text(&w->group);
	consumer.prefetch_bytes =
		(size_t)config_int(w->context.config, "alert.buffer_bytes");
	w->relay = relay_open(w->context.loop, &relay, err);
	if (!w->relay)
		return false;
	w->consumer = kafka_consumer_open(w->context.loop, &consumer, err);
	return w->consumer != NULL;
}

struct window *window_open(const struct alert_context *context,
			   struct error *err)
{
	struct window *w = xcalloc(1, sizeof(*w));
	const struct config *config = context->config;

	w->context = *context;
	w->options = kafka_options_of(config, "tocsin-alert");
	w->fields = alert_fields(config);
	w->lateness_ms = config_int(config, "alert.lateness");
	w->late_limit_ms = config_int(config, "alert.late_limit");
	if (w->late_limit_ms < w->lateness_ms)
		w->late_limit_ms = w->lateness_ms;
	w->reach_ms = engine_reach_ms(context->rules, w->lateness_ms,
				      w->late_limit_ms);
	w->trouble_mono_ms = INT64_MIN / 2;
	w->load_timer = loop_timer_open(context->loop, load, w);
	w->timer = loop_timer_open(context->loop, on_tick, w);
	open_metrics(w);
	if (!open_kafka(w, err)) {
		window_close(w);
		return NULL;
	}
	loop_timer_start(w->timer, TICK_MS);
	return w;
}

void window_stop(struct window *w, int64_t timeout_ms)
{
	w->stopping = true;
	loop_timer_stop(w->timer);
	loop_timer_stop(w->load_timer);
	kafka_consumer_pause(w->consumer);
	(void)relay_flush(w->relay, timeout_ms / 2);
	kafka_consumer_close(w->consumer, timeout_ms / 2);
	w->consumer = NULL;
}

void window_close(struct window *w)
{
	if (!w)
		return;
	loop_timer_close(w->timer);
	loop_timer_close(w->load_timer);
	kafka_consumer_close(w->consumer, 0);
	while (w->n_parts > 0)
		drop_part(w, w->part[0]->id);
	free(w->part);
	relay_close(w->relay);
	buf_release(&w->json);
	buf_release(&w->matches_topic);
	buf_release(&w->alerts_topic);
	buf_release(&w->memory_topic);
	buf_release(&w->group);
	free(w);
}

/* ---- looking in ---- */

/* Envelopes come each second, so one that comes shows that trouble is over;
 * who stands by gets none and waits for some time. */
static bool is_troubled(const struct window *w)
{
	if (w->n_parts > 0)
		return w->troubled;
	return clock_mono_ms() - w->trouble_mono_ms <= TROUBLE_SHOWN_MS;
}

bool window_ready(const struct window *w, struct buf *why)
{
	if (!kafka_consumer_joined(w->consumer)) {
		buf_add_text(why, "window: waiting for its partitions");
		return false;
	}
	if (is_troubled(w)) {
		buf_add_format(why, "window: %s", w->trouble.text);
		return false;
	}
	for (size_t i = 0; i < w->n_parts; i++) {
		if (w->part[i]->phase == WINDOW_LIVE)
			continue;
		buf_add_text(why, "window: windows are being rebuilt");
		return false;
	}
	return true;
}

struct description {
	struct buf *json;
	size_t n;
};

static void describe_alert(void *arg, const struct rule *rule,
			   enum alert_state state,
			   const struct alert_pairs *group,
			   int64_t starts_at_ms, double value)
{
	struct description *d = arg;

	buf_add_text(d->json, d->n++ ? ",{\"rule\":" : "{\"rule\":");
	buf_add_json_string(d->json, str_of(rule->name));
	buf_add_text(d->json, ",\"group\":{");
	for (size_t i = 0; i < group->n; i++) {
		if (i > 0)
			buf_add_char(d->json, ',');
		buf_add_json_string(d->json, str_of(group->item[i].name));
		buf_add_char(d->json, ':');
		buf_add_json_string(d->json, str_slice(group->item[i].value,
						       group->item[i].n));
	}
	buf_add_format(d->json,
		       "},\"state\":\"%s\",\"startsAtMs\":%" PRId64
		       ",\"value\":%.12g}",
		       alert_state_name(state), starts_at_ms, value);
}

static void describe_part(const struct window_part *p, struct buf *json)
{
	static const char *const phase[] = { "load", "probe", "rebuild", "live",
					     "broken" };
	struct engine_counts counts = engine_counts(p->engine);
	int64_t clock_ms = engine_clock_ms(p->engine);

	buf_add_format(json,
		       "{\"partition\":%d,\"state\":\"%s\",\"next\":%" PRId64
		       ",\"groups\":%zu,\"firing\":%zu",
		       (int)p->id, phase[p->phase], p->next, counts.groups,
		       counts.firing);
	if (clock_ms != ALERT_TIME_NONE)
		buf_add_format(json, ",\"clockMs\":%" PRId64, clock_ms);
	buf_add_char(json, '}');
}

struct visitor {
	void (*visit)(void *arg, const struct rule *rule,
		      enum alert_state state, const struct alert_pairs *group,
		      int64_t starts_at_ms, double value);
	void *arg;
	size_t left;
};

static void visit_counted(void *arg, const struct rule *rule,
			  enum alert_state state,
			  const struct alert_pairs *group, int64_t starts_at_ms,
			  double value)
{
	struct visitor *v = arg;

	v->left--;
	v->visit(v->arg, rule, state, group, starts_at_ms, value);
}

void window_visit(const struct window *w, size_t max,
		  void (*visit)(void *arg, const struct rule *rule,
				enum alert_state state,
				const struct alert_pairs *group,
				int64_t starts_at_ms, double value),
		  void *arg)
{
	struct visitor v = { visit, arg, max };

	for (size_t i = 0; i < w->n_parts && v.left > 0; i++)
		engine_visit(w->part[i]->engine, true, v.left, visit_counted,
			     &v);
}

void window_describe(const struct window *w, struct buf *json)
{
	struct description d = { json, 0 };

	buf_add_text(json, "{\"partitions\":[");
	for (size_t i = 0; i < w->n_parts; i++) {
		if (i > 0)
			buf_add_char(json, ',');
		describe_part(w->part[i], json);
	}
	buf_add_text(json, "],\"alerts\":[");
	for (size_t i = 0; i < w->n_parts && d.n < DESCRIBED_MAX; i++)
		engine_visit(w->part[i]->engine, false, DESCRIBED_MAX - d.n,
			     describe_alert, &d);
	buf_add_text(json, "]}");
}
