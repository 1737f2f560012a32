/* notify_config.h - what the configuration says to the notify stage
 *
 * Loop thread. */
#ifndef TOCSIN_ALERT_NOTIFY_NOTIFY_CONFIG_H
#define TOCSIN_ALERT_NOTIFY_NOTIFY_CONFIG_H

#include "alert/notify/hold.h"
#include "alert/notify/receiver.h"

/* Receivers with their secrets, routes, inhibitions and mute times; all are the
 * caller's to release. False: something is wrong, see problems. */
bool notify_read(const struct config *config, struct receivers *receivers,
		 struct route **root, struct inhibit **inhibit,
		 struct mute **mute, struct problems *problems);

#endif
