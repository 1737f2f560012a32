/* matcher.h - which series does an event belong to, and to which group
 *
 * Pure: no I/O, no clock. One thread at a time for one matcher. */
#ifndef TOCSIN_ALERT_MATCH_MATCHER_H
#define TOCSIN_ALERT_MATCH_MATCHER_H

#include "alert/match/envelope.h"
#include "alert/rule/rule.h"
#include "event/scan.h"

enum {
	/* A longer value of group_by, and a longer term, is cut to 1,000 bytes
	 * and ends in "#" and the 16 digits of the hash of the whole. */
	GROUP_VALUE_MAX = 1024,
	/* Longer samples are cut to a right event of this size. */
	SAMPLE_BYTES_MAX = 8192,
};

struct matcher;

/* `rules` is borrowed; `fields` (for the call) are those that the rules were
 * loaded with. */
struct matcher *matcher_open(const struct ruleset *rules,
			     const struct query_options *fields);
void matcher_close(struct matcher *m);

/* The ids of all series, sorted: what an envelope announces. Borrowed. */
const uint64_t *matcher_series(const struct matcher *m, size_t *n);

typedef void matcher_found(void *arg, const struct series *series,
			   const struct envelope_entry *entry);

/* Call found() for each series whose query matches: with series, value,
 * n_values, field and marks set in *entry, borrowed for the call; for a series
 * of terms, once for each term. `now_ms` is the time of the event's record.
 * Returns how often found() was called. */
size_t matcher_match(struct matcher *m, const struct event *event,
		     int64_t now_ms, matcher_found *found, void *arg);
/* Matches that were given up because they passed a limit. */
uint64_t matcher_limited(const struct matcher *m);

#endif
