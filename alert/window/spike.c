/* spike.c - a window of timeframe against the one before it
 *
 * Up is judged early, once the clock has passed the end of the reference
 * window; down when settled. A firing alert is held to the reference at which
 * it fired (or last went on), for 2T at most: then the new level is the new
 * normal. Pure. */
#include "alert/window/tracker.h"

struct spike {
	struct sustained sustained;
	int64_t since;     /* when it fired or went on */
	int64_t reference; /* of that moment */
};

/* Products of counts and a factor written in decimals: equality must not fail
 * by the last bit. */
static bool at_least(double a, double b)
{
	return a >= b * (1 - 1e-12);
}

static int64_t span(const struct tracker *t)
{
	return rule_ns(t->rule->timeframe_ms);
}

static int64_t reach(const struct rule *rule)
{
	return 2 * rule_ns(rule->timeframe_ms);
}

static bool watched(const struct tracker *t, const struct judge *judge,
		    int64_t moment)
{
	return moment >= moment_plus(judge->watched, 2 * span(t));
}

static bool up(const struct tracker *t, const struct tally_walk *walk)
{
	const struct rule *rule = t->rule;

	return walk->cur >= rule->threshold_cur &&
	       walk->ref >= rule->threshold_ref &&
	       at_least((double)walk->cur,
			(double)walk->ref * rule->spike_height);
}

static bool down(const struct tracker *t, const struct tally_walk *walk)
{
	const struct rule *rule = t->rule;

	return walk->ref >= rule->threshold_ref &&
	       at_least((double)walk->ref,
			(double)walk->cur * rule->spike_height);
}

static bool begins_up(const struct tracker *t, const struct judge *judge,
		      const struct tally_walk *walk)
{
	return watched(t, judge, walk->at) && up(t, walk);
}

static bool begins_down(const struct tracker *t, const struct judge *judge,
			const struct tally_walk *walk)
{
	return watched(t, judge, walk->at) && down(t, walk);
}

/* The end of the reference window must lie before the clock. */
static int64_t early_limit(const struct tracker *t, const struct judge *judge)
{
	int64_t seen =
		t->last_event > judge->clock ? t->last_event : judge->clock;
	int64_t complete = judge->clock + span(t) - 1;

	return seen < complete ? seen : complete;
}

static int64_t early_clock(const struct tracker *t, int64_t moment)
{
	return moment <= t->last_event ? moment - span(t) + 1 : moment;
}

static int64_t extra(const struct tracker *t, const struct judge *judge,
		     int64_t at)
{
	const struct spike *s = TRACKER_OWN(t, const struct spike);
	int64_t from = t->state == ALERT_FIRING ? s->since : judge->watched;
	int64_t moment = moment_plus(from, 2 * span(t));

	return moment > at ? moment : MOMENT_NEVER;
}

/* Against the reference it is held to. */
static bool level_holds(const struct tracker *t, const struct spike *s,
			const struct tally_walk *walk)
{
	double factor = t->rule->spike_height;

	if (s->sustained.side == SIDE_EARLY)
		return walk->cur >= t->rule->threshold_cur &&
		       at_least((double)walk->cur,
				(double)s->reference * factor);
	return at_least((double)s->reference, (double)walk->cur * factor);
}

static enum holding continues(struct tracker *t, const struct judge *judge,
			      const struct tally_walk *walk)
{
	struct spike *s = TRACKER_OWN(t, struct spike);
	bool is_up = s->sustained.side == SIDE_EARLY;

	(void)judge;
	if (walk->at < s->since + 2 * span(t) && level_holds(t, s, walk))
		return HOLDS;
	if (is_up ? up(t, walk) : down(t, walk)) {
		s->since = walk->at;
		s->reference = walk->ref;
		return RENEWS;
	}
	if (t->rule->spike_type == SPIKE_BOTH &&
	    (is_up ? down(t, walk) : up(t, walk)))
		return FLIPS;
	return ENDS;
}

static void fires(struct tracker *t, const struct tally_walk *walk)
{
	struct spike *s = TRACKER_OWN(t, struct spike);

	s->since = walk->at;
	s->reference = walk->ref;
}

static void measure(const struct tracker *t, const struct tally_walk *walk,
		    struct change *change)
{
	(void)t;
	change->count = walk->cur;
	change->value.kind = change->reference.kind = ALERT_VALUE_NUMBER;
	change->value.number = (double)walk->cur;
	change->reference.number = (double)walk->ref;
}

static void restore(struct tracker *t, const struct transition *last)
{
	struct spike *s = TRACKER_OWN(t, struct spike);
	int64_t ms = last->updated_at_ms != ALERT_TIME_NONE
			     ? last->updated_at_ms
			     : last->starts_at_ms;

	s->sustained.side = last->value.number > last->reference.number
				    ? SIDE_EARLY
				    : SIDE_SETTLED;
	/* Keep what was found out to the nanosecond. */
	if (s->since / 1000000 != ms)
		s->since = rule_ns(ms);
	s->reference = (int64_t)last->reference.number;
}

static const struct sustained_type spike_up = {
	.begins = { begins_up, NULL },
	.early_limit = early_limit,
	.early_clock = early_clock,
	.extra = extra,
	.continues = continues,
	.fires = fires,
	.measure = measure,
	.restore = restore,
}, spike_down = {
	.begins = { NULL, begins_down },
	.extra = extra,
	.continues = continues,
	.fires = fires,
	.measure = measure,
	.restore = restore,
}, spike_both = {
	.begins = { begins_up, begins_down },
	.early_limit = early_limit,
	.early_clock = early_clock,
	.extra = extra,
	.continues = continues,
	.fires = fires,
	.measure = measure,
	.restore = restore,
};

static void open(struct tracker *t)
{
	static const struct sustained_type *const type[] = {
		[SPIKE_UP] = &spike_up,
		[SPIKE_DOWN] = &spike_down,
		[SPIKE_BOTH] = &spike_both,
	};

	TRACKER_OWN(t, struct spike)->since = MOMENT_START;
	sustained_open(t, type[t->rule->spike_type], span(t));
}

static double now(const struct tracker *t, int64_t clock)
{
	return (double)sustained_count(t, clock);
}

const struct window_type window_type_spike = {
	.reach = reach,
	.own_bytes = sizeof(struct spike),
	.open = open,
	.close = sustained_close,
	.add = sustained_add,
	.step = sustained_step,
	.wake = sustained_wake,
	.trim = sustained_trim,
	.force = sustained_force,
	.now = now,
};
