/* join.h - pieces put together to what becomes one event each
 *
 * A partial piece goes on in the next piece of its stream. With `foreign`,
 * text that is no event also takes on the lines of its stream that continue it:
 * those that begin with a blank or tab, "at " or "Caused by". Between the
 * pieces of one event those of another stream may stand, so entries are held
 * here until they are whole, and come out in the order of their first bytes.
 *
 * What is joined is a function of the file's bytes wherever the wrapper tells
 * times: a piece that was written more than `wait` after the one before does
 * not belong to it. Only the end of what was written so far is told by the
 * clock: join_close().
 *
 * Bounded: an entry is cut at `limit` bytes (its later pieces are swallowed),
 * and what is held of one file at twice that; then nothing more is waited for.
 * All files together hold at most `budget`, and one line.
 *
 * Pure; one thread at a time. */
#ifndef TOCSIN_INGEST_SHIP_JOIN_H
#define TOCSIN_INGEST_SHIP_JOIN_H

#include "ingest/ship/unwrap.h"

struct join_rules {
	bool foreign;
	size_t limit, budget; /* bytes */
	int64_t wait_ms;
};

/* What becomes one event. */
struct entry {
	struct str text; /* borrowed */
	uint64_t offset; /* of its first byte in the file */
	/* Reading may begin again here once this and everything before it are
	 * delivered; 0: not here, something that began before goes on. */
	uint64_t end;
	uint64_t bytes;  /* that it took in the file */
	int64_t time_ns; /* of the wrapper, or TIME_NONE */
};

struct held {
	struct buf text;
	uint64_t offset, bytes;
	enum stream stream;
	int64_t time_ns;      /* of the first piece */
	int64_t last_time_ns; /* of the last */
	int64_t touched_ms;   /* mono: when the last one came */
	bool open;            /* the next piece may belong to it */
	bool partial;         /* ... and surely does */
};

/* Of one file. All zero is empty. */
struct join {
	struct held *item;
	size_t first, n, cap; /* item[first..n) */
	size_t bytes;
	size_t *total; /* of all files; may be NULL */
};

void join_init(struct join *j, size_t *total);
/* Forget everything. */
void join_release(struct join *j);
bool join_is_empty(const struct join *j);

/* This piece is an entry by itself, if nothing is held. */
bool join_is_whole(const struct join_rules *rules, const struct piece *piece);

/* Take on the piece, `bytes` of the file from `offset` on. */
void join_add(struct join *j, const struct join_rules *rules,
	      const struct piece *piece, uint64_t offset, uint64_t bytes,
	      int64_t mono_ms);

/* Nothing more is to come for what had its last piece at `mono_ms` or before
 * (INT64_MAX: for all). */
void join_close(struct join *j, int64_t mono_ms);

/* The first entry, if it is complete; borrowed until the next call. `position`
 * is where the file goes on behind everything that was added. */
bool join_peek(const struct join *j, uint64_t position, struct entry *out);
/* It is done with. */
void join_pop(struct join *j);

#endif
