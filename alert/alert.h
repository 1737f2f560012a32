/* alert.h - `tocsin alert`: events in, notifications out, until told to stop
 *
 * The daemon's shell: one loop, the three stages (stage.h), the status server,
 * signals. SIGTERM or SIGINT: what is in flight is finished; a second one ends
 * at once. SIGHUP: configuration and rules are read again, all or nothing; a
 * change of a setting that is not LIVE_IN_ALERT is refused. Main thread. */
#ifndef TOCSIN_ALERT_ALERT_H
#define TOCSIN_ALERT_ALERT_H

#include "core/config.h"

/* The rows alert.*, receivers and route. */
extern const struct settings alert_settings;

struct alert_reload {
	/* Reads and checks all of it; the caller's to close. NULL: it is wrong,
	 * and that was said. */
	struct config *(*read)(void *arg);
	void *arg;
};

/* Runs until it is told to stop, and returns true then. False, with *err: the
 * rules or the configuration are wrong (ERROR_CONFIG), or it cannot go on
 * (ERROR_FATAL). Kafka being away is waited out. */
MUST_CHECK bool alert_run(const struct config *config,
			  const struct alert_reload *reload, struct error *err);

#endif
