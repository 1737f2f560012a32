/* cardinality.c - distinct values of field in timeframe, over or under a bound
 *
 * Over is presence: what may still arrive can only add. An empty window is not
 * under a bound: flatline is for that. Pure. */
#include "alert/window/bounded.h"
#include "alert/window/distinct.h"

static size_t distinct(const struct tally_walk *walk)
{
	return ((const struct distinct_sum *)walk->sum)->n;
}

static bool presence(const struct rule *rule)
{
	(void)rule;
	return true;
}

static bool over(const struct tracker *t, const struct tally_walk *walk)
{
	return (double)distinct(walk) > t->rule->upper.value;
}

static bool under(const struct tracker *t, const struct tally_walk *walk)
{
	return (double)distinct(walk) < t->rule->lower.value;
}

static bool value(const struct tracker *t, const struct tally_walk *walk,
		  double *out)
{
	size_t n = distinct(walk), kept = distinct_kept(t->rule);

	*out = (double)(n < kept ? n : kept);
	return true;
}

static const struct bounded_type cardinality = { presence, over, under, value };

static int64_t reach(const struct rule *rule)
{
	return bounded_reach(rule, &cardinality);
}

static void open(struct tracker *t)
{
	bounded_open(t, &cardinality, &distinct_kind);
}

static void add(struct tracker *t, const struct window_event *event)
{
	struct distinct load;

	if (distinct_of(t->rule, event->field, &load))
		sustained_add_load(t, event, &load);
}

const struct window_type window_type_cardinality = {
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
