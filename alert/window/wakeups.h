/* wakeups.h - trackers by the clock at which they are due
 *
 * A binary heap; every operation costs the logarithm of its size. Borrows the
 * trackers and uses their wake and wake_slot. Pure. */
#ifndef TOCSIN_ALERT_WINDOW_WAKEUPS_H
#define TOCSIN_ALERT_WINDOW_WAKEUPS_H

#include "alert/window/tracker.h"

struct wakeups {
	struct tracker **item; /* [1..n]; [0] is not used */
	size_t n, cap;
};

void wakeups_release(struct wakeups *w);
/* Due at `wake` from now on; MOMENT_NEVER takes it out. */
void wakeups_set(struct wakeups *w, struct tracker *t, int64_t wake);
/* The first that is due at `clock`, taken out; NULL if there is none. */
struct tracker *wakeups_take(struct wakeups *w, int64_t clock);

#endif
