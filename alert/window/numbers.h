/* numbers.h - the numbers of events in a window: a load of the tally
 *
 * A percentile need not be known to know whether it is over a bound: it is if
 * fewer than its rank of values are at most that bound. So a walk carries two
 * counts and an exact sum, and a value is worked out only where it is told.
 *
 * Values are kept for percentiles: each as it is where a window holds at most
 * 1,000 of them; in fuller ones those within 2 % of each other, on the same
 * side of the bounds, become the largest of them (the buckets are those of
 * DDSketch, Masson et al. 2019). More than 4,096 buckets, some 35 decades, are
 * folded at the low end.
 *
 * Pure; one thread at a time. */
#ifndef TOCSIN_ALERT_WINDOW_NUMBERS_H
#define TOCSIN_ALERT_WINDOW_NUMBERS_H

#include "alert/rule/rule.h"
#include "alert/window/exact_sum.h"
#include "alert/window/tally.h"

struct numbers_value {
	double value;
	int64_t count;
};

/* Of a cell. Only what the rule's aggregate needs is filled in beside n. */
struct numbers {
	int64_t n;
	int64_t at_most_upper, below_lower;
	double sum, rest; /* sum + rest is the sum */
	double least, most;
	struct numbers_value *value; /* by value */
	size_t n_values;
};

/* Of a walk. */
struct numbers_sum {
	int64_t n;
	int64_t at_most_upper, below_lower;
	struct exact_sum total;
};

/* Its arg is the rule. */
extern const struct tally_kind numbers_kind;

/* The numbers among the packed elements of an event; false, *out untouched, if
 * there is none. */
MUST_CHECK bool numbers_of(const struct rule *rule, struct str packed,
			   struct numbers *out);
/* The rule's aggregate over a bound, under it: exact. False without numbers. */
bool numbers_over(const struct rule *rule, const struct numbers_sum *sum);
bool numbers_under(const struct rule *rule, const struct numbers_sum *sum);
/* The rule's aggregate in cur; false if there is none. Visits all cells. */
bool numbers_value(const struct rule *rule, const struct tally *tally,
		   const struct tally_walk *walk, double *out);

#endif
