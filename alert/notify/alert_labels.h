/* alert_labels.h - the labels and annotations of an alert, from its transition
 *
 * Labels are texts: a NUL in an event's value is shown as its symbol, so that
 * two values do not look alike. Pure. */
#ifndef TOCSIN_ALERT_NOTIFY_ALERT_LABELS_H
#define TOCSIN_ALERT_NOTIFY_ALERT_LABELS_H

#include "alert/notify/labels.h"
#include "alert/transition.h"

/* alertname, the group's fields, the rule's labels; `out` is emptied first. */
void alert_labels(const struct transition *t, struct labels *out);
void alert_annotations(const struct transition *t, struct labels *out);

#endif
