/* engine.c - envelopes in, the clock, who is to be judged
 *
 * Owns everything in struct engine. Loop thread. */
#include "alert/window/engine_internal.h"

#include <stdlib.h>

enum { MS_NS = 1000000, COUNTED_MS = 3600000 };

static struct str id_key(const uint64_t *id)
{
	return str_slice((const char *)id, sizeof(*id));
}

/* ---- opening ---- */

static void open_run(struct engine *e, struct series_run *series, size_t i)
{
	struct rule_run *run = &series->run[i];
	int64_t lateness = e->options.lateness_ms * MS_NS;
	int64_t late_limit = e->options.late_limit_ms * MS_NS, reach;

	run->rule = series->series->rule[i];
	run->type = window_type_of(run->rule->type);
	run->series = series;
	TAILQ_INIT(&run->idle);
	TAILQ_INIT(&run->active);
	reach = run->type->reach(run->rule) + late_limit;
	run->keep = reach > TRACKER_KEPT_NS ? reach : TRACKER_KEPT_NS;
	/* What it waits for must be settled before. */
	if (run->type->keep)
		run->keep = run->type->keep(run->rule) +
			    (run->type->takes_any_age ? late_limit : lateness);
}

/* The terms of a rule without group_by learn since it is watched. */
static bool must_know_start(const struct engine *e, const struct series *series)
{
	return series->field_as == SERIES_FIELD_TERM &&
	       series->group_by->n == 0 &&
	       envelope_partition(series->id, NULL, 0, e->options.partitions) ==
		       e->options.partition;
}

static void open_series(struct engine *e, const struct series *series)
{
	struct series_run *run = &e->series[e->n_series++];

	run->series = series;
	run->watched = run->started = MOMENT_NEVER;
	run->n_runs = series->n_rules;
	run->run = xcalloc(run->n_runs, sizeof(*run->run));
	for (size_t i = 0; i < run->n_runs; i++)
		open_run(e, run, i);
	map_set(&e->series_by_id, id_key(&series->id), run);
	if (must_know_start(e, series))
		e->starting[e->n_starting++] = run;
}

struct engine *engine_open(const struct engine_options *options)
{
	struct engine *e = xcalloc(1, sizeof(*e));
	const struct ruleset *rules = options->rules;

	ENSURE(options->late_limit_ms >= options->lateness_ms);
	e->options = *options;
	e->clock = e->judged = MOMENT_START;
	e->scanner = scanner_open();
	TAILQ_INIT(&e->samples);
	e->series = xcalloc(rules->n_series, sizeof(*e->series));
	e->starting = xcalloc(rules->n_series + 1, sizeof(struct series_run *));
	for (size_t i = 0; i < rules->n_series; i++)
		open_series(e, rules->series[i]);
	engine_expect(e);
	return e;
}

void engine_close(struct engine *e)
{
	if (!e)
		return;
	engine_drop_all(e);
	for (size_t i = 0; i < e->n_series; i++) {
		map_release(&e->series[i].groups, NULL);
		for (size_t k = 0; k < e->series[i].n_runs; k++)
			map_release(&e->series[i].run[k].combinations, NULL);
		free(e->series[i].since);
		free(e->series[i].run);
	}
	engine_store_release(e);
	engine_memory_release(e);
	map_release(&e->series_by_id, NULL);
	wakeups_release(&e->wakeups);
	scanner_close(e->scanner);
	buf_release(&e->key);
	free(e->touched);
	free(e->starting);
	free(e->series);
	free(e->logs);
	free(e);
}

/* Matches that are not announced yet must still be counted; what is rarely
 * announced is not worth reading back for days. */
static int64_t unannounced_ms(const struct rule *rule)
{
	if (!rule_type_is_momentary(rule->type))
		return 0;
	return rule->realert_ms < COUNTED_MS ? rule->realert_ms : COUNTED_MS;
}

int64_t engine_reach_ms(const struct ruleset *rules, int64_t lateness_ms,
			int64_t late_limit_ms)
{
	int64_t longest = 0;

	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *rule = rules->rule[i];
		int64_t reach = window_type_of(rule->type)->reach(rule) / MS_NS;
		reach += rule->for_ms + rule->keep_firing_for_ms;
		reach += unannounced_ms(rule);
		longest = reach > longest ? reach : longest;
	}
	return longest + lateness_ms + late_limit_ms;
}

/* ---- judging ---- */

struct judge engine_judge_of(struct engine *e, const struct tracker *t)
{
	return (struct judge){
		.clock = e->clock,
		.settled = e->clock - e->options.lateness_ms * MS_NS,
		.kept = e->judged - e->options.late_limit_ms * MS_NS,
		.watched = t->run->series->watched,
		.started = t->run->series->started,
		.changed = engine_tell,
		.arg = e,
	};
}

void engine_touch(struct engine *e, struct tracker *t)
{
	if (t->touched)
		return;
	t->touched = true;
	*ARRAY_PUSH(e->touched, e->n_touched, e->touched_cap) = t;
}

static void judge(struct engine *e, struct tracker *t)
{
	struct judge j = engine_judge_of(e, t);
	enum alert_state before = t->state;
	int64_t wake, drop;

	if (t->record_ms == ALERT_TIME_NONE && e->clock > MOMENT_START)
		t->record_ms = e->clock / MS_NS;
	t->type->step(t, &j);
	t->record_ms = ALERT_TIME_NONE;
	if ((before == ALERT_RESOLVED) != (t->state == ALERT_RESOLVED))
		engine_file(t);
	if (e->clock > MOMENT_START)
		t->type->trim(t, e->clock - e->options.late_limit_ms * MS_NS);
	engine_memory_note(e, t);
	wake = t->type->wake(t, &j);
	if (t->state == ALERT_RESOLVED && !t->expected) {
		drop = t->last_event + t->run->keep;
		if (e->clock >= drop) {
			engine_drop(e, t);
			return;
		}
		wake = drop < wake ? drop : wake;
	}
	/* What step() left for now can only come later. */
	if (wake <= e->clock)
		wake = e->clock + 1;
	wakeups_set(&e->wakeups, t, wake);
}

void engine_judge_touched(struct engine *e, struct tracker *t)
{
	for (size_t i = 0; i < e->n_touched; i++)
		if (e->touched[i] == t)
			e->touched[i] = NULL;
	t->touched = false;
	judge(e, t);
}

void engine_judge(struct engine *e, int64_t offset)
{
	struct tracker *t;

	e->offset = offset;
	if (e->live && e->n_renewals > 0)
		engine_renew(e);
	for (size_t i = 0; i < e->n_touched; i++) {
		t = e->touched[i];
		if (!t)
			continue;
		t->touched = false;
		judge(e, t);
	}
	e->n_touched = 0;
	while ((t = wakeups_take(&e->wakeups, e->clock)))
		judge(e, t);
	e->judged = e->clock;
	engine_memory_note_starts(e);
	engine_store_passed(e, offset);
}

/* ---- events ---- */

static void add_event(struct engine *e, struct tracker *t,
		      const struct envelope_entry *entry)
{
	struct window_event event = { .time = entry->time_ns,
				      .record_ms = entry->record_ms,
				      .field = entry->field,
				      .marks = entry->marks,
				      .offset = entry->offset,
				      .partition = e->logs_partition };

	if (entry->time_ns > t->last_event)
		t->last_event = entry->time_ns;
	if (t->record_ms < entry->record_ms)
		t->record_ms = entry->record_ms;
	t->type->add(t, &event);
	if (t->state == ALERT_RESOLVED)
		engine_file(t);
	engine_touch(e, t);
}

static void set_started(struct series_run *series, int64_t at)
{
	if (series->started == MOMENT_NEVER)
		series->started = at;
}

void engine_event(struct engine *e, const struct envelope_entry *entry)
{
	struct series_run *series =
		map_get(&e->series_by_id, id_key(&entry->series));
	int64_t limit = e->clock - e->options.late_limit_ms * MS_NS;
	struct group *group;

	if (!series ||
	    entry->n_values != rule_group_values(series->series->rule[0])) {
		e->counts.unknown++;
		return;
	}
	set_started(series, entry->time_ns);
	group = engine_group(e, series, entry->value, true);
	if (entry->sample.s)
		engine_add_sample(e, group, entry->sample);
	if (entry->top.s && series->series->n_top > 0)
		engine_add_top(e, group, entry->time_ns, entry->top);
	for (size_t i = 0; i < series->n_runs; i++) {
		struct tracker *t;
		if (entry->time_ns < limit &&
		    !series->run[i].type->takes_any_age) {
			e->counts.late++;
			continue;
		}
		t = engine_tracker(e, group, i);
		if (t)
			add_event(e, t, entry);
	}
	engine_drop_if_empty(e, group);
}

/* ---- the clock ---- */

static void grow_logs(struct engine *e, int32_t n)
{
	size_t old = (size_t)e->n_logs, new = (size_t)n;

	e->logs = xrealloc(e->logs, new * sizeof(*e->logs));
	for (size_t i = old; i < new; i++)
		e->logs[i] = (struct logs_partition){
			.time_ms = ALERT_TIME_NONE,
		};
	for (size_t k = 0; k < e->n_series; k++) {
		struct series_run *series = &e->series[k];
		series->since =
			xrealloc(series->since, new * sizeof(*series->since));
		for (size_t i = old; i < new; i++)
			series->since[i] = MOMENT_NEVER;
		series->watched = MOMENT_NEVER;
	}
	e->n_logs = n;
}

static void touch_all(struct engine *e, struct series_run *series)
{
	struct tracker *t;

	for (size_t i = 0; i < series->n_runs; i++) {
		TAILQ_FOREACH(t, &series->run[i].idle, link)
		engine_touch(e, t);
		TAILQ_FOREACH(t, &series->run[i].active, link)
		engine_touch(e, t);
	}
}

static void set_watched(struct engine *e, struct series_run *series,
			int64_t watched)
{
	if (series->watched == watched)
		return;
	series->watched = watched;
	touch_all(e, series);
}

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void announce(struct engine *e, const struct envelope_head *head)
{
	e->logs[head->logs_partition].announced = true;
	for (size_t i = 0; i < e->n_series; i++) {
		struct series_run *series = &e->series[i];
		int64_t *since = &series->since[head->logs_partition];
		int64_t watched = MOMENT_START;
		bool listed = head->n_series > 0 &&
			      bsearch(&series->series->id, head->series,
				      head->n_series, sizeof(*head->series),
				      compare_ids);

		if (listed)
			set_started(series, head->time_ms * MS_NS);
		if (!listed)
			*since = MOMENT_NEVER;
		else if (*since == MOMENT_NEVER)
			*since = head->time_ms * MS_NS;
		else
			continue;
		for (int32_t p = 0; p < e->n_logs; p++)
			if (series->since[p] > watched)
				watched = series->since[p];
		set_watched(e, series, watched);
	}
}

void engine_watch(struct engine *e, int64_t since_ns)
{
	for (size_t i = 0; i < e->n_series; i++) {
		set_started(&e->series[i], since_ns);
		set_watched(e, &e->series[i], since_ns);
	}
}

void engine_advance(struct engine *e, int64_t clock_ns)
{
	if (clock_ns > e->clock)
		e->clock = clock_ns;
}

static void advance_by_logs(struct engine *e)
{
	int64_t least = INT64_MAX;

	for (int32_t p = 0; p < e->n_logs; p++) {
		if (e->logs[p].time_ms == ALERT_TIME_NONE)
			return;
		if (e->logs[p].time_ms < least)
			least = e->logs[p].time_ms;
	}
	if (e->n_logs > 0)
		engine_advance(e, least * MS_NS);
}

/* ---- envelopes ---- */

static void apply_entries(struct engine *e, struct envelope *envelope,
			  const struct logs_partition *logs)
{
	struct envelope_entry entry;

	while (envelope_next(envelope, &entry))
		if (!logs->known || entry.offset >= logs->next)
			engine_event(e, &entry);
}

enum engine_verdict engine_apply(struct engine *e, int64_t offset,
				 struct envelope *envelope)
{
	const struct envelope_head *head = &envelope->head;
	struct logs_partition *logs;

	engine_memory_take(e);
	if (head->logs_partitions > e->n_logs)
		grow_logs(e, head->logs_partitions);
	logs = &e->logs[head->logs_partition];
	/* Not an old worker's word once more: its times are past. */
	if (head->anew && head->next < logs->next &&
	    head->time_ms > logs->time_ms)
		logs->known = false;
	if (logs->known && head->first > logs->next && !head->fresh)
		return ENGINE_GAP;
	if (logs->known && head->next < logs->next) {
		engine_judge(e, offset);
		return ENGINE_REPEATED;
	}
	e->offset = offset;
	e->logs_partition = head->logs_partition;
	apply_entries(e, envelope, logs);
	logs->known = true;
	logs->next = head->next;
	if (head->time_ms > logs->time_ms)
		logs->time_ms = head->time_ms;
	if (head->announces)
		announce(e, head);
	advance_by_logs(e);
	engine_judge(e, offset);
	return ENGINE_APPLIED;
}

/* ---- looking in ---- */

int64_t engine_clock_ms(const struct engine *e)
{
	return e->clock > MOMENT_START ? e->clock / MS_NS : ALERT_TIME_NONE;
}

struct engine_counts engine_counts(const struct engine *e)
{
	struct engine_counts counts = e->counts;
	const struct tracker *t;

	for (size_t i = 0; i < e->n_series; i++) {
		const struct series_run *series = &e->series[i];
		for (size_t k = 0; k < series->n_runs; k++) {
			counts.groups += series->run[k].n;
			TAILQ_FOREACH(t, &series->run[k].active, link)
			counts.firing += t->state == ALERT_FIRING;
		}
	}
	return counts;
}

int64_t engine_logs_time_ms(const struct engine *e, int32_t logs_partition)
{
	return logs_partition < e->n_logs ? e->logs[logs_partition].time_ms
					  : ALERT_TIME_NONE;
}

int32_t engine_logs_partitions(const struct engine *e)
{
	return e->n_logs;
}

bool engine_logs_announced(const struct engine *e, int32_t logs_partition)
{
	return logs_partition < e->n_logs && e->logs[logs_partition].announced;
}
