/* time.h - the times of events
 *
 * Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted, in an
 * int64_t; the years 1678 to 2261 fit, others are unreadable.
 *
 * Normal form: YYYY-MM-DDThh:mm:ss[.1-9 digits]Z, a real date, second <= 59.
 * Format: RFC 3339, section 5.6.
 *
 * Pure, no time zone data; safe on any thread. */
#ifndef TOCSIN_EVENT_TIME_H
#define TOCSIN_EVENT_TIME_H

#include "core/base.h"

#define TIME_NONE   INT64_MIN
#define TIME_SECOND INT64_C(1000000000)
#define TIME_DAY    (86400 * TIME_SECOND)

/* How far an event's own time may be from now before it is not believed. */
#define TIME_PAST_MAX   (400 * TIME_DAY)
#define TIME_FUTURE_MAX (1 * TIME_DAY)

struct time_read {
	int64_t ns;
	unsigned digits; /* of the second's fraction, 0 to 9 */
};

/* Bytes of the longest normal form, and of a day; no NUL counted. */
enum { TIME_TEXT_BYTES = 30, TIME_DAY_BYTES = 10 };

/* Only the normal form. False: *ns untouched. */
MUST_CHECK bool time_parse_normal(struct str text, int64_t *ns);

/* Any spelling: RFC 3339 with any offset (also +hhmm and +hh), blank or lower
 * case for T, lower-case z, no zone (UTC), comma for the point, digits beyond
 * the ninth (dropped), second 60 (the next second); and what
 * time_parse_epoch() reads. Blanks around it are ignored. False: *out
 * untouched. */
MUST_CHECK bool time_parse_any(struct str text, struct time_read *out);

/* A decimal number (JSON's grammar) since 1970 in s, ms, us or ns; which one
 * is told by its size: below 10^11 s, 10^14 ms, 10^17 us. */
MUST_CHECK bool time_parse_epoch(struct str number, struct time_read *out);

/* ns written in normal form with this many digits (0 to 9; what does not show
 * is dropped, not rounded). Returns the bytes written; no NUL. A ns outside
 * the years above is written as the nearest time inside. */
size_t time_format(int64_t ns, unsigned digits, char out[TIME_TEXT_BYTES]);

/* The digits that show all of ns: 3, 6 or 9. */
unsigned time_digits(int64_t ns);

/* The UTC day, "YYYY.MM.DD"; no NUL. */
void time_format_day(int64_t ns, char out[TIME_DAY_BYTES]);

/* ns is believable at `now`: not more than TIME_PAST_MAX before and not more
 * than TIME_FUTURE_MAX after. Always true if now is TIME_NONE. */
bool time_in_bounds(int64_t ns, int64_t now_ns);

#endif
