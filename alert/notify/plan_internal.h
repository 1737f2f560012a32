/* plan_internal.h - the plan's own structures, shared by plan*.c only */
#ifndef TOCSIN_ALERT_NOTIFY_PLAN_INTERNAL_H
#define TOCSIN_ALERT_NOTIFY_PLAN_INTERNAL_H

#include "alert/notify/plan.h"
#include "core/map.h"

struct told { /* a delivery and when it was accepted */
	char *receiver;
	struct delivery delivery;
	int64_t accepted_ms; /* monotonic */
	bool again;          /* was refused before this plan: tell it anew */
	int64_t ended_ms;    /* monotonic: when a resolve was first accepted */
};

struct plan_alert {
	char id[ALERT_ID_BYTES + 1];
	bool present; /* t is filled in; else only deliveries are known */
	struct transition t;
	int64_t offset;   /* of t in the alerts topic */
	int64_t wall_ms;  /* when t was written */
	int64_t since_ms; /* monotonic: its episode and state are known since */
	bool held;        /* silenced or inhibited */
	bool held_known;  /* of a resolved one: judged, once for all */
	struct labels labels, annotations;
	struct buf value, reference, samples, top; /* JSON */
	struct told *told;
	size_t n_told, cap_told;
	struct plan_group **target; /* the groups that it is a member of */
	size_t n_targets;
	/* Episodes before t's of which somebody is still to be told, oldest
	 * first. Each is a plan_alert of its own, whose `told` is here. */
	struct plan_alert **past;
	size_t n_past, cap_past;
	struct plan_alert *latest; /* of a past one: the alert; or NULL */
};

struct plan_group { /* alerts that share a message to one receiver */
	char *key;
	const struct route *route;
	struct receiver *receiver;
	struct labels labels;
	struct plan_alert **member;
	size_t n, cap;
	int64_t due_ms; /* monotonic; INT64_MAX: nothing to say */
	size_t heap_at; /* its place in plan->due, from 1; 0: not there */
	struct plan_queue *queue; /* of its receiver, while it waits; or NULL */
	struct plan_group *before, *behind; /* in that queue */
	int64_t touched_ms; /* monotonic; NEVER: its time is as it should be */
	int64_t last_sent_ms;  /* monotonic; INT64_MIN: never */
	int64_t need_since_ms; /* monotonic; INT64_MIN: has nothing new */
	int64_t again_ms;      /* monotonic: it repeats itself then */
	bool more;      /* its last message had no room for all that is new */
	bool in_flight; /* one message at a time, so order holds */
	bool muted;     /* its route is, at the time judged last */
};

/* Groups that are due and wait for room at one receiver, oldest first. */
struct plan_queue {
	struct plan_group *first, *last;
	size_t n;
};

struct plan {
	const struct route *root;
	const struct receivers *receivers;
	int64_t floor;
	struct map alerts;           /* id -> struct plan_alert */
	struct map groups;           /* key -> struct plan_group */
	struct map direct;           /* receiver -> struct route */
	struct plan_group **touched; /* to be scheduled anew by plan_run */
	size_t n_touched, cap_touched;
	struct plan_group **due; /* a heap by due_ms; due[0] is unused */
	size_t n_due, cap_due;
	struct plan_queue *queue; /* one a receiver */
	struct holds holds;
	int64_t record_wall_ms; /* of what is applied */
	int64_t wall_ms;        /* judged last */
	int64_t judge_at_ms;    /* wall time; INT64_MIN: anew in any case */
	bool live;              /* judged once: all alerts are known */
	size_t n_past;          /* episodes kept, of all alerts */
	uint64_t untold;        /* those that there was no room for */
};

#define NEVER INT64_MIN
#define IDLE  INT64_MAX

/* plan_queue.c: when groups are due, and who waits for room. A group is in the
 * heap, in its receiver's queue, or (idle, in flight) in neither. */
void plan_queue_open(struct plan *p);
void plan_queue_close(struct plan *p);
/* It is due then; one that waits keeps its place if that is no change. */
void plan_queue_set(struct plan *p, struct plan_group *g, int64_t due_ms);
void plan_queue_remove(struct plan *p, struct plan_group *g);
/* Groups due by now move to their receivers' queues. Returns when the next one
 * is due. */
int64_t plan_queue_collect(struct plan *p, int64_t now_ms);

/* Work out anew when the groups that something happened to have something to
 * say. */
void plan_refresh(struct plan *p);

/* plan.c: something happened to the group. Looking at all its members waits
 * for the end of the batch: a group of many would be looked at as often as it
 * has members. */
void plan_touch(struct plan *p, struct plan_group *g, int64_t now_ms);
/* plan_hold.c: the alert has changed; judge it. */
void plan_note(struct plan *p, struct plan_alert *a, bool firing);
/* plan_payload.c: bring value, reference, samples and top in line with the
 * transition. */
void plan_set_payload(struct plan_alert *a);
/* Fires and may be told of. */
bool plan_speaks(const struct plan_group *g, const struct plan_alert *a);
bool plan_needs(const struct plan *p, const struct plan_group *g,
		const struct plan_alert *a);

/* What a receiver has accepted of the alert, or NULL. */
struct told *plan_told(const struct plan_alert *a, const char *receiver);

/* plan.c: is the group's receiver to be told of it, if nothing goes before? */
bool plan_wants(const struct plan *p, const struct plan_group *g,
		const struct plan_alert *a);
void plan_leave(struct plan *p, struct plan_alert *a, int64_t now_ms);
void plan_alert_free(void *alert);

/* plan_past.c: `a` is about to begin another episode: keep the one that ended,
 * if somebody is still to be told of it. */
void plan_keep_past(struct plan *p, struct plan_alert *a);
/* Let go of those that nobody is to be told of any more. */
void plan_drop_past(struct plan *p, struct plan_alert *a, int64_t now_ms);
/* The group's receiver is told of an episode before this one first. */
bool plan_waits(const struct plan *p, const struct plan_group *g,
		const struct plan_alert *a);

/* plan_step.c: what the group's receiver is told next of an alert. */
struct plan_step {
	int64_t episode;
	bool firing; /* else resolved */
};

struct plan_step plan_next_step(const struct plan_group *g,
				const struct plan_alert *a);
/* Does the receiver know an episode before the alert's own, as firing? */
bool plan_knows_earlier(const struct plan_group *g, const struct plan_alert *a);
/* How long after it was told of a group a receiver is told of it again. */
int64_t plan_repeat_ms(const struct plan_group *g);
/* When the alert is told again although nothing has changed (monotonic);
 * IDLE: its group has not been told of anything. */
int64_t plan_again_ms(const struct plan_group *g, const struct plan_alert *a);
/* Is the alert told again when the group is, so that the service does not
 * forget how it stands? */
bool plan_resends(const struct plan_group *g, const struct plan_alert *a);

/* plan_message.c: how a message tells of the alert. */
struct message_alert plan_view(const struct plan_group *g,
			       const struct plan_alert *a);

/* plan_choose.c: what a message tells of an alert, and the group that brings
 * it in. */
struct plan_pick {
	const struct plan_alert *alert;
	const struct plan_group *group;
	bool needed;
	int64_t turn_ms; /* monotonic */
};

/* The alerts that one message about these groups of one receiver tells, in its
 * order; free(*out). Sets `more` of a group that does not fit. */
size_t plan_choose(const struct plan *p, struct plan_group *const group[],
		   size_t n_groups, int64_t now_ms, struct plan_pick **out);

#endif
