/* window_oracle.c - see the header; pure */
#include "tests/unit/window_oracle.h"

struct clock {
	int clock, settled, watched;
};

void oracle_init(struct oracle *o, const struct oracle_rule *rule)
{
	memset(o, 0, sizeof(*o));
	o->rule = rule;
	o->state = 'i';
	o->floor = -ORACLE_UNITS;
	o->latest = ORACLE_UNKNOWN;
}

void oracle_event(struct oracle *o, int time)
{
	ENSURE(time >= 0 && time < ORACLE_UNITS);
	o->events[time]++;
	o->waiting[time]++;
	if (time > o->latest)
		o->latest = time;
}

/* Events in (from, to]. */
static int count(const struct oracle *o, int from, int to)
{
	int n = 0;

	for (int t = from + 1; t <= to; t++)
		if (t >= 0 && t < ORACLE_UNITS)
			n += o->events[t];
	return n;
}

static int current(const struct oracle *o, int t)
{
	return count(o, t - o->rule->span, t);
}

static int reference(const struct oracle *o, int t)
{
	return count(o, t - 2 * o->rule->span, t - o->rule->span);
}

static bool is_up(const struct oracle *o, int t)
{
	const struct oracle_rule *r = o->rule;
	int cur = current(o, t), ref = reference(o, t);

	return 10 * cur >= ref * r->height_tenths && cur >= r->threshold_cur &&
	       ref >= r->threshold_ref;
}

static bool is_down(const struct oracle *o, int t)
{
	const struct oracle_rule *r = o->rule;
	int cur = current(o, t), ref = reference(o, t);

	return cur * r->height_tenths <= 10 * ref && ref >= r->threshold_ref;
}

static bool watched_at(const struct oracle *o, const struct clock *c, int t)
{
	return c->watched != ORACLE_UNKNOWN &&
	       t >= c->watched + 2 * o->rule->span;
}

static void tell(struct oracle *o, char state, int at, int value, int ref)
{
	ENSURE(o->n_changes < 4096);
	o->change[o->n_changes++] =
		(struct oracle_change){ .state = state,
					.at = at,
					.starts = o->starts,
					.episode = o->episode + (state == 'p'),
					.value = value,
					.reference = ref,
					.step = o->step };
}

static void tell_at(struct oracle *o, char state, int at)
{
	bool spike = o->rule->type >= ORACLE_UP;

	tell(o, state, at, current(o, at), spike ? reference(o, at) : 0);
}

static int smaller(int a, int b)
{
	return a < b ? a : b;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

/* ---- what holds, and up to when it may be judged ---- */

static bool holds(const struct oracle *o, const struct clock *c, int t,
		  int direction)
{
	if (o->rule->type == ORACLE_FREQUENCY)
		return current(o, t) >= o->rule->num_events;
	if (!watched_at(o, c, t))
		return false;
	return direction > 0 ? is_up(o, t) : is_down(o, t);
}

static int judged_until(const struct oracle *o, const struct clock *c,
			int direction)
{
	int seen = larger(c->clock, o->latest);

	if (o->rule->type == ORACLE_FREQUENCY)
		return seen;
	if (c->clock == ORACLE_UNKNOWN)
		return ORACLE_UNKNOWN;
	if (direction < 0)
		return c->settled;
	/* The clock has passed the end of the reference window, t - T. */
	return smaller(seen, c->clock + o->rule->span - 1);
}

static bool has_direction(const struct oracle *o, int direction)
{
	if (o->rule->type == ORACLE_BOTH)
		return true;
	return (o->rule->type == ORACLE_DOWN) == (direction < 0);
}

/* ---- the life ---- */

static void fire(struct oracle *o, int at)
{
	o->state = 'f';
	o->starts = o->floor = at;
	o->episode++;
	o->renewals = 0;
	/* What was told then; later arrivals do not change it. */
	o->fired_reference = reference(o, at);
	tell_at(o, 'f', at);
}

static void resolve(struct oracle *o, int at)
{
	o->state = 'i';
	o->floor = at;
	tell_at(o, 'r', at);
}

static bool live_idle(struct oracle *o, const struct clock *c)
{
	int best = ORACLE_UNITS;

	for (int direction = 1; direction >= -1; direction -= 2) {
		int until = judged_until(o, c, direction);
		if (!has_direction(o, direction))
			continue;
		for (int t = o->floor; t <= until && t < best; t++) {
			if (!holds(o, c, t, direction))
				continue;
			best = t;
			o->direction = direction;
		}
	}
	if (best == ORACLE_UNITS)
		return false;
	if (o->rule->for_units == 0) {
		fire(o, best);
		return true;
	}
	o->state = 'p';
	o->starts = o->floor = best;
	tell_at(o, 'p', best);
	return true;
}

static bool live_pending(struct oracle *o, const struct clock *c)
{
	int due = o->starts + o->rule->for_units;
	int until = judged_until(o, c, o->direction);

	for (int t = o->starts; t <= smaller(until, due); t++) {
		if (holds(o, c, t, o->direction))
			continue;
		if (c->settled < t)
			return false;
		resolve(o, t);
		return true;
	}
	if (until < due)
		return false;
	fire(o, due);
	return true;
}

/* Firing: gone through from its beginning, settled moments only. */
static bool live_firing(struct oracle *o, const struct clock *c)
{
	const struct oracle_rule *r = o->rule;
	int since = o->starts, ref0 = o->fired_reference, renewals = 0;
	int ended = ORACLE_UNKNOWN; /* unknown: it holds */

	for (int t = o->starts; t <= c->settled; t++) {
		bool level, renews, flips;
		if (ended != ORACLE_UNKNOWN && t > ended + r->keep)
			break;
		level = o->direction > 0
				? 10 * current(o, t) >=
						  ref0 * r->height_tenths &&
					  current(o, t) >= r->threshold_cur
				: current(o, t) * r->height_tenths <= 10 * ref0;
		level = level && t < since + 2 * r->span;
		if (r->type == ORACLE_FREQUENCY)
			level = current(o, t) >= r->num_events;
		renews = !level && r->type != ORACLE_FREQUENCY &&
			 (o->direction > 0 ? is_up(o, t) : is_down(o, t));
		flips = !level && !renews && r->type == ORACLE_BOTH &&
			(o->direction > 0 ? is_down(o, t) : is_up(o, t));
		if (renews) {
			since = t;
			ref0 = reference(o, t);
			if (++renewals > o->renewals) {
				o->renewals = renewals;
				tell_at(o, 'u', t);
			}
		}
		if (level || renews) {
			ended = ORACLE_UNKNOWN;
		} else if (ended == ORACLE_UNKNOWN) {
			if (flips) {
				resolve(o, t);
				return true;
			}
			ended = t;
		}
	}
	if (ended == ORACLE_UNKNOWN || c->settled < ended + r->keep)
		return false;
	resolve(o, ended + r->keep);
	return true;
}

static void take(struct oracle *o, int t)
{
	o->count += o->waiting[t];
	o->waiting[t] = 0;
}

static bool live_any(struct oracle *o, const struct clock *c)
{
	int first = 0;

	while (first < ORACLE_UNITS && !o->waiting[first])
		first++;
	if (o->state == 'i') {
		if (first == ORACLE_UNITS)
			return false;
		o->state = 'f';
		o->starts = o->held = o->announced = first;
		o->episode++;
		o->count = 0;
		take(o, first);
		tell(o, 'f', first, o->count, 0);
		return true;
	}
	if (first < ORACLE_UNITS && first <= o->held + o->rule->keep) {
		take(o, first);
		o->held = larger(o->held, first);
		if (first - o->announced >= o->rule->realert) {
			o->announced = first;
			tell(o, 'u', first, o->count, 0);
		}
		return true;
	}
	if (c->settled < o->held + o->rule->keep)
		return false;
	o->state = 'i';
	tell(o, 'r', o->held + o->rule->keep, o->count, 0);
	return true;
}

void oracle_judge(struct oracle *o, int step, int clock, int lateness,
		  int watched)
{
	struct clock c = { clock, clock, watched };
	bool more = true;

	o->step = step;
	if (clock != ORACLE_UNKNOWN)
		c.settled = clock - lateness;
	while (more) {
		if (o->rule->type == ORACLE_ANY)
			more = live_any(o, &c);
		else if (o->state == 'i')
			more = live_idle(o, &c);
		else if (o->state == 'p')
			more = live_pending(o, &c);
		else
			more = live_firing(o, &c);
	}
}
