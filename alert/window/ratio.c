/* ratio.c - the share of events that match `of` too, over or under a bound
 *
 * Over is comparison: what has not come yet may pull it down. Pure. */
#include "alert/window/bounded.h"

/* Both a cell's load and a walk's sum: events that match `of`. */
static void enter(void *sum, const void *load)
{
	*(int64_t *)sum += *(const int64_t *)load;
}

static void leave(void *sum, const void *load)
{
	*(int64_t *)sum -= *(const int64_t *)load;
}

static void merge(const void *arg, void *to, void *from, bool coarse)
{
	(void)arg;
	(void)coarse;
	*(int64_t *)to += *(int64_t *)from;
}

static void clear(void *sum)
{
	*(int64_t *)sum = 0;
}

static const struct tally_kind share_kind = {
	.load_bytes = sizeof(int64_t),
	.sum_bytes = sizeof(int64_t),
	.enter = enter,
	.leave = leave,
	.merge = merge,
	.clear = clear,
};

/* 100 times the events that match; compared without a division. */
static double hundredfold(const struct tally_walk *walk)
{
	return 100 * (double)*(const int64_t *)walk->sum;
}

static bool presence(const struct rule *rule)
{
	(void)rule;
	return false;
}

static bool over(const struct tracker *t, const struct tally_walk *walk)
{
	return walk->cur >= t->rule->min_events &&
	       bounded_more(hundredfold(walk),
			    t->rule->upper.value * (double)walk->cur);
}

static bool under(const struct tracker *t, const struct tally_walk *walk)
{
	return walk->cur >= t->rule->min_events &&
	       bounded_more(t->rule->lower.value * (double)walk->cur,
			    hundredfold(walk));
}

static bool value(const struct tracker *t, const struct tally_walk *walk,
		  double *out)
{
	(void)t;
	if (walk->cur == 0)
		return false;
	*out = hundredfold(walk) / (double)walk->cur;
	return true;
}

static const struct bounded_type ratio = { presence, over, under, value };

static int64_t reach(const struct rule *rule)
{
	return bounded_reach(rule, &ratio);
}

static void open(struct tracker *t)
{
	bounded_open(t, &ratio, &share_kind);
}

static void add(struct tracker *t, const struct window_event *event)
{
	int64_t load = (int64_t)(event->marks & 1);

	sustained_add_load(t, event, &load);
}

const struct window_type window_type_ratio = {
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
