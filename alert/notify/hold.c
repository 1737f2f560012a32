/* hold.c - what holds messages back
 *
 * Pure; loop thread. */
#include "alert/notify/hold.h"

#define MINUTE_MS INT64_C(60000)

bool holds_alert(const struct holds *h, const struct labels *labels,
		 int64_t wall_ms)
{
	return (h->silences && silences_match(h->silences, labels, wall_ms)) ||
	       (h->inhibit && inhibit_find(h->inhibit, labels));
}

bool holds_route(const struct holds *h, const struct route *route,
		 int64_t wall_ms)
{
	for (size_t i = 0; h->mute && i < route->n_mute_times; i++)
		if (mute_holds(h->mute, route->mute_times[i], wall_ms))
			return true;
	return false;
}

/* Mute times change at full minutes, in every zone that is in use. */
int64_t holds_next_change(const struct holds *h, int64_t wall_ms)
{
	int64_t next = h->silences ? silences_next_change(h->silences, wall_ms)
				   : INT64_MAX;
	int64_t minute = wall_ms - wall_ms % MINUTE_MS + MINUTE_MS;

	return h->mute && !mute_is_empty(h->mute) && minute < next ? minute
								   : next;
}
