/* labels.h - an alert's labels: sorted name-value pairs
 *
 * Labels route an alert, group it and identify it to receivers: `alertname`
 * (the rule), the group's fields and the rule's own labels, which win over
 * both, as in Prometheus. Owned copies. Pure. */
#ifndef TOCSIN_ALERT_NOTIFY_LABELS_H
#define TOCSIN_ALERT_NOTIFY_LABELS_H

#include "core/buf.h"

struct label {
	char *name;
	char *value;
};

struct labels {
	struct label *item; /* by name, each name once */
	size_t n, cap;
};

/* A zeroed struct is an empty set. */
void labels_release(struct labels *l);
/* Set or replace; copies both. */
void labels_set(struct labels *l, struct str name, struct str value);
/* "" if there is no such label. Borrowed. */
const char *labels_get(const struct labels *l, const char *name);
/* Does `l` hold every pair of `wanted`? An empty value also matches an absent
 * label (as in Alertmanager). */
bool labels_contain(const struct labels *l, const struct labels *wanted);
/* Keep in `common` only the pairs that `l` holds as well. */
void labels_intersect(struct labels *common, const struct labels *l);
void labels_copy(struct labels *to, const struct labels *from);
/* {"a":"b"} */
void labels_json(const struct labels *l, struct buf *out);
/* {a="b", c="d"}, as Alertmanager writes a group key. */
void labels_text(const struct labels *l, struct buf *out);

#endif
