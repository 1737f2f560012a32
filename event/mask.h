/* mask.h - text that must not leave the host is replaced in an event
 *
 * Patterns are PCRE2 (UTF-8; pcre2pattern(3)) and are applied in their order,
 * everywhere they match, to the decoded text of each string value of the event,
 * at any depth; or to the whole text of a line that is no event. Keys, numbers,
 * TimeStampUTC and Level are left alone. The replacement is literal text; what
 * is to be kept of a match stands before \K or in a look-around.
 *
 * Bounded: a match has limits of steps and memory, a text at most doubles and
 * takes 64 KiB more. A text that passes a limit is replaced as a whole: rather
 * nothing than a secret.
 *
 * Pure; one thread at a time for one mask. */
#ifndef TOCSIN_EVENT_MASK_H
#define TOCSIN_EVENT_MASK_H

#include "event/scan.h"

/* What a text becomes that passed a limit. */
#define MASK_FAILED_TEXT "[not masked within the limits]"

struct mask;

/* Empty. mask_close() accepts NULL. */
struct mask *mask_open(void);
void mask_close(struct mask *m);
/* ERROR_CONFIG if the pattern is wrong. `replacement` is valid UTF-8. */
MUST_CHECK bool mask_add(struct mask *m, struct str pattern,
			 struct str replacement, struct error *err);

enum mask_result {
	MASK_NOTHING, /* `out` says nothing: the line passes as it is */
	MASK_DONE,
	MASK_FAILED, /* done, and some text passed a limit */
};

/* Write the masked line to `out` (cleared first; without a limit). `event` is
 * what event_scan() said about it. A valid line stays valid, nothing changes
 * but the strings that a pattern matched. */
enum mask_result mask_apply(struct mask *m, const struct event *event,
			    struct buf *out);

#endif
