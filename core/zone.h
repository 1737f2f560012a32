/* zone.h - the time of day in a named time zone
 *
 * Reads the system's zone files itself, because the C library knows one zone a
 * process only and changing that is no work for a program with threads.
 *
 * Format: RFC 8536 (TZif, versions 1 to 4), its footer POSIX.1 TZ. A zone is
 * constant once read; any thread may ask. */
#ifndef TOCSIN_CORE_ZONE_H
#define TOCSIN_CORE_ZONE_H

#include "core/base.h"

struct zone;

/* "Europe/Berlin"; "UTC" needs no file. NULL (ERROR_CONFIG) if the system does
 * not know it. */
MUST_CHECK struct zone *zone_open(const char *name, struct error *err);
/* The same from the bytes of a file. */
MUST_CHECK struct zone *zone_read(struct str file, struct error *err);
/* Accepts NULL. */
void zone_close(struct zone *z);
/* Seconds east of UTC at that time (s since 1970, UTC). */
int64_t zone_offset_s(const struct zone *z, int64_t utc_s);

/* Proleptic Gregorian. */
struct date {
	int64_t year;
	int month, day; /* from 1 */
	int weekday;    /* 0: Sunday */
	int second;     /* of the day */
};

/* Of seconds since 1970-01-01T00:00:00. */
void date_of(int64_t s, struct date *out);
/* Days since 1970-01-01. */
int64_t date_days(int64_t year, int month, int day);
int date_month_days(int64_t year, int month);

#endif
