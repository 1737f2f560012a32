/* policy.h - what the configuration says about who is told of what
 *
 * Routes, inhibitions, mute times and the names of the receivers, read without
 * secrets: for those who show or foretell, and do not send. Pure but for the
 * zone files of mute times; loop thread. */
#ifndef TOCSIN_ALERT_NOTIFY_POLICY_H
#define TOCSIN_ALERT_NOTIFY_POLICY_H

#include "alert/notify/hold.h"
#include "alert/transition.h"

struct policy {
	struct route *root;
	struct inhibit *inhibit;
	struct mute *mute;
	struct strings receivers; /* borrowed from the configuration */
};

/* False (ERROR_CONFIG), *out zeroed, if something is wrong; `tocsin check`
 * says it all. */
MUST_CHECK bool policy_read(const struct config *config, struct policy *out,
			    struct error *err);
void policy_release(struct policy *p);

/* Call take() for each way an alert goes: the rule's own receivers (pairs
 * without names), else the routes. A node made for a rule's receiver is valid
 * for the call only. */
void policy_route(const struct policy *p, const struct alert_pairs *receivers,
		  const struct labels *labels,
		  void (*take)(void *arg, const struct route *node), void *arg);

#endif
