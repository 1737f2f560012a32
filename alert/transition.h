/* transition.h - one step in the life of an alert, and its JSON
 *
 * What the window stage decides, `<prefix>.alerts` holds (key: the alert's id,
 * value: transition_encode), `tocsin replay` prints and the notify stage acts
 * on. An alert is a rule and one combination of its group_by values.
 *
 * A record on `<prefix>.alerts` with the episode and state of the one before
 * it is an update, not a transition: further matches of a momentary rule
 * (higher count), a spike that goes on with a new reference, or a rule that was
 * edited (other labels, receivers or staging). It has updated_at_ms set.
 *
 * Pure; one thread at a time for one transition. */
#ifndef TOCSIN_ALERT_TRANSITION_H
#define TOCSIN_ALERT_TRANSITION_H

#include "core/buf.h"

enum alert_state { ALERT_PENDING, ALERT_FIRING, ALERT_RESOLVED };

#define ALERT_TIME_NONE INT64_MIN

enum {
	ALERT_ID_BYTES = 16,               /* lower-case hex digits */
	TRANSITION_BYTES_MAX = 256 * 1024, /* encoded */
};

/* The record of `<prefix>.matches` (in replay: the input's line) that made an
 * alert change, and which of its steps it was if it made several. As text
 * "3:4711", or "3:4711.1" for the second step. */
struct cause {
	int32_t partition;
	int64_t offset; /* -1: none */
	int32_t step;   /* from 0 */
};

/* May `next` follow `last`? An alert stays in one partition of matches, so
 * later is the higher offset, then the higher step. After an edit of its rule
 * that moves it to another partition every cause follows: there the order of
 * the records decides. */
bool cause_follows(struct cause next, struct cause last);
/* False, *out untouched, if it is not a cause. */
MUST_CHECK bool cause_parse(struct str text, struct cause *out);
void cause_format(struct cause cause, struct buf *out);

struct alert_pair {
	char *name;
	char *value;
	size_t n; /* bytes of value; it may hold NUL. NUL-ended too */
};

struct alert_pairs {
	struct alert_pair *item;
	size_t n, cap;
};

/* Both are copied. */
void alert_pairs_add(struct alert_pairs *pairs, struct str name,
		     struct str value);
/* The value; STR_NONE if there is none. Borrowed. */
struct str alert_pairs_get(const struct alert_pairs *pairs, const char *name);

/* A number, a text or nothing: what a type has as value and reference. */
struct alert_value {
	enum { ALERT_VALUE_NONE, ALERT_VALUE_NUMBER, ALERT_VALUE_TEXT } kind;
	double number;
	char *text; /* owned; NUL-ended, and may hold NUL */
	size_t n;   /* its bytes */
};

/* Borrowed; STR_NONE where it is no text. */
struct str alert_value_text(const struct alert_value *v);
/* A text of its own (s == NULL: nothing), in place of what it was. */
void alert_value_set(struct alert_value *v, struct str text);
struct alert_value alert_value_copy(const struct alert_value *v);
void alert_value_release(struct alert_value *v);

/* Owns all that it points at. A zeroed struct is a valid empty transition. */
struct transition {
	char id[ALERT_ID_BYTES + 1];
	char *rule;
	struct alert_pairs group; /* in the order of group_by */
	enum alert_state state;
	int64_t at_ms;        /* event time */
	int64_t starts_at_ms; /* at of the firing; of a pending one: at */
	/* Event time of this update, ALERT_TIME_NONE for a transition. */
	int64_t updated_at_ms;
	/* 1 for the first firing. A pending one has the number of the firing
	 * that it announces. */
	int64_t episode;
	struct cause cause;
	struct alert_value value, reference;
	int64_t count; /* events: of the window; momentary: of the episode */
	struct alert_pairs labels;
	/* Templates filled in, plain text: who sends it escapes it. */
	struct alert_pairs annotations;
	/* Raw events (JSON objects), newest last; pairs without names. */
	struct alert_pairs samples;
	/* By field, a JSON array of its commonest values,
	 * [{"value":"X","count":57}, ...]. */
	struct alert_pairs top;
	/* Of the rule; n == 0: the route tree decides. Pairs without names. */
	struct alert_pairs receivers;
	char *link; /* where to see the events; NULL: nowhere */
	/* "" or why it resolved: "forgotten", "rule changed". */
	char *reason;
	bool staging; /* evaluated and recorded, nobody is told */
	/* Record time of the event (or end of silence) that caused it;
	 * ALERT_TIME_NONE if unknown. What latency is measured from. */
	int64_t record_time_ms;
};

void transition_release(struct transition *t);

/* The id of an alert: xxHash3 over the rule's name and every name and value of
 * the group, each preceded by its length. Stable over versions and workers. */
void alert_id(struct str rule, const struct alert_pairs *group,
	      char out[ALERT_ID_BYTES + 1]);

const char *alert_state_name(enum alert_state state);

/* One JSON object on one line, no line end, appended to `out`. Longer than
 * TRANSITION_BYTES_MAX: samples are dropped, then annotations and labels are
 * cut, then group values, until it fits. */
void transition_encode(const struct transition *t, struct buf *out);
/* False (ERROR_REJECT), *out zeroed, if `json` is not such an object. Keys
 * that are not known are ignored. Release *out in either case. */
MUST_CHECK bool transition_decode(struct str json, struct transition *out,
				  struct error *err);
/* A deep copy. */
void transition_copy(const struct transition *from, struct transition *to);

#endif
