#include "core/config.h"

#include "tests/unit/test_support.h"

static const char *const levels[] = { "debug", "info", "warn", NULL };

static const struct setting rows[] = {
	{ "prefix", SETTING_STRING, "tocsin", 0, 0, NULL, NULL,
	  "Begins the names of topics and groups." },
	{ "kafka.brokers", SETTING_STRING, "localhost:9092", 0, 0, NULL, NULL,
	  "Where to ask first." },
	{ "kafka.partitions", SETTING_INT, "6", 1, 100, NULL, NULL,
	  "How many each topic gets." },
	{ "kafka.properties", SETTING_STRINGS, "a=1, b=2", 0, 0, NULL, NULL,
	  "Passed on." },
	{ "ship.state", SETTING_STRING, "/var/lib", 0, 0, NULL, NULL,
	  "Where." },
};
static const struct setting more_rows[] = {
	{ "alert.lateness", SETTING_DURATION, "5s", 0, 3600000, NULL, NULL,
	  "How long absence waits." },
	{ "alert.memory", SETTING_BYTES, "8MiB", 1024, INT64_MAX, NULL, NULL,
	  "How much." },
	{ "alert.share", SETTING_REAL, "0.5", 0, 1, NULL, NULL, "A share." },
	{ "alert.floor", SETTING_REAL, "", 0, 0, NULL, NULL, "Any number." },
	{ "log.level", SETTING_CHOICE, "info", 0, 0, levels, NULL, "Which." },
	{ "log.colour", SETTING_BOOL, "true", 0, 0, NULL, NULL, "Whether." },
	{ "receivers", SETTING_TREE, "", 0, 0, NULL, NULL, "Whom to tell." },
};
static const struct settings tables[] = {
	{ rows, ARRAY_LENGTH(rows) },
	{ more_rows, ARRAY_LENGTH(more_rows) },
};

struct checked {
	struct conf *root;
	struct config *config;
	struct problems problems;
};

static struct checked check(const char *text)
{
	struct checked c = { .root = conf_read_text("f", text, NULL) };

	assert_non_null(c.root);
	c.config =
		config_check(c.root, tables, ARRAY_LENGTH(tables), &c.problems);
	return c;
}

static void release(struct checked *c)
{
	config_close(c->config);
	conf_free(c->root);
	problems_release(&c->problems);
}

static void what_is_not_written_reads_as_its_default(void **state)
{
	struct checked c = check("");
	const struct strings *list;

	(void)state;
	assert_int_equal(c.problems.n, 0);
	assert_string_equal(config_string(c.config, "prefix"), "tocsin");
	assert_int_equal(config_int(c.config, "kafka.partitions"), 6);
	assert_int_equal(config_int(c.config, "alert.lateness"), 5000);
	assert_int_equal(config_int(c.config, "alert.memory"), 8 << 20);
	assert_true(config_real(c.config, "alert.share") == 0.5);
	assert_int_equal(config_choice(c.config, "log.level"), 1);
	assert_true(config_bool(c.config, "log.colour"));
	assert_null(config_tree(c.config, "receivers"));
	list = config_strings(c.config, "kafka.properties");
	assert_int_equal(list->n, 2);
	assert_string_equal(list->item[0], "a=1");
	assert_string_equal(list->item[1], "b=2");
	assert_false(config_is_set(c.config, "prefix"));
	assert_null(config_node(c.config, "prefix"));
	release(&c);
}

static void what_is_written_is_read(void **state)
{
	struct checked c =
		check("prefix = \"other\";\n"
		      "kafka = { partitions = 3; properties = \"x=1\"; };\n"
		      "alert = { lateness = \"2m\"; memory = \"1KiB\";\n"
		      "  share = 1; floor = -2.5; };\n"
		      "log = { level = \"warn\"; colour = false; };\n"
		      "receivers = ( { name = \"ops\"; } );\n");

	(void)state;
	assert_int_equal(c.problems.n, 0);
	assert_string_equal(config_string(c.config, "prefix"), "other");
	assert_int_equal(config_int(c.config, "kafka.partitions"), 3);
	assert_int_equal(config_strings(c.config, "kafka.properties")->n, 1);
	assert_int_equal(config_int(c.config, "alert.lateness"), 120000);
	assert_int_equal(config_int(c.config, "alert.memory"), 1024);
	assert_true(config_real(c.config, "alert.share") == 1.0);
	assert_true(config_real(c.config, "alert.floor") == -2.5);
	assert_int_equal(config_choice(c.config, "log.level"), 2);
	assert_false(config_bool(c.config, "log.colour"));
	assert_int_equal(config_tree(c.config, "receivers")->n, 1);
	assert_true(config_is_set(c.config, "prefix"));
	assert_int_equal(config_node(c.config, "log.level")->line, 5);
	release(&c);
}

static void what_is_wrong_is_named_with_its_remedy(void **state)
{
	static const struct {
		const char *text, *wanted;
	} table[] = {
		{ "prefx = \"a\";",
		  "unknown setting \"prefx\"; did you mean \"prefix\"?" },
		{ "kafka = { broker = \"a\"; };",
		  "unknown setting \"kafka.broker\"; did you mean "
		  "\"kafka.brokers\"?" },
		{ "kafak = { brokers = \"a\"; };",
		  "unknown setting \"kafak\"; did you mean \"kafka\"?" },
		{ "ship = { partitions = 1; };",
		  "unknown setting \"ship.partitions\"; did you mean "
		  "\"kafka.partitions\"?" },
		{ "zzzzzzzz = 1;", "unknown setting \"zzzzzzzz\"" },
		{ "kafka = { partitions = 0; };",
		  "\"kafka.partitions\" must be between 1 and 100" },
		{ "kafka = { partitions = \"6\"; };",
		  "\"kafka.partitions\" must be a whole number, not a string" },
		{ "kafka = { partitions = 1.5; };",
		  "\"kafka.partitions\" must be a whole number, not a number" },
		{ "kafka = 1;",
		  "\"kafka\" must be a group { }, not a whole number" },
		{ "prefix = 1;",
		  "\"prefix\" must be a string, not a whole number" },
		{ "alert = { lateness = 5; };",
		  "\"alert.lateness\" must be a duration such as \"5s\", not a "
		  "whole number" },
		{ "alert = { lateness = \"5 s\"; };",
		  "\"alert.lateness\" must be one whole number and one of the "
		  "units ms s m h d, such as \"90s\"" },
		{ "alert = { lateness = \"2h\"; };",
		  "\"alert.lateness\" must be between 0s and 1h" },
		{ "alert = { memory = 10; };",
		  "\"alert.memory\" must be at least 1KiB" },
		{ "alert = { memory = \"1kb\"; };",
		  "\"alert.memory\" must be one whole number and one of the "
		  "units B KiB MiB GiB, such as \"8MiB\"" },
		{ "alert = { share = 1.01; };",
		  "\"alert.share\" must be between 0 and 1" },
		{ "log = { level = \"wran\"; };",
		  "\"log.level\" must be one of debug, info, warn; did you "
		  "mean \"warn\"?" },
		{ "log = { colour = 1; };",
		  "\"log.colour\" must be true or false, not a whole number" },
		{ "kafka = { properties = ( 1 ); };",
		  "\"kafka.properties\" must be a list of strings such as "
		  "(\"a\", \"b\")" },
		{ "receivers = \"ops\";",
		  "\"receivers\" must be a group { } or a list ( ), not a "
		  "string" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct checked c = check(table[i].text);

		assert_int_equal(c.problems.errors, 1);
		assert_string_equal(c.problems.item[0].text, table[i].wanted);
		assert_string_equal(c.problems.item[0].file, "f");
		assert_int_equal(c.problems.item[0].line, 1);
		release(&c);
	}
}

static void a_wrong_value_reads_as_the_default(void **state)
{
	struct checked c = check("kafka = { partitions = 1000; };\n"
				 "log = { level = \"loud\"; };");

	(void)state;
	assert_int_equal(c.problems.errors, 2);
	assert_int_equal(config_int(c.config, "kafka.partitions"), 6);
	assert_int_equal(config_choice(c.config, "log.level"), 1);
	release(&c);
}

static void a_required_setting_that_is_missing_is_named(void **state)
{
	static const struct setting required[] = {
		{ "name", SETTING_STRING, NULL, 0, 0, NULL, NULL, "Its name." },
	};
	static const struct settings table = { required, 1 };
	struct conf *root = conf_read_text("f", "\na = ( { } );", NULL);
	struct problems problems = { 0 };

	(void)state;
	config_close(config_check(conf_get(root, "a")->child[0], &table, 1,
				  &problems));
	assert_int_equal(problems.errors, 1);
	assert_string_equal(problems.item[0].text, "\"name\" is missing");
	assert_int_equal(problems.item[0].line, 2);
	problems_release(&problems);
	conf_free(root);
}

static struct config *load(const char *override, struct problems *problems)
{
	return config_load(NULL, &override, 1, tables, ARRAY_LENGTH(tables),
			   problems);
}

static void an_override_takes_bare_text_and_libconfig_syntax(void **state)
{
	static const struct {
		const char *override, *path, *wanted;
	} table[] = {
		{ "prefix=true", "prefix", "true" },
		{ "prefix=\"quoted\"", "prefix", "quoted" },
		{ "prefix=a; b = 1", "prefix", "a; b = 1" },
		{ "prefix=", "prefix", "" },
		{ "kafka.brokers=a:1,b:2", "kafka.brokers", "a:1,b:2" },
		{ "kafka.brokers=x=y", "kafka.brokers", "x=y" },
	};
	struct problems problems = { 0 };
	struct config *c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		c = load(table[i].override, &problems);
		assert_int_equal(problems.n, 0);
		assert_string_equal(config_string(c, table[i].path),
				    table[i].wanted);
		config_close(c);
	}
	c = load("kafka.partitions=9", &problems);
	assert_int_equal(config_int(c, "kafka.partitions"), 9);
	config_close(c);
	c = load("alert.lateness=90s", &problems);
	assert_int_equal(config_int(c, "alert.lateness"), 90000);
	config_close(c);
	c = load("alert.memory=2MiB", &problems);
	assert_int_equal(config_int(c, "alert.memory"), 2 << 20);
	config_close(c);
	c = load("kafka.properties=(\"x\", \"y\")", &problems);
	assert_int_equal(config_strings(c, "kafka.properties")->n, 2);
	config_close(c);
	c = load("receivers=( { name = \"a\"; } )", &problems);
	assert_int_equal(config_tree(c, "receivers")->n, 1);
	config_close(c);
	assert_int_equal(problems.n, 0);
}

static void a_wrong_override_names_the_option_and_not_the_value(void **state)
{
	static const struct {
		const char *override, *file, *text;
	} table[] = {
		{ "kafka.broker=secret", "-s kafka.broker",
		  "unknown setting \"kafka.broker\"; did you mean "
		  "\"kafka.brokers\"?" },
		{ "kafka.partitions=secret", "-s kafka.partitions",
		  "\"kafka.partitions\" must be a whole number, not a string" },
		{ "kafka.partitions=0", "-s kafka.partitions",
		  "\"kafka.partitions\" must be between 1 and 100" },
		{ "nothing", "-s", "\"nothing\" must be key.path=value" },
		{ "=1", "-s", "\"\" is no key.path" },
		{ "a..b=1", "-s", "\"a..b\" is no key.path" },
		{ "kafka=1", "-s kafka",
		  "\"kafka\" must be a group { }, not a whole number" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct problems problems = { 0 };

		config_close(load(table[i].override, &problems));
		assert_int_equal(problems.errors, 1);
		assert_string_equal(problems.item[0].file, table[i].file);
		assert_string_equal(problems.item[0].text, table[i].text);
		problems_release(&problems);
	}
}

static void overrides_win_over_the_file_and_the_last_one_wins(void **state)
{
	static const char *const overrides[] = { "kafka.partitions=7",
						 "kafka.partitions=8",
						 "prefix=x" };
	char path[] = "/tmp/tocsin-test-config-XXXXXX";
	struct problems problems = { 0 };
	struct config *c;
	FILE *f = fdopen(mkstemp(path), "w");

	(void)state;
	assert_non_null(f);
	fputs("kafka = { partitions = 2; brokers = \"b:1\"; };\n", f);
	fclose(f);
	c = config_load(path, overrides, 3, tables, 2, &problems);
	assert_int_equal(problems.n, 0);
	assert_int_equal(config_int(c, "kafka.partitions"), 8);
	assert_string_equal(config_string(c, "kafka.brokers"), "b:1");
	assert_string_equal(config_string(c, "prefix"), "x");
	config_close(c);
	assert_int_equal(remove(path), 0);
	config_close(config_load(path, NULL, 0, tables, 2, &problems));
	assert_int_equal(problems.errors, 1);
	assert_string_equal(problems.item[0].file, path);
	problems_release(&problems);
}

static void durations_and_sizes_are_a_number_and_a_unit(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: refused */
	} durations[] = {
		{ "0s", 0 },
		{ "500ms", 500 },
		{ "90s", 90000 },
		{ "5m", 300000 },
		{ "2h", 7200000 },
		{ "7d", 604800000 },
		{ "5", -1 },
		{ "s", -1 },
		{ "", -1 },
		{ "-5s", -1 },
		{ "5 s", -1 },
		{ "1h30m", -1 },
		{ "1.5s", -1 },
		{ "5S", -1 },
		{ "+5s", -1 },
		{ "9223372036854775807d", -1 },
		{ "99999999999999999999s", -1 },
	};
	static const struct {
		const char *text;
		int64_t bytes;
	} sizes[] = {
		{ "0", 0 },
		{ "1048576", 1 << 20 },
		{ "64KiB", 65536 },
		{ "1GiB", 1 << 30 },
		{ "7B", 7 },
		{ "1KB", -1 },
		{ "MiB", -1 },
		{ "-1", -1 },
		{ "8589934592GiB", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(durations); i++) {
		int64_t ms = -1;

		assert_int_equal(duration_parse(str_of(durations[i].text), &ms),
				 durations[i].ms >= 0);
		assert_int_equal(ms, durations[i].ms);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
		int64_t bytes = -1;

		assert_int_equal(bytes_parse(str_of(sizes[i].text), &bytes),
				 sizes[i].bytes >= 0);
		assert_int_equal(bytes, sizes[i].bytes);
	}
}

static void a_duration_is_written_in_its_shortest_exact_spelling(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} table[] = {
		{ 0, "0s" },         { 500, "500ms" },   { 90000, "90s" },
		{ 86400000, "1d" },  { 3600000, "1h" },  { 60001, "60001ms" },
		{ 172800000, "2d" }, { 5400000, "90m" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct buf b = { 0 };

		duration_format(table[i].ms, &b);
		assert_str(buf_str(&b), table[i].text);
		buf_release(&b);
	}
}

static void the_nearest_word_is_near_or_none(void **state)
{
	static const char *const words[] = { "query",     "group_by",
					     "timeframe", "num_events",
					     "labels",    "for" };
	static const struct {
		const char *word, *wanted;
	} table[] = {
		{ "qeury", "query" },
		{ "groupby", "group_by" },
		{ "timeframes", "timeframe" },
		{ "TimeFrame", "timeframe" },
		{ "num_event", "num_events" },
		{ "label", "labels" },
		{ "num", "num_events" },
		{ "zebra", NULL },
		{ "", NULL },
		{ "xyz", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		const char *got =
			nearest_word(table[i].word, words, ARRAY_LENGTH(words));

		if (!table[i].wanted)
			assert_null(got);
		else
			assert_string_equal(got ? got : "(none)",
					    table[i].wanted);
	}
}

static void a_description_holds_every_row(void **state)
{
	struct buf text = { 0 }, mdoc = { 0 };

	(void)state;
	config_describe(tables, 2, &text);
	config_describe_mdoc(tables, 2, &mdoc);
	for (size_t t = 0; t < 2; t++) {
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct setting *row = &tables[t].row[i];

			assert_non_null(strstr(buf_text(&text), row->path));
			assert_non_null(strstr(buf_text(&mdoc), row->path));
			assert_non_null(strstr(buf_text(&text), row->sentence));
		}
	}
	assert_non_null(strstr(buf_text(&text), "alert.lateness  (duration, "
						"default \"5s\", 0s to 1h)"));
	buf_release(&text);
	buf_release(&mdoc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_written_reads_as_its_default),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_wrong_is_named_with_its_remedy),
		cmocka_unit_test(a_wrong_value_reads_as_the_default),
		cmocka_unit_test(a_required_setting_that_is_missing_is_named),
		cmocka_unit_test(
			an_override_takes_bare_text_and_libconfig_syntax),
		cmocka_unit_test(
			a_wrong_override_names_the_option_and_not_the_value),
		cmocka_unit_test(
			overrides_win_over_the_file_and_the_last_one_wins),
		cmocka_unit_test(durations_and_sizes_are_a_number_and_a_unit),
		cmocka_unit_test(
			a_duration_is_written_in_its_shortest_exact_spelling),
		cmocka_unit_test(the_nearest_word_is_near_or_none),
		cmocka_unit_test(a_description_holds_every_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
