/* bounded.c - see the header; pure */
#include "alert/window/bounded.h"

#include <float.h>
#include <math.h>

static const struct bounded_type *type_of(const struct tracker *t)
{
	return TRACKER_OWN(t, const struct bounded)->type;
}

static int64_t span(const struct tracker *t)
{
	return rule_ns(t->rule->timeframe_ms);
}

bool bounded_more(double a, double b)
{
	return a - b > DBL_EPSILON * (fabs(a) + fabs(b));
}

int64_t bounded_reach(const struct rule *rule, const struct bounded_type *type)
{
	int64_t reach = rule_ns(rule->timeframe_ms);

	if (!rule->lower.set && type->presence(rule))
		return reach;
	return reach + TRACKER_KEPT_NS;
}

int64_t bounded_keep(const struct rule *rule)
{
	int64_t reach = rule_ns(rule->timeframe_ms);

	return reach > TRACKER_KEPT_NS ? reach : TRACKER_KEPT_NS;
}

/* ---- the condition ---- */

static int64_t warm_at(const struct tracker *t)
{
	return moment_plus(t->first_event, span(t));
}

static bool begins_over(const struct tracker *t, const struct judge *judge,
			const struct tally_walk *walk)
{
	const struct bounded_type *type = type_of(t);

	(void)judge;
	return t->rule->upper.set && walk->cur > 0 &&
	       (walk->at >= warm_at(t) || type->presence(t->rule)) &&
	       type->over(t, walk);
}

static bool begins_under(const struct tracker *t, const struct judge *judge,
			 const struct tally_walk *walk)
{
	(void)judge;
	return t->rule->lower.set && walk->cur > 0 && walk->at >= warm_at(t) &&
	       type_of(t)->under(t, walk);
}

static bool presence(const struct tracker *t)
{
	return t->rule->upper.set && type_of(t)->presence(t->rule);
}

static int64_t early_limit(const struct tracker *t, const struct judge *judge)
{
	if (!type_of(t)->presence(t->rule))
		return judge->clock - 1;
	return t->last_event > judge->clock ? t->last_event : judge->clock;
}

static int64_t early_clock(const struct tracker *t, int64_t moment)
{
	return type_of(t)->presence(t->rule) ? moment : moment_plus(moment, 1);
}

static int64_t extra(const struct tracker *t, const struct judge *judge,
		     int64_t at)
{
	int64_t moment = warm_at(t);

	(void)judge;
	return moment > at ? moment : MOMENT_NEVER;
}

static enum holding continues(struct tracker *t, const struct judge *judge,
			      const struct tally_walk *walk)
{
	return begins_over(t, judge, walk) || begins_under(t, judge, walk)
		       ? HOLDS
		       : ENDS;
}

/* ---- what is told ---- */

static void measure(const struct tracker *t, const struct tally_walk *walk,
		    struct change *change)
{
	const struct bounded *b = TRACKER_OWN(t, const struct bounded);
	bool upper = b->sustained.side == SIDE_EARLY;

	change->count = walk->cur;
	if (b->type->value(t, walk, &change->value.number))
		change->value.kind = ALERT_VALUE_NUMBER;
	change->reference.kind = ALERT_VALUE_NUMBER;
	change->reference.number =
		upper ? t->rule->upper.value : t->rule->lower.value;
}

/* The bounds may be equal: the value says which one it broke. */
static void restore(struct tracker *t, const struct transition *last)
{
	struct bounded *b = TRACKER_OWN(t, struct bounded);
	const struct rule *rule = t->rule;
	double middle = rule->upper.value / 2 + rule->lower.value / 2;
	bool over = rule->upper.set &&
		    (!rule->lower.set || last->value.number > middle);

	b->sustained.side = over ? SIDE_EARLY : SIDE_SETTLED;
}

static const struct sustained_type life_upper = {
	.begins = { begins_over, NULL },
	.presence = presence,
	.early_limit = early_limit,
	.early_clock = early_clock,
	.extra = extra,
	.continues = continues,
	.measure = measure,
	.restore = restore,
}, life_lower = {
	.begins = { NULL, begins_under },
	.extra = extra,
	.continues = continues,
	.measure = measure,
	.restore = restore,
}, life_both = {
	.begins = { begins_over, begins_under },
	.sides_are_one = true,
	.presence = presence,
	.early_limit = early_limit,
	.early_clock = early_clock,
	.extra = extra,
	.continues = continues,
	.measure = measure,
	.restore = restore,
};

void bounded_open(struct tracker *t, const struct bounded_type *type,
		  const struct tally_kind *kind)
{
	struct bounded *b = TRACKER_OWN(t, struct bounded);
	const struct rule *rule = t->rule;

	b->type = type;
	sustained_open(t,
		       !rule->lower.set   ? &life_upper
		       : !rule->upper.set ? &life_lower
					  : &life_both,
		       span(t));
	tally_carry(&b->sustained.tally, kind, rule);
}

/* A walk of its own, through what is there. */
double bounded_now(const struct tracker *t, int64_t clock)
{
	const struct bounded *b = TRACKER_OWN(t, const struct bounded);
	struct tally_walk walk;
	double value = 0;

	tally_walk_open(&b->sustained.tally, &walk, clock);
	if (!b->type->value(t, &walk, &value))
		value = 0;
	tally_walk_close(&b->sustained.tally, &walk);
	return value;
}
