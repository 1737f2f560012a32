/* test_transition.c - ids, causes, and transitions as JSON */
#include "tests/unit/test_support.h"

#include "alert/transition.h"

static struct transition some_transition(void)
{
	struct transition t = {
		.id = "0123456789abcdef",
		.rule = xstrdup("Error \"spike\""),
		.state = ALERT_FIRING,
		.at_ms = 1764000000123,
		.starts_at_ms = 1764000000000,
		.updated_at_ms = ALERT_TIME_NONE,
		.episode = 7,
		.cause = { 3, 4711, 0 },
		.value = { ALERT_VALUE_NUMBER, 57, NULL, 0 },
		.reference = { ALERT_VALUE_NUMBER, 12.5, NULL, 0 },
		.count = 57,
		.record_time_ms = ALERT_TIME_NONE,
	};

	alert_pairs_add(&t.group, STR("ServiceKey"), STR("A\n"));
	alert_pairs_add(&t.labels, STR("severity"), STR("critical"));
	alert_pairs_add(&t.annotations, STR("summary"), STR("57 errors"));
	alert_pairs_add(&t.samples, STR(""), STR("{\"Title\":\"X\"}"));
	alert_pairs_add(&t.top, STR("Title"),
			STR("[{\"value\":\"X\",\"count\":57}]"));
	alert_pairs_add(&t.receivers, STR(""), STR("ops"));
	return t;
}

static void a_transition_reads_as_described(void **state)
{
	struct transition t = some_transition();
	struct buf AUTO(buf_release) json = { 0 };

	(void)state;
	transition_encode(&t, &json);
	assert_str(buf_str(&json),
		   "{\"id\":\"0123456789abcdef\",\"rule\":\"Error "
		   "\\\"spike\\\"\",\"group\":{\"ServiceKey\":\"A\\n\"},"
		   "\"state\":\"firing\",\"at\":\"2025-11-24T16:00:00.123Z\","
		   "\"startsAt\":\"2025-11-24T16:00:00.000Z\",\"episode\":7,"
		   "\"cause\":\"3:4711\",\"value\":57,\"reference\":12.5,"
		   "\"count\":57,\"labels\":{\"severity\":\"critical\"},"
		   "\"annotations\":{\"summary\":\"57 errors\"},"
		   "\"top\":{\"Title\":[{\"value\":\"X\",\"count\":57}]},"
		   "\"samples\":[{\"Title\":\"X\"}],\"receivers\":[\"ops\"]}");
	transition_release(&t);
}

static void what_is_encoded_is_decoded(void **state)
{
	struct transition t = some_transition(), back, copy = { 0 };
	struct buf AUTO(buf_release) json = { 0 };
	struct buf AUTO(buf_release) again = { 0 };
	struct error err;

	(void)state;
	t.updated_at_ms = 1764000000200;
	t.record_time_ms = 1764000000300;
	t.cause.step = 2;
	t.staging = true;
	t.reason = xstrdup("rule changed");
	t.link = xstrdup("https://x/?q=\"");
	alert_value_set(&t.reference, str_slice("o\0ld", 4));
	transition_encode(&t, &json);
	assert_non_null(strstr(buf_text(&json), "\"o\\u0000ld\""));
	assert_true(transition_decode(buf_str(&json), &back, &err));
	transition_copy(&back, &copy);
	transition_release(&back);
	transition_encode(&copy, &again);
	assert_str(buf_str(&again), buf_text(&json));
	transition_release(&copy);
	transition_release(&t);
}

static void what_is_no_transition_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"id\":\"0123456789abcdef\"}",
		"{\"id\":\"short\",\"rule\":\"r\",\"state\":\"firing\","
		"\"at\":\"2025-11-24T16:00:00Z\",\"startsAt\":"
		"\"2025-11-24T16:00:00Z\",\"episode\":1,\"cause\":\"0:0\"}",
		"{\"id\":\"0123456789abcdeg\",\"rule\":\"r\",\"state\":"
		"\"firing\",\"at\":\"2025-11-24T16:00:00Z\",\"startsAt\":"
		"\"2025-11-24T16:00:00Z\",\"episode\":1,\"cause\":\"0:0\"}",
		"{\"id\":\"0123456789abcdef\",\"rule\":\"\xff\",\"state\":"
		"\"firing\",\"at\":\"2025-11-24T16:00:00Z\",\"startsAt\":"
		"\"2025-11-24T16:00:00Z\",\"episode\":1,\"cause\":\"0:0\"}",
		"{\"id\":\"0123456789abcdef\",\"rule\":\"r\",\"state\":"
		"\"firing\",\"at\":\"2025-11-24T16:00:00Z\",\"startsAt\":"
		"\"2025-11-24T16:00:00Z\",\"episode\":1,\"cause\":\"0:0\","
		"\"samples\":[{a}]}",
		"{\"id\":\"0123456789abcdef\",\"rule\":\"r\",\"state\":\"on\","
		"\"at\":\"2025-11-24T16:00:00Z\",\"startsAt\":"
		"\"2025-11-24T16:00:00Z\",\"episode\":1,\"cause\":\"0:0\"}",
		"{\"id\":\"0123456789abcdef\",\"rule\":\"r\",\"state\":"
		"\"firing\",\"at\":\"2025-11-24T16:00:00Z\",\"startsAt\":"
		"\"2025-11-24T16:00:00Z\",\"episode\":1,\"cause\":\"x\"}",
	};
	struct transition t;
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		assert_false(transition_decode(str_of(bad[i]), &t, &err));
		assert_int_equal(err.kind, ERROR_REJECT);
		transition_release(&t);
	}
}

static void a_long_one_loses_its_samples_first(void **state)
{
	struct transition t = some_transition(), back;
	struct buf AUTO(buf_release) json = { 0 };
	struct buf AUTO(buf_release) sample = { 0 };
	struct error err;

	(void)state;
	buf_add_char(&sample, '"');
	for (size_t i = 0; i < TRANSITION_BYTES_MAX; i++)
		buf_add_char(&sample, 'x');
	buf_add_char(&sample, '"');
	alert_pairs_add(&t.samples, STR(""), buf_str(&sample));
	transition_encode(&t, &json);
	assert_true(json.n <= TRANSITION_BYTES_MAX);
	assert_true(transition_decode(buf_str(&json), &back, &err));
	assert_int_equal(back.samples.n, 0);
	assert_str(alert_pairs_get(&back.annotations, "summary"), "57 errors");
	transition_release(&back);
	alert_pairs_add(&t.annotations, STR("long"), buf_str(&sample));
	buf_clear(&json);
	transition_encode(&t, &json);
	assert_true(json.n <= TRANSITION_BYTES_MAX);
	assert_true(transition_decode(buf_str(&json), &back, &err));
	assert_str(alert_pairs_get(&back.annotations, "summary"), "57 errors");
	transition_release(&back);
	transition_release(&t);
}

static void causes_are_ordered_within_a_partition(void **state)
{
	static const struct {
		const char *next, *last;
		bool follows;
	} table[] = {
		{ "0:5", "0:4", true },    { "0:5", "0:5", false },
		{ "0:4", "0:5", false },   { "0:5.1", "0:5", true },
		{ "0:5", "0:5.1", false }, { "0:6", "0:5.9", true },
		{ "1:1", "0:5", true },
	};
	struct cause next, last;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct buf AUTO(buf_release) text = { 0 };
		assert_true(cause_parse(str_of(table[i].next), &next));
		assert_true(cause_parse(str_of(table[i].last), &last));
		assert_int_equal(cause_follows(next, last), table[i].follows);
		cause_format(next, &text);
		assert_str(buf_str(&text), table[i].next);
	}
	assert_true(cause_follows(next, (struct cause){ 0, -1, 0 }));
	assert_false(cause_parse(STR("1"), &next));
	assert_false(cause_parse(STR("1:-1"), &next));
	assert_false(cause_parse(STR("1:2.x"), &next));
}

static void the_id_tells_names_and_values_apart(void **state)
{
	struct transition a = { 0 }, b = { 0 };
	char id[4][ALERT_ID_BYTES + 1];

	(void)state;
	alert_pairs_add(&a.group, STR("x"), STR("yz"));
	alert_pairs_add(&b.group, STR("xy"), STR("z"));
	alert_id(STR("rule"), &a.group, id[0]);
	alert_id(STR("rule"), &b.group, id[1]);
	alert_id(STR("ruler"), &a.group, id[2]);
	alert_id(STR("rule"), &a.group, id[3]);
	assert_int_equal(strlen(id[0]), ALERT_ID_BYTES);
	assert_string_not_equal(id[0], id[1]);
	assert_string_not_equal(id[0], id[2]);
	assert_string_equal(id[0], id[3]);
	transition_release(&a);
	transition_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_transition_reads_as_described),
		cmocka_unit_test(what_is_encoded_is_decoded),
		cmocka_unit_test(what_is_no_transition_is_refused),
		cmocka_unit_test(a_long_one_loses_its_samples_first),
		cmocka_unit_test(causes_are_ordered_within_a_partition),
		cmocka_unit_test(the_id_tells_names_and_values_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
