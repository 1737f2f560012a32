/* tally.c - events of one group by time, and windows moving over them
 *
 * Owns the cells: one for each distinct time, in order. Pure. */
#include "alert/window/tally.h"

#include <stdlib.h>

enum {
	EXACT_EVENTS = 1000,
	SQUEEZE_CELLS = 4096,
	KEPT_SPANS = 3,
	BUCKETS = 100,
};
#define SECOND INT64_C(1000000000)

void tally_init(struct tally *t, int64_t span)
{
	*t = (struct tally){ .span = span,
			     .squeeze_at = SQUEEZE_CELLS,
			     .latest = MOMENT_START };
	t->early.at = t->settled.at = MOMENT_START;
}

void tally_release(struct tally *t)
{
	free(t->cell);
	*t = (struct tally){ 0 };
}

static void forth(const struct tally *t, struct tally_walk *w)
{
	while (w->in_cur < t->n && t->cell[w->in_cur].time <= w->at)
		w->cur += t->cell[w->in_cur++].count;
	while (w->in_ref < w->in_cur &&
	       t->cell[w->in_ref].time <= w->at - t->span) {
		int64_t count = t->cell[w->in_ref++].count;
		w->cur -= count;
		w->ref += count;
	}
	while (w->out < w->in_ref &&
	       t->cell[w->out].time <= w->at - 2 * t->span)
		w->ref -= t->cell[w->out++].count;
}

static void back(const struct tally *t, struct tally_walk *w)
{
	while (w->out > 0 && t->cell[w->out - 1].time > w->at - 2 * t->span)
		w->ref += t->cell[--w->out].count;
	while (w->in_ref > 0 && t->cell[w->in_ref - 1].time > w->at - t->span) {
		int64_t count = t->cell[--w->in_ref].count;
		w->ref -= count;
		w->cur += count;
	}
	while (w->in_cur > 0 && t->cell[w->in_cur - 1].time > w->at)
		w->cur -= t->cell[--w->in_cur].count;
}

void tally_seek(struct tally *t, struct tally_walk *w, int64_t moment)
{
	bool ahead = moment >= w->at;

	w->at = moment;
	if (ahead)
		forth(t, w);
	else
		back(t, w);
}

int64_t tally_next_moment(const struct tally *t, const struct tally_walk *w)
{
	int64_t next = MOMENT_NEVER, moment;

	if (w->in_cur < t->n)
		next = t->cell[w->in_cur].time;
	if (w->in_ref < w->in_cur) {
		moment = t->cell[w->in_ref].time + t->span;
		next = moment < next ? moment : next;
	}
	if (w->out < w->in_ref) {
		moment = t->cell[w->out].time + 2 * t->span;
		next = moment < next ? moment : next;
	}
	return next;
}

/* ---- buckets ---- */

static void recount(struct tally *t, struct tally_walk *w)
{
	w->in_cur = w->in_ref = w->out = 0;
	w->cur = w->ref = 0;
	forth(t, w);
}

static bool same_bucket(int64_t a, int64_t b, int64_t width)
{
	return a / width == b / width;
}

/* May the cell i lose its exact time? Yes if the windows on both sides of it
 * are over-full, or if it is too old for any but late arrivals. */
static bool *find_mergeable(const struct tally *t)
{
	bool *yes = xcalloc(t->n, sizeof(*yes));
	int64_t after = 0, before = 0;
	size_t right = 0, left = 0;

	for (size_t i = 0; i < t->n; i++) {
		int64_t time = t->cell[i].time;
		while (right < t->n && t->cell[right].time <= time + t->span)
			after += t->cell[right++].count;
		before += t->cell[i].count;
		while (t->cell[left].time <= time - t->span)
			before -= t->cell[left++].count;
		after -= t->cell[i].count;
		yes[i] = (after > EXACT_EVENTS && before > EXACT_EVENTS) ||
			 time < t->latest - KEPT_SPANS * t->span;
	}
	return yes;
}

static void squeeze(struct tally *t)
{
	int64_t width = t->span / BUCKETS > SECOND ? t->span / BUCKETS : SECOND;
	bool *mergeable = find_mergeable(t);
	size_t kept = 1;

	for (size_t i = 1; i < t->n; i++) {
		struct tally_cell *last = &t->cell[kept - 1];
		struct tally_cell cell = t->cell[i];
		if (mergeable[i] && mergeable[i - 1] &&
		    same_bucket(last->time, cell.time, width)) {
			last->time = cell.time;
			last->count += cell.count;
		} else {
			t->cell[kept++] = cell;
		}
	}
	free(mergeable);
	t->n = kept;
	t->squeeze_at = 2 * kept > SQUEEZE_CELLS ? 2 * kept : SQUEEZE_CELLS;
	recount(t, &t->early);
	recount(t, &t->settled);
}

/* ---- events ---- */

static void step_before(struct tally *t, struct tally_walk *w, int64_t time)
{
	if (w->at >= time)
		tally_seek(t, w, time - 1);
}

void tally_add(struct tally *t, int64_t time)
{
	size_t at = t->n;

	step_before(t, &t->early, time);
	step_before(t, &t->settled, time);
	if (time > t->latest)
		t->latest = time;
	while (at > 0 && t->cell[at - 1].time > time)
		at--;
	if (at > 0 && t->cell[at - 1].time == time) {
		t->cell[at - 1].count++;
		return;
	}
	(void)ARRAY_PUSH(t->cell, t->n, t->cap);
	memmove(&t->cell[at + 1], &t->cell[at],
		(t->n - 1 - at) * sizeof(*t->cell));
	t->cell[at] = (struct tally_cell){ time, 1 };
	if (t->n >= t->squeeze_at)
		squeeze(t);
}

static void drop_first(struct tally_walk *w, size_t n)
{
	w->in_cur -= n;
	w->in_ref -= n;
	w->out -= n;
}

void tally_trim(struct tally *t, int64_t moment)
{
	size_t n;

	if (t->n == 0 || t->cell[0].time > moment - 2 * t->span)
		return;
	if (t->early.at < moment)
		tally_seek(t, &t->early, moment);
	if (t->settled.at < moment)
		tally_seek(t, &t->settled, moment);
	n = t->early.out < t->settled.out ? t->early.out : t->settled.out;
	/* Moving the rest is worth it once it is less than what goes. */
	if (n == 0 || n < t->n - n)
		return;
	memmove(t->cell, t->cell + n, (t->n - n) * sizeof(*t->cell));
	t->n -= n;
	drop_first(&t->early, n);
	drop_first(&t->settled, n);
}
