/* plan_settle.c - what of the alerts everybody has been told
 *
 * Part of plan.h. Pure; loop thread. */
#include "alert/notify/plan_internal.h"

const struct transition *plan_last(const struct plan *p, const char *alert_id)
{
	const struct plan_alert *a = map_get(&p->alerts, str_of(alert_id));

	return a && a->present ? &a->t : NULL;
}

void plan_visit(const struct plan *p,
		void (*see)(void *arg, const struct transition *t), void *arg)
{
	struct map_entry e;

	map_for_each (&p->alerts, e) {
		const struct plan_alert *a = e.value;

		if (a->present)
			see(arg, &a->t);
	}
}

static bool is_done(const struct plan *p, const struct plan_alert *a)
{
	if (a->n_past > 0)
		return false;
	for (size_t i = 0; i < a->n_targets; i++)
		if (a->target[i]->in_flight || plan_needs(p, a->target[i], a))
			return false;
	return true;
}

void plan_old(const struct plan *p, int64_t before_ms, size_t max,
	      void (*drop)(void *arg, const char *alert_id), void *arg)
{
	struct map_entry e;

	map_for_each (&p->alerts, e) {
		const struct plan_alert *a = e.value;

		if (!a->present || a->t.state != ALERT_RESOLVED ||
		    a->wall_ms >= before_ms || !is_done(p, a))
			continue;
		if (max-- == 0)
			return;
		drop(arg, a->id);
	}
}

static int64_t settled_of(const struct plan *p, const struct plan_alert *a,
			  int64_t settled)
{
	for (size_t i = 0; i < a->n_targets; i++)
		if (a->offset < settled && plan_wants(p, a->target[i], a))
			return a->offset;
	return settled;
}

int64_t plan_settled(const struct plan *p, int64_t next)
{
	struct map_entry e;
	int64_t settled = next;

	map_for_each (&p->alerts, e) {
		const struct plan_alert *a = e.value;

		settled = settled_of(p, a, settled);
		for (size_t i = 0; i < a->n_past; i++)
			settled = settled_of(p, a->past[i], settled);
	}
	return settled;
}
