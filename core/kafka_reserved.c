/* kafka_reserved.c - the properties of librdkafka that are Tocsin's own
 *
 * What rests on them is that nothing is lost and nothing told twice; speed,
 * memory and whom to trust are the user's. Constant; any thread. */
#include "core/kafka_internal.h"

#define NO_LOSS "with another nothing holds that no event is lost"
#define EFFECT_FIRST                                                           \
	"offsets are committed after what they stand for is done, by Tocsin"
#define GROUPS  "the groups that share work out are Tocsin's, see \"prefix\""
#define RETRIED "a record is tried until Kafka has it"

static const struct reserved {
	const char *name;
	const char *value; /* the only one that may be given; NULL: none */
	const char *why;   /* or what to set instead */
} rows[] = {
	{ "bootstrap.servers", NULL, "set \"kafka.brokers\"" },
	{ "metadata.broker.list", NULL, "set \"kafka.brokers\"" },
	/* sending */
	{ "acks", "all", NO_LOSS },
	{ "request.required.acks", "all", NO_LOSS },
	{ "enable.idempotence", "true",
	  "without it records are lost or doubled, and change places" },
	{ "transactional.id", NULL, "Tocsin does not use transactions" },
	{ "message.timeout.ms", "0", RETRIED },
	{ "delivery.timeout.ms", "0", RETRIED },
	{ "retries", NULL, RETRIED },
	{ "message.send.max.retries", NULL, RETRIED },
	{ "delivery.report.only.error", "false",
	  "Tocsin goes on when it is told what was delivered" },
	{ "partitioner", "murmur2_random",
	  "the same key must come to the same partition from every program" },
	{ "queuing.strategy", "fifo", "lines keep their order" },
	{ "message.max.bytes", NULL, "set \"max_event_bytes\"" },
	{ "test.mock.num.brokers", NULL,
	  "events would end in the memory of this program" },
	/* reading */
	{ "group.id", NULL, GROUPS },
	{ "group.instance.id", NULL, GROUPS },
	{ "group.protocol", "classic", GROUPS },
	{ "group.protocol.type", "consumer", GROUPS },
	{ "group.remote.assignor", NULL, GROUPS },
	{ "partition.assignment.strategy", "cooperative-sticky", GROUPS },
	{ "enable.auto.commit", NULL, EFFECT_FIRST },
	{ "auto.commit.enable", NULL, EFFECT_FIRST },
	{ "auto.commit.interval.ms", NULL, EFFECT_FIRST },
	{ "enable.auto.offset.store", "false", EFFECT_FIRST },
	{ "offset.store.method", "broker", EFFECT_FIRST },
	{ "auto.offset.reset", NULL,
	  "set \"index.start\" and \"alert.start\"" },
	{ "isolation.level", "read_committed",
	  "what a producer has taken back is no event" },
	{ "enable.partition.eof", "true",
	  "the clock of rules needs to know where a topic ends" },
	{ "check.crcs", "true", "damaged records must not pass" },
	/* both */
	{ "allow.auto.create.topics", "false",
	  "\"tocsin setup\" makes the topics as they must be" },
	{ "api.version.request", "true",
	  "without it records lose the headers that name their cause" },
	{ "enabled_events", NULL,
	  "Tocsin takes what librdkafka tells in its own way" },
};

/* librdkafka takes "topic.acks" for "acks". */
static const struct reserved *reserved_by(const char *property,
					  const char **value)
{
	const char *name = property;

	if (strncmp(name, "topic.", 6) == 0)
		name += 6;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		size_t n = strlen(rows[i].name);

		if (strncmp(name, rows[i].name, n) == 0 && name[n] == '=') {
			*value = name + n + 1;
			return &rows[i];
		}
	}
	return NULL;
}

void kafka_reserved_check(const struct config *c, struct problems *problems)
{
	const struct strings *given = config_strings(c, "kafka.properties");

	for (size_t i = 0; i < given->n; i++) {
		const char *value;
		const struct reserved *row =
			reserved_by(given->item[i], &value);

		if (row && (!row->value || strcmp(value, row->value) != 0))
			problems_at(problems, PROBLEM_ERROR,
				    config_item_node(c, "kafka.properties", i),
				    "property \"%s\" of \"kafka.properties\" "
				    "is Tocsin's own%s%s: leave it out; %s",
				    row->name, row->value ? ", always " : "",
				    row->value ? row->value : "", row->why);
	}
}
