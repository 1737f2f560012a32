/* query_now.c - times that count from now: "now-5m", "now-1d/d"
 *
 * Everything is UTC. Source: Elasticsearch 7.17, JavaDateMathParser; rounding
 * up ends a millisecond before the next unit there, so here too.
 * Pure; safe on any thread. */
#include "event/query_internal.h"

#include "core/zone.h"
#include "event/time.h"

enum {
	NUMBER_MAX = 9999,
	MS_SECOND = 1000,
	MS_MINUTE = 60 * MS_SECOND,
	MS_HOUR = 60 * MS_MINUTE,
	MS_DAY = 24 * MS_HOUR,
	MS_WEEK = 7 * MS_DAY,
	/* 1970-01-05 was a Monday. */
	MS_MONDAY = 4 * MS_DAY,
};

/* What fits into nanoseconds. */
#define MS_MAX (INT64_MAX / 1000000)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* At + - or /. */
static bool parse_step(const char **at, const char *end, struct now_step *out)
{
	const char *p = *at;
	char sign = *p++;
	int n = 0;

	if (sign != '+' && sign != '-' && sign != '/')
		return false;
	out->round = sign == '/';
	if (p < end && !is_digit(*p))
		n = 1;
	else if (out->round)
		return false;
	while (p < end && is_digit(*p)) {
		n = n * 10 + (*p++ - '0');
		if (n > NUMBER_MAX)
			return false;
	}
	if (p == end || !*p || !strchr("yMwdhHms", *p))
		return false;
	out->n = sign == '-' ? -n : n;
	out->unit = *p++;
	*at = p;
	return true;
}

bool query_now_parse(struct str text, struct query_now *out)
{
	const char *p = text.s + 3, *end = text.s + text.n;
	struct query_now now = { 0 };

	if (!str_has_prefix(text, STR("now")))
		return false;
	while (p < end) {
		if (now.n == ARRAY_LENGTH(now.step) ||
		    !parse_step(&p, end, &now.step[now.n++]))
			return false;
	}
	*out = now;
	return true;
}

/* 0 for months and years, whose length differs. */
static int64_t unit_ms(char unit)
{
	switch (unit) {
	case 's': return MS_SECOND;
	case 'm': return MS_MINUTE;
	case 'h':
	case 'H': return MS_HOUR;
	case 'd': return MS_DAY;
	case 'w': return MS_WEEK;
	default: return 0;
	}
}

static int64_t floor_to(int64_t ms, int64_t unit, int64_t start)
{
	int64_t rest = (ms - start) % unit;

	return ms - (rest < 0 ? rest + unit : rest);
}

static int read_digits(const char *p, int n)
{
	int value = 0;

	while (n-- > 0)
		value = value * 10 + (*p++ - '0');
	return value;
}

/* The day's first millisecond, clamped to the years that time.h knows. */
static int64_t civil_ms(int year, int month, int day)
{
	char text[] = "0000-00-00T00:00:00Z";
	int part[] = { year < 1678   ? 1678
		       : year > 2261 ? 2261
				     : year,
		       month, day };
	static const int last[] = { 3, 6, 9 };
	int64_t ns;

	for (int i = 0; i < 3; i++) {
		for (int at = last[i]; part[i] > 0; at--, part[i] /= 10)
			text[at] = (char)('0' + part[i] % 10);
	}
	ENSURE(time_parse_normal(str_of(text), &ns));
	return ns / 1000000;
}

/* Months from the year 0 on, and the day from 1. */
static void read_civil(int64_t ms, int *months, int *day)
{
	char text[TIME_TEXT_BYTES];

	time_format(ms * 1000000, 0, text);
	*months = read_digits(text, 4) * 12 + read_digits(text + 5, 2) - 1;
	*day = read_digits(text + 8, 2);
}

/* So many months further; a day that the month has not is its last. */
static int64_t add_months(int64_t ms, int n)
{
	int64_t time = ms - floor_to(ms, MS_DAY, 0);
	int months, day, year, month;

	read_civil(ms, &months, &day);
	months += n;
	if (months < 0)
		months = 0;
	year = months / 12;
	month = months % 12 + 1;
	if (day > date_month_days(year, month))
		day = date_month_days(year, month);
	return civil_ms(year, month, day) + time;
}

static int64_t floor_months(int64_t ms, int unit)
{
	int months, day;

	read_civil(ms, &months, &day);
	months -= months % unit;
	return civil_ms(months / 12, months % 12 + 1, 1);
}

static int64_t take_step(const struct now_step *step, int64_t ms, bool up)
{
	int64_t unit = unit_ms(step->unit);
	int months = step->unit == 'y' ? 12 : 1;

	if (!step->round)
		return unit ? ms + step->n * unit
			    : add_months(ms, step->n * months);
	if (unit)
		ms = floor_to(ms, unit, step->unit == 'w' ? MS_MONDAY : 0);
	else
		ms = floor_months(ms, months);
	if (!up)
		return ms;
	return (unit ? ms + unit : add_months(ms, months)) - 1;
}

int64_t query_now_ns(const struct query_now *now, int64_t now_ms, bool up)
{
	int64_t ms = now_ms;

	for (size_t i = 0; i <= now->n; i++) {
		ms = ms > MS_MAX ? MS_MAX : ms < -MS_MAX ? -MS_MAX : ms;
		if (i < now->n)
			ms = take_step(&now->step[i], ms, up);
	}
	return ms * 1000000;
}
