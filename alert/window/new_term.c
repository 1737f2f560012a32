/* new_term.c - a value not seen for `window`
 *
 * A group is a term: the value of `field` in one combination of the values of
 * group_by. Of its events only the spans are kept in which it was seen with no
 * pause as long as the window; an event is news if it begins a span. Presence:
 * judged when it comes, all events of one envelope together; one that comes
 * late counts in its own place, and what was told is never taken back.
 *
 * A combination learns from the first of its events that comes (an older one
 * that comes later changes nothing: a worker that reads all again must not
 * find more news), a rule without group_by since it is watched: that, and the
 * last span, is remembered, since no worker reads back a month. Of a recalled
 * span the event that began it may still be read again, and is news once more
 * then.
 *
 * Owns the spans of one tracker. Pure. */
#include "alert/window/moments.h"

#include <stdlib.h>

enum { SPANS_MAX = 1000, REFRESHES = 20 };
/* Shorter windows are read back whole: nothing is left to the memory. */
#define READ_BACK_NS (3600 * INT64_C(1000000000))

struct span {
	int64_t first, last;
	bool recalled; /* its first event has not been seen here */
};

struct term {
	struct moments moments;
	struct span *span; /* by time */
	size_t n, cap;
	int64_t *fresh; /* times not judged yet */
	size_t n_fresh, fresh_cap;
};

static struct term *own(const struct tracker *t)
{
	return (struct term *)(void *)(uintptr_t)t->own;
}

static int64_t window(const struct rule *rule)
{
	return rule_ns(rule->window_ms);
}

static int64_t reach(const struct rule *rule)
{
	return window(rule) < READ_BACK_NS ? window(rule) : READ_BACK_NS;
}

static int64_t keep(const struct rule *rule)
{
	return window(rule) > TRACKER_KEPT_NS ? window(rule) : TRACKER_KEPT_NS;
}

static void open(struct tracker *t)
{
	(void)t;
}

static void close(struct tracker *t)
{
	free(own(t)->span);
	free(own(t)->fresh);
	moments_close(t);
}

/* ---- spans ---- */

static struct span *insert_span(struct term *term, size_t at, int64_t first,
				int64_t last)
{
	(void)ARRAY_PUSH(term->span, term->n, term->cap);
	memmove(&term->span[at + 1], &term->span[at],
		(term->n - 1 - at) * sizeof(*term->span));
	term->span[at] = (struct span){ .first = first, .last = last };
	return &term->span[at];
}

static void remove_spans(struct term *term, size_t at, size_t n)
{
	term->n -= n;
	memmove(&term->span[at], &term->span[at + n],
		(term->n - at) * sizeof(*term->span));
}

/* Is it news? */
static bool see(struct term *term, int64_t time, int64_t window_ns)
{
	size_t after = term->n; /* the first span that begins after it */
	struct span *s;
	bool news;

	while (after > 0 && term->span[after - 1].first > time)
		after--;
	s = after > 0 ? &term->span[after - 1] : NULL;
	if (s && time <= s->last) {
		news = s->recalled && time == s->first;
		s->recalled &= !news;
		return news;
	}
	if (s && time - s->last < window_ns) {
		s->last = time;
		return false;
	}
	/* Where the next one is near, they stay two: each began with news. */
	insert_span(term, after, time, time);
	return true;
}

/* ---- judging ---- */

static void add(struct tracker *t, const struct window_event *event)
{
	struct term *term = own(t);

	*ARRAY_PUSH(term->fresh, term->n_fresh, term->fresh_cap) = event->time;
	if (t->combination && t->combination->since == MOMENT_NEVER)
		t->combination->since = event->time;
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static struct str term_of(const struct tracker *t)
{
	return tracker_group(t)[rule_group_values(t->rule) - 1];
}

static void step(struct tracker *t, const struct judge *judge)
{
	struct term *term = own(t);
	int64_t since = t->combination ? t->combination->since : judge->started;
	int64_t learn = rule_ns(t->rule->learn_ms);
	/* Without learning not even what is older than its beginning waits. */
	int64_t learnt = learn > 0 ? moment_plus(since, learn) : MOMENT_START;

	if (term->n_fresh > 1)
		qsort(term->fresh, term->n_fresh, sizeof(*term->fresh),
		      by_time);
	for (size_t i = 0; i < term->n_fresh; i++)
		if (see(term, term->fresh[i], window(t->rule)) &&
		    term->fresh[i] >= learnt)
			moments_add(t, term->fresh[i], term_of(t), STR_NONE);
	term->n_fresh = 0;
	moments_step(t, judge);
}

static void trim(struct tracker *t, int64_t moment)
{
	struct term *term = own(t);
	size_t n = 0;

	while (n + 1 < term->n &&
	       (term->span[n].last < moment - window(t->rule) ||
		term->n - n > SPANS_MAX))
		n++;
	if (n > 0)
		remove_spans(term, 0, n);
}

/* ---- memory ---- */

static bool remember(const struct tracker *t, struct memory *out)
{
	const struct term *term = own(t);

	if (term->n == 0)
		return false;
	out->first = term->span[term->n - 1].first;
	out->last = term->span[term->n - 1].last;
	out->since = t->combination ? t->combination->since : out->first;
	return true;
}

static int64_t refresh(const struct rule *rule)
{
	return window(rule) / REFRESHES;
}

static void recall(struct tracker *t, const struct memory *memory)
{
	struct span *s =
		insert_span(own(t), own(t)->n, memory->first, memory->last);

	s->recalled = true;
	if (t->combination && memory->since < t->combination->since)
		t->combination->since = memory->since;
}

const struct window_type window_type_new_term = {
	.reach = reach,
	.keep = keep,
	.own_bytes = sizeof(struct term),
	.takes_any_age = true,
	.combines = true,
	.open = open,
	.close = close,
	.add = add,
	.step = step,
	.wake = moments_wake,
	.trim = trim,
	.force = moments_force,
	.now = moments_now,
	.remember = remember,
	.refresh = refresh,
	.recall = recall,
};
