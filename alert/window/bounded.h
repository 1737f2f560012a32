/* bounded.h - what cardinality, ratio and metric have in common: a value of
 * the window that breaks an upper or a lower bound
 *
 * The upper bound is the early side. Presence is judged at each event,
 * comparison once the clock has passed the moment. The lower bound is absence:
 * the settled side. Both are one condition: passing from the one to the other
 * is no change.
 *
 * Absence and comparison are judged for a group once its first event is
 * timeframe old; to know how old it is a restart reads back the day after
 * which an idle group is dropped. Pure. */
#ifndef TOCSIN_ALERT_WINDOW_BOUNDED_H
#define TOCSIN_ALERT_WINDOW_BOUNDED_H

#include "alert/window/tracker.h"

struct bounded_type {
	/* Is the upper bound judged at each event? */
	bool (*presence)(const struct rule *rule);
	/* Does the window where the walk stands break the bound? */
	bool (*over)(const struct tracker *t, const struct tally_walk *walk);
	bool (*under)(const struct tracker *t, const struct tally_walk *walk);
	/* False: there is no value there. */
	bool (*value)(const struct tracker *t, const struct tally_walk *walk,
		      double *out);
};

/* What such a type's own state is. */
struct bounded {
	struct sustained sustained;
	const struct bounded_type *type;
};

/* a > b by more than the last bits, in which numbers that are written as
 * decimals may be wrong. Whole numbers below 2^50 are compared exactly. */
bool bounded_more(double a, double b);

void bounded_open(struct tracker *t, const struct bounded_type *type,
		  const struct tally_kind *kind);
int64_t bounded_reach(const struct rule *rule, const struct bounded_type *type);
int64_t bounded_keep(const struct rule *rule);
double bounded_now(const struct tracker *t, int64_t clock);

#endif
