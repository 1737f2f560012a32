/* tally.h - the events of one group, counted in two adjoining windows
 *
 * Holds the times of events and two walks over event time. A walk stands at a
 * moment t and knows cur, the events in (t - T, t], and ref, those in
 * (t - 2T, t - T]. It moves from one moment at which a count changes to the
 * next, forth and back, at the cost of the events passed.
 *
 * Exact while a window holds at most 1,000 events; older parts of fuller ones
 * are counted in buckets of T/100 or 1 s, whichever is longer, each at the
 * time of its last event. What is older than 3T, kept for late arrivals only,
 * may be put into such buckets too when a group has very many events.
 *
 * Events may carry a load (struct tally_kind): numbers, values, marks. A walk
 * then knows the sum of the loads in cur. Sums are the same however the walk
 * came to where it stands.
 *
 * Times in ns. Pure; one thread at a time for one tally. */
#ifndef TOCSIN_ALERT_WINDOW_TALLY_H
#define TOCSIN_ALERT_WINDOW_TALLY_H

#include "core/base.h"

#define MOMENT_NEVER INT64_MAX
/* Before all events; far enough from INT64_MIN that windows can be
 * subtracted. */
#define MOMENT_START (INT64_MIN / 4)

/* What the events carry beside their time. A load belongs to its cell, a sum to
 * its walk; a zeroed sum is that of no load. */
struct tally_kind {
	size_t load_bytes, sum_bytes; /* multiples of 8 */
	void (*enter)(void *sum, const void *load);
	void (*leave)(void *sum, const void *load);
	/* `to` becomes what both are together; `from` is released. With
	 * `coarse` only windows of more than 1,000 events hold it. */
	void (*merge)(const void *arg, void *to, void *from, bool coarse);
	void (*release_load)(void *load); /* NULL: nothing to release */
	void (*clear)(void *sum);         /* release, and zero */
};

struct tally_cell {
	int64_t time;
	int64_t count;
};

struct tally_walk {
	int64_t at;
	/* Cells with time <= at, <= at - T, <= at - 2T. */
	size_t in_cur, in_ref, out;
	int64_t cur, ref;
	void *sum; /* of the loads in cur; NULL without a kind */
};

struct tally {
	int64_t span; /* T */
	struct tally_cell *cell;
	size_t n, cap;
	size_t squeeze_at; /* cells at which buckets are made next */
	int64_t latest;    /* time of the newest event */
	const struct tally_kind *kind; /* NULL: events are only counted */
	const void *arg;               /* of kind->merge */
	unsigned char *load;           /* one for each cell */
	size_t loads_cap;
	/* `early` judges what need not wait, `settled` what must. */
	struct tally_walk early, settled;
};

void tally_init(struct tally *t, int64_t span);
/* Events carry loads of this kind; both are borrowed. */
void tally_carry(struct tally *t, const struct tally_kind *kind,
		 const void *arg);
void tally_release(struct tally *t);
/* One event. A walk that stands at or after it goes back to just before. */
void tally_add(struct tally *t, int64_t time);
/* The same with its load, which is taken (its bytes are moved). */
void tally_add_load(struct tally *t, int64_t time, void *load);
/* The next moment after the walk's at which a count changes, or
 * MOMENT_NEVER. */
int64_t tally_next_moment(const struct tally *t, const struct tally_walk *w);
/* Stand at `moment`, wherever it is. */
void tally_seek(struct tally *t, struct tally_walk *w, int64_t moment);
/* A further walk, at `moment`, to look in; closed before the tally changes. */
void tally_walk_open(const struct tally *t, struct tally_walk *w,
		     int64_t moment);
void tally_walk_close(const struct tally *t, struct tally_walk *w);
/* Call visit() with the loads of the cells in cur, by time. */
void tally_visit(const struct tally *t, const struct tally_walk *w,
		 void (*visit)(void *arg, const void *load), void *arg);
/* Forget events that no window ending at `moment` or later holds. Walks that
 * stand before it go there. */
void tally_trim(struct tally *t, int64_t moment);

#endif
