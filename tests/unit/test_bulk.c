#include "ingest/index/bulk.h"
#include "tests/unit/test_support.h"

#define CREATED "{\"create\":{\"status\":201}}"
#define REFUSED                                                                \
	"{\"create\":{\"status\":400,\"error\":{\"type\":\"mapper_parsing_"    \
	"exception\",\"reason\":\"failed to parse\",\"caused_by\":{\"type\":"  \
	"\"x\",\"reason\":\"y\"}}}}"

static struct scanner *scanner;

static bool judge(const char *response, struct judged *out, size_t n)
{
	struct error err;
	bool ok = bulk_judge(scanner, str_of(response), out, n, &err);

	assert_true(ok || err.kind == ERROR_RETRY);
	return ok;
}

static void verdicts_come_in_the_order_of_the_request(void **state)
{
	struct judged j[3];

	(void)state;
	assert_true(judge("{\"took\":3,\"errors\":true,\"items\":[" CREATED
			  "," REFUSED ",{\"create\":{\"status\":429}}]}",
			  j, 3));
	assert_int_equal(j[0].verdict, VERDICT_DONE);
	assert_int_equal(j[1].verdict, VERDICT_DEAD);
	assert_int_equal(j[2].verdict, VERDICT_RETRY);
}

static void an_answer_that_is_not_one_is_sent_again(void **state)
{
	static const char *const answers[] = {
		"",
		"null",
		"[]",
		"{}",
		"<html>bad gateway</html>",
		"{\"items\":[]}",
		"{\"items\":{}}",
		"{\"items\":[" CREATED "]}",
		"{\"items\":[" CREATED "," CREATED "," CREATED "]}",
		"{\"items\":[" CREATED "," CREATED,
		"{\"items\":[" CREATED "," CREATED "]",
		"{\"items\":[" CREATED ",{\"create\":{\"sta",
		"{\"items\":[" CREATED ",{}]}",
		"{\"items\":[" CREATED ",7]}",
		"{\"items\":[" CREATED ",{\"create\":{\"status\":\"x\"}}]}",
		"{\"items\":[" CREATED ",{\"create\":{\"status\":1e9}}]}",
	};
	struct judged j[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(answers); i++) {
		if (judge(answers[i], j, 2))
			fail_msg("taken for an answer: %s", answers[i]);
	}
}

static void no_beginning_of_an_answer_is_taken_for_one(void **state)
{
	static const char whole[] =
		"{\"errors\":true,\"items\":[" CREATED "," REFUSED "]}";
	struct judged j[2];
	struct error err;

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++)
		assert_false(
			bulk_judge(scanner, str_slice(whole, n), j, 2, &err));
	assert_true(judge(whole, j, 2));
}

static void an_error_is_told_with_its_causes(void **state)
{
	struct judged j[1];
	AUTO(buf_release) struct buf text = { 0 };

	(void)state;
	assert_true(judge("{\"items\":[" REFUSED "]}", j, 1));
	bulk_describe_error(j[0].error, &text);
	assert_str(buf_str(&text), "mapper_parsing_exception: failed to parse"
				   ", caused by: x: y");
}

static void an_action_line_is_read_back(void **state)
{
	AUTO(buf_release) struct buf line = { 0 };
	AUTO(buf_release) struct buf index = { 0 };
	AUTO(buf_release) struct buf id = { 0 };

	(void)state;
	bulk_action(STR("structout-2026.11.23"), STR("a\"b\\c:1"), &line);
	assert_str(buf_str(&line),
		   "{\"create\":{\"_index\":\"structout-2026.11.23\",\"_id\":"
		   "\"a\\\"b\\\\c:1\"}}\n");
	bulk_action_read(buf_str(&line), &index, &id);
	assert_str(buf_str(&index), "structout-2026.11.23");
	assert_str(buf_str(&id), "a\"b\\c:1");
}

static void an_action_with_a_version_is_read_back(void **state)
{
	AUTO(buf_release) struct buf line = { 0 };
	AUTO(buf_release) struct buf index = { 0 };
	AUTO(buf_release) struct buf id = { 0 };

	(void)state;
	bulk_action_versioned(STR("alerts-2026.11.23"), STR("ab:1:firing"), 7,
			      &line);
	assert_str(buf_str(&line),
		   "{\"index\":{\"_index\":\"alerts-2026.11.23\",\"_id\":"
		   "\"ab:1:firing\",\"version\":7,\"version_type\":"
		   "\"external\"}}\n");
	bulk_action_read(buf_str(&line), &index, &id);
	assert_str(buf_str(&index), "alerts-2026.11.23");
	assert_str(buf_str(&id), "ab:1:firing");
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
		cmocka_unit_test(verdicts_come_in_the_order_of_the_request),
		cmocka_unit_test(an_answer_that_is_not_one_is_sent_again),
		cmocka_unit_test(no_beginning_of_an_answer_is_taken_for_one),
		cmocka_unit_test(an_error_is_told_with_its_causes),
		cmocka_unit_test(an_action_line_is_read_back),
		cmocka_unit_test(an_action_with_a_version_is_read_back),
	};

	return cmocka_run_group_tests(tests, open_scanner, close_scanner);
}
