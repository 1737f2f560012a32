/* ship.h - the daemon that follows files and sends their lines to Kafka */
#ifndef TOCSIN_INGEST_SHIP_SHIP_H
#define TOCSIN_INGEST_SHIP_SHIP_H

#include "core/config.h"

/* The rows ship.*. */
extern const struct settings ship_settings;

/* What is wrong with the values beyond what the rows say. */
MUST_CHECK bool ship_check_settings(const struct config *config,
				    struct error *err);

/* Warn of a machine id that is missing or shared, where ship has files to
 * follow and no ship.host_id. */
void ship_lint(const struct config *c, struct problems *problems);

/* How the configuration is read again. */
struct ship_reload {
	/* Reads and checks all of it; the caller's to close. NULL: it is wrong,
	 * and that was said. */
	struct config *(*read)(void *arg);
	void *arg;
};

/* Runs until SIGTERM or SIGINT: then stops reading, waits up to 25 s for
 * Kafka's confirmations, saves the registry and returns true; at once on the
 * second signal. Reads, besides ship.*: kafka.*, prefix, max_event_bytes.
 *
 * SIGHUP: the configuration is read again, all or nothing. What takes effect is
 * which files are followed and how their lines become events: the rows that are
 * LIVE_IN_SHIP. What else has changed is logged as in need of a restart.
 *
 * Kafka out of reach, a missing topic and a full disk are waited for, not
 * failures. False: a setting is unusable (ERROR_CONFIG). */
MUST_CHECK bool ship_run(const struct config *config,
			 const struct ship_reload *reload, struct error *err);

#endif
