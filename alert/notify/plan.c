/* plan.c - who is to be told what, and when
 *
 * Owns alerts, deliveries and groups. Pure; loop thread. */
#include "alert/notify/plan.h"

#include <stdlib.h>

#include "alert/notify/alert_labels.h"
#include "alert/notify/plan_internal.h"

struct plan *plan_open(const struct route *root,
		       const struct receivers *receivers)
{
	struct plan *p = xcalloc(1, sizeof(*p));

	p->root = root;
	p->receivers = receivers;
	plan_queue_open(p);
	p->judge_at_ms = NEVER;
	return p;
}

void plan_alert_free(void *alert)
{
	struct plan_alert *a = alert;

	for (size_t i = 0; i < a->n_past; i++)
		plan_alert_free(a->past[i]);
	for (size_t i = 0; i < a->n_told; i++)
		free(a->told[i].receiver);
	transition_release(&a->t);
	labels_release(&a->labels);
	labels_release(&a->annotations);
	buf_release(&a->value);
	buf_release(&a->reference);
	buf_release(&a->samples);
	buf_release(&a->top);
	free(a->told);
	free(a->target);
	free(a->past);
	free(a);
}

static void group_free(void *value)
{
	struct plan_group *g = value;

	labels_release(&g->labels);
	free(g->member);
	free(g->key);
	free(g);
}

static void route_free_value(void *value)
{
	route_free(value);
}

void plan_close(struct plan *p)
{
	if (!p)
		return;
	plan_queue_close(p);
	map_release(&p->groups, group_free);
	map_release(&p->alerts, plan_alert_free);
	map_release(&p->direct, route_free_value);
	free(p);
}

void plan_set_floor(struct plan *p, int64_t floor)
{
	p->floor = floor;
}

static struct plan_alert *alert_of(struct plan *p, const char *id)
{
	struct plan_alert *a = map_get(&p->alerts, str_of(id));

	if (a)
		return a;
	a = xcalloc(1, sizeof(*a));
	memcpy(a->id, id, strnlen(id, ALERT_ID_BYTES));
	a->t.cause.offset = -1;
	map_set(&p->alerts, str_of(id), a);
	return a;
}

struct told *plan_told(const struct plan_alert *a, const char *receiver)
{
	if (a->latest)
		a = a->latest;
	for (size_t i = 0; i < a->n_told; i++)
		if (strcmp(a->told[i].receiver, receiver) == 0)
			return &a->told[i];
	return NULL;
}

static void told_set(struct plan_alert *a, const char *receiver,
		     const struct delivery *d, int64_t accepted_ms)
{
	struct told *t = plan_told(a, receiver);

	if (!t) {
		t = ARRAY_PUSH(a->told, a->n_told, a->cap_told);
		*t = (struct told){ .receiver = xstrdup(receiver),
				    .delivery = { .firing = true } };
	}
	if (t->delivery.firing || t->delivery.episode != d->episode)
		t->ended_ms = accepted_ms;
	t->delivery = *d;
	t->accepted_ms = accepted_ms;
	t->again = false;
}

void plan_load(struct plan *p, const char *receiver, const char *alert_id,
	       const struct delivery *d, int64_t now_ms, int64_t ago_ms)
{
	struct plan_alert *a = alert_of(p, alert_id);

	told_set(a, receiver, d, now_ms - (ago_ms > 0 ? ago_ms : 0));
	plan_told(a, receiver)->again = d->refused;
}

/* ---- what an alert needs ---- */

enum need { NEED_NONE, NEED_FIRING, NEED_REALERT, NEED_RESOLVED };

static enum need firing_need(const struct plan_group *g,
			     const struct plan_alert *a, const struct told *t)
{
	/* A hold does not keep an incident open. */
	if (g->receiver->type->each_alert && plan_knows_earlier(g, a))
		return NEED_RESOLVED;
	if (!plan_speaks(g, a))
		return NEED_NONE;
	if (!t || t->again || t->delivery.episode < a->t.episode)
		return NEED_FIRING;
	if (t->delivery.firing && t->delivery.count < a->t.count &&
	    a->t.updated_at_ms != ALERT_TIME_NONE)
		return NEED_REALERT;
	return NEED_NONE;
}

static enum need resolved_need(const struct plan *p, const struct plan_group *g,
			       const struct plan_alert *a, const struct told *t)
{
	if (t && t->again && t->delivery.episode == a->t.episode)
		return NEED_RESOLVED;
	if (t && t->delivery.firing && g->receiver->send_resolved)
		return NEED_RESOLVED;
	if (t && t->delivery.episode >= a->t.episode)
		return NEED_NONE;
	if (a->held || holds_route(&p->holds, g->route, a->wall_ms))
		return NEED_NONE;
	return a->offset >= p->floor ? NEED_RESOLVED : NEED_NONE;
}

static enum need own_need(const struct plan *p, const struct plan_group *g,
			  const struct plan_alert *a)
{
	const struct told *t = plan_told(a, g->receiver->name);

	if (a->latest && t && t->delivery.episode > a->t.episode)
		return NEED_NONE;
	switch (a->t.state) {
	case ALERT_PENDING:
		return plan_knows_earlier(g, a) ? NEED_RESOLVED : NEED_NONE;
	case ALERT_FIRING: return firing_need(g, a, t);
	case ALERT_RESOLVED: return resolved_need(p, g, a, t);
	}
	return NEED_NONE;
}

/* Episodes are told one after the other. */
static enum need need_of(const struct plan *p, const struct plan_group *g,
			 const struct plan_alert *a)
{
	return plan_waits(p, g, a) ? NEED_NONE : own_need(p, g, a);
}

bool plan_wants(const struct plan *p, const struct plan_group *g,
		const struct plan_alert *a)
{
	return own_need(p, g, a) != NEED_NONE;
}

/* A pager's groups are single alerts, and a service that is told again and
 * again groups by itself: nothing is won by waiting for others. */
static bool is_prompt(const struct plan_group *g, enum need need)
{
	const struct receiver_type *type = g->receiver->type;

	return (type->each_alert || type->resend_ms > 0) &&
	       (need == NEED_FIRING || need == NEED_RESOLVED);
}

static bool known_firing(const struct plan_group *g, const struct plan_alert *a)
{
	const struct told *t = plan_told(a, g->receiver->name);

	return t && t->delivery.firing && !t->again;
}

/* ---- groups ---- */

static void group_remove(struct plan_group *g, const struct plan_alert *a)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->member[i] == a) {
			g->member[i] = g->member[--g->n];
			return;
		}
}

void plan_leave(struct plan *p, struct plan_alert *a, int64_t now_ms)
{
	for (size_t i = 0; i < a->n_targets; i++) {
		group_remove(a->target[i], a);
		plan_touch(p, a->target[i], now_ms);
	}
	a->n_targets = 0;
}

static void alert_detach(struct plan_alert *a, const struct plan_group *g)
{
	for (size_t i = 0; i < a->n_targets; i++)
		if (a->target[i] == g) {
			a->target[i] = a->target[--a->n_targets];
			return;
		}
}

static void group_drop(struct plan *p, struct plan_group *g)
{
	for (size_t i = 0; i < g->n; i++)
		alert_detach(g->member[i], g);
	plan_queue_remove(p, g);
	map_remove(&p->groups, str_of(g->key));
	group_free(g);
}

void plan_touch(struct plan *p, struct plan_group *g, int64_t now_ms)
{
	if (g->touched_ms != NEVER)
		return;
	g->touched_ms = now_ms;
	*ARRAY_PUSH(p->touched, p->n_touched, p->cap_touched) = g;
}

static int64_t due_of(const struct plan_group *g, bool need, bool known)
{
	int64_t due_ms = g->again_ms;

	if (need && known && g->last_sent_ms != NEVER)
		due_ms = g->last_sent_ms + g->route->group_interval_ms;
	else if (need)
		due_ms = g->need_since_ms + g->route->group_wait_ms;
	/* News that wait do not let a service forget what it knows. */
	return g->receiver->type->resend_ms > 0 && g->again_ms < due_ms
		       ? g->again_ms
		       : due_ms;
}

/* When it repeats itself, by one of its members. */
static void note_again(struct plan_group *g, const struct plan_alert *a)
{
	int64_t again_ms = plan_again_ms(g, a);

	if (again_ms < g->again_ms)
		g->again_ms = again_ms;
}

/* Work out anew when the group has something to say; a group that has nothing
 * left to say is dropped. */
static void group_schedule(struct plan *p, struct plan_group *g, int64_t now_ms)
{
	bool need = false, known = false, fires = false, speaks = false;
	bool prompt = false;

	if (g->in_flight)
		return;
	g->again_ms = IDLE;
	for (size_t i = 0; i < g->n; i++) {
		enum need one = need_of(p, g, g->member[i]);
		bool speaks_one = plan_speaks(g, g->member[i]) ||
				  plan_resends(g, g->member[i]);

		need = need || one != NEED_NONE;
		prompt = prompt || is_prompt(g, one);
		known = known || known_firing(g, g->member[i]);
		fires = fires || g->member[i]->t.state == ALERT_FIRING;
		speaks = speaks || speaks_one;
		if (speaks_one)
			note_again(g, g->member[i]);
	}
	if (!need && !fires && !speaks) {
		group_drop(p, g);
		return;
	}
	g->more = g->more && need;
	if (!need)
		g->need_since_ms = NEVER;
	else if (g->need_since_ms == NEVER)
		g->need_since_ms = now_ms;
	plan_queue_set(p, g,
		       prompt || g->more ? g->need_since_ms
					 : due_of(g, need, known));
}

void plan_refresh(struct plan *p)
{
	size_t n = p->n_touched;

	p->n_touched = 0;
	for (size_t i = 0; i < n; i++) {
		int64_t touched_ms = p->touched[i]->touched_ms;

		p->touched[i]->touched_ms = NEVER;
		group_schedule(p, p->touched[i], touched_ms);
	}
}

static struct plan_group *group_of(struct plan *p, const struct route *route,
				   struct receiver *receiver,
				   const struct plan_alert *a)
{
	struct labels group = { 0 };
	struct buf key = { 0 };
	struct plan_group *g;

	/* However many routes lead to a pager: one incident, in order. */
	route_group(route, &a->labels, &group);
	if (receiver->type->each_alert)
		buf_add_format(&key, "%s:%s", receiver->name, a->id);
	else
		buf_add_format(&key, "%s:%s:", receiver->name, route->key);
	if (!receiver->type->each_alert)
		labels_text(&group, &key);
	g = map_get(&p->groups, buf_str(&key));
	if (g) {
		labels_release(&group);
		buf_release(&key);
		return g;
	}
	g = xcalloc(1, sizeof(*g));
	g->key = buf_take(&key);
	g->labels = group;
	g->route = route;
	g->receiver = receiver;
	g->due_ms = IDLE;
	g->last_sent_ms = NEVER;
	g->need_since_ms = NEVER;
	g->touched_ms = NEVER;
	g->muted = p->live && holds_route(&p->holds, route, p->wall_ms);
	map_set(&p->groups, str_of(g->key), g);
	return g;
}

static const struct route *direct_route(struct plan *p, const char *receiver)
{
	struct route *r = map_get(&p->direct, str_of(receiver));

	if (!r) {
		r = route_direct(p->root, receiver);
		map_set(&p->direct, str_of(receiver), r);
	}
	return r;
}

/* ---- an alert finds its groups ---- */

struct attach {
	struct plan *plan;
	struct plan_alert *alert;
	struct plan_group **group; /* those that it belongs to now */
	size_t n, cap;
};

static void attach_group(struct attach *at, struct plan_group *g)
{
	for (size_t i = 0; i < at->n; i++)
		if (at->group[i] == g)
			return;
	*ARRAY_PUSH(at->group, at->n, at->cap) = g;
}

static void attach_route(void *arg, const struct route *route)
{
	struct attach *at = arg;
	const struct receivers *all = at->plan->receivers;

	for (size_t i = 0; i < all->n; i++)
		if (receiver_answers_to(all->item[i], route->receiver))
			attach_group(at, group_of(at->plan, route, all->item[i],
						  at->alert));
}

static bool attached_to(const struct attach *at, const char *receiver)
{
	for (size_t i = 0; i < at->n; i++)
		if (strcmp(at->group[i]->receiver->name, receiver) == 0)
			return true;
	return false;
}

/* Whoever got the firing gets the resolve, also when the routes have changed
 * since, or its rule is in staging by now. */
static void find_told(struct attach *at)
{
	struct plan_alert *a = at->alert;

	for (size_t i = 0; i < a->n_told; i++)
		if (a->told[i].delivery.firing &&
		    !attached_to(at, a->told[i].receiver))
			attach_route(at, direct_route(at->plan,
						      a->told[i].receiver));
}

static void find_groups(struct attach *at)
{
	struct plan_alert *a = at->alert;

	if (!a->t.staging && a->t.receivers.n > 0)
		for (size_t i = 0; i < a->t.receivers.n; i++)
			attach_route(
				at, direct_route(at->plan,
						 a->t.receivers.item[i].value));
	else if (!a->t.staging)
		route_match(at->plan->root, &a->labels, attach_route, at);
	find_told(at);
}

static bool holds(struct plan_group *const group[], size_t n,
		  const struct plan_group *g)
{
	for (size_t i = 0; i < n; i++)
		if (group[i] == g)
			return true;
	return false;
}

static void group_join(struct plan_group *g, struct plan_alert *a)
{
	const struct told *t = plan_told(a, g->receiver->name);

	*ARRAY_PUSH(g->member, g->n, g->cap) = a;
	if (t && !t->again && t->accepted_ms > g->last_sent_ms)
		g->last_sent_ms = t->accepted_ms;
}

static void attach(struct plan *p, struct plan_alert *a, int64_t now_ms)
{
	struct attach at = { .plan = p, .alert = a };
	struct plan_group **old = a->target;
	size_t n_old = a->n_targets;

	find_groups(&at);
	a->target = at.group;
	a->n_targets = at.n;
	for (size_t i = 0; i < at.n; i++)
		if (!holds(old, n_old, at.group[i]))
			group_join(at.group[i], a);
	for (size_t i = 0; i < n_old; i++)
		if (!holds(at.group, at.n, old[i])) {
			group_remove(old[i], a);
			plan_touch(p, old[i], now_ms);
		}
	free(old);
	for (size_t i = 0; i < a->n_targets; i++)
		plan_touch(p, a->target[i], now_ms);
}

/* An old worker that wakes up may write once more what is long past. */
static bool is_behind(const struct plan_alert *a, const struct transition *t)
{
	return a->present && (t->episode < a->t.episode ||
			      (t->episode == a->t.episode &&
			       !cause_follows(t->cause, a->t.cause)));
}

void plan_apply(struct plan *p, struct transition *t, int64_t offset,
		int64_t now_ms)
{
	struct plan_alert *a = alert_of(p, t->id);

	if (is_behind(a, t)) {
		transition_release(t);
		return;
	}
	if (a->present && t->episode > a->t.episode)
		plan_keep_past(p, a);
	if (!a->present || t->episode != a->t.episode || t->state != a->t.state)
		a->since_ms = now_ms;
	transition_release(&a->t);
	a->t = *t;
	*t = (struct transition){ 0 };
	a->present = true;
	a->offset = offset;
	a->wall_ms = p->record_wall_ms;
	a->held_known = false;
	alert_labels(&a->t, &a->labels);
	alert_annotations(&a->t, &a->annotations);
	plan_set_payload(a);
	plan_note(p, a, a->t.state == ALERT_FIRING);
	attach(p, a, now_ms);
}

void plan_forget(struct plan *p, const char *alert_id, int64_t now_ms,
		 void (*forgotten)(void *arg, const char *receiver,
				   const char *alert_id),
		 void *arg)
{
	struct plan_alert *a = map_remove(&p->alerts, str_of(alert_id));

	if (!a)
		return;
	plan_note(p, a, false);
	plan_leave(p, a, now_ms);
	for (size_t i = 0; i < a->n_past; i++)
		plan_leave(p, a->past[i], now_ms);
	p->n_past -= a->n_past;
	for (size_t i = 0; i < a->n_told; i++)
		forgotten(arg, a->told[i].receiver, alert_id);
	plan_alert_free(a);
}

/* Two routes may lead to one receiver: it knows more by now. */
static bool is_outdated(const struct plan_alert *a, const char *receiver,
			const struct delivery *d)
{
	const struct told *t = plan_told(a, receiver);

	return t && t->delivery.episode > d->episode;
}

static bool tells(const struct plan_alert *a, const char *receiver)
{
	for (size_t i = 0; i < a->n_targets; i++)
		if (strcmp(a->target[i]->receiver->name, receiver) == 0)
			return true;
	return false;
}

void plan_done(struct plan *p, struct plan_message *m, bool accepted,
	       int64_t now_ms, int64_t wall_ms)
{
	for (size_t i = 0; i < m->n; i++) {
		struct plan_alert *a =
			map_get(&p->alerts, str_of(m->receipt[i].id));

		m->receipt[i].delivery.accepted_wall_ms = wall_ms;
		m->receipt[i].delivery.refused = !accepted;
		m->receipt[i].gone = !a || is_outdated(a, m->receiver->name,
						       &m->receipt[i].delivery);
		if (m->receipt[i].gone)
			continue;
		told_set(a, m->receiver->name, &m->receipt[i].delivery, now_ms);
		/* It may have left the group while the message was under way,
		 * for other receivers. */
		if (a->present && m->receipt[i].delivery.firing &&
		    !tells(a, m->receiver->name))
			attach(p, a, now_ms);
		plan_drop_past(p, a, now_ms);
	}
	for (size_t i = 0; i < m->n_groups; i++) {
		struct plan_group *g = m->group[i];

		g->in_flight = false;
		g->last_sent_ms = now_ms;
		g->need_since_ms = NEVER;
		plan_touch(p, g, now_ms);
	}
}

void plan_message_free(struct plan_message *m)
{
	free(m->receipt);
	free(m->group);
	free(m);
}

bool plan_needs(const struct plan *p, const struct plan_group *g,
		const struct plan_alert *a)
{
	return need_of(p, g, a) != NEED_NONE;
}
