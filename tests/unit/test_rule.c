/* test_rule.c - which rules are taken, what is said about the others, and
 * what rules share */
#include "alert/rule/rule.h"

#include <unistd.h>

#include "tests/unit/test_support.h"

static const char *receiver_names[] = { "slack", "pager" };
static const struct strings receivers = { receiver_names, 2 };
static const struct rules_options options = { .receivers = &receivers };

#define ANY       "name = \"a\"; type = \"any\"; "
#define FREQUENCY "name = \"f\"; type = \"frequency\"; "
#define SPIKE     "name = \"s\"; type = \"spike\"; timeframe = \"5m\"; "

#define FLATLINE "name = \"f\"; type = \"flatline\"; "
#define CARDINALITY                                                            \
	"name = \"c\"; type = \"cardinality\"; timeframe = \"5m\"; field = "   \
	"\"HostAddress\"; "
#define RATIO "name = \"r\"; type = \"ratio\"; timeframe = \"5m\"; "
#define METRIC                                                                 \
	"name = \"m\"; type = \"metric\"; timeframe = \"5m\"; field = "        \
	"\"AdditionalNum.ms\"; "
#define SEQUENCE "name = \"q\"; type = \"sequence\"; "

/* A file with one rule of this text on line 2. */
static struct ruleset *parse_one(const char *body, struct problems *problems)
{
	struct buf text = { 0 };
	struct ruleset *rules;

	buf_add_format(&text, "rules = (\n{ %s }\n);", body);
	rules = rules_parse("r.conf", buf_text(&text), &options, problems);
	buf_release(&text);
	return rules;
}

static const struct {
	const char *body;
	const char *says; /* part of the only error; NULL: right */
} verdicts[] = {
	{ ANY, NULL },
	{ ANY "query = \"Level:ERROR\"; group_by = [\"ServiceKey\"];", NULL },
	{ ANY "group_by = \"Additional.user\";", NULL },
	{ ANY "group_by = (\"ServiceKey\", \"HostAddress\");", NULL },
	{ ANY "receivers = [\"slack\"]; samples = 0; staging = true;", NULL },
	{ FREQUENCY "num_events = 5; timeframe = \"24h\"; for = \"0s\";",
	  NULL },
	{ SPIKE "spike_height = 2; threshold_cur = 5; threshold_ref = 0;",
	  NULL },
	{ SPIKE "spike_height = 1.5; threshold_ref = 5; "
		"spike_type = \"down\";",
	  NULL },

	{ "type = \"any\";", "\"name\" is missing" },
	{ "name = \"\"; type = \"any\";", "1 to 200 bytes" },
	{ "name = \"a\";", "\"type\" is missing" },
	{ "name = \"a\"; type = \"count\"; for = \"1m\";",
	  "must be one of any, frequency, spike, flatline" },
	{ "name = \"a\"; type = \"frequenzy\";", "did you mean \"frequency\"" },
	{ ANY "querry = \"*\";", "did you mean \"query\"" },
	{ ANY "query = 5;", "\"query\" must be a string" },
	{ ANY "query = \"Levle:ERROR\";",
	  "query, column 1: unknown field \"Levle\"" },
	{ ANY "for = \"1m\";", "\"for\" belongs to types that hold" },
	{ ANY "timeframe = \"1m\";",
	  "\"timeframe\" belongs to types with a window, not to \"any\"" },
	{ FREQUENCY "timeframe = \"1m\";",
	  "\"num_events\" is missing: type \"frequency\" needs it" },
	{ FREQUENCY "num_events = 1;", "\"timeframe\" is missing" },
	{ FREQUENCY "num_events = 0; timeframe = \"1m\";", "at least 1" },
	{ FREQUENCY "num_events = 1; timeframe = \"25h\";",
	  "between 1ms and 1d" },
	{ FREQUENCY "num_events = 1; timeframe = \"0s\";",
	  "between 1ms and 1d" },
	{ FREQUENCY "num_events = 1; timeframe = \"1m\"; realert = \"1m\";",
	  "\"realert\" belongs to momentary types, not to" },
	{ FREQUENCY "num_events = 1; timeframe = \"1m\"; "
		    "spike_height = 2;",
	  "\"spike_height\" belongs to spike" },
	{ SPIKE "spike_height = 1; threshold_cur = 5; threshold_ref = 0;",
	  "more than 1" },
	{ SPIKE "spike_height = 2; threshold_ref = 1;",
	  "\"threshold_cur\" must be at least 1" },
	{ SPIKE "spike_height = 2; threshold_cur = 1;",
	  "\"threshold_ref\" is missing" },
	{ SPIKE "spike_height = 2; threshold_cur = 1; threshold_ref = 0; "
		"spike_type = \"both\";",
	  "\"threshold_ref\" must be at least 1" },
	{ SPIKE "spike_height = 2; threshold_ref = 0; "
		"spike_type = \"down\";",
	  "\"threshold_ref\" must be at least 1" },
	{ FLATLINE "threshold = 1; timeframe = \"5m\";", NULL },
	{ FLATLINE "threshold = 1; timeframe = \"5m\"; group_by = "
		   "[\"ServiceKey\", \"AdditionalFlat.zone\"]; expect = ( "
		   "[\"A\", \"\"], (\"B\", \"x\") );",
	  NULL },
	{ FLATLINE "threshold = 1; timeframe = \"5m\"; group_by = "
		   "\"ServiceKey\"; expect = ( { ServiceKey = \"A\"; } );",
	  NULL },
	{ FLATLINE "threshold = 1; timeframe = \"5m\"; expect = ( [\"A\"] );",
	  "\"expect\" needs group_by" },
	{ FLATLINE "threshold = 1; timeframe = \"5m\"; group_by = "
		   "\"ServiceKey\"; expect = ( { Title = \"A\"; } );",
	  "\"ServiceKey\" of group_by is missing here" },
	{ FLATLINE "threshold = 1; timeframe = \"5m\"; group_by = "
		   "\"ServiceKey\"; expect = ( [\"A\", \"B\"] );",
	  "2 values here, group_by 1 fields" },
	{ FLATLINE "threshold = 1; timeframe = \"5m\"; forget_after = \"1m\";",
	  "at least \"timeframe\"" },
	{ FLATLINE "timeframe = \"5m\";", "\"threshold\" is missing" },
	{ CARDINALITY "max_cardinality = 5;", NULL },
	{ CARDINALITY, "\"max_cardinality\" or \"min_cardinality\" is "
		       "missing" },
	{ CARDINALITY "max_cardinality = 5; min_cardinality = 6;",
	  "would always hold" },
	{ "name = \"c\"; type = \"cardinality\"; timeframe = \"5m\"; field = "
	  "\"Hostname\"; max_cardinality = 5;",
	  "\"field\": unknown field \"Hostname\"" },
	{ "name = \"n\"; type = \"new_term\"; field = \"Title\"; "
	  "annotations = { s = \"{{group.Title}}\"; };",
	  NULL },
	{ "name = \"n\"; type = \"new_term\";", "\"field\" is missing" },
	{ "name = \"n\"; type = \"new_term\"; field = \"Title\"; group_by "
	  "= \"Title\";",
	  "\"field\" may not be in group_by" },
	{ "name = \"n\"; type = \"change\"; field = \"Additional.version\";",
	  NULL },
	{ RATIO "of = \"Level:ERROR\"; max_percentage = 5; min_events = 10;",
	  NULL },
	{ RATIO "max_percentage = 5; min_events = 10;", "\"of\" is missing" },
	{ RATIO "of = \"Level:ERROR\"; max_percentage = 5;",
	  "\"min_events\" is missing" },
	{ RATIO "of = \"Levle:ERROR\"; max_percentage = 5; min_events = 1;",
	  "of, column 1: unknown field" },
	{ RATIO "of = \"Level:ERROR\"; max_percentage = 101; min_events = 1;",
	  "between 0 and 100" },
	{ METRIC "aggregate = \"p95\"; max_threshold = 500;", NULL },
	{ METRIC "aggregate = \"min\"; min_threshold = -2.5;", NULL },
	{ METRIC "aggregate = \"median\"; max_threshold = 500;",
	  "must be one of sum, avg" },
	{ METRIC "max_threshold = 5;", "\"aggregate\" is missing" },
	{ SEQUENCE "stages = ( { query = \"Title:A\"; }, { query = "
		   "\"Title:B\"; within = \"30s\"; absent = true; } );",
	  NULL },
	{ SEQUENCE, "\"stages\" is missing" },
	{ SEQUENCE "stages = ( { query = \"Title:A\"; } );", "2 to 32" },
	{ SEQUENCE "stages = ( { query = \"Title:A\"; within = \"1s\"; }, { "
		   "query = \"Title:B\"; within = \"30s\"; } );",
	  "first stage has no stage before it" },
	{ SEQUENCE "stages = ( { query = \"Title:A\"; }, { query = "
		   "\"Title:B\"; } );",
	  "\"within\" is missing" },
	{ SEQUENCE "stages = ( { query = \"Title:A\"; }, { query = "
		   "\"Title:B\"; within = \"1s\"; absent = true; }, { query "
		   "= \"Title:C\"; within = \"1s\"; } );",
	  "may be \"absent\"" },
	{ SEQUENCE "stages = ( { query = \"Titel:A\"; }, { query = "
		   "\"Title:B\"; within = \"1s\"; } );",
	  "query of a stage, column 1" },
	{ ANY "group_by = [\"Servicekey\"];",
	  "\"group_by\": unknown field \"Servicekey\": did you mean" },
	{ ANY "group_by = [\"Title.text\"];", "no single values" },
	{ ANY "group_by = [\"Title\", \"Title\"];", "named twice" },
	{ ANY "top = [\"Hostadress\"];", "\"top\": unknown field" },
	{ ANY "receivers = [\"slak\"];",
	  "unknown receiver \"slak\"; did you mean \"slack\"?" },
	{ ANY "samples = 21;", "between 0 and 20" },
	{ ANY "labels = { severity = 3; };",
	  "\"labels.severity\" must be a string" },
	{ ANY "labels = { a-b = \"x\"; };", "letters, digits" },
	{ ANY "labels = ( \"x\" );", "\"labels\" must be a group" },
	{ ANY "annotations = { summary = \"{{grupe.A}}\"; };",
	  "\"annotations.summary\": unknown name" },
	{ ANY "annotations = { summary = \"\\xff\"; };", "UTF-8" },
};

static const char *only_error(const struct problems *problems)
{
	return problems->errors == 1 ? problems->item[0].text : "";
}

static void each_mistake_is_one_error_with_its_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(verdicts); i++) {
		struct problems problems = { 0 };
		struct ruleset *rules = parse_one(verdicts[i].body, &problems);
		const char *says = verdicts[i].says;
		struct error err = { 0 };

		(void)problems_ok(&problems, &err);
		if (problems.n != (says ? 1 : 0))
			fail_msg("%s gives %zu problems, first %s",
				 verdicts[i].body, problems.n, err.text);
		if (says && (!strstr(only_error(&problems), says) ||
			     problems.item[0].line != 2))
			fail_msg("%s gives %s", verdicts[i].body, err.text);
		rules_free(rules);
		problems_release(&problems);
	}
}

static void labels_that_hide_others_are_warned_of(void **state)
{
	static const struct {
		const char *body, *says;
	} hides[] = {
		{ ANY "group_by = [\"ServiceKey\"]; "
		      "labels = { ServiceKey = \"x\"; };",
		  "hides the group's \"ServiceKey\"" },
		{ ANY "labels = { alertname = \"x\"; };", "name of the rule" },
		{ ANY "labels = { ServiceKey = \"x\"; };", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(hides); i++) {
		struct problems problems = { 0 };
		struct ruleset *rules = parse_one(hides[i].body, &problems);

		assert_int_equal(problems.errors, 0);
		assert_int_equal(problems.n, hides[i].says ? 1 : 0);
		if (hides[i].says)
			assert_non_null(
				strstr(problems.item[0].text, hides[i].says));
		rules_free(rules);
		problems_release(&problems);
	}
}

static void a_field_that_the_group_fixes_is_warned_of(void **state)
{
	static const struct {
		const char *rule, *says; /* says: NULL: nothing */
	} row[] = {
		{ "type = \"change\"; field = \"Title\";\n"
		  "group_by = [\"HostAddress\", \"Title\"];",
		  "it never changes there: take \"Title\" out of group_by" },
		{ "type = \"cardinality\"; field = \"Title\";\n"
		  "group_by = \"Title\"; max_cardinality = 5; timeframe = "
		  "\"1m\";",
		  "there is always 1 distinct value: take \"Title\" out" },
		{ "type = \"change\"; field = \"Title\";\n"
		  "group_by = \"HostAddress\";",
		  NULL },
		{ "type = \"cardinality\"; field = \"Title\";\n"
		  "group_by = \"HostAddress\"; max_cardinality = 5; "
		  "timeframe = \"1m\";",
		  NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		struct problems problems = { 0 };
		struct buf AUTO(buf_release) text = { 0 };
		struct ruleset *rules;

		buf_add_format(&text, "rules = (\n{ name = \"a\"; %s } );",
			       row[i].rule);
		rules = rules_parse("r.conf", buf_text(&text), &options,
				    &problems);
		assert_int_equal(rules->n, 1);
		assert_int_equal(problems.n, row[i].says != NULL);
		if (row[i].says) {
			assert_int_equal(problems.errors, 0);
			assert_int_equal(problems.item[0].line, 2);
			assert_non_null(
				strstr(problems.item[0].text, row[i].says));
		}
		rules_free(rules);
		problems_release(&problems);
	}
}

static struct ruleset *parse(const char *text, struct problems *problems)
{
	struct ruleset *rules = rules_parse("r.conf", text, &options, problems);
	struct error err;

	if (!problems_ok(problems, &err))
		fail_msg("%s", err.text);
	return rules;
}

static void a_rule_carries_what_was_written_and_the_defaults(void **state)
{
	struct problems problems = { 0 };
	struct ruleset *rules = parse(
		"rules = ( { name = \"a\"; type = \"any\"; },\n"
		"{ name = \"s\"; type = \"spike\"; query = \"Level:ERROR\";\n"
		"  group_by = [\"ServiceKey\"]; timeframe = \"5m\";\n"
		"  spike_height = 3; threshold_cur = 20; threshold_ref = 0;\n"
		"  for = \"90s\"; samples = 7; max_groups = 10;\n"
		"  labels = { severity = \"warning\"; };\n"
		"  annotations = { summary = \"{{group.ServiceKey}}\"; };\n"
		"} );",
		&problems);
	const struct rule *any = rules->rule[0], *spike = rules->rule[1];

	(void)state;
	assert_int_equal(rules->n, 2);
	assert_int_equal(any->type, RULE_ANY);
	assert_string_equal(any->query_text, "*");
	assert_int_equal(any->keep_firing_for_ms, 300000);
	assert_int_equal(any->realert_ms, 300000);
	assert_int_equal(any->samples, 3);
	assert_int_equal(any->max_groups, 100000);
	assert_true(any->enabled && !any->staging);

	assert_int_equal(spike->type, RULE_SPIKE);
	assert_int_equal(spike->line, 2);
	assert_string_equal(spike->file, "r.conf");
	assert_string_equal(spike->group_by.item[0], "ServiceKey");
	assert_int_equal(spike->timeframe_ms, 300000);
	assert_int_equal(spike->for_ms, 90000);
	assert_int_equal(spike->keep_firing_for_ms, 0);
	assert_int_equal(spike->threshold_cur, 20);
	assert_true(spike->spike_height == 3.0);
	assert_string_equal(spike->label[0].name, "severity");
	assert_string_equal(spike->annotation[0].value, "{{group.ServiceKey}}");
	assert_int_equal(rules->longest_ms, 4 * 300000 + 90000);
	rules_free(rules);
	problems_release(&problems);
}

static void names_are_unique_and_disabled_rules_are_checked(void **state)
{
	struct problems problems = { 0 };
	struct ruleset *rules = rules_parse(
		"r.conf",
		"rules = ( { name = \"a\"; type = \"any\"; enabled = false; },"
		"\n{ name = \"a\"; type = \"any\"; } );",
		&options, &problems);

	(void)state;
	assert_int_equal(rules->n, 1);
	assert_int_equal(problems.errors, 1);
	assert_string_equal(problems.item[0].text,
			    "the name \"a\" is taken by the rule at r.conf:1");
	assert_int_equal(problems.item[0].line, 2);
	rules_free(rules);
	problems_release(&problems);
}

static void rules_that_ask_the_same_share_a_series(void **state)
{
	struct problems problems = { 0 };
	struct ruleset *rules = parse(
		"rules = ( { name = \"a\"; type = \"any\"; samples = 9;\n"
		"  query = \"Level:(ERROR) AND Title:a\"; },\n"
		"{ name = \"b\"; type = \"frequency\"; num_events = 2;\n"
		"  timeframe = \"1m\";\n"
		"  query = \"+Level:\\\"ERROR\\\" +(Title:a)\"; },\n"
		"{ name = \"c\"; type = \"any\"; group_by = \"ServiceKey\";\n"
		"  query = \"Level:ERROR AND Title:a\"; } );",
		&problems);

	(void)state;
	assert_int_equal(rules->n_series, 2);
	assert_ptr_equal(rules->rule[0]->series, rules->rule[1]->series);
	assert_ptr_not_equal(rules->rule[0]->series, rules->rule[2]->series);
	assert_int_equal(rules->series[0]->n_rules, 2);
	assert_int_equal(rules->series[0]->samples, 9);
	assert_int_not_equal(rules->series[0]->id, rules->series[1]->id);
	rules_free(rules);
	problems_release(&problems);
}

static void hashes_of(const char *more, uint64_t *rule, uint64_t *series,
		      uint64_t *set)
{
	struct problems problems = { 0 };
	struct buf text = { 0 };
	struct ruleset *rules;

	buf_add_text(&text, "rules = ( { name = \"a\"; type = \"any\"; ");
	buf_add_text(&text, more);
	buf_add_text(&text, " } );");
	rules = parse(buf_text(&text), &problems);
	*rule = rules->rule[0]->hash;
	*series = rules->series[0]->id;
	*set = rules->hash;
	rules_free(rules);
	problems_release(&problems);
	buf_release(&text);
}

static void hashes_follow_what_a_rule_says(void **state)
{
	static const struct {
		const char *more;
		bool rule, series, set; /* differ from the rule without */
	} table[] = {
		{ "query = \" * \";", false, false, false },
		{ "keep_firing_for = \"300s\";", false, false, false },
		{ "keep_firing_for = \"1s\";", true, false, true },
		{ "query = \"Level:INFO\";", true, true, true },
		{ "group_by = \"Title\";", true, true, true },
		{ "labels = { a = \"b\"; };", false, false, true },
		{ "samples = 4;", false, false, true },
	};
	uint64_t rule, series, set, other_rule, other_series, other_set;

	(void)state;
	hashes_of("", &rule, &series, &set);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		hashes_of(table[i].more, &other_rule, &other_series,
			  &other_set);
		if ((rule != other_rule) != table[i].rule ||
		    (series != other_series) != table[i].series ||
		    (set != other_set) != table[i].set)
			fail_msg("%s", table[i].more);
	}
	/* Stored and sent: the same for ever. */
	assert_int_equal(series, UINT64_C(0xceea9caf28e1ab86));
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void globs_find_rules_but_not_their_tests(void **state)
{
	char folder[] = "/tmp/test_rule_XXXXXX";
	const char *item[3];
	struct strings globs = { item, 3 };
	struct problems problems = { 0 };
	struct buf path[4] = { 0 };
	struct ruleset *rules;

	(void)state;
	assert_non_null(mkdtemp(folder));
	buf_add_format(&path[0], "%s/a.conf", folder);
	buf_add_format(&path[1], "%s/a.test.conf", folder);
	buf_add_format(&path[2], "%s/*.conf", folder);
	buf_add_format(&path[3], "%s/*.none", folder);
	write_file(buf_text(&path[0]),
		   "rules = ( { name = \"a\"; type = \"any\"; } );");
	write_file(buf_text(&path[1]), "tests = ();");
	item[0] = buf_text(&path[2]);
	item[1] = buf_text(&path[0]);
	item[2] = buf_text(&path[3]);

	rules = rules_load(&globs, &options, &problems);
	assert_int_equal(rules->n, 1);
	assert_int_equal(problems.errors, 0);
	assert_int_equal(problems.n, 1);
	assert_string_equal(problems.item[0].text, "no rule file matches");
	rules_free(rules);

	unlink(buf_text(&path[0]));
	rules = rules_load(&globs, &options, &problems);
	assert_int_equal(problems.errors, 1);
	rules_free(rules);
	problems_release(&problems);
	unlink(buf_text(&path[1]));
	rmdir(folder);
	for (size_t i = 0; i < ARRAY_LENGTH(path); i++)
		buf_release(&path[i]);
}

static void shipped_rules_are_right(void **state)
{
	const char *item[] = { TOCSIN_RULES "/*.conf" };
	struct strings globs = { item, 1 };
	struct problems problems = { 0 };
	struct ruleset *rules = rules_load(&globs, &options, &problems);
	struct error err;

	(void)state;
	if (!problems_ok(&problems, &err))
		fail_msg("%s", err.text);
	assert_int_equal(problems.n, 0);
	assert_in_range(rules->n, 4, 100);
	rules_free(rules);
	problems_release(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_one_error_with_its_line),
		cmocka_unit_test(labels_that_hide_others_are_warned_of),
		cmocka_unit_test(a_field_that_the_group_fixes_is_warned_of),
		cmocka_unit_test(
			a_rule_carries_what_was_written_and_the_defaults),
		cmocka_unit_test(
			names_are_unique_and_disabled_rules_are_checked),
		cmocka_unit_test(rules_that_ask_the_same_share_a_series),
		cmocka_unit_test(hashes_follow_what_a_rule_says),
		cmocka_unit_test(globs_find_rules_but_not_their_tests),
		cmocka_unit_test(shipped_rules_are_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
