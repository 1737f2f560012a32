/* policy.c - what the configuration says about who is told of what
 *
 * Owns what it read. Loop thread. */
#include "alert/notify/policy.h"

#include <stdlib.h>

#include "alert/notify/receiver.h"

bool policy_read(const struct config *config, struct policy *out,
		 struct error *err)
{
	struct problems problems = { 0 };
	bool ok;

	*out = (struct policy){ 0 };
	receivers_names(config_tree(config, "receivers"), &out->receivers);
	out->root = route_read(config_tree(config, "route"), &out->receivers,
			       &problems);
	out->inhibit = inhibit_read(config_tree(config, "inhibit"), &problems);
	out->mute = mute_read(config_tree(config, "mute_times"), &problems);
	mute_check_routes(out->mute, config_tree(config, "route"), &problems);
	ok = problems_ok(&problems, err);
	problems_release(&problems);
	if (!ok)
		policy_release(out);
	return ok;
}

void policy_release(struct policy *p)
{
	route_free(p->root);
	inhibit_close(p->inhibit);
	mute_close(p->mute);
	free(p->receivers.item);
	*p = (struct policy){ 0 };
}

void policy_route(const struct policy *p, const struct alert_pairs *receivers,
		  const struct labels *labels,
		  void (*take)(void *arg, const struct route *node), void *arg)
{
	if (receivers->n == 0) {
		route_match(p->root, labels, take, arg);
		return;
	}
	for (size_t i = 0; i < receivers->n; i++) {
		struct route *node =
			route_direct(p->root, receivers->item[i].value);

		take(arg, node);
		route_free(node);
	}
}
