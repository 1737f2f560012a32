/* engine_group.c - groups, their trackers and samples
 *
 * A group lives as long as it has a tracker; a tracker is dropped a day after
 * its last event, or when its rule has more than max_groups, but never while
 * it is pending or firing. Loop thread. */
#include "alert/window/engine_internal.h"

#include <stdlib.h>

/* Alerts that fired once and whose group is gone; their numbers begin anew
 * when there are more. */
enum { EPISODES_MAX = 1000000 };

static void key_of(const struct str value[], size_t n, struct buf *out)
{
	for (size_t i = 0; i < n; i++) {
		buf_add(out, str_slice((const char *)&value[i].n,
				       sizeof(value[i].n)));
		buf_add(out, value[i]);
	}
}

static struct group *open_group(struct series_run *series,
				const struct str value[], struct str key)
{
	size_t n = rule_group_values(series->series->rule[0]), at = 0;
	struct group *group = xcalloc(
		1, sizeof(*group) + series->n_runs * sizeof(struct tracker *));

	group->series = series;
	group->key = str_slice(str_dup(key), key.n);
	group->value = xcalloc(n, sizeof(*group->value));
	TAILQ_INIT(&group->samples);
	for (size_t i = 0; i < n; i++) {
		at += sizeof(value[i].n);
		group->value[i] = str_slice(group->key.s + at, value[i].n);
		at += value[i].n;
	}
	map_set(&series->groups, key, group);
	return group;
}

struct group *engine_group(struct engine *e, struct series_run *series,
			   const struct str value[], bool create)
{
	struct group *group;

	buf_clear(&e->key);
	key_of(value, rule_group_values(series->series->rule[0]), &e->key);
	group = map_get(&series->groups, buf_str(&e->key));
	if (!group && create)
		group = open_group(series, value, buf_str(&e->key));
	return group;
}

/* ---- samples ---- */

static void drop_sample(struct engine *e, struct sample *s)
{
	TAILQ_REMOVE(&e->samples, s, all);
	TAILQ_REMOVE(&s->owner->samples, s, group);
	s->owner->n_samples--;
	e->samples_bytes -= s->n;
	free(s);
}

void engine_add_sample(struct engine *e, struct group *group, struct str text)
{
	int wanted = group->series->series->samples;
	struct sample *s = xmalloc(sizeof(*s) + text.n);

	s->owner = group;
	s->n = text.n;
	if (text.n > 0)
		memcpy(s->text, text.s, text.n);
	TAILQ_INSERT_TAIL(&e->samples, s, all);
	TAILQ_INSERT_TAIL(&group->samples, s, group);
	e->samples_bytes += s->n;
	/* Templates need one even where none is attached. */
	if (++group->n_samples > (size_t)(wanted > 1 ? wanted : 1))
		drop_sample(e, TAILQ_FIRST(&group->samples));
	while (e->samples_bytes > e->options.samples_bytes &&
	       !TAILQ_EMPTY(&e->samples))
		drop_sample(e, TAILQ_FIRST(&e->samples));
}

/* Places of tops cost about so much. */
enum { TOP_BYTES = 64 };

void engine_add_top(struct engine *e, struct group *group, int64_t time_ns,
		    struct str values)
{
	bool may_grow = e->n_tops * TOP_BYTES < e->options.samples_bytes;

	if (!group->tops)
		group->tops = tops_open(group->series->series->n_top);
	e->n_tops += tops_add(group->tops, time_ns, values, may_grow);
}

static void close_group(struct engine *e, struct group *group)
{
	if (group->tops)
		e->n_tops -= tops_n(group->tops);
	tops_close(group->tops);
	/* The analyzer does not see that drop_sample takes it off the list.
	 * NOLINTBEGIN(clang-analyzer-unix.Malloc) */
	while (!TAILQ_EMPTY(&group->samples))
		drop_sample(e, TAILQ_FIRST(&group->samples));
	/* NOLINTEND(clang-analyzer-unix.Malloc) */
	free((void *)(uintptr_t)group->key.s);
	free(group->value);
	free(group);
}

void engine_drop_if_empty(struct engine *e, struct group *group)
{
	if (group->n_trackers > 0)
		return;
	map_remove(&group->series->groups, group->key);
	close_group(e, group);
}

static struct tracker_list *list_of(const struct tracker *t, bool active)
{
	return active ? &t->run->active : &t->run->idle;
}

static void unfile(struct tracker *t)
{
	TAILQ_REMOVE(list_of(t, t->filed_active), t, link);
}

void engine_file(struct tracker *t)
{
	unfile(t);
	t->filed_active = t->state != ALERT_RESOLVED || t->expected;
	TAILQ_INSERT_TAIL(list_of(t, t->filed_active), t, link);
}

const struct str *tracker_group(const struct tracker *t)
{
	return t->group->value;
}

/* ---- combinations ---- */

static void join_combination(struct engine *e, struct tracker *t)
{
	struct rule_run *run = t->run;
	struct combination *c;

	if (!run->type->combines || run->rule->group_by.n == 0)
		return;
	buf_clear(&e->key);
	key_of(t->group->value, run->rule->group_by.n, &e->key);
	c = map_get(&run->combinations, buf_str(&e->key));
	if (!c) {
		c = xcalloc(1, sizeof(*c));
		c->since = MOMENT_NEVER;
		c->key = str_slice(str_dup(buf_str(&e->key)), e->key.n);
		map_set(&run->combinations, c->key, c);
	}
	c->n_trackers++;
	t->combination = c;
}

static void leave_combination(struct tracker *t)
{
	struct combination *c = t->combination;

	if (!c || --c->n_trackers > 0)
		return;
	map_remove(&t->run->combinations, c->key);
	free((void *)(uintptr_t)c->key.s);
	free(c);
}

/* ---- trackers ---- */

/* Without its group. */
static void close_tracker(struct engine *e, struct tracker *t)
{
	ENSURE(!t->touched || e->n_touched == 0);
	wakeups_set(&e->wakeups, t, MOMENT_NEVER);
	unfile(t);
	t->run->n--;
	t->group->tracker[t->slot] = NULL;
	t->group->n_trackers--;
	t->type->close(t);
	leave_combination(t);
	free(t);
}

void engine_keep_episode(struct engine *e, const char *id, int64_t episode)
{
	if (e->episodes.n >= EPISODES_MAX)
		map_release(&e->episodes, NULL);
	if (episode > 0)
		map_set(&e->episodes, str_of(id), (void *)(intptr_t)episode);
}

/* What outlives a tracker: how often its alert fired, and what an earlier
 * owner has told of it already. */
static void take_over(struct engine *e, struct tracker *t)
{
	const struct stored *stored;
	char id[ALERT_ID_BYTES + 1];

	if (e->episodes.n == 0 && e->stored.n == 0)
		return;
	engine_alert_id(t, id);
	t->episode = (intptr_t)map_remove(&e->episodes, str_of(id));
	stored = map_get(&e->stored, str_of(id));
	if (stored && stored->has_after)
		t->stored = stored->after.cause;
}

void engine_drop(struct engine *e, struct tracker *t)
{
	struct group *group = t->group;
	char id[ALERT_ID_BYTES + 1];

	if (t->episode > 0) {
		engine_alert_id(t, id);
		engine_keep_episode(e, id, t->episode);
	}
	engine_memory_drop(e, t);
	close_tracker(e, t);
	engine_drop_if_empty(e, group);
}

/* False: there is nobody who may go. Who saw an event just now is judged
 * first: that may be what makes it fire. */
static bool make_room(struct engine *e, struct rule_run *run)
{
	struct tracker *oldest;

	if (run->n < (size_t)run->rule->max_groups)
		return true;
	e->counts.dropped++;
	if (run->type->refuses_groups)
		return false;
	while ((oldest = TAILQ_FIRST(&run->idle)) && oldest->touched)
		engine_judge_touched(e, oldest);
	if (!oldest)
		return false;
	engine_drop(e, oldest);
	return true;
}

static struct tracker *open_tracker(struct engine *e, struct group *group,
				    size_t slot)
{
	struct rule_run *run = &group->series->run[slot];
	struct tracker *t;

	t = xcalloc(1, sizeof(*t) + run->type->own_bytes);
	t->rule = run->rule;
	t->type = run->type;
	t->run = run;
	t->group = group;
	t->slot = slot;
	t->state = ALERT_RESOLVED;
	t->floor = t->last_event = MOMENT_START;
	t->first_event = MOMENT_NEVER;
	t->record_ms = ALERT_TIME_NONE;
	t->wake = MOMENT_NEVER;
	t->last.offset = t->stored.offset = -1;
	TAILQ_INSERT_TAIL(&run->idle, t, link);
	run->n++;
	group->tracker[slot] = t;
	group->n_trackers++;
	join_combination(e, t);
	t->type->open(t);
	take_over(e, t);
	return t;
}

struct tracker *engine_tracker(struct engine *e, struct group *group,
			       size_t slot)
{
	struct rule_run *run = &group->series->run[slot];

	if (!group->tracker[slot] && make_room(e, run))
		return open_tracker(e, group, slot);
	return group->tracker[slot];
}

/* ---- groups that are expected ---- */

static void expect_group(struct engine *e, struct series_run *series,
			 size_t slot, const struct str value[])
{
	struct tracker *t;
	struct group *group;

	if (envelope_partition(series->series->id, value,
			       series->series->group_by->n,
			       e->options.partitions) != e->options.partition)
		return;
	group = engine_group(e, series, value, true);
	/* One may be listed twice. */
	if (group->tracker[slot])
		return;
	t = open_tracker(e, group, slot);
	t->expected = true;
	engine_file(t);
	engine_touch(e, t);
}

static void expect_groups(struct engine *e, struct series_run *series,
			  size_t slot)
{
	const struct rule *rule = series->run[slot].rule;
	struct str value[ENVELOPE_VALUES_MAX] = { 0 };

	if (rule->type != RULE_FLATLINE)
		return;
	if (rule->group_by.n == 0)
		expect_group(e, series, slot, value);
	for (size_t i = 0; i < rule->n_expect; i++) {
		for (size_t k = 0; k < rule->group_by.n; k++)
			value[k] = str_of(rule->expect[i].value[k]);
		expect_group(e, series, slot, value);
	}
}

void engine_expect(struct engine *e)
{
	for (size_t i = 0; i < e->n_series; i++)
		for (size_t k = 0; k < e->series[i].n_runs; k++)
			expect_groups(e, &e->series[i], k);
}

static void drop_groups(struct engine *e, struct series_run *series)
{
	struct map_entry entry;

	map_for_each (&series->groups, entry) {
		struct group *group = entry.value;
		for (size_t i = 0; i < series->n_runs; i++)
			if (group->tracker[i])
				close_tracker(e, group->tracker[i]);
		close_group(e, group);
	}
}

void engine_drop_all(struct engine *e)
{
	e->n_touched = 0;
	for (size_t i = 0; i < e->n_series; i++)
		drop_groups(e, &e->series[i]);
}

/* ---- looking in ---- */

static void visit_list(const struct engine *e, const struct tracker_list *list,
		       bool all, size_t *left,
		       void (*visit)(void *arg, const struct rule *rule,
				     enum alert_state state,
				     const struct alert_pairs *group,
				     int64_t starts_at_ms, double value),
		       void *arg)
{
	const struct tracker *t;

	TAILQ_FOREACH(t, list, link)
	{
		struct transition group = { 0 };
		if (*left == 0)
			return;
		if (!all && t->state == ALERT_RESOLVED)
			continue;
		--*left;
		engine_group_pairs(t->group, &group.group);
		visit(arg, t->rule, t->state, &group.group,
		      t->starts_at / 1000000, t->type->now(t, e->clock));
		transition_release(&group);
	}
}

void engine_visit(const struct engine *e, bool all, size_t max,
		  void (*visit)(void *arg, const struct rule *rule,
				enum alert_state state,
				const struct alert_pairs *group,
				int64_t starts_at_ms, double value),
		  void *arg)
{
	for (size_t i = 0; i < e->n_series; i++) {
		const struct series_run *series = &e->series[i];
		for (size_t k = 0; k < series->n_runs; k++) {
			const struct rule_run *run = &series->run[k];
			visit_list(e, &run->active, all, &max, visit, arg);
			if (all)
				visit_list(e, &run->idle, all, &max, visit,
					   arg);
		}
	}
}
