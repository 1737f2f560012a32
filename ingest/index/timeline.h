/* timeline.h - the events of one request as text for people
 *
 *   2026-11-23T09:00:00.123Z
 *        +0.000 ms  INFO   NEWS_CONTROLLER/ROUTER  10.0.0.1  REQUEST_BEGIN
 *        +2.113 ms  ERROR    FORUM_BACKEND/POSTS   10.0.0.7  READ_FAILED  ...
 *
 * Services are indented in the order in which they appear. What comes from
 * events is hostile: control characters and what turns text around are shown
 * as escapes.
 *
 * Pure; one thread at a time for one struct. */
#ifndef TOCSIN_INGEST_INDEX_TIMELINE_H
#define TOCSIN_INGEST_INDEX_TIMELINE_H

#include "core/map.h"
#include "event/scan.h"

struct timeline {
	bool colour;
	size_t events;
	size_t errors;
	int64_t first_ns, last_ns;
	struct map services; /* name to its number + 1 */
};

/* A zeroed struct (with colour chosen) is an empty timeline. */
void timeline_release(struct timeline *t);
/* Append the line (for the first event: lines) of an event; events come in the
 * order of time. */
void timeline_add(struct timeline *t, const struct event *event,
		  struct buf *out);
/* Append the last line: events, services, errors, duration. */
void timeline_end(const struct timeline *t, struct buf *out);

/* Append text so that a terminal shows it and does nothing else: control
 * characters (C0, DEL, C1), bidirectional overrides and bytes that are no
 * UTF-8 as \xNN or \uNNNN. */
void timeline_escape(struct str text, struct buf *out);
/* Append valid JSON on one line; with `terminal`, DEL, C1 and bidirectional
 * overrides as \uNNNN, which is the same JSON. */
void timeline_json(struct str json, bool terminal, struct buf *out);

#endif
