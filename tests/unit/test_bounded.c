/* test_bounded.c - cardinality, ratio and metric: bounds, classes, warm-up */
#include "tests/unit/test_support.h"

#include "tests/unit/engine_bench.h"

#define GROUPED "group_by = \"ServiceKey\"; timeframe = \"10s\"; "
#define RATIO   "type = \"ratio\"; " GROUPED "of = \"Level:ERROR\"; "
#define METRIC  "type = \"metric\"; " GROUPED "field = \"HostAddress\"; "
#define VALUES  "type = \"cardinality\"; " GROUPED "field = \"HostAddress\"; "

/* `n` events at once, of them `marked`. */
static void share(struct bench *b, int partition, int time, int n, int marked)
{
	struct bench_event event[200];

	assert_true(n <= 200);
	for (int i = 0; i < n; i++)
		event[i] = (struct bench_event){ "A", time, NULL, i < marked };
	bench_send(b, partition, time, event, (size_t)n);
}

/* ---- ratio ---- */

static void shares_are_compared_exactly(void **state)
{
	static const struct {
		const char *bound;
		int n, marked;
		const char *said;
	} table[] = {
		{ "max_percentage = 7;", 100, 7, "" },
		{ "max_percentage = 7;", 100, 8, "firing A 120 8/7;" },
		{ "max_percentage = 0.29;", 100, 0, "" },
		{ "max_percentage = 29;", 100, 29, "" },
		{ "max_percentage = 33.3;", 3, 1,
		  "firing A 120 33.3333/33.3;" },
		{ "max_percentage = 100;", 10, 10, "" },
		{ "max_percentage = 0;", 10, 0, "" },
		{ "max_percentage = 0;", 10, 1, "firing A 120 10/0;" },
		{ "min_percentage = 7;", 100, 7, "" },
		{ "min_percentage = 7;", 100, 6, "firing A 120 6/7;" },
		{ "min_percentage = 100;", 10, 10, "" },
		{ "min_percentage = 100; max_percentage = 100;", 10, 9,
		  "firing A 120 90/100;" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct bench b;
		char rule[300];
		snprintf(rule, sizeof(rule), "%smin_events = 3; %s", RATIO,
			 table[i].bound);
		bench_begin(&b, 1, rule);
		/* It warms up with one event, which holds for nothing. */
		share(&b, 0, 100, 1, 1);
		share(&b, 0, 120, table[i].n, table[i].marked);
		bench_clock(&b, 126);
		bench_said(&b, table[i].said);
		bench_end(&b);
	}
}

static void over_waits_for_the_clock_and_under_for_lateness(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1,
		    RATIO "min_events = 4; max_percentage = 50; "
			  "min_percentage = 20;");
	share(&b, 0, 100, 1, 0);
	share(&b, 0, 120, 4, 4);
	/* More of this instant may come. */
	bench_said(&b, "");
	bench_clock(&b, 121);
	bench_said(&b, "firing A 120 100/50;");
	share(&b, 0, 140, 4, 0);
	bench_said(&b, "resolved A 130 -/50;");
	bench_clock(&b, 144);
	bench_said(&b, "");
	bench_clock(&b, 145);
	bench_said(&b, "firing A 140 0/20;");
	bench_end(&b);
}

static void too_few_events_are_no_share(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1, RATIO "min_events = 5; max_percentage = 10;");
	share(&b, 0, 100, 1, 0);
	share(&b, 0, 120, 4, 4);
	bench_clock(&b, 125);
	bench_said(&b, "");
	share(&b, 0, 126, 1, 0);
	bench_clock(&b, 127);
	bench_said(&b, "firing A 126 80/10;");
	/* Four are left once those of 120 have gone. */
	bench_clock(&b, 135);
	bench_said(&b, "resolved A 130 0/10;");
	bench_end(&b);
}

static void a_group_warms_up_for_one_window(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1, RATIO "min_events = 1; max_percentage = 10;");
	share(&b, 0, 100, 2, 2);
	share(&b, 0, 109, 2, 2);
	bench_clock(&b, 110);
	bench_said(&b, "");
	bench_clock(&b, 111);
	bench_said(&b, "firing A 110 100/10;");
	bench_end(&b);
}

static void passing_from_bound_to_bound_is_no_transition(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1,
		    RATIO "min_events = 1; max_percentage = 60; "
			  "min_percentage = 40;");
	share(&b, 0, 100, 1, 1);
	share(&b, 0, 109, 1, 1);
	bench_clock(&b, 111);
	bench_said(&b, "firing A 110 100/60;");
	/* At 119 the last marked one goes; all that is left is unmarked. */
	share(&b, 0, 119, 3, 0);
	bench_clock(&b, 128);
	bench_said(&b, "");
	bench_clock(&b, 134);
	bench_said(&b, "resolved A 129 -/60;");
	bench_end(&b);
}

static void partitions_drained_at_different_speed_are_no_share(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 2, RATIO "min_events = 5; max_percentage = 20;");
	bench_send(&b, 0, 0, NULL, 0);
	bench_send(&b, 1, 0, NULL, 0);
	/* The errors lie in partition 0, which is read first; the rest of the
	 * hour in partition 1. */
	for (int t = 1; t <= 100; t++)
		share(&b, 0, t, 1, 1);
	for (int t = 1; t <= 100; t++)
		share(&b, 1, t, 9, 0);
	bench_said(&b, "");
	/* A true one. */
	share(&b, 0, 101, 90, 90);
	bench_send(&b, 1, 103, NULL, 0);
	bench_send(&b, 0, 103, NULL, 0);
	bench_said(&b, "firing A 101 55/20;");
	bench_end(&b);
}

/* ---- metric ---- */

static void aggregates_break_their_bounds_exactly(void **state)
{
	static const struct {
		const char *keys, *values, *said;
	} table[] = {
		{ "aggregate = \"sum\"; max_threshold = 0.3;", "0.1 0.2", "" },
		{ "aggregate = \"sum\"; max_threshold = 0.3;", "0.1 0.2 0.001",
		  "firing A 120 0.301/0.3;" },
		{ "aggregate = \"sum\"; max_threshold = 10;", "7 -3 6", "" },
		{ "aggregate = \"sum\"; min_threshold = 10;", "7 -3 5",
		  "firing A 120 9/10;" },
		{ "aggregate = \"avg\"; max_threshold = 0.2;", "0.2 0.2 0.2",
		  "" },
		{ "aggregate = \"avg\"; min_threshold = 0.2;", "0.1 0.2 0.3",
		  "" },
		{ "aggregate = \"avg\"; max_threshold = 2;", "1 2 4",
		  "firing A 120 2.33333/2;" },
		{ "aggregate = \"avg\"; max_threshold = 9007199254740992;",
		  "1e16", "firing A 120 1e+16/9.0072e+15;" },
		{ "aggregate = \"min\"; max_threshold = 2;", "2 9", "" },
		{ "aggregate = \"min\"; max_threshold = 2;", "3 9",
		  "firing A 120 3/2;" },
		{ "aggregate = \"min\"; min_threshold = 2;", "1.9 9",
		  "firing A 120 1.9/2;" },
		{ "aggregate = \"max\"; max_threshold = 9;", "2 9", "" },
		{ "aggregate = \"max\"; max_threshold = 9;", "2 9.1",
		  "firing A 120 9.1/9;" },
		{ "aggregate = \"max\"; min_threshold = 10;", "2 9.1",
		  "firing A 120 9.1/10;" },
		{ "aggregate = \"p50\"; max_threshold = 2;", "1 2 3 4", "" },
		{ "aggregate = \"p50\"; max_threshold = 1.5;", "1 2 3 4",
		  "firing A 120 2/1.5;" },
		{ "aggregate = \"p99\"; min_threshold = 4.5;", "1 2 3 4",
		  "firing A 120 4/4.5;" },
		/* Words beside numbers do not count, words alone never. */
		{ "aggregate = \"avg\"; max_threshold = 2;", "x 3 null",
		  "firing A 120 3/2;" },
		{ "aggregate = \"avg\"; max_threshold = 2;", "x 3ms 0x9", "" },
		{ "aggregate = \"avg\"; max_threshold = 2; min_events = 2;",
		  "5 5 5", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct bench b;
		char rule[300];
		snprintf(rule, sizeof(rule), "%s%s", METRIC, table[i].keys);
		bench_begin(&b, 1, rule);
		/* At zero for the warm-up: neither bound is broken for long
		 * enough to matter after it. */
		bench_event(&b, "A", 100, "2");
		bench_clock(&b, 119);
		b.said[0] = '\0';
		bench_event(&b, "A", 120, table[i].values);
		bench_clock(&b, 126);
		bench_said(&b, table[i].said);
		bench_end(&b);
	}
}

static void a_sum_over_its_bound_is_told_at_the_event(void **state)
{
	struct bench b;
	const struct bench_event far = { "A", 105, "3", false };

	(void)state;
	/* No warm-up, and no clock at all: partition 1 is not read. */
	bench_begin(&b, 2, METRIC "aggregate = \"sum\"; max_threshold = 10;");
	bench_event(&b, "A", 100, "8");
	bench_said(&b, "");
	bench_send(&b, 0, 105, &far, 1);
	bench_said(&b, "firing A 105 11/10;");
	/* What is taken away later takes nothing back. */
	bench_event(&b, "A", 106, "-5");
	bench_said(&b, "");
	bench_send(&b, 1, 111, NULL, 0);
	bench_clock(&b, 111);
	bench_said(&b, "resolved A 106 6/10;");
	bench_end(&b);
}

static void a_sum_is_over_when_what_lowered_it_has_gone(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1, METRIC "aggregate = \"sum\"; max_threshold = 10;");
	bench_event(&b, "A", 100, "-5");
	bench_event(&b, "A", 105, "12");
	bench_clock(&b, 109);
	bench_said(&b, "");
	bench_clock(&b, 110);
	bench_said(&b, "firing A 110 12/10;");
	bench_end(&b);
}

static void without_numbers_nothing_is_under_a_bound(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1, METRIC "aggregate = \"sum\"; min_threshold = 5;");
	bench_event(&b, "A", 100, "9");
	bench_clock(&b, 300);
	bench_said(&b, "");
	bench_event(&b, "A", 300, "1");
	bench_clock(&b, 320);
	bench_said(&b, "firing A 300 1/5; resolved A 310 0/5;");
	bench_end(&b);
}

/* ---- cardinality ---- */

static void distinct_values_over_and_under(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1, VALUES "max_cardinality = 2; min_cardinality = 2;");
	bench_event(&b, "A", 100, "a");
	bench_event(&b, "A", 101, "b a");
	/* 7 and "7" and 7.0: two texts. */
	bench_event(&b, "B", 101, "7");
	bench_event(&b, "B", 101, "7 7.0");
	bench_said(&b, "");
	bench_event(&b, "A", 102, "c");
	/* Presence needs no warm-up; no more is counted than decides. */
	bench_said(&b, "firing A 102 3/2;");
	bench_event(&b, "A", 103, "d e f");
	bench_clock(&b, 118);
	bench_said(&b, "resolved A 113 0/2;");
	bench_end(&b);
}

static void an_empty_window_is_not_under_a_bound(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1, VALUES "min_cardinality = 2;");
	bench_event(&b, "A", 100, "a b");
	bench_clock(&b, 200);
	bench_said(&b, "");
	bench_event(&b, "A", 200, "a");
	bench_clock(&b, 204);
	bench_said(&b, "");
	bench_clock(&b, 205);
	bench_said(&b, "firing A 200 1/2;");
	bench_clock(&b, 215);
	bench_said(&b, "resolved A 210 0/2;");
	bench_end(&b);
}

static void a_group_that_was_dropped_warms_up_anew(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1, VALUES "min_cardinality = 2;");
	bench_event(&b, "A", 100, "a b");
	bench_clock(&b, 100 + 86400 + 5);
	assert_int_equal(engine_counts(b.engine).groups, 0);
	bench_event(&b, "A", 90000, "a");
	bench_event(&b, "A", 90009, "a");
	bench_clock(&b, 90014);
	bench_said(&b, "");
	bench_clock(&b, 90015);
	bench_said(&b, "firing A 90010 1/2;");
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_are_compared_exactly),
		cmocka_unit_test(
			over_waits_for_the_clock_and_under_for_lateness),
		cmocka_unit_test(too_few_events_are_no_share),
		cmocka_unit_test(a_group_warms_up_for_one_window),
		cmocka_unit_test(passing_from_bound_to_bound_is_no_transition),
		cmocka_unit_test(
			partitions_drained_at_different_speed_are_no_share),
		cmocka_unit_test(aggregates_break_their_bounds_exactly),
		cmocka_unit_test(a_sum_over_its_bound_is_told_at_the_event),
		cmocka_unit_test(a_sum_is_over_when_what_lowered_it_has_gone),
		cmocka_unit_test(without_numbers_nothing_is_under_a_bound),
		cmocka_unit_test(distinct_values_over_and_under),
		cmocka_unit_test(an_empty_window_is_not_under_a_bound),
		cmocka_unit_test(a_group_that_was_dropped_warms_up_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
