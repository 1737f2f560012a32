/* zone.c - the time of day in a named time zone
 *
 * Owns the transitions of a zone and the rule that holds after the last one.
 * Pure but for zone_open, which reads a file; any thread. */
#include "core/zone.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"

#define ZONE_FOLDER "/usr/share/zoneinfo"
#define DAY_S       INT64_C(86400)

enum {
	FILE_MAX = 1 << 20,
	HEADER_BYTES = 44,
	NAME_MAX_BYTES = 100,
};

/* When a half of the year begins: Mm.w.d, Jn or n, at a local time. */
struct change {
	enum { CHANGE_WEEK, CHANGE_JULIAN, CHANGE_DAY } kind;
	int month, week, day;
	int64_t time_s;
};

struct zone {
	int64_t *at; /* ascending */
	int32_t *offset_s;
	size_t n;
	int64_t first_s; /* before the first transition */
	bool has_rule;   /* after the last one */
	bool has_summer;
	int64_t standard_s, summer_s;
	struct change begin, end; /* of summer */
};

/* ---- dates ---- */

/* Howard Hinnant, "chrono-compatible low-level date algorithms". */
int64_t date_days(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year =
		(153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

void date_of(int64_t s, struct date *out)
{
	int64_t days = s / DAY_S - (s % DAY_S < 0);
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	out->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	out->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	out->year = yoe + era * 400 + (out->month <= 2);
	out->weekday = (int)(((days + 4) % 7 + 7) % 7);
	out->second = (int)(s - days * DAY_S);
}

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int date_month_days(int64_t year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* ---- the footer: POSIX.1 TZ ---- */

struct reader {
	const char *p, *end;
};

static bool skip_name(struct reader *r)
{
	const char *start = r->p;

	if (r->p < r->end && *r->p == '<') {
		while (r->p < r->end && *r->p != '>')
			r->p++;
		return r->p++ < r->end;
	}
	while (r->p < r->end && ((*r->p >= 'A' && *r->p <= 'Z') ||
				 (*r->p >= 'a' && *r->p <= 'z')))
		r->p++;
	return r->p > start;
}

static bool read_number(struct reader *r, int max, int *out)
{
	const char *start = r->p;
	int n = 0;

	while (r->p < r->end && *r->p >= '0' && *r->p <= '9' && n <= max)
		n = n * 10 + (*r->p++ - '0');
	*out = n;
	return r->p > start && n <= max;
}

static bool at_char(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

/* [+-]h[:m[:s]] */
static bool read_time(struct reader *r, int64_t *s)
{
	bool negative = at_char(r, '-');
	int h, m = 0, sec = 0;

	if (!negative)
		at_char(r, '+');
	if (!read_number(r, 167, &h) ||
	    (at_char(r, ':') && !read_number(r, 59, &m)) ||
	    (at_char(r, ':') && !read_number(r, 59, &sec)))
		return false;
	*s = h * INT64_C(3600) + m * 60 + sec;
	if (negative)
		*s = -*s;
	return true;
}

static bool read_day(struct reader *r, struct change *c)
{
	if (at_char(r, 'M')) {
		c->kind = CHANGE_WEEK;
		return read_number(r, 12, &c->month) && c->month > 0 &&
		       at_char(r, '.') && read_number(r, 5, &c->week) &&
		       c->week > 0 && at_char(r, '.') &&
		       read_number(r, 6, &c->day);
	}
	c->kind = at_char(r, 'J') ? CHANGE_JULIAN : CHANGE_DAY;
	return read_number(r, 365, &c->day);
}

static bool read_change(struct reader *r, struct change *c)
{
	c->time_s = 2 * 3600;
	return at_char(r, ',') && read_day(r, c) &&
	       (!at_char(r, '/') || read_time(r, &c->time_s));
}

static bool read_rule(struct zone *z, struct str text)
{
	struct reader r = { text.s, text.s + text.n };
	int64_t west;

	if (!skip_name(&r) || !read_time(&r, &west))
		return false;
	z->standard_s = -west;
	z->has_rule = true;
	if (r.p == r.end)
		return true;
	z->has_summer = true;
	z->summer_s = z->standard_s + 3600;
	if (!skip_name(&r))
		return false;
	if (r.p < r.end && *r.p != ',') {
		if (!read_time(&r, &west))
			return false;
		z->summer_s = -west;
	}
	return read_change(&r, &z->begin) && read_change(&r, &z->end) &&
	       r.p == r.end;
}

/* Local seconds since 1970 of the change in that year. */
static int64_t change_at(const struct change *c, int64_t year)
{
	int64_t days = date_days(year, 1, 1);

	if (c->kind == CHANGE_WEEK) {
		struct date first;
		int day;

		days = date_days(year, c->month, 1);
		date_of(days * DAY_S, &first);
		day = (c->day - first.weekday + 7) % 7 + 7 * (c->week - 1);
		while (day >= date_month_days(year, c->month))
			day -= 7;
		days += day;
	} else if (c->kind == CHANGE_DAY) {
		days += c->day;
	} else { /* the 29th of February is never counted */
		days += c->day - 1 + (c->day >= 60 && is_leap(year));
	}
	return days * DAY_S + c->time_s;
}

static int64_t rule_offset(const struct zone *z, int64_t utc_s)
{
	struct date local;
	int64_t begin, end;

	if (!z->has_summer)
		return z->standard_s;
	date_of(utc_s + z->standard_s, &local);
	begin = change_at(&z->begin, local.year) - z->standard_s;
	end = change_at(&z->end, local.year) - z->summer_s;
	if (begin < end ? utc_s >= begin && utc_s < end
			: utc_s >= begin || utc_s < end)
		return z->summer_s;
	return z->standard_s;
}

/* ---- the file ---- */

static int64_t big_endian(const char *p, size_t n)
{
	uint64_t v = (unsigned char)*p & 0x80 ? UINT64_MAX : 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | (unsigned char)p[i];
	return (int64_t)v;
}

/* The counts of a header, in its order. */
struct counts {
	size_t utc, std, leap, times, types, chars;
};

static bool read_header(struct str at, struct counts *c)
{
	size_t *const to[] = { &c->utc,   &c->std,   &c->leap,
			       &c->times, &c->types, &c->chars };

	if (at.n < HEADER_BYTES || memcmp(at.s, "TZif", 4) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(to); i++) {
		int64_t n = big_endian(at.s + 20 + 4 * i, 4);

		if (n < 0 || n > FILE_MAX)
			return false;
		*to[i] = (size_t)n;
	}
	return c->types > 0;
}

static size_t body_bytes(const struct counts *c, size_t time_bytes)
{
	return c->times * (time_bytes + 1) + c->types * 6 + c->chars +
	       c->leap * (time_bytes + 4) + c->std + c->utc;
}

static bool read_body(struct zone *z, const char *p, const struct counts *c,
		      size_t time_bytes)
{
	const char *index = p + c->times * time_bytes;
	const char *types = index + c->times;

	z->at = xcalloc(c->times, sizeof(*z->at));
	z->offset_s = xcalloc(c->times, sizeof(*z->offset_s));
	z->first_s = big_endian(types, 4);
	for (size_t i = 0; i < c->times; i++) {
		size_t type = (unsigned char)index[i];

		if (type >= c->types)
			return false;
		z->at[i] = big_endian(p + i * time_bytes, time_bytes);
		z->offset_s[i] = (int32_t)big_endian(types + 6 * type, 4);
		if (i > 0 && z->at[i] <= z->at[i - 1])
			return false;
	}
	z->n = c->times;
	return true;
}

static bool read_footer(struct zone *z, struct str rest)
{
	const char *end;

	if (rest.n < 2 || rest.s[0] != '\n')
		return false;
	end = memchr(rest.s + 1, '\n', rest.n - 1);
	if (!end)
		return false;
	rest = str_slice(rest.s + 1, (size_t)(end - rest.s) - 1);
	return rest.n == 0 || read_rule(z, rest);
}

static bool read_file(struct zone *z, struct str file)
{
	struct counts c;
	size_t time_bytes = 4;

	if (!read_header(file, &c))
		return false;
	if (file.s[4] >= '2') { /* the first part is for old readers */
		size_t skip = HEADER_BYTES + body_bytes(&c, 4);

		if (file.n < skip)
			return false;
		file = str_slice(file.s + skip, file.n - skip);
		time_bytes = 8;
		if (!read_header(file, &c))
			return false;
	}
	file = str_slice(file.s + HEADER_BYTES, file.n - HEADER_BYTES);
	if (file.n < body_bytes(&c, time_bytes) ||
	    !read_body(z, file.s, &c, time_bytes))
		return false;
	if (time_bytes == 4)
		return true;
	return read_footer(z, str_slice(file.s + body_bytes(&c, 8),
					file.n - body_bytes(&c, 8)));
}

struct zone *zone_read(struct str file, struct error *err)
{
	struct zone *z = xcalloc(1, sizeof(*z));

	if (file.n <= FILE_MAX && read_file(z, file))
		return z;
	zone_close(z);
	error_set(err, ERROR_CONFIG, "not a time zone file");
	return NULL;
}

static bool is_name(const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789_+-/";
	size_t n = strlen(name);

	return n > 0 && n <= NAME_MAX_BYTES && strspn(name, letters) == n &&
	       name[0] != '/';
}

static bool read_all(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	char piece[4096];
	size_t n;
	bool ok;

	if (!f)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0 &&
	       buf_add(out, str_slice(piece, n)))
		;
	ok = !ferror(f) && feof(f);
	fclose(f);
	return ok;
}

struct zone *zone_open(const char *name, struct error *err)
{
	struct buf AUTO(buf_release) path = { 0 };
	struct buf AUTO(buf_release) file = { .limit = FILE_MAX };
	struct zone *z = NULL;

	if (strcmp(name, "UTC") == 0)
		return xcalloc(1, sizeof(*z));
	buf_add_format(&path, ZONE_FOLDER "/%s", name);
	if (is_name(name) && read_all(buf_text(&path), &file))
		z = zone_read(buf_str(&file), err);
	if (!z)
		error_set(err, ERROR_CONFIG,
			  "the system knows no time zone \"%s\" (looked for "
			  "in " ZONE_FOLDER ")",
			  name);
	return z;
}

void zone_close(struct zone *z)
{
	if (!z)
		return;
	free(z->at);
	free(z->offset_s);
	free(z);
}

int64_t zone_offset_s(const struct zone *z, int64_t utc_s)
{
	size_t low = 0, high = z->n;

	if (z->has_rule && (z->n == 0 || utc_s >= z->at[z->n - 1]))
		return rule_offset(z, utc_s);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (z->at[middle] <= utc_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 ? z->offset_s[low - 1] : z->first_s;
}
