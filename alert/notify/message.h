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
	/* JSON object: by field, its commonest values
	 * [{"value":"X","count":57}, ...]; n == 0: none */
	struct str top;
	const char *link; /* where to see the events; "" = none */
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

/* "[FIRING:2] errors A": strangers' text, to be escaped. */
void message_title(const struct message *m, struct buf *out);
/* The alert's summary, or the name of its rule; a stranger's text. */
const char *message_summary(const struct message_alert *a);
/* What people are told of an alert beside its summary, in the order of its
 * weight: "description", its labels but the alertname, "value", "reference",
 * "since", "until", "top Title" and so on, "runbook". Names and values are
 * strangers' texts. Only a "description" has lines. */
void message_lines(const struct message_alert *a,
		   void (*line)(void *arg, const char *name, const char *value),
		   void *arg);
/* "+3 more" */
void message_rest(size_t rest, char out[32]);

/* 2026-11-23T09:00:00.123Z */
void message_add_time(int64_t ms, struct buf *out);

#endif
