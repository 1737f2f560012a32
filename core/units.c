/* units.c - durations, sizes and misspelt words
 *
 * Pure; owns nothing; safe on any thread. */
#include "core/config.h"

#include <stdlib.h>

struct unit {
	const char *name;
	int64_t size;
};

/* The largest first, so that the first that divides is the shortest. */
static const struct unit duration_units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
	{ "s", 1000 },     { "ms", 1 },
};

static const struct unit bytes_units[] = {
	{ "GiB", 1 << 30 },
	{ "MiB", 1 << 20 },
	{ "KiB", 1 << 10 },
	{ "B", 1 },
};

/* A whole number and one of the units, nothing else. */
static bool parse_unit(struct str text, const struct unit units[], size_t n,
		       int64_t *out)
{
	size_t digits = 0;
	int64_t number;
	struct str name;

	while (digits < text.n && text.s[digits] >= '0' &&
	       text.s[digits] <= '9')
		digits++;
	if (!str_to_int64(str_slice(text.s, digits), 0, INT64_MAX, &number))
		return false;
	name = str_slice(text.s + digits, text.n - digits);
	for (size_t i = 0; i < n; i++) {
		if (str_is(name, units[i].name))
			return !__builtin_mul_overflow(number, units[i].size,
						       out);
	}
	return false;
}

static void format_unit(int64_t value, const struct unit units[], size_t n,
			struct buf *out)
{
	size_t i = n - 1;

	for (size_t k = 0; k < n && value != 0; k++) {
		if (value % units[k].size == 0) {
			i = k;
			break;
		}
	}
	buf_add_int(out, value / units[i].size);
	buf_add_text(out, units[i].name);
}

bool duration_parse(struct str text, int64_t *ms)
{
	int64_t value;

	if (!parse_unit(text, duration_units, ARRAY_LENGTH(duration_units),
			&value))
		return false;
	*ms = value;
	return true;
}

void duration_format(int64_t ms, struct buf *out)
{
	if (ms == 0)
		buf_add_text(out, "0s");
	else
		format_unit(ms, duration_units, ARRAY_LENGTH(duration_units),
			    out);
}

bool bytes_parse(struct str text, int64_t *bytes)
{
	int64_t value;

	if (!str_to_int64(text, 0, INT64_MAX, &value) &&
	    !parse_unit(text, bytes_units, ARRAY_LENGTH(bytes_units), &value))
		return false;
	*bytes = value;
	return true;
}

void bytes_format(int64_t bytes, struct buf *out)
{
	format_unit(bytes, bytes_units, ARRAY_LENGTH(bytes_units), out);
}

/* Longer words are no misspelling of a key. */
#define WORD_LIMIT 64

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* How many letters to insert, remove, change or swap with their neighbour
 * (optimal string alignment), without regard to case. */
static size_t distance(struct str a, struct str b)
{
	size_t row[3][WORD_LIMIT + 1];
	size_t *before = row[0], *last = row[1], *now = row[2];

	for (size_t j = 0; j <= b.n; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t *free_row = before;

		now[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			char x = lower(a.s[i - 1]), y = lower(b.s[j - 1]);

			now[j] = least(last[j] + 1, now[j - 1] + 1,
				       last[j - 1] + (x != y));
			if (i > 1 && j > 1 && x == lower(b.s[j - 2]) &&
			    y == lower(a.s[i - 2]) && before[j - 2] < now[j])
				now[j] = least(now[j], before[j - 2] + 1,
					       SIZE_MAX);
		}
		before = last;
		last = now;
		now = free_row;
	}
	return last[b.n];
}

/* A word that is the other's beginning, three letters or more, is near:
 * "broker" for "brokers_list". */
static bool begins(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;

	return n >= 3 && memcmp(a.s, b.s, n) == 0;
}

const char *nearest_word(const char *misspelt, const char *const known[],
			 size_t n)
{
	struct str word = str_of(misspelt);
	size_t best = SIZE_MAX;
	const char *nearest = NULL;

	if (word.n == 0 || word.n > WORD_LIMIT)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct str candidate = str_of(known[i]);
		size_t far, bound;

		if (candidate.n > WORD_LIMIT)
			continue;
		far = distance(word, candidate);
		bound = (word.n > candidate.n ? word.n : candidate.n) / 3;
		if (bound < 1)
			bound = 1;
		if ((far > bound || far >= word.n) && !begins(word, candidate))
			continue;
		if (far < best) {
			best = far;
			nearest = known[i];
		}
	}
	return nearest;
}
