/* message.h - what a receiver is told: one message about a group of alerts
 *
 * Receivers turn it into their service's payload. Everything is borrowed from
 * the plan that made the message, until the plan changes. */
#ifndef TOCSIN_ALERT_NOTIFY_MESSAGE_H
#define TOCSIN_ALERT_NOTIFY_MESSAGE_H

#include "alert/notify/labels.h"

struct message_alert {
	const char *id;
	int64_t episode;
	bool firing;                      /* else resolved */
	int64_t starts_at_ms;             /* event time */
	int64_t ends_at_ms;               /* event time; resolved only */
	const struct labels *labels;      /* alertname, group, the rule's */
	const struct labels *annotations; /* rendered */
	struct str value, reference;      /* JSON values; n == 0: none */
	int64_t count;
	struct str samples; /* JSON array of events; n == 0: none */
	const char *link;   /* where to see the events; "" = none */
};

struct message {
	const char *id; /* the same over retries of one message */
	const char *group_key;
	const struct labels *group;
	const struct message_alert *alert; /* firing ones first */
	size_t n;
	size_t firing; /* how many of them fire */
	/* More messages waited than the receiver takes: so many groups are
	 * told in this one, and `group` is what they share. 0: one group. */
	size_t folded;
};

/* The labels (annotations: true) that all alerts of the message share. `out`
 * is empty before and the caller's after. */
void message_common(const struct message *m, bool annotations,
		    struct labels *out);

/* 2026-11-23T09:00:00.123Z */
void message_add_time(int64_t ms, struct buf *out);

#endif
