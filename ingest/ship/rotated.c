/* rotated.c - from a rotated file's name back to the file
 *
 * Pure. See rotated.h. */
#include "ingest/ship/rotated.h"

enum { DATE_DIGITS_MIN = 6 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_divider(char c)
{
	return c == '.' || c == '-' || c == '_';
}

/* A number, or what dates and times are written with. */
static bool is_mark(char c)
{
	return is_digit(c) || is_divider(c) || c == ':' || c == 'T' || c == 'Z';
}

/* The divider at `at` begins a mark that ends the name; how many digits? */
static size_t mark_digits(struct str name, size_t at)
{
	size_t digits = 0;

	if (!is_divider(name.s[at]) || at + 1 >= name.n ||
	    !is_digit(name.s[at + 1]))
		return 0;
	for (size_t i = at; i < name.n; i++) {
		if (!is_mark(name.s[i]))
			return 0;
		digits += is_digit(name.s[i]);
	}
	return digits;
}

/* Whether cutting the mark at `at` off `name` leaves a name, and one with
 * `suffix` if there is one. */
static bool cut_at(struct str name, size_t at, struct str suffix,
		   struct buf *out)
{
	size_t digits = at > 0 ? mark_digits(name, at) : 0;

	if (digits == 0 || (suffix.n > 0 && digits < DATE_DIGITS_MIN))
		return false;
	buf_clear(out);
	buf_add(out, str_slice(name.s, at));
	buf_add(out, suffix);
	return true;
}

/* ".old", ".bak": the only one. */
static bool cut_word(struct str name, struct buf *out)
{
	struct str end;

	if (name.n <= 4)
		return false;
	end = str_slice(name.s + name.n - 4, 4);
	if (!str_is(end, ".old") && !str_is(end, ".bak"))
		return false;
	buf_clear(out);
	buf_add(out, str_slice(name.s, name.n - 4));
	return true;
}

/* Letters behind the last '.', such as ".log". */
static struct str suffix_of(struct str name)
{
	size_t at = name.n;

	while (at > 0 && name.s[at - 1] != '.') {
		char c = name.s[at - 1];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
			return STR_NONE;
		at--;
	}
	if (at < 2 || at == name.n)
		return STR_NONE;
	return str_slice(name.s + at - 1, name.n - at + 1);
}

bool rotated_original(struct str name, size_t i, struct buf *original)
{
	struct str suffix = suffix_of(name);
	struct str stem = str_slice(name.s, name.n - suffix.n);

	if (cut_word(name, original))
		return i == 0;
	for (size_t at = stem.n; at-- > 0;) {
		if (!is_mark(stem.s[at]))
			break;
		if (cut_at(stem, at, suffix, original) && i-- == 0)
			return true;
	}
	return false;
}
