#include <stdlib.h>

#include "tests/unit/plan_setup.h"

enum { MOST = 2000 };

/* A chat "ops" for all alerts, each a group of its own, and a webhook "all"
 * beside it; what was sent and is not yet done. */
struct bench {
	struct plan_setup setup;
	struct plan *plan;
	struct plan_message *under_way[MOST];
	size_t n_under_way;
	int room; /* messages */
	size_t sent, alerts, folded, firing;
	struct buf ids; /* of the alerts told, in order */
};

static void bench_open(struct bench *b, const char *text)
{
	*b = (struct bench){ .room = MOST };
	setup_read(&b->setup, text);
	b->plan = plan_open(b->setup.root, &b->setup.receivers);
}

static void bench_close(struct bench *b)
{
	for (size_t i = 0; i < b->n_under_way; i++)
		plan_message_free(b->under_way[i]);
	plan_close(b->plan);
	setup_release(&b->setup);
	buf_release(&b->ids);
}

#define RECEIVER(type)                                                         \
	"receivers = ( { name = \"ops\"; type = \"" type "\";"                 \
	" url = \"http://x\"; } );\n"
#define EACH                                                                   \
	"route = { receiver = \"ops\"; group_by = [\"...\"];"                  \
	" group_wait = \"200ms\"; group_interval = \"10s\"; };\n"

static void apply(struct bench *b, int id, enum alert_state state,
		  int64_t offset, int64_t now_ms)
{
	struct transition t = { .state = state,
				.episode = 1,
				.cause = { 0, offset, 0 },
				.count = 1,
				.starts_at_ms = id,
				.updated_at_ms = ALERT_TIME_NONE,
				.record_time_ms = ALERT_TIME_NONE };

	snprintf(t.id, sizeof(t.id), "%016d", id);
	t.rule = xstrdup("rule");
	t.reason = xstrdup("");
	alert_pairs_add(&t.group, STR("n"), str_of(t.id));
	plan_apply(b->plan, &t, offset, now_ms);
}

static bool has_room(void *arg, const struct receiver *r)
{
	struct bench *b = arg;

	(void)r;
	return b->room > 0;
}

static void send_message(void *arg, struct plan_message *m,
			 const struct message *view)
{
	struct bench *b = arg;

	b->room--;
	b->sent++;
	b->alerts += view->n;
	b->firing += view->firing;
	b->folded = view->folded;
	assert_int_equal(view->n, m->n);
	for (size_t i = 0; i < view->n; i++) {
		assert_string_equal(view->alert[i].id, m->receipt[i].id);
		buf_add_format(&b->ids, "%d ",
			       (int)strtol(view->alert[i].id, NULL, 10));
	}
	b->under_way[b->n_under_way++] = m;
}

static size_t run(struct bench *b, int64_t now_ms)
{
	buf_clear(&b->ids);
	b->sent = b->alerts = b->firing = 0;
	plan_run(b->plan, now_ms, has_room, send_message, b);
	return b->sent;
}

static void accept_all(struct bench *b, int64_t now_ms)
{
	for (size_t i = 0; i < b->n_under_way; i++) {
		plan_done(b->plan, b->under_way[i], true, now_ms, now_ms);
		plan_message_free(b->under_way[i]);
	}
	b->n_under_way = 0;
}

static void a_storm_is_told_as_a_digest_that_counts_as_told(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, RECEIVER("slack") EACH);
	b.room = 1;
	for (int i = 1; i <= 312; i++)
		apply(&b, i, ALERT_FIRING, i, 0);
	assert_int_equal(run(&b, 200), 1);
	assert_int_equal(b.alerts, 312);
	assert_int_equal(b.firing, 312);
	assert_int_equal(b.folded, 312);
	assert_int_equal(plan_settled(b.plan, 400), 1);
	accept_all(&b, 300);
	assert_int_equal(plan_settled(b.plan, 400), 400);
	b.room = MOST;
	assert_int_equal(run(&b, 5000), 0);
	/* Each group goes on by itself. */
	apply(&b, 7, ALERT_RESOLVED, 400, 5000);
	assert_int_equal(run(&b, 10300), 1);
	assert_string_equal(buf_text(&b.ids), "7 ");
	assert_int_equal(b.folded, 0);
	bench_close(&b);
}

static void a_few_messages_that_wait_stay_apart(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, RECEIVER("slack") EACH);
	for (int i = 1; i <= 5; i++)
		apply(&b, i, ALERT_FIRING, i, i);
	assert_int_equal(run(&b, 1000), 5);
	assert_string_equal(buf_text(&b.ids), "1 2 3 4 5 ");
	bench_close(&b);
}

static void what_keeps_its_own_account_gets_every_message(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, RECEIVER("webhook") EACH);
	b.room = 1;
	for (int i = 1; i <= 300; i++)
		apply(&b, i, ALERT_FIRING, i, 0);
	assert_int_equal(run(&b, 200), 1);
	assert_int_equal(b.alerts, 1);
	assert_int_equal(run(&b, 300), 0);
	b.room = MOST;
	assert_int_equal(run(&b, 400), 299);
	bench_close(&b);
}

static void an_alert_of_two_routes_is_told_once_in_a_digest(void **state)
{
	struct bench b;

	(void)state;
	bench_open(
		&b,
		RECEIVER("slack") "route = { receiver = \"ops\"; routes = (\n"
				  "{ receiver = \"ops\"; continue = true; },\n"
				  "{ receiver = \"ops\"; group_by = [\"...\"]; "
				  "} "
				  "); };\n");
	b.room = 1;
	for (int i = 1; i <= 20; i++)
		apply(&b, i, ALERT_FIRING, i, 0);
	assert_int_equal(run(&b, 1000), 1);
	assert_int_equal(b.folded, 21);
	assert_int_equal(b.alerts, 20);
	bench_close(&b);
}

static void what_ends_while_it_waits_is_told_as_ended(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, RECEIVER("slack") EACH);
	b.room = 0;
	apply(&b, 1, ALERT_FIRING, 1, 0);
	apply(&b, 2, ALERT_FIRING, 2, 0);
	assert_int_equal(run(&b, 1000), 0);
	apply(&b, 1, ALERT_RESOLVED, 3, 1000);
	b.room = MOST;
	assert_int_equal(run(&b, 1000), 2);
	assert_int_equal(b.firing, 1);
	assert_string_equal(buf_text(&b.ids), "1 2 ");
	bench_close(&b);
}

/* The process dies and another begins. */
static void restart(struct bench *b, int64_t floor, const struct delivery *told)
{
	for (size_t i = 0; i < b->n_under_way; i++)
		plan_message_free(b->under_way[i]);
	b->n_under_way = 0;
	plan_close(b->plan);
	b->plan = plan_open(b->setup.root, &b->setup.receivers);
	plan_set_floor(b->plan, floor);
	plan_load(b->plan, "ops", "0000000000000001", told, 0, 3000);
}

static void what_was_refused_is_told_again_after_a_restart(void **state)
{
	struct bench b;
	struct delivery told = { 1, true, 1, 5000, true };
	struct buf json = { 0 };

	(void)state;
	bench_open(&b, RECEIVER("webhook") EACH);
	apply(&b, 1, ALERT_FIRING, 10, 0);
	assert_int_equal(run(&b, 200), 1);
	plan_done(b.plan, b.under_way[0], false, 200, 5000);
	assert_true(b.under_way[0]->receipt[0].delivery.refused);
	/* This plan has told it; it is known as refused. */
	assert_int_equal(run(&b, 60000), 0);
	assert_int_equal(plan_settled(b.plan, 11), 11);
	plan_describe_refused(b.plan, 10, &json);
	assert_non_null(strstr(buf_text(&json), "\"receiver\":\"ops\""));
	restart(&b, 11, &told);
	apply(&b, 1, ALERT_FIRING, 10, 0);
	assert_int_equal(run(&b, 200), 1);
	accept_all(&b, 200);
	assert_int_equal(run(&b, 60000), 0);
	buf_clear(&json);
	plan_describe_refused(b.plan, 10, &json);
	assert_string_equal(buf_text(&json), "[]");
	buf_release(&json);
	bench_close(&b);
}

static void what_was_refused_and_ended_is_told_again_too(void **state)
{
	struct bench b;
	struct delivery told = { 1, false, 1, 5000, true };

	(void)state;
	bench_open(&b, RECEIVER("webhook") EACH);
	restart(&b, 20, &told);
	apply(&b, 1, ALERT_RESOLVED, 10, 0);
	assert_int_equal(run(&b, 200), 1);
	assert_int_equal(b.firing, 0);
	accept_all(&b, 200);
	assert_int_equal(run(&b, 60000), 0);
	bench_close(&b);
}

static void note_id(void *arg, const char *id)
{
	buf_add_format(arg, "%d ", (int)strtol(id, NULL, 10));
}

static void only_what_is_told_and_old_is_dropped(void **state)
{
	struct bench b;
	struct buf ids = { 0 };

	(void)state;
	bench_open(&b, RECEIVER("webhook") EACH);
	plan_set_wall(b.plan, 900);
	apply(&b, 1, ALERT_RESOLVED, 10, 0); /* at 0, by event time */
	apply(&b, 2, ALERT_FIRING, 11, 0);
	plan_old(b.plan, 1000, 10, note_id, &ids);
	assert_string_equal(buf_text(&ids), "");
	run(&b, 200);
	plan_old(b.plan, 1000, 10, note_id, &ids);
	assert_string_equal(buf_text(&ids), "");
	accept_all(&b, 300);
	plan_old(b.plan, 900, 10, note_id, &ids);
	assert_string_equal(buf_text(&ids), "");
	plan_old(b.plan, 901, 0, note_id, &ids);
	assert_string_equal(buf_text(&ids), "");
	plan_old(b.plan, 901, 10, note_id, &ids);
	assert_string_equal(buf_text(&ids), "1 ");
	buf_release(&ids);
	bench_close(&b);
}

static void forget_nothing(void *arg, const char *receiver, const char *id)
{
	(void)arg;
	(void)receiver;
	(void)id;
}

static void what_is_gone_while_it_waits_is_not_told(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, RECEIVER("slack") EACH);
	b.room = 0;
	for (int i = 1; i <= 3; i++)
		apply(&b, i, ALERT_FIRING, i, 0);
	run(&b, 1000);
	plan_forget(b.plan, "0000000000000002", 1000, forget_nothing, NULL);
	b.room = MOST;
	assert_int_equal(run(&b, 1100), 2);
	assert_string_equal(buf_text(&b.ids), "1 3 ");
	bench_close(&b);
}

/* By recount: each group is told in the first run at or after its time. */
static void every_group_is_told_when_it_is_due(void **state)
{
	static int64_t due[MOST];
	struct bench b;
	unsigned random = 17;
	int n = 0;

	(void)state;
	bench_open(&b, RECEIVER("webhook") EACH);
	for (int64_t now = 0; now < 1200; now++) {
		size_t expected = 0;

		for (int k = 0; n < MOST && now < 900 && k < 2; k++) {
			random = random * 1103515245 + 12345;
			if (random >> 30)
				continue;
			due[n] = now + 200;
			apply(&b, n, ALERT_FIRING, n, now);
			n++;
		}
		for (int i = 0; i < n; i++)
			expected += due[i] == now;
		assert_int_equal(run(&b, now), expected);
	}
	assert_true(n > 300);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_storm_is_told_as_a_digest_that_counts_as_told),
		cmocka_unit_test(a_few_messages_that_wait_stay_apart),
		cmocka_unit_test(what_keeps_its_own_account_gets_every_message),
		cmocka_unit_test(
			an_alert_of_two_routes_is_told_once_in_a_digest),
		cmocka_unit_test(what_ends_while_it_waits_is_told_as_ended),
		cmocka_unit_test(what_is_gone_while_it_waits_is_not_told),
		cmocka_unit_test(every_group_is_told_when_it_is_due),
		cmocka_unit_test(
			what_was_refused_is_told_again_after_a_restart),
		cmocka_unit_test(what_was_refused_and_ended_is_told_again_too),
		cmocka_unit_test(only_what_is_told_and_old_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
