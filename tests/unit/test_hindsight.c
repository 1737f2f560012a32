/* test_hindsight.c - bursts that a later one overtook, because the partitions
 * of the logs drain at different speed */
#include "tests/unit/test_support.h"

#include "tests/unit/engine_bench.h"

#define RATE                                                                   \
	"type = \"frequency\"; group_by = \"ServiceKey\"; num_events = 3; "    \
	"timeframe = \"10s\"; "
#define METRIC                                                                 \
	"type = \"metric\"; group_by = \"ServiceKey\"; timeframe = \"10s\"; "  \
	"field = \"HostAddress\"; "

/* n events of A at `at`; the partition is read up to `time`. */
static void burst(struct bench *b, int partition, int time, int at, int n)
{
	struct bench_event event[10];

	assert_true(n <= 10);
	for (int i = 0; i < n; i++)
		event[i] = (struct bench_event){ "A", at, "7", false };
	bench_send(b, partition, time, event, (size_t)n);
}

/* Partition 0 has told a burst at 100; partition 1 is at 40. */
static void overtake(struct bench *b, const char *rule, const char *told)
{
	bench_begin(b, 2, rule);
	burst(b, 1, 40, 40, 0);
	burst(b, 0, 103, 100, 3);
	bench_said(b, told);
}

static void catch_up(struct bench *b, int time)
{
	burst(b, 0, time, time, 0);
	burst(b, 1, time, time, 0);
}

static void an_overtaken_burst_is_told_when_the_later_one_is_over(void **state)
{
	struct bench b;

	(void)state;
	overtake(&b, RATE, "firing A 100 3/-;");
	burst(&b, 1, 50, 50, 3);
	/* Two are no burst; one more beside what was told is part of it. */
	burst(&b, 1, 70, 70, 2);
	burst(&b, 1, 99, 99, 1);
	bench_said(&b, "");
	catch_up(&b, 130);
	bench_said(&b, "resolved A 110 0/-; firing A 50 3/-; "
		       "resolved A 60 0/-;");
	assert_int_equal(b.last.episode, 2);
	burst(&b, 1, 131, 131, 1);
	bench_said(&b, "");
	bench_end(&b);
}

static void overtaken_bursts_are_told_in_their_order(void **state)
{
	struct bench b;

	(void)state;
	overtake(&b, RATE, "firing A 100 3/-;");
	burst(&b, 1, 75, 75, 3);
	burst(&b, 1, 76, 50, 3);
	catch_up(&b, 130);
	bench_said(&b, "resolved A 110 0/-; firing A 50 3/-; "
		       "resolved A 60 0/-; firing A 75 3/-; "
		       "resolved A 85 0/-;");
	bench_end(&b);
}

static void a_burst_that_comes_after_the_resolve_is_told_at_once(void **state)
{
	struct bench b;

	(void)state;
	overtake(&b, RATE, "firing A 100 3/-;");
	catch_up(&b, 120);
	bench_said(&b, "resolved A 110 0/-;");
	burst(&b, 1, 121, 70, 3);
	bench_said(&b, "firing A 70 3/-; resolved A 80 0/-;");
	bench_end(&b);
}

static void what_touches_an_episode_that_was_told_is_part_of_it(void **state)
{
	struct bench b;

	(void)state;
	overtake(&b, RATE "keep_firing_for = \"15s\"; ", "firing A 100 3/-;");
	burst(&b, 1, 75, 75, 3);
	catch_up(&b, 131);
	bench_said(&b, "resolved A 125 0/-;");
	bench_end(&b);
	overtake(&b, RATE "keep_firing_for = \"15s\"; ", "firing A 100 3/-;");
	burst(&b, 1, 74, 74, 3);
	catch_up(&b, 131);
	bench_said(&b, "resolved A 125 0/-; firing A 74 3/-; "
		       "resolved A 99 0/-;");
	bench_end(&b);
}

static void
what_goes_on_after_an_episode_that_was_told_is_part_of_it(void **state)
{
	struct bench b;

	(void)state;
	overtake(&b, RATE, "firing A 100 3/-;");
	burst(&b, 1, 70, 70, 3);
	catch_up(&b, 120);
	bench_said(&b, "resolved A 110 0/-; firing A 70 3/-; "
		       "resolved A 80 0/-;");
	/* It holds up to 88. */
	burst(&b, 1, 121, 78, 3);
	bench_said(&b, "");
	/* A second later is apart. */
	burst(&b, 1, 122, 89, 3);
	bench_said(&b, "firing A 89 3/-; resolved A 99 0/-;");
	/* From 89 on it holds up to what was told. */
	burst(&b, 1, 123, 98, 3);
	bench_said(&b, "");
	bench_end(&b);
}

static void an_overtaken_burst_fires_only_if_it_lasts(void **state)
{
	struct bench b;

	(void)state;
	overtake(&b, RATE "for = \"3s\"; ", "pending A 100 3/-;");
	burst(&b, 0, 103, 103, 1);
	bench_said(&b, "firing A 103 4/-;");
	burst(&b, 1, 45, 45, 1);
	/* Holds from 53 to 55 only. */
	burst(&b, 1, 53, 53, 2);
	burst(&b, 1, 70, 70, 3);
	catch_up(&b, 130);
	bench_said(&b, "resolved A 110 1/-; pending A 70 3/-; "
		       "firing A 73 3/-; resolved A 80 0/-;");
	bench_end(&b);
}

static void a_late_event_may_make_it_last(void **state)
{
	struct bench b;

	(void)state;
	overtake(&b, RATE "for = \"3s\"; ", "pending A 100 3/-;");
	burst(&b, 0, 104, 104, 1);
	bench_said(&b, "firing A 103 3/-;");
	/* From 79 to 80 only. */
	burst(&b, 1, 79, 70, 1);
	burst(&b, 1, 80, 75, 1);
	burst(&b, 1, 81, 79, 1);
	catch_up(&b, 130);
	bench_said(&b, "resolved A 110 1/-;");
	burst(&b, 1, 131, 80, 1);
	bench_said(&b, "pending A 79 3/-; firing A 82 3/-; "
		       "resolved A 85 2/-;");
	/* Up to 102: what was told was pending from 100 on. */
	burst(&b, 1, 132, 92, 3);
	bench_said(&b, "");
	bench_end(&b);
}

static void what_was_only_pending_hides_nothing(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 2, RATE "for = \"3s\"; ");
	burst(&b, 1, 80, 80, 0);
	burst(&b, 0, 91, 91, 1);
	burst(&b, 0, 95, 95, 1);
	burst(&b, 0, 100, 100, 1);
	bench_said(&b, "pending A 100 3/-;");
	catch_up(&b, 120);
	bench_said(&b, "resolved A 101 2/-;");
	burst(&b, 1, 121, 101, 1);
	bench_said(&b, "pending A 100 3/-; firing A 103 3/-; "
		       "resolved A 105 2/-;");
	bench_end(&b);
}

static void of_what_is_too_old_nothing_is_told(void **state)
{
	struct bench b;

	(void)state;
	overtake(&b, RATE, "firing A 100 3/-;");
	burst(&b, 1, 80, 80, 3);
	for (int t = 109; t <= 127; t += 9)
		burst(&b, 0, t, t, 3);
	/* From 81 on when it is looked at: it began before. */
	catch_up(&b, 141);
	bench_said(&b, "");
	catch_up(&b, 143);
	bench_said(&b, "resolved A 137 0/-;");
	bench_end(&b);
}

static void comparison_and_absence_stay_as_they_were_judged(void **state)
{
	struct bench b;

	(void)state;
	/* A sum over its bound is presence, an average is not. */
	overtake(&b, METRIC "aggregate = \"sum\"; max_threshold = 20; ",
		 "firing A 100 21/20;");
	burst(&b, 1, 50, 50, 3);
	catch_up(&b, 130);
	bench_said(&b, "resolved A 110 0/20; firing A 50 21/20; "
		       "resolved A 60 0/20;");
	bench_end(&b);
	bench_begin(&b, 1, METRIC "aggregate = \"avg\"; max_threshold = 5; ");
	burst(&b, 0, 85, 85, 1);
	burst(&b, 0, 100, 100, 1);
	burst(&b, 0, 120, 120, 0);
	bench_said(&b, "firing A 100 7/5; resolved A 110 -/5;");
	burst(&b, 0, 121, 70, 3);
	bench_said(&b, "");
	bench_end(&b);
}

/* What was told is forgotten once nothing can come before it, and stays
 * bounded until then: of too much, the oldest become one. */
static void what_was_told_is_bounded(void **state)
{
	struct hindsight h;

	(void)state;
	hindsight_init(&h);
	for (int i = 0; i < 300; i++)
		hindsight_told(&h, (struct told){ 10 * i, 10 * i + 5 },
			       MOMENT_START);
	assert_int_equal(h.n, 256);
	assert_int_equal(h.told[0].start, 0);
	assert_int_equal(h.told[0].end, 445);
	assert_int_equal(h.told[255].start, 2990);
	hindsight_told(&h, (struct told){ 2980, 2985 }, 2985);
	assert_int_equal(h.n, 3);
	assert_int_equal(h.told[0].start, 2980);
	hindsight_release(&h);
}

static struct transition told_at_100(void)
{
	struct transition t = { 0 };
	struct bench b;

	overtake(&b, RATE, "firing A 100 3/-;");
	transition_copy(&b.last, &t);
	bench_end(&b);
	return t;
}

/* Nobody knows what was told before the alert that was taken over. */
static void what_lies_before_a_takeover_is_not_told(void **state)
{
	struct transition t = told_at_100();
	struct bench b;

	(void)state;
	bench_open(&b, 2, t.cause.offset + 1, RATE);
	engine_remember(b.engine, &t);
	transition_release(&t);
	engine_go_live(b.engine);
	burst(&b, 1, 40, 40, 0);
	burst(&b, 0, 103, 103, 0);
	burst(&b, 1, 50, 50, 3);
	catch_up(&b, 120);
	bench_said(&b, "resolved A 100 0/-;");
	burst(&b, 1, 121, 70, 3);
	bench_said(&b, "");
	/* From there on it is known. */
	burst(&b, 1, 122, 110, 3);
	bench_said(&b, "firing A 110 3/-;");
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_overtaken_burst_is_told_when_the_later_one_is_over),
		cmocka_unit_test(overtaken_bursts_are_told_in_their_order),
		cmocka_unit_test(
			a_burst_that_comes_after_the_resolve_is_told_at_once),
		cmocka_unit_test(
			what_touches_an_episode_that_was_told_is_part_of_it),
		cmocka_unit_test(
			what_goes_on_after_an_episode_that_was_told_is_part_of_it),
		cmocka_unit_test(an_overtaken_burst_fires_only_if_it_lasts),
		cmocka_unit_test(a_late_event_may_make_it_last),
		cmocka_unit_test(what_was_only_pending_hides_nothing),
		cmocka_unit_test(of_what_is_too_old_nothing_is_told),
		cmocka_unit_test(what_was_told_is_bounded),
		cmocka_unit_test(what_lies_before_a_takeover_is_not_told),
		cmocka_unit_test(
			comparison_and_absence_stay_as_they_were_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
