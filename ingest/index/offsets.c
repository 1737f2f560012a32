/* offsets.c - which offset of a partition may be committed
 *
 * Owns the ranges of finished offsets above the first unfinished one. There
 * are never more of them than records under way.
 *
 * Pure; the loop thread calls it. */
#include "ingest/index/offsets.h"

#include <stdlib.h>

void offsets_init(struct offsets *o)
{
	*o = (struct offsets){ .next = -1, .taken = -1 };
}

void offsets_release(struct offsets *o)
{
	free(o->range);
	offsets_init(o);
}

/* The first range that ends at `offset` or later. */
static size_t find(const struct offsets *o, int64_t offset)
{
	size_t low = 0;
	size_t high = o->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (o->range[middle].to < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct offsets *o, size_t at, struct offset_range range)
{
	(void)ARRAY_PUSH(o->range, o->n, o->cap);
	memmove(&o->range[at + 1], &o->range[at],
		(o->n - 1 - at) * sizeof(*o->range));
	o->range[at] = range;
}

static void drop(struct offsets *o, size_t at)
{
	o->n--;
	memmove(&o->range[at], &o->range[at + 1],
		(o->n - at) * sizeof(*o->range));
}

static void finish(struct offsets *o, int64_t from, int64_t to)
{
	size_t at = find(o, from);

	if (at < o->n && o->range[at].to == from)
		o->range[at].to = to;
	else if (at < o->n && o->range[at].from == to)
		o->range[at].from = from;
	else
		insert(o, at, (struct offset_range){ from, to });
	if (at + 1 < o->n && o->range[at].to == o->range[at + 1].from) {
		o->range[at].to = o->range[at + 1].to;
		drop(o, at + 1);
	}
	if (o->range[0].from == o->next) {
		o->next = o->range[0].to;
		drop(o, 0);
	}
}

bool offsets_take(struct offsets *o, int64_t offset)
{
	if (o->taken < 0)
		o->next = o->taken = offset;
	if (offset < o->taken)
		return false;
	if (offset > o->taken)
		finish(o, o->taken, offset);
	o->taken = offset + 1;
	return true;
}

void offsets_finish(struct offsets *o, int64_t offset)
{
	ENSURE(offset >= o->next && offset < o->taken);
	finish(o, offset, offset + 1);
}

int64_t offsets_next(const struct offsets *o)
{
	return o->next;
}
