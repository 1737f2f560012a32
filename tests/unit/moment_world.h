/* moment_world.h - random rules of change, sequence and new_term, and random
 * streams for them
 *
 * Events of a few groups lie in a few partitions of logs and are delivered in
 * random pieces. The same number gives the same world. */
#ifndef TOCSIN_TESTS_UNIT_MOMENT_WORLD_H
#define TOCSIN_TESTS_UNIT_MOMENT_WORLD_H

#include "alert/rule/rule.h"
#include "tests/unit/moment_oracle.h"

enum {
	GROUPS = 6,
	PARTITIONS_MAX = 3,
	RECORDS_MAX = 120,
	STEPS_MAX = 600,
};

struct record {
	struct moment_event event;
	int record, group;
};

struct step {
	int partition, first, next, time;
	bool announces;
};

struct world {
	struct moment_rule rule;
	int lateness;
	int partitions;
	int groups;
	struct record record[PARTITIONS_MAX][RECORDS_MAX];
	int n_records[PARTITIONS_MAX];
	struct step step[STEPS_MAX];
	int n_steps;
	char text[1000];
	struct ruleset *rules;
	int64_t late_limit_ms;
};

enum manner {
	SOME_LATE,
	SOME_VERY_LATE,
	/* Partitions are matched at about the same pace: a worker that reads
	 * back knows of no event that is older than all it reads. */
	EVENLY,
};

/* Any number below n; 0 for n = 0. Goes on from the last world drawn. */
unsigned draw(unsigned n);
/* w->rules are the caller's to free. */
void draw_world(struct world *w, uint64_t number, enum moment_type type,
		bool absent, enum manner manner);

#endif
