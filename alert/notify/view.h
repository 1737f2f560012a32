/* view.h - the alerts that fire now, as people ask for them
 *
 * Fed with the records of <prefix>.alerts, in their order. Holds of what fires
 * no more than is shown (no samples), of other alerts only where in time they
 * are. Pure; loop thread. */
#ifndef TOCSIN_ALERT_NOTIFY_VIEW_H
#define TOCSIN_ALERT_NOTIFY_VIEW_H

#include "alert/notify/inhibit.h"
#include "alert/notify/labels.h"
#include "alert/transition.h"
#include "core/map.h"

struct view_alert {
	struct transition t; /* without samples */
	struct labels labels, annotations;
	int64_t wall_ms; /* when t was written */
};

struct view {
	struct map alerts; /* id -> struct view_alert */
};

void view_release(struct view *v);
/* A record: value.s == NULL is a tombstone. `inhibit` (may be NULL) is told of
 * what begins and ends. ERROR_REJECT: not a transition; nothing changed. */
MUST_CHECK bool view_apply(struct view *v, struct inhibit *inhibit,
			   struct str key, struct str value, int64_t wall_ms,
			   struct error *err);
/* All that fire but those in staging, sorted by start, then id. free() the
 * array. */
const struct view_alert **view_sorted(const struct view *v, size_t *n);

#endif
