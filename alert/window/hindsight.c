/* hindsight.c - see the header
 *
 * Owns the bounds of what was told, and borrows the early walk to look. Pure.
 */
#include "alert/window/hindsight.h"

#include <stdlib.h>

#include "alert/window/tracker.h"

/* Of more, the oldest become one with what lies between them. */
enum { TOLD_MAX = 256 };

void hindsight_init(struct hindsight *h)
{
	*h = (struct hindsight){ .first = MOMENT_NEVER,
				 .last = MOMENT_START,
				 .floor = MOMENT_START };
}

void hindsight_release(struct hindsight *h)
{
	free(h->told);
	hindsight_init(h);
	h->told = NULL;
}

void hindsight_note(struct hindsight *h, int64_t time)
{
	if (time < h->first)
		h->first = time;
	if (time > h->last)
		h->last = time;
}

static void drop(struct hindsight *h, size_t at, size_t n)
{
	memmove(&h->told[at], &h->told[at + n],
		(h->n - at - n) * sizeof(*h->told));
	h->n -= n;
}

void hindsight_told(struct hindsight *h, struct told told, int64_t kept)
{
	size_t at, old = 0;

	while (old < h->n && h->told[old].end < kept)
		old++;
	if (old > 0)
		drop(h, 0, old);
	if (h->n >= TOLD_MAX) {
		h->told[1].start = h->told[0].start;
		drop(h, 0, 1);
	}
	(void)ARRAY_PUSH(h->told, h->n, h->cap);
	for (at = h->n - 1; at > 0 && h->told[at - 1].start > told.start; at--)
		h->told[at] = h->told[at - 1];
	h->told[at] = told;
}

void hindsight_close(struct hindsight *h, int64_t moment)
{
	h->n = 0;
	h->first = MOMENT_NEVER;
	h->last = MOMENT_START;
	h->floor = moment;
	hindsight_told(h, (struct told){ MOMENT_START, moment }, MOMENT_START);
}

/* ---- looking ---- */

struct look {
	struct tracker *t;
	struct sustained *s;
	const struct judge *judge;
	struct tally_walk *walk;
};

static bool begins(const struct look *l)
{
	return l->s->type->begins[SIDE_EARLY](l->t, l->judge, l->walk);
}

static bool holds(const struct look *l)
{
	return l->s->type->continues(l->t, l->judge, l->walk) == HOLDS;
}

static void seek(const struct look *l, int64_t moment)
{
	tally_seek(&l->s->tally, l->walk, moment);
}

static bool advance(const struct look *l, int64_t limit)
{
	return sustained_advance(l->t, l->judge, l->walk, limit);
}

/* What was told and is not over before `moment`; NULL: nothing. */
static const struct told *told_at(const struct hindsight *h, int64_t moment)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->told[i].end >= moment)
			return &h->told[i];
	return NULL;
}

enum fate {
	DIES, /* it does not hold for long enough to fire */
	ENDS_APART,
	MEETS, /* it goes on up to what was told */
	LASTS, /* it is not over */
};

/* It did not hold up to `until`; `limit` is where the look ends. */
static bool comes_again(const struct look *l, int64_t until, int64_t limit)
{
	while (advance(l, until < limit ? until : limit))
		if (holds(l))
			return true;
	return false;
}

/* It holds where the walk stands: go through its life, up to `limit` at most,
 * where the walk is left if it gets there. */
static bool ends_before(const struct look *l, int64_t limit, bool *fires)
{
	const struct rule *rule = l->t->rule;
	int64_t due = l->walk->at + rule_ns(rule->for_ms), until;

	*fires = false;
	do {
		while (advance(l, limit) && holds(l))
			;
		if (holds(l))
			break;
		*fires = l->walk->at > due;
		if (!*fires)
			return true;
		until = l->walk->at + rule_ns(rule->keep_firing_for_ms);
		if (comes_again(l, until, limit))
			continue;
		if (until >= limit)
			break;
		seek(l, until);
		return true;
	} while (true);
	seek(l, limit);
	return false;
}

static enum fate live(const struct look *l, int64_t next_told)
{
	bool fires;
	int64_t settled = l->judge->settled;
	int64_t limit = next_told < settled ? next_told : settled;

	if (!ends_before(l, limit, &fires))
		return limit == next_told ? MEETS : LASTS;
	return fires ? ENDS_APART : DIES;
}

/* Where the walk stands in what was told, it goes to the end of that. */
static bool leave_told(const struct look *l)
{
	const struct told *told;
	int64_t at = l->walk->at, end = at;
	bool inside = false;

	while ((told = told_at(&l->s->hindsight, end + inside)) &&
	       told->start <= end) {
		end = told->end;
		inside = true;
	}
	if (inside)
		seek(l, end);
	return inside;
}

/* From where the walk stands, to the beginning of an episode before `end`. */
static bool find(const struct look *l, int64_t end)
{
	/* What holds already has begun before. */
	bool touches = begins(l);

	while (l->walk->at < end) {
		const struct told *next;
		int64_t start;
		enum fate fate;

		if (leave_told(l))
			touches = holds(l);
		if (!touches && !begins(l)) {
			if (!advance(l, end))
				return false;
			continue;
		}
		start = l->walk->at;
		next = told_at(&l->s->hindsight, start + 1);
		fate = live(l, next ? next->start : MOMENT_NEVER);
		if (!touches && start < end &&
		    (fate == ENDS_APART || fate == LASTS)) {
			seek(l, start);
			return true;
		}
		if (fate == LASTS)
			return false;
		touches = false;
	}
	return false;
}

bool hindsight_find(struct tracker *t, const struct judge *judge)
{
	struct sustained *s = TRACKER_OWN(t, struct sustained);
	struct hindsight *h = &s->hindsight;
	struct look look = { t, s, judge, &s->tally.early };
	int64_t start = h->first - rule_ns(t->rule->for_ms) - 1, end;

	if (h->floor < t->floor)
		h->floor = t->floor;
	end = h->last + s->tally.span;
	if (end > h->floor)
		end = h->floor;
	seek(&look, start > judge->kept ? start : judge->kept);
	if (find(&look, end)) {
		t->floor = look.walk->at;
		return true;
	}
	t->floor = h->floor;
	seek(&look, t->floor);
	h->first = MOMENT_NEVER;
	h->last = MOMENT_START;
	return false;
}
