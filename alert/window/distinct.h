/* distinct.h - the distinct values of events in a window: a load of the tally
 *
 * Values are known by their hashes. Of a cell so many are kept as decide
 * anything (distinct_kept), since a window that holds it has that many then. A
 * walk counts in how many of its cells each value is.
 *
 * Pure; one thread at a time. */
#ifndef TOCSIN_ALERT_WINDOW_DISTINCT_H
#define TOCSIN_ALERT_WINDOW_DISTINCT_H

#include "alert/rule/rule.h"
#include "alert/window/tally.h"

/* Of a cell. */
struct distinct {
	uint64_t *hash; /* in order; NULL: n is 1 and it is `only` */
	uint64_t only;
	size_t n;
};

/* Of a walk: a hash table of what is in its cells. */
struct distinct_sum {
	struct distinct_slot *slot; /* private */
	size_t n;                   /* distinct values */
	size_t cap;                 /* a power of two, or 0 */
};

/* Its arg is the rule. */
extern const struct tally_kind distinct_kind;

/* The threshold and one more, at most 10,000. */
size_t distinct_kept(const struct rule *rule);
/* The values among the packed elements of an event; false, *out untouched, if
 * there is none. */
MUST_CHECK bool distinct_of(const struct rule *rule, struct str packed,
			    struct distinct *out);

#endif
