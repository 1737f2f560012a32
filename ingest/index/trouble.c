/* trouble.c - since when something does not work, and why
 *
 * Pure; the loop thread calls it. */
#include "ingest/index/trouble.h"

void trouble_begin(struct trouble *t, int64_t now_ms, const struct error *why)
{
	if (!t->active)
		t->since_ms = now_ms;
	t->active = true;
	t->last_ms = now_ms;
	t->why = *why;
}

void trouble_end(struct trouble *t)
{
	t->active = false;
}

int64_t trouble_ms(const struct trouble *t, int64_t now_ms)
{
	return t->active ? now_ms - t->since_ms : 0;
}

const struct trouble *trouble_older(const struct trouble *a,
				    const struct trouble *b)
{
	if (!a->active)
		return b->active ? b : a;
	return b->active && b->since_ms < a->since_ms ? b : a;
}
