/* readback.h - was enough read back to know the windows?
 *
 * A worker reads the matches again from some record on. Of each partition of
 * the logs it misses what was matched before the first envelope that it sees
 * of it. Partitions are matched at different speeds: where one was far ahead,
 * its matches of the time that the slowest has come to lie far back, so each
 * must have been seen from early enough on; the clock alone does not tell.
 * The same goes for the first envelope that says which series are matched:
 * what waits for a rule to have watched for a while would wait anew. In a
 * backlog hours of the logs may lie between two that do.
 *
 * Times are record times of the logs, in ms. Pure. */
#ifndef TOCSIN_ALERT_WINDOW_READBACK_H
#define TOCSIN_ALERT_WINDOW_READBACK_H

#include "alert/window/engine.h"

struct readback {
	bool begun;
	int64_t whole_from_ms; /* later matches of all partitions were read */
};

/* An envelope that is about to be applied. */
void readback_note(struct readback *r, const struct engine *e,
		   const struct envelope_head *head);
/* Can windows of reach_ms that end at the engine's clock be told? */
bool readback_suffices(const struct readback *r, const struct engine *e,
		       int64_t reach_ms);

#endif
