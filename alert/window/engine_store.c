/* engine_store.c - what `<prefix>.alerts` holds is taken over
 *
 * Of each alert two records count: the last before live_from, which says how
 * the alert stood there, and the last from there on, which an earlier owner
 * wrote before it died: changes up to its cause come about again and are not
 * told. A record is adopted when the replay has passed its cause, and once
 * more at going live: the store wins, since it is what people were told.
 * Loop thread. */
#include "alert/window/engine_internal.h"

#include <stdlib.h>

enum { MS_NS = 1000000 };

static void stored_free(void *value)
{
	struct stored *s = value;

	transition_release(&s->before);
	transition_release(&s->after);
	free(s);
}

void engine_store_release(struct engine *e)
{
	map_release(&e->stored, stored_free);
	map_release(&e->episodes, NULL);
	free(e->adoption);
	for (size_t i = 0; i < e->n_orphans; i++)
		transition_release(&e->orphan[i]);
	free(e->orphan);
	free(e->renewal);
}

/* ---- whose is it ---- */

static const struct series_run *
series_of(const struct engine *e, const struct transition *t, size_t *slot)
{
	for (size_t i = 0; i < e->n_series; i++) {
		const struct series_run *series = &e->series[i];
		for (size_t k = 0; k < series->n_runs; k++) {
			if (strcmp(series->run[k].rule->name, t->rule) != 0)
				continue;
			*slot = k;
			return series;
		}
	}
	return NULL;
}

static bool same_fields(const struct series_run *series,
			const struct transition *t)
{
	const struct rule *rule = series->series->rule[0];

	if (rule_group_values(rule) != t->group.n)
		return false;
	for (size_t i = 0; i < t->group.n; i++)
		if (strcmp(rule_group_name(rule, i), t->group.item[i].name) !=
		    0)
			return false;
	return true;
}

static void values_of(const struct transition *t, struct str *value)
{
	for (size_t i = 0; i < t->group.n; i++)
		value[i] =
			str_slice(t->group.item[i].value, t->group.item[i].n);
}

enum ownership { OURS, OURS_ORPHANED, NOT_OURS };

static enum ownership ownership(const struct engine *e,
				const struct transition *t)
{
	struct str value[ENVELOPE_VALUES_MAX];
	size_t slot;
	const struct series_run *series = series_of(e, t, &slot);
	int32_t partition;

	if (!series || !same_fields(series, t))
		return t->cause.partition == e->options.partition
			       ? OURS_ORPHANED
			       : NOT_OURS;
	values_of(t, value);
	partition = envelope_partition(series->series->id, value,
				       series->series->group_by->n,
				       e->options.partitions);
	return partition == e->options.partition ? OURS : NOT_OURS;
}

/* ---- remembering ---- */

static void remember_orphan(struct engine *e, const struct transition *t)
{
	struct transition *to = NULL;

	for (size_t i = 0; i < e->n_orphans && !to; i++)
		if (strcmp(e->orphan[i].id, t->id) == 0)
			to = &e->orphan[i];
	if (!to)
		to = ARRAY_PUSH(e->orphan, e->n_orphans, e->orphans_cap);
	else if (!cause_follows(t->cause, to->cause))
		return;
	else
		transition_release(to);
	transition_copy(t, to);
}

static void replace(struct transition *to, bool *has,
		    const struct transition *from)
{
	if (*has && !cause_follows(from->cause, to->cause))
		return;
	if (*has)
		transition_release(to);
	transition_copy(from, to);
	*has = true;
}

void engine_remember(struct engine *e, const struct transition *t)
{
	enum ownership whose = ownership(e, t);
	struct stored *s;

	if (whose == OURS_ORPHANED)
		remember_orphan(e, t);
	if (whose != OURS)
		return;
	s = map_get(&e->stored, str_of(t->id));
	if (!s) {
		s = xcalloc(1, sizeof(*s));
		map_set(&e->stored, str_of(t->id), s);
	}
	if (t->cause.partition == e->options.partition &&
	    t->cause.offset >= e->options.live_from)
		replace(&s->after, &s->has_after, t);
	else
		replace(&s->before, &s->has_before, t);
}

/* ---- adopting ---- */

static struct tracker *tracker_of(struct engine *e, const struct transition *t,
				  bool create)
{
	struct str value[ENVELOPE_VALUES_MAX];
	size_t slot;
	const struct series_run *found = series_of(e, t, &slot);
	struct series_run *series;
	struct group *group;
	struct tracker *tracker;

	ENSURE(found != NULL);
	series = &e->series[found - e->series];
	values_of(t, value);
	group = engine_group(e, series, value, create);
	if (!group)
		return NULL;
	tracker =
		create ? engine_tracker(e, group, slot) : group->tracker[slot];
	if (tracker && tracker->last_event == MOMENT_START)
		tracker->last_event = t->at_ms * MS_NS;
	engine_drop_if_empty(e, group);
	return tracker;
}

struct tracker *engine_stored_tracker(struct engine *e,
				      const struct transition *t)
{
	return tracker_of(e, t, false);
}

/* Kept to the nanosecond where it is the same millisecond. */
static int64_t starts_at(const struct tracker *t, int64_t ms)
{
	return t->starts_at / MS_NS == ms ? t->starts_at : ms * MS_NS;
}

static void keep_episode(struct engine *e, const struct transition *stored)
{
	engine_keep_episode(e, stored->id,
			    stored->episode - (stored->state == ALERT_PENDING));
}

static void adopt(struct engine *e, const struct transition *stored)
{
	struct tracker *t =
		tracker_of(e, stored, stored->state != ALERT_RESOLVED);
	struct judge judge;

	if (!t) {
		keep_episode(e, stored);
		return;
	}
	/* It stood so before what is read back. */
	if (stored->state != ALERT_RESOLVED && t->first_event == MOMENT_NEVER)
		t->first_event = MOMENT_START;
	judge = engine_judge_of(e, t);
	if (t->floor < stored->at_ms * MS_NS)
		t->floor = stored->at_ms * MS_NS;
	if (stored->state != ALERT_RESOLVED || t->state != ALERT_RESOLVED)
		t->type->force(t, stored->state,
			       starts_at(t, stored->starts_at_ms), stored,
			       &judge);
	t->episode = stored->episode - (stored->state == ALERT_PENDING);
	engine_file(t);
	engine_touch(e, t);
}

/* ---- while replaying ---- */

/* Its worker may have died before it wrote the next change of the same
 * envelope, which has just come about. */
static bool is_overtaken(struct engine *e, const struct transition *stored)
{
	const struct tracker *t = tracker_of(e, stored, false);

	return t && cause_follows(t->last, stored->cause);
}

static int by_offset(const void *a, const void *b)
{
	const struct adoption *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void list_adoption(struct engine *e, const struct transition *t)
{
	if (t->cause.partition != e->options.partition)
		return;
	*ARRAY_PUSH(e->adoption, e->n_adoptions, e->adoptions_cap) =
		(struct adoption){ t->cause.offset, t };
}

static void list_adoptions(struct engine *e)
{
	struct map_entry entry;

	e->adoptions_listed = true;
	map_for_each (&e->stored, entry) {
		const struct stored *s = entry.value;
		if (s->has_before)
			list_adoption(e, &s->before);
		if (s->has_after)
			list_adoption(e, &s->after);
	}
	if (e->adoption)
		qsort(e->adoption, e->n_adoptions, sizeof(*e->adoption),
		      by_offset);
}

/* Alerts whose rule is gone resolve, for those who were told of them. */
static void tell_orphans(struct engine *e, int64_t offset)
{
	size_t kept = 0;

	for (size_t i = 0; i < e->n_orphans; i++) {
		struct transition *t = &e->orphan[i];
		if (t->state != ALERT_RESOLVED && t->cause.offset >= offset) {
			e->orphan[kept++] = *t;
			continue;
		}
		if (t->state != ALERT_RESOLVED) {
			t->state = ALERT_RESOLVED;
			t->cause = (struct cause){ e->options.partition, offset,
						   0 };
			if (e->clock / MS_NS > t->at_ms)
				t->at_ms = e->clock / MS_NS;
			t->updated_at_ms = t->record_time_ms = ALERT_TIME_NONE;
			free(t->reason);
			t->reason = xstrdup("rule changed");
			e->counts.transitions++;
			e->options.emit(e->options.arg, t);
		}
		transition_release(t);
	}
	e->n_orphans = kept;
}

void engine_store_passed(struct engine *e, int64_t offset)
{
	if (!e->adoptions_listed)
		list_adoptions(e);
	while (e->adoption && e->next_adoption < e->n_adoptions &&
	       e->adoption[e->next_adoption].offset <= offset) {
		const struct adoption *a = &e->adoption[e->next_adoption++];
		/* Going live has seen to the older ones. */
		if (!e->live || (a->offset >= e->options.live_from &&
				 !is_overtaken(e, a->transition)))
			adopt(e, a->transition);
	}
	if (e->live && e->n_orphans > 0)
		tell_orphans(e, offset);
}

/* ---- going live ---- */

static void go_live_stored(struct engine *e, struct stored *s)
{
	const struct transition *last = s->has_after ? &s->after : &s->before;
	struct tracker *t;

	if (s->has_before)
		adopt(e, &s->before);
	engine_renew_later(e, last);
	t = tracker_of(e, last, false);
	if (!t) {
		/* The next tracker takes it over, and what is told already. */
		if (!s->has_before)
			engine_keep_episode(e, last->id, last->episode - 1);
		return;
	}
	t->known = true;
	if (s->has_after)
		t->stored = s->after.cause;
	if (!s->has_before)
		t->episode = s->after.episode - 1;
	engine_touch(e, t);
}

/* Nobody was told of a firing of those; the events read back may have shown
 * one that the events before them did not allow. */
static void forget_unknown(struct engine *e, struct tracker_list *list)
{
	struct tracker *t, *next;

	for (t = TAILQ_FIRST(list); t; t = next) {
		struct judge judge = engine_judge_of(e, t);
		next = TAILQ_NEXT(t, link);
		if (t->known)
			continue;
		t->episode = 0;
		if (t->state == ALERT_RESOLVED)
			continue;
		t->type->force(t, ALERT_RESOLVED, t->starts_at, NULL, &judge);
		engine_file(t);
		engine_touch(e, t);
	}
}

void engine_go_live(struct engine *e)
{
	struct map_entry entry;

	engine_memory_take(e);
	map_for_each (&e->stored, entry)
		go_live_stored(e, entry.value);
	for (size_t i = 0; i < e->n_series; i++)
		for (size_t k = 0; k < e->series[i].n_runs; k++) {
			forget_unknown(e, &e->series[i].run[k].active);
			forget_unknown(e, &e->series[i].run[k].idle);
		}
	e->live = true;
	engine_memory_go_live(e);
}
