/* plan_internal.h - the plan's own structures, shared by plan.c and
 * plan_message.c only */
#ifndef TOCSIN_ALERT_NOTIFY_PLAN_INTERNAL_H
#define TOCSIN_ALERT_NOTIFY_PLAN_INTERNAL_H

#include "alert/notify/plan.h"
#include "core/map.h"

struct told { /* a delivery and when it was accepted */
	char *receiver;
	struct delivery delivery;
	int64_t accepted_ms; /* monotonic */
};

struct plan_alert {
	char id[ALERT_ID_BYTES + 1];
	bool present; /* t is filled in; else only deliveries are known */
	struct transition t;
	int64_t offset; /* of t in the alerts topic */
	struct labels labels, annotations;
	struct buf value, reference, samples; /* JSON */
	struct told *told;
	size_t n_told, cap_told;
	struct plan_group **target; /* the groups that it is a member of */
	size_t n_targets;
};

struct plan_group { /* alerts that share a message to one receiver */
	char *key;
	const struct route *route;
	struct receiver *receiver;
	struct labels labels;
	struct plan_alert **member;
	size_t n, cap;
	int64_t due_ms;        /* monotonic; INT64_MAX: nothing to say */
	int64_t last_sent_ms;  /* monotonic; INT64_MIN: never */
	int64_t need_since_ms; /* monotonic; INT64_MIN: has nothing new */
	bool in_flight;        /* one message at a time, so order holds */
};

struct plan {
	const struct route *root;
	const struct receivers *receivers;
	int64_t floor;
	struct map alerts; /* id -> struct plan_alert */
	struct map groups; /* key -> struct plan_group */
	struct map direct; /* receiver -> struct route */
};

bool plan_needs(const struct plan *p, const struct plan_group *g,
		const struct plan_alert *a);

#endif
