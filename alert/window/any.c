/* any.c - an event matches
 *
 * Presence: true at each event. Pure. */
#include "alert/window/moments.h"

static int64_t reach(const struct rule *rule)
{
	(void)rule;
	return 0;
}

static void measure(const struct tracker *t, struct change *change)
{
	(void)t;
	change->value.kind = ALERT_VALUE_NUMBER;
	change->value.number = (double)change->count;
}

static void open(struct tracker *t)
{
	struct moments *m = TRACKER_OWN(t, struct moments);

	m->measure = measure;
	m->alone = true;
}

static void add(struct tracker *t, const struct window_event *event)
{
	moments_add(t, event->time, STR_NONE, STR_NONE);
}

static void trim(struct tracker *t, int64_t moment)
{
	(void)t;
	(void)moment;
}

const struct window_type window_type_any = {
	.reach = reach,
	.own_bytes = sizeof(struct moments),
	.takes_any_age = true,
	.open = open,
	.close = moments_close,
	.add = add,
	.step = moments_step,
	.wake = moments_wake,
	.trim = trim,
	.force = moments_force,
	.now = moments_now,
};
