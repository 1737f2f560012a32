/* buf.h - a growing byte buffer with a limit
 *
 * An owned, growing array of bytes. `limit` bounds it: what is fed from
 * outside has one, and passing it is an ordinary error that the caller sees as
 * false (nothing is appended then). limit 0 means bounded by the caller's
 * logic only. Allocation failure ends the program (see base.h). The bytes are
 * always followed by one NUL that is not counted.
 *
 * Pure; one thread at a time for one buffer. */
#ifndef TOCSIN_CORE_BUF_H
#define TOCSIN_CORE_BUF_H

#include "core/base.h"

struct buf {
	char *p;
	size_t n;
	size_t cap;
	size_t limit; /* bytes, 0 = none */
};

/* A zeroed struct is a valid empty buffer without a limit. */
void buf_init(struct buf *b, size_t limit);
void buf_release(struct buf *b);
/* Empty it, keep the memory. */
void buf_clear(struct buf *b);
/* Forget everything from byte n on. */
void buf_truncate(struct buf *b, size_t n);
/* Drop the first n bytes, move the rest down. */
void buf_consume(struct buf *b, size_t n);
/* What is in it; borrowed until the next call that changes b. */
struct str buf_str(const struct buf *b);
/* Its text, NUL-ended; borrowed likewise. Never NULL. */
const char *buf_text(struct buf *b);
/* The bytes are yours now (free()); b is empty. */
char *buf_take(struct buf *b);

/* Room for n more bytes at b->p + b->n; the caller adds to b->n what it wrote.
 * NULL if that would pass the limit. */
MUST_CHECK char *buf_room(struct buf *b, size_t n);

/* These return false, with nothing appended, if the limit would be passed.
 * A buffer without limit never fails. */
bool buf_add(struct buf *b, struct str bytes);
bool buf_add_text(struct buf *b, const char *text);
bool buf_add_char(struct buf *b, char c);
bool buf_add_format(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
bool buf_add_uint(struct buf *b, uint64_t value);
bool buf_add_int(struct buf *b, int64_t value);
/* `text` as a JSON string with its quotes: escapes quote, backslash and bytes
 * below 0x20; other bytes pass unchanged (the caller vouches for UTF-8). */
bool buf_add_json_string(struct buf *b, struct str text);

#endif
