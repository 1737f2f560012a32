/* acks.h - up to where a file is delivered
 *
 * Lines of one file are sent in order and reported in any order. Each line
 * under way is a flight; a file's flights hang in a list in the order of the
 * file. What is delivered is the end of the run of reported flights at the
 * head of that list, and with it goes the time of the last timed line up to
 * there, so that a restart gives untimed lines the time they had.
 *
 * All files share one pool of flights of fixed size: it bounds what is under
 * way, and no line costs an allocation.
 *
 * Pure; one thread at a time for a pool and its files. */
#ifndef TOCSIN_INGEST_SHIP_ACKS_H
#define TOCSIN_INGEST_SHIP_ACKS_H

#include "core/base.h"

struct acks;

struct flight {
	struct acks *of;     /* the file; NULL while free */
	struct flight *next; /* towards the end of the file; or free list */
	uint64_t offset;     /* of the line's first byte */
	uint64_t end;        /* everything before is covered by this and the
				flights before it; 0: no place to begin at,
				a line that began before goes on behind */
	int64_t time_ns;     /* of the last timed line up to here */
	bool done;
};

struct acks_pool {
	struct flight *all, *free;
	size_t size;
	size_t used; /* flights in lists, done or not */
};

struct acks {
	struct flight *first, *last;
	uint64_t delivered; /* every line that begins before is delivered */
	int64_t time_ns;    /* of the last timed line before `delivered` */
};

void acks_pool_init(struct acks_pool *pool, size_t size);
void acks_pool_release(struct acks_pool *pool);

/* Begin at a line's first byte. */
void acks_init(struct acks *a, uint64_t delivered, int64_t time_ns);

/* A flight to name a line by, or NULL: the pool is empty, wait. It must go to
 * acks_push() or back. */
struct flight *acks_take(struct acks_pool *pool);
void acks_put_back(struct acks_pool *pool, struct flight *f);

/* The line [offset, end) is under way; end may be 0, see struct flight. */
void acks_push(struct acks *a, struct flight *f, uint64_t offset, uint64_t end,
	       int64_t time_ns);

/* Bytes up to `end` need no delivery (a blank line); 0: nothing to tell. */
void acks_skip(struct acks *a, uint64_t end);

/* This flight is delivered. True if a->delivered has moved. */
bool acks_done(struct acks_pool *pool, struct flight *f);

/* Nothing more will be reported: the flights go back to the pool, reading goes
 * on at a->delivered. Returns how many lines were not yet reported. */
size_t acks_rewind(struct acks_pool *pool, struct acks *a);

/* Nothing is under way. */
bool acks_idle(const struct acks *a);

#endif
