#include "ingest/ship/fields.h"

#include "ingest/ship/masks.h"
#include "tests/unit/test_support.h"

static struct conf *read_conf(const char *text)
{
	struct error err;
	struct conf *root = conf_read_text("test.conf", text, &err);

	assert_non_null(root);
	return root;
}

static void missing_keys_are_added_in_front(void **state)
{
	static const struct {
		const char *event, *completed;
	} table[] = {
		{ "{\"Title\":\"T\"}",
		  "{\"zone\":\"a\\\"b\",\"team\":\"x\",\"Title\":\"T\"}" },
		{ " { \"zone\":null }", "{\"team\":\"x\", \"zone\":null }" },
		{ "{\"t\\u0065am\":1,\"a\":{\"zone\":1}}",
		  "{\"zone\":\"a\\\"b\",\"t\\u0065am\":1,\"a\":{\"zone\":1}}" },
		{ "{\"zone\":1,\"team\":2}", NULL },
	};
	struct conf *root = read_conf("f = { zone = \"a\\\"b\"; team = \"x\"; "
				      "ServiceKey = \"S\"; };");
	struct fields f;
	struct buf out = { 0 };
	struct error err;

	(void)state;
	assert_true(fields_read(&f, conf_get(root, "f"), &err));
	assert_str(f.service, "S");
	assert_int_equal(f.host.n, 0);
	assert_int_equal(f.bytes,
			 strlen("\"zone\":\"a\\\"b\",\"team\":\"x\","));
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		assert_int_equal(fields_add(&f, str_of(table[i].event), &out),
				 table[i].completed != NULL);
		if (table[i].completed)
			assert_str(buf_str(&out), table[i].completed);
	}
	buf_release(&out);
	fields_release(&f);
	conf_free(root);
}

static void without_fields_nothing_changes(void **state)
{
	struct fields f;
	struct buf out = { 0 };
	struct error err;

	(void)state;
	assert_true(fields_read(&f, NULL, &err));
	assert_false(fields_add(&f, STR("{\"a\":1}"), &out));
	fields_release(&f);
}

static void what_will_not_do_is_refused_by_file_and_line(void **state)
{
	static const char *const table[] = {
		"f = { a = 1; };",
		"f = { a = \"\"; };",
		"f = { a = \"\xff\"; };",
		"f = { Level = \"INFO\"; };",
		"f = { Repaired = \"a\"; };",
		"f = ( \"a\" );",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct conf *root = read_conf(table[i]);
		struct fields f;
		struct error err;

		assert_false(fields_read(&f, conf_get(root, "f"), &err));
		assert_int_equal(err.kind, ERROR_CONFIG);
		assert_non_null(strstr(err.text, "test.conf:1: "));
		fields_release(&f);
		conf_free(root);
	}
}

static void masks_are_read_or_refused(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} table[] = {
		{ "m = ( { pattern = \"a\"; replacement = \"b\"; } );", true },
		{ "m = ( { pattern = \"a\"; } );", true },
		{ "m = ( );", true },
		{ "m = ( { pattern = \"a(\"; } );", false },
		{ "m = ( { replacement = \"a\"; } );", false },
		{ "m = ( { pattern = \"a\"; x = 1; } );", false },
		{ "m = ( \"a\" );", false },
		{ "m = { pattern = \"a\"; };", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct conf *root = read_conf(table[i].text);
		struct error err = { 0 };
		struct mask *m;

		assert_int_equal(masks_read(conf_get(root, "m"), &m, &err),
				 table[i].ok);
		if (!table[i].ok)
			assert_non_null(strstr(err.text, "test.conf:1: "));
		mask_close(m);
		conf_free(root);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_keys_are_added_in_front),
		cmocka_unit_test(without_fields_nothing_changes),
		cmocka_unit_test(what_will_not_do_is_refused_by_file_and_line),
		cmocka_unit_test(masks_are_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
