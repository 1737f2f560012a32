/* utf8.c - UTF-8 by the table of Unicode 15, section 3.9 (3-7)
 *
 * Owns nothing; any thread. */
#include "event/utf8.h"

/* The bytes that may follow `lead`: how many (0: it may not lead), and the
 * range of the first of them. */
struct lead {
	unsigned char more, low, high;
};

static struct lead lead_of(unsigned char c)
{
	if (c < 0xc2 || c > 0xf4)
		return (struct lead){ 0, 0, 0 };
	if (c < 0xe0)
		return (struct lead){ 1, 0x80, 0xbf };
	if (c < 0xf0)
		return (struct lead){ 2, c == 0xe0 ? 0xa0 : 0x80,
				      c == 0xed ? 0x9f : 0xbf };
	return (struct lead){ 3, c == 0xf0 ? 0x90 : 0x80,
			      c == 0xf4 ? 0x8f : 0xbf };
}

/* Bytes at p that begin a character, and into *whole whether they are one. */
static size_t character(const char *p, const char *end, bool *whole)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t room = (size_t)(end - p);

	*whole = u[0] < 0x80;
	if (*whole)
		return 1;

	struct lead lead = lead_of(u[0]);
	if (!lead.more || room < 2 || u[1] < lead.low || u[1] > lead.high)
		return 1;

	size_t n = 2;
	while (n <= lead.more && n < room && (u[n] & 0xc0) == 0x80)
		n++;
	*whole = n == (size_t)lead.more + 1;
	return n;
}

size_t utf8_length(const char *p, const char *end)
{
	bool whole;
	size_t n = character(p, end, &whole);

	return whole ? n : 0;
}

size_t utf8_bad_length(const char *p, const char *end)
{
	bool whole;

	return character(p, end, &whole);
}

/* The end of the plain ASCII at p, or a little before it. */
static const char *skip_ascii(const char *p, const char *end)
{
	uint64_t word;

	while ((size_t)(end - p) >= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		if (word & UINT64_C(0x8080808080808080))
			break;
		p += sizeof(word);
	}
	return p;
}

/* The first byte that belongs to no character; `end` if all is valid. */
static const char *first_bad(const char *p, const char *end)
{
	while (p < end) {
		p = skip_ascii(p, end);
		if (p == end)
			break;
		size_t n = utf8_length(p, end);
		if (!n)
			return p;
		p += n;
	}
	return p;
}

bool utf8_valid(struct str text)
{
	return !text.n || first_bad(text.s, text.s + text.n) == text.s + text.n;
}

bool utf8_clean(struct str text, struct buf *out)
{
	if (!text.n)
		return false;

	const char *p = text.s, *end = text.s + text.n;
	bool changed = false;

	while (p < end) {
		const char *bad = first_bad(p, end);
		buf_add(out, str_slice(p, (size_t)(bad - p)));
		if (bad == end)
			break;
		buf_add(out, STR(UTF8_REPLACEMENT));
		changed = true;
		p = bad + utf8_bad_length(bad, end);
	}
	return changed;
}

size_t utf8_encode(uint32_t code, char out[4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

struct str utf8_cut(struct str text, size_t max)
{
	if (text.n <= max)
		return text;
	while (max && ((unsigned char)text.s[max] & 0xc0) == 0x80)
		max--;
	return str_slice(text.s, max);
}
