/* plan_message.c - a due group becomes a message
 *
 * Pure; loop thread. */
#include <stdio.h>
#include <stdlib.h>

#include "alert/notify/plan_internal.h"

/* Firing ones first, each the oldest first. */
static int by_urgency(const void *a, const void *b)
{
	const struct plan_alert *x = *(struct plan_alert *const *)a;
	const struct plan_alert *y = *(struct plan_alert *const *)b;
	bool fires_x = x->t.state == ALERT_FIRING;
	bool fires_y = y->t.state == ALERT_FIRING;

	if (fires_x != fires_y)
		return fires_x ? -1 : 1;
	if (x->t.starts_at_ms != y->t.starts_at_ms)
		return x->t.starts_at_ms < y->t.starts_at_ms ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* The alerts that the message tells: what is new, and what fires anyway. */
static size_t choose(const struct plan *p, const struct plan_group *g,
		     struct plan_alert **out)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (g->member[i]->t.state == ALERT_FIRING ||
		    plan_needs(p, g, g->member[i]))
			out[n++] = g->member[i];
	qsort(out, n, sizeof(*out), by_urgency);
	return n;
}

static struct message_alert view_of(const struct plan_alert *a)
{
	return (struct message_alert){
		.id = a->id,
		.episode = a->t.episode,
		.firing = a->t.state == ALERT_FIRING,
		.starts_at_ms = a->t.starts_at_ms,
		.ends_at_ms = a->t.at_ms,
		.labels = &a->labels,
		.annotations = &a->annotations,
		.value = buf_str(&a->value),
		.reference = buf_str(&a->reference),
		.count = a->t.count,
		.samples = buf_str(&a->samples),
		.link = "",
	};
}

static struct receipt receipt_of(const struct plan *p,
				 const struct plan_group *g,
				 const struct plan_alert *a)
{
	struct receipt r = {
		.delivery = { .episode = a->t.episode,
			      .firing = a->t.state == ALERT_FIRING,
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

/* The id names what is told: the same after a restart, another for a repeat,
 * which is told apart by the delivery that it repeats. */
static void name_message(struct plan_message *m)
{
	struct buf text = { 0 };
	bool news = false;

	buf_add_text(&text, m->group->key);
	for (size_t i = 0; i < m->n; i++) {
		const struct delivery *d = &m->receipt[i].delivery;

		news = news || m->receipt[i].news;
		buf_add_format(&text, "|%s:%lld:%d:%lld", m->receipt[i].id,
			       (long long)d->episode, d->firing,
			       (long long)d->count);
	}
	for (size_t i = 0; !news && i < m->group->n; i++)
		add_told(&text, m->group->member[i], m->receiver->name);
	snprintf(m->id, sizeof(m->id), "%016llx%016llx",
		 (unsigned long long)str_hash_seed(buf_str(&text), 1),
		 (unsigned long long)str_hash_seed(buf_str(&text), 2));
	buf_release(&text);
}

static void send_group(const struct plan *p, struct plan_group *g,
		       void (*send)(void *arg, struct plan_message *m,
				    const struct message *view),
		       void *arg)
{
	struct plan_alert **alert = xcalloc(g->n, sizeof(struct plan_alert *));
	size_t n = choose(p, g, alert);
	struct message_alert *views = xcalloc(n, sizeof(*views));
	struct plan_message *m = xcalloc(1, sizeof(*m));
	struct message view = {
		.group_key = g->key, .group = &g->labels, .alert = views, .n = n
	};

	m->receiver = g->receiver;
	m->group = g;
	m->receipt = xcalloc(n, sizeof(*m->receipt));
	m->n = n;
	for (size_t i = 0; i < n; i++) {
		views[i] = view_of(alert[i]);
		view.firing += views[i].firing;
		m->receipt[i] = receipt_of(p, g, alert[i]);
	}
	name_message(m);
	view.id = m->id;
	g->in_flight = true;
	g->due_ms = INT64_MAX;
	send(arg, m, &view);
	free(views);
	free(alert);
}

int64_t plan_run(struct plan *p, int64_t now_ms,
		 bool (*has_room)(void *arg, const struct receiver *r),
		 void (*send)(void *arg, struct plan_message *m,
			      const struct message *view),
		 void *arg)
{
	struct map_entry e;
	int64_t next = INT64_MAX;

	map_for_each (&p->groups, e) {
		struct plan_group *g = e.value;

		if (g->due_ms <= now_ms && !g->in_flight) {
			/* No room: done() of an earlier message runs again. */
			if (has_room(arg, g->receiver))
				send_group(p, g, send, arg);
		} else if (g->due_ms < next) {
			next = g->due_ms;
		}
	}
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
