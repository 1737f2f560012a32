/* settings.h - what the stages read out of the configuration together
 *
 * Pure; any thread. */
#ifndef TOCSIN_ALERT_SETTINGS_H
#define TOCSIN_ALERT_SETTINGS_H

#include "core/config.h"
#include "event/query.h"

/* The setting alert.start: a wall time in ms (of now for "latest") or
 * KAFKA_OFFSET_BEGINNING. */
MUST_CHECK bool alert_start(const struct config *config, int64_t *start,
			    struct error *err);

/* What the table of settings cannot say. */
void alert_check(const struct config *config, struct problems *problems);

/* The further top-level fields that queries, groups and templates may name;
 * borrows from config. */
struct query_options alert_fields(const struct config *config);

/* A topic or group to keep: "<prefix><suffix>", suffix ".alerts" or "-notify";
 * the caller's to free. */
char *alert_name(const char *prefix, const char *suffix);
/* "<prefix>.<name>" into `out` (cleared); borrowed from it. */
const char *alert_topic(const char *prefix, const char *name, struct buf *out);

#endif
