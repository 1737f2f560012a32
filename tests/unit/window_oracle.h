/* window_oracle.h - the windows of one alert, recounted the plain way
 *
 * Written from the description of the rule types, not from the engine: time is
 * a grid of whole units, every question is answered by counting all events
 * again, and after each step the life of the alert is gone through anew from
 * its last change. Slow and obvious. */
#ifndef TOCSIN_TESTS_UNIT_WINDOW_ORACLE_H
#define TOCSIN_TESTS_UNIT_WINDOW_ORACLE_H

#include "core/base.h"

enum { ORACLE_UNITS = 400, ORACLE_EVENTS = 400, ORACLE_UNKNOWN = -1000000 };

enum oracle_type {
	ORACLE_ANY,
	ORACLE_FREQUENCY,
	ORACLE_UP,
	ORACLE_DOWN,
	ORACLE_BOTH,
	ORACLE_CARDINALITY,
	ORACLE_RATIO,
	ORACLE_METRIC,
	ORACLE_FLATLINE,
	ORACLE_TYPES
};

enum oracle_aggregate {
	ORACLE_SUM,
	ORACLE_AVG,
	ORACLE_MIN,
	ORACLE_MAX,
	ORACLE_P50,
	ORACLE_P90,
	ORACLE_P95,
	ORACLE_P99,
	ORACLE_AGGREGATES
};

struct oracle_rule {
	enum oracle_type type;
	int span, for_units, keep, realert; /* units */
	int num_events;
	int height_tenths; /* spike_height * 10 */
	int threshold_cur, threshold_ref;
	/* cardinality, ratio, metric */
	bool has_upper, has_lower;
	int upper, lower;
	int min_events;
	enum oracle_aggregate aggregate;
	/* flatline */
	int threshold, forget;
};

enum { ORACLE_VALUES = 3 };

/* One event. A value that is no number counts for cardinality only. */
struct oracle_event {
	int time;
	int value[ORACLE_VALUES];
	int n_values;
	bool words; /* its values are no numbers */
	bool marked;
};

struct oracle_change {
	char state; /* 'p' 'f' 'r', 'u' for an update */
	int at, starts, episode;
	double value, reference;
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
	/* cardinality, ratio, metric, flatline */
	struct oracle_event event[ORACLE_EVENTS];
	int n_events;
	int first; /* event; ORACLE_UNKNOWN: none */
	bool expected;
	/* Episodes told, while they held or were kept firing; and up to where
	 * all was judged before one earlier was found. */
	struct oracle_told {
		int start, end;
	} told[ORACLE_UNITS];
	int n_told, judged;
	int overtaken; /* how often one earlier was found */
	/* What was counted of the window that ends there, until an event comes
	 * into it. */
	struct oracle_view {
		bool counted, has_value, over, under;
		int count;
		double value;
	} view[ORACLE_UNITS];

	struct oracle_change change[4096];
	int n_changes;
	int step;
};

void oracle_init(struct oracle *o, const struct oracle_rule *rule);
void oracle_event(struct oracle *o, const struct oracle_event *event);
/* ORACLE_UNKNOWN: no clock yet, not watched yet. */
void oracle_judge(struct oracle *o, int step, int clock, int lateness,
		  int watched);

/* ---- window_oracle_past.c ---- */

/* An episode, from where it began to hold to its resolve. */
void oracle_told(struct oracle *o, int start, int end);
/* Idle: between what was told, each stretch is lived through for itself. What
 * begins in one, and ends in it, must be told: true, the floor stands there.
 * Else it stands where all was judged. holds(): at t; with `begins`, may an
 * episode begin there? */
bool oracle_overtaken(struct oracle *o, int settled,
		      bool (*holds)(const void *arg, int t, bool begins),
		      const void *arg);

#endif
