#include "ingest/index/access.h"

#include <unistd.h>

#include "ingest/index/elastic.h"
#include "tests/unit/test_support.h"

struct given {
	struct conf *tree;
	struct config *config;
	struct problems problems;
};

static void given_text(struct given *g, const char *text)
{
	const struct settings tables[] = { elastic_settings, access_settings };
	struct error err;

	*g = (struct given){ 0 };
	g->tree = conf_read_text("t.conf", text, &err);
	if (!g->tree)
		fail_msg("%s", err.text);
	g->config = config_check(g->tree, tables, 2, &g->problems);
	if (g->problems.n > 0)
		fail_msg("%s", g->problems.item[0].text);
	access_check(g->config, &g->problems);
}

static void given_release(struct given *g)
{
	config_close(g->config);
	conf_free(g->tree);
	problems_release(&g->problems);
}

static void settings_that_contradict_each_other_are_named(void **state)
{
	static const struct {
		const char *text; /* inside of elasticsearch, on line 2 */
		const char *said; /* NULL: nothing */
	} row[] = {
		{ "", NULL },
		{ "user = \"a\"; password = \"p\";", NULL },
		{ "user = \"a\"; password_file = \"p\";", NULL },
		{ "api_key = \"a\";", NULL },
		{ "aws_region = \"r\"; aws_access_key_file = \"a\"; "
		  "aws_secret_key = \"s\"; aws_service = \"aoss\"; "
		  "aws_session_token = \"t\";",
		  NULL },
		{ "client_cert_file = \"c\"; client_key_file = \"k\"; "
		  "api_key = \"a\";",
		  NULL },
		{ "user = \"a\"; password = \"p\"; password_file = \"p\";",
		  "\"elasticsearch.password\" and "
		  "\"elasticsearch.password_file\" are both set" },
		{ "user = \"a\";", "\"elasticsearch.user\" needs" },
		{ "password = \"p\";", "\"elasticsearch.password\" needs" },
		{ "password_file = \"p\";",
		  "\"elasticsearch.password\" needs" },
		{ "user = \"a\"; password = \"p\"; api_key_file = \"k\";",
		  "two ways" },
		{ "api_key = \"a\"; aws_region = \"r\"; aws_access_key = "
		  "\"a\"; aws_secret_key = \"s\";",
		  "two ways" },
		{ "aws_region = \"r\"; aws_access_key = \"a\";",
		  "needs \"elasticsearch.aws_secret_key\"" },
		{ "aws_service = \"aoss\";",
		  "needs \"elasticsearch.aws_region\"" },
		{ "client_cert_file = \"c\";",
		  "needs \"elasticsearch.client_key_file\"" },
		{ "urls = [\"http://a\", \"https://bob:p@b:9200/\"];",
		  "must not hold a user or password" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		AUTO(buf_release) struct buf text = { 0 };
		struct given g;

		buf_add_format(&text, "elasticsearch = {\n %s };", row[i].text);
		given_text(&g, buf_text(&text));
		assert_int_equal(g.problems.n, row[i].said != NULL);
		if (row[i].said) {
			if (!strstr(g.problems.item[0].text, row[i].said))
				fail_msg("row %zu: %s", i,
					 g.problems.item[0].text);
			assert_string_equal(g.problems.item[0].file, "t.conf");
			assert_int_equal(g.problems.item[0].line, 2);
		}
		given_release(&g);
	}
}

static void secrets_that_cannot_be_used_are_named_and_not_shown(void **state)
{
	static const char *const row[] = {
		"user = \"a\"; password_file = \"/nowhere/password\";",
		"user = \"a\"; password = \"${TOCSIN_TEST_NOT_SET}\";",
		"api_key = \"id:hunter2\";",
		"api_key = \"hunter2\\r\\nX: y\";",
		"ca_file = \"/nowhere/ca.pem\"; api_key = \"hunter2\";",
		"user = \"a\"; password = \"hunter2\\nX: y\";",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		AUTO(buf_release) struct buf text = { 0 };
		struct error err = { 0 };
		struct given g;

		buf_add_format(&text, "elasticsearch = { %s };", row[i]);
		given_text(&g, buf_text(&text));
		if (access_apply(g.config, NULL, &err))
			fail_msg("row %zu was taken", i);
		assert_int_equal(err.kind, ERROR_CONFIG);
		assert_non_null(strstr(err.text, "elasticsearch."));
		assert_null(strstr(err.text, "hunter2"));
		given_release(&g);
	}
}

static void secrets_sent_in_the_clear_are_warned_of(void **state)
{
	static const struct {
		const char *text;
		size_t warnings;
	} row[] = {
		{ "urls = [\"http://es1:9200\", \"http://es2\"]; "
		  "user = \"a\"; password = \"p\";",
		  2 },
		{ "urls = [\"http://es1\"]; api_key_file = \"k\";", 1 },
		{ "urls = [\"https://es1\"]; api_key_file = \"k\";", 0 },
		{ "urls = [\"http://127.0.0.1:9200\", \"http://[::1]\", "
		  "\"http://localhost\"]; api_key_file = \"k\";",
		  0 },
		{ "urls = [\"http://es1\"];", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		AUTO(buf_release) struct buf text = { 0 };
		struct given g;

		buf_add_format(&text, "elasticsearch = { %s };", row[i].text);
		given_text(&g, buf_text(&text));
		access_lint(g.config, &g.problems);
		assert_int_equal(g.problems.n, row[i].warnings);
		assert_int_equal(g.problems.errors, 0);
		given_release(&g);
	}
}

static void urls_with_users_are_noticed(void **state)
{
	(void)state;
	assert_true(access_in_url("https://a:b@c"));
	assert_true(access_in_url("https://a@c:9200/x"));
	assert_true(access_in_url("a:b@c"));
	assert_false(access_in_url("https://c:9200/a@b"));
	assert_false(access_in_url("https://c?a@b"));
	assert_false(access_in_url(""));
}

static void a_url_with_a_password_is_never_shown(void **state)
{
	struct given g;
	struct error err;
	struct loop *loop = loop_open(&err);

	(void)state;
	given_text(&g, "elasticsearch = { urls = [\"a:hunter2@b\"]; };");
	assert_null(elastic_open(loop, g.config, &err));
	assert_int_equal(err.kind, ERROR_CONFIG);
	assert_null(strstr(err.text, "hunter2"));
	assert_null(strstr(g.problems.item[0].text, "hunter2"));
	given_release(&g);
	loop_close(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_that_contradict_each_other_are_named),
		cmocka_unit_test(
			secrets_that_cannot_be_used_are_named_and_not_shown),
		cmocka_unit_test(secrets_sent_in_the_clear_are_warned_of),
		cmocka_unit_test(urls_with_users_are_noticed),
		cmocka_unit_test(a_url_with_a_password_is_never_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
