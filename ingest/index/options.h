/* options.h - the index.* settings, checked and at hand
 *
 * Pure; any thread. */
#ifndef TOCSIN_INGEST_INDEX_OPTIONS_H
#define TOCSIN_INGEST_INDEX_OPTIONS_H

#include "core/config.h"
#include "event/query.h"

struct options {
	struct str index_prefix;
	struct str alerts_prefix;
	int64_t start; /* as kafka_consumer_config.start */
	size_t bulk_bytes;
	size_t bulk_events;
	int64_t bulk_age_ms;
	unsigned in_flight;
	size_t buffer_bytes;
	int gzip_level;
	const struct strings *numbers;
	size_t max_event_bytes;
};

/* Everything in *out borrows from `config`. False: a value that no row's range
 * can refuse is wrong (ERROR_CONFIG). */
MUST_CHECK bool options_read(const struct config *config, struct options *out,
			     struct error *err);

/* May daily indices be named PREFIX-YYYY.MM.DD? Lower case, no character that
 * Elasticsearch refuses, and no name that its built-in data stream templates
 * claim (logs-*-*). */
MUST_CHECK bool options_check_prefix(struct str prefix, struct error *err);

/* Neither index template may match the other's indices. */
MUST_CHECK bool options_check_apart(struct str prefix, struct str alerts_prefix,
				    struct error *err);

/* Dotted paths, none the beginning of another, since a number cannot have
 * fields. */
MUST_CHECK bool options_check_numbers(const struct strings *numbers,
				      struct error *err);

/* index.query, parsed, or NULL (ERROR_CONFIG, with the column). The caller
 * frees it. */
MUST_CHECK struct query *options_open_query(const struct config *config,
					    struct error *err);
/* All that is wrong or doubtful about it, at its place in the file. */
void options_check_query(const struct config *config, const char *file,
			 struct problems *problems);

/* "earliest", "latest" or a time, as kafka_consumer_config.start. */
MUST_CHECK bool options_parse_start(const char *text, int64_t *start,
				    struct error *err);

#endif
