#include "tests/unit/plan_setup.h"

/* One bench: a route tree with receiver "ops" (all alerts, grouped by rule) and
 * "pager" (critical, each by itself), and what was sent so far. */
struct bench {
	struct plan_setup setup;
	struct plan *plan;
	struct buf sent; /* "ops:a1+ a2-;" receiver, firing +, resolved - */
	struct plan_message *under_way[64];
	size_t n_under_way;
	int room;
	char last_id[40];
	int64_t wall_ms;
};

static const char tree_text[] =
	"receivers = ( { name = \"ops\"; type = \"webhook\"; url = "
	"\"http://x\"; "
	"}, { name = \"pager\"; type = \"webhook\"; url = \"http://y\"; } );\n"
	"route = { receiver = \"ops\"; group_interval = \"10s\";\n"
	"  repeat_interval = \"100s\";\n"
	"  routes = ( { match = { severity = \"critical\"; };\n"
	"    receiver = \"pager\"; group_by = [\"...\"]; continue = true; } );"
	"};\n";

static void bench_open(struct bench *b)
{
	*b = (struct bench){ .room = 1000, .wall_ms = 1000000 };
	setup_read(&b->setup, tree_text);
	b->plan = plan_open(b->setup.root, &b->setup.receivers);
}

static void drop_under_way(struct bench *b)
{
	for (size_t i = 0; i < b->n_under_way; i++)
		plan_message_free(b->under_way[i]);
	b->n_under_way = 0;
}

static void bench_close(struct bench *b)
{
	drop_under_way(b);
	plan_close(b->plan);
	setup_release(&b->setup);
	buf_release(&b->sent);
}

/* The process dies and another begins with what was recorded. */
static void bench_restart(struct bench *b, int64_t floor)
{
	drop_under_way(b);
	plan_close(b->plan);
	b->plan = plan_open(b->setup.root, &b->setup.receivers);
	plan_set_floor(b->plan, floor);
}

struct step {
	const char *id; /* also the group's value, and the rule's name */
	enum alert_state state;
	int64_t episode;
	int64_t offset;
	const char *severity;
	int64_t count;
	bool update;
};

static void apply(struct bench *b, struct step s, int64_t now_ms)
{
	struct transition t = { .state = s.state,
				.episode = s.episode,
				.cause = { 0, s.offset, 0 },
				.count = s.count ? s.count : 1,
				.starts_at_ms = 1000 * s.offset,
				.at_ms = 1000 * s.offset,
				.updated_at_ms = s.update ? 1 : ALERT_TIME_NONE,
				.record_time_ms = ALERT_TIME_NONE };

	snprintf(t.id, sizeof(t.id), "000000000000000%s", s.id);
	t.rule = xstrdup("rule");
	t.reason = xstrdup("");
	alert_pairs_add(&t.group, STR("n"), str_of(s.id));
	if (s.severity)
		alert_pairs_add(&t.labels, STR("severity"), str_of(s.severity));
	plan_apply(b->plan, &t, s.offset, now_ms);
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
	buf_add_format(&b->sent, "%s:", m->receiver->name);
	for (size_t i = 0; i < view->n; i++)
		buf_add_format(&b->sent, "%s%s%s", i ? " " : "",
			       labels_get(view->alert[i].labels, "n"),
			       view->alert[i].firing ? "+" : "-");
	buf_add_char(&b->sent, ';');
	memcpy(b->last_id, m->id, sizeof(b->last_id));
	b->under_way[b->n_under_way++] = m;
}

/* Run at now_ms; what was sent as text. */
static const char *run(struct bench *b, int64_t now_ms)
{
	buf_clear(&b->sent);
	plan_run(b->plan, now_ms, has_room, send_message, b);
	return buf_text(&b->sent);
}

static void accept_all(struct bench *b, int64_t now_ms)
{
	for (size_t i = 0; i < b->n_under_way; i++) {
		plan_done(b->plan, b->under_way[i], true, now_ms, b->wall_ms++);
		plan_message_free(b->under_way[i]);
	}
	b->n_under_way = 0;
}

static void a_firing_waits_for_others_of_its_group_and_goes_once(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	assert_string_equal(run(&b, 199), "");
	apply(&b,
	      (struct step){ .id = "2",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 11 },
	      199);
	assert_string_equal(run(&b, 200), "ops:1+ 2+;");
	assert_string_equal(run(&b, 5000), "");
	accept_all(&b, 5000);
	assert_string_equal(run(&b, 50000), "");
	bench_close(&b);
}

static void a_resolve_goes_to_whoever_got_the_firing(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10,
			     .severity = "critical" },
	      0);
	assert_string_equal(run(&b, 200), "pager:1+;");
	accept_all(&b, 200);
	/* The rule was edited: it is no longer critical. */
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_RESOLVED,
			     .episode = 1,
			     .offset = 11 },
	      300);
	b.n_under_way = 0;
	run(&b, 10200);
	assert_non_null(strstr(buf_text(&b.sent), "pager:1-;"));
	bench_close(&b);
}

static void an_alert_that_resolved_meanwhile_is_still_announced(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_RESOLVED,
			     .episode = 1,
			     .offset = 11 },
	      100);
	assert_string_equal(run(&b, 300), "ops:1-;");
	accept_all(&b, 300);
	assert_string_equal(run(&b, 1000000), "");
	bench_close(&b);
}

static void a_second_message_about_a_group_waits_for_the_interval(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	run(&b, 200);
	accept_all(&b, 200);
	apply(&b,
	      (struct step){ .id = "2",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 11 },
	      300);
	assert_string_equal(run(&b, 10199), "");
	assert_string_equal(run(&b, 10200), "ops:1+ 2+;");
	bench_close(&b);
}

static void what_still_fires_is_repeated_under_a_new_id(void **state)
{
	struct bench b;
	char first[40];

	(void)state;
	bench_open(&b);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	run(&b, 200);
	memcpy(first, b.last_id, sizeof(first));
	accept_all(&b, 200);
	assert_string_equal(run(&b, 100199), "");
	assert_string_equal(run(&b, 100200), "ops:1+;");
	assert_string_not_equal(first, b.last_id);
	accept_all(&b, 100200);
	memcpy(first, b.last_id, sizeof(first));
	assert_string_equal(run(&b, 200200), "ops:1+;");
	assert_string_not_equal(first, b.last_id);
	bench_close(&b);
}

static void further_matches_are_announced_as_realert(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	run(&b, 200);
	accept_all(&b, 200);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 12,
			     .count = 5,
			     .update = true },
	      20000);
	assert_string_equal(run(&b, 20200), "ops:1+;");
	bench_close(&b);
}

static void a_restart_repeats_nothing_that_was_accepted(void **state)
{
	struct bench b;
	struct delivery told = { 1, true, 1, 5000, false };

	(void)state;
	bench_open(&b);
	bench_restart(&b, 20);
	plan_load(b.plan, "ops", "0000000000000001", &told, 0, 3000);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	assert_string_equal(run(&b, 60000), "");
	/* The repeat is counted from when it was accepted. */
	assert_string_equal(run(&b, 96999), "");
	assert_string_equal(run(&b, 97000), "ops:1+;");
	bench_close(&b);
}

static void a_restart_sends_again_under_the_same_id(void **state)
{
	struct bench b;
	char first[40];

	(void)state;
	bench_open(&b);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	assert_string_equal(run(&b, 200), "ops:1+;");
	memcpy(first, b.last_id, sizeof(first));
	bench_restart(&b, 0);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      7);
	assert_string_equal(run(&b, 207), "ops:1+;");
	assert_string_equal(first, b.last_id);
	bench_close(&b);
}

static void what_ended_before_this_plan_is_not_announced(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	bench_restart(&b, 20);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_RESOLVED,
			     .episode = 1,
			     .offset = 19 },
	      0);
	apply(&b,
	      (struct step){ .id = "2",
			     .state = ALERT_RESOLVED,
			     .episode = 1,
			     .offset = 20 },
	      0);
	assert_string_equal(run(&b, 60000), "ops:2-;");
	bench_close(&b);
}

static void a_new_episode_is_announced_again(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	run(&b, 200);
	accept_all(&b, 200);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_RESOLVED,
			     .episode = 1,
			     .offset = 11 },
	      11000);
	assert_string_equal(run(&b, 11200), "ops:1-;");
	accept_all(&b, 11200);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 2,
			     .offset = 12 },
	      11300);
	assert_string_equal(run(&b, 11500), "ops:1+;");
	bench_close(&b);
}

static void what_an_old_worker_writes_is_dropped(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_RESOLVED,
			     .episode = 2,
			     .offset = 15 },
	      0);
	run(&b, 200);
	accept_all(&b, 200);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 9 },
	      300);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 2,
			     .offset = 14 },
	      300);
	assert_string_equal(run(&b, 60000), "");
	bench_close(&b);
}

static void staging_and_pending_alerts_tell_nobody(void **state)
{
	struct bench b;
	struct transition t = { .id = "0000000000000009",
				.state = ALERT_FIRING,
				.episode = 1,
				.staging = true,
				.cause = { 0, 5, 0 } };

	(void)state;
	bench_open(&b);
	t.rule = xstrdup("rule");
	plan_apply(b.plan, &t, 5, 0);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_PENDING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	assert_string_equal(run(&b, 60000), "");
	assert_int_equal(plan_settled(b.plan, 11), 11);
	bench_close(&b);
}

static void only_what_was_told_is_settled(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	apply(&b,
	      (struct step){ .id = "2",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 11 },
	      0);
	assert_int_equal(plan_settled(b.plan, 12), 10);
	run(&b, 200);
	assert_int_equal(plan_settled(b.plan, 12), 10);
	accept_all(&b, 200);
	assert_int_equal(plan_settled(b.plan, 12), 12);
	apply(&b,
	      (struct step){ .id = "2",
			     .state = ALERT_RESOLVED,
			     .episode = 1,
			     .offset = 12 },
	      300);
	assert_int_equal(plan_settled(b.plan, 13), 12);
	bench_close(&b);
}

static void a_receiver_without_room_is_asked_again(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	b.room = 0;
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	assert_string_equal(run(&b, 200), "");
	b.room = 1;
	assert_string_equal(run(&b, 900), "ops:1+;");
	bench_close(&b);
}

static void forget_key(void *arg, const char *receiver, const char *alert_id)
{
	buf_add_format(arg, "%s/%s;", receiver, alert_id);
}

static void a_forgotten_alert_leaves_nothing_to_send(void **state)
{
	struct bench b;
	struct buf gone = { 0 };

	(void)state;
	bench_open(&b);
	apply(&b,
	      (struct step){ .id = "1",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 10 },
	      0);
	run(&b, 200);
	plan_forget(b.plan, "0000000000000001", 250, forget_key, &gone);
	accept_all(&b, 300);
	assert_string_equal(run(&b, 600000), "");
	assert_str(buf_str(&gone), "");
	apply(&b,
	      (struct step){ .id = "2",
			     .state = ALERT_FIRING,
			     .episode = 1,
			     .offset = 11 },
	      600000);
	run(&b, 600200);
	accept_all(&b, 600200);
	plan_forget(b.plan, "0000000000000002", 600300, forget_key, &gone);
	assert_str(buf_str(&gone), "ops/0000000000000002;");
	assert_string_equal(run(&b, 900000), "");
	buf_release(&gone);
	bench_close(&b);
}

static void send_label(void *arg, struct plan_message *m,
		       const struct message *view)
{
	struct bench *b = arg;

	buf_add_format(&b->sent, "%s%.*s",
		       labels_get(view->alert[0].labels, "k"),
		       STR_ARG(view->alert[0].value));
	b->under_way[b->n_under_way++] = m;
}

static void a_nul_in_a_group_or_value_is_shown(void **state)
{
	struct bench b;
	struct transition t = { .id = "9", .state = ALERT_FIRING };

	(void)state;
	bench_open(&b);
	t.episode = t.cause.offset = 1;
	t.rule = xstrdup("rule");
	alert_pairs_add(&t.group, STR("k"), (struct str){ "a\0b", 3 });
	alert_value_set(&t.value, (struct str){ "c\0d", 3 });
	plan_apply(b.plan, &t, 5, 0);
	plan_run(b.plan, 200, has_room, send_label, &b);
	assert_str(buf_str(&b.sent), "a\342\220\200b\"c\\u0000d\"");
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_firing_waits_for_others_of_its_group_and_goes_once),
		cmocka_unit_test(a_resolve_goes_to_whoever_got_the_firing),
		cmocka_unit_test(
			an_alert_that_resolved_meanwhile_is_still_announced),
		cmocka_unit_test(
			a_second_message_about_a_group_waits_for_the_interval),
		cmocka_unit_test(what_still_fires_is_repeated_under_a_new_id),
		cmocka_unit_test(further_matches_are_announced_as_realert),
		cmocka_unit_test(a_restart_repeats_nothing_that_was_accepted),
		cmocka_unit_test(a_restart_sends_again_under_the_same_id),
		cmocka_unit_test(what_ended_before_this_plan_is_not_announced),
		cmocka_unit_test(a_new_episode_is_announced_again),
		cmocka_unit_test(what_an_old_worker_writes_is_dropped),
		cmocka_unit_test(staging_and_pending_alerts_tell_nobody),
		cmocka_unit_test(only_what_was_told_is_settled),
		cmocka_unit_test(a_receiver_without_room_is_asked_again),
		cmocka_unit_test(a_forgotten_alert_leaves_nothing_to_send),
		cmocka_unit_test(a_nul_in_a_group_or_value_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
