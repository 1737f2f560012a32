/* topics.c - the topics that index cannot do without
 *
 * Dead letters count among them: without their topic the first one would hold
 * up everything behind it. Owns nothing; loop thread only. */
#include "ingest/index/topics.h"

enum { ASK_MS = 5000 };

bool topics_exist(const struct config *config, struct error *err)
{
	static const char *const name[] = { "logs", "alerts", "dead" };
	struct kafka_options options = kafka_options_of(config, "tocsin-index");
	AUTO(buf_release) struct buf topic = { 0 };
	int partitions = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(name); i++) {
		buf_clear(&topic);
		buf_add_format(&topic, "%s.%s", config_string(config, "prefix"),
			       name[i]);
		if (!kafka_topic_partitions(&options, buf_text(&topic),
					    &partitions, ASK_MS, err))
			return false;
		if (partitions == 0)
			return error_set(
				err, ERROR_RETRY,
				"could not find topic \"%s\": run tocsin setup",
				buf_text(&topic));
	}
	return true;
}
