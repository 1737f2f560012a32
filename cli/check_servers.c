/* check_servers.c - `tocsin check --servers`: is everything there?
 *
 * Owns the connections while it asks. Main thread. */
#include "cli/check_servers.h"

#include <stdio.h>

#include "core/kafka.h"
#include "core/loop.h"
#include "ingest/index/elastic.h"

enum { WAIT_MS = 10000, ANSWER_LIMIT_BYTES = 65536 };

static const char *const topics[] = { "logs",    "dead",   "matches",
				      "memory",  "alerts", "deliveries",
				      "silences" };

/* The graver of two exit statuses. */
static int worse(int a, int b)
{
	return a > b ? a : b;
}

static int check_topic(const struct config *config,
		       const struct kafka_options *kafka, const char *topic)
{
	struct buf name = { 0 };
	struct error err;
	int partitions = 0;
	int status = EXIT_STATUS_DONE;

	buf_add_format(&name, "%s.%s", config_string(config, "prefix"), topic);
	if (!kafka_topic_partitions(kafka, buf_text(&name), &partitions,
				    WAIT_MS, &err)) {
		printf("kafka: %s\n", err.text);
		status = EXIT_STATUS_UNREACHABLE;
	} else if (partitions == 0) {
		printf("kafka: topic \"%s\" does not exist; tocsin setup "
		       "creates it\n",
		       buf_text(&name));
		status = EXIT_STATUS_FINDINGS;
	} else {
		printf("kafka: ok, topic \"%s\" has %d partitions\n",
		       buf_text(&name), partitions);
	}
	buf_release(&name);
	return status;
}

/* Once the brokers do not answer for one topic, they will not for others. */
static int check_kafka(const struct config *config)
{
	struct kafka_options kafka = kafka_options_of(config, "tocsin-check");
	int status = EXIT_STATUS_DONE;

	for (size_t i = 0; i < ARRAY_LENGTH(topics); i++) {
		status = worse(status, check_topic(config, &kafka, topics[i]));
		if (status == EXIT_STATUS_UNREACHABLE)
			break;
	}
	return status;
}

/* Any answer but a refusal says that it is there: some clusters answer `/`
 * only with a part of themselves. */
static int judge_elastic(int status)
{
	if (status == 401 || status == 403) {
		printf("elasticsearch: refused us with status %d; are "
		       "user, password or key right?\n",
		       status);
		return EXIT_STATUS_UNREACHABLE;
	}
	if (status >= 500 || status == 400) { /* 400: no certificate of ours */
		printf("elasticsearch: answered with status %d\n", status);
		return EXIT_STATUS_UNREACHABLE;
	}
	printf("elasticsearch: ok, it answered\n");
	return EXIT_STATUS_DONE;
}

static int ask_elastic(struct elastic *elastic)
{
	const struct elastic_request request = {
		.method = "GET",
		.path = "/",
		.timeout_ms = WAIT_MS,
		.answer_limit = ANSWER_LIMIT_BYTES,
	};
	struct buf body = { 0 };
	struct error err;
	int status = 0;
	bool answered = elastic_do(elastic, &request, &status, &body, &err);

	buf_release(&body);
	if (answered)
		return judge_elastic(status);
	printf("elasticsearch: %s\n", err.text);
	return EXIT_STATUS_UNREACHABLE;
}

static int check_elastic(struct loop *loop, const struct config *config)
{
	struct error err;
	struct elastic *elastic = elastic_open(loop, config, &err);
	int status;

	if (!elastic) {
		printf("elasticsearch: %s\n", err.text);
		return (int)error_exit_status(&err);
	}
	status = ask_elastic(elastic);
	elastic_close(elastic);
	return status;
}

int check_servers(const struct config *config)
{
	struct error err;
	struct loop *loop = loop_open(&err);
	int status;

	if (!loop) {
		printf("%s\n", err.text);
		return (int)error_exit_status(&err);
	}
	status = check_kafka(config);
	status = worse(status, check_elastic(loop, config));
	loop_close(loop);
	return status;
}
