/* buf.c - a growing byte buffer with a limit
 *
 * Owns its bytes; one thread at a time for one buffer. */
#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t limit)
{
	*b = (struct buf){ .limit = limit };
}

void buf_release(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .limit = b->limit };
}

void buf_clear(struct buf *b)
{
	buf_truncate(b, 0);
}

void buf_truncate(struct buf *b, size_t n)
{
	ENSURE(n <= b->n);
	b->n = n;
	if (b->p)
		b->p[n] = '\0';
}

void buf_consume(struct buf *b, size_t n)
{
	ENSURE(n <= b->n);
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	buf_truncate(b, b->n - n);
}

struct str buf_str(const struct buf *b)
{
	return (struct str){ b->p ? b->p : "", b->n };
}

const char *buf_text(struct buf *b)
{
	if (!b->p)
		return "";
	b->p[b->n] = '\0';
	return b->p;
}

char *buf_take(struct buf *b)
{
	char *p = b->p ? b->p : xcalloc(1, 1);

	p[b->n] = '\0';
	*b = (struct buf){ .limit = b->limit };
	return p;
}

char *buf_room(struct buf *b, size_t n)
{
	size_t need;

	if (b->limit && (n > b->limit || b->n > b->limit - n))
		return NULL;
	ENSURE(!__builtin_add_overflow(b->n, n + 1, &need));
	if (need > b->cap) {
		size_t cap = b->cap ? b->cap : 64;

		while (cap < need)
			cap = cap > SIZE_MAX / 2 ? need : cap * 2;
		b->p = xrealloc(b->p, cap);
		b->cap = cap;
	}
	return b->p + b->n;
}

bool buf_add(struct buf *b, struct str bytes)
{
	char *room = buf_room(b, bytes.n);

	if (!room)
		return false;
	if (bytes.n)
		memcpy(room, bytes.s, bytes.n);
	b->n += bytes.n;
	b->p[b->n] = '\0';
	return true;
}

bool buf_add_text(struct buf *b, const char *text)
{
	return buf_add(b, str_of(text));
}

bool buf_add_char(struct buf *b, char c)
{
	return buf_add(b, (struct str){ &c, 1 });
}

bool buf_add_format(struct buf *b, const char *format, ...)
{
	va_list args, again;
	char *room;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	ENSURE(n >= 0);
	room = buf_room(b, (size_t)n);
	if (room) {
		vsnprintf(room, (size_t)n + 1, format, again);
		b->n += (size_t)n;
	}
	va_end(again);
	return room != NULL;
}

bool buf_add_uint(struct buf *b, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	return buf_add(b, (struct str){ digits + at, sizeof(digits) - at });
}

bool buf_add_int(struct buf *b, int64_t value)
{
	size_t start = b->n;

	if (value >= 0)
		return buf_add_uint(b, (uint64_t)value);
	if (!buf_add_char(b, '-'))
		return false;
	if (buf_add_uint(b, 0 - (uint64_t)value))
		return true;
	buf_truncate(b, start);
	return false;
}

static bool add_escape(struct buf *b, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char shorts[] = "btnvfr"; /* 0x08..0x0d */
	char text[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	if (c == '"' || c == '\\') {
		text[1] = (char)c;
		return buf_add(b, (struct str){ text, 2 });
	}
	if (c >= 0x08 && c <= 0x0d && c != 0x0b) {
		text[1] = shorts[c - 0x08];
		return buf_add(b, (struct str){ text, 2 });
	}
	return buf_add(b, (struct str){ text, 6 });
}

bool buf_add_json_string(struct buf *b, struct str text)
{
	size_t start = b->n;
	size_t from = 0;
	bool fits = buf_add_char(b, '"');

	for (size_t i = 0; fits && i < text.n; i++) {
		unsigned char c = (unsigned char)text.s[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		fits = buf_add(b, str_slice(text.s + from, i - from)) &&
		       add_escape(b, c);
		from = i + 1;
	}
	fits = fits && buf_add(b, str_slice(text.s + from, text.n - from)) &&
	       buf_add_char(b, '"');
	if (!fits)
		buf_truncate(b, start);
	return fits;
}
