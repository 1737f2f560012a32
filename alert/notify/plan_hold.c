/* plan_hold.c - which alerts of the plan are held
 *
 * A firing alert is judged by the wall time of now, again and again; one that
 * has resolved by that of its resolve, once: if that lay in a hold, and nobody
 * knows of its firing, nobody ever will.
 *
 * Pure; loop thread. */
#include "alert/notify/plan_internal.h"

void plan_set_holds(struct plan *p, const struct holds *holds)
{
	p->holds = *holds;
	if (p->holds.inhibit)
		inhibit_forget_all(p->holds.inhibit);
	plan_holds_changed(p);
}

void plan_holds_changed(struct plan *p)
{
	p->judge_at_ms = INT64_MIN;
}

void plan_set_wall(struct plan *p, int64_t wall_ms)
{
	p->record_wall_ms = wall_ms;
}

bool plan_speaks(const struct plan_group *g, const struct plan_alert *a)
{
	return a->t.state == ALERT_FIRING && !a->t.staging && !a->held &&
	       !g->muted;
}

static void judge(struct plan *p, struct plan_alert *a)
{
	if (a->t.state == ALERT_PENDING ||
	    (a->t.state == ALERT_RESOLVED && a->held_known))
		return;
	a->held = holds_alert(&p->holds, &a->labels,
			      a->t.state == ALERT_RESOLVED ? a->wall_ms
							   : p->wall_ms);
	a->held_known = true;
}

/* A source of an inhibition that begins or ends changes others too: they are
 * judged together, by plan_judge. */
void plan_note(struct plan *p, struct plan_alert *a, bool firing)
{
	if (p->holds.inhibit &&
	    inhibit_note(p->holds.inhibit, a->id, &a->labels,
			 firing && !a->t.staging))
		plan_holds_changed(p);
	if (p->live)
		judge(p, a);
}

static void judge_groups(struct plan *p, int64_t now_ms)
{
	struct map_entry e;

	map_for_each (&p->groups, e) {
		struct plan_group *g = e.value;

		g->muted = holds_route(&p->holds, g->route, p->wall_ms);
		plan_touch(p, g, now_ms);
	}
}

void plan_judge(struct plan *p, int64_t now_ms, int64_t wall_ms)
{
	struct map_entry e;

	/* A clock that was put back has the holds judged anew too. */
	if (p->live && wall_ms < p->judge_at_ms && wall_ms >= p->wall_ms) {
		p->wall_ms = wall_ms;
		return;
	}
	p->wall_ms = wall_ms;
	p->live = true;
	judge_groups(p, now_ms);
	map_for_each (&p->alerts, e) {
		struct plan_alert *a = e.value;

		if (a->present)
			judge(p, a);
		for (size_t i = 0; i < a->n_past; i++)
			judge(p, a->past[i]);
		plan_drop_past(p, a, now_ms);
	}
	p->judge_at_ms = holds_next_change(&p->holds, wall_ms);
}
