/* moments.c - firing at instants, going on, resolving
 *
 * Owns the instants that wait, few and by time. Pure. */
#include "alert/window/moments.h"

#include <stdlib.h>

enum { WAITING_MAX = 10000 };

static struct moments *own(const struct tracker *t)
{
	return (struct moments *)(void *)(uintptr_t)t->own;
}

static void instant_release(struct instant *i)
{
	alert_value_release(&i->value);
	alert_value_release(&i->reference);
}

void moments_close(struct tracker *t)
{
	struct moments *m = own(t);

	for (size_t i = 0; i < m->n; i++)
		instant_release(&m->waiting[i]);
	free(m->waiting);
	alert_value_release(&m->value);
	alert_value_release(&m->reference);
}

void moments_add(struct tracker *t, int64_t time, struct str value,
		 struct str reference)
{
	struct moments *m = own(t);
	size_t at = m->n;
	struct instant *instant;

	while (at > 0 && m->waiting[at - 1].time > time)
		at--;
	if (at > 0 &&
	    (m->waiting[at - 1].time == time || m->n >= WAITING_MAX)) {
		instant = &m->waiting[at - 1];
	} else {
		(void)ARRAY_PUSH(m->waiting, m->n, m->cap);
		instant = &m->waiting[at];
		memmove(instant + 1, instant,
			(m->n - 1 - at) * sizeof(*instant));
		*instant = (struct instant){ .time = time };
	}
	instant->count++;
	alert_value_set(&instant->value, value);
	alert_value_set(&instant->reference, reference);
}

static void tell(struct tracker *t, const struct judge *judge, int64_t at,
		 bool update)
{
	struct moments *m = own(t);
	struct change change = {
		.state = t->state, .update = update, .at = at, .count = m->count
	};

	if (m->measure) {
		m->measure(t, &change);
	} else {
		change.value = m->value;
		change.reference = m->reference;
	}
	judge->changed(judge->arg, t, &change);
}

static int64_t ends_at(const struct tracker *t)
{
	return own(t)->held_at + rule_ns(t->rule->keep_firing_for_ms);
}

static void take_texts(struct moments *m, struct instant *from)
{
	instant_release(&(struct instant){ .value = m->value,
					   .reference = m->reference });
	m->value = from->value;
	m->reference = from->reference;
	from->value = from->reference = (struct alert_value){ 0 };
}

static void fire(struct tracker *t, const struct judge *judge,
		 struct instant *first)
{
	struct moments *m = own(t);

	t->state = ALERT_FIRING;
	t->starts_at = first->time;
	m->held_at = m->announced_at = first->time;
	m->count = first->count;
	take_texts(m, first);
	tell(t, judge, first->time, false);
}

static void go_on(struct tracker *t, const struct judge *judge,
		  struct instant *next)
{
	struct moments *m = own(t);

	m->count += next->count;
	if (next->time >= m->held_at) {
		m->held_at = next->time;
		take_texts(m, next);
	}
	if (next->time - m->announced_at < rule_ns(t->rule->realert_ms))
		return;
	m->announced_at = next->time;
	tell(t, judge, next->time, true);
}

/* It lies before the episode that fires and is no part of it. */
static bool is_before(const struct tracker *t, const struct instant *i)
{
	return own(t)->alone && t->state == ALERT_FIRING &&
	       i->time + rule_ns(t->rule->keep_firing_for_ms) < t->starts_at;
}

/* Drop those that were taken, which count nothing any more. */
static void compact(struct moments *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (m->waiting[i].count == 0)
			instant_release(&m->waiting[i]);
		else
			m->waiting[kept++] = m->waiting[i];
	}
	m->n = kept;
}

void moments_step(struct tracker *t, const struct judge *judge)
{
	struct moments *m = own(t);
	size_t at = 0, first = 0; /* first: that is not taken */

	for (;;) {
		struct instant *next = &m->waiting[at];
		bool has_next = at < m->n;

		if (has_next && (next->count == 0 || is_before(t, next))) {
			at++;
		} else if (has_next && t->state != ALERT_FIRING) {
			fire(t, judge, next);
			next->count = 0;
			at++;
		} else if (has_next && next->time <= ends_at(t)) {
			go_on(t, judge, next);
			next->count = 0;
			at++;
		} else if (t->state == ALERT_FIRING &&
			   judge->settled >= ends_at(t)) {
			t->state = ALERT_RESOLVED;
			tell(t, judge, ends_at(t), false);
			at = first;
		} else {
			break;
		}
		while (first < m->n && m->waiting[first].count == 0)
			first++;
	}
	compact(m);
}

int64_t moments_wake(const struct tracker *t, const struct judge *judge)
{
	if (t->state != ALERT_FIRING)
		return MOMENT_NEVER;
	return moment_plus(ends_at(t), judge->clock - judge->settled);
}

/* What was told last, where the events that say so are not at hand. */
static void restore_texts(struct moments *m, const struct transition *last)
{
	if (!m->value.text)
		alert_value_set(&m->value, alert_value_text(&last->value));
	if (!m->reference.text)
		alert_value_set(&m->reference,
				alert_value_text(&last->reference));
}

void moments_force(struct tracker *t, enum alert_state state, int64_t starts_at,
		   const struct transition *last, const struct judge *judge)
{
	struct moments *m = own(t);
	int64_t told = starts_at;

	if (state == ALERT_FIRING && t->state != ALERT_FIRING) {
		m->held_at =
			starts_at > judge->settled ? starts_at : judge->settled;
		take_texts(m, &(struct instant){ 0 });
	}
	/* It may have fired for another reason, of what is not known here. */
	if (state == ALERT_FIRING && m->held_at < starts_at)
		m->held_at = starts_at;
	t->state = state;
	t->starts_at = starts_at;
	if (state != ALERT_FIRING || !last)
		return;
	if (last->updated_at_ms != ALERT_TIME_NONE)
		told = rule_ns(last->updated_at_ms);
	if (m->announced_at / 1000000 != told / 1000000)
		m->announced_at = told;
	if (m->count < last->count)
		m->count = last->count;
	restore_texts(m, last);
}

double moments_now(const struct tracker *t, int64_t clock)
{
	(void)clock;
	return t->state == ALERT_FIRING ? (double)own(t)->count : 0;
}
