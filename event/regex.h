/* regex.h - a regular expression that must match a whole text, within limits
 *
 * For what people write outside of queries, such as the matchers of a silence:
 * PCRE2's syntax (UTF-8; pcre2pattern(3)), which holds all of RE2's that is in
 * use there. `.` does not match a line end, as in RE2. The limits of steps and
 * memory are few, so that no pattern can stall the loop.
 *
 * Pure; one thread at a time for one regex. */
#ifndef TOCSIN_EVENT_REGEX_H
#define TOCSIN_EVENT_REGEX_H

#include "core/base.h"

/* Bytes of a pattern. */
#define REGEX_PATTERN_MAX 4096

struct regex;

/* NULL (ERROR_REJECT) if the pattern is wrong or too long. */
MUST_CHECK struct regex *regex_open(struct str pattern, struct error *err);
/* Accepts NULL. */
void regex_close(struct regex *r);
/* A text that passes a limit, or is no UTF-8, does not match. */
bool regex_matches(const struct regex *r, struct str text);

#endif
