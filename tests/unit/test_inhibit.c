#include "alert/notify/inhibit.h"
#include "tests/unit/test_support.h"

static struct labels *labels(const char *severity, const char *service)
{
	static struct labels l;

	labels_release(&l);
	if (severity)
		labels_set(&l, STR("severity"), str_of(severity));
	if (service)
		labels_set(&l, STR("service"), str_of(service));
	return &l;
}

static struct inhibit *read(const char *text, struct problems *problems)
{
	struct error err;
	struct conf *conf = conf_read_text("t.conf", text, &err);
	struct inhibit *in;

	assert_non_null(conf);
	in = inhibit_read(conf_get(conf, "inhibit"), problems);
	conf_free(conf);
	return in;
}

static const char rules[] =
	"inhibit = ( { source = { severity = \"critical\"; };\n"
	"  target = ( \"severity=~warning|critical\" );\n"
	"  equal = [\"service\"]; } );";

static void only_the_same_values_of_equal_labels_are_held(void **state)
{
	struct problems problems = { 0 };
	struct inhibit *in = read(rules, &problems);

	(void)state;
	assert_int_equal(problems.n, 0);
	assert_null(inhibit_find(in, labels("warning", "A")));
	assert_false(inhibit_note(in, "1", labels("warning", "A"), true));
	assert_true(inhibit_note(in, "2", labels("critical", "A"), true));
	assert_false(inhibit_note(in, "2", labels("critical", "A"), true));
	assert_string_equal(inhibit_find(in, labels("warning", "A")), "2");
	assert_null(inhibit_find(in, labels("warning", "B")));
	assert_null(inhibit_find(in, labels("warning", NULL)));
	assert_null(inhibit_find(in, labels("info", "A")));
	assert_true(inhibit_note(in, "2", labels("critical", "A"), false));
	assert_null(inhibit_find(in, labels("warning", "A")));
	/* Absent and empty are equal. */
	assert_true(inhibit_note(in, "3", labels("critical", NULL), true));
	assert_string_equal(inhibit_find(in, labels("warning", "")), "3");
	inhibit_forget_all(in);
	assert_null(inhibit_find(in, labels("warning", "")));
	inhibit_close(in);
	labels(NULL, NULL);
}

static void alerts_on_both_sides_do_not_hold_each_other(void **state)
{
	struct problems problems = { 0 };
	struct inhibit *in = read(rules, &problems);

	(void)state;
	inhibit_note(in, "1", labels("critical", "A"), true);
	inhibit_note(in, "2", labels("critical", "A"), true);
	assert_null(inhibit_find(in, labels("critical", "A")));
	assert_non_null(inhibit_find(in, labels("warning", "A")));
	inhibit_close(in);
	labels(NULL, NULL);
}

static void a_source_whose_labels_change_holds_others(void **state)
{
	struct problems problems = { 0 };
	struct inhibit *in = read(rules, &problems);

	(void)state;
	inhibit_note(in, "1", labels("critical", "A"), true);
	assert_true(inhibit_note(in, "1", labels("critical", "B"), true));
	assert_null(inhibit_find(in, labels("warning", "A")));
	assert_string_equal(inhibit_find(in, labels("warning", "B")), "1");
	assert_true(inhibit_note(in, "1", labels("warning", "B"), true));
	assert_null(inhibit_find(in, labels("warning", "B")));
	inhibit_close(in);
	labels(NULL, NULL);
}

static void a_wrong_inhibition_is_named(void **state)
{
	static const char *const table[] = {
		"inhibit = { };",
		"inhibit = ( 1 );",
		"inhibit = ( { source = { a = \"b\"; }; } );",
		"inhibit = ( { target = { a = \"b\"; }; } );",
		"inhibit = ( { source = { a = 1; }; target = { a = \"b\"; }; } "
		");",
		"inhibit = ( { source = ( \"a\" ); target = { a = \"b\"; }; } "
		");",
		"inhibit = ( { source = \"a=b\"; target = { a = \"b\"; }; } );",
		"inhibit = ( { source = { a = \"b\"; }; target = { a = \"b\"; "
		"}; equl = [\"x\"]; } );",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct problems problems = { 0 };

		inhibit_close(read(table[i], &problems));
		if (problems.errors != 1)
			fail_msg("%s: %zu errors", table[i], problems.errors);
		problems_release(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_same_values_of_equal_labels_are_held),
		cmocka_unit_test(alerts_on_both_sides_do_not_hold_each_other),
		cmocka_unit_test(a_source_whose_labels_change_holds_others),
		cmocka_unit_test(a_wrong_inhibition_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
