/* tally.c - events of one group by time, and windows moving over them
 *
 * Owns the cells, one for each distinct time, in order; their loads; and the
 * walks' sums. Pure. */
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

/* ---- loads ---- */

static void *load_of(const struct tally *t, size_t i)
{
	return t->load + i * t->kind->load_bytes;
}

static void enter(const struct tally *t, struct tally_walk *w, size_t i)
{
	w->cur += t->cell[i].count;
	if (t->kind)
		t->kind->enter(w->sum, load_of(t, i));
}

static void leave(const struct tally *t, struct tally_walk *w, size_t i)
{
	w->cur -= t->cell[i].count;
	if (t->kind)
		t->kind->leave(w->sum, load_of(t, i));
}

/* n loads from `from` on go to `to`, which may overlap. */
static void move_loads(struct tally *t, size_t to, size_t from, size_t n)
{
	if (t->kind && to != from)
		memmove(load_of(t, to), load_of(t, from),
			n * t->kind->load_bytes);
}

static void release_loads(struct tally *t, size_t n)
{
	if (t->kind && t->kind->release_load)
		for (size_t i = 0; i < n; i++)
			t->kind->release_load(load_of(t, i));
}

static void grow_loads(struct tally *t)
{
	if (!t->kind || t->loads_cap == t->cap)
		return;
	t->loads_cap = t->cap;
	t->load = xrealloc(t->load, t->cap * t->kind->load_bytes);
}

void tally_carry(struct tally *t, const struct tally_kind *kind,
		 const void *arg)
{
	ENSURE(t->n == 0 && !t->kind);
	t->kind = kind;
	t->arg = arg;
	t->early.sum = xcalloc(1, kind->sum_bytes);
	t->settled.sum = xcalloc(1, kind->sum_bytes);
}

static void release_sum(const struct tally *t, struct tally_walk *w)
{
	if (t->kind)
		t->kind->clear(w->sum);
	free(w->sum);
}

void tally_visit(const struct tally *t, const struct tally_walk *w,
		 void (*visit)(void *arg, const void *load), void *arg)
{
	for (size_t i = w->in_ref; i < w->in_cur; i++)
		visit(arg, load_of(t, i));
}

void tally_release(struct tally *t)
{
	release_loads(t, t->n);
	release_sum(t, &t->early);
	release_sum(t, &t->settled);
	free(t->load);
	free(t->cell);
	*t = (struct tally){ 0 };
}

static void forth(const struct tally *t, struct tally_walk *w)
{
	while (w->in_cur < t->n && t->cell[w->in_cur].time <= w->at)
		enter(t, w, w->in_cur++);
	while (w->in_ref < w->in_cur &&
	       t->cell[w->in_ref].time <= w->at - t->span) {
		leave(t, w, w->in_ref);
		w->ref += t->cell[w->in_ref++].count;
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
		w->ref -= t->cell[--w->in_ref].count;
		enter(t, w, w->in_ref);
	}
	while (w->in_cur > 0 && t->cell[w->in_cur - 1].time > w->at)
		leave(t, w, --w->in_cur);
}

void tally_walk_open(const struct tally *t, struct tally_walk *w,
		     int64_t moment)
{
	*w = (struct tally_walk){ .at = moment };
	if (t->kind)
		w->sum = xcalloc(1, t->kind->sum_bytes);
	forth(t, w);
}

void tally_walk_close(const struct tally *t, struct tally_walk *w)
{
	release_sum(t, w);
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
	if (t->kind)
		t->kind->clear(w->sum);
	forth(t, w);
}

static bool same_bucket(int64_t a, int64_t b, int64_t width)
{
	return a / width == b / width;
}

enum {
	/* The windows on both sides of the cell are over-full: it may lose its
	 * exact time. */
	EDGE_FULL = 1,
	/* So are all windows that hold it: half of one is, on both sides. */
	FULL = 2,
	OLD = 4, /* too old for any but late arrivals */
};

/* Flag the cells with more than 1,000 events within `width` on both sides. */
static void flag_full(const struct tally *t, int64_t width, unsigned char flag,
		      unsigned char *flags)
{
	int64_t after = 0, before = 0;
	size_t right = 0, left = 0;

	for (size_t i = 0; i < t->n; i++) {
		int64_t time = t->cell[i].time;
		while (right < t->n && t->cell[right].time <= time + width)
			after += t->cell[right++].count;
		before += t->cell[i].count;
		while (t->cell[left].time <= time - width)
			before -= t->cell[left++].count;
		after -= t->cell[i].count;
		if (after > EXACT_EVENTS && before > EXACT_EVENTS)
			flags[i] |= flag;
	}
}

static unsigned char *flag_cells(const struct tally *t)
{
	unsigned char *flags = xcalloc(t->n, sizeof(*flags));

	flag_full(t, t->span, EDGE_FULL, flags);
	if (t->kind)
		flag_full(t, t->span / 2, FULL, flags);
	for (size_t i = 0; i < t->n; i++)
		if (t->cell[i].time < t->latest - KEPT_SPANS * t->span)
			flags[i] |= OLD;
	return flags;
}

static void squeeze(struct tally *t)
{
	int64_t width = t->span / BUCKETS > SECOND ? t->span / BUCKETS : SECOND;
	unsigned char *flags = flag_cells(t);
	size_t kept = 1;

	for (size_t i = 1; i < t->n; i++) {
		struct tally_cell *last = &t->cell[kept - 1];
		struct tally_cell cell = t->cell[i];
		bool mergeable = (flags[i] & (EDGE_FULL | OLD)) &&
				 (flags[i - 1] & (EDGE_FULL | OLD));
		if (mergeable && same_bucket(last->time, cell.time, width)) {
			last->time = cell.time;
			last->count += cell.count;
			if (t->kind)
				t->kind->merge(t->arg, load_of(t, kept - 1),
					       load_of(t, i),
					       flags[i] & flags[i - 1] & FULL);
		} else {
			t->cell[kept] = cell;
			move_loads(t, kept++, i, 1);
		}
	}
	free(flags);
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
	tally_add_load(t, time, NULL);
}

void tally_add_load(struct tally *t, int64_t time, void *load)
{
	size_t at = t->n;

	ENSURE(!load == !t->kind);
	step_before(t, &t->early, time);
	step_before(t, &t->settled, time);
	if (time > t->latest)
		t->latest = time;
	while (at > 0 && t->cell[at - 1].time > time)
		at--;
	if (at > 0 && t->cell[at - 1].time == time) {
		t->cell[at - 1].count++;
		if (t->kind)
			t->kind->merge(t->arg, load_of(t, at - 1), load, false);
		return;
	}
	(void)ARRAY_PUSH(t->cell, t->n, t->cap);
	grow_loads(t);
	move_loads(t, at + 1, at, t->n - 1 - at);
	if (load)
		memcpy(load_of(t, at), load, t->kind->load_bytes);
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

/* Cells with time <= moment. */
static size_t cells_until(const struct tally *t, int64_t moment)
{
	size_t from = 0, to = t->n;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (t->cell[middle].time <= moment)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
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
	/* The walks may be far ahead, and are sent back by what comes late. */
	n = cells_until(t, moment - 2 * t->span);
	/* Moving the rest is worth it once it is less than what goes. */
	if (n == 0 || n < t->n - n)
		return;
	release_loads(t, n);
	memmove(t->cell, t->cell + n, (t->n - n) * sizeof(*t->cell));
	move_loads(t, 0, n, t->n - n);
	t->n -= n;
	drop_first(&t->early, n);
	drop_first(&t->settled, n);
}
