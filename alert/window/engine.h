/* engine.h - from matches to transitions: the windows of one partition of
 * matches
 *
 * What it says is a function of the records of its partition alone, in their
 * order: no wall clock. So another worker that reads the same records comes to
 * the same transitions with the same causes, and a repeated one is told from a
 * new one by its cause.
 *
 * Life: engine_open, engine_remember for each record of `<prefix>.alerts`,
 * engine_recall for each of its partition of `<prefix>.memory`, engine_apply
 * for what lies before the offset from which it must speak (from as far back as
 * engine_reach_ms says; silent), engine_go_live, engine_apply. `tocsin replay`
 * goes live at once and uses engine_event and engine_advance.
 *
 * Pure; one thread at a time for one engine. */
#ifndef TOCSIN_ALERT_WINDOW_ENGINE_H
#define TOCSIN_ALERT_WINDOW_ENGINE_H

#include "alert/match/envelope.h"
#include "alert/rule/rule.h"
#include "alert/transition.h"

struct engine;

struct engine_options {
	const struct ruleset *rules;        /* borrowed */
	const struct query_options *fields; /* of templates; may be NULL */
	int32_t partition;                  /* of matches */
	int32_t partitions;                 /* how many matches have */
	int64_t live_from; /* the first offset that may speak */
	int64_t lateness_ms;
	int64_t late_limit_ms;     /* at least lateness_ms */
	size_t samples_bytes;      /* bound of all samples kept */
	const char *dashboard_url; /* dashboard.h; borrowed; NULL: none */
	/* What came to pass, borrowed for the call. */
	void (*emit)(void *arg, const struct transition *t);
	/* A record for `<prefix>.memory` (memory.h), borrowed for the call;
	 * value.s == NULL: a tombstone. NULL: nothing is remembered. Must be
	 * delivered before the envelope being applied counts as done. */
	void (*memory)(void *arg, struct str key, struct str value);
	void *arg;
};

struct engine *engine_open(const struct engine_options *options);
void engine_close(struct engine *e);

/* How long before the record at live_from it must begin to read, so that no
 * window is missing anything. */
int64_t engine_reach_ms(const struct ruleset *rules, int64_t lateness_ms,
			int64_t late_limit_ms);

/* A record that `<prefix>.alerts` holds, in their order, before anything is
 * applied. */
void engine_remember(struct engine *e, const struct transition *t);
/* A record that the partition of `<prefix>.memory` holds, likewise; value.s ==
 * NULL: a tombstone. False: it cannot be read, and counts as none. */
MUST_CHECK bool engine_recall(struct engine *e, struct str key,
			      struct str value, struct error *err);
void engine_go_live(struct engine *e);

enum engine_verdict {
	ENGINE_APPLIED,
	ENGINE_REPEATED, /* nothing new in it */
	/* An envelope before it is missing and will come again, this one
	 * too. */
	ENGINE_GAP,
};

/* The envelope that lies at `offset`; e->at is moved. Judges at the end. */
enum engine_verdict engine_apply(struct engine *e, int64_t offset,
				 struct envelope *envelope);

/* By hand: events, then the clock, then one judgement. The cause is
 * partition:offset. */
void engine_event(struct engine *e, const struct envelope_entry *entry);
void engine_advance(struct engine *e, int64_t clock_ns);
void engine_judge(struct engine *e, int64_t offset);
/* All series are matched on all partitions since then. */
void engine_watch(struct engine *e, int64_t since_ns);

struct engine_counts {
	size_t groups; /* rule and group */
	size_t firing;
	uint64_t late;        /* events too late to count */
	uint64_t dropped;     /* groups dropped because of max_groups */
	uint64_t unknown;     /* entries of series that no rule has */
	uint64_t transitions; /* told */
};

/* ALERT_TIME_NONE: not known yet. */
int64_t engine_clock_ms(const struct engine *e);
struct engine_counts engine_counts(const struct engine *e);
/* Record time up to which one partition of the logs has been matched;
 * ALERT_TIME_NONE if not known. */
int64_t engine_logs_time_ms(const struct engine *e, int32_t logs_partition);
int32_t engine_logs_partitions(const struct engine *e);
/* Has an envelope of it said which series are matched? */
bool engine_logs_announced(const struct engine *e, int32_t logs_partition);
/* Call visit() for alerts that are pending or firing, and with `all` for every
 * group; at most `max`. */
void engine_visit(const struct engine *e, bool all, size_t max,
		  void (*visit)(void *arg, const struct rule *rule,
				enum alert_state state,
				const struct alert_pairs *group,
				int64_t starts_at_ms, double value),
		  void *arg);

#endif
