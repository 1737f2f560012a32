/* moment_oracle.h - change, sequence and new_term, recounted the plain way
 *
 * Written from the description of the rule types, not from the engine: time is
 * a grid of whole units, and at each step all events at hand are put in order
 * and gone through again from the first. Slow and obvious. */
#ifndef TOCSIN_TESTS_UNIT_MOMENT_ORACLE_H
#define TOCSIN_TESTS_UNIT_MOMENT_ORACLE_H

#include "core/base.h"

enum {
	MOMENT_UNITS = 500,
	MOMENT_EVENTS = 400,
	MOMENT_STAGES = 4,
	MOMENT_UNKNOWN = -1000000,
};

enum moment_type { MOMENT_CHANGE, MOMENT_SEQUENCE, MOMENT_NEW_TERM };

struct moment_rule {
	enum moment_type type;
	int keep, realert; /* units, as all that follow */
	int timeframe;     /* change */
	int stages;        /* sequence */
	int within[MOMENT_STAGES];
	bool absent;
	int window, learn; /* new_term */
	bool grouped;
};

struct moment_event {
	int time, offset, partition;
	char value;     /* change */
	unsigned marks; /* sequence */
	bool judged;    /* new_term */
	bool told;
};

struct moment_change {
	char state; /* 'f' 'r', 'u' for an update */
	int at, starts, episode, count;
	char value, reference; /* '-': none */
	int step;
};

struct moment_oracle {
	const struct moment_rule *rule;
	struct moment_event event[MOMENT_EVENTS]; /* by arrival */
	int n;
	bool silence_told[MOMENT_UNITS];
	/* Matches not in an episode yet, by time. */
	int waiting[MOMENT_UNITS];
	char value_at[MOMENT_UNITS], reference_at[MOMENT_UNITS];

	bool firing;
	int starts, held, announced, count, episode;
	char value, reference;

	struct moment_change change[1000];
	int n_changes;
	int step;
};

void moment_oracle_init(struct moment_oracle *o,
			const struct moment_rule *rule);
void moment_oracle_event(struct moment_oracle *o,
			 const struct moment_event *event);
/* MOMENT_UNKNOWN: no clock yet; learning has not begun. `term` is the value of
 * new_term. */
void moment_oracle_judge(struct moment_oracle *o, int step, int clock,
			 int lateness, int learning_since, char term);

#endif
