/* matcher.h - matchers of labels, as silences, inhibitions and filters use them
 *
 *   name = value    name != value    name =~ regex    name !~ regex
 *
 * An absent label reads as "". A regular expression must match the whole value.
 * All matchers of a list must hold.
 *
 * Source: Prometheus Alertmanager, "Configuration", matcher. Names may also
 * hold dots, since groups are labelled with paths. Pure; loop thread. */
#ifndef TOCSIN_ALERT_NOTIFY_MATCHER_H
#define TOCSIN_ALERT_NOTIFY_MATCHER_H

#include "alert/notify/labels.h"
#include "core/conf.h"

enum {
	MATCHERS_MAX = 100,      /* of one list */
	MATCHER_TEXT_MAX = 4096, /* bytes of a name, of a value */
};

struct regex;

struct matcher {
	char *name;
	char *value;
	bool negative;       /* != and !~ */
	struct regex *regex; /* NULL: compared as text */
};

struct matchers {
	struct matcher *item;
	size_t n, cap;
};

/* A zeroed struct is an empty list, which matches everything. */
void matchers_release(struct matchers *m);
/* Append one. ERROR_REJECT, nothing appended: no name, the regular expression
 * is wrong, or something is too long. */
MUST_CHECK bool matchers_add(struct matchers *m, struct str name,
			     struct str value, bool regex, bool negative,
			     struct error *err);
/* Append what `text` holds: one matcher, or several between { } divided by
 * commas; the value may be quoted, with \" \\ and \n inside. ERROR_REJECT: it
 * holds no such thing; some may have been appended. */
MUST_CHECK bool matchers_parse(struct matchers *m, struct str text,
			       struct error *err);
/* From a configuration: { severity = "critical"; } or a list of texts
 * ("severity =~ \"warn.*\"", ...); other kinds are ignored. What is wrong goes
 * to problems. */
void matchers_read(struct matchers *m, const struct conf *node,
		   struct problems *problems);

bool matchers_hold(const struct matchers *m, const struct labels *labels);
/* Would it match an alert that has none of the labels? */
bool matchers_hold_on_nothing(const struct matchers *m);
bool matchers_equal(const struct matchers *a, const struct matchers *b);

/* {a="b", c=~"d.*"} */
void matchers_text(const struct matchers *m, struct buf *out);

#endif
