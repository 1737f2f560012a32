/* alert.h - `tocsin alert`: events in, notifications out, until told to stop
 *
 * The daemon's shell: one loop, the three stages (stage.h), the status server,
 * signals. SIGTERM or SIGINT: what is in flight is finished; a second one ends
 * at once. SIGHUP: rules are read again, all or nothing. Main thread. */
#ifndef TOCSIN_ALERT_ALERT_H
#define TOCSIN_ALERT_ALERT_H

#include "core/config.h"

/* The rows alert.*, receivers and route. */
extern const struct settings alert_settings;

/* Runs until it is told to stop, and returns true then. False, with *err: the
 * rules or the configuration are wrong (ERROR_CONFIG), or it cannot go on
 * (ERROR_FATAL). Kafka being away is waited out. */
MUST_CHECK bool alert_run(const struct config *config, struct error *err);

#endif
