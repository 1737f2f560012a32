#include <stdlib.h>

#include "alert/notify/receiver.h"
#include "tests/unit/test_support.h"

struct verdict {
	const char *text;  /* of one receiver, but for its name and url */
	const char *wrong; /* in the problem; NULL: none */
	int64_t token_us, burst, digest;
};

static void check(const struct verdict *v)
{
	struct problems problems = { 0 };
	struct receivers receivers;
	struct buf text = { 0 };
	struct error err;
	struct conf *conf;

	buf_add_format(&text,
		       "receivers = ( { name = \"ops\"; url = \"http://x\"; "
		       "%s } );",
		       v->text);
	conf = conf_read_text("t.conf", buf_text(&text), &err);
	assert_non_null(conf);
	receivers_read(conf_get(conf, "receivers"), &receivers, &problems);
	if (v->wrong) {
		assert_int_equal(problems.errors, 1);
		assert_non_null(strstr(problems.item[0].text, v->wrong));
	} else {
		assert_int_equal(problems.errors, 0);
		assert_int_equal(receivers.item[0]->token_us, v->token_us);
		assert_int_equal(receivers.item[0]->burst, v->burst);
		assert_int_equal(receivers.item[0]->digest, v->digest);
	}
	receivers_release(&receivers);
	problems_release(&problems);
	conf_free(conf);
	buf_release(&text);
}

static void a_rate_is_the_services_unless_set(void **state)
{
	static const struct verdict table[] = {
		{ "type = \"slack\";", NULL, 1000000, 1, 5 },
		{ "type = \"slack\"; rate = \"30/m\"; burst = 4; digest = 0;",
		  NULL, 2000000, 4, 0 },
		{ "type = \"slack\"; rate = \"none\";", NULL, 0, 1, 5 },
		{ "type = \"webhook\";", NULL, 0, 1, 0 },
		{ "type = \"webhook\"; rate = \"5/s\";", NULL, 200000, 1, 0 },
		{ "type = \"webhook\"; rate = \"fast\";", "'rate' must be", 0,
		  0, 0 },
		{ "type = \"webhook\"; digest = 3;", "gets every message", 0, 0,
		  0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		check(&table[i]);
}

static void a_heartbeat_is_told_no_alerts(void **state)
{
	struct strings names;
	struct error err;
	struct conf *conf = conf_read_text(
		"t.conf",
		"receivers = ( { name = \"a\"; type = \"heartbeat\"; },"
		" { name = \"b\"; type = \"webhook\"; } );",
		&err);

	(void)state;
	assert_non_null(conf);
	receivers_names(conf_get(conf, "receivers"), &names);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.item[0], "b");
	free(names.item);
	conf_free(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rate_is_the_services_unless_set),
		cmocka_unit_test(a_heartbeat_is_told_no_alerts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
