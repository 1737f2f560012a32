/* json_bytes.h - passing over string bodies and blanks, many bytes at a time
 *
 * Private to event/. 16 bytes a step with SSE2, 8 without; never reads at or
 * behind `end`. Pure. */
#ifndef TOCSIN_EVENT_JSON_BYTES_H
#define TOCSIN_EVENT_JSON_BYTES_H

#include "core/base.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define BYTES_ONE  UINT64_C(0x0101010101010101)
#define BYTES_HIGH UINT64_C(0x8080808080808080)

/* High bits set where a byte of `word` is c (and perhaps above the first such
 * byte). */
static inline uint64_t bytes_equal(uint64_t word, unsigned char c)
{
	uint64_t x = word ^ (BYTES_ONE * c);

	return (x - BYTES_ONE) & ~x & BYTES_HIGH;
}

static inline bool byte_is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

/* Whether 8 bytes are all plain ASCII of a string: no quote, no backslash, no
 * control byte. */
static inline bool bytes_plain(uint64_t word)
{
	uint64_t low = (word - BYTES_ONE * 0x20) & ~word;

	return !((low | word) & BYTES_HIGH) && !bytes_equal(word, '"') &&
	       !bytes_equal(word, '\\');
}

/* The first byte from p on that is a quote, a backslash, a control byte or not
 * ASCII; `end` if there is none. */
static inline const char *json_plain_end(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i quote = _mm_set1_epi8('"');
	const __m128i back = _mm_set1_epi8('\\');
	const __m128i blank = _mm_set1_epi8(0x20);

	while (end - p >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		/* Signed: bytes of 0x80 and above are below 0x20 too. */
		__m128i stop =
			_mm_or_si128(_mm_cmplt_epi8(v, blank),
				     _mm_or_si128(_mm_cmpeq_epi8(v, quote),
						  _mm_cmpeq_epi8(v, back)));
		int mask = _mm_movemask_epi8(stop);
		if (mask)
			return p + __builtin_ctz((unsigned)mask);
		p += 16;
	}
#endif
	uint64_t word;
	while (end - p >= 8) {
		memcpy(&word, p, sizeof(word));
		if (!bytes_plain(word))
			break;
		p += 8;
	}
	while (p < end && byte_is_plain((unsigned char)*p))
		p++;
	return p;
}

/* The closing quote of a string that is known to be valid, from inside its
 * body; `end` if there is none. */
static inline const char *json_quote_end(const char *p, const char *end)
{
	while (p < end) {
		p = json_plain_end(p, end);
		if (p == end || *p == '"')
			return p;
		p += *p == '\\' ? 2 : 1;
	}
	return end;
}

static inline bool json_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline const char *json_skip_blanks(const char *p, const char *end)
{
	while (p < end && json_is_blank(*p))
		p++;
	return p;
}

/* The code unit of four hex digits; -1 if they are not. */
static inline int32_t json_hex4(const char *p, const char *end)
{
	int32_t value = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int32_t c = (unsigned char)p[i];
		int32_t lower = c | 0x20;
		if (c >= '0' && c <= '9')
			value = value * 16 + c - '0';
		else if (lower >= 'a' && lower <= 'f')
			value = value * 16 + lower - 'a' + 10;
		else
			return -1;
	}
	return value;
}

/* What the escape at p (a backslash) stands for, as UTF-8 in out: *width bytes
 * of text, return value: bytes of the escape, 0 if it is none. A lone
 * surrogate is U+FFFD, with *lone set to true. */
size_t json_escape(const char *p, const char *end, char out[4], size_t *width,
		   bool *lone);

#endif
