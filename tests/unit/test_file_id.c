#include "ingest/ship/file_id.h"
#include "tests/unit/test_support.h"

static void a_file_is_named_once_its_first_line_is_there(void **state)
{
	char longer[FILE_HEAD_BYTES + 100];
	struct str head = STR_NONE;

	(void)state;
	memset(longer, 'x', sizeof(longer));
	assert_false(file_head(STR_NONE, false, &head));
	assert_false(file_head(STR_NONE, true, &head));
	assert_false(file_head(STR("half a li"), false, &head));
	assert_true(file_head(STR("half a li"), true, &head));
	assert_str(head, "half a li");
	assert_true(file_head(STR("one\ntwo"), false, &head));
	assert_str(head, "one");
	assert_true(file_head(STR("\nx"), false, &head));
	assert_int_equal(head.n, 0);
	assert_false(file_head(str_slice(longer, FILE_HEAD_BYTES - 1), false,
			       &head));
	assert_true(
		file_head(str_slice(longer, FILE_HEAD_BYTES), false, &head));
	assert_int_equal(head.n, FILE_HEAD_BYTES);
	assert_true(file_head(str_slice(longer, sizeof(longer)), false, &head));
	assert_int_equal(head.n, FILE_HEAD_BYTES);
	longer[FILE_HEAD_BYTES] = '\n';
	assert_true(file_head(str_slice(longer, sizeof(longer)), false, &head));
	assert_int_equal(head.n, FILE_HEAD_BYTES);
}

static void every_part_of_the_identity_counts(void **state)
{
	uint64_t id = file_id(STR("host"), 12, 345, STR("line"));

	(void)state;
	assert_true(id == file_id(STR("host"), 12, 345, STR("line")));
	assert_true(id != file_id(STR("hosu"), 12, 345, STR("line")));
	assert_true(id != file_id(STR("host"), 13, 345, STR("line")));
	assert_true(id != file_id(STR("host"), 12, 346, STR("line")));
	assert_true(id != file_id(STR("host"), 12, 345, STR("lind")));
	assert_true(id !=
		    file_id(STR("host"), 12, FILE_BIRTH_UNKNOWN, STR("line")));
	assert_true(file_id(STR("h"), 12, 3, STR("l")) !=
		    file_id(STR("h"), 1, 23, STR("l")));
}

static void the_id_is_a_format_that_does_not_change(void **state)
{
	char text[FILE_ID_DIGITS];

	(void)state;
	file_id_format(file_id(STR("host"), 12, 345, STR("line")), text);
	assert_str(str_slice(text, sizeof(text)), "b97eaede5c0d3ba8");
	file_id_format(file_id_generation(0x0123456789abcdef, 1), text);
	assert_str(str_slice(text, sizeof(text)), "88d481d0667f6a4f");
}

static void generations_have_their_own_ids(void **state)
{
	(void)state;
	assert_true(file_id_generation(7, 0) == 7);
	assert_true(file_id_generation(7, 1) != 7);
	assert_true(file_id_generation(7, 1) != file_id_generation(7, 2));
	assert_true(file_id_generation(7, 1) != file_id_generation(8, 1));
}

static void digits_are_read_back(void **state)
{
	char text[FILE_ID_DIGITS];
	uint64_t id = 1;

	(void)state;
	file_id_format(0xfedcba9876543210, text);
	assert_str(str_slice(text, sizeof(text)), "fedcba9876543210");
	assert_true(file_id_parse(str_slice(text, sizeof(text)), &id));
	assert_true(id == 0xfedcba9876543210);
	assert_false(file_id_parse(STR("fedcba987654321"), &id));
	assert_false(file_id_parse(STR("FEDCBA9876543210"), &id));
	assert_false(file_id_parse(STR("fedcba987654321\0"), &id));
	assert_true(id == 0xfedcba9876543210);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_named_once_its_first_line_is_there),
		cmocka_unit_test(every_part_of_the_identity_counts),
		cmocka_unit_test(the_id_is_a_format_that_does_not_change),
		cmocka_unit_test(generations_have_their_own_ids),
		cmocka_unit_test(digits_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
