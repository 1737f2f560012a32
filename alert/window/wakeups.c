/* wakeups.c - a binary heap of trackers
 *
 * Owns the array only. Pure. */
#include "alert/window/wakeups.h"

#include <stdlib.h>

void wakeups_release(struct wakeups *w)
{
	free(w->item);
	*w = (struct wakeups){ 0 };
}

static void put(struct wakeups *w, size_t slot, struct tracker *t)
{
	w->item[slot] = t;
	t->wake_slot = slot;
}

static void rise(struct wakeups *w, size_t slot)
{
	struct tracker *t = w->item[slot];

	for (; slot > 1 && w->item[slot / 2]->wake > t->wake; slot /= 2)
		put(w, slot, w->item[slot / 2]);
	put(w, slot, t);
}

static void sink(struct wakeups *w, size_t slot)
{
	struct tracker *t = w->item[slot];

	for (;;) {
		size_t child = 2 * slot;
		if (child > w->n)
			break;
		if (child < w->n &&
		    w->item[child + 1]->wake < w->item[child]->wake)
			child++;
		if (w->item[child]->wake >= t->wake)
			break;
		put(w, slot, w->item[child]);
		slot = child;
	}
	put(w, slot, t);
}

static void take_out(struct wakeups *w, struct tracker *t)
{
	size_t slot = t->wake_slot;
	struct tracker *last = w->item[w->n--];

	t->wake_slot = 0;
	if (last == t)
		return;
	put(w, slot, last);
	rise(w, slot);
	sink(w, last->wake_slot);
}

void wakeups_set(struct wakeups *w, struct tracker *t, int64_t wake)
{
	if (wake == MOMENT_NEVER) {
		t->wake = wake;
		if (t->wake_slot > 0)
			take_out(w, t);
		return;
	}
	if (t->wake_slot == 0) {
		size_t used = w->n + 1;
		w->item = array_grow(w->item, used, &w->cap,
				     sizeof(struct tracker *));
		w->n++;
		put(w, used, t);
	}
	t->wake = wake;
	rise(w, t->wake_slot);
	sink(w, t->wake_slot);
}

struct tracker *wakeups_take(struct wakeups *w, int64_t clock)
{
	struct tracker *t;

	if (w->n == 0 || w->item[1]->wake > clock)
		return NULL;
	t = w->item[1];
	take_out(w, t);
	return t;
}
