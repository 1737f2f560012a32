/* plan_past.c - episodes that ended before everybody was told of them
 *
 * A receiver that was away, or a worker that took over late, finds an alert
 * that fired, resolved and fired again. Each episode is told, in order. Pure;
 * loop thread. */
#include <stdlib.h>

#include "alert/notify/plan_internal.h"

enum { PAST_OF_ONE = 64, PAST_OF_ALL = 4096 };

static bool is_wanted(const struct plan *p, const struct plan_alert *a)
{
	for (size_t i = 0; i < a->n_targets; i++)
		if (plan_wants(p, a->target[i], a))
			return true;
	return false;
}

static bool is_member(const struct plan_group *g, const struct plan_alert *a)
{
	for (size_t i = 0; i < a->n_targets; i++)
		if (a->target[i] == g)
			return true;
	return false;
}

static void take_place(struct plan_group *g, const struct plan_alert *old,
		       struct plan_alert *a)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->member[i] == old)
			g->member[i] = a;
}

/* All of `a` but what has been told goes to the one returned. */
static struct plan_alert *split(struct plan_alert *a)
{
	struct plan_alert *past = xmalloc(sizeof(*past));
	struct plan_alert kept = { .told = a->told,
				   .n_told = a->n_told,
				   .cap_told = a->cap_told,
				   .past = a->past,
				   .n_past = a->n_past,
				   .cap_past = a->cap_past };

	memcpy(kept.id, a->id, sizeof(kept.id));
	*past = *a;
	past->told = NULL;
	past->n_told = past->cap_told = 0;
	past->past = NULL;
	past->n_past = past->cap_past = 0;
	past->latest = a;
	*a = kept;
	for (size_t i = 0; i < past->n_targets; i++)
		take_place(past->target[i], a, past);
	return past;
}

void plan_keep_past(struct plan *p, struct plan_alert *a)
{
	struct plan_alert *past;

	if (a->t.state != ALERT_RESOLVED || !is_wanted(p, a))
		return;
	if (a->n_past == PAST_OF_ONE || p->n_past == PAST_OF_ALL) {
		p->untold++;
		return;
	}
	past = split(a);
	*ARRAY_PUSH(a->past, a->n_past, a->cap_past) = past;
	p->n_past++;
}

void plan_drop_past(struct plan *p, struct plan_alert *a, int64_t now_ms)
{
	size_t kept = 0;

	for (size_t i = 0; i < a->n_past; i++) {
		struct plan_alert *past = a->past[i];

		if (is_wanted(p, past)) {
			a->past[kept++] = past;
			continue;
		}
		plan_leave(p, past, now_ms);
		plan_alert_free(past);
	}
	p->n_past -= a->n_past - kept;
	a->n_past = kept;
}

bool plan_waits(const struct plan *p, const struct plan_group *g,
		const struct plan_alert *a)
{
	const struct plan_alert *latest = a->latest ? a->latest : a;

	for (size_t i = 0; i < latest->n_past; i++) {
		const struct plan_alert *past = latest->past[i];

		if (past == a)
			return false;
		if (is_member(g, past) && plan_wants(p, g, past))
			return true;
	}
	return false;
}

uint64_t plan_untold(const struct plan *p)
{
	return p->untold;
}
