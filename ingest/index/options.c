/* options.c - the index.* settings, checked and at hand
 *
 * Pure; any thread. */
#include "ingest/index/options.h"

#include "core/kafka.h"
#include "event/time.h"
#include "ingest/index/index.h"

#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

enum { PREFIX_BYTES = 200 };

static const struct setting rows[] = {
	{ "index.prefix", SETTING_STRING, "structout", 0, 0, NULL, NULL,
	  "Beginning of the names of the daily indices, PREFIX-YYYY.MM.DD, and "
	  "name of their template." },
	{ "index.alerts_prefix", SETTING_STRING, "alerts", 0, 0, NULL, NULL,
	  "The same for the indices of alerts. Give each prefix its own where "
	  "several share one Elasticsearch." },
	{ "index.data_stream", SETTING_BOOL, "false", 0, 0, NULL, NULL,
	  "Write events to the data stream PREFIX-stream instead of daily "
	  "indices. The weaker promise: an event that comes again after the "
	  "stream has rolled over is there twice." },
	{ "index.lifecycle", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "Lifecycle policy of Elasticsearch (ILM) for the indices of events; "
	  "empty: none. OpenSearch attaches its own by pattern." },
	{ "index.http", SETTING_STRING, "127.0.0.1:9602", 0, 0, NULL,
	  "HOST:PORT",
	  "Where /metrics, /health, /ready and /status are served; empty: "
	  "nowhere." },
	{ "index.start", SETTING_STRING, "earliest", 0, 0, NULL, NULL,
	  "Where to begin in a topic without committed offsets: \"earliest\", "
	  "\"latest\" or a time." },
	{ "index.bulk_bytes", SETTING_BYTES, "8MiB", 64 * KIB, 100 * MIB, NULL,
	  NULL,
	  "A bulk request is sent when it has this size. Halved, until the "
	  "next "
	  "start, when the servers find it too large." },
	{ "index.bulk_events", SETTING_INT | LIVE_IN_INDEX, "10000", 1, 100000,
	  NULL, "events",
	  "A bulk request is sent when it holds this many events." },
	{ "index.bulk_age", SETTING_DURATION | LIVE_IN_INDEX, "200ms", 1, 60000,
	  NULL, NULL,
	  "A bulk request is sent when its first event has waited this long; "
	  "at "
	  "once if no other is under way." },
	{ "index.in_flight", SETTING_INT, "4", 1, 64, NULL, "requests",
	  "At most this many bulk requests at once; how many there are adapts "
	  "to the servers." },
	{ "index.buffer_bytes", SETTING_BYTES | LIVE_IN_INDEX, "128MiB",
	  1 * MIB, 64 * GIB, NULL, NULL,
	  "Reading pauses while events under way hold this much memory. Up to "
	  "a quarter of it is fetched ahead besides." },
	{ "index.gzip", SETTING_INT, "1", 0, 9, NULL, "level",
	  "Compression of bulk requests; 0 turns it off." },
	{ "index.shards", SETTING_INT, "1", 1, 1024, NULL, "shards",
	  "Primary shards of a daily index." },
	{ "index.replicas", SETTING_INT, "1", 0, 32, NULL, "replicas",
	  "Replicas of each shard." },
	{ "index.refresh", SETTING_DURATION, "1s", 100, 3600000, NULL, NULL,
	  "How long until an indexed event can be found." },
	{ "index.query", SETTING_STRING | LIVE_IN_INDEX, "*", 0, 0, NULL, NULL,
	  "Which events are indexed: a Lucene query string, as in rules. The "
	  "others are passed over and counted." },
	{ "index.numbers", SETTING_STRINGS, "", 0, 0, NULL, NULL,
	  "Dotted paths below Additional whose numbers are indexed as real "
	  "numbers, in AdditionalNum." },
};

const struct settings index_settings = { rows, ARRAY_LENGTH(rows) };

static bool claimed(struct str prefix)
{
	static const char *const builtin[] = { "logs-", "metrics-",
					       "synthetics-", "traces-" };

	for (size_t i = 0; i < ARRAY_LENGTH(builtin); i++) {
		if (str_has_prefix(prefix, str_of(builtin[i])))
			return true;
	}
	return false;
}

static bool is_mark(char c)
{
	return c == '-' || c == '_' || c == '.';
}

bool options_check_prefix(struct str prefix, struct error *err)
{
	const char *why = NULL;

	if (prefix.n == 0 || prefix.n > PREFIX_BYTES)
		why = "it must have 1 to 200 bytes";
	else if (is_mark(prefix.s[0]))
		why = "it must not begin with '-', '_' or '.'";
	else if (claimed(prefix))
		why = "Elasticsearch keeps such names for its data streams";
	for (size_t i = 0; !why && i < prefix.n; i++) {
		char c = prefix.s[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		      is_mark(c)))
			why = "only a-z, 0-9, '-', '_' and '.' are "
			      "allowed";
	}
	if (why)
		return error_set(err, ERROR_CONFIG,
				 "could not begin names of indices with "
				 "\"%.*s\": %s",
				 STR_ARG(prefix), why);
	return true;
}

/* PREFIX-* matches what begins with OTHER-. */
static bool catches(struct str prefix, struct str other)
{
	return str_has_prefix(other, prefix) &&
	       (other.n == prefix.n || other.s[prefix.n] == '-');
}

bool options_check_apart(struct str prefix, struct str alerts_prefix,
			 struct error *err)
{
	if (catches(prefix, alerts_prefix) || catches(alerts_prefix, prefix))
		return error_set(err, ERROR_CONFIG,
				 "could not use index.prefix \"%.*s\" beside "
				 "index.alerts_prefix \"%.*s\": events and "
				 "alerts would have the same indices",
				 STR_ARG(prefix), STR_ARG(alerts_prefix));
	return true;
}

static bool is_path(struct str path)
{
	if (path.n == 0 || path.s[0] == '.' || path.s[path.n - 1] == '.')
		return false;
	for (size_t i = 0; i < path.n; i++) {
		if ((unsigned char)path.s[i] < 0x20 ||
		    (path.s[i] == '.' && path.s[i + 1] == '.'))
			return false;
	}
	return true;
}

static bool is_below(struct str path, struct str above)
{
	return str_has_prefix(path, above) &&
	       (path.n == above.n || path.s[above.n] == '.');
}

bool options_check_numbers(const struct strings *numbers, struct error *err)
{
	for (size_t i = 0; i < numbers->n; i++) {
		struct str path = str_of(numbers->item[i]);

		if (!is_path(path))
			return error_set(err, ERROR_CONFIG,
					 "could not use index.numbers: \"%s\" "
					 "is no dotted path",
					 path.s);
		for (size_t j = 0; j < numbers->n; j++) {
			const char *above = numbers->item[j];

			if (i != j && is_below(path, str_of(above)))
				return error_set(err, ERROR_CONFIG,
						 "could not use index.numbers: "
						 "\"%s\" is or lies below "
						 "\"%s\"",
						 path.s, above);
		}
	}
	return true;
}

bool options_parse_start(const char *text, int64_t *start, struct error *err)
{
	struct time_read time;

	if (strcmp(text, "earliest") == 0) {
		*start = KAFKA_OFFSET_BEGINNING;
	} else if (strcmp(text, "latest") == 0) {
		*start = KAFKA_OFFSET_END;
	} else if (time_parse_any(str_of(text), &time) && time.ns >= 0) {
		*start = time.ns / 1000000;
	} else {
		return error_set(err, ERROR_CONFIG,
				 "could not use index.start \"%s\": write "
				 "\"earliest\", \"latest\" or a time such as "
				 "\"2026-11-23T09:00:00Z\"",
				 text);
	}
	return true;
}

static bool check_prefix_of(const struct config *config, const char *path,
			    struct error *err)
{
	if (options_check_prefix(str_of(config_string(config, path)), err))
		return true;
	error_prefix(err, "%s", path);
	return config_blame(config, path, err);
}

bool options_read(const struct config *config, struct options *out,
		  struct error *err)
{
	struct options o = {
		.index_prefix = str_of(config_string(config, "index.prefix")),
		.alerts_prefix =
			str_of(config_string(config, "index.alerts_prefix")),
		.bulk_bytes = (size_t)config_int(config, "index.bulk_bytes"),
		.bulk_events = (size_t)config_int(config, "index.bulk_events"),
		.bulk_age_ms = config_int(config, "index.bulk_age"),
		.in_flight = (unsigned)config_int(config, "index.in_flight"),
		.buffer_bytes =
			(size_t)config_int(config, "index.buffer_bytes"),
		.gzip_level = (int)config_int(config, "index.gzip"),
		.numbers = config_strings(config, "index.numbers"),
		.max_event_bytes =
			(size_t)config_int(config, "max_event_bytes"),
	};

	if (!check_prefix_of(config, "index.prefix", err) ||
	    !check_prefix_of(config, "index.alerts_prefix", err))
		return false;
	if (!options_check_apart(o.index_prefix, o.alerts_prefix, err))
		return config_blame(config, "index.prefix", err);
	if (!options_check_numbers(o.numbers, err))
		return config_blame(config, "index.numbers", err);
	if (!options_parse_start(config_string(config, "index.start"), &o.start,
				 err))
		return config_blame(config, "index.start", err);
	*out = o;
	return true;
}
