#include "core/conf.h"

#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "tests/unit/test_support.h"

static char folder[] = "/tmp/tocsin-test-conf-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static void path_of(char *out, size_t n, const char *name)
{
	snprintf(out, n, "%s/%s", folder, name);
}

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	path_of(path, sizeof(path), name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int remove_folder(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	return system(command);
}

static struct conf *read_ok(const char *name)
{
	struct error err = { 0 };
	struct conf *root;
	char path[128];

	path_of(path, sizeof(path), name);
	root = conf_read_file(path, &err);
	if (!root)
		fail_msg("%s", err.text);
	return root;
}

/* The message without the folder. */
static void assert_refused(const char *name, const char *wanted)
{
	struct error err = { 0 };
	char path[128];
	char text[256];

	path_of(path, sizeof(path), name);
	path_of(text, sizeof(text), wanted);
	assert_null(conf_read_file(path, &err));
	assert_int_equal(err.kind, ERROR_CONFIG);
	assert_memory_equal(err.text, text, strlen(text));
}

static void every_kind_of_value_becomes_a_node(void **state)
{
	struct error err = { 0 };
	struct conf *root = conf_read_text(
		"inline",
		"a = 1;\nb = -7L\nc = 0x10;\nd = 1.5;\ne = true;\n"
		"f = \"x\\n\" \"y\";\ng = { h = 2; };\ni = ( 1, \"s\" );\n"
		"j = [ 3, 4 ];\nk = 3000000000;\n"
		"a1234567890 = 1; // 12345678901\n"
		"l = [ -9000000000, -9000000001 ]; /*/ 1 */ m = 5000000000L;",
		&err);
	const struct conf *list;

	(void)state;
	assert_non_null(root);
	assert_int_equal(root->n, 13);
	assert_int_equal(conf_get(root, "a")->integer, 1);
	assert_int_equal(conf_get(root, "b")->integer, -7);
	assert_int_equal(conf_get(root, "c")->integer, 16);
	assert_true(conf_get(root, "d")->real == 1.5);
	assert_true(conf_get(root, "e")->flag);
	assert_string_equal(conf_get(root, "f")->text, "x\ny");
	assert_int_equal(conf_get(conf_get(root, "g"), "h")->integer, 2);
	list = conf_get(root, "i");
	assert_int_equal(list->kind, CONF_LIST);
	assert_int_equal(list->n, 2);
	assert_null(list->child[0]->name);
	assert_string_equal(list->child[1]->text, "s");
	assert_int_equal(conf_get(root, "j")->kind, CONF_LIST);
	assert_true(conf_get(root, "k")->integer == 3000000000);
	assert_int_equal(conf_get(root, "a1234567890")->integer, 1);
	assert_true(conf_get(root, "l")->child[0]->integer == -9000000000);
	assert_true(conf_get(root, "m")->integer == 5000000000);
	assert_null(conf_get(root, "nothing"));
	assert_null(conf_get(list, "a"));
	conf_free(root);
}

static void a_node_knows_its_file_and_line(void **state)
{
	struct conf *root = conf_read_text(
		"inline",
		"\n\na = 1;\nlist = (\n  { b = 2; },\n  { c = 3; }\n);", NULL);
	const struct conf *list = conf_get(root, "list");

	(void)state;
	assert_int_equal(conf_get(root, "a")->line, 3);
	assert_string_equal(conf_get(root, "a")->file, "inline");
	assert_int_equal(list->line, 4);
	assert_int_equal(list->child[1]->line, 6);
	assert_int_equal(conf_get(list->child[1], "c")->line, 6);
	conf_free(root);
}

static void an_include_is_relative_to_the_file_that_holds_it(void **state)
{
	struct conf *root;
	char path[128];

	(void)state;
	path_of(path, sizeof(path), "sub");
	assert_int_equal(mkdir(path, 0700), 0);
	write_file("main.conf",
		   "a = 1;\n@include \"sub/one.conf\"\n\nz = 2;\n");
	write_file("sub/one.conf", "\nb = 2;\n  @include \"two.conf\"\n");
	write_file("sub/two.conf", "c = { d = 1;\n e = 5; };");
	root = read_ok("main.conf");
	assert_int_equal(conf_get(root, "z")->line, 4);
	assert_int_equal(conf_get(root, "b")->line, 2);
	path_of(path, sizeof(path), "sub/two.conf");
	assert_string_equal(conf_get(conf_get(root, "c"), "e")->file, path);
	assert_int_equal(conf_get(conf_get(root, "c"), "e")->line, 2);
	conf_free(root);
}

static void an_include_in_a_comment_or_string_is_none(void **state)
{
	struct conf *root;

	(void)state;
	write_file("tricky.conf", "/* \"\n@include \"nix\"\n*/\n"
				  "a = \"x \\\" /*\n@include 'nix'\";\n"
				  "# \"\n// \"\nb = 1;\n");
	root = read_ok("tricky.conf");
	assert_int_equal(conf_get(root, "b")->line, 8);
	conf_free(root);
}

static void what_cannot_be_read_is_named(void **state)
{
	static const char nested[] = "a = ((((((((((((((((((((((((((((((((("
				     "((((((((((((((((((((((((((((((((((("
				     ")))))))))))))))))))))))))))))))))"
				     ")))))))))))))))))))))))))))))))))))\n;";
	static const struct {
		const char *name, *text, *wanted;
	} table[] = {
		{ "syntax.conf", "a = 1;\nb = ;\n", "syntax.conf:2: syntax" },
		{ "twice.conf", "a = 1;\n\na = 2;\n",
		  "twice.conf:3: duplicate setting name" },
		{ "gone.conf", "x = 1;\n@include \"nix.conf\"\n",
		  "gone.conf:2: could not include" },
		{ "folder.conf", "@include \".\"\n",
		  "folder.conf:1: could not include" },
		{ "self.conf", "@include \"self.conf\"\n",
		  "self.conf:1: could not include" },
		{ "inner.conf", "a = 1;\n@include \"syntax.conf\"\n",
		  "syntax.conf:" },
		{ "deep.conf", nested, "deep.conf:1: groups and lists nest" },
		{ NULL, NULL, "missing.conf: could not read the file" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		if (table[i].name)
			write_file(table[i].name, table[i].text);
		assert_refused(table[i].name ? table[i].name : "missing.conf",
			       table[i].wanted);
	}
	assert_refused(".", ".: could not read the file: Is a directory");
}

static void problems_count_errors_and_keep_warnings_apart(void **state)
{
	struct problems problems = { 0 };
	struct error err = { 0 };

	(void)state;
	problems_add(&problems, PROBLEM_WARNING, "f", 1, 0, "doubtful");
	assert_true(problems_ok(&problems, &err));
	assert_int_equal(err.kind, ERROR_NONE);
	problems_add(&problems, PROBLEM_ERROR, "f", 7, 3, "wrong %d", 1);
	assert_false(problems_ok(&problems, &err));
	assert_string_equal(err.text, "f:7: wrong 1");
	for (int i = 0; i < 2000; i++)
		problems_add(&problems, PROBLEM_ERROR, "f", 0, 0, "wrong");
	assert_int_equal(problems.errors, 2001);
	assert_true(problems.n <= 1000);
	assert_false(problems_ok(&problems, &err));
	assert_string_equal(err.text, "f:7: wrong 1 (and 2000 more)");
	problems_release(&problems);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value_becomes_a_node),
		cmocka_unit_test(a_node_knows_its_file_and_line),
		cmocka_unit_test(
			an_include_is_relative_to_the_file_that_holds_it),
		cmocka_unit_test(an_include_in_a_comment_or_string_is_none),
		cmocka_unit_test(what_cannot_be_read_is_named),
		cmocka_unit_test(problems_count_errors_and_keep_warnings_apart),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
