/* inhibit.h - alerts that fire hold back messages about others
 *
 * While an alert that matches `source` fires, no message goes out about those
 * that match `target` and carry the same values for all labels of `equal`
 * (absent and "" are the same). An alert that is on both sides of a rule is not
 * held by others that are.
 *
 * Source: Prometheus Alertmanager, "Configuration", inhibit_rules. Pure; loop
 * thread. */
#ifndef TOCSIN_ALERT_NOTIFY_INHIBIT_H
#define TOCSIN_ALERT_NOTIFY_INHIBIT_H

#include "alert/notify/matcher.h"

struct inhibit;

/* Read `inhibit = ( { source = {...}; target = {...}; equal = [...]; } )`;
 * NULL: none. What is wrong goes to problems. Never NULL. */
struct inhibit *inhibit_read(const struct conf *tree,
			     struct problems *problems);
/* Accepts NULL. */
void inhibit_close(struct inhibit *in);
/* An alert fires, with these labels from now on, or does not any more. True if
 * that may change what is held. */
bool inhibit_note(struct inhibit *in, const char *id,
		  const struct labels *labels, bool firing);
void inhibit_forget_all(struct inhibit *in);
/* The id of an alert that holds back one with these labels, or NULL. Borrowed
 * until the next inhibit_note. */
const char *inhibit_find(const struct inhibit *in, const struct labels *labels);

#endif
