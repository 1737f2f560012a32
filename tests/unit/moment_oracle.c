/* moment_oracle.c - see the header; pure */
#include "tests/unit/moment_oracle.h"

void moment_oracle_init(struct moment_oracle *o, const struct moment_rule *rule)
{
	memset(o, 0, sizeof(*o));
	o->rule = rule;
}

void moment_oracle_event(struct moment_oracle *o,
			 const struct moment_event *event)
{
	ENSURE(o->n < MOMENT_EVENTS && event->time >= 0 &&
	       event->time < MOMENT_UNITS);
	o->event[o->n++] = *event;
}

static void match(struct moment_oracle *o, int time, char value, char reference)
{
	ENSURE(time >= 0 && time < MOMENT_UNITS);
	o->waiting[time]++;
	o->value_at[time] = value;
	o->reference_at[time] = reference;
}

static bool before(const struct moment_event *a, const struct moment_event *b)
{
	if (a->time != b->time)
		return a->time < b->time;
	if (a->offset != b->offset)
		return a->offset < b->offset;
	return a->partition < b->partition;
}

static int in_order(struct moment_oracle *o, struct moment_event *out[])
{
	for (int i = 0; i < o->n; i++) {
		int at = i;
		while (at > 0 && before(&o->event[i], out[at - 1])) {
			out[at] = out[at - 1];
			at--;
		}
		out[at] = &o->event[i];
	}
	return o->n;
}

static void find_changes(struct moment_oracle *o)
{
	struct moment_event *e[MOMENT_EVENTS];
	int n = in_order(o, e);

	for (int i = 1; i < n; i++) {
		if (e[i]->told || e[i]->value == e[i - 1]->value ||
		    e[i]->time - e[i - 1]->time >= o->rule->timeframe)
			continue;
		e[i]->told = true;
		match(o, e[i]->time, e[i]->value, e[i - 1]->value);
	}
}

static void silence(struct moment_oracle *o, int at, int settled)
{
	if (at > settled || o->silence_told[at])
		return;
	o->silence_told[at] = true;
	match(o, at, '-', '-');
}

static bool has(const struct moment_event *e, int stage)
{
	return e->marks >> stage & 1;
}

static void find_sequences(struct moment_oracle *o, int settled)
{
	const struct moment_rule *r = o->rule;
	struct moment_event *e[MOMENT_EVENTS];
	int n = in_order(o, e);
	int filled[MOMENT_STAGES] = { 0 }; /* when */
	int run = 0;                       /* stages filled */

	for (int i = 0; i < n; i++) {
		bool next_is_silence = r->absent && run == r->stages - 1;
		if (run > 0 && e[i]->time >= filled[run - 1] + r->within[run]) {
			if (next_is_silence)
				silence(o, filled[run - 1] + r->within[run],
					settled);
			run = 0;
			next_is_silence = false;
		}
		if (run > 0 && has(e[i], run)) {
			filled[run++] = e[i]->time;
			if (run < r->stages)
				continue;
			run = 0;
			if (next_is_silence || e[i]->told)
				continue;
			e[i]->told = true;
			match(o, e[i]->time, '-', '-');
		} else if (run > 0) {
			bool in_time = run == 1 ||
				       e[i]->time < filled[run - 2] +
							    r->within[run - 1];
			if (has(e[i], run - 1) && in_time)
				filled[run - 1] = e[i]->time;
		} else if (has(e[i], 0)) {
			filled[run++] = e[i]->time;
		}
	}
	if (r->absent && run == r->stages - 1)
		silence(o, filled[run - 1] + r->within[run], settled);
}

static bool is_news(const struct moment_oracle *o, const struct moment_event *e)
{
	for (int i = 0; i < o->n; i++) {
		const struct moment_event *other = &o->event[i];
		if (other->time < e->time &&
		    e->time - other->time < o->rule->window)
			return false;
		/* Of one instant, one. */
		if (other->time == e->time && other->judged)
			return false;
	}
	return true;
}

static void find_terms(struct moment_oracle *o, int since, char term)
{
	for (int i = 0; i < o->n; i++) {
		struct moment_event *e = &o->event[i];
		if (e->judged)
			continue;
		if (is_news(o, e) &&
		    (o->rule->learn == 0 || e->time >= since + o->rule->learn))
			match(o, e->time, term, '-');
		e->judged = true;
	}
}

/* ---- the life ---- */

static void tell(struct moment_oracle *o, char state, int at)
{
	ENSURE(o->n_changes < 1000);
	o->change[o->n_changes++] =
		(struct moment_change){ .state = state,
					.at = at,
					.starts = o->starts,
					.episode = o->episode,
					.count = o->count,
					.value = o->value,
					.reference = o->reference,
					.step = o->step };
}

static void take(struct moment_oracle *o, int time)
{
	o->count += o->waiting[time];
	o->waiting[time] = 0;
	if (time < o->held)
		return;
	o->held = time;
	o->value = o->value_at[time];
	o->reference = o->reference_at[time];
}

static bool live(struct moment_oracle *o, int settled)
{
	int first = 0;

	while (first < MOMENT_UNITS && !o->waiting[first])
		first++;
	if (!o->firing) {
		if (first == MOMENT_UNITS)
			return false;
		o->firing = true;
		o->starts = o->held = o->announced = first;
		o->episode++;
		o->count = 0;
		take(o, first);
		tell(o, 'f', first);
		return true;
	}
	if (first < MOMENT_UNITS && first <= o->held + o->rule->keep) {
		take(o, first);
		if (first - o->announced >= o->rule->realert) {
			o->announced = first;
			tell(o, 'u', first);
		}
		return true;
	}
	if (settled < o->held + o->rule->keep)
		return false;
	o->firing = false;
	tell(o, 'r', o->held + o->rule->keep);
	return true;
}

void moment_oracle_judge(struct moment_oracle *o, int step, int clock,
			 int lateness, int learning_since, char term)
{
	int settled = clock == MOMENT_UNKNOWN ? clock : clock - lateness;

	o->step = step;
	if (o->rule->type == MOMENT_CHANGE)
		find_changes(o);
	else if (o->rule->type == MOMENT_SEQUENCE)
		find_sequences(o, settled);
	else
		find_terms(o, learning_since, term);
	while (live(o, settled))
		;
}
