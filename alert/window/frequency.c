/* frequency.c - at least num_events in timeframe
 *
 * Presence: judged at each event, for what may still arrive can only add.
 * Pure. */
#include "alert/window/tracker.h"

static int64_t reach(const struct rule *rule)
{
	return rule_ns(rule->timeframe_ms);
}

static bool begins(const struct tracker *t, const struct judge *judge,
		   const struct tally_walk *walk)
{
	(void)judge;
	return walk->cur >= t->rule->num_events;
}

static bool presence(const struct tracker *t)
{
	(void)t;
	return true;
}

static int64_t early_limit(const struct tracker *t, const struct judge *judge)
{
	return t->last_event > judge->clock ? t->last_event : judge->clock;
}

static enum holding continues(struct tracker *t, const struct judge *judge,
			      const struct tally_walk *walk)
{
	return begins(t, judge, walk) ? HOLDS : ENDS;
}

static void measure(const struct tracker *t, const struct tally_walk *walk,
		    struct change *change)
{
	(void)t;
	change->count = walk->cur;
	change->value.kind = ALERT_VALUE_NUMBER;
	change->value.number = (double)walk->cur;
}

static const struct sustained_type frequency = {
	.begins = { begins, NULL },
	.presence = presence,
	.early_limit = early_limit,
	.continues = continues,
	.measure = measure,
};

static void open(struct tracker *t)
{
	sustained_open(t, &frequency, rule_ns(t->rule->timeframe_ms));
}

static double now(const struct tracker *t, int64_t clock)
{
	return (double)sustained_count(t, clock);
}

const struct window_type window_type_frequency = {
	.reach = reach,
	.own_bytes = sizeof(struct sustained),
	.open = open,
	.close = sustained_close,
	.add = sustained_add,
	.step = sustained_step,
	.wake = sustained_wake,
	.trim = sustained_trim,
	.force = sustained_force,
	.now = now,
};
