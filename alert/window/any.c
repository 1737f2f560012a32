/* any.c - an event matches; and the life of alerts that are true at instants
 *
 * The alert lasts keep_firing_for after the last match. A match after that
 * waits until the resolve before it is settled, since a late match may still
 * close the gap.
 *
 * Owns the matches that wait, few and by time. Pure. */
#include "alert/window/tracker.h"

#include <stdlib.h>

enum { WAITING_MAX = 10000 };

struct instant {
	int64_t time;
	int64_t count;
};

struct any {
	struct instant *waiting; /* by time */
	size_t n, cap;
	int64_t held_at;      /* the last match */
	int64_t announced_at; /* the last match that was told */
	int64_t count;        /* of the episode */
};

static int64_t reach(const struct rule *rule)
{
	(void)rule;
	return 0;
}

static void open(struct tracker *t)
{
	(void)t;
}

static void close(struct tracker *t)
{
	free(TRACKER_OWN(t, struct any)->waiting);
}

static void add(struct tracker *t, const struct window_event *event)
{
	struct any *a = TRACKER_OWN(t, struct any);
	size_t at = a->n;

	while (at > 0 && a->waiting[at - 1].time > event->time)
		at--;
	if (at > 0 &&
	    (a->waiting[at - 1].time == event->time || a->n >= WAITING_MAX)) {
		a->waiting[at - 1].count++;
		return;
	}
	(void)ARRAY_PUSH(a->waiting, a->n, a->cap);
	memmove(&a->waiting[at + 1], &a->waiting[at],
		(a->n - 1 - at) * sizeof(*a->waiting));
	a->waiting[at] = (struct instant){ event->time, 1 };
}

static void tell(struct tracker *t, const struct judge *judge, int64_t at,
		 bool update)
{
	struct any *a = TRACKER_OWN(t, struct any);
	struct change change = {
		.state = t->state,
		.update = update,
		.at = at,
		.count = a->count,
		.value = { .kind = ALERT_VALUE_NUMBER,
			   .number = (double)a->count },
	};

	judge->changed(judge->arg, t, &change);
}

static int64_t ends_at(const struct tracker *t)
{
	return TRACKER_OWN(t, const struct any)->held_at +
	       rule_ns(t->rule->keep_firing_for_ms);
}

static void fire(struct tracker *t, const struct judge *judge,
		 const struct instant *first)
{
	struct any *a = TRACKER_OWN(t, struct any);

	t->state = ALERT_FIRING;
	t->starts_at = first->time;
	a->held_at = a->announced_at = first->time;
	a->count = first->count;
	tell(t, judge, first->time, false);
}

static void go_on(struct tracker *t, const struct judge *judge,
		  const struct instant *next)
{
	struct any *a = TRACKER_OWN(t, struct any);

	a->count += next->count;
	if (next->time > a->held_at)
		a->held_at = next->time;
	if (next->time - a->announced_at < rule_ns(t->rule->realert_ms))
		return;
	a->announced_at = next->time;
	tell(t, judge, next->time, true);
}

static void step(struct tracker *t, const struct judge *judge)
{
	struct any *a = TRACKER_OWN(t, struct any);
	size_t taken = 0;

	for (;;) {
		const struct instant *next = &a->waiting[taken];
		bool has_next = taken < a->n;

		if (has_next && t->state != ALERT_FIRING) {
			fire(t, judge, next);
			taken++;
		} else if (has_next && next->time <= ends_at(t)) {
			go_on(t, judge, next);
			taken++;
		} else if (t->state == ALERT_FIRING &&
			   judge->settled >= ends_at(t)) {
			t->state = ALERT_RESOLVED;
			tell(t, judge, ends_at(t), false);
		} else {
			break;
		}
	}
	a->n -= taken;
	if (taken > 0 && a->n > 0)
		memmove(a->waiting, a->waiting + taken,
			a->n * sizeof(*a->waiting));
}

static int64_t wake(const struct tracker *t, const struct judge *judge)
{
	if (t->state != ALERT_FIRING)
		return MOMENT_NEVER;
	return moment_plus(ends_at(t), judge->clock - judge->settled);
}

static void trim(struct tracker *t, int64_t moment)
{
	(void)t;
	(void)moment;
}

static void force(struct tracker *t, enum alert_state state, int64_t starts_at,
		  const struct transition *last, const struct judge *judge)
{
	struct any *a = TRACKER_OWN(t, struct any);
	int64_t told = starts_at;

	if (state == ALERT_FIRING && t->state != ALERT_FIRING)
		a->held_at =
			starts_at > judge->settled ? starts_at : judge->settled;
	t->state = state;
	t->starts_at = starts_at;
	if (state != ALERT_FIRING || !last)
		return;
	if (last->updated_at_ms != ALERT_TIME_NONE)
		told = rule_ns(last->updated_at_ms);
	if (a->announced_at / 1000000 != told / 1000000)
		a->announced_at = told;
	if (a->count < last->count)
		a->count = last->count;
}

static double now(const struct tracker *t, int64_t clock)
{
	(void)clock;
	return t->state == ALERT_FIRING
		       ? (double)TRACKER_OWN(t, const struct any)->count
		       : 0;
}

const struct window_type window_type_any = {
	.reach = reach,
	.own_bytes = sizeof(struct any),
	.takes_any_age = true,
	.open = open,
	.close = close,
	.add = add,
	.step = step,
	.wake = wake,
	.trim = trim,
	.force = force,
	.now = now,
};
