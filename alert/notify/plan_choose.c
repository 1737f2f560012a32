/* plan_choose.c - which alerts of a due group its next message tells
 *
 * People are told of all of them at once: their services count what they do
 * not show. A program must hear of each, in messages of bounded size, so what
 * does not fit goes in the next one. Whoever has waited longest goes first,
 * whether it is news or told again so that the service does not forget it:
 * each is told in its turn, however many others there are.
 *
 * Pure; loop thread. */
#include <stdlib.h>

#include "alert/notify/plan_internal.h"

/* Firing ones first, each the oldest first. */
static int by_urgency(const void *a, const void *b)
{
	const struct plan_alert *x = ((const struct plan_pick *)a)->alert;
	const struct plan_alert *y = ((const struct plan_pick *)b)->alert;
	bool fires_x = x->t.state == ALERT_FIRING;
	bool fires_y = y->t.state == ALERT_FIRING;

	if (fires_x != fires_y)
		return fires_x ? -1 : 1;
	if (x->t.starts_at_ms != y->t.starts_at_ms)
		return x->t.starts_at_ms < y->t.starts_at_ms ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* Who waits longest first; last what is told only because there is room. */
static int by_turn(const void *a, const void *b)
{
	const struct plan_pick *x = a, *y = b;

	if (x->turn_ms != y->turn_ms)
		return x->turn_ms < y->turn_ms ? -1 : 1;
	if (x->alert->offset != y->alert->offset)
		return x->alert->offset < y->alert->offset ? -1 : 1;
	return strcmp(x->alert->id, y->alert->id);
}

/* Since when it waits to be told, or when it will be told again. */
static int64_t turn_of(const struct plan_group *g, const struct plan_alert *a,
		       bool needed)
{
	const struct told *t = plan_told(a, g->receiver->name);

	if (!needed)
		return plan_again_ms(g, a);
	return t && t->accepted_ms > a->since_ms ? t->accepted_ms : a->since_ms;
}

/* Two routes may bring an alert to the same receiver: it is told once. */
static size_t drop_repeats(struct plan_pick *pick, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (kept == 0 || pick[kept - 1].alert != pick[i].alert)
			pick[kept++] = pick[i];
	return kept;
}

/* What may be told: what is new, what fires anyway, and what the service would
 * forget. */
static void collect(const struct plan *p, const struct plan_group *g,
		    struct plan_pick **out, size_t *n, size_t *cap)
{
	for (size_t i = 0; i < g->n; i++) {
		const struct plan_alert *a = g->member[i];
		bool needed = plan_needs(p, g, a);

		if (plan_waits(p, g, a))
			continue;
		if (needed || plan_speaks(g, a) || plan_resends(g, a))
			*ARRAY_PUSH(*out, *n, *cap) =
				(struct plan_pick){ a, g, needed,
						    turn_of(g, a, needed) };
	}
}

/* The body of a message with this alert only: never less than what the alert
 * adds to one with others. */
static size_t weigh(const struct plan_pick *pick, struct buf *body,
		    struct buf *filled)
{
	const struct receiver *r = pick->group->receiver;
	struct message_alert alert = plan_view(pick->group, pick->alert);
	struct message view = { .id = "",
				.group_key = pick->group->key,
				.group = &pick->group->labels,
				.alert = &alert,
				.n = 1,
				.firing = alert.firing };

	buf_clear(body);
	r->type->render(r, &view, body);
	if (!r->type->fill)
		return body->n;
	buf_clear(filled);
	receiver_fill(r, buf_str(body), 0, filled);
	return filled->n;
}

/* How many of the first fit; at least one, whatever its size. */
static size_t count_fitting(const struct plan_pick *pick, size_t n,
			    const struct receiver *r)
{
	struct buf AUTO(buf_release) body = { 0 };
	struct buf AUTO(buf_release) filled = { 0 };
	size_t most = receiver_most_alerts(r), bytes = 0, fitting = 0;

	for (; fitting < n && fitting < most; fitting++) {
		bytes += weigh(&pick[fitting], &body, &filled);
		if (fitting > 0 && bytes > r->type->most_bytes)
			break;
	}
	return fitting;
}

/* Of a group that does not go in one message nobody is told again who was told
 * a short while ago. */
static size_t drop_early(const struct plan_group *g,
			 const struct plan_pick *pick, size_t n, int64_t now_ms)
{
	while (n > 1 && !pick[n - 1].needed &&
	       pick[n - 1].turn_ms - now_ms > plan_repeat_ms(g) / 2)
		n--;
	return n;
}

static size_t cut(struct plan_group *g, struct plan_pick *pick, size_t n,
		  int64_t now_ms)
{
	size_t fitting;

	qsort(pick, n, sizeof(*pick), by_turn);
	fitting = count_fitting(pick, n, g->receiver);
	g->more = false;
	for (size_t i = fitting; i < n; i++)
		g->more = g->more || pick[i].needed;
	return fitting < n ? drop_early(g, pick, fitting, now_ms) : n;
}

size_t plan_choose(const struct plan *p, struct plan_group *const group[],
		   size_t n_groups, int64_t now_ms, struct plan_pick **out)
{
	size_t n = 0, cap = 0;

	*out = NULL;
	for (size_t i = 0; i < n_groups; i++)
		collect(p, group[i], out, &n, &cap);
	if (n == 0)
		return 0;
	if (group[0]->receiver->type->most_alerts > 0)
		n = cut(group[0], *out, n, now_ms);
	qsort(*out, n, sizeof(**out), by_urgency);
	return drop_repeats(*out, n);
}
