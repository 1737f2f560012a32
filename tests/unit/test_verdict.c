#include "ingest/index/verdict.h"
#include "tests/unit/test_support.h"

static void each_answer_for_a_document_has_its_verdict(void **state)
{
	static const struct {
		int status;
		const char *type;
		const char *reason;
		enum verdict verdict;
	} table[] = {
		{ 201, "", "", VERDICT_DONE },
		{ 200, "", "", VERDICT_DONE },
		{ 409, "version_conflict_engine_exception", "[x]: version",
		  VERDICT_DUPLICATE },
		{ 409, "", "", VERDICT_DUPLICATE },
		{ 409, "something_else", "", VERDICT_RETRY },
		{ 0, "", "", VERDICT_RETRY },
		{ 302, "", "", VERDICT_RETRY },
		{ 408, "", "", VERDICT_RETRY },
		{ 429, "es_rejected_execution_exception", "", VERDICT_RETRY },
		{ 500, "mapper_parsing_exception", "", VERDICT_RETRY },
		{ 503, "unavailable_shards_exception", "", VERDICT_RETRY },
		{ 403, "cluster_block_exception", "read-only", VERDICT_RETRY },
		{ 403, "security_exception", "", VERDICT_BLOCKED },
		{ 401, "security_exception", "", VERDICT_BLOCKED },
		{ 404, "index_not_found_exception", "", VERDICT_BLOCKED },
		{ 413, "", "", VERDICT_DEAD },
		{ 400, "mapper_parsing_exception",
		  "failed to parse field [Level] of type [keyword]",
		  VERDICT_DEAD },
		{ 400, "mapper_parsing_exception",
		  "Failed to parse mapping [_doc]: No handler for type [x]",
		  VERDICT_BLOCKED },
		{ 400, "document_parsing_exception", "[1:2] failed to parse",
		  VERDICT_DEAD },
		{ 400, "strict_dynamic_mapping_exception", "not allowed",
		  VERDICT_DEAD },
		{ 400, "illegal_argument_exception",
		  "Document contains at least one immense term in "
		  "field=\"F._value\" (whose UTF8 encoding is longer",
		  VERDICT_DEAD },
		{ 400, "illegal_argument_exception",
		  "DocValuesField \"Title\" is too large, must be <= 32766",
		  VERDICT_DEAD },
		{ 400, "illegal_argument_exception",
		  "Limit of total fields [1000] has been exceeded",
		  VERDICT_BLOCKED },
		{ 400, "illegal_argument_exception",
		  "no write index is defined for alias [structout]",
		  VERDICT_BLOCKED },
		{ 400, "index_closed_exception", "closed", VERDICT_BLOCKED },
		{ 400, "validation_exception",
		  "this action would add [2] total shards", VERDICT_BLOCKED },
		{ 400, "invalid_index_name_exception", "", VERDICT_BLOCKED },
		{ 400, "", "", VERDICT_BLOCKED },
		{ 418, "teapot", "", VERDICT_BLOCKED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		enum verdict got =
			verdict_of_item(table[i].status, str_of(table[i].type),
					str_of(table[i].reason));

		if (got != table[i].verdict)
			fail_msg("%d %s: %s, not %s", table[i].status,
				 table[i].type, verdict_name(got),
				 verdict_name(table[i].verdict));
	}
}

static void each_status_of_a_request_has_its_verdict(void **state)
{
	static const struct {
		int status;
		enum bulk_verdict verdict;
	} table[] = {
		{ 200, BULK_ANSWERED }, { 0, BULK_RETRY },
		{ 201, BULK_RETRY },    { 301, BULK_BLOCKED },
		{ 400, BULK_HALVE },    { 401, BULK_BLOCKED },
		{ 403, BULK_BLOCKED },  { 404, BULK_BLOCKED },
		{ 405, BULK_BLOCKED },  { 406, BULK_HALVE },
		{ 408, BULK_RETRY },    { 413, BULK_TOO_LARGE },
		{ 415, BULK_HALVE },    { 429, BULK_RETRY },
		{ 500, BULK_RETRY },    { 502, BULK_RETRY },
		{ 503, BULK_RETRY },    { 504, BULK_RETRY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_int_equal(verdict_of_bulk(table[i].status),
				 table[i].verdict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_for_a_document_has_its_verdict),
		cmocka_unit_test(each_status_of_a_request_has_its_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
