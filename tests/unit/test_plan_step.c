#include "tests/unit/plan_bench.h"

/* Everything goes to a pager by two routes and to a cluster of two
 * Alertmanagers. */
static const char pager[] =
	"receivers = ( { name = \"pd\"; type = \"pagerduty\"; routing_key = "
	"\"" KEY "\"; } );\n"
	"route = { receiver = \"pd\"; group_interval = \"60s\";\n"
	"  routes = ( { receiver = \"pd\"; continue = true; },\n"
	"    { receiver = \"pd\"; group_by = [\"n\"]; } ); };\n" INHIBIT;

static const char quiet_pager[] =
	"receivers = ( { name = \"pd\"; type = \"pagerduty\"; routing_key = "
	"\"" KEY "\"; send_resolved = false; } );\n"
	"route = { receiver = \"pd\"; };\n";

static const char cluster[] =
	"receivers = ( { name = \"am\"; type = \"alertmanager\"; urls = "
	"[\"http://x\", \"http://y\"]; } );\n"
	"route = { receiver = \"am\"; group_interval = \"60s\"; };\n" INHIBIT;

static const char chat[] =
	"receivers = ( { name = \"wh\"; type = \"webhook\"; url = "
	"\"http://x\"; } );\n"
	"route = { receiver = \"wh\"; group_wait = \"0s\";\n"
	"  group_interval = \"1s\"; repeat_interval = \"60s\"; };\n";

static void answer_all(struct bench *b, bool accepted, int64_t now_ms)
{
	for (size_t i = 0; i < b->n_under_way; i++) {
		plan_done(b->plan, b->under_way[i], accepted, now_ms, now_ms);
		plan_message_free(b->under_way[i]);
	}
	b->n_under_way = 0;
}

static void a_pager_gets_one_message_an_alert_however_many_routes(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, pager);
	apply(&b, 1, ALERT_FIRING, 1, 0);
	apply(&b, 2, ALERT_FIRING, 4, 0);
	assert_string_equal(run(&b, 0), "pd:1.1+;pd:2.4+;");
	answer_all(&b, true, 10);
	apply(&b, 1, ALERT_RESOLVED, 1, 20);
	assert_string_equal(run(&b, 20), "pd:1.1-;");
	answer_all(&b, true, 30);
	assert_string_equal(run(&b, 1000), "");
	bench_close(&b);
}

static void an_incident_that_is_over_is_opened_and_then_closed(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, pager);
	apply(&b, 1, ALERT_FIRING, 1, 0);
	apply(&b, 1, ALERT_RESOLVED, 1, 0);
	assert_string_equal(run(&b, 0), "pd:1.1+;");
	assert_string_equal(run(&b, 100), "");
	assert_int_equal(plan_settled(b.plan, 9), 2);
	answer_all(&b, true, 100);
	assert_string_equal(run(&b, 100), "pd:1.1-;");
	answer_all(&b, true, 200);
	assert_string_equal(run(&b, 300), "");
	assert_int_equal(plan_settled(b.plan, 9), 9);
	bench_close(&b);
}

static void a_rule_in_staging_still_resolves_what_it_told(void **state)
{
	static const char *const text[] = { chat, pager };
	static const char *const name[] = { "wh", "pd" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(text); i++) {
		struct buf AUTO(buf_release) expected = { 0 };
		struct bench b;

		bench_open(&b, text[i]);
		apply(&b, 1, ALERT_FIRING, 1, 0);
		run(&b, 0);
		answer_all(&b, true, 0);
		b.staging = true;
		apply(&b, 1, ALERT_FIRING, 1, 10);
		assert_string_equal(run(&b, 1000000), "");
		apply(&b, 1, ALERT_RESOLVED, 1, 1000000);
		buf_add_format(&expected, "%s:1.1-;", name[i]);
		assert_string_equal(run(&b, 1000000), buf_text(&expected));
		answer_all(&b, true, 1000000);
		apply(&b, 1, ALERT_FIRING, 2, 1000001);
		assert_string_equal(run(&b, 9000000), "");
		bench_close(&b);
	}
}

/* In staging, or with other receivers, before the firing was accepted. */
static void a_resolve_follows_a_firing_that_was_under_way(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, chat);
	apply(&b, 1, ALERT_FIRING, 1, 0);
	assert_string_equal(run(&b, 0), "wh:1.1+;");
	b.staging = true;
	apply(&b, 1, ALERT_RESOLVED, 1, 10);
	assert_string_equal(run(&b, 1000), "");
	answer_all(&b, true, 1000);
	assert_string_equal(run(&b, 60000), "wh:1.1-;");
	bench_close(&b);
}

/* While the pager was away the alert ended, came back and ended again. */
static void no_incident_stays_open_when_the_next_one_comes(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, pager);
	apply(&b, 1, ALERT_FIRING, 1, 0);
	run(&b, 0);
	apply(&b, 1, ALERT_RESOLVED, 1, 0);
	apply(&b, 1, ALERT_FIRING, 2, 0);
	answer_all(&b, true, 10);
	assert_string_equal(run(&b, 10), "pd:1.1-;");
	answer_all(&b, true, 20);
	assert_string_equal(run(&b, 20), "pd:1.2+;");
	apply(&b, 1, ALERT_RESOLVED, 2, 20);
	apply(&b, 1, ALERT_PENDING, 3, 20);
	answer_all(&b, true, 30);
	assert_string_equal(run(&b, 30), "pd:1.2-;");
	answer_all(&b, true, 40);
	assert_string_equal(run(&b, 40), "");
	bench_close(&b);
}

static void a_pager_without_resolves_is_still_told_of_each_episode(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, quiet_pager);
	apply(&b, 1, ALERT_FIRING, 1, 0);
	assert_string_equal(run(&b, 0), "pd:1.1+;");
	answer_all(&b, true, 10);
	apply(&b, 1, ALERT_RESOLVED, 1, 20);
	assert_string_equal(run(&b, 20), "");
	apply(&b, 1, ALERT_FIRING, 2, 30);
	apply(&b, 1, ALERT_RESOLVED, 2, 30);
	assert_string_equal(run(&b, 30), "pd:1.2+;");
	answer_all(&b, true, 40);
	assert_string_equal(run(&b, 50), "");
	bench_close(&b);
}

static void
a_trigger_refused_before_is_told_again_before_its_resolve(void **state)
{
	const struct delivery refused = {
		.episode = 1, .firing = true, .count = 1, .refused = true
	};
	struct bench b;

	(void)state;
	bench_open(&b, pager);
	plan_load(b.plan, "pd", "0000000000000001", &refused, 0, 5000);
	apply(&b, 1, ALERT_FIRING, 1, 0);
	apply(&b, 1, ALERT_RESOLVED, 1, 0);
	assert_string_equal(run(&b, 0), "pd:1.1+;");
	answer_all(&b, true, 10);
	assert_string_equal(run(&b, 10), "pd:1.1-;");
	bench_close(&b);
}

static void every_member_of_a_cluster_is_told_and_told_again(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, cluster);
	apply(&b, 1, ALERT_FIRING, 1, 0);
	assert_string_equal(run(&b, 0), "am:1.1+;am/2:1.1+;");
	answer_all(&b, true, 0);
	assert_string_equal(run(&b, 59999), "");
	assert_string_equal(run(&b, 60000), "am:1.1+;am/2:1.1+;");
	answer_all(&b, true, 60000);
	/* Not held back by group_interval. */
	apply(&b, 2, ALERT_FIRING, 1, 61000);
	assert_string_equal(run(&b, 61000), "am:1.1+ 2.1+;am/2:1.1+ 2.1+;");
	bench_close(&b);
}

static void a_dead_member_holds_back_no_other(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, cluster);
	apply(&b, 1, ALERT_FIRING, 1, 0);
	run(&b, 0);
	plan_done(b.plan, b.under_way[0], true, 0, 0);
	plan_message_free(b.under_way[0]);
	b.under_way[0] = b.under_way[--b.n_under_way];
	apply(&b, 1, ALERT_RESOLVED, 1, 10);
	assert_string_equal(run(&b, 10), "am:1.1-;");
	bench_close(&b);
}

static void a_resolve_is_told_again_for_a_quarter_of_an_hour(void **state)
{
	int64_t now = 0;
	int again = 0;
	struct bench b;

	(void)state;
	bench_open(&b, cluster);
	apply(&b, 1, ALERT_FIRING, 1, now);
	apply(&b, 2, ALERT_FIRING, 1, now);
	run(&b, now);
	answer_all(&b, true, now);
	apply(&b, 1, ALERT_RESOLVED, 1, now);
	run(&b, now);
	answer_all(&b, true, now);
	for (int i = 1; i <= 20; i++) {
		now = i * 60000;
		assert_non_null(strstr(run(&b, now), "am:2.1+"));
		again += strstr(buf_text(&b.sent), "1.1-") != NULL;
		answer_all(&b, true, now);
	}
	assert_int_equal(again, 14);
	/* When nothing else fires either, nothing is left to say. */
	apply(&b, 2, ALERT_RESOLVED, 1, now);
	for (again = 0; again < 40; again++) {
		bool told = run(&b, now)[0] != '\0';

		answer_all(&b, true, now);
		if (!told)
			break;
		now += 60000;
	}
	assert_int_equal(again, 15);
	bench_close(&b);
}

static void a_hold_keeps_no_incident_open(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, pager);
	apply(&b, 1, ALERT_FIRING, 1, 0);
	run(&b, 0);
	apply(&b, 9, ALERT_FIRING, 1, 0);
	apply(&b, 1, ALERT_RESOLVED, 1, 0);
	apply(&b, 1, ALERT_FIRING, 2, 0);
	answer_all(&b, true, 10);
	assert_non_null(strstr(run(&b, 10), "pd:1.1-;"));
	answer_all(&b, true, 20);
	assert_string_equal(run(&b, 30), "");
	bench_close(&b);
}

/* It would take it for resolved, and say so. */
static void what_a_cluster_knows_is_told_again_while_it_is_held(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, cluster);
	apply(&b, 1, ALERT_FIRING, 1, 0);
	run(&b, 0);
	answer_all(&b, true, 0);
	apply(&b, 9, ALERT_FIRING, 1, 1000);
	assert_string_equal(run(&b, 1000), "am:1.1+ 9.1+;am/2:1.1+ 9.1+;");
	answer_all(&b, true, 1000);
	apply(&b, 11, ALERT_FIRING, 1, 2000);
	assert_string_equal(run(&b, 2000), "");
	assert_string_equal(run(&b, 61000), "am:1.1+ 9.1+;am/2:1.1+ 9.1+;");
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_in_staging_still_resolves_what_it_told),
		cmocka_unit_test(a_resolve_follows_a_firing_that_was_under_way),
		cmocka_unit_test(
			a_pager_gets_one_message_an_alert_however_many_routes),
		cmocka_unit_test(
			an_incident_that_is_over_is_opened_and_then_closed),
		cmocka_unit_test(
			no_incident_stays_open_when_the_next_one_comes),
		cmocka_unit_test(
			a_pager_without_resolves_is_still_told_of_each_episode),
		cmocka_unit_test(
			a_trigger_refused_before_is_told_again_before_its_resolve),
		cmocka_unit_test(
			every_member_of_a_cluster_is_told_and_told_again),
		cmocka_unit_test(a_dead_member_holds_back_no_other),
		cmocka_unit_test(a_hold_keeps_no_incident_open),
		cmocka_unit_test(
			what_a_cluster_knows_is_told_again_while_it_is_held),
		cmocka_unit_test(
			a_resolve_is_told_again_for_a_quarter_of_an_hour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
