/* mend_private.h - what the files of the mender share */
#ifndef TOCSIN_EVENT_MEND_PRIVATE_H
#define TOCSIN_EVENT_MEND_PRIVATE_H

#include "event/mend.h"
#include "event/scan_private.h"

/* What is to become of one event. */
struct plan {
	const struct mend_context *context;
	struct event event; /* scanned; valid UTF-8 by now */
	unsigned repairs;   /* made; writing may add some */
	unsigned listed;    /* by a `Repaired` of ours that was there */
	bool new_time;
	struct time_read time;
	bool new_time_raw; /* TimeStampRaw gets the old one */
	bool new_level;
	enum event_level level;
	bool new_level_raw;
	bool moves; /* some keys go to Others */
};

/* Write the event as planned. */
void mend_write(struct scanner *scanner, struct plan *plan, struct buf *out);
/* Write `text` (valid UTF-8) as an event that could not be parsed. */
void mend_write_unparsed(const struct plan *plan, struct str text,
			 struct buf *out);

/* JSON being written of which a key that comes again takes the earlier one
 * back: all members are written, where each stands is kept, and
 * rewriter_finish() closes the gaps. One pass, whatever the nesting. */
struct rewriter {
	struct scanner *scanner; /* its keys and decoded buffer */
	struct buf *out;
	struct member *members; /* in the order of `out` */
	size_t n;
	size_t cap;
	bool duplicate;   /* a key came again */
	unsigned deepest; /* of what was written */
};

/* Where a member stands in `out`, its comma included. */
struct member {
	size_t start;
	size_t end;
	bool dead;
};

/* An object being written. */
struct object {
	uint32_t number;
	bool empty;
	size_t last; /* its last member, if not empty */
};

/* About to read `text`: valid JSON, UTF-8. */
void rewriter_begin(struct rewriter *r, struct scanner *scanner,
		    struct str text, struct buf *out);
void rewriter_finish(struct rewriter *r);

/* Write an object's brackets, and a member's comma, key and colon; `key` is
 * decoded and outlives the rewriter, `raw_key` has its quotes. */
struct object rewriter_open(struct rewriter *r);
void rewriter_member(struct rewriter *r, struct object *object, struct str key,
		     struct str raw_key);
void rewriter_close(struct rewriter *r);

/* Copy the value at p, which is inside `depth` objects and arrays, without
 * blanks between its tokens. Returns the place after it. */
const char *rewriter_value(struct rewriter *r, const char *p, unsigned depth);

/* Take back everything written from byte `out_n` and member `n` on. */
void rewriter_undo(struct rewriter *r, size_t out_n, size_t n);

/* Append `raw`, a JSON string, object or array, cut to at most `max` bytes
 * (>= 2) so that it stays valid: the first members and elements that fit, the
 * last string of them cut too. No character, escape or surrogate pair is
 * split. */
void cut_value(struct str raw, size_t max, struct buf *out);

#endif
