/* Properties and secrets of Kafka: taken, refused, and never shown. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_come_from_text_environment_and_file),
		cmocka_unit_test(what_cannot_be_used_is_named_and_not_shown),
		cmocka_unit_test(a_secret_given_twice_is_named_at_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
