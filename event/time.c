/* time.c - reading and writing times, by civil-day arithmetic
 *
 * Days and dates by Howard Hinnant, "chrono-compatible low-level date
 * algorithms". Owns nothing; any thread. */
#include "event/time.h"

#include "core/zone.h"

#define YEAR_MIN 1678
#define YEAR_MAX 2261

/* 1678-01-01T00:00:00Z and the last ns of 2261. */
#define NS_MIN (INT64_C(-106650) * TIME_DAY)
#define NS_MAX (INT64_C(106651) * TIME_DAY - 1)

struct clock_time {
	int64_t days; /* since 1970-01-01 */
	unsigned hour, minute, second;
	uint32_t ns;
	unsigned digits;
};

/* Days since 1970-01-01 of a date in the Gregorian calendar. */
static int64_t days_of(unsigned year, unsigned month, unsigned day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = y / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year =
		(153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day -
		1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

static void civil_of(int64_t days, unsigned *year, unsigned *month,
		     unsigned *day)
{
	int64_t z = days + 719468;
	int64_t era = z / 146097;
	int64_t of_era = z - era * 146097;
	int64_t y =
		(of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) /
		365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*day = (unsigned)(of_year - (153 * m + 2) / 5 + 1);
	*month = (unsigned)(m < 10 ? m + 3 : m - 9);
	*year = (unsigned)(y + era * 400 + (m >= 10));
}

/* Exactly n digits at the front of *text: taken off, and their value. */
static bool take_digits(struct str *text, unsigned n, unsigned *value)
{
	unsigned sum = 0;

	if (text->n < n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		unsigned digit = (unsigned)(unsigned char)text->s[i] - '0';
		if (digit > 9)
			return false;
		sum = sum * 10 + digit;
	}
	*value = sum;
	*text = str_slice(text->s + n, text->n - n);
	return true;
}

/* One of the characters of `set` at the front of *text: taken off. */
static bool take_char(struct str *text, const char *set)
{
	if (!text->n || !text->s[0] || !strchr(set, text->s[0]))
		return false;
	*text = str_slice(text->s + 1, text->n - 1);
	return true;
}

/* "YYYY-MM-DD", a real date in the years that fit. */
static bool take_date(struct str *text, struct clock_time *out)
{
	unsigned year, month, day;

	if (!take_digits(text, 4, &year) || !take_char(text, "-") ||
	    !take_digits(text, 2, &month) || !take_char(text, "-") ||
	    !take_digits(text, 2, &day))
		return false;
	if (year < YEAR_MIN || year > YEAR_MAX || month < 1 || month > 12 ||
	    day < 1 || day > (unsigned)date_month_days(year, (int)month))
		return false;
	out->days = days_of(year, month, day);
	return true;
}

static bool take_clock(struct str *text, struct clock_time *out)
{
	if (!take_digits(text, 2, &out->hour) || !take_char(text, ":") ||
	    !take_digits(text, 2, &out->minute) || !take_char(text, ":") ||
	    !take_digits(text, 2, &out->second))
		return false;
	return out->hour <= 23 && out->minute <= 59 && out->second <= 60;
}

/* The digits after the point: at least one; those past the ninth go. Returns
 * how many there were. */
static unsigned take_fraction(struct str *text, struct clock_time *out)
{
	unsigned seen = 0, digit;

	out->ns = 0;
	while (take_digits(text, 1, &digit)) {
		if (seen < 9)
			out->ns = out->ns * 10 + digit;
		seen++;
	}
	out->digits = seen < 9 ? seen : 9;
	for (unsigned i = out->digits; i < 9; i++)
		out->ns *= 10;
	return seen;
}

static int64_t ns_of(const struct clock_time *t)
{
	int64_t seconds =
		t->days * 86400 + t->hour * 3600 + t->minute * 60 + t->second;

	return seconds * TIME_SECOND + t->ns;
}

bool time_parse_normal(struct str text, int64_t *ns)
{
	struct clock_time t = { 0 };

	if (!take_date(&text, &t) || !take_char(&text, "T") ||
	    !take_clock(&text, &t) || t.second > 59)
		return false;
	if (take_char(&text, ".")) {
		unsigned digits = take_fraction(&text, &t);
		if (digits < 1 || digits > 9)
			return false;
	}
	if (!take_char(&text, "Z") || text.n)
		return false;
	*ns = ns_of(&t);
	return true;
}

/* What stands behind the time: "", Z, z, +hh:mm, +hhmm, +hh. */
static bool take_offset(struct str *text, int64_t *seconds)
{
	unsigned hours, minutes = 0;

	*seconds = 0;
	if (!text->n || take_char(text, "Zz"))
		return true;

	bool west = text->s[0] == '-';
	if (!take_char(text, "+-") || !take_digits(text, 2, &hours))
		return false;
	if (text->n) {
		(void)take_char(text, ":");
		if (!take_digits(text, 2, &minutes))
			return false;
	}
	if (hours > 23 || minutes > 59)
		return false;
	*seconds = (int64_t)hours * 3600 + minutes * 60;
	if (west)
		*seconds = -*seconds;
	return true;
}

static bool parse_rfc3339(struct str text, struct time_read *out)
{
	struct clock_time t = { 0 };
	int64_t offset;

	if (!take_date(&text, &t) || !take_char(&text, "Tt ") ||
	    !take_clock(&text, &t))
		return false;
	if (take_char(&text, ".,") && take_fraction(&text, &t) < 1)
		return false;
	if (!take_offset(&text, &offset) || text.n)
		return false;

	int64_t ns = ns_of(&t) - offset * TIME_SECOND;
	if (ns < NS_MIN || ns > NS_MAX)
		return false;
	*out = (struct time_read){ ns, t.digits };
	return true;
}

/* A decimal number as its digits and the place of its point among them. */
struct decimal {
	bool negative;
	unsigned n;    /* digits kept; the first is not 0 */
	int64_t point; /* the value is 0.d1d2d3... * 10^point */
	unsigned char digit[40];
};

static void decimal_add(struct decimal *d, char c, bool before_point)
{
	if (d->n == 0 && c == '0') {
		d->point -= !before_point;
		return;
	}
	d->point += before_point;
	if (d->n < sizeof(d->digit))
		d->digit[d->n++] = (unsigned char)(c - '0');
}

static bool take_number_digits(struct str *text, struct decimal *d,
			       bool before_point)
{
	size_t had = text->n;
	unsigned digit;

	while (take_digits(text, 1, &digit))
		decimal_add(d, (char)('0' + digit), before_point);
	return text->n < had;
}

static bool take_decimal(struct str *text, struct decimal *d)
{
	int64_t exponent = 0;

	memset(d, 0, sizeof(*d));
	d->negative = take_char(text, "-");
	if (!take_number_digits(text, d, true))
		return false;
	if (take_char(text, ".") && !take_number_digits(text, d, false))
		return false;
	if (take_char(text, "eE")) {
		(void)take_char(text, "+");
		if (!str_to_int64(*text, -1000, 1000, &exponent))
			return false;
		*text = STR_NONE;
	}
	d->point += exponent;
	return text->n == 0;
}

/* The first n digits of 0.d1d2d3..., as a whole number; n <= 19. */
static uint64_t decimal_head(const struct decimal *d, int64_t n)
{
	uint64_t value = 0;

	for (int64_t i = 0; i < n; i++)
		value = value * 10 + (i < d->n ? d->digit[i] : 0);
	return value;
}

/* The power of ten of the unit, by the digits before the point. */
static int64_t unit_of(const struct decimal *d)
{
	if (d->point <= 11)
		return 0;
	if (d->point <= 14)
		return 3;
	return d->point <= 17 ? 6 : 9;
}

bool time_parse_epoch(struct str number, struct time_read *out)
{
	struct decimal d;

	if (!take_decimal(&number, &d))
		return false;

	int64_t unit = unit_of(&d);
	int64_t shown = (int64_t)d.n - (d.point - unit);
	d.point += 9 - unit;
	if (d.point > 19)
		return false;
	uint64_t ns = decimal_head(&d, d.point);
	if (ns > (uint64_t)NS_MAX)
		return false;
	/* 1763888400000 says ms although its digits end in zeros. */
	if (shown < unit)
		shown = unit;
	out->ns = d.negative ? -(int64_t)ns : (int64_t)ns;
	out->digits = (unsigned)(shown > 9 ? 9 : shown);
	return true;
}

bool time_parse_any(struct str text, struct time_read *out)
{
	text = str_trim(text);
	return parse_rfc3339(text, out) || time_parse_epoch(text, out);
}

static void put_digits(char *to, unsigned n, unsigned value)
{
	while (n--) {
		to[n] = (char)('0' + value % 10);
		value /= 10;
	}
}

static int64_t clamp(int64_t ns)
{
	if (ns < NS_MIN)
		return NS_MIN;
	return ns > NS_MAX ? NS_MAX : ns;
}

/* The day of ns, rounded down, and what is left of it. */
static int64_t day_of(int64_t ns, int64_t *rest)
{
	int64_t days = ns / TIME_DAY;

	*rest = ns % TIME_DAY;
	if (*rest < 0) {
		*rest += TIME_DAY;
		days--;
	}
	return days;
}

static void put_date(char *to, int64_t days, char between)
{
	unsigned year, month, day;

	civil_of(days, &year, &month, &day);
	put_digits(to, 4, year);
	to[4] = between;
	put_digits(to + 5, 2, month);
	to[7] = between;
	put_digits(to + 8, 2, day);
}

size_t time_format(int64_t ns, unsigned digits, char out[TIME_TEXT_BYTES])
{
	int64_t rest;

	put_date(out, day_of(clamp(ns), &rest), '-');
	unsigned seconds = (unsigned)(rest / TIME_SECOND);
	unsigned fraction = (unsigned)(rest % TIME_SECOND);
	out[10] = 'T';
	put_digits(out + 11, 2, seconds / 3600);
	out[13] = ':';
	put_digits(out + 14, 2, seconds / 60 % 60);
	out[16] = ':';
	put_digits(out + 17, 2, seconds % 60);

	size_t n = 19;
	if (digits > 9)
		digits = 9;
	for (unsigned i = digits; i < 9; i++)
		fraction /= 10;
	if (digits) {
		out[n++] = '.';
		put_digits(out + n, digits, fraction);
		n += digits;
	}
	out[n++] = 'Z';
	return n;
}

unsigned time_digits(int64_t ns)
{
	if (ns % 1000)
		return 9;
	return ns % 1000000 ? 6 : 3;
}

void time_format_day(int64_t ns, char out[TIME_DAY_BYTES])
{
	int64_t rest;

	put_date(out, day_of(clamp(ns), &rest), '.');
}

bool time_in_bounds(int64_t ns, int64_t now_ns)
{
	int64_t ahead;

	if (now_ns == TIME_NONE)
		return true;
	if (__builtin_sub_overflow(ns, now_ns, &ahead))
		return false;
	return ahead >= -TIME_PAST_MAX && ahead <= TIME_FUTURE_MAX;
}
