#include "ingest/index/flat.h"
#include "tests/unit/test_support.h"

static void assert_flat(struct str object, struct str wanted)
{
	AUTO(buf_release) struct buf scratch = { 0 };
	AUTO(buf_release) struct buf out = { 0 };

	flat_object(object, &scratch, &out);
	if (!str_equal(buf_str(&out), wanted))
		fail_msg("%.*s became %s", STR_ARG(object), buf_text(&out));
}

static void repeat(struct buf *out, const char *text, size_t n)
{
	while (n-- > 0)
		buf_add_text(out, text);
}

static void what_fits_is_copied_and_blanks_are_dropped(void **state)
{
	(void)state;
	assert_flat(STR("{}"), STR("{}"));
	assert_flat(STR(" { \"a\" : 1.50 , \"b\" : [ ] } "),
		    STR("{\"a\":1.50,\"b\":[]}"));
}

static void keys_with_nul_are_left_out(void **state)
{
	(void)state;
	assert_flat(STR("{\"a\":1,\"b\\u0000\":2,\"c\":3}"),
		    STR("{\"a\":1,\"c\":3}"));
	assert_flat(STR("{\"\\u0000\":2,\"\\\\u0000\":\"\\u0000\"}"),
		    STR("{\"\\\\u0000\":\"\\u0000\"}"));
}

static void leaves_over_1024_bytes_are_left_out(void **state)
{
	AUTO(buf_release) struct buf long_text = { 0 };
	AUTO(buf_release) struct buf longest = { 0 };
	AUTO(buf_release) struct buf in = { 0 };
	AUTO(buf_release) struct buf wanted = { 0 };

	(void)state;
	repeat(&longest, "x", 1024);
	repeat(&long_text, "x", 1025);
	buf_add_format(&in, "{\"a\":\"%s\",\"b\":[\"%s\",1],\"c\":\"%s\"}",
		       buf_text(&long_text), buf_text(&long_text),
		       buf_text(&longest));
	buf_add_format(&wanted, "{\"b\":[1],\"c\":\"%s\"}", buf_text(&longest));
	assert_flat(buf_str(&in), buf_str(&wanted));
}

static void a_leaf_is_measured_decoded(void **state)
{
	AUTO(buf_release) struct buf fits = { 0 };
	AUTO(buf_release) struct buf not = { 0 };

	(void)state;
	buf_add_text(&fits, "{\"a\":\"");
	repeat(&fits, "\\u0041", 1024);
	buf_add_text(&fits, "\"}");
	assert_flat(buf_str(&fits), buf_str(&fits));
	buf_add_text(&not, "{\"a\":\"");
	repeat(&not, "\\u00e9", 513);
	buf_add_text(&not, "\"}");
	assert_flat(buf_str(&not ), STR("{}"));
}

static void what_lies_deeper_than_20_is_left_out(void **state)
{
	AUTO(buf_release) struct buf in = { 0 };
	AUTO(buf_release) struct buf wanted = { 0 };

	(void)state;
	repeat(&in, "{\"a\":", 20);
	buf_add_text(&in, "1");
	repeat(&in, "}", 20);
	assert_flat(buf_str(&in), buf_str(&in));
	buf_clear(&in);
	repeat(&in, "{\"b\":2,\"a\":", 21);
	buf_add_text(&in, "1");
	repeat(&in, "}", 21);
	repeat(&wanted, "{\"b\":2,\"a\":", 19);
	buf_add_text(&wanted, "{\"b\":2}");
	repeat(&wanted, "}", 19);
	assert_flat(buf_str(&in), buf_str(&wanted));
}

static void a_path_over_16_kib_is_left_out(void **state)
{
	AUTO(buf_release) struct buf in = { 0 };

	(void)state;
	buf_add_text(&in, "{\"a\":1,\"");
	repeat(&in, "k", 17000);
	buf_add_text(&in, "\":2}");
	assert_flat(buf_str(&in), STR("{\"a\":1}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_fits_is_copied_and_blanks_are_dropped),
		cmocka_unit_test(keys_with_nul_are_left_out),
		cmocka_unit_test(leaves_over_1024_bytes_are_left_out),
		cmocka_unit_test(a_leaf_is_measured_decoded),
		cmocka_unit_test(what_lies_deeper_than_20_is_left_out),
		cmocka_unit_test(a_path_over_16_kib_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
