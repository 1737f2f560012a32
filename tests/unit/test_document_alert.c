#include "ingest/index/document_alert.h"
#include "tests/unit/test_support.h"

#define FIRING                                                                 \
	"{\"id\":\"0123456789abcdef\",\"rule\":\"r\",\"state\":\"firing\","    \
	"\"at\":\"2026-11-23T23:59:59.999Z\",\"episode\":7,\"count\":1}"
#define RECORD_MS INT64_C(1795478400000) /* 2026-11-24 */

static struct scanner *scanner;

static bool read_alert(const char *json, struct document_alert *out)
{
	struct error err;
	bool ok = document_alert_read(scanner, str_of(json), out, &err);

	assert_true(ok || err.kind == ERROR_REJECT);
	return ok;
}

static void a_transition_is_named_by_alert_episode_and_state(void **state)
{
	struct document_alert a;
	AUTO(buf_release) struct buf id = { 0 };

	(void)state;
	assert_true(read_alert(FIRING, &a));
	document_alert_id(&a, &id);
	assert_str(buf_str(&id), "0123456789abcdef:7:firing");
}

static void its_day_is_that_of_at(void **state)
{
	struct document_alert a;
	AUTO(buf_release) struct buf index = { 0 };

	(void)state;
	assert_true(read_alert(FIRING, &a));
	document_alert_index(STR("alerts"), &a, RECORD_MS, &index);
	assert_str(buf_str(&index), "alerts-2026.11.23");
}

static void a_day_nobody_believes_is_that_of_the_record(void **state)
{
	static const struct {
		const char *at, *index;
		int64_t record_ms;
	} table[] = {
		{ "1999-01-01T00:00:00Z", "a-2026.11.24", RECORD_MS },
		{ "2099-01-01T00:00:00Z", "a-2026.11.24", RECORD_MS },
		{ "2026-11-25T00:00:00Z", "a-2026.11.25", RECORD_MS },
		{ "2099-01-01T00:00:00Z", "a-2099.01.01", -1 },
		{ "2099-01-01T00:00:00Z", "a-2099.01.01", INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		AUTO(buf_release) struct buf json = { 0 };
		AUTO(buf_release) struct buf index = { 0 };
		struct document_alert a;

		buf_add_format(&json,
			       "{\"id\":\"a\",\"state\":\"pending\",\"at\":"
			       "\"%s\",\"episode\":1}",
			       table[i].at);
		assert_true(read_alert(buf_text(&json), &a));
		document_alert_index(STR("a"), &a, table[i].record_ms, &index);
		assert_str(buf_str(&index), table[i].index);
	}
}

static void the_source_is_the_record_and_its_time(void **state)
{
	struct document_alert a;
	AUTO(buf_release) struct buf out = { 0 };

	(void)state;
	assert_true(read_alert(FIRING "\n", &a));
	document_alert_source(&a, &out);
	assert_str(buf_str(&out),
		   "{\"id\":\"0123456789abcdef\",\"rule\":\"r\",\"state\":"
		   "\"firing\",\"at\":\"2026-11-23T23:59:59.999Z\","
		   "\"episode\":7,\"count\":1,\"@timestamp\":"
		   "\"2026-11-23T23:59:59.999Z\"}");
}

static void a_version_grows_along_the_topic(void **state)
{
	(void)state;
	assert_true(document_alert_version(1000, 5) >
		    document_alert_version(1000, 4));
	assert_true(document_alert_version(1001, 0) >
		    document_alert_version(1000, 1048575));
	assert_true(document_alert_version(-1, 3) >= 0);
	assert_true(document_alert_version(INT64_MAX, INT64_MAX) > 0);
	assert_int_equal(document_alert_version(9, 8),
			 document_alert_version(9, 8));
}

static void what_is_no_transition_is_refused(void **state)
{
	static const char *const table[] = {
		"",
		"[]",
		"{}",
		"not json",
		"{\"id\":\"a\",\"state\":\"firing\",\"episode\":1}",
		"{\"id\":\"a\",\"state\":\"other\",\"episode\":1,\"at\":"
		"\"2026-11-23T00:00:00Z\"}",
		"{\"id\":\"a b\",\"state\":\"firing\",\"episode\":1,\"at\":"
		"\"2026-11-23T00:00:00Z\"}",
		"{\"id\":\"\",\"state\":\"firing\",\"episode\":1,\"at\":"
		"\"2026-11-23T00:00:00Z\"}",
		"{\"id\":\"a\",\"state\":\"firing\",\"episode\":-1,\"at\":"
		"\"2026-11-23T00:00:00Z\"}",
		"{\"id\":\"a\",\"state\":\"firing\",\"episode\":\"1\",\"at\":"
		"\"2026-11-23T00:00:00Z\"}",
		"{\"id\":\"a\",\"state\":\"firing\",\"episode\":1,\"at\":"
		"\"yesterday\"}",
		"{\"id\":\"a\",\"state\":\"firing\",\"episode\":1,\"at\":"
		"\"2026-11-23T00:00:00Z\",\"id\":\"b\"}",
		"{\"id\":\"a\",\"state\":\"firing\",\"episode\":1,\"at\":"
		"\"2026-11-23T00:00:00Z\",\"@timestamp\":1}",
		"{\"id\":\"a\",\"state\":\"firing\",\"episode\":1,\"at\":"
		"\"2026-11-23T00:00:00Z\",\n\"x\":1}",
		"{\"id\":\"a\",\"state\":\"firing\",\"episode\":1,\"at\":"
		"\"2026-11-23T00:00:00Z\",\"x\":\"\xff\"}",
	};
	struct document_alert a;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		if (read_alert(table[i], &a))
			fail_msg("taken: %s", table[i]);
	}
}

static int open_scanner(void **state)
{
	(void)state;
	scanner = scanner_open();
	return 0;
}

static int close_scanner(void **state)
{
	(void)state;
	scanner_close(scanner);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_transition_is_named_by_alert_episode_and_state),
		cmocka_unit_test(its_day_is_that_of_at),
		cmocka_unit_test(a_day_nobody_believes_is_that_of_the_record),
		cmocka_unit_test(the_source_is_the_record_and_its_time),
		cmocka_unit_test(a_version_grows_along_the_topic),
		cmocka_unit_test(what_is_no_transition_is_refused),
	};

	return cmocka_run_group_tests(tests, open_scanner, close_scanner);
}
