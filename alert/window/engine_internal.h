/* engine_internal.h - what the files alert/window/engine*.c share; private
 *
 * engine.c:       envelopes, clock, judging
 * engine_group.c: groups, trackers and samples; what is dropped
 * engine_tell.c:  changes become transitions
 * engine_memory.c: what `<prefix>.memory` holds, and what goes there
 * engine_store.c: what `<prefix>.alerts` holds is taken over
 * engine_renew.c: a rule was edited while its alerts fire */
#ifndef TOCSIN_ALERT_WINDOW_ENGINE_INTERNAL_H
#define TOCSIN_ALERT_WINDOW_ENGINE_INTERNAL_H

#include "alert/window/engine.h"
#include "alert/window/tracker.h"
#include "alert/window/tops.h"
#include "alert/window/wakeups.h"
#include "core/map.h"
#include "event/scan.h"

TAILQ_HEAD(tracker_list, tracker);

struct rule_run {
	const struct rule *rule;
	const struct window_type *type;
	struct series_run *series;
	struct tracker_list idle; /* by last event, oldest first */
	struct tracker_list active;
	size_t n;
	int64_t keep; /* an idle tracker is dropped so long after its event */
	struct map combinations;
};

struct series_run {
	const struct series *series;
	struct rule_run *run; /* one for each of its rules */
	size_t n_runs;
	struct map groups;
	/* By logs partition: matched since; MOMENT_NEVER: not. */
	int64_t *since;
	int64_t watched; /* the latest of them */
	int64_t started; /* the first of them, over restarts */
	/* What the memory holds of it. */
	bool start_written;
	struct memory start;
};

struct sample {
	TAILQ_ENTRY(sample) all;   /* of the engine, oldest first */
	TAILQ_ENTRY(sample) group; /* of its group, by arrival */
	struct group *owner;
	size_t n;
	char text[];
};

TAILQ_HEAD(sample_list, sample);

struct group {
	struct series_run *series;
	struct str key;    /* owned */
	struct str *value; /* slices of key */
	struct sample_list samples;
	size_t n_samples;
	struct tops *tops; /* of series->top; NULL until there is an event */
	/* What the memory holds of it. */
	bool remembered;
	struct memory memory;
	size_t n_trackers;
	struct tracker *tracker[]; /* one for each rule; NULL: dropped */
};

struct logs_partition {
	bool known;
	bool announced;  /* which series are matched */
	int64_t next;    /* offset after the last one applied */
	int64_t time_ms; /* matched up to; ALERT_TIME_NONE: not known */
};

/* The last records of one alert before and from live_from on. */
struct stored {
	struct transition before, after;
	bool has_before, has_after;
	bool seen; /* by engine_go_live */
};

struct adoption {
	int64_t offset;
	const struct transition *transition;
};

/* A key to be forgotten at going live, if the clock is at `until`. */
struct forgotten {
	struct str key; /* owned */
	int64_t until;
};

struct engine {
	struct engine_options options;
	struct series_run *series;
	size_t n_series;
	struct map series_by_id;
	struct logs_partition *logs;
	int32_t n_logs;
	bool live;

	int64_t offset;         /* of what is being applied */
	int32_t logs_partition; /* whose matches are being applied */
	int64_t clock;          /* ns; MOMENT_START: not known */
	int64_t judged;         /* the clock at the judging before */
	struct wakeups wakeups;
	struct tracker **touched;
	size_t n_touched, touched_cap;

	struct sample_list samples;
	size_t samples_bytes;
	size_t n_tops;           /* places that all groups' tops take */
	struct scanner *scanner; /* for templates */
	struct buf key;          /* scratch of look-ups */

	struct map stored; /* alert id -> struct stored */
	struct adoption *adoption;
	size_t n_adoptions, adoptions_cap, next_adoption;
	bool adoptions_listed;
	struct map episodes;       /* alert id -> firings, without tracker */
	struct transition *orphan; /* alerts whose rule is gone */
	size_t n_orphans, orphans_cap;
	/* Of alerts that fire; their rule may say something else now. Points
	 * into `stored`. */
	const struct transition **renewal;
	size_t n_renewals, renewals_cap;

	/* Read from the memory, by key, until it is taken in. */
	struct map recalled;
	bool recall_done;
	struct forgotten *forgotten;
	size_t n_forgotten, forgotten_cap;
	/* Series of which it is to be remembered when they began. */
	struct series_run **starting;
	size_t n_starting;

	struct engine_counts counts;
};

/* engine.c */
struct judge engine_judge_of(struct engine *e, const struct tracker *t);
void engine_touch(struct engine *e, struct tracker *t);
/* Judge one that is touched now; it may be gone then. */
void engine_judge_touched(struct engine *e, struct tracker *t);

/* engine_group.c */
struct group *engine_group(struct engine *e, struct series_run *series,
			   const struct str value[], bool create);
/* NULL: there is no room (max_groups). */
struct tracker *engine_tracker(struct engine *e, struct group *group,
			       size_t slot);
/* Make the groups that rules expect, as far as they are of this partition. */
void engine_expect(struct engine *e);
void engine_drop(struct engine *e, struct tracker *t);
void engine_drop_if_empty(struct engine *e, struct group *group);
void engine_add_top(struct engine *e, struct group *group, int64_t time_ns,
		    struct str values);
void engine_add_sample(struct engine *e, struct group *group, struct str text);
/* How often an alert fired whose tracker is gone. */
void engine_keep_episode(struct engine *e, const char *id, int64_t episode);
/* Move it to the list where its state belongs; at the young end. */
void engine_file(struct tracker *t);
void engine_drop_all(struct engine *e);

/* engine_tell.c */
void engine_tell(void *arg, struct tracker *t, const struct change *change);
/* The cause of what is told of the tracker next, at this envelope. */
struct cause engine_next_cause(const struct engine *e, struct tracker *t);
/* What a rule says of who is told: its name, labels, receivers, staging. */
void engine_add_rule(const struct rule *rule, struct transition *out);
void engine_alert_id(const struct tracker *t, char id[ALERT_ID_BYTES + 1]);
void engine_group_pairs(const struct group *group, struct alert_pairs *out);

/* engine_memory.c */
/* Take in what was recalled; before anything is applied. */
void engine_memory_take(struct engine *e);
/* The tracker has been judged: write what is to be remembered. */
void engine_memory_note(struct engine *e, const struct tracker *t);
/* The same for when series began. */
void engine_memory_note_starts(struct engine *e);
/* The tracker is about to be dropped. */
void engine_memory_drop(struct engine *e, const struct tracker *t);
/* Write what has changed while nothing could be told. */
void engine_memory_go_live(struct engine *e);
void engine_memory_release(struct engine *e);

/* engine_store.c */
/* The envelope at `offset` has been judged. */
void engine_store_passed(struct engine *e, int64_t offset);
void engine_store_release(struct engine *e);
/* The tracker of an alert that is ours; NULL: it has none. */
struct tracker *engine_stored_tracker(struct engine *e,
				      const struct transition *t);

/* engine_renew.c */
/* `last` is the last record of an alert, borrowed for good. */
void engine_renew_later(struct engine *e, const struct transition *last);
/* The envelope at e->offset is about to be judged. */
void engine_renew(struct engine *e);

#endif
