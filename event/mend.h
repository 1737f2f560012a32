/* mend.h - make any line a right event
 *
 * An event is never lost because it is ugly: what can be mended is, and
 * `Repaired`, the last key of the event, names what was done. Values that need
 * nothing keep their bytes (blanks between tokens are dropped); keys keep their
 * order; what is added comes last: missing fields, TimeStampRaw, LevelRaw,
 * Others, Repaired.
 *
 * How the rules meet where they could be read in two ways:
 * - A null is a missing value. Title and ComponentKey may be missing: there is
 *   no repair for that, and an invented Title would match somebody's rule.
 * - HostAddress, Additional, TimeStampRaw and LevelRaw of a wrong type become
 *   their JSON text like the keys do. TimeStampRaw and LevelRaw are always
 *   written as strings.
 * - A key of the event that has the name of one we are about to write is moved
 *   to Others like the reserved ones. If there is an Others already, an object
 *   is added to (with the same key in both, the moved one is the last and
 *   wins), and anything else is moved into the new one.
 * - What would get deeper than 500 by moving is moved as its JSON text.
 * - An unparsed line names what was filled in as missing too, but not `level`.
 *
 * Reserved are, besides those that the events' format names, a few metadata
 * fields that only some versions of Elasticsearch have (_tier, _nested_path,
 * _tsid, _data_stream_timestamp), and keys of nothing but blanks.
 *
 * Mending is a function of its arguments alone, and mending twice changes
 * nothing more. Its time is linear in the length of the line.
 *
 * Pure; one thread at a time for one scanner. */
#ifndef TOCSIN_EVENT_MEND_H
#define TOCSIN_EVENT_MEND_H

#include "core/buf.h"
#include "event/scan.h"
#include "event/time.h"

enum { EVENT_BYTES_MIN = 4096 };

struct mend_context {
	struct str service; /* where ServiceKey is missing; first 255 bytes */
	struct str host;    /* where HostAddress is missing; first 255 bytes */
	enum event_level unparsed_level; /* LEVEL_NONE: INFO */
	/* Where the event's own time is missing, unreadable or out of bounds:
	 * ship: the wrapper's, the last timed line's or the reading's; others:
	 * the record's. */
	int64_t fallback_time_ns;
	/* The middle of -400 d ... +1 d: now (ship) or the record time.
	 * TIME_NONE: no bounds (replay, test). */
	int64_t now_ns;
	size_t max_event_bytes; /* at least EVENT_BYTES_MIN */
	/* The record comes from tocsin ship, so a well-formed `Repaired` is
	 * ours: kept, and added to. Else it is a foreign key. */
	bool repaired_is_ours;
};

/* The scanned event cannot pass byte for byte: event->repairs, time out of
 * bounds, too long, a foreign `Repaired`, or a raw line end inside. */
bool event_needs_mending(const struct event *event,
			 const struct mend_context *context);

/* Write the mended event to `out` (cleared first; without a limit; not what the
 * line borrows from), no line end. `scanned` is what event_scan() said about
 * it, scanner is free for use again. Whatever it is given, the result scans
 * without repairs and has at most max_event_bytes. Returns the repairs made
 * now, 0 if only line ends inside were replaced. */
unsigned event_mend(struct scanner *scanner, const struct event *scanned,
		    const struct mend_context *context, struct buf *out);

/* All of it: scan `line`, mend it into `out` if need be, and fill *event about
 * the right bytes, event->line, which borrow from `line` or from `out`.
 * Returns the repairs made now. */
unsigned event_read(struct scanner *scanner, struct str line,
		    const struct mend_context *context, struct buf *out,
		    struct event *event);

#endif
