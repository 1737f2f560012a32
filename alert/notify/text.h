/* text.h - a text for a service: no longer than it takes, with nothing in it
 * that it would read as more than text
 *
 * Lengths are UTF-16 units, because some services count those; who counts
 * characters counts no more. A text is made of our own pieces, which are added
 * whole or not at all, and of strangers' (what came out of events), which are
 * cleaned, escaped and cut between characters, never inside an escape.
 *
 * Pure; one thread at a time for one text. */
#ifndef TOCSIN_ALERT_NOTIFY_TEXT_H
#define TOCSIN_ALERT_NOTIFY_TEXT_H

#include "core/buf.h"

/* What stands for the character c after `before` (' ' at the beginning), where
 * the service would read more into it; NULL: c itself. */
typedef const char *(*text_escape)(uint32_t before, uint32_t c);

struct text {
	struct buf out; /* valid UTF-8 without control characters but LF */
	size_t left;    /* units that may still be added */
};

void text_init(struct text *t, size_t max_units);
void text_release(struct text *t);

/* False, with nothing added, if it does not fit. `piece` is valid UTF-8. */
bool text_ours(struct text *t, const char *piece);
/* Add at most max_units of it, the last one '…' where it was cut. Broken UTF-8,
 * control characters and those that turn the direction of writing become
 * U+FFFD, tabs become blanks; line ends stay if `lines`, else they become
 * blanks too. `escape` may be NULL. */
void text_theirs(struct text *t, struct str stranger, size_t max_units,
		 bool lines, text_escape escape);

/* UTF-16 units of valid UTF-8. */
size_t text_units(struct str text);

/* Append `stranger` as a JSON string, cleaned and cut likewise. */
void text_json(struct buf *out, struct str stranger, size_t max_units);

/* May it be made a link: http(s):// and only characters that a URL holds? */
bool text_is_url(const char *text);
/* Append the text, percent-encoded but for letters, digits and "-._~". */
void text_percent(struct buf *out, const char *text);

#endif
