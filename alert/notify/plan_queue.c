/* plan_queue.c - when groups are due, and who waits for room
 *
 * A binary heap of the groups that will have something to say, and a queue for
 * each receiver of those that have. Pure; loop thread. */
#include <stdlib.h>

#include "alert/notify/plan_internal.h"

void plan_queue_open(struct plan *p)
{
	p->queue = xcalloc(p->receivers->n, sizeof(*p->queue));
}

void plan_queue_close(struct plan *p)
{
	free(p->queue);
	free(p->due);
	free(p->touched);
}

/* ---- the heap ---- */

static void place(struct plan *p, size_t at, struct plan_group *g)
{
	p->due[at] = g;
	g->heap_at = at;
}

static void sift_up(struct plan *p, struct plan_group *g)
{
	size_t at = g->heap_at;

	for (; at > 1 && p->due[at / 2]->due_ms > g->due_ms; at /= 2)
		place(p, at, p->due[at / 2]);
	place(p, at, g);
}

static void sift_down(struct plan *p, struct plan_group *g)
{
	size_t at = g->heap_at, child;

	for (; (child = 2 * at) <= p->n_due; at = child) {
		if (child < p->n_due &&
		    p->due[child + 1]->due_ms < p->due[child]->due_ms)
			child++;
		if (p->due[child]->due_ms >= g->due_ms)
			break;
		place(p, at, p->due[child]);
	}
	place(p, at, g);
}

static void heap_add(struct plan *p, struct plan_group *g)
{
	if (p->n_due + 1 >= p->cap_due) {
		p->cap_due = p->cap_due ? 2 * p->cap_due : 64;
		p->due = xrealloc(p->due, p->cap_due * sizeof(*p->due));
	}
	g->heap_at = ++p->n_due;
	sift_up(p, g);
}

static void heap_remove(struct plan *p, struct plan_group *g)
{
	struct plan_group *last = p->due[p->n_due--];
	size_t at = g->heap_at;

	g->heap_at = 0;
	if (last == g)
		return;
	place(p, at, last);
	sift_down(p, last);
	sift_up(p, last);
}

/* ---- the queues ---- */

static struct plan_queue *queue_of(struct plan *p, const struct plan_group *g)
{
	size_t i = 0;

	while (p->receivers->item[i] != g->receiver)
		i++;
	return &p->queue[i];
}

static void queue_add(struct plan_queue *q, struct plan_group *g)
{
	g->queue = q;
	g->before = q->last;
	g->behind = NULL;
	if (q->last)
		q->last->behind = g;
	else
		q->first = g;
	q->last = g;
	q->n++;
}

static void queue_remove(struct plan_group *g)
{
	struct plan_queue *q = g->queue;

	*(g->before ? &g->before->behind : &q->first) = g->behind;
	*(g->behind ? &g->behind->before : &q->last) = g->before;
	g->queue = NULL;
	q->n--;
}

/* ---- both ---- */

void plan_queue_remove(struct plan *p, struct plan_group *g)
{
	if (g->heap_at)
		heap_remove(p, g);
	if (g->queue)
		queue_remove(g);
	g->due_ms = IDLE;
}

void plan_queue_set(struct plan *p, struct plan_group *g, int64_t due_ms)
{
	if (g->due_ms == due_ms)
		return;
	plan_queue_remove(p, g);
	g->due_ms = due_ms;
	if (due_ms != IDLE)
		heap_add(p, g);
}

int64_t plan_queue_collect(struct plan *p, int64_t now_ms)
{
	while (p->n_due > 0 && p->due[1]->due_ms <= now_ms) {
		struct plan_group *g = p->due[1];

		heap_remove(p, g);
		queue_add(queue_of(p, g), g);
	}
	return p->n_due > 0 ? p->due[1]->due_ms : IDLE;
}
