/* plan_message.c - a due group becomes a message
 *
 * Pure; loop thread. */
#include <stdio.h>
#include <stdlib.h>

#include "alert/notify/plan_internal.h"

struct message_alert plan_view(const struct plan_group *g,
			       const struct plan_alert *a)
{
	struct plan_step step = plan_next_step(g, a);

	return (struct message_alert){
		.id = a->id,
		.episode = step.episode,
		.firing = step.firing,
		.starts_at_ms = a->t.starts_at_ms,
		.ends_at_ms = a->t.at_ms,
		.labels = &a->labels,
		.annotations = &a->annotations,
		.value = buf_str(&a->value),
		.reference = buf_str(&a->reference),
		.count = a->t.count,
		.samples = buf_str(&a->samples),
		.top = buf_str(&a->top),
		.link = a->t.link ? a->t.link : "",
	};
}

static struct receipt receipt_of(const struct plan *p,
				 const struct plan_group *g,
				 const struct plan_alert *a)
{
	struct plan_step step = plan_next_step(g, a);
	struct receipt r = {
		.delivery = { .episode = step.episode,
			      .firing = step.firing,
			      .count = a->t.count },
		.news = plan_needs(p, g, a),
		.record_time_ms = a->t.record_time_ms,
	};

	memcpy(r.id, a->id, sizeof(r.id));
	return r;
}

static void add_told(struct buf *text, const struct plan_alert *a,
		     const char *receiver)
{
	for (size_t i = 0; i < a->n_told; i++)
		if (strcmp(a->told[i].receiver, receiver) == 0)
			buf_add_format(text, "@%lld",
				       (long long)a->told[i]
					       .delivery.accepted_wall_ms);
}

/* The id names what is told, by the records that say it: the same after a
 * restart, another for a repeat, which is told apart by the delivery that it
 * repeats. */
static void name_message(struct plan_message *m, const struct plan_pick *pick)
{
	struct buf text = { 0 };
	bool news = false;

	for (size_t k = 0; k < m->n_groups; k++)
		buf_add_text(&text, m->group[k]->key);
	for (size_t i = 0; i < m->n; i++) {
		const struct delivery *d = &m->receipt[i].delivery;

		news = news || m->receipt[i].news;
		buf_add_format(&text, "|%s:%lld:%d:%lld@", m->receipt[i].id,
			       (long long)d->episode, d->firing,
			       (long long)d->count);
		cause_format(pick[i].alert->t.cause, &text);
	}
	for (size_t k = 0; !news && k < m->n_groups; k++)
		for (size_t i = 0; i < m->group[k]->n; i++)
			add_told(&text, m->group[k]->member[i],
				 m->receiver->name);
	snprintf(m->id, sizeof(m->id), "%016llx%016llx",
		 (unsigned long long)str_hash_seed(buf_str(&text), 1),
		 (unsigned long long)str_hash_seed(buf_str(&text), 2));
	buf_release(&text);
}

bool plan_message_is_news(const struct plan_message *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->receipt[i].news)
			return true;
	return false;
}

struct sending {
	struct plan *plan;
	int64_t now_ms;
	bool (*has_room)(void *arg, const struct receiver *r);
	void (*send)(void *arg, struct plan_message *m,
		     const struct message *view);
	void *arg;
};

static void tell(const struct sending *s, struct plan_message *m)
{
	struct plan_pick *pick;
	size_t n =
		plan_choose(s->plan, m->group, m->n_groups, s->now_ms, &pick);
	struct message_alert *views = xcalloc(n, sizeof(*views));
	struct labels shared = { 0 };
	struct message view = { .group_key = m->group[0]->key,
				.group = &shared,
				.alert = views,
				.n = n };

	ENSURE(n == 0 || pick != NULL);
	m->receipt = xcalloc(n, sizeof(*m->receipt));
	m->n = n;
	for (size_t i = 0; i < n; i++) {
		views[i] = plan_view(pick[i].group, pick[i].alert);
		view.firing += views[i].firing;
		m->receipt[i] =
			receipt_of(s->plan, pick[i].group, pick[i].alert);
	}
	labels_copy(&shared, &m->group[0]->labels);
	for (size_t i = 1; i < m->n_groups; i++)
		labels_intersect(&shared, &m->group[i]->labels);
	if (m->n_groups > 1) {
		view.folded = m->n_groups;
		view.group_key = "digest";
	}
	name_message(m, pick);
	view.id = m->id;
	s->send(s->arg, m, &view);
	labels_release(&shared);
	free(views);
	free(pick);
}

/* The first `n` groups of the queue in one message. */
static void send_first(const struct sending *s, struct plan_queue *q, size_t n)
{
	struct plan_message *m = xcalloc(1, sizeof(*m));

	m->receiver = q->first->receiver;
	m->group = xcalloc(n, sizeof(struct plan_group *));
	for (m->n_groups = 0; m->n_groups < n; m->n_groups++) {
		struct plan_group *g = q->first;

		m->group[m->n_groups] = g;
		plan_queue_remove(s->plan, g);
		g->in_flight = true;
	}
	tell(s, m);
}

/* No room: the outbox says when there is some again. */
static void send_waiting(const struct sending *s, struct plan_queue *q)
{
	while (q->n > 0 && s->has_room(s->arg, q->first->receiver)) {
		int64_t digest = q->first->receiver->digest;
		bool fold = digest > 0 && q->n > (size_t)digest;

		send_first(s, q, fold ? q->n : 1);
	}
}

int64_t plan_run(struct plan *p, int64_t now_ms,
		 bool (*has_room)(void *arg, const struct receiver *r),
		 void (*send)(void *arg, struct plan_message *m,
			      const struct message *view),
		 void *arg)
{
	struct sending s = { p, now_ms, has_room, send, arg };
	int64_t next;

	plan_refresh(p);
	next = plan_queue_collect(p, now_ms);
	for (size_t i = 0; i < p->receivers->n; i++)
		send_waiting(&s, &p->queue[i]);
	return next;
}

size_t plan_firing(const struct plan *p)
{
	struct map_entry e;
	size_t n = 0;

	map_for_each (&p->alerts, e) {
		const struct plan_alert *a = e.value;

		n += a->present && a->t.state == ALERT_FIRING;
	}
	return n;
}

static void describe_alert(const struct plan_alert *a, struct buf *json)
{
	buf_add_text(json, "{\"id\":");
	buf_add_json_string(json, str_of(a->id));
	buf_add_text(json, ",\"labels\":");
	labels_json(&a->labels, json);
	buf_add_text(json, ",\"startsAt\":\"");
	message_add_time(a->t.starts_at_ms, json);
	buf_add_text(json, "\",\"told\":[");
	for (size_t i = 0; i < a->n_told; i++) {
		if (i > 0)
			buf_add_char(json, ',');
		buf_add_json_string(json, str_of(a->told[i].receiver));
	}
	buf_add_text(json, "]}");
}

void plan_describe(const struct plan *p, size_t max, struct buf *json)
{
	struct map_entry e;
	size_t n = 0;

	buf_add_char(json, '[');
	map_for_each (&p->alerts, e) {
		const struct plan_alert *a = e.value;

		if (!a->present || a->t.state != ALERT_FIRING || n >= max)
			continue;
		if (n++ > 0)
			buf_add_char(json, ',');
		describe_alert(a, json);
	}
	buf_add_char(json, ']');
}

static void describe_refused(const struct plan_alert *a, const struct told *t,
			     struct buf *json)
{
	buf_add_text(json, "{\"receiver\":");
	buf_add_json_string(json, str_of(t->receiver));
	buf_add_text(json, ",\"id\":");
	buf_add_json_string(json, str_of(a->id));
	buf_add_text(json, ",\"rule\":");
	buf_add_json_string(json, str_of(a->t.rule ? a->t.rule : ""));
	buf_add_format(json, ",\"episode\":%lld,\"state\":\"%s\",\"at\":\"",
		       (long long)t->delivery.episode,
		       t->delivery.firing ? "firing" : "resolved");
	message_add_time(t->delivery.accepted_wall_ms, json);
	buf_add_text(json, "\"}");
}

void plan_describe_refused(const struct plan *p, size_t max, struct buf *json)
{
	struct map_entry e;
	size_t n = 0;

	buf_add_char(json, '[');
	map_for_each (&p->alerts, e) {
		const struct plan_alert *a = e.value;

		for (size_t i = 0; i < a->n_told && n < max; i++) {
			if (!a->told[i].delivery.refused)
				continue;
			if (n++ > 0)
				buf_add_char(json, ',');
			describe_refused(a, &a->told[i], json);
		}
	}
	buf_add_char(json, ']');
}
