/* test_json.c - walking over valid JSON */
#include "event/json.h"

#include "tests/unit/test_support.h"

static void kinds_are_told_by_the_first_byte(void **state)
{
	(void)state;
	assert_int_equal(json_kind(STR("")), JSON_ABSENT);
	assert_int_equal(json_kind(STR("\"a\"")), JSON_STRING);
	assert_int_equal(json_kind(STR("{}")), JSON_OBJECT);
	assert_int_equal(json_kind(STR("[]")), JSON_ARRAY);
	assert_int_equal(json_kind(STR("-1")), JSON_NUMBER);
	assert_int_equal(json_kind(STR("true")), JSON_TRUE);
	assert_int_equal(json_kind(STR("false")), JSON_FALSE);
	assert_int_equal(json_kind(STR("null")), JSON_NULL);
}

static void members_come_in_order_as_written(void **state)
{
	static const char *const want[][2] = {
		{ "\"a\"", "1" },
		{ "\"b\\\"}\"", "{ \"x\" : [1, \"]\"] }" },
		{ "\"\"", "\"\\\\\"" },
		{ "\"n\"", "null" },
	};
	struct json_cursor c = json_enter(
		STR(" { \"a\" :1, \"b\\\"}\":{ \"x\" : [1, \"]\"] } ,"
		    "\"\":\"\\\\\",\"n\": null } "));
	struct json_member m;
	size_t n = 0;

	(void)state;
	for (; json_next_member(&c, &m); n++) {
		assert_true(n < ARRAY_LENGTH(want));
		assert_true(str_is(m.key, want[n][0]));
		assert_true(str_is(m.value, want[n][1]));
	}
	assert_int_equal(n, ARRAY_LENGTH(want));
	assert_false(json_next_member(&c, &m));
}

static void elements_come_in_order(void **state)
{
	static const char *const want[] = { "1", "[2,[]]", "\"a,b\"", "-3e5" };
	struct json_cursor c = json_enter(STR("[1,[2,[]], \"a,b\" ,-3e5]"));
	struct str element;
	size_t n = 0;

	(void)state;
	for (; json_next_element(&c, &element); n++)
		assert_true(str_is(element, want[n]));
	assert_int_equal(n, ARRAY_LENGTH(want));
	c = json_enter(STR("[ ]"));
	assert_false(json_next_element(&c, &element));
	c = json_enter(STR("12"));
	assert_false(json_next_element(&c, &element));
}

static void text_is_decoded_only_where_it_must(void **state)
{
	static const struct {
		const char *raw;
		struct str text;
	} table[] = {
		{ "\"plain \xc3\xa9\"", { "plain \xc3\xa9", 8 } },
		{ "\"\"", { "", 0 } },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", { "\"\\/\b\f\n\r\t", 8 } },
		{ "\"\\u0041\\u00e9\\u20AC\"", { "A\xc3\xa9\xe2\x82\xac", 6 } },
		{ "\"a\\u0000b\"", { "a\0b", 3 } },
		{ "\"\\ud83d\\ude00!\"", { "\xf0\x9f\x98\x80!", 5 } },
		{ "\"\\ud83d!\"", { "\xef\xbf\xbd!", 4 } },
		{ "\"\\ude00\\ud83d\\n\"",
		  { "\xef\xbf\xbd\xef\xbf\xbd\n", 7 } },
		{ "12.50", { "12.50", 5 } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct buf scratch = { 0 };
		struct str raw = str_of(table[i].raw);
		struct str text = json_text(raw, &scratch);
		assert_true(str_equal(text, table[i].text));
		assert_int_equal(scratch.n > 0,
				 memchr(raw.s, '\\', raw.n) != NULL);
		if (raw.s[0] == '"')
			assert_true(json_string_is(raw, table[i].text));
		buf_release(&scratch);
	}
}

static void decoded_texts_share_one_buffer(void **state)
{
	struct buf scratch = { 0 };

	(void)state;
	buf_add_text(&scratch, "kept");
	assert_true(str_is(json_text(STR("\"\\n\""), &scratch), "\n"));
	assert_string_equal(buf_text(&scratch), "kept\n");
	buf_release(&scratch);
}

static void strings_compare_decoded(void **state)
{
	(void)state;
	assert_true(json_string_is(STR("\"Ti\\u0074le\""), STR("Title")));
	assert_false(json_string_is(STR("\"Titl\""), STR("Title")));
	assert_false(json_string_is(STR("\"Titles\""), STR("Title")));
	assert_false(json_string_is(STR("1"), STR("1")));
}

static void a_key_is_found(void **state)
{
	struct str value;

	(void)state;
	assert_true(
		json_find(STR("{\"a\":{\"b\":1},\"b\":2}"), STR("b"), &value));
	assert_true(str_is(value, "2"));
	assert_false(json_find(STR("{\"a\":1}"), STR("b"), &value));
	assert_false(json_find(STR("[\"b\",1]"), STR("b"), &value));
}

static bool note(void *arg, struct str value)
{
	struct buf *out = arg;

	buf_add(out, value);
	buf_add_char(out, ';');
	return str_is(value, "\"stop\"");
}

static void a_path_names_every_value_below_it(void **state)
{
	static const struct {
		const char *raw, *path, *seen;
		bool found;
	} table[] = {
		{ "{\"a\":{\"b\":1}}", "a.b", "1;", false },
		{ "{\"a.b\":1,\"a\":{\"b\":2}}", "a.b", "1;2;", false },
		{ "{\"a\":{\"b.c\":1,\"b\":{\"c\":2}}}", "a.b.c", "1;2;",
		  false },
		{ "{\"a\":[{\"b\":1},{\"b\":[2,[3]]},4]}", "a.b", "1;2;3;",
		  false },
		{ "{\"a\":[1,\"stop\",2]}", "a", "1;\"stop\";", true },
		{ "{\"a\":[]}", "a", "[];", false },
		{ "{\"a\":{}}", "a", "{};", false },
		{ "{\"a\":{\"b\":1}}", "a", "{\"b\":1};", false },
		{ "{\"\\u0061\":1}", "a", "1;", false },
		{ "{\"ab\":1,\"a\":2}", "a.b", "", false },
		{ "{\"a\":1}", "a.", "", false },
		{ "[{\"a\":1},{\"a\":2}]", "a", "1;2;", false },
		{ "7", "", "7;", false },
		{ "7", "a", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct buf out = { 0 };
		bool found = json_visit(str_of(table[i].raw),
					str_of(table[i].path), note, &out);
		assert_string_equal(buf_text(&out), table[i].seen);
		assert_int_equal(found, table[i].found);
		buf_release(&out);
	}
}

/* Sanitizers watch; every beginning of a text is a text that is not valid. */
static void invalid_text_is_never_read_past_its_end(void **state)
{
	struct str text = STR("{\"a\\u0041\":[1,{\"b\":\"\\ud83d\\ude00\"}],"
			      "\"c\":tru}}]]x:,,");

	(void)state;
	for (size_t n = 0; n <= text.n; n++) {
		char *copy = xmalloc(n ? n : 1);
		struct buf out = { 0 };
		struct json_member m;
		memcpy(copy, text.s, n);
		struct json_cursor c = json_enter(str_slice(copy, n));
		while (json_next_member(&c, &m))
			(void)json_text(m.key, &out);
		json_visit(str_slice(copy, n), STR("aA.b"), note, &out);
		buf_release(&out);
		free_text(&copy);
	}
}

static void deep_text_costs_its_length(void **state)
{
	enum { DEEP = 1 << 20 };
	struct buf text = { 0 };
	struct buf out = { 0 };

	(void)state;
	for (int i = 0; i < DEEP; i++)
		buf_add_char(&text, '[');
	assert_false(json_visit(buf_str(&text), STR("a"), note, &out));
	buf_release(&text);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_told_by_the_first_byte),
		cmocka_unit_test(members_come_in_order_as_written),
		cmocka_unit_test(elements_come_in_order),
		cmocka_unit_test(text_is_decoded_only_where_it_must),
		cmocka_unit_test(decoded_texts_share_one_buffer),
		cmocka_unit_test(strings_compare_decoded),
		cmocka_unit_test(a_key_is_found),
		cmocka_unit_test(a_path_names_every_value_below_it),
		cmocka_unit_test(invalid_text_is_never_read_past_its_end),
		cmocka_unit_test(deep_text_costs_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
