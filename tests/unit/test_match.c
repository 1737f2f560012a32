/* test_match.c - which events belong to which series and group, and which
 * lines are repeats */
#include "tests/unit/test_support.h"

#include "alert/match/matcher_internal.h"
#include "alert/match/packed.h"
#include "alert/match/packed.h"
#include "alert/match/repeats.h"

static struct ruleset *parse(const char *text)
{
	struct problems problems = { 0 };
	struct error err = { 0 };
	struct ruleset *rules = rules_parse(
		"test", text, &(struct rules_options){ 0 }, &problems);

	if (!problems_ok(&problems, &err))
		fail_msg("%s", err.text);
	problems_release(&problems);
	return rules;
}

struct found {
	const struct series *series;
	char text[4000]; /* values, each ended by '|' */
	char top[400];   /* likewise */
	size_t n;
};

static void on_found(void *arg, const struct series *series,
		     const struct envelope_entry *entry)
{
	struct found *f = arg;
	size_t at = strlen(f->text);

	struct str top = entry->top, item;
	size_t n = 0;

	f->series = series;
	f->n++;
	while (top.s && packed_next(&top, &item))
		n += (size_t)snprintf(f->top + n, sizeof(f->top) - n, "%.*s|",
				      STR_ARG(item));
	for (size_t i = 0; i < entry->n_values; i++)
		at += (size_t)snprintf(f->text + at, sizeof(f->text) - at,
				       "%.*s|", STR_ARG(entry->value[i]));
}

static void find(struct matcher *m, const char *line, struct found *f)
{
	struct scanner *scanner = scanner_open();
	struct event event;

	event_scan(scanner, str_of(line), &event);
	assert_int_equal(event.repairs, 0);
	*f = (struct found){ 0 };
	size_t n = matcher_match(m, &event, 0, on_found, f);
	assert_int_equal(n, f->n);
	scanner_close(scanner);
}

/* Two rules over one series want three fields together. */
static const char with_top[] =
	"rules = ( { name = \"R\"; type = \"any\"; top = [\"Title\", "
	"\"HostAddress\"]; }, { name = \"S\"; type = \"any\"; top = "
	"[\"AdditionalFlat.a\", \"Title\"]; } );";

#define EVENT(rest)                                                            \
	"{\"ServiceKey\":\"PAY\",\"HostAddress\":\"\",\"Level\":\"ERROR\","    \
	"\"TimeStampUTC\":\"2026-11-23T09:00:00Z\"" rest "}"

static void values_are_the_texts_of_the_fields(void **state)
{
	struct ruleset *rules =
		parse("rules = ( { name = \"R\"; type = \"any\"; query = "
		      "\"Level:ERROR\"; group_by = [\"ServiceKey\", "
		      "\"RequestKey\", \"AdditionalFlat.a.b\"]; } );");
	struct matcher *m = matcher_open(rules, NULL);
	struct found f;
	static const struct {
		const char *line, *wanted;
	} table[] = {
		{ EVENT(""), "PAY|||" },
		{ EVENT(",\"RequestKey\":null"), "PAY|||" },
		{ EVENT(",\"RequestKey\":\"r\\u0041\""), "PAY|rA||" },
		{ EVENT(",\"Additional\":{\"a\":{\"b\":7}}"), "PAY||7|" },
		{ EVENT(",\"Additional\":{\"a.b\":\"x\"}"), "PAY||x|" },
		{ EVENT(",\"Additional\":{\"a\":{\"b\":[1,\"y\"]}}"),
		  "PAY||[1,\"y\"]|" },
		{ EVENT(",\"Additional\":\"text\""), "PAY|||" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		find(m, table[i].line, &f);
		assert_int_equal(f.n, 1);
		assert_string_equal(f.text, table[i].wanted);
	}
	find(m,
	     "{\"ServiceKey\":\"PAY\",\"HostAddress\":\"\",\"Level\":"
	     "\"INFO\",\"TimeStampUTC\":\"2026-11-23T09:00:00Z\"}",
	     &f);
	assert_int_equal(f.n, 0);
	matcher_close(m);
	rules_free(rules);
}

static void long_values_are_cut_and_stay_apart(void **state)
{
	struct ruleset *rules =
		parse("rules = ( { name = \"R\"; type = \"any\"; group_by = "
		      "\"RequestKey\"; } );");
	struct matcher *m = matcher_open(rules, NULL);
	struct found f[2];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct buf AUTO(buf_release) line = { 0 };
		buf_add_text(&line, "{\"ServiceKey\":\"PAY\",\"HostAddress\":"
				    "\"\",\"Level\":\"ERROR\",\"TimeStampUTC\":"
				    "\"2026-11-23T09:00:00Z\",\"RequestKey\":"
				    "\"");
		for (size_t k = 0; k < 3000; k++)
			buf_add_text(&line, "\xc3\xa4");
		buf_add_char(&line, i ? 'x' : 'y');
		buf_add_text(&line, "\"}");
		find(m, buf_text(&line), &f[i]);
		assert_int_equal(f[i].n, 1);
		assert_int_equal(strlen(f[i].text), 1000 + 17 + 1);
	}
	assert_string_not_equal(f[0].text, f[1].text);
	matcher_close(m);
	rules_free(rules);
}

static void rules_with_one_query_and_group_share_a_series(void **state)
{
	struct ruleset *rules =
		parse("rules = ( { name = \"A\"; type = \"any\"; query = "
		      "\"Level:ERROR\"; }, { name = \"B\"; type = "
		      "\"frequency\"; query = \"(Level:ERROR)\"; num_events = "
		      "2; timeframe = \"1m\"; }, { name = \"C\"; type = "
		      "\"any\"; query = \"Level:ERROR\"; group_by = "
		      "\"ServiceKey\"; } );");
	struct matcher *m = matcher_open(rules, NULL);
	struct found f;
	size_t n;
	const uint64_t *id = matcher_series(m, &n);

	(void)state;
	assert_int_equal(n, 2);
	assert_true(id[0] < id[1]);
	find(m, EVENT(""), &f);
	assert_int_equal(f.n, 2);
	matcher_close(m);
	rules_free(rules);
}

static void a_line_seen_before_is_a_repeat(void **state)
{
	static const struct {
		const char *source;
		enum source wanted;
	} table[] = {
		{ "00000000000000aa:0", SOURCE_NEW },
		{ "00000000000000aa:100", SOURCE_NEW },
		{ "00000000000000aa:100", SOURCE_REPEATED },
		{ "00000000000000aa:0", SOURCE_REPEATED },
		{ "00000000000000aa:99", SOURCE_REPEATED },
		{ "00000000000000ab:0", SOURCE_NEW },
		{ "00000000000000aa:101", SOURCE_NEW },
		{ "00000000000000AA:5", SOURCE_MALFORMED },
		{ "00000000000000aa:", SOURCE_MALFORMED },
		{ "00000000000000aa:-1", SOURCE_MALFORMED },
		{ "00000000000000aa:1 ", SOURCE_MALFORMED },
		{ "0000000000000aa:1", SOURCE_MALFORMED },
		{ "00000000000000aa:99999999999999999999", SOURCE_MALFORMED },
		{ "", SOURCE_MALFORMED },
	};
	struct repeats repeats = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_int_equal(
			repeats_note(&repeats, str_of(table[i].source)),
			table[i].wanted);
	repeats_release(&repeats);
}

static void files_seen_long_ago_are_forgotten(void **state)
{
	struct repeats repeats = { 0 };
	char source[40];

	(void)state;
	for (int i = 0; i < 450000; i++) {
		snprintf(source, sizeof(source), "%016x:5", (unsigned)i);
		assert_int_equal(repeats_note(&repeats, str_of(source)),
				 SOURCE_NEW);
		/* One that keeps coming is kept. */
		if (i % 1000 == 0)
			repeats_note(&repeats, STR("ffffffffffffffff:7"));
	}
	assert_true(repeats.young.n + repeats.old.n <= 200000);
	assert_int_equal(repeats_note(&repeats, STR("ffffffffffffffff:7")),
			 SOURCE_REPEATED);
	repeats_release(&repeats);
}

static void the_values_of_top_go_along(void **state)
{
	struct ruleset *rules = parse(with_top);
	struct matcher *m = matcher_open(rules, NULL);
	struct found f;

	(void)state;
	find(m, EVENT(",\"Title\":\"T\",\"Additional\":{\"a\":[1]}"), &f);
	assert_string_equal(f.top, "T||[1]|");
	find(m, EVENT(""), &f);
	assert_string_equal(f.top, "|||");
	matcher_close(m);
	rules_free(rules);
}

/* ---- what goes along with a match ---- */

struct carried {
	char text[2000]; /* "values|values|: elements, marks; ..." */
	size_t field_bytes;
};

static void on_carried(void *arg, const struct series *series,
		       const struct envelope_entry *entry)
{
	struct carried *c = arg;
	struct buf AUTO(buf_release) text = { 0 };
	struct str rest = entry->field, element;
	size_t n = strlen(c->text);

	for (size_t i = 0; i < entry->n_values; i++)
		buf_add_format(&text, "%.*s|", STR_ARG(entry->value[i]));
	if (series->field_as == SERIES_FIELD_TEXT)
		buf_add_format(&text, " =%.*s", STR_ARG(entry->field));
	else
		while (packed_next(&rest, &element))
			buf_add_format(&text, " %.*s", STR_ARG(element));
	if (entry->marks)
		buf_add_format(&text, " m%llx",
			       (unsigned long long)entry->marks);
	c->field_bytes = entry->field.n;
	snprintf(c->text + n, sizeof(c->text) - n, "%s;", buf_text(&text));
}

static void carry(struct matcher *m, const char *line, struct carried *c)
{
	struct scanner *scanner = scanner_open();
	struct event event;

	event_scan(scanner, str_of(line), &event);
	assert_int_equal(event.repairs, 0);
	c->text[0] = '\0';
	(void)matcher_match(m, &event, 0, on_carried, c);
	scanner_close(scanner);
}

struct carried_case {
	const char *line, *wanted;
};

static void check_carried(const char *rule, const struct carried_case table[],
			  size_t n)
{
	char text[1000];

	snprintf(text, sizeof(text), "rules = ( { name = \"R\"; %s } );", rule);
	struct ruleset *rules = parse(text);
	struct matcher *m = matcher_open(rules, NULL);
	for (size_t i = 0; i < n; i++) {
		struct carried c;
		carry(m, table[i].line, &c);
		assert_string_equal(c.text, table[i].wanted);
	}
	matcher_close(m);
	rules_free(rules);
}

static void elements_are_texts_one_by_one(void **state)
{
	static const struct carried_case table[] = {
		{ EVENT(""), "" },
		{ EVENT(",\"Additional\":\"text\""), "" },
		{ EVENT(",\"Additional\":{\"v\":7}"), "PAY| 7;" },
		{ EVENT(",\"Additional\":{\"v\":\"7\"}"), "PAY| 7;" },
		{ EVENT(",\"Additional\":{\"v\":1.50}"), "PAY| 1.50;" },
		{ EVENT(",\"Additional\":{\"v\":[1,\"\\u0041\",true,2]}"),
		  "PAY| 1 A true 2;" },
		/* null, {} and [] are no values; alone they are no field. */
		{ EVENT(",\"Additional\":{\"v\":[null,3,{},[]]}"), "PAY| 3;" },
		{ EVENT(",\"Additional\":{\"v\":[null]}"), "" },
		{ EVENT(",\"Additional\":{\"v\":null}"), "" },
		{ EVENT(",\"Additional\":{\"v\":\"\"}"), "PAY| ;" },
	};

	(void)state;
	check_carried("type = \"cardinality\"; timeframe = \"1m\"; group_by = "
		      "\"ServiceKey\"; field = \"AdditionalFlat.v\"; "
		      "max_cardinality = 5;",
		      table, ARRAY_LENGTH(table));
}

static void terms_are_matches_of_their_own(void **state)
{
	static const struct carried_case table[] = {
		{ EVENT(""), "" },
		{ EVENT(",\"Additional\":{\"v\":7}"), "PAY|7|;" },
		{ EVENT(",\"Additional\":{\"v\":[1,\"x\",null]}"),
		  "PAY|1|;PAY|x|;" },
	};

	(void)state;
	check_carried("type = \"new_term\"; group_by = \"ServiceKey\"; field = "
		      "\"AdditionalFlat.v\";",
		      table, ARRAY_LENGTH(table));
}

static void a_text_is_the_whole_value(void **state)
{
	static const struct carried_case table[] = {
		{ EVENT(""), "" },
		{ EVENT(",\"Additional\":{\"v\":null}"), "" },
		{ EVENT(",\"Additional\":{\"v\":\"a\"}"), "PAY| =a;" },
		{ EVENT(",\"Additional\":{\"v\":[1,\"x\"]}"),
		  "PAY| =[1,\"x\"];" },
	};

	(void)state;
	check_carried("type = \"change\"; group_by = \"ServiceKey\"; field = "
		      "\"AdditionalFlat.v\";",
		      table, ARRAY_LENGTH(table));
}

static void marks_say_which_further_queries_match(void **state)
{
	static const struct carried_case share[] = {
		{ EVENT(",\"Title\":\"A\""), "PAY|;" },
		{ EVENT(",\"Title\":\"BAD\""), "PAY| m1;" },
	};
	static const struct carried_case run[] = {
		{ EVENT(",\"Title\":\"A\""), "PAY| m1;" },
		{ EVENT(",\"Title\":\"B\""), "PAY| m2;" },
		{ EVENT(",\"Title\":\"C\""), "PAY| m6;" },
		/* Which fills no stage is not sent. */
		{ EVENT(",\"Title\":\"D\""), "" },
	};

	(void)state;
	check_carried("type = \"ratio\"; timeframe = \"1m\"; group_by = "
		      "\"ServiceKey\"; of = \"Title:BAD\"; min_events = 1; "
		      "max_percentage = 5;",
		      share, ARRAY_LENGTH(share));
	check_carried(
		"type = \"sequence\"; group_by = \"ServiceKey\"; stages = "
		"( { query = \"Title:A\"; }, { query = \"Title:(B OR "
		"C)\"; within = \"1s\"; }, { query = \"Title:C\"; "
		"within = \"1s\"; } );",
		run, ARRAY_LENGTH(run));
}

static void a_field_of_megabytes_is_cut_between_elements(void **state)
{
	struct ruleset *rules = parse(
		"rules = ( { name = \"R\"; type = \"metric\"; timeframe = "
		"\"1m\"; field = \"AdditionalFlat.v\"; aggregate = "
		"\"sum\"; max_threshold = 1; } );");
	struct matcher *m = matcher_open(rules, NULL);
	struct buf AUTO(buf_release) line = { 0 };
	struct str rest, element;
	struct carried c;

	(void)state;
	buf_add_text(&line, "{\"ServiceKey\":\"PAY\",\"HostAddress\":\"\","
			    "\"Level\":\"ERROR\",\"TimeStampUTC\":\"2026-11-"
			    "23T09:00:00Z\",\"Additional\":{\"v\":[1234567");
	for (int i = 0; i < 50000; i++)
		buf_add_text(&line, ",1234567");
	buf_add_text(&line, "]}}");
	carry(m, buf_text(&line), &c);
	assert_in_range(c.field_bytes, 65000, 66000);
	rest = buf_str(&m->field_text);
	while (packed_next(&rest, &element))
		assert_true(str_is(element, "1234567"));
	assert_int_equal(rest.n, 0);
	matcher_close(m);
	rules_free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_texts_one_by_one),
		cmocka_unit_test(terms_are_matches_of_their_own),
		cmocka_unit_test(a_text_is_the_whole_value),
		cmocka_unit_test(marks_say_which_further_queries_match),
		cmocka_unit_test(a_field_of_megabytes_is_cut_between_elements),
		cmocka_unit_test(values_are_the_texts_of_the_fields),
		cmocka_unit_test(the_values_of_top_go_along),
		cmocka_unit_test(long_values_are_cut_and_stay_apart),
		cmocka_unit_test(rules_with_one_query_and_group_share_a_series),
		cmocka_unit_test(a_line_seen_before_is_a_repeat),
		cmocka_unit_test(files_seen_long_ago_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
