/* hold.h - what holds messages back: silences, inhibitions, mute times
 *
 * They hold messages, not alerts: an alert that still fires when its hold ends
 * is announced then; one that fired and resolved inside is never; whoever got
 * the firing before the hold gets the resolve during it (plan.h does that).
 *
 * Pure; loop thread. */
#ifndef TOCSIN_ALERT_NOTIFY_HOLD_H
#define TOCSIN_ALERT_NOTIFY_HOLD_H

#include "alert/notify/inhibit.h"
#include "alert/notify/mute.h"
#include "alert/notify/route.h"
#include "alert/notify/silence.h"

/* Everything is borrowed. A NULL holds nothing. */
struct holds {
	const struct silences *silences;
	struct inhibit *inhibit;
	const struct mute *mute;
};

/* Is an alert with these labels silenced at that time, or inhibited now? */
bool holds_alert(const struct holds *h, const struct labels *labels,
		 int64_t wall_ms);
/* Is a route inside one of its mute times? */
bool holds_route(const struct holds *h, const struct route *route,
		 int64_t wall_ms);
/* The next wall time at which one of these may say otherwise by itself;
 * INT64_MAX: never. */
int64_t holds_next_change(const struct holds *h, int64_t wall_ms);

#endif
