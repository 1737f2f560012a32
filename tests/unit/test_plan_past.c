#include "tests/unit/plan_bench.h"

/* Everything goes to a chat and to a pager; episodes overlap there. */
static const char hook[] =
	"receivers = ( { name = \"wh\"; type = \"webhook\"; url = "
	"\"http://x\"; } );\n"
	"route = { receiver = \"wh\"; group_interval = \"1s\"; };\n" INHIBIT;

static const char both[] =
	"receivers = ( { name = \"wh\"; type = \"webhook\"; url = "
	"\"http://x\"; },\n"
	"  { name = \"pd\"; type = \"pagerduty\"; routing_key = \"" KEY
	"\"; } );\n"
	"route = { receiver = \"wh\"; group_interval = \"1s\";\n"
	"  routes = ( { receiver = \"pd\"; continue = true; },\n"
	"    { receiver = \"wh\"; } ); };\n";

static void accept_of(struct bench *b, const char *receiver)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->n_under_way; i++) {
		struct plan_message *m = b->under_way[i];

		if (receiver && strcmp(m->receiver->name, receiver) != 0) {
			b->under_way[kept++] = m;
			continue;
		}
		plan_done(b->plan, m, true, b->now_ms, b->now_ms);
		plan_message_free(m);
	}
	b->n_under_way = kept;
}

/* All that is told to `receiver` (NULL: everybody), each message accepted. */
static char *tell_all(struct bench *b, const char *receiver)
{
	struct buf all = { 0 };

	for (int i = 0; i < 200; i++) {
		b->now_ms += 500;
		buf_add_text(&all, run(b, b->now_ms));
		accept_of(b, receiver);
	}
	return buf_take(&all);
}

static void expect_told(struct bench *b, const char *receiver,
			const char *expected)
{
	char *told = tell_all(b, receiver);

	assert_string_equal(told, expected);
	free(told);
}

/* Fires and resolves; of the last episode only the firing. */
static void flap(struct bench *b, int id, int64_t first, int64_t last)
{
	for (int64_t e = first; e <= last; e++) {
		apply(b, id, ALERT_FIRING, e, b->now_ms);
		if (e < last)
			apply(b, id, ALERT_RESOLVED, e, b->now_ms);
	}
}

static void every_episode_is_told_in_order(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, hook);
	flap(&b, 1, 1, 3);
	expect_told(&b, NULL, "wh:1.1-;wh:1.2-;wh:1.3+;");
	apply(&b, 1, ALERT_RESOLVED, 3, b.now_ms);
	expect_told(&b, NULL, "wh:1.3-;");
	assert_int_equal(plan_settled(b.plan, b.offset), b.offset);
	bench_close(&b);
}

static void
whoever_got_the_firing_gets_its_resolve_before_the_next(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, hook);
	flap(&b, 1, 1, 1);
	expect_told(&b, NULL, "wh:1.1+;");
	apply(&b, 1, ALERT_RESOLVED, 1, b.now_ms);
	flap(&b, 1, 2, 2);
	expect_told(&b, NULL, "wh:1.1-;wh:1.2+;");
	bench_close(&b);
}

static void a_pager_opens_and_closes_each_incident(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, both);
	run(&b, b.now_ms);
	flap(&b, 1, 1, 2);
	/* The hook answers nothing, and holds back nobody. */
	expect_told(&b, "pd", "wh:1.1-;pd:1.1+;pd:1.1-;pd:1.2+;");
	expect_told(&b, NULL, "wh:1.2+;");
	bench_close(&b);
}

static void restart(struct bench *b, int64_t floor)
{
	for (size_t i = 0; i < b->n_under_way; i++)
		plan_message_free(b->under_way[i]);
	b->n_under_way = 0;
	plan_close(b->plan);
	b->plan = plan_open(b->setup.root, &b->setup.receivers);
	plan_set_holds(b->plan, &(struct holds){ .inhibit = b->inhibit });
	plan_set_floor(b->plan, floor);
}

static void
what_is_not_told_is_not_settled_and_told_after_a_restart(void **state)
{
	struct delivery known = { .episode = 1, .firing = true };
	int64_t settled;
	struct bench b;

	(void)state;
	bench_open(&b, hook);
	flap(&b, 1, 1, 1);
	expect_told(&b, NULL, "wh:1.1+;");
	apply(&b, 1, ALERT_RESOLVED, 1, b.now_ms);
	flap(&b, 1, 2, 3);
	settled = plan_settled(b.plan, b.offset);
	assert_int_equal(settled, 2);
	restart(&b, settled);
	plan_load(b.plan, "wh", "0000000000000001", &known, b.now_ms, 0);
	b.offset = 1;
	flap(&b, 1, 1, 3);
	expect_told(&b, NULL, "wh:1.1-;wh:1.2-;wh:1.3+;");
	/* And what is settled is not told anew. */
	restart(&b, b.offset);
	known.episode = 3;
	plan_load(b.plan, "wh", "0000000000000001", &known, b.now_ms, 0);
	b.offset = 1;
	flap(&b, 1, 1, 3);
	expect_told(&b, NULL, "");
	bench_close(&b);
}

static void an_episode_that_was_held_stays_untold(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, hook);
	run(&b, b.now_ms);
	apply(&b, 9, ALERT_FIRING, 1, b.now_ms);
	expect_told(&b, NULL, "wh:9.1+;");
	flap(&b, 1, 1, 1);
	apply(&b, 1, ALERT_RESOLVED, 1, b.now_ms);
	run(&b, b.now_ms);
	apply(&b, 9, ALERT_RESOLVED, 1, b.now_ms);
	flap(&b, 1, 2, 2);
	expect_told(&b, NULL, "wh:1.2+ 9.1-;");
	bench_close(&b);
}

static void what_was_held_is_judged_when_all_is_loaded(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, hook);
	flap(&b, 1, 1, 2);
	apply(&b, 9, ALERT_FIRING, 1, b.now_ms);
	expect_told(&b, NULL, "wh:9.1+;");
	apply(&b, 9, ALERT_RESOLVED, 1, b.now_ms);
	expect_told(&b, NULL, "wh:1.2+ 9.1-;");
	bench_close(&b);
}

static void there_is_an_end_to_what_is_kept_and_it_is_counted(void **state)
{
	struct bench b;
	char *told;

	(void)state;
	bench_open(&b, hook);
	flap(&b, 1, 1, 70);
	assert_int_equal(plan_untold(b.plan), 5);
	told = tell_all(&b, NULL);
	assert_non_null(strstr(told, "wh:1.64-;wh:1.70+;"));
	free(told);
	bench_close(&b);
}

static void ignore(void *arg, const char *receiver, const char *alert_id)
{
	(void)arg;
	(void)receiver;
	(void)alert_id;
}

static void a_forgotten_alert_takes_its_episodes_along(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, hook);
	flap(&b, 1, 1, 3);
	plan_forget(b.plan, "0000000000000001", b.now_ms, ignore, NULL);
	expect_told(&b, NULL, "");
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_episode_is_told_in_order),
		cmocka_unit_test(
			whoever_got_the_firing_gets_its_resolve_before_the_next),
		cmocka_unit_test(a_pager_opens_and_closes_each_incident),
		cmocka_unit_test(
			what_is_not_told_is_not_settled_and_told_after_a_restart),
		cmocka_unit_test(an_episode_that_was_held_stays_untold),
		cmocka_unit_test(what_was_held_is_judged_when_all_is_loaded),
		cmocka_unit_test(
			there_is_an_end_to_what_is_kept_and_it_is_counted),
		cmocka_unit_test(a_forgotten_alert_takes_its_episodes_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
