/* metric.c - an aggregate of the numbers in field over timeframe, over or
 * under a bound
 *
 * A maximum or a sum over its bound is presence; other aggregates may be
 * pulled either way by what has not come yet. Pure. */
#include "alert/window/bounded.h"
#include "alert/window/numbers.h"

static bool presence(const struct rule *rule)
{
	return rule->aggregate == AGGREGATE_MAX ||
	       rule->aggregate == AGGREGATE_SUM;
}

static bool over(const struct tracker *t, const struct tally_walk *walk)
{
	return walk->cur >= t->rule->min_events &&
	       numbers_over(t->rule, walk->sum);
}

static bool under(const struct tracker *t, const struct tally_walk *walk)
{
	return walk->cur >= t->rule->min_events &&
	       numbers_under(t->rule, walk->sum);
}

static bool value(const struct tracker *t, const struct tally_walk *walk,
		  double *out)
{
	const struct bounded *b = TRACKER_OWN(t, const struct bounded);

	return numbers_value(t->rule, &b->sustained.tally, walk, out);
}

static const struct bounded_type metric = { presence, over, under, value };

static int64_t reach(const struct rule *rule)
{
	return bounded_reach(rule, &metric);
}

static void open(struct tracker *t)
{
	bounded_open(t, &metric, &numbers_kind);
}

/* Events without a number do not count. */
static void add(struct tracker *t, const struct window_event *event)
{
	struct numbers load;

	if (numbers_of(t->rule, event->field, &load))
		sustained_add_load(t, event, &load);
}

const struct window_type window_type_metric = {
	.reach = reach,
	.keep = bounded_keep,
	.own_bytes = sizeof(struct bounded),
	.open = open,
	.close = sustained_close,
	.add = add,
	.step = sustained_step,
	.wake = sustained_wake,
	.trim = sustained_trim,
	.force = sustained_force,
	.now = bounded_now,
};
