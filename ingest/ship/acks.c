/* acks.c - delivery reports in any order to one offset a file
 *
 * Pure: owns the pool's memory. See acks.h. */
#include "ingest/ship/acks.h"

#include <stdlib.h>

void acks_pool_init(struct acks_pool *pool, size_t size)
{
	*pool = (struct acks_pool){ .size = size };
	pool->all = xcalloc(size, sizeof(*pool->all));
	for (size_t i = size; i-- > 0;) {
		pool->all[i].next = pool->free;
		pool->free = &pool->all[i];
	}
}

void acks_pool_release(struct acks_pool *pool)
{
	free(pool->all);
	*pool = (struct acks_pool){ 0 };
}

void acks_init(struct acks *a, uint64_t delivered, int64_t time_ns)
{
	*a = (struct acks){ .delivered = delivered, .time_ns = time_ns };
}

struct flight *acks_take(struct acks_pool *pool)
{
	struct flight *f = pool->free;

	if (!f)
		return NULL;
	pool->free = f->next;
	pool->used++;
	*f = (struct flight){ 0 };
	return f;
}

void acks_put_back(struct acks_pool *pool, struct flight *f)
{
	ENSURE(pool->used > 0);
	*f = (struct flight){ .next = pool->free };
	pool->free = f;
	pool->used--;
}

void acks_push(struct acks *a, struct flight *f, uint64_t offset, uint64_t end,
	       int64_t time_ns)
{
	ENSURE((end == 0 || end > offset) && offset >= a->delivered);
	ENSURE(!a->last || offset >= a->last->end);
	*f = (struct flight){
		.of = a, .offset = offset, .end = end, .time_ns = time_ns
	};
	if (a->last)
		a->last->next = f;
	else
		a->first = f;
	a->last = f;
}

void acks_skip(struct acks *a, uint64_t end)
{
	if (end == 0)
		return;
	if (a->last)
		a->last->end = end;
	else
		a->delivered = end;
}

bool acks_done(struct acks_pool *pool, struct flight *f)
{
	struct acks *a = f->of;
	bool moved = false;

	ENSURE(a && !f->done);
	f->done = true;
	while (a->first && a->first->done) {
		struct flight *head = a->first;

		if (head->end) {
			a->delivered = head->end;
			a->time_ns = head->time_ns;
			moved = true;
		}
		a->first = head->next;
		if (!a->first)
			a->last = NULL;
		acks_put_back(pool, head);
	}
	return moved;
}

size_t acks_rewind(struct acks_pool *pool, struct acks *a)
{
	size_t unreported = 0;

	while (a->first) {
		struct flight *head = a->first;

		a->first = head->next;
		unreported += head->done ? 0 : 1;
		acks_put_back(pool, head);
	}
	a->last = NULL;
	return unreported;
}

bool acks_idle(const struct acks *a)
{
	return !a->first;
}
