/* utf8.h - UTF-8 as RFC 3629 has it: no surrogates, nothing overlong, nothing
 * above U+10FFFF
 *
 * Pure; safe on any thread. */
#ifndef TOCSIN_EVENT_UTF8_H
#define TOCSIN_EVENT_UTF8_H

#include "core/buf.h"

/* U+FFFD, which stands for what could not be read. */
#define UTF8_REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the one valid character at p (1 to 4), 0 if there is none.
 * p < end. */
size_t utf8_length(const char *p, const char *end);

/* Bytes that one U+FFFD replaces where utf8_length() says 0: the longest
 * beginning of a character, at least 1 (Unicode 15, section 3.9, "maximal
 * subpart"). */
size_t utf8_bad_length(const char *p, const char *end);

bool utf8_valid(struct str text);

/* Append `text` to `out`, each bad part as U+FFFD. True if it had any; `out`
 * has no limit or room for 3 * text.n bytes. */
bool utf8_clean(struct str text, struct buf *out);

/* Bytes (1 to 4) of a code point written to `out`. code <= 0x10ffff and no
 * surrogate. */
size_t utf8_encode(uint32_t code, char out[4]);

/* The longest beginning of valid `text` with at most `max` bytes that splits
 * no character. */
struct str utf8_cut(struct str text, size_t max);

#endif
