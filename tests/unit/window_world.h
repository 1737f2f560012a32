/* window_world.h - random worlds for the window stage: a rule, a few partitions
 * of logs with events of three groups, and how they are delivered
 *
 * All of it is a function of the world's number. Time is in whole seconds after
 * BASE_MS. */
#ifndef TOCSIN_TESTS_UNIT_WINDOW_WORLD_H
#define TOCSIN_TESTS_UNIT_WINDOW_WORLD_H

#include "alert/rule/rule.h"
#include "core/buf.h"
#include "tests/unit/window_oracle.h"

enum {
	GROUPS = 3,
	PARTITIONS_MAX = 3,
	RECORDS_MAX = 120,
	STEPS_MAX = 600,
	BEGIN = 60, /* the first record's unit */
	LAST = 300,
};
#define BASE_MS INT64_C(1764000000000)

struct record {
	int time, record, group;
	int value[ORACLE_VALUES], n_values;
	bool words, marked;
};

struct step {
	int partition, first, next, time;
	bool announces;
};

struct world {
	struct oracle_rule rule;
	int lateness;
	int partitions;
	struct record record[PARTITIONS_MAX][RECORDS_MAX];
	int n_records[PARTITIONS_MAX];
	struct step step[STEPS_MAX];
	int n_steps;
	char text[1000];
	struct ruleset *rules;
	int64_t late_limit_ms;
};

/* The next number below n of the world drawn last. */
unsigned draw(unsigned n);
/* rules is owned by the caller. */
void draw_world(struct world *w, uint64_t number, enum oracle_type type);
/* The envelope of one step. */
void write_envelope(const struct world *w, const struct step *s,
		    struct buf *out);

#endif
