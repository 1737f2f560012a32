#include "core/buf.h"
#include "ingest/index/dead_letter.h"
#include "tests/unit/test_support.h"

#define HOSTILE "\033[2J\xff\"\n\xe2\x80\xae"

static const struct dead_letter letter = {
	.time_ms = 1795424400123,
	.origin = { "tocsin.logs:1:4711", 18 },
	.reason = { "mapper_parsing_exception: no", 28 },
	.index = { "structout-2026.11.23", 20 },
	.id = { "0123456789abcdef:7", 18 },
	.status = { "400", 3 },
	.attempts = { "1", 1 },
	.size_bytes = 42,
};

static void a_letter_is_meant_when_it_meets_all(void **state)
{
	static const struct {
		const char *reason, *id;
		int64_t from_ms, to_ms;
		bool meant;
	} table[] = {
		{ "", "", INT64_MIN, INT64_MAX, true },
		{ "parsing", "", INT64_MIN, INT64_MAX, true },
		{ "mapper_parsing_exception: no", "", 0, INT64_MAX, true },
		{ "mapper_parsing_exception: no!", "", 0, INT64_MAX, false },
		{ "Parsing", "", 0, INT64_MAX, false },
		{ "*", "", 0, INT64_MAX, false },
		{ "", "0123456789abcdef:7", 0, INT64_MAX, true },
		{ "", "0123456789abcdef", 0, INT64_MAX, false },
		{ "", "*", 0, INT64_MAX, false },
		{ "", "", 1795424400123, 1795424400124, true },
		{ "", "", 1795424400124, INT64_MAX, false },
		{ "", "", 0, 1795424400123, false },
		{ "parsing", "other", 0, INT64_MAX, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		const struct dead_filter filter = {
			.reason = str_of(table[i].reason),
			.id = str_of(table[i].id),
			.from_ms = table[i].from_ms,
			.to_ms = table[i].to_ms,
		};

		if (dead_letter_matches(&letter, &filter) != table[i].meant)
			fail_msg("row %zu", i);
	}
}

static void a_row_shows_all_on_one_line(void **state)
{
	AUTO(buf_release) struct buf out = { 0 };

	(void)state;
	dead_letter_row(&letter, &out);
	assert_str(buf_str(&out),
		   "2026-11-23T09:00:00.123Z  400     1       42         "
		   "structout-2026.11.23    tocsin.logs:1:4711      "
		   "0123456789abcdef:7            "
		   "mapper_parsing_exception: no\n");
	buf_clear(&out);
	dead_letter_head(&out);
	assert_str(buf_str(&out),
		   "TIME                      STATUS  TRIES   BYTES      "
		   "INDEX                   ORIGIN                  "
		   "ID                            REASON\n");
}

static void json_has_numbers_and_text(void **state)
{
	AUTO(buf_release) struct buf out = { 0 };

	(void)state;
	dead_letter_json(&letter, &out);
	assert_str(buf_str(&out),
		   "{\"time\":\"2026-11-23T09:00:00.123Z\","
		   "\"origin\":\"tocsin.logs:1:4711\","
		   "\"reason\":\"mapper_parsing_exception: no\","
		   "\"status\":400,\"index\":\"structout-2026.11.23\","
		   "\"id\":\"0123456789abcdef:7\",\"attempts\":1,"
		   "\"size\":42}\n");
}

static void hostile_headers_do_nothing_to_a_terminal(void **state)
{
	const struct dead_letter hostile = {
		.time_ms = -1,
		.reason = STR(HOSTILE),
		.id = STR(HOSTILE),
		.status = STR("4e2"),
	};
	AUTO(buf_release) struct buf out = { 0 };

	(void)state;
	dead_letter_row(&hostile, &out);
	for (size_t i = 0; i + 1 < out.n; i++)
		assert_in_range(out.p[i], 0x20, 0x7e);
	buf_clear(&out);
	dead_letter_json(&hostile, &out);
	assert_str(buf_str(&out),
		   "{\"time\":\"\",\"origin\":\"\",\"reason\":\""
		   "\\u001b[2J\xef\xbf\xbd\\\"\\n\\u202e\",\"status\":null,"
		   "\"index\":\"\",\"id\":\"\\u001b[2J\xef\xbf\xbd\\\"\\n"
		   "\\u202e\",\"attempts\":null,\"size\":0}\n");
}

static void only_headers_of_dead_letters_are_taken_off(void **state)
{
	(void)state;
	assert_true(dead_header_is_ours("tocsin-id"));
	assert_true(dead_header_is_ours("tocsin-attempts"));
	assert_false(dead_header_is_ours("tocsin-source"));
	assert_false(dead_header_is_ours("traceparent"));
}

static void carry(struct dead_carried *carried, const char *name,
		  struct str value)
{
	const struct kafka_header header = { name, value };

	dead_carry(carried, &header);
}

static void a_letter_carries_what_others_wrote_and_nothing_of_ours(void **state)
{
	struct dead_carried carried = { 0 };

	(void)state;
	carry(&carried, "traceparent", STR("first"));
	carry(&carried, "tocsin-id", STR("of an earlier replay"));
	carry(&carried, "tocsin-source", STR("0123456789abcdef:7"));
	carry(&carried, "tocsin-reason", STR("somebody's"));
	carry(&carried, "traceparent", STR("second"));
	carry(&carried, "empty", STR_NONE);
	assert_int_equal(carried.n, 4);
	assert_int_equal(carried.left_out, 0);
	assert_str(carried.header[0].value, "first");
	assert_string_equal(carried.header[1].name, "tocsin-source");
	assert_str(carried.header[2].value, "second");
	assert_null(carried.header[3].value.s);
}

static void headers_beyond_the_limits_are_left_out_and_counted(void **state)
{
	static char large[DEAD_CARRIED_BYTES];
	struct dead_carried carried = { 0 };

	(void)state;
	carry(&carried, "a", str_slice(large, DEAD_CARRIED_BYTES));
	assert_int_equal(carried.n, 0);
	carry(&carried, "a", str_slice(large, DEAD_CARRIED_BYTES - 10));
	carry(&carried, "tocsin-source", STR_NONE);
	carry(&carried, "b", STR("12345678"));
	carry(&carried, "c", STR_NONE);
	assert_int_equal(carried.n, 2);
	assert_int_equal(carried.bytes, DEAD_CARRIED_BYTES);
	assert_int_equal(carried.left_out, 3);
	carried = (struct dead_carried){ 0 };
	for (int i = 0; i < DEAD_CARRIED_MAX + 3; i++)
		carry(&carried, "n", STR_NONE);
	assert_int_equal(carried.n, DEAD_CARRIED_MAX);
	assert_int_equal(carried.left_out, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_is_meant_when_it_meets_all),
		cmocka_unit_test(a_row_shows_all_on_one_line),
		cmocka_unit_test(json_has_numbers_and_text),
		cmocka_unit_test(hostile_headers_do_nothing_to_a_terminal),
		cmocka_unit_test(only_headers_of_dead_letters_are_taken_off),
		cmocka_unit_test(
			a_letter_carries_what_others_wrote_and_nothing_of_ours),
		cmocka_unit_test(
			headers_beyond_the_limits_are_left_out_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
