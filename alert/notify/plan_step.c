/* plan_step.c - what a receiver is told next of an alert, after what it knows
 *
 * A chat is told how an alert stands. A pager keeps incidents, one an episode:
 * each is opened before it is closed, and closed before the next one is
 * opened, also where all of it was over before the first was accepted. A
 * service that forgets is told again and again. Pure; loop thread. */
#include "alert/notify/plan_internal.h"

bool plan_knows_earlier(const struct plan_group *g, const struct plan_alert *a)
{
	const struct told *t = plan_told(a, g->receiver->name);

	return t && t->delivery.firing && !t->again &&
	       t->delivery.episode < a->t.episode && g->receiver->send_resolved;
}

struct plan_step plan_next_step(const struct plan_group *g,
				const struct plan_alert *a)
{
	const struct told *t = plan_told(a, g->receiver->name);
	bool each = g->receiver->type->each_alert;
	bool fires = a->t.state == ALERT_FIRING;

	if ((each || a->t.state == ALERT_PENDING) && plan_knows_earlier(g, a))
		return (struct plan_step){ t->delivery.episode, false };
	if (each && (!t || t->delivery.episode < a->t.episode ||
		     (t->again && t->delivery.firing)))
		fires = true;
	return (struct plan_step){ a->t.episode, fires };
}

/* What it knows as firing is told again even while it is held: otherwise the
 * service would take it for resolved. */
bool plan_resends(const struct plan_group *g, const struct plan_alert *a)
{
	const struct receiver_type *type = g->receiver->type;
	const struct told *t = plan_told(a, g->receiver->name);

	if (type->resend_ms == 0 || a->latest || !t ||
	    g->last_sent_ms == NEVER || t->delivery.episode != a->t.episode)
		return false;
	if (a->t.state == ALERT_FIRING)
		return t->delivery.firing;
	return a->t.state == ALERT_RESOLVED && !t->delivery.firing &&
	       plan_again_ms(g, a) - t->ended_ms < type->resolved_resend_ms;
}

int64_t plan_repeat_ms(const struct plan_group *g)
{
	int64_t resend_ms = g->receiver->type->resend_ms;

	return resend_ms > 0 ? resend_ms : g->route->repeat_interval_ms;
}

/* Those that do not go in one message have each their own time; but what is
 * told of an episode before the one that is known leaves no trace. */
int64_t plan_again_ms(const struct plan_group *g, const struct plan_alert *a)
{
	const struct told *t = plan_told(a, g->receiver->name);
	bool own = g->receiver->type->most_alerts > 0 && t &&
		   t->delivery.episode <= a->t.episode;

	if (g->last_sent_ms == NEVER)
		return IDLE;
	return plan_repeat_ms(g) + (own ? t->accepted_ms : g->last_sent_ms);
}
