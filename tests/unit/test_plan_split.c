#include <stdlib.h>

#include "core/map.h"
#include "tests/unit/plan_setup.h"

enum { BOUND = 512 * 1024, MINUTE = 60000, FOREVER = 1000000 };

#define ROUTE                                                                  \
	"route = { receiver = \"r\"; group_wait = \"1s\"; group_interval = "   \
	"\"5m\"; repeat_interval = \"1h\"; };\n"
#define HOOK                                                                   \
	"receivers = ( { name = \"r\"; type = \"webhook\"; url = "             \
	"\"http://x\"; } );\n" ROUTE
#define MANAGER                                                                \
	"receivers = ( { name = \"r\"; type = \"alertmanager\"; url = "        \
	"\"http://x\"; max_alerts = 16; } );\n" ROUTE

/* What the receiver has heard of one alert. */
struct heard {
	bool firing;
	int64_t episode;
	size_t times;
	int64_t at_ms;
	int64_t longest_ms; /* between two times */
};

struct bench {
	struct plan_setup setup;
	struct plan *plan;
	struct plan_message *under_way; /* at most one: one group */
	struct heard *heard;            /* by the alert's number */
	size_t n_heard;
	struct map bodies; /* message id -> its body */
	size_t messages, most_alerts, most_bytes;
	int64_t offset, now_ms;
	const char *summary;
};

static void bench_open(struct bench *b, const char *text, size_t alerts)
{
	*b = (struct bench){ .offset = 1, .n_heard = alerts, .summary = "s" };
	b->heard = xcalloc(alerts, sizeof(*b->heard));
	setup_read(&b->setup, text);
	b->plan = plan_open(b->setup.root, &b->setup.receivers);
}

static void drop_under_way(struct bench *b)
{
	if (b->under_way)
		plan_message_free(b->under_way);
	b->under_way = NULL;
}

/* The process dies; nothing that was accepted had been recorded. */
static void bench_restart(struct bench *b)
{
	drop_under_way(b);
	plan_close(b->plan);
	b->plan = plan_open(b->setup.root, &b->setup.receivers);
	b->offset = 1;
}

static void bench_close(struct bench *b)
{
	drop_under_way(b);
	plan_close(b->plan);
	map_release(&b->bodies, free);
	setup_release(&b->setup);
	free(b->heard);
}

struct step {
	enum alert_state state;
	int64_t episode, count;
	const char *reference; /* NULL: no update */
};

static const struct step fires = { ALERT_FIRING, 1, 1, NULL };
static const struct step resolves = { ALERT_RESOLVED, 1, 1, NULL };

static void apply(struct bench *b, size_t number, struct step s)
{
	struct transition t = { .state = s.state,
				.episode = s.episode,
				.cause = { 0, b->offset, 0 },
				.count = s.count,
				.updated_at_ms =
					s.reference ? 1 : ALERT_TIME_NONE,
				.record_time_ms = ALERT_TIME_NONE };

	snprintf(t.id, sizeof(t.id), "%016zu", number);
	t.rule = xstrdup("rule");
	t.reason = xstrdup("");
	if (s.reference)
		t.reference =
			(struct alert_value){ .kind = ALERT_VALUE_TEXT,
					      .text = xstrdup(s.reference) };
	alert_pairs_add(&t.group, STR("n"), str_of(t.id));
	alert_pairs_add(&t.annotations, STR("summary"), str_of(b->summary));
	plan_apply(b->plan, &t, b->offset++, b->now_ms);
}

static void apply_range(struct bench *b, size_t from, size_t to, struct step s)
{
	for (size_t i = from; i < to; i++)
		apply(b, i, s);
}

static bool has_room(void *arg, const struct receiver *r)
{
	struct bench *b = arg;

	(void)r;
	return !b->under_way;
}

static void hear(struct bench *b, const struct message_alert *a)
{
	struct heard *h = &b->heard[strtoul(a->id, NULL, 10)];

	assert_true(a->episode > h->episode ||
		    (a->episode == h->episode && (h->firing || !a->firing)));
	if (h->times > 0 && b->now_ms - h->at_ms > h->longest_ms)
		h->longest_ms = b->now_ms - h->at_ms;
	h->firing = a->firing;
	h->episode = a->episode;
	h->at_ms = b->now_ms;
	h->times++;
}

/* One id, one body. */
static void note_body(struct bench *b, const char *id, struct str body)
{
	char *before = map_get(&b->bodies, str_of(id));

	if (before)
		assert_str(body, before);
	else
		map_set(&b->bodies, str_of(id), str_dup(body));
}

static void send_message(void *arg, struct plan_message *m,
			 const struct message *view)
{
	struct bench *b = arg;
	struct buf AUTO(buf_release) body = { 0 };
	struct buf AUTO(buf_release) filled = { 0 };

	assert_null(b->under_way);
	assert_true(view->n > 0);
	m->receiver->type->render(m->receiver, view, &body);
	note_body(b, m->id, buf_str(&body));
	if (m->receiver->type->fill)
		receiver_fill(m->receiver, buf_str(&body), b->now_ms, &filled);
	else
		buf_add(&filled, buf_str(&body));
	if (filled.n > b->most_bytes)
		b->most_bytes = filled.n;
	if (view->n > b->most_alerts)
		b->most_alerts = view->n;
	for (size_t i = 0; i < view->n; i++)
		hear(b, &view->alert[i]);
	b->under_way = m;
	b->messages++;
}

/* Returns when there is something to say again. */
static int64_t run(struct bench *b)
{
	return plan_run(b->plan, b->now_ms, has_room, send_message, b);
}

static void accept(struct bench *b, bool accepted)
{
	assert_non_null(b->under_way);
	plan_done(b->plan, b->under_way, accepted, b->now_ms,
		  FOREVER + b->now_ms);
	drop_under_way(b);
}

/* All that is to be said now; the answers take no time. */
static void tell_now(struct bench *b)
{
	for (run(b); b->under_way; run(b))
		accept(b, true);
}

/* To the moment `until_ms`; each answer takes `takes_ms`. */
static void go_on(struct bench *b, int64_t until_ms, int64_t takes_ms)
{
	while (b->now_ms < until_ms) {
		int64_t next = run(b);

		if (b->under_way)
			next = b->now_ms + takes_ms;
		b->now_ms = next < until_ms ? next : until_ms;
		if (b->under_way)
			accept(b, true);
	}
}

static void expect_each(const struct bench *b, bool firing, size_t times)
{
	for (size_t i = 0; i < b->n_heard; i++) {
		assert_int_equal(b->heard[i].firing, firing);
		assert_int_equal(b->heard[i].times, times);
	}
}

static void a_group_of_many_goes_in_several_messages_at_once(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, HOOK, 20000);
	apply_range(&b, 0, 20000, fires);
	b.now_ms = 1000;
	tell_now(&b);
	expect_each(&b, true, 1);
	assert_int_equal(b.messages, 40);
	assert_int_equal(b.bodies.n, 40);
	assert_int_equal(b.most_alerts, 500);
	assert_true(b.most_bytes <= BOUND);
	apply_range(&b, 0, 20000, resolves);
	b.now_ms += 5 * MINUTE - 1;
	run(&b);
	assert_null(b.under_way);
	b.now_ms++;
	tell_now(&b);
	expect_each(&b, false, 2);
	assert_int_equal(b.messages, 80);
	assert_int_equal(b.bodies.n, 80);
	bench_close(&b);
}

static void an_alert_that_does_not_fit_by_its_size_goes_next(void **state)
{
	char *large = xmalloc(200 * 1024 + 1);
	struct bench b;

	(void)state;
	/* In JSON each of them takes two bytes. */
	memset(large, '"', 100 * 1024);
	large[100 * 1024] = '\0';
	bench_open(&b, HOOK, 11);
	b.summary = large;
	apply_range(&b, 0, 10, fires);
	b.now_ms = 1000;
	tell_now(&b);
	assert_true(b.most_bytes <= BOUND);
	assert_true(b.messages > 1);
	/* Alone in any case. */
	memset(large, '\x02', 200 * 1024);
	large[200 * 1024] = '\0';
	apply(&b, 10, fires);
	b.now_ms += 5 * MINUTE;
	tell_now(&b);
	assert_true(b.most_bytes > BOUND);
	for (size_t i = 0; i < b.n_heard; i++)
		assert_true(b.heard[i].firing);
	free(large);
	bench_close(&b);
}

static void what_is_filled_in_at_each_attempt_counts_too(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b,
		   "receivers = ( { name = \"r\"; type = \"alertmanager\"; "
		   "url = \"http://x\"; max_alerts = 100000; } );\n" ROUTE,
		   8000);
	apply_range(&b, 0, 8000, fires);
	tell_now(&b);
	assert_true(b.messages > 1);
	assert_true(b.most_bytes <= BOUND);
	expect_each(&b, true, 1);
	bench_close(&b);
}

static void news_are_told_in_the_order_in_which_they_came(void **state)
{
	struct bench b;
	size_t fired = 1200;

	(void)state;
	bench_open(&b, HOOK, 20000);
	apply_range(&b, 0, fired, fires);
	b.now_ms = 1000;
	tell_now(&b);
	b.now_ms += 5 * MINUTE;
	/* A resolve, and more firings than a message holds at each answer. */
	apply(&b, 7, resolves);
	for (size_t i = 0; i < 10; i++, fired += 600) {
		apply_range(&b, fired, fired + 600, fires);
		b.now_ms++;
		run(&b);
		accept(&b, true);
		assert_false(b.heard[7].firing);
	}
	tell_now(&b);
	for (size_t i = 0; i < fired; i++)
		assert_true(b.heard[i].times > 0);
	bench_close(&b);
}

static void
what_was_told_long_ago_is_told_along_while_there_is_room(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, HOOK, 1600);
	apply_range(&b, 0, 400, fires);
	b.now_ms = 1000;
	tell_now(&b);
	apply_range(&b, 400, 1000, fires);
	b.now_ms += 29 * MINUTE;
	tell_now(&b);
	assert_int_equal(b.messages, 3);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(b.heard[i].times, 1);
	apply_range(&b, 1000, 1600, fires);
	b.now_ms += 5 * MINUTE;
	tell_now(&b);
	assert_int_equal(b.messages, 5);
	for (size_t i = 0; i < 1600; i++)
		assert_int_equal(b.heard[i].times, i < 400 ? 2 : 1);
	bench_close(&b);
}

static void a_repeat_reaches_each_alert_once(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, HOOK, 1800);
	apply_range(&b, 0, 1800, fires);
	b.now_ms = 1000;
	/* The last message of a round comes 4 s after the first. */
	go_on(&b, 3 * 60 * MINUTE + 30000, 1000);
	expect_each(&b, true, 4);
	assert_int_equal(b.messages, 16);
	assert_int_equal(b.bodies.n, 16);
	for (size_t i = 0; i < 1800; i++)
		assert_true(b.heard[i].longest_ms <= 61 * MINUTE);
	bench_close(&b);
}

static void
an_alert_behind_what_its_receiver_knows_is_no_endless_repeat(void **state)
{
	const struct delivery known = { .episode = 5, .firing = true };
	struct bench b;

	(void)state;
	bench_open(&b, HOOK, 1);
	plan_load(b.plan, "r", "0000000000000000", &known, 0, 1000);
	apply(&b, 0, (struct step){ ALERT_FIRING, 3, 1, NULL });
	go_on(&b, 3 * 60 * MINUTE + 30000, 1000);
	assert_true(b.messages <= 3);
	bench_close(&b);
}

static void an_alertmanager_hears_of_each_in_time(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, MANAGER, 1600);
	apply_range(&b, 0, 1600, fires);
	/* 100 messages of 0.3 s: half of each minute. */
	go_on(&b, 10 * MINUTE, 300);
	assert_int_equal(b.most_alerts, 16);
	for (size_t i = 0; i < 1600; i++) {
		assert_true(b.heard[i].times >= 9);
		assert_true(b.heard[i].longest_ms <= MINUTE + 1000);
	}
	apply_range(&b, 0, 800, resolves);
	go_on(&b, 24 * MINUTE, 300);
	for (size_t i = 0; i < 1600; i++) {
		assert_int_equal(b.heard[i].firing, i >= 800);
		assert_true(b.heard[i].longest_ms <= MINUTE + 1000);
		assert_true(b.now_ms - b.heard[i].at_ms <= MINUTE + 1000);
	}
	go_on(&b, 27 * MINUTE, 300);
	for (size_t i = 0; i < 800; i++)
		assert_true(b.heard[i].at_ms < 26 * MINUTE);
	bench_close(&b);
}

static void news_do_not_keep_an_alertmanager_from_hearing_the_rest(void **state)
{
	struct bench b;
	size_t fired = 160;

	(void)state;
	bench_open(&b, MANAGER, 20000);
	apply_range(&b, 0, fired, fires);
	go_on(&b, MINUTE, 100);
	/* As many as there is room for, or one more, for six minutes. */
	for (size_t i = 0; i < 600; i++, fired += 15 + i % 2) {
		apply_range(&b, fired, fired + 15 + i % 2, fires);
		run(&b);
		b.now_ms += 600;
		accept(&b, true);
	}
	for (size_t i = 0; i < 160; i++) {
		assert_true(b.heard[i].longest_ms < 3 * MINUTE);
		assert_true(b.now_ms - b.heard[i].at_ms < 3 * MINUTE);
	}
	bench_close(&b);
}

static void a_count_that_waits_does_not_end_what_is_told_again(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, MANAGER, 1);
	apply(&b, 0, fires);
	go_on(&b, MINUTE / 2, 100);
	for (int64_t count = 2; count < 40; count++) {
		apply(&b, 0, (struct step){ ALERT_FIRING, 1, count, "5" });
		go_on(&b, b.now_ms + MINUTE / 4, 100);
	}
	assert_true(b.heard[0].longest_ms <= MINUTE + 1000);
	bench_close(&b);
}

static void
ids_are_the_same_after_a_restart_if_and_only_if_bodies_are(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, HOOK, 1100);
	apply_range(&b, 0, 1100, fires);
	b.now_ms = 1000;
	tell_now(&b);
	assert_int_equal(b.bodies.n, 3);
	bench_restart(&b);
	apply_range(&b, 0, 1100, fires);
	b.now_ms = 3000;
	memset(b.heard, 0, 1100 * sizeof(*b.heard));
	tell_now(&b);
	expect_each(&b, true, 1);
	assert_int_equal(b.bodies.n, 3);
	bench_close(&b);
}

static void
another_body_has_another_id_though_the_count_is_the_same(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, HOOK, 1);
	apply(&b, 0, fires);
	b.now_ms = 1000;
	tell_now(&b);
	bench_restart(&b);
	apply(&b, 0, fires);
	apply(&b, 0, (struct step){ ALERT_FIRING, 1, 1, "other" });
	b.now_ms = 3000;
	tell_now(&b);
	assert_int_equal(b.messages, 2);
	assert_int_equal(b.bodies.n, 2);
	bench_close(&b);
}

static void a_refused_message_takes_no_other_with_it(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, HOOK, 1500);
	apply_range(&b, 0, 1500, fires);
	b.now_ms = 1000;
	run(&b);
	accept(&b, false);
	tell_now(&b);
	expect_each(&b, true, 1);
	assert_int_equal(b.messages, 3);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_group_of_many_goes_in_several_messages_at_once),
		cmocka_unit_test(
			an_alert_that_does_not_fit_by_its_size_goes_next),
		cmocka_unit_test(what_is_filled_in_at_each_attempt_counts_too),
		cmocka_unit_test(news_are_told_in_the_order_in_which_they_came),
		cmocka_unit_test(
			what_was_told_long_ago_is_told_along_while_there_is_room),
		cmocka_unit_test(a_repeat_reaches_each_alert_once),
		cmocka_unit_test(
			an_alert_behind_what_its_receiver_knows_is_no_endless_repeat),
		cmocka_unit_test(an_alertmanager_hears_of_each_in_time),
		cmocka_unit_test(
			news_do_not_keep_an_alertmanager_from_hearing_the_rest),
		cmocka_unit_test(
			a_count_that_waits_does_not_end_what_is_told_again),
		cmocka_unit_test(
			ids_are_the_same_after_a_restart_if_and_only_if_bodies_are),
		cmocka_unit_test(
			another_body_has_another_id_though_the_count_is_the_same),
		cmocka_unit_test(a_refused_message_takes_no_other_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
