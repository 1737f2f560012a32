/* scan_private.h - what the files of the scanner share */
#ifndef TOCSIN_EVENT_SCAN_PRIVATE_H
#define TOCSIN_EVENT_SCAN_PRIVATE_H

#include "event/scan.h"
#include "event/scan_keys.h"

struct scanner {
	struct key_table keys;
	struct buf decoded; /* keys of this event that hold escapes */

	/* Of the event being scanned. */
	const char *begin;
	const char *end;
	uint32_t objects; /* numbers given to objects so far */
	unsigned repairs;
	bool has_newline;
	const char *reason;
	const char *reason_at;
};

/* The event cannot be parsed, because of what is at `at`. Returns NULL. */
const char *scan_fail(struct scanner *s, const char *at, const char *reason);

/* Forget the event before, and take this one. */
void scan_begin(struct scanner *s, struct str line);

/* Each of these takes the place where its thing begins and returns the place
 * after it, or NULL after scan_fail(). */
const char *scan_blanks(struct scanner *s, const char *p); /* never NULL */
const char *scan_string(struct scanner *s, const char *p, bool *escaped);
const char *scan_value(struct scanner *s, const char *p, unsigned depth,
		       struct event_value *out);

/* A decoded top-level key that is to be moved to Others. */
bool scan_key_is_refused(struct str key);

/* A well-formed `Repaired`: different words of ours in their order. */
bool scan_is_repaired(struct str raw);

/* What follows a member or element: its comma and blanks, then *more is true,
 * or `close`, then it is false. */
const char *scan_separator(struct scanner *s, const char *p, char close,
			   bool *more);

/* A key, its colon and blanks. *key is the decoded key; it lives until the
 * next event. False into *readable if it holds something that is to be
 * replaced, so that it cannot be compared yet. */
const char *scan_key(struct scanner *s, const char *p, struct str *key,
		     bool *readable);

#endif
