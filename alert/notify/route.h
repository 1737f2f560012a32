/* route.h - the route tree: which receivers get an alert, grouped how
 *
 * As in Alertmanager: an alert enters at the root, goes to the first child that
 * matches (and on to its siblings while `continue` is true), depth first; where
 * no child matches, the node itself takes it. Children inherit receiver,
 * group_by and the intervals, not mute_times.
 *
 * Source: Prometheus Alertmanager, "Configuration", route. Pure once read. */
#ifndef TOCSIN_ALERT_NOTIFY_ROUTE_H
#define TOCSIN_ALERT_NOTIFY_ROUTE_H

#include "alert/notify/labels.h"
#include "core/config.h"

struct route {
	char *key; /* unique in the tree, stable while its matchers are */
	char *receiver;
	struct labels match; /* all must hold */
	bool go_on;          /* `continue` */
	char **group_by;     /* label names, sorted */
	size_t n_group_by;
	bool group_by_all; /* group_by = ["..."]: one group an alert */
	int64_t group_wait_ms;
	int64_t group_interval_ms;
	int64_t repeat_interval_ms;
	char **mute_times; /* names; this node's own, not inherited */
	size_t n_mute_times;
	struct route **child;
	size_t n_children;
};

extern const struct settings route_settings;

/* Read `route = { ... }` (NULL: a root without a receiver). Receivers that are
 * not in `receivers` are problems. Never NULL. */
struct route *route_read(const struct conf *tree,
			 const struct strings *receivers,
			 struct problems *problems);
void route_free(struct route *r);

/* A leaf that takes what names its receiver itself: like the root, for that
 * receiver. */
struct route *route_direct(const struct route *root, const char *receiver);

/* Call take() for every node that takes an alert with these labels, in order
 * of the tree. A node without a receiver takes nothing. */
void route_match(const struct route *root, const struct labels *labels,
		 void (*take)(void *arg, const struct route *node), void *arg);

/* The labels that group an alert under a node. `out` is empty before. */
void route_group(const struct route *node, const struct labels *labels,
		 struct labels *out);

#endif
