/* sustained.c - the life of an alert whose condition holds for a while
 *
 * idle -> (pending ->) firing -> idle, as a walk over the moments at which the
 * counts change. What holds early is told at once; that something no longer
 * holds is told when it is settled, in order of event time: a new firing never
 * overtakes the resolve before it. What came too late for the walk is looked
 * at once the alert is idle (hindsight.h).
 *
 * Owns the tally of one tracker. Pure. */
#include "alert/window/tracker.h"

static struct sustained *own(const struct tracker *t)
{
	return (struct sustained *)(void *)(uintptr_t)t->own;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static struct tally_walk *walk_of(struct sustained *s, enum side side)
{
	return side == SIDE_EARLY ? &s->tally.early : &s->tally.settled;
}

static enum side other_side(enum side side)
{
	return side == SIDE_EARLY ? SIDE_SETTLED : SIDE_EARLY;
}

void sustained_open(struct tracker *t, const struct sustained_type *type,
		    int64_t span)
{
	struct sustained *s = own(t);

	s->type = type;
	s->trimmed = MOMENT_START;
	hindsight_init(&s->hindsight);
	tally_init(&s->tally, span);
}

void sustained_close(struct tracker *t)
{
	hindsight_release(&own(t)->hindsight);
	tally_release(&own(t)->tally);
}

void sustained_add(struct tracker *t, const struct window_event *event)
{
	sustained_add_load(t, event, NULL);
}

static bool looks_back(const struct tracker *t)
{
	const struct sustained_type *type = own(t)->type;

	return type->presence && type->presence(t);
}

/* It may have held before what is judged now. A first event that was none has
 * kept more from being judged. */
static void note_late(struct tracker *t, int64_t time)
{
	struct hindsight *h = &own(t)->hindsight;

	if (time > t->floor || !looks_back(t))
		return;
	hindsight_note(h, time);
	if (time < t->first_event && t->first_event != MOMENT_NEVER)
		hindsight_note(h, t->first_event);
}

void sustained_add_load(struct tracker *t, const struct window_event *event,
			void *load)
{
	struct sustained *s = own(t);

	note_late(t, event->time);
	t->first_event = least(t->first_event, event->time);
	if (t->state == ALERT_FIRING && event->time <= s->tally.settled.at)
		s->rewind = true;
	tally_add_load(&s->tally, event->time, load);
}

/* ---- moving ---- */

static int64_t next_moment(const struct tracker *t, const struct judge *judge,
			   const struct tally_walk *walk)
{
	const struct sustained *s = own(t);
	int64_t next = tally_next_moment(&s->tally, walk);

	if (s->type->extra)
		next = least(next, s->type->extra(t, judge, walk->at));
	return next;
}

bool sustained_advance(struct tracker *t, const struct judge *judge,
		       struct tally_walk *walk, int64_t limit)
{
	int64_t next = next_moment(t, judge, walk);

	if (next > limit)
		return false;
	tally_seek(&own(t)->tally, walk, next);
	return true;
}

static void seek(struct tracker *t, struct tally_walk *walk, int64_t moment)
{
	tally_seek(&own(t)->tally, walk, moment);
}

static int64_t limit_of(const struct tracker *t, const struct judge *judge,
			enum side side)
{
	return side == SIDE_EARLY ? own(t)->type->early_limit(t, judge)
				  : judge->settled;
}

/* ---- changes ---- */

static void tell(struct tracker *t, const struct judge *judge,
		 const struct tally_walk *walk, bool update)
{
	struct change change = { .state = t->state,
				 .update = update,
				 .at = walk->at };

	own(t)->type->measure(t, walk, &change);
	judge->changed(judge->arg, t, &change);
}

static void fire(struct tracker *t, const struct judge *judge,
		 const struct tally_walk *walk)
{
	struct sustained *s = own(t);

	t->state = ALERT_FIRING;
	t->starts_at = t->floor = walk->at;
	s->holding = true;
	s->rewind = false;
	if (s->type->fires)
		s->type->fires(t, walk);
	tell(t, judge, walk, false);
	seek(t, &s->tally.settled, t->starts_at);
}

static void begin(struct tracker *t, const struct judge *judge, enum side side)
{
	struct sustained *s = own(t);
	struct tally_walk *walk = walk_of(s, side);

	s->side = side;
	if (t->rule->for_ms == 0) {
		fire(t, judge, walk);
		return;
	}
	t->state = ALERT_PENDING;
	t->starts_at = t->floor = walk->at;
	tell(t, judge, walk, false);
}

/* It ended where the walk stands. */
static void end(struct tracker *t, const struct judge *judge,
		struct tally_walk *walk)
{
	struct sustained *s = own(t);
	struct told told = { t->starts_at - rule_ns(t->rule->for_ms),
			     walk->at };
	int64_t at = walk->at;

	if (t->state == ALERT_FIRING && looks_back(t))
		hindsight_told(&s->hindsight, told, judge->kept);
	t->state = ALERT_RESOLVED;
	t->floor = at;
	tell(t, judge, walk, false);
	seek(t, &s->tally.early, at);
	seek(t, &s->tally.settled, at);
}

/* ---- idle ---- */

/* The walk goes to the first moment at which the side holds. */
static bool find(struct tracker *t, const struct judge *judge, enum side side)
{
	struct sustained *s = own(t);
	struct tally_walk *walk = walk_of(s, side);
	int64_t limit;

	if (!s->type->begins[side])
		return false;
	limit = limit_of(t, judge, side);
	if (walk->at < t->floor) {
		if (t->floor > limit)
			return false;
		seek(t, walk, t->floor);
	}
	do {
		if (walk->at <= limit && s->type->begins[side](t, judge, walk))
			return true;
	} while (sustained_advance(t, judge, walk, limit));
	return false;
}

/* Both sides were found: which would have been, had the clock moved by the
 * least of steps? How the records were cut into envelopes must not matter. */
static bool is_early_first(const struct tracker *t, const struct judge *judge)
{
	const struct sustained *s = own(t);
	int64_t lateness = judge->clock - judge->settled;
	int64_t early = s->tally.early.at;

	if (s->type->early_clock && s->type->early_clock(t, early) > early)
		early = s->type->early_clock(t, early);
	return early < s->tally.settled.at + lateness;
}

static bool step_idle(struct tracker *t, const struct judge *judge)
{
	struct sustained *s = own(t);
	bool early, settled;

	if (s->hindsight.first != MOMENT_NEVER && hindsight_find(t, judge)) {
		begin(t, judge, SIDE_EARLY);
		return true;
	}
	early = find(t, judge, SIDE_EARLY);
	settled = find(t, judge, SIDE_SETTLED);
	if (!early && !settled)
		return false;
	if (early && settled)
		early = is_early_first(t, judge);
	begin(t, judge, early ? SIDE_EARLY : SIDE_SETTLED);
	return true;
}

/* ---- pending ---- */

/* It goes on where the walk stands because the other side holds there. */
static bool pass_over(struct tracker *t, const struct judge *judge,
		      const struct tally_walk *walk)
{
	struct sustained *s = own(t);
	enum side other = other_side(s->side);

	if (!s->type->sides_are_one || !s->type->begins[other](t, judge, walk))
		return false;
	s->side = other;
	seek(t, walk_of(s, other), walk->at);
	return true;
}

static bool step_pending(struct tracker *t, const struct judge *judge)
{
	struct sustained *s = own(t);
	struct tally_walk *walk = walk_of(s, s->side);
	int64_t due = t->starts_at + rule_ns(t->rule->for_ms);
	int64_t limit = limit_of(t, judge, s->side);

	if (walk->at < t->starts_at)
		seek(t, walk, t->starts_at);
	do {
		if (s->type->begins[s->side](t, judge, walk))
			continue;
		if (walk->at > judge->settled)
			return false;
		if (!pass_over(t, judge, walk))
			end(t, judge, walk);
		return true;
	} while (sustained_advance(t, judge, walk, least(limit, due)));
	if (limit < due)
		return false;
	seek(t, walk, due);
	fire(t, judge, walk);
	return true;
}

/* ---- firing ---- */

static void renew(struct tracker *t, const struct judge *judge,
		  const struct tally_walk *walk)
{
	t->floor = walk->at;
	tell(t, judge, walk, true);
}

/* Begin again where it fired, unless too much is forgotten. What came late may
 * have taken away what held there, which is known once it is settled. False:
 * nothing more can be judged now. */
static bool step_rewind(struct tracker *t, const struct judge *judge)
{
	struct sustained *s = own(t);
	struct tally_walk *walk = &s->tally.settled;

	if (s->trimmed > t->floor) {
		s->rewind = false;
		if (walk->at < s->trimmed)
			seek(t, walk, s->trimmed);
		return true;
	}
	s->rewind = true;
	seek(t, walk, t->floor);
	if (judge->settled < t->floor)
		return false;
	s->rewind = false;
	s->holding = true;
	switch (s->type->continues(t, judge, walk)) {
	case HOLDS: break;
	case RENEWS: renew(t, judge, walk); break;
	case FLIPS:
	case ENDS_NOW: end(t, judge, walk); break;
	case ENDS:
		s->holding = false;
		s->ended_at = walk->at;
		break;
	}
	return true;
}

/* While it holds; true: it changed. */
static bool step_holding(struct tracker *t, const struct judge *judge)
{
	struct sustained *s = own(t);
	struct tally_walk *walk = &s->tally.settled;

	while (sustained_advance(t, judge, walk, judge->settled)) {
		switch (s->type->continues(t, judge, walk)) {
		case HOLDS: break;
		case RENEWS: renew(t, judge, walk); return true;
		case FLIPS:
		case ENDS_NOW: end(t, judge, walk); return true;
		case ENDS:
			s->holding = false;
			s->ended_at = walk->at;
			return true;
		}
	}
	return false;
}

/* While it keeps firing though it does not hold. */
static bool step_keeping(struct tracker *t, const struct judge *judge)
{
	struct sustained *s = own(t);
	struct tally_walk *walk = &s->tally.settled;
	int64_t until = s->ended_at + rule_ns(t->rule->keep_firing_for_ms);
	enum holding holding;

	while (sustained_advance(t, judge, walk,
				 least(judge->settled, until))) {
		holding = s->type->continues(t, judge, walk);
		if (holding == ENDS_NOW) {
			end(t, judge, walk);
			return true;
		}
		if (holding != HOLDS && holding != RENEWS)
			continue;
		s->holding = true;
		if (holding == RENEWS)
			renew(t, judge, walk);
		return true;
	}
	if (judge->settled < until)
		return false;
	seek(t, walk, until);
	end(t, judge, walk);
	return true;
}

void sustained_step(struct tracker *t, const struct judge *judge)
{
	struct sustained *s = own(t);
	bool more = true;

	while (more) {
		if (t->state == ALERT_RESOLVED) {
			more = step_idle(t, judge);
		} else if (t->state == ALERT_PENDING) {
			more = step_pending(t, judge);
		} else if (s->rewind || s->tally.settled.at < t->floor) {
			more = step_rewind(t, judge);
		} else {
			more = s->holding ? step_holding(t, judge)
					  : step_keeping(t, judge);
		}
	}
}

/* ---- timing ---- */

static int64_t wake_idle(const struct tracker *t, const struct judge *judge)
{
	const struct sustained *s = own(t);
	int64_t lateness = judge->clock - judge->settled;
	int64_t wake = MOMENT_NEVER, next;

	if (s->type->begins[SIDE_EARLY] && s->type->early_clock) {
		next = next_moment(t, judge, &s->tally.early);
		if (next != MOMENT_NEVER)
			wake = s->type->early_clock(t, next);
	}
	if (s->type->begins[SIDE_SETTLED]) {
		next = next_moment(t, judge, &s->tally.settled);
		wake = least(wake, moment_plus(next, lateness));
	}
	return wake;
}

static int64_t wake_pending(const struct tracker *t, const struct judge *judge)
{
	struct sustained *s = own(t);
	const struct tally_walk *walk = walk_of(s, s->side);
	int64_t lateness = judge->clock - judge->settled;
	int64_t due = t->starts_at + rule_ns(t->rule->for_ms);
	int64_t next;

	if (!s->type->begins[s->side](t, judge, walk))
		return walk->at + lateness;
	next = moment_plus(next_moment(t, judge, walk), lateness);
	if (s->side == SIDE_SETTLED)
		due += lateness;
	else if (s->type->early_clock)
		due = s->type->early_clock(t, due);
	return least(due, next);
}

int64_t sustained_wake(const struct tracker *t, const struct judge *judge)
{
	const struct sustained *s = own(t);
	int64_t next;

	if (t->state == ALERT_RESOLVED)
		return wake_idle(t, judge);
	if (t->state == ALERT_PENDING)
		return wake_pending(t, judge);
	next = next_moment(t, judge, &s->tally.settled);
	if (s->rewind)
		next = least(next, t->floor);
	if (!s->holding)
		next = least(next,
			     s->ended_at +
				     rule_ns(t->rule->keep_firing_for_ms));
	return moment_plus(next, judge->clock - judge->settled);
}

void sustained_trim(struct tracker *t, int64_t moment)
{
	struct sustained *s = own(t);

	if (moment > s->trimmed)
		s->trimmed = moment;
	tally_trim(&s->tally, moment);
}

int64_t sustained_count(const struct tracker *t, int64_t moment)
{
	const struct tally *tally = &own(t)->tally;
	int64_t count = 0;

	for (size_t i = tally->n; i-- > 0;) {
		if (tally->cell[i].time <= moment - tally->span)
			break;
		if (tally->cell[i].time <= moment)
			count += tally->cell[i].count;
	}
	return count;
}

void sustained_force(struct tracker *t, enum alert_state state,
		     int64_t starts_at, const struct transition *last,
		     const struct judge *judge)
{
	struct sustained *s = own(t);
	int64_t floor = starts_at > judge->settled ? starts_at : judge->settled;
	/* It may have found a later episode, where one that began before what
	 * was read was told. */
	bool same = t->state == state && t->floor <= floor;

	t->state = state;
	t->starts_at = starts_at;
	if (last && s->type->restore && state != ALERT_RESOLVED)
		s->type->restore(t, last);
	/* The rule may have been edited since. */
	if (!s->type->begins[s->side])
		s->side = other_side(s->side);
	if (same)
		return;
	t->floor = floor;
	hindsight_close(&s->hindsight, t->floor);
	seek(t, &s->tally.early, t->floor);
	seek(t, &s->tally.settled, t->floor);
	if (state != ALERT_FIRING)
		return;
	s->rewind = false;
	s->ended_at = t->floor;
	s->holding = s->type->continues(t, judge, &s->tally.settled) == HOLDS;
}
