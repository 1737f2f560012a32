/* moments.h - the life of an alert that is true at instants
 *
 * A type finds out at which instants its condition is true; from then on they
 * are all the same: the alert fires at one, further ones within
 * keep_firing_for keep it firing and are announced every `realert`, and it
 * resolves keep_firing_for after the last. An instant after that waits until
 * the resolve before it is settled, since a late one may still close the gap.
 * One that comes so late that it lies before the alert that fires, and apart
 * from it, waits likewise where `alone` is set, and is then an episode of its
 * own; else it adds to the alert.
 *
 * A type that uses moments_* begins its own state with struct moments.
 * Times in ns. Pure; one thread at a time for one tracker. */
#ifndef TOCSIN_ALERT_WINDOW_MOMENTS_H
#define TOCSIN_ALERT_WINDOW_MOMENTS_H

#include "alert/window/tracker.h"

struct instant {
	int64_t time;
	int64_t count; /* of events at which it was true */
	struct alert_value value, reference; /* of the last of them; owned */
};

struct moments {
	/* Value and reference of a change; NULL: those of the last instant. */
	void (*measure)(const struct tracker *t, struct change *change);
	bool alone; /* each instant stands for an event, and for no other */
	struct instant *waiting; /* by time, few */
	size_t n, cap;
	int64_t held_at;      /* the last instant */
	int64_t announced_at; /* the last one that was told */
	int64_t count;        /* of the episode */
	struct alert_value value, reference;
};

/* It is true at `time`. Texts are copied; s == NULL: none. */
void moments_add(struct tracker *t, int64_t time, struct str value,
		 struct str reference);
void moments_close(struct tracker *t);
void moments_step(struct tracker *t, const struct judge *judge);
int64_t moments_wake(const struct tracker *t, const struct judge *judge);
void moments_force(struct tracker *t, enum alert_state state, int64_t starts_at,
		   const struct transition *last, const struct judge *judge);
/* Events of the episode. */
double moments_now(const struct tracker *t, int64_t clock);

#endif
