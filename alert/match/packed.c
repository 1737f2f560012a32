/* packed.c - several texts in one; owns nothing, any thread */
#include "alert/match/packed.h"

void packed_add(struct buf *out, struct str text)
{
	size_t n = text.n;

	while (n >= 0x80) {
		buf_add_char(out, (char)(unsigned char)(n | 0x80));
		n >>= 7;
	}
	buf_add_char(out, (char)(unsigned char)n);
	buf_add(out, text);
}

bool packed_next(struct str *rest, struct str *text)
{
	size_t n = 0, at = 0;
	unsigned char byte;

	do {
		if (at == rest->n || at > 4)
			return false;
		byte = (unsigned char)rest->s[at];
		n |= (size_t)(byte & 0x7f) << (7 * at);
		at++;
	} while (byte & 0x80);
	if (n > rest->n - at)
		return false;
	*text = str_slice(rest->s + at, n);
	*rest = str_slice(rest->s + at + n, rest->n - at - n);
	return true;
}
