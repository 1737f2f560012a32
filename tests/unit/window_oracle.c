/* window_oracle.c - see the header; pure */
#include "tests/unit/window_oracle.h"

#include <stdlib.h>

struct clock {
	int clock, settled, watched;
};

void oracle_init(struct oracle *o, const struct oracle_rule *rule)
{
	memset(o, 0, sizeof(*o));
	o->rule = rule;
	o->state = 'i';
	o->floor = o->judged = -ORACLE_UNITS;
	o->latest = o->first = ORACLE_UNKNOWN;
}

static bool is_spike(const struct oracle_rule *r)
{
	return r->type >= ORACLE_UP && r->type <= ORACLE_BOTH;
}

static bool is_later(const struct oracle_rule *r)
{
	return r->type >= ORACLE_CARDINALITY;
}

void oracle_event(struct oracle *o, const struct oracle_event *event)
{
	int time = event->time;

	ENSURE(time >= 0 && time < ORACLE_UNITS);
	o->events[time]++;
	o->waiting[time]++;
	if (time > o->latest)
		o->latest = time;
	if (o->rule->type == ORACLE_METRIC && event->words)
		return;
	if (o->first == ORACLE_UNKNOWN || time < o->first)
		o->first = time;
	ENSURE(o->n_events < ORACLE_EVENTS);
	o->event[o->n_events++] = *event;
	for (int t = time; t < time + o->rule->span && t < ORACLE_UNITS; t++)
		o->view[t].counted = false;
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

static void tell(struct oracle *o, char state, int at, double value, double ref)
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

/* ---- bounds, and fewer than a threshold ---- */

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* Of n numbers, n > 0: over, under and the aggregate itself. */
static void judge_numbers(const struct oracle_rule *r, int *number, int n,
			  struct oracle_view *v)
{
	static const int percent[ORACLE_AGGREGATES] = {
		[ORACLE_P50] = 50,
		[ORACLE_P90] = 90,
		[ORACLE_P95] = 95,
		[ORACLE_P99] = 99,
	};
	int sum = 0, is, scale = 1;

	for (int i = 0; i < n; i++)
		sum += number[i];
	qsort(number, (size_t)n, sizeof(*number), by_number);
	switch (r->aggregate) {
	case ORACLE_SUM: is = sum; break;
	case ORACLE_AVG: is = sum, scale = n; break;
	case ORACLE_MIN: is = number[0]; break;
	case ORACLE_MAX: is = number[n - 1]; break;
	default: is = number[(percent[r->aggregate] * n + 99) / 100 - 1]; break;
	}
	v->over = is > r->upper * scale;
	v->under = is < r->lower * scale;
	v->value = (double)is / scale;
	v->has_value = true;
}

static int count_distinct(const int *number, int n)
{
	int distinct = 0;

	for (int i = 0; i < n; i++)
		distinct += i == 0 || number[i] != number[i - 1];
	return distinct;
}

static void judge_window(const struct oracle_rule *r, int *number, int n,
			 int marked, struct oracle_view *v)
{
	int kept = 1, distinct;

	if (r->type == ORACLE_FLATLINE) {
		v->under = v->count < r->threshold;
		v->value = v->count;
	} else if (r->type == ORACLE_CARDINALITY) {
		if (n > 0)
			qsort(number, (size_t)n, sizeof(*number), by_number);
		distinct = count_distinct(number, n);
		if (r->has_upper)
			kept = r->upper + 1;
		if (r->has_lower && r->lower + 1 > kept)
			kept = r->lower + 1;
		v->over = distinct > r->upper;
		v->under = distinct < r->lower;
		v->value = distinct < kept ? distinct : kept;
	} else if (r->type == ORACLE_RATIO && v->count > 0) {
		v->over = 100 * marked > r->upper * v->count;
		v->under = 100 * marked < r->lower * v->count;
		v->value = 100.0 * marked / v->count;
	} else if (r->type == ORACLE_METRIC && n > 0) {
		judge_numbers(r, number, n, v);
	} else if (r->type == ORACLE_METRIC) {
		v->value = 0;
	}
	if (r->type == ORACLE_FLATLINE)
		return;
	v->over = v->over && r->has_upper && v->count > 0;
	v->under = v->under && r->has_lower && v->count > 0;
	if (r->type != ORACLE_CARDINALITY && v->count < r->min_events)
		v->over = v->under = false;
}

static const struct oracle_view *view(struct oracle *o, int t)
{
	int number[ORACLE_EVENTS * ORACLE_VALUES], n = 0, marked = 0;
	struct oracle_view *v = &o->view[t];

	if (v->counted)
		return v;
	*v = (struct oracle_view){ .counted = true };
	for (int i = 0; i < o->n_events; i++) {
		const struct oracle_event *e = &o->event[i];
		if (e->time <= t - o->rule->span || e->time > t)
			continue;
		v->count++;
		marked += e->marked;
		for (int k = 0; k < e->n_values; k++)
			number[n++] = e->value[k] + (e->words ? 1000 : 0);
	}
	judge_window(o->rule, number, n, marked, v);
	return v;
}

static bool is_presence(const struct oracle_rule *r)
{
	return r->type == ORACLE_CARDINALITY ||
	       (r->type == ORACLE_METRIC &&
		(r->aggregate == ORACLE_MAX || r->aggregate == ORACLE_SUM));
}

static bool is_forgotten(const struct oracle *o, int t)
{
	return o->rule->type == ORACLE_FLATLINE && !o->expected &&
	       o->latest != ORACLE_UNKNOWN && t >= o->latest + o->rule->forget;
}

/* The bound on the side of `direction` is broken, and is judged there. */
static bool breaks(struct oracle *o, const struct clock *c, int t,
		   int direction)
{
	bool warm = o->first != ORACLE_UNKNOWN && t >= o->first + o->rule->span;

	if (o->rule->type == ORACLE_FLATLINE && o->expected)
		warm = c->watched != ORACLE_UNKNOWN &&
		       t >= c->watched + o->rule->span;
	if (is_forgotten(o, t))
		return false;
	if (direction > 0)
		return view(o, t)->over && (warm || is_presence(o->rule));
	return view(o, t)->under && warm;
}

static void tell_at(struct oracle *o, char state, int at)
{
	const struct oracle_rule *r = o->rule;

	if (r->type == ORACLE_FLATLINE)
		tell(o, state, at, view(o, at)->value, r->threshold);
	else if (is_later(r))
		tell(o, state, at, view(o, at)->value,
		     o->direction > 0 ? r->upper : r->lower);
	else
		tell(o, state, at, current(o, at),
		     is_spike(r) ? reference(o, at) : 0);
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

static bool holds(struct oracle *o, const struct clock *c, int t, int direction)
{
	if (o->rule->type == ORACLE_FREQUENCY)
		return current(o, t) >= o->rule->num_events;
	if (is_later(o->rule))
		return breaks(o, c, t, direction);
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
	if (is_later(o->rule) && direction > 0 && is_presence(o->rule))
		return seen;
	if (c->clock == ORACLE_UNKNOWN)
		return ORACLE_UNKNOWN;
	if (direction < 0)
		return c->settled;
	if (is_later(o->rule))
		return c->clock - 1;
	/* The clock has passed the end of the reference window, t - T. */
	return smaller(seen, c->clock + o->rule->span - 1);
}

static bool has_direction(const struct oracle *o, int direction)
{
	if (o->rule->type == ORACLE_BOTH)
		return true;
	if (is_later(o->rule))
		return direction < 0 || o->rule->type != ORACLE_FLATLINE;
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
	if (o->state == 'f')
		oracle_told(o, o->starts - o->rule->for_units, at);
	o->state = 'i';
	o->floor = at;
	tell_at(o, 'r', at);
}

struct moments_of {
	struct oracle *o;
	const struct clock *c;
};

static bool holds_for(const void *arg, int t, bool begins)
{
	const struct moments_of *of = arg;

	return holds(of->o, of->c, t, 1) ||
	       (!begins && is_later(of->o->rule) && holds(of->o, of->c, t, -1));
}

static bool find_overtaken(struct oracle *o, const struct clock *c)
{
	const struct moments_of of = { o, c };

	if (o->rule->type != ORACLE_FREQUENCY &&
	    (!is_presence(o->rule) || !o->rule->has_upper))
		return false;
	return oracle_overtaken(o, c->settled, holds_for, &of);
}

/* What was known first is told first: the settled side of a moment is known
 * lateness after it. */
static bool live_idle(struct oracle *o, const struct clock *c)
{
	int best = ORACLE_UNITS, lateness = c->clock - c->settled;

	if (find_overtaken(o, c)) {
		best = o->floor;
		o->direction = 1;
	}
	for (int direction = 1; direction >= -1; direction -= 2) {
		int until = judged_until(o, c, direction);
		if (!has_direction(o, direction))
			continue;
		if (direction < 0 && best < ORACLE_UNITS)
			until = smaller(until, best - lateness);
		for (int t = larger(o->floor, 0); t <= until && t < best; t++) {
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

/* Both bounds are one condition. What held under the lower one up to here is
 * settled when this moment is. */
static bool live_pending_bounds(struct oracle *o, const struct clock *c)
{
	int due = o->starts + o->rule->for_units;
	int until = judged_until(o, c, 1);
	bool was_under = false;

	for (int t = o->starts; t <= due; t++) {
		bool over = breaks(o, c, t, 1), under = breaks(o, c, t, -1);
		if (over && t <= until && (!was_under || t <= c->settled)) {
			o->direction = 1;
		} else if (under && t <= c->settled) {
			o->direction = -1;
		} else if (over || under || t > c->settled) {
			return false;
		} else {
			resolve(o, t);
			return true;
		}
		was_under = !over;
	}
	fire(o, due);
	return true;
}

static bool live_firing_bounds(struct oracle *o, const struct clock *c)
{
	int ended = ORACLE_UNKNOWN;

	for (int t = o->starts; t <= c->settled; t++) {
		if (ended != ORACLE_UNKNOWN && t > ended + o->rule->keep)
			break;
		if (is_forgotten(o, t)) {
			resolve(o, t);
			return true;
		}
		/* What fired was warm, whatever became of the watching. */
		if (o->rule->type == ORACLE_FLATLINE
			    ? view(o, t)->under
			    : breaks(o, c, t, 1) || breaks(o, c, t, -1))
			ended = ORACLE_UNKNOWN;
		else if (ended == ORACLE_UNKNOWN)
			ended = t;
	}
	if (ended == ORACLE_UNKNOWN || c->settled < ended + o->rule->keep)
		return false;
	resolve(o, ended + o->rule->keep);
	return true;
}

/* A group that nobody expects and that is silent for so long is gone. */
static void drop_forgotten(struct oracle *o, const struct clock *c)
{
	if (o->state != 'i' || c->clock == ORACLE_UNKNOWN ||
	    !is_forgotten(o, c->settled))
		return;
	o->n_events = 0;
	o->floor = -ORACLE_UNITS;
	o->latest = o->first = ORACLE_UNKNOWN;
	for (int t = 0; t < ORACLE_UNITS; t++)
		o->view[t].counted = false;
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

	/* What lies before the episode, and apart from it, is another one. */
	if (o->state == 'f' && o->starts > o->rule->keep)
		first = o->starts - o->rule->keep;
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
		else if (is_later(o->rule))
			more = o->state == 'p' ? live_pending_bounds(o, &c)
					       : live_firing_bounds(o, &c);
		else if (o->state == 'p')
			more = live_pending(o, &c);
		else
			more = live_firing(o, &c);
	}
	drop_forgotten(o, &c);
}
