/* builtin.h - alerts that a worker raises about itself, by wall clock
 *
 * They are transitions on <prefix>.alerts like those of rules, so they are
 * routed, silenced, indexed and resolved like them; but they follow from what
 * holds now and from the last transition, not from events, so no backlog holds
 * them back. `at` is wall time, `cause` too (as offset, in milliseconds).
 * `episode` is the second in which it fired: it rises without anybody's memory,
 * also over restarts and from one worker to the next.
 *
 * What is seen in Kafka (TocsinBehind, TocsinDeadLetters) or of receivers
 * (TocsinBlocked) is judged by the one worker that notifies. What only a worker
 * itself knows (TocsinGroupsDropped, TocsinReloadRefused) each tells of itself,
 * in a group of its own, and again each minute while it holds; the worker that
 * notifies resolves those that nobody has renewed. Pure. */
#ifndef TOCSIN_ALERT_BUILTIN_H
#define TOCSIN_ALERT_BUILTIN_H

#include "alert/transition.h"

enum { BUILTIN_RENEW_MS = 60000 };

/* Is the name one of them? No rule may have it. */
bool builtin_is_name(const char *rule);
/* Does each worker tell it of itself? */
bool builtin_is_of_worker(const char *rule);

struct builtin_fact {
	const char *name;  /* "TocsinBehind" */
	const char *label; /* of its group: "group", "receiver", "worker" */
	const char *of;    /* that label's value */
	bool holds;
	double value;
	const char *summary; /* plain text */
};

/* Must something be written? `last` is the last transition of this alert (see
 * builtin_id), NULL if it is not known or there was none. *out is the caller's
 * to release if true. */
MUST_CHECK bool builtin_judge(const struct builtin_fact *fact,
			      const struct transition *last, int64_t wall_ms,
			      struct transition *out);
/* Of an alert that nobody here judges: a worker's that was not renewed for
 * three times BUILTIN_RENEW_MS, or one whose label's value is gone. */
MUST_CHECK bool builtin_expire(const struct transition *last, int64_t wall_ms,
			       struct transition *out);
void builtin_id(const struct builtin_fact *fact, char out[ALERT_ID_BYTES + 1]);

#endif
