/* rule.h - checked rules, read from rule files
 *
 * A rule file (libconfig) holds a list, `rules = ( { name = ...; }, ... );`.
 * rules_load checks each rule completely: keys, types, ranges, query,
 * types' own conditions, templates, receivers. A ruleset is immutable once
 * loaded; a reload makes a new one.
 *
 * Hashes and ids are of what the rules say, not of how it is written: equal on
 * every machine. One thread at a time (queries hold scratch memory). */
#ifndef TOCSIN_ALERT_RULE_RULE_H
#define TOCSIN_ALERT_RULE_RULE_H

#include "core/config.h"
#include "event/query.h"

enum {
	RULE_GROUP_FIELDS_MAX = 16,
	RULE_SAMPLES_MAX = 20, /* 8 KiB each; a transition has 256 */
	RULE_STAGES_MAX = 32,  /* of a sequence; a mark is a bit */
	RULE_EXPECT_MAX = 10000,
};

enum rule_type {
	RULE_ANY,
	RULE_FREQUENCY,
	RULE_SPIKE,
	RULE_FLATLINE,
	RULE_CARDINALITY,
	RULE_NEW_TERM,
	RULE_CHANGE,
	RULE_RATIO,
	RULE_METRIC,
	RULE_SEQUENCE,
	RULE_TYPES
};
enum spike_type { SPIKE_UP, SPIKE_DOWN, SPIKE_BOTH };
enum aggregate {
	AGGREGATE_SUM,
	AGGREGATE_AVG,
	AGGREGATE_MIN,
	AGGREGATE_MAX,
	AGGREGATE_P50,
	AGGREGATE_P90,
	AGGREGATE_P95,
	AGGREGATE_P99
};

struct rule_pair { /* label or annotation */
	char *name;
	char *value; /* annotation: a template, checked */
};

struct rule_bound {
	bool set;
	double value;
};

struct rule_expect { /* a group of flatline, in the order of group_by */
	char *value[RULE_GROUP_FIELDS_MAX];
};

struct rule_stage {
	struct query *query; /* the rule's own is asked first */
	int64_t within_ms;   /* of the first: 0 */
	bool absent;         /* the last only */
};

/* What of the rules' `field` goes along with a match. Events without it do
 * not count; but for SERIES_FIELD_NONE they are not sent. */
enum series_field {
	SERIES_FIELD_NONE,
	SERIES_FIELD_TEXT,     /* its text; an array is one (change) */
	SERIES_FIELD_ELEMENTS, /* its elements, packed (match/packed.h) */
	SERIES_FIELD_TERM,     /* one entry for each element, which is the last
				  value of the group (new_term) */
};

/* Rules with the same query, group_by, field and marks share one series:
 * events are matched and sent once for all of them. */
struct series {
	uint64_t id; /* stable hash of all that rules must share */
	const struct query *query;
	const struct strings *group_by;
	enum series_field field_as;
	const char *field; /* NULL for SERIES_FIELD_NONE */
	/* Further queries asked of what matches, by bit of an entry's marks:
	 * `of` of ratio, the stages of sequence. */
	const struct query *mark[RULE_STAGES_MAX];
	size_t n_marks;
	bool marked_only; /* matches without a mark are not sent */
	/* The fields whose commonest values any of its rules wants. */
	const char **top;
	size_t n_top;
	/* The most samples (events attached) that any of its rules wants. */
	int samples;
	const struct rule **rule; /* the rules it feeds */
	size_t n_rules;
};

struct rule {
	char *name;
	char *file;
	int line;
	enum rule_type type;
	struct query *query;
	char *query_text;        /* as written */
	struct strings group_by; /* as written, n may be 0 */
	int64_t timeframe_ms;    /* 0 for types without one */
	int64_t for_ms;          /* 0 for momentary types */
	int64_t keep_firing_for_ms;
	int64_t realert_ms; /* momentary types */
	int64_t num_events; /* frequency */
	enum spike_type spike_type;
	double spike_height;
	int64_t threshold_cur, threshold_ref;
	int64_t threshold; /* flatline */
	int64_t forget_after_ms;
	struct rule_expect *expect;
	size_t n_expect;
	char *field; /* NULL for types without one */
	/* max_ and min_ cardinality, percentage or threshold: it holds over
	 * the one and under the other. */
	struct rule_bound upper, lower;
	struct query *of; /* ratio */
	char *of_text;
	int64_t min_events; /* ratio, metric */
	enum aggregate aggregate;
	int64_t window_ms, learn_ms; /* new_term */
	struct rule_stage *stage;    /* sequence */
	size_t n_stages;
	struct rule_pair *label;
	size_t n_labels;
	struct rule_pair *annotation;
	size_t n_annotations;
	struct strings receivers; /* n == 0: the route tree decides */
	int samples;
	struct strings top;
	int64_t max_groups;
	bool enabled, staging;
	const struct series *series;
	uint64_t hash; /* of everything that decides when it fires */
};

struct ruleset {
	struct rule **rule; /* enabled ones only, in order of the files */
	size_t n;
	struct series **series;
	size_t n_series;
	uint64_t hash; /* tocsin_rules_hash */
	/* How far back the windows reach: the most that timeframe (spike: four
	 * times that, until it is the new normal; sequence: all its `within`)
	 * and `for` of a rule add up to. keep_firing_for is not in it. */
	int64_t longest_ms;
};

struct rules_options {
	/* Names that rules may use; NULL: any. */
	const struct strings *receivers;
	/* Further top-level keys of events; may be NULL. */
	const struct strings *fields;
	/* The globs are the default, which nobody wrote: they may match
	 * nothing. */
	bool may_be_none;
};

/* Is the condition of the type true at an instant only? */
bool rule_type_is_momentary(enum rule_type type);
const char *rule_type_name(enum rule_type type);
/* The values that name a group of the rule: those of group_by, and the term of
 * new_term. */
size_t rule_group_values(const struct rule *rule);
/* The name of value i: a field as written. */
const char *rule_group_name(const struct rule *rule, size_t i);

/* Read all files that the globs match (a glob that matches nothing is a
 * warning; a plain path that is not there an error). Tests of rules that a
 * glob finds beside them (*.test.conf) are passed over; a file named twice is
 * read once. Never NULL; usable only if no error was added to `problems`. */
struct ruleset *rules_load(const struct strings *globs,
			   const struct rules_options *options,
			   struct problems *problems);
/* The same for text in memory, for tests. */
struct ruleset *rules_parse(const char *name, const char *text,
			    const struct rules_options *options,
			    struct problems *problems);
void rules_free(struct ruleset *rules);

/* The keys of a rule, for documentation. */
extern const struct settings rule_settings;

#endif
