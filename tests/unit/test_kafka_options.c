/* Properties and secrets of Kafka: taken, refused, and never shown. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/kafka_internal.h"
#include "tests/unit/test_support.h"

struct given {
	struct conf *tree;
	struct config *config;
	struct problems problems;
	struct kafka_options options;
};

/* `inside` stands in the group kafka, on line 2. */
static void given_text(struct given *g, const char *inside)
{
	AUTO(buf_release) struct buf text = { 0 };
	struct error err;

	*g = (struct given){ 0 };
	buf_add_format(&text, "kafka = {\n %s };", inside);
	g->tree = conf_read_text("t.conf", buf_text(&text), &err);
	if (!g->tree)
		fail_msg("%s", err.text);
	g->config = config_check(g->tree, &kafka_settings, 1, &g->problems);
	assert_int_equal(g->problems.n, 0);
	kafka_settings_check(g->config, &g->problems);
	g->options = kafka_options_of(g->config, "test");
}

static void given_release(struct given *g)
{
	config_close(g->config);
	conf_free(g->tree);
	problems_release(&g->problems);
}

static void assert_property(const char *inside, const char *name,
			    const char *expected)
{
	struct given g;
	struct error err;
	char value[128];
	size_t n = sizeof(value);
	rd_kafka_conf_t *conf;

	given_text(&g, inside);
	assert_int_equal(g.problems.n, 0);
	conf = kafka_conf(&g.options, NULL, 0, &err);
	if (!conf)
		fail_msg("%s", err.text);
	assert_int_equal(rd_kafka_conf_get(conf, name, value, &n),
			 RD_KAFKA_CONF_OK);
	assert_string_equal(value, expected);
	rd_kafka_conf_destroy(conf);
	given_release(&g);
}

static void secrets_come_from_text_environment_and_file(void **state)
{
	char path[] = "/tmp/tocsin-kafka-XXXXXX";
	AUTO(buf_release) struct buf inside = { 0 };
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "from file\n", 10), 10);
	close(fd);
	setenv("TOCSIN_TEST_SECRET", "from env", 1);
	assert_property("properties = [\"sasl.password=a=${b}\"];",
			"sasl.password", "a=${b}");
	assert_property(
		"properties = [\"sasl.password=${TOCSIN_TEST_SECRET}\"];",
		"sasl.password", "from env");
	assert_property("sasl_password = \"from text\";", "sasl.password",
			"from text");
	assert_property("sasl_password = \"${TOCSIN_TEST_SECRET}\";",
			"sasl.password", "from env");
	buf_add_format(&inside, "sasl_password_file = \"%s\";", path);
	assert_property(buf_text(&inside), "sasl.password", "from file");
	buf_clear(&inside);
	buf_add_format(&inside, "ssl_key_password_file = \"%s\";", path);
	assert_property(buf_text(&inside), "ssl.key.password", "from file");
	unsetenv("TOCSIN_TEST_SECRET");
	unlink(path);
}

static void what_cannot_be_used_is_named_and_not_shown(void **state)
{
	static const struct {
		const char *inside, *said;
	} row[] = {
		{ "properties = [\"acks=all\", \"hunter2\"];", "number 2" },
		{ "properties = [\"=hunter2\"];", "number 1" },
		{ "properties = [\"sasl.pasword=hunter2\"];",
		  "\"sasl.pasword\"" },
		{ "properties = [\"linger.ms=${TOCSIN_TEST_SECRET}\"];",
		  "\"linger.ms\"" },
		{ "properties = [\"sasl.password=${TOCSIN_NOT_SET}\"];",
		  "kafka.properties: sasl.password" },
		{ "sasl_password = \"${TOCSIN_NOT_SET}\";",
		  "kafka.sasl_password" },
		{ "sasl_password_file = \"/nowhere/password\";",
		  "kafka.sasl_password_file" },
	};

	(void)state;
	setenv("TOCSIN_TEST_SECRET", "hunter2", 1);
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		struct error err = { 0 };
		struct given g;

		given_text(&g, row[i].inside);
		if (kafka_options_check(&g.options, &err))
			fail_msg("row %zu was taken", i);
		assert_int_equal(err.kind, ERROR_CONFIG);
		if (!strstr(err.text, row[i].said))
			fail_msg("row %zu: %s", i, err.text);
		assert_null(strstr(err.text, "hunter2"));
		given_release(&g);
	}
	unsetenv("TOCSIN_TEST_SECRET");
}

static void a_secret_given_twice_is_named_at_its_line(void **state)
{
	static const char *const row[] = {
		"sasl_password = \"a\"; sasl_password_file = \"b\";",
		"sasl_password_file = \"b\"; "
		"properties = [\"sasl.password=a\"];",
		"ssl_key_password = \"b\"; "
		"properties = [\"ssl.key.password=a\"];",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		struct given g;

		given_text(&g, row[i]);
		assert_int_equal(g.problems.errors, 1);
		assert_int_equal(g.problems.item[0].line, 2);
		assert_non_null(strstr(g.problems.item[0].text, "keep one"));
		given_release(&g);
	}
}

/* Says "LINE name" of what was refused, nothing else. */
static void assert_refused(const char *inside, int line, const char *name)
{
	AUTO(buf_release) struct buf quoted = { 0 };
	struct given g;

	given_text(&g, inside);
	buf_add_format(&quoted, "\"%s\"", name);
	if (g.problems.errors != 1)
		fail_msg("%s: %zu errors", inside, g.problems.errors);
	assert_string_equal(g.problems.item[0].file, "t.conf");
	assert_int_equal(g.problems.item[0].line, line);
	if (!strstr(g.problems.item[0].text, buf_text(&quoted)) ||
	    !strstr(g.problems.item[0].text, "leave it out"))
		fail_msg("%s: %s", inside, g.problems.item[0].text);
	given_release(&g);
}

static void
a_property_that_breaks_a_promise_is_refused_at_its_line(void **state)
{
	static const char *const row[] = {
		"acks=0",
		"acks=1",
		"request.required.acks=1",
		"enable.idempotence=false",
		"message.timeout.ms=1000",
		"retries=0",
		"partitioner=random",
		"message.max.bytes=1000",
		"delivery.report.only.error=true",
		"transactional.id=x",
		"bootstrap.servers=elsewhere:9092",
		"test.mock.num.brokers=1",
		"group.id=mine",
		"group.instance.id=one",
		"partition.assignment.strategy=range",
		"enable.auto.commit=true",
		"auto.commit.interval.ms=0",
		"enable.auto.offset.store=true",
		"offset.store.method=none",
		"auto.offset.reset=latest",
		"isolation.level=read_uncommitted",
		"enable.partition.eof=false",
		"check.crcs=false",
		"allow.auto.create.topics=true",
		"api.version.request=false",
		"enabled_events=255",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		AUTO(buf_release) struct buf inside = { 0 };
		AUTO(free_text)
		char *name = str_dup(str_slice(row[i], strcspn(row[i], "=")));

		buf_add_format(&inside,
			       "properties = [\n\"linger.ms=5\",\n\"%s\"];",
			       row[i]);
		assert_refused(buf_text(&inside), 4, name);
	}
	/* One string instead of a list; the prefix that librdkafka strips. */
	assert_refused("properties = \"acks=1\";", 2, "acks");
	assert_refused("properties = \"topic.acks=1\";", 2, "acks");
}

static size_t errors_with(const char *property)
{
	AUTO(buf_release) struct buf inside = { 0 };
	struct given g;
	size_t errors;

	buf_add_format(&inside, "properties = [\"%s\"];", property);
	given_text(&g, buf_text(&inside));
	errors = g.problems.errors;
	given_release(&g);
	return errors;
}

static void other_properties_and_what_is_so_anyway_pass(void **state)
{
	static const char *const row[] = {
		"acks=all",
		"enable.idempotence=true",
		"ssl.endpoint.identification.algorithm=none",
		"linger.ms=5",
		"compression.type=zstd",
		"session.timeout.ms=45000",
		"topic.metadata.refresh.interval.ms=1000",
		"client.rack=a",
		"security.protocol=SASL_SSL",
		"acks.more=1",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		if (errors_with(row[i]) != 0)
			fail_msg("%s was refused", row[i]);
	}
}

/* "NAME | C/P | range | default | importance | Alias for `OTHER`: ..." */
static bool read_alias(const char *line, char name[64], char other[64])
{
	const char *alias = strstr(line, "Alias for `");

	return alias && sscanf(line, "%63s", name) == 1 &&
	       sscanf(alias, "Alias for `%63[^`]", other) == 1;
}

static void another_name_of_a_property_is_treated_alike(void **state)
{
	char *text = NULL, *end;
	size_t n, aliases = 0, refused = 0;
	FILE *out = open_memstream(&text, &n);

	(void)state;
	rd_kafka_conf_properties_show(out);
	fclose(out);
	for (char *line = text; (end = strchr(line, '\n')); line = end + 1) {
		char name[64], other[64], one[80], two[80];

		*end = '\0';
		if (!read_alias(line, name, other))
			continue;
		snprintf(one, sizeof(one), "%s=?", name);
		snprintf(two, sizeof(two), "%s=?", other);
		if (errors_with(one) != errors_with(two))
			fail_msg("%s is not treated as %s", name, other);
		aliases++;
		refused += errors_with(one);
	}
	free(text);
	assert_in_range(aliases, 8, 100);
	assert_in_range(refused, 5, aliases);
}

static void no_broker_at_all_is_told_at_its_line(void **state)
{
	static const char *const row[] = { "", " ", ",", ", ,\t" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		AUTO(buf_release) struct buf inside = { 0 };
		struct given g;

		buf_add_format(&inside, "brokers = \"%s\";", row[i]);
		given_text(&g, buf_text(&inside));
		assert_int_equal(g.problems.errors, 1);
		assert_int_equal(g.problems.item[0].line, 2);
		assert_non_null(strstr(g.problems.item[0].text,
				       "\"kafka.brokers\" names no broker"));
		given_release(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_come_from_text_environment_and_file),
		cmocka_unit_test(what_cannot_be_used_is_named_and_not_shown),
		cmocka_unit_test(a_secret_given_twice_is_named_at_its_line),
		cmocka_unit_test(
			a_property_that_breaks_a_promise_is_refused_at_its_line),
		cmocka_unit_test(other_properties_and_what_is_so_anyway_pass),
		cmocka_unit_test(another_name_of_a_property_is_treated_alike),
		cmocka_unit_test(no_broker_at_all_is_told_at_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
