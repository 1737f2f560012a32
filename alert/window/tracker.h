/* tracker.h - one rule over one group: its events, and where its alert stands
 *
 * What the types of rules have in common and what they differ in. A type is a
 * table of functions (struct window_type); the life of an alert is led by one
 * of two files: sustained.c for conditions that hold for a while, moments.c
 * for those that are true at an instant. Both are functions of the events seen
 * and of the clock: no wall clock, no I/O.
 *
 * All times are event time in ns. Pure; one thread at a time for one engine. */
#ifndef TOCSIN_ALERT_WINDOW_TRACKER_H
#define TOCSIN_ALERT_WINDOW_TRACKER_H

#include <sys/queue.h>

#include "alert/rule/rule.h"
#include "alert/transition.h"
#include "alert/window/hindsight.h"
#include "alert/window/memory.h"
#include "alert/window/tally.h"

struct tracker;
struct group;

/* A transition, or an update (see transition.h). */
struct change {
	enum alert_state state;
	bool update;
	int64_t at;
	struct alert_value value, reference; /* text borrowed */
	int64_t count;
	const char *reason; /* NULL or a constant */
};

/* How far judging has come. */
struct judge {
	/* Record time up to which all partitions of the logs are matched. */
	int64_t clock;
	/* clock - lateness: what is not settled before may still change. */
	int64_t settled;
	/* Events before it came too late to count, and may be forgotten: the
	 * late limit before the clock, as that stood before it moved last. */
	int64_t kept;
	/* Since when all partitions are matched for the rule's series,
	 * MOMENT_NEVER while some are not. */
	int64_t watched;
	/* When the first partition was, over restarts where that is
	 * remembered; MOMENT_NEVER while none is. */
	int64_t started;
	/* What came to pass; called in order. `tracker` already stands as the
	 * change says. */
	void (*changed)(void *arg, struct tracker *t,
			const struct change *change);
	void *arg;
};

struct window_event {
	int64_t time;      /* of the event, at most its record time */
	int64_t record_ms; /* record time */
	int64_t offset;    /* in its partition of the logs */
	int32_t partition; /* of the logs */
	struct str field;  /* as series->field_as says */
	uint64_t marks;    /* bit i: series->mark[i] matches */
};

/* What the trackers of one rule share whose groups have the same values of
 * group_by, where a group has more (the term of new_term). Lives as long as
 * one of them. */
struct combination {
	int64_t since; /* its first event that came; MOMENT_NEVER: none */
	size_t n_trackers;
	struct str key; /* owned */
};

/* An idle group is dropped a day after its last event. */
#define TRACKER_KEPT_NS (86400 * INT64_C(1000000000))

struct window_type {
	/* How far back the windows of a rule look: what a restart reads. */
	int64_t (*reach)(const struct rule *rule);
	/* So long after its last event an idle group is dropped. NULL: after
	 * TRACKER_KEPT_NS, or what its windows reach if that is longer. */
	int64_t (*keep)(const struct rule *rule);
	/* Bytes of the type's own state, zeroed, at tracker_own(). */
	size_t own_bytes;
	bool takes_any_age; /* events beyond the late limit count too */
	bool combines;      /* trackers have a combination */
	/* Past max_groups new groups are refused, instead of old ones being
	 * dropped. */
	bool refuses_groups;

	void (*open)(struct tracker *t);
	void (*close)(struct tracker *t);
	void (*add)(struct tracker *t, const struct window_event *event);
	/* Go through what can be judged now; call changed(). */
	void (*step)(struct tracker *t, const struct judge *judge);
	/* The clock at which step() has something to do though no event
	 * comes; MOMENT_NEVER if none. */
	int64_t (*wake)(const struct tracker *t, const struct judge *judge);
	/* No step will look at what lies before `moment` again. */
	void (*trim)(struct tracker *t, int64_t moment);
	/* Make the tracker stand in `state`, whatever it found out itself.
	 * `last` is the alert's last change, NULL if there was none. What is
	 * settled already is not judged anew. */
	void (*force)(struct tracker *t, enum alert_state state,
		      int64_t starts_at, const struct transition *last,
		      const struct judge *judge);
	/* The value of the window at the clock, for people. */
	double (*now)(const struct tracker *t, int64_t clock);

	/* For types that must know more than is read back, else NULL. What of
	 * the tracker is to be remembered (`until` is the engine's); false:
	 * nothing. */
	bool (*remember)(const struct tracker *t, struct memory *out);
	/* It is written anew when `last` is so much newer. */
	int64_t (*refresh)(const struct rule *rule);
	/* Before any event: what was remembered. */
	void (*recall)(struct tracker *t, const struct memory *memory);
};

/* ALERT_RESOLVED stands for: never fired, too. */
struct tracker {
	const struct rule *rule;
	const struct window_type *type;
	struct group *group;
	/* NULL where a group is a combination of its own. */
	struct combination *combination;
	enum alert_state state;
	int64_t starts_at; /* of what is pending or firing */
	int64_t floor;     /* nothing before it is judged any more */
	int64_t episode;   /* firings so far, over restarts */
	/* MOMENT_NEVER: none that counts yet; MOMENT_START: nobody knows, long
	 * ago. The type's. */
	int64_t first_event;
	int64_t last_event;
	/* The rule expects the group: it is never dropped. */
	bool expected;
	/* Record time of the newest event not judged yet, ALERT_TIME_NONE
	 * without one: what brings a transition about. */
	int64_t record_ms;

	/* The engine's. */
	struct rule_run *run;
	size_t slot;       /* in group->tracker */
	struct cause last; /* of the last change */
	/* What the store holds of the alert is not to be told again. */
	struct cause stored;
	int64_t wake;     /* clock of the next look */
	size_t wake_slot; /* in the engine's heap, 0: not in it */
	bool touched;     /* to be judged after this envelope */
	bool known;       /* there is a record of the alert at going live */
	TAILQ_ENTRY(tracker) link; /* of its rule: idle by age, or active */
	bool filed_active;         /* in which of the two it is */
	_Alignas(max_align_t) unsigned char own[];
};

#define TRACKER_OWN(t, type) ((type *)(uintptr_t)(t)->own)

extern const struct window_type window_type_any, window_type_cardinality,
	window_type_change, window_type_flatline, window_type_frequency,
	window_type_metric, window_type_new_term, window_type_ratio,
	window_type_sequence, window_type_spike;
const struct window_type *window_type_of(enum rule_type type);
/* The values that name its group: rule_group_values() many. */
const struct str *tracker_group(const struct tracker *t);

static inline int64_t rule_ns(int64_t ms)
{
	return ms * 1000000;
}

/* The same, or the moment itself at its ends: never overflows. */
static inline int64_t moment_plus(int64_t moment, int64_t ns)
{
	return moment >= MOMENT_NEVER - ns ? MOMENT_NEVER : moment + ns;
}

/* ---- conditions that hold for a while (sustained.c) ---- */

/* A type that uses sustained_* begins its own state with struct sustained.
 *
 * A condition has one or two sides. The early side (presence, spike up) may
 * fire before the moment is settled, because what may still arrive can only
 * help it; the settled side (absence, spike down) waits. */
enum side { SIDE_EARLY, SIDE_SETTLED, SIDES };

enum holding {
	HOLDS,
	/* It ended and holds anew at that instant: goes on, with an update. */
	RENEWS,
	ENDS,
	/* It ended and its opposite holds: it resolves at once. */
	FLIPS,
	/* It ended for good: it resolves at once. */
	ENDS_NOW,
};

struct sustained {
	struct tally tally;
	const struct sustained_type *type;
	enum side side; /* of what is pending or firing */
	/* Firing: does it hold where tally.settled stands? If not, since
	 * when. */
	bool holding;
	int64_t ended_at;
	/* An event came so late that the walk must begin again. */
	bool rewind;
	int64_t trimmed; /* nothing before it can be judged any more */
	struct hindsight hindsight;
};

struct sustained_type {
	/* Does it begin to hold (pending: still hold) where the walk stands?
	 * By side; NULL: there is no such side. */
	bool (*begins[SIDES])(const struct tracker *t,
			      const struct judge *judge,
			      const struct tally_walk *walk);
	/* The early side is presence: whatever comes late can only make it
	 * hold, and is told even before what was told. NULL: it is not. */
	bool (*presence)(const struct tracker *t);
	/* Both sides are one condition: what is pending on one goes on where
	 * the other holds. */
	bool sides_are_one;
	/* The latest moment that the early side may judge. */
	int64_t (*early_limit)(const struct tracker *t,
			       const struct judge *judge);
	/* The clock at which early_limit() is at `moment`; NULL: it begins to
	 * hold at events only. */
	int64_t (*early_clock)(const struct tracker *t, int64_t moment);
	/* The first moment after `at`, besides those of the tally, at which an
	 * answer may change; NULL: none. */
	int64_t (*extra)(const struct tracker *t, const struct judge *judge,
			 int64_t at);
	/* Does the condition of a firing alert hold there? Never called twice
	 * for one moment unless events came in between. */
	enum holding (*continues)(struct tracker *t, const struct judge *judge,
				  const struct tally_walk *walk);
	/* It fires where the walk stands; NULL: nothing to remember. */
	void (*fires)(struct tracker *t, const struct tally_walk *walk);
	/* Value, reference and count there; a reason if there is one. */
	void (*measure)(const struct tracker *t, const struct tally_walk *walk,
			struct change *change);
	/* Take what fires() remembered from the alert's last change. NULL:
	 * nothing. */
	void (*restore)(struct tracker *t, const struct transition *last);
};

void sustained_open(struct tracker *t, const struct sustained_type *type,
		    int64_t span);
void sustained_close(struct tracker *t);
void sustained_add(struct tracker *t, const struct window_event *event);
/* The same with the load that the tally carries, which is taken. */
void sustained_add_load(struct tracker *t, const struct window_event *event,
			void *load);
void sustained_step(struct tracker *t, const struct judge *judge);
int64_t sustained_wake(const struct tracker *t, const struct judge *judge);
void sustained_trim(struct tracker *t, int64_t moment);
/* The walk goes to the next moment at which an answer may change; false: that
 * is after `limit`. */
bool sustained_advance(struct tracker *t, const struct judge *judge,
		       struct tally_walk *walk, int64_t limit);
/* Events in the window that ends at `moment`. */
int64_t sustained_count(const struct tracker *t, int64_t moment);
void sustained_force(struct tracker *t, enum alert_state state,
		     int64_t starts_at, const struct transition *last,
		     const struct judge *judge);

#endif
