/* pace.h - how many bulk requests may be under way, and when
 *
 * The number grows by one for each full round that went well and is halved
 * when the servers are congested. A request that fails as a whole closes the
 * gate for a while (jittered back-off); after that, one request at a time
 * finds out whether the servers are back.
 *
 * Pure: `now_ms` is monotonic. One thread at a time for one struct. */
#ifndef TOCSIN_INGEST_INDEX_PACE_H
#define TOCSIN_INGEST_INDEX_PACE_H

#include "core/backoff.h"
#include "core/base.h"

struct pace {
	double limit; /* requests at once, >= 1 */
	unsigned max;
	bool failing; /* the last request failed as a whole */
	int64_t closed_until_ms;
	struct backoff backoff;
};

/* At most `max` (>= 1) requests at once. */
void pace_init(struct pace *p, unsigned max, uint64_t seed);

/* One more request may be sent while `in_flight` are under way. */
bool pace_may_send(const struct pace *p, int64_t now_ms, size_t in_flight);

/* Milliseconds until the gate opens; 0 if it is open. */
int64_t pace_wait_ms(const struct pace *p, int64_t now_ms);

/* The servers took a request. */
void pace_succeeded(struct pace *p);
/* They answered that they are busy with a part of it. */
void pace_congested(struct pace *p);
/* They did not take a request, or could not be reached. retry_after_ms is what
 * they ask for, -1 if nothing; no more than a minute is granted. Failures of
 * requests that were under way together count as one. */
void pace_failed(struct pace *p, int64_t now_ms, int64_t retry_after_ms);

#endif
