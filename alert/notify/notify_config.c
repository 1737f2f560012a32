/* notify_config.c - what the configuration says to the notify stage
 *
 * Loop thread. */
#include "alert/notify/notify_config.h"

#include <stdlib.h>

#include "alert/stage.h"

bool notify_read(const struct config *config, struct receivers *receivers,
		 struct route **root, struct inhibit **inhibit,
		 struct mute **mute, struct problems *problems)
{
	struct strings names;

	receivers_read(config_tree(config, "receivers"), receivers, problems);
	receivers_names(config_tree(config, "receivers"), &names);
	*root = route_read(config_tree(config, "route"), &names, problems);
	free(names.item);
	*inhibit = inhibit_read(config_tree(config, "inhibit"), problems);
	*mute = mute_read(config_tree(config, "mute_times"), problems);
	mute_check_routes(*mute, config_tree(config, "route"), problems);
	return problems->errors == 0;
}

void notify_check(const struct config *config, struct strings *names,
		  struct problems *problems)
{
	struct receivers receivers;
	struct inhibit *inhibit;
	struct route *root;
	struct mute *mute;

	notify_read(config, &receivers, &root, &inhibit, &mute, problems);
	receivers_names(config_tree(config, "receivers"), names);
	inhibit_close(inhibit);
	mute_close(mute);
	route_free(root);
	receivers_release(&receivers);
}
