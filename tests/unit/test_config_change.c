/* Which changed settings a running daemon does not take. */
#include "core/config.h"

#include "tests/unit/test_support.h"

static const char *const levels[] = { "debug", "info", NULL };

static const struct setting rows[] = {
	{ .path = "prefix", .type = SETTING_STRING, .fallback = "tocsin" },
	{ .path = "fields", .type = SETTING_STRINGS | LIVE, .fallback = "" },
	{ .path = "kafka.list", .type = SETTING_STRINGS, .fallback = "a, b" },
	{ .path = "kafka.count",
	  .type = SETTING_INT | COMMANDS_ONLY,
	  .fallback = "1" },
	{ .path = "kafka.secret",
	  .type = SETTING_STRING | LIVE_IN_ALERT,
	  .fallback = "" },
	{ .path = "ship.bytes", .type = SETTING_BYTES, .fallback = "1MiB" },
	{ .path = "ship.wait",
	  .type = SETTING_DURATION | LIVE_IN_SHIP,
	  .fallback = "1s" },
	{ .path = "ship.tree", .type = SETTING_TREE, .fallback = "" },
	{ .path = "elasticsearch.share",
	  .type = SETTING_REAL,
	  .fallback = "0.5" },
	{ .path = "index.level",
	  .type = SETTING_CHOICE,
	  .fallback = "info",
	  .choices = levels },
	{ .path = "alert.on", .type = SETTING_BOOL, .fallback = "true" },
};
static const struct settings table = { rows, ARRAY_LENGTH(rows) };

static void add_path(void *arg, const char *path)
{
	buf_add_format(arg, "%s ", path);
}

static void assert_told(const char *before, const char *after,
			enum setting_live daemon, const char *expected)
{
	AUTO(buf_release) struct buf told = { 0 };
	struct problems problems = { 0 };
	struct error err;
	struct conf *a = conf_read_text("a", before, &err);
	struct conf *b = conf_read_text("b", after, &err);
	struct config *now, *next;

	assert_non_null(a);
	assert_non_null(b);
	now = config_check(a, &table, 1, &problems);
	next = config_check(b, &table, 1, &problems);
	assert_int_equal(problems.n, 0);
	config_needs_restart(now, next, daemon, add_path, &told);
	assert_string_equal(buf_text(&told), expected);
	config_close(now);
	config_close(next);
	conf_free(a);
	conf_free(b);
}

static const char all[] =
	"prefix = \"p\"; fields = [\"x\"];\n"
	"kafka = { list = [\"a\"]; count = 2; secret = \"s\"; };\n"
	"ship = { bytes = \"2MiB\"; wait = \"2s\";\n"
	"tree = { a = 1; }; };\n"
	"elasticsearch = { share = 0.75; };\n"
	"index = { level = \"debug\"; };\n"
	"alert = { on = false; };\n";

static void each_daemon_is_told_what_it_does_not_take(void **state)
{
	(void)state;
	assert_told("", all, LIVE_IN_SHIP,
		    "prefix kafka.list kafka.secret ship.bytes ship.tree ");
	assert_told("", all, LIVE_IN_INDEX,
		    "prefix kafka.list kafka.secret elasticsearch.share "
		    "index.level ");
	assert_told("", all, LIVE_IN_ALERT, "prefix kafka.list alert.on ");
	assert_told(all, "", LIVE_IN_ALERT, "prefix kafka.list alert.on ");
}

static void what_says_the_same_is_no_change(void **state)
{
	static const enum setting_live daemons[] = { LIVE_IN_SHIP,
						     LIVE_IN_INDEX,
						     LIVE_IN_ALERT };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(daemons); i++) {
		assert_told(all, all, daemons[i], "");
		assert_told("",
			    "prefix = \"tocsin\"; kafka = { list = (\"a\", "
			    "\"b\"); };\nship = { bytes = 1048576; }; "
			    "elasticsearch = { share = 0.5; };",
			    daemons[i], "");
	}
}

static void a_tree_is_compared_to_its_leaves(void **state)
{
	static const struct {
		const char *before, *after;
		bool same;
	} row[] = {
		{ "{ a = 1; b = \"x\"; }", "{ a = 1;\n b = \"x\"; }", true },
		{ "{ a = 1; }", "{ a = 2; }", false },
		{ "{ a = 1; }", "{ b = 1; }", false },
		{ "{ a = 1; }", "{ a = 1; b = 1; }", false },
		{ "{ a = \"x\"; }", "{ a = \"y\"; }", false },
		{ "{ a = 1.5; }", "{ a = 2.5; }", false },
		{ "{ a = true; }", "{ a = false; }", false },
		{ "{ a = 1; }", "{ a = \"1\"; }", false },
		{ "( { a = ( 1, 2 ); } )", "( { a = ( 1, 3 ); } )", false },
		{ "( { a = ( 1, 2 ); } )", "( { a = ( 1, 2 ); } )", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		AUTO(buf_release) struct buf before = { 0 }, after = { 0 };

		buf_add_format(&before, "ship = { tree = %s; };",
			       row[i].before);
		buf_add_format(&after, "ship = { tree = %s; };", row[i].after);
		assert_told(buf_text(&before), buf_text(&after), LIVE_IN_SHIP,
			    row[i].same ? "" : "ship.tree ");
	}
}

static void a_description_says_who_takes_it_while_running(void **state)
{
	struct buf text = { 0 };

	(void)state;
	config_describe(
		&(struct settings){
			(const struct setting[]){
				{ .path = "a",
				  .type = SETTING_BOOL | LIVE,
				  .sentence = "." },
				{ .path = "b",
				  .type = SETTING_BOOL | LIVE_IN_SHIP |
					  LIVE_IN_ALERT,
				  .sentence = "." },
				{ .path = "c",
				  .type = SETTING_BOOL,
				  .sentence = "." },
			},
			3 },
		1, &text);
	assert_string_equal(
		buf_text(&text),
		"a  (true or false, required, taken on SIGHUP)\n\t.\n"
		"b  (true or false, required, taken on SIGHUP by "
		"ship and alert)\n\t.\n"
		"c  (true or false, required)\n\t.\n");
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_daemon_is_told_what_it_does_not_take),
		cmocka_unit_test(what_says_the_same_is_no_change),
		cmocka_unit_test(a_tree_is_compared_to_its_leaves),
		cmocka_unit_test(a_description_says_who_takes_it_while_running),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
