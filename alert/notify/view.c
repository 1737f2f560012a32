/* view.c - the alerts that fire now
 *
 * Owns them, and what little is known of the others. Pure; loop thread. */
#include "alert/notify/view.h"

#include <stdlib.h>

#include "alert/notify/alert_labels.h"

static void free_alert(void *value)
{
	struct view_alert *a = value;

	transition_release(&a->t);
	labels_release(&a->labels);
	labels_release(&a->annotations);
	free(a);
}

void view_release(struct view *v)
{
	map_release(&v->alerts, free_alert);
	*v = (struct view){ 0 };
}

static void forget(struct view *v, struct inhibit *inhibit, struct str id)
{
	struct view_alert *a = map_remove(&v->alerts, id);

	if (!a)
		return;
	if (inhibit)
		inhibit_note(inhibit, a->t.id, &a->labels, false);
	free_alert(a);
}

static void drop_samples(struct transition *t)
{
	for (size_t i = 0; i < t->samples.n; i++) {
		free(t->samples.item[i].name);
		free(t->samples.item[i].value);
	}
	free(t->samples.item);
	t->samples = (struct alert_pairs){ 0 };
}

/* What an old worker writes when it wakes up. */
static bool is_behind(const struct view_alert *a, const struct transition *t)
{
	return t->episode < a->t.episode ||
	       (t->episode == a->t.episode &&
		!cause_follows(t->cause, a->t.cause));
}

/* Of an alert that does not fire only its place in time is kept, so that what
 * is behind is still told from news. */
static void strip(struct transition *t)
{
	struct transition rest = { .state = t->state,
				   .episode = t->episode,
				   .cause = t->cause };

	memcpy(rest.id, t->id, sizeof(rest.id));
	transition_release(t);
	*t = rest;
}

static void set(struct view *v, struct inhibit *inhibit, struct transition *t,
		int64_t wall_ms)
{
	struct view_alert *a = map_get(&v->alerts, str_of(t->id));
	bool fires = t->state == ALERT_FIRING;

	if (a) {
		transition_release(&a->t);
	} else {
		a = xcalloc(1, sizeof(*a));
		map_set(&v->alerts, str_of(t->id), a);
	}
	a->t = *t;
	*t = (struct transition){ 0 };
	a->wall_ms = wall_ms;
	labels_release(&a->labels);
	labels_release(&a->annotations);
	if (fires) {
		drop_samples(&a->t);
		alert_labels(&a->t, &a->labels);
		alert_annotations(&a->t, &a->annotations);
	} else {
		strip(&a->t);
	}
	if (inhibit)
		inhibit_note(inhibit, a->t.id, &a->labels,
			     fires && !a->t.staging);
}

bool view_apply(struct view *v, struct inhibit *inhibit, struct str key,
		struct str value, int64_t wall_ms, struct error *err)
{
	const struct view_alert *a;
	struct transition t;

	if (!value.s) {
		forget(v, inhibit, key);
		return true;
	}
	if (!transition_decode(value, &t, err)) {
		transition_release(&t);
		return false;
	}
	a = map_get(&v->alerts, str_of(t.id));
	if (!a || !is_behind(a, &t))
		set(v, inhibit, &t, wall_ms);
	transition_release(&t);
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct view_alert *x = *(const struct view_alert *const *)a;
	const struct view_alert *y = *(const struct view_alert *const *)b;

	if (x->t.starts_at_ms != y->t.starts_at_ms)
		return x->t.starts_at_ms < y->t.starts_at_ms ? -1 : 1;
	return strcmp(x->t.id, y->t.id);
}

const struct view_alert **view_sorted(const struct view *v, size_t *n)
{
	const struct view_alert **out =
		xcalloc(v->alerts.n, sizeof(const struct view_alert *));
	struct map_entry e;

	*n = 0;
	map_for_each (&v->alerts, e) {
		const struct view_alert *a = e.value;

		if (a->t.state == ALERT_FIRING && !a->t.staging)
			out[(*n)++] = a;
	}
	qsort(out, *n, sizeof(const struct view_alert *), by_start);
	return out;
}
