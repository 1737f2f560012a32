#include <unistd.h>

#include "core/secret.h"
#include "tests/unit/test_support.h"

static const struct setting rows[] = {
	{ "url", SETTING_STRING, "", 0, 0, NULL, NULL, "A secret." },
	{ "url_file", SETTING_STRING, "", 0, 0, NULL, NULL, "Its file." },
};
static const struct settings table = { rows, ARRAY_LENGTH(rows) };

/* Read the secret that a configuration text says. */
static bool read_from(const char *text, char **out, struct error *err)
{
	struct problems problems = { 0 };
	struct conf *tree = conf_read_text("t.conf", text, err);
	struct config *c;
	bool ok;

	assert_non_null(tree);
	c = config_check(tree, &table, 1, &problems);
	assert_int_equal(problems.n, 0);
	ok = secret_read(c, "url", "url_file", out, err);
	config_close(c);
	conf_free(tree);
	problems_release(&problems);
	return ok;
}

static void a_secret_comes_from_text_environment_or_file(void **state)
{
	char path[] = "/tmp/tocsin-secret-XXXXXX";
	int fd = mkstemp(path);
	char text[200];
	char *secret = NULL;
	struct error err;

	(void)state;
	assert_true(write(fd, " s3cret \r\nnext\n", 15) == 15);
	close(fd);
	snprintf(text, sizeof(text), "url_file = \"%s\";", path);
	assert_true(read_from(text, &secret, &err));
	assert_string_equal(secret, "s3cret");
	secret_release(&secret);
	unlink(path);

	setenv("TOCSIN_TEST_SECRET", "from-env", 1);
	assert_true(
		read_from("url = \"${TOCSIN_TEST_SECRET}\";", &secret, &err));
	assert_string_equal(secret, "from-env");
	secret_release(&secret);

	assert_true(read_from("url = \"http://x/${y}\";", &secret, &err));
	assert_string_equal(secret, "http://x/${y}");
	secret_release(&secret);

	assert_true(read_from("", &secret, &err));
	assert_string_equal(secret, "");
	secret_release(&secret);
}

static void what_is_wrong_is_said_without_the_secret(void **state)
{
	char *secret = NULL;
	struct error err;

	(void)state;
	unsetenv("TOCSIN_TEST_NONE");
	assert_false(
		read_from("url = \"${TOCSIN_TEST_NONE}\";", &secret, &err));
	assert_string_equal(err.text, "url: the environment variable "
				      "'TOCSIN_TEST_NONE' is not set");
	assert_false(
		read_from("url_file = \"/nonexistent/x\";", &secret, &err));
	assert_non_null(strstr(err.text, "url_file: could not open"));
	assert_false(
		read_from("url = \"hush\"; url_file = \"/x\";", &secret, &err));
	assert_null(strstr(err.text, "hush"));
	assert_int_equal(err.kind, ERROR_CONFIG);
	assert_null(secret);
}

static void a_secret_that_cannot_be_read_is_a_problem_at_its_place(void **state)
{
	static const struct {
		const char *text;
		const char *said; /* NULL: nothing */
	} row[] = {
		{ "\nurl_file = \"/nonexistent/x\";", "url_file: could not" },
		{ "\nurl = \"${TOCSIN_TEST_NONE}\";", "TOCSIN_TEST_NONE" },
		{ "\nurl = \"hush\";", NULL },
		{ "", NULL },
	};

	(void)state;
	unsetenv("TOCSIN_TEST_NONE");
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		struct problems problems = { 0 };
		struct error err;
		struct conf *tree = conf_read_text("t.conf", row[i].text, &err);
		struct config *c = config_check(tree, &table, 1, &problems);

		secret_check(c, "url", "url_file", &problems);
		assert_int_equal(problems.n, row[i].said != NULL);
		if (row[i].said) {
			assert_non_null(
				strstr(problems.item[0].text, row[i].said));
			assert_string_equal(problems.item[0].file, "t.conf");
			assert_int_equal(problems.item[0].line, 2);
		}
		config_close(c);
		conf_free(tree);
		problems_release(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_comes_from_text_environment_or_file),
		cmocka_unit_test(what_is_wrong_is_said_without_the_secret),
		cmocka_unit_test(
			a_secret_that_cannot_be_read_is_a_problem_at_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
