/* readback.h - was enough read back to know the windows?
 *
 * A worker reads the matches again from some record on. Of each partition of
 * the logs it misses what was matched before the first envelope that it sees
 * of it. Partitions are matched at different speeds: where one was far ahead,
 * its matches of the time that the slowest has come to lie far back, so each
 * must have been seen from early enough on; the clock alone does not tell.
 *
 * Times are record times of the logs, in ms. Pure. */
#ifndef TOCSIN_ALERT_WINDOW_READBACK_H
#define TOCSIN_ALERT_WINDOW_READBACK_H

#include "core/base.h"

struct readback {
	bool begun;
	int64_t whole_from_ms; /* later matches of all partitions were read */
};

/* The first envelope of a partition of the logs: it was matched up to then. */
void readback_note(struct readback *r, int64_t matched_ms);
/* Can windows of reach_ms that end at the clock be told? */
bool readback_suffices(const struct readback *r, int64_t clock_ms,
		       int64_t reach_ms);

#endif
