/* ship.h - the daemon that follows files and sends their lines to Kafka */
#ifndef TOCSIN_INGEST_SHIP_SHIP_H
#define TOCSIN_INGEST_SHIP_SHIP_H

#include "core/config.h"

/* The rows ship.*. */
extern const struct settings ship_settings;

/* What is wrong with the values beyond what the rows say. */
MUST_CHECK bool ship_check_settings(const struct config *config,
				    struct error *err);

/* Runs until SIGTERM or SIGINT: then stops reading, waits up to 25 s for
 * Kafka's confirmations, saves the registry and returns true; at once on the
 * second signal. Reads, besides ship.*: kafka.*, prefix, max_event_bytes.
 *
 * Kafka out of reach, a missing topic and a full disk are waited for, not
 * failures. False: a setting is unusable (ERROR_CONFIG). */
MUST_CHECK bool ship_run(const struct config *config, struct error *err);

#endif
