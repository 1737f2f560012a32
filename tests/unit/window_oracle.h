/* window_oracle.h - the windows of one alert, recounted the plain way
 *
 * Written from the description of the rule types, not from the engine: time is
 * a grid of whole units, every question is answered by counting all events
 * again, and after each step the life of the alert is gone through anew from
 * its last change. Slow and obvious. */
#ifndef TOCSIN_TESTS_UNIT_WINDOW_ORACLE_H
#define TOCSIN_TESTS_UNIT_WINDOW_ORACLE_H

#include "core/base.h"

enum { ORACLE_UNITS = 400, ORACLE_UNKNOWN = -1000000 };

enum oracle_type {
	ORACLE_ANY,
	ORACLE_FREQUENCY,
	ORACLE_UP,
	ORACLE_DOWN,
	ORACLE_BOTH
};

struct oracle_rule {
	enum oracle_type type;
	int span, for_units, keep, realert; /* units */
	int num_events;
	int height_tenths; /* spike_height * 10 */
	int threshold_cur, threshold_ref;
};

struct oracle_change {
	char state; /* 'p' 'f' 'r', 'u' for an update */
	int at, starts, episode, value, reference;
	int step;
};

struct oracle {
	const struct oracle_rule *rule;
	int events[ORACLE_UNITS]; /* by time */
	int latest;
	bool seen;

	char state; /* 'i' 'p' 'f' */
	int starts, floor, episode;
	int direction; /* 1 up, -1 down */
	int renewals;  /* told of this episode */
	int fired_reference;
	/* any */
	int held, announced, count;
	int waiting[ORACLE_UNITS]; /* matches not yet in an episode */

	struct oracle_change change[4096];
	int n_changes;
	int step;
};

void oracle_init(struct oracle *o, const struct oracle_rule *rule);
void oracle_event(struct oracle *o, int time);
/* ORACLE_UNKNOWN: no clock yet, not watched yet. */
void oracle_judge(struct oracle *o, int step, int clock, int lateness,
		  int watched);

#endif
