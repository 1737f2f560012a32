/* hindsight.h - looking again at what lies before the alert told last
 *
 * Partitions that drain at different speed bring a group's events out of
 * order: a burst is told, and one long before it arrives only then. A walk
 * never goes back before what was told, so what comes there is noted, and once
 * the alert is idle the stretch that it can have changed is gone through again.
 * An episode found there is told, however late, unless it touches one that was
 * told (or would have been one with it): what fired is never taken back, and
 * not told twice.
 *
 * It looks back as far as events may be late, so that a restart, which reads
 * as much, finds the same. Where nothing comes late it costs nothing but the
 * bounds of what was told.
 *
 * For early sides that are presence: what comes can only make them hold.
 * Times in ns. Pure; one thread at a time for one tracker. */
#ifndef TOCSIN_ALERT_WINDOW_HINDSIGHT_H
#define TOCSIN_ALERT_WINDOW_HINDSIGHT_H

#include "core/base.h"

struct judge;
struct tracker;

/* An episode: held (pending) from `start` on, over at `end`. */
struct told {
	int64_t start, end;
};

struct hindsight {
	struct told *told; /* by time, apart from one another; bounded */
	size_t n, cap;
	/* Of the events that came too late for the walks; MOMENT_NEVER:
	 * none. */
	int64_t first, last;
	/* Up to where all was judged before it looked back. */
	int64_t floor;
};

void hindsight_init(struct hindsight *h);
void hindsight_release(struct hindsight *h);
/* An event that came before what is judged now. */
void hindsight_note(struct hindsight *h, int64_t time);
/* An episode is over. What ended before `kept` is forgotten. */
void hindsight_told(struct hindsight *h, struct told told, int64_t kept);
/* Nothing up to `moment` is to be told any more. */
void hindsight_close(struct hindsight *h, int64_t moment);
/* An idle tracker. True: t->floor and the early walk stand at the beginning of
 * an episode that has to be told. False: there is none; they stand where all
 * was judged. */
bool hindsight_find(struct tracker *t, const struct judge *judge);

#endif
