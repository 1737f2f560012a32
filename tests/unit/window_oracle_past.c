/* window_oracle_past.c - what a later episode overtook, found the plain way;
 * pure */
#include "tests/unit/window_oracle.h"

struct past {
	const struct oracle *o;
	int settled;
	bool (*holds)(const void *arg, int t, bool begins);
	const void *arg;
};

void oracle_told(struct oracle *o, int start, int end)
{
	ENSURE(o->n_told < ORACLE_UNITS);
	o->told[o->n_told++] = (struct oracle_told){ start, end };
}

static bool was_told(const struct oracle *o, int t)
{
	for (int i = 0; i < o->n_told; i++)
		if (t >= o->told[i].start && t <= o->told[i].end)
			return true;
	return false;
}

/* The life of what holds at `from`: where it is over, or meets what was
 * told. */
static int live_through(const struct past *p, int from, bool *must_be_told)
{
	const struct oracle_rule *rule = p->o->rule;
	int ended = ORACLE_UNKNOWN, t;
	bool fires = false;

	*must_be_told = false;
	for (t = from; t <= p->settled; t++) {
		if (t > from && was_told(p->o, t))
			return t;
		if (p->holds(p->arg, t, false)) {
			fires |= t >= from + rule->for_units;
			ended = ORACLE_UNKNOWN;
		} else if (ended == ORACLE_UNKNOWN) {
			ended = t;
		}
		if (ended == ORACLE_UNKNOWN ||
		    (fires && t < ended + rule->keep))
			continue;
		*must_be_told = fires;
		return t;
	}
	/* It is not over, or may fire yet. */
	*must_be_told = true;
	return t;
}

bool oracle_overtaken(struct oracle *o, int settled,
		      bool (*holds)(const void *arg, int t, bool begins),
		      const void *arg)
{
	const struct past p = { o, settled, holds, arg };
	int t = 0;

	if (o->judged < o->floor)
		o->judged = o->floor;
	o->floor = o->judged;
	while (t < o->judged) {
		bool after = was_told(o, t), must_be_told;
		int start = t;

		if ((after && was_told(o, t + 1)) || !holds(arg, t, !after)) {
			t++;
			continue;
		}
		t = live_through(&p, start, &must_be_told);
		if (after || !must_be_told)
			continue;
		o->floor = start;
		o->overtaken++;
		return true;
	}
	return false;
}
