/* test_flatline.c - silence: of whom, since when, and until it is forgotten */
#include "tests/unit/test_support.h"

#include "tests/unit/engine_bench.h"

#define FLATLINE                                                               \
	"type = \"flatline\"; group_by = \"ServiceKey\"; timeframe = "         \
	"\"10s\"; "
#define DAY 86400

static void a_group_that_was_seen_is_missed(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1, FLATLINE "threshold = 1;");
	bench_clock(&b, 50);
	bench_event(&b, "A", 100, NULL);
	bench_event(&b, "A", 105, NULL);
	bench_clock(&b, 119);
	bench_said(&b, "");
	bench_clock(&b, 120);
	bench_said(&b, "firing A 115 0/1;");
	bench_event(&b, "A", 130, NULL);
	bench_said(&b, "");
	bench_clock(&b, 135);
	bench_said(&b, "resolved A 130 1/1;");
	bench_end(&b);
}

static void fewer_than_the_threshold_after_the_warm_up(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1, FLATLINE "threshold = 3;");
	bench_event(&b, "A", 100, NULL);
	bench_event(&b, "A", 101, NULL);
	bench_clock(&b, 114);
	bench_said(&b, "");
	bench_clock(&b, 115);
	bench_said(&b, "firing A 110 1/3;");
	bench_end(&b);
}

static void who_is_expected_is_missed_though_never_seen(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 2,
		    FLATLINE "threshold = 1; expect = ( { ServiceKey = \"A\"; "
			     "}, { ServiceKey = \"\"; }, { ServiceKey = "
			     "\"A\"; } );");
	bench_send(&b, 0, 100, NULL, 0);
	/* Partition 1 is not watched yet. */
	bench_send(&b, 0, 200, NULL, 0);
	bench_said(&b, "");
	bench_send(&b, 1, 150, NULL, 0);
	bench_send(&b, 1, 164, NULL, 0);
	bench_said(&b, "");
	bench_send(&b, 1, 165, NULL, 0);
	bench_said(&b, "firing A 160 0/1; firing  160 0/1;");
	/* Neither a day nor forget_after makes it go away. */
	bench_send(&b, 0, 10 * DAY, NULL, 0);
	bench_send(&b, 1, 10 * DAY, NULL, 0);
	bench_said(&b, "");
	assert_int_equal(engine_counts(b.engine).groups, 2);
	bench_end(&b);
}

static void without_groups_the_one_is_expected(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1,
		    "type = \"flatline\"; timeframe = \"10s\"; threshold = 1; "
		    "forget_after = \"20s\";");
	bench_clock(&b, 100);
	bench_clock(&b, 115);
	bench_said(&b, "firing - 110 0/1;");
	bench_clock(&b, 500);
	bench_said(&b, "");
	bench_end(&b);
}

static void what_stays_silent_is_forgotten(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1, FLATLINE "threshold = 1; forget_after = \"2d\";");
	bench_event(&b, "A", 100, NULL);
	bench_clock(&b, 115);
	bench_said(&b, "firing A 110 0/1;");
	/* A day alone does not. */
	bench_clock(&b, 100 + 2 * DAY + 4);
	bench_said(&b, "");
	bench_clock(&b, 100 + 2 * DAY + 5);
	bench_said(&b, "resolved A 172900 0/1 forgotten;");
	assert_int_equal(engine_counts(b.engine).groups, 0);
	bench_end(&b);
}

static void who_is_quiet_but_well_is_watched_past_a_day(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1,
		    "type = \"flatline\"; group_by = \"ServiceKey\"; timeframe "
		    "= \"24h\"; threshold = 1;");
	bench_event(&b, "A", 0, NULL);
	bench_event(&b, "A", DAY, NULL);
	bench_clock(&b, 2 * DAY + 4);
	bench_said(&b, "");
	bench_clock(&b, 2 * DAY + 5);
	bench_said(&b, "firing A 172800 0/1;");
	bench_end(&b);
}

static void new_groups_are_refused_past_max_groups(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1,
		    FLATLINE "threshold = 1; max_groups = 2; expect = ( { "
			     "ServiceKey = \"E\"; } );");
	bench_event(&b, "A", 100, NULL);
	bench_event(&b, "B", 101, NULL);
	assert_int_equal(engine_counts(b.engine).groups, 2);
	assert_int_equal(engine_counts(b.engine).dropped, 1);
	bench_clock(&b, 130);
	bench_said(&b, "firing A 110 0/1; firing E 110 0/1;");
	bench_end(&b);
}

static void a_backlog_is_no_silence(void **state)
{
	struct bench b;
	const struct bench_event event[] = { { "A", 5, NULL, false } };

	(void)state;
	bench_begin(&b, 2,
		    FLATLINE "threshold = 1; expect = ( { ServiceKey = "
			     "\"A\"; } );");
	bench_send(&b, 1, 0, event, 0);
	/* An hour in which the events of A lie in partition 1. */
	for (int t = 0; t <= 3600; t += 60)
		bench_send(&b, 0, t, NULL, 0);
	for (int t = 0; t <= 3600; t += 5) {
		const struct bench_event one = { "A", t, NULL, false };
		bench_send(&b, 1, t, &one, 1);
	}
	bench_said(&b, "");
	bench_send(&b, 0, 3615, NULL, 0);
	bench_send(&b, 1, 3615, NULL, 0);
	bench_said(&b, "firing A 3610 0/1;");
	bench_end(&b);
}

static void other_partitions_of_the_matches_have_their_own(void **state)
{
	size_t groups = 0;

	(void)state;
	for (int32_t p = 0; p < 3; p++) {
		struct bench b;
		bench_open(&b, 1, 0,
			   FLATLINE "threshold = 1; expect = ( { ServiceKey = "
				    "\"A\"; }, { ServiceKey = \"B\"; }, { "
				    "ServiceKey = \"C\"; }, { ServiceKey = "
				    "\"D\"; } );");
		const struct engine_options options = {
			.rules = b.rules,
			.partition = p,
			.partitions = 3,
			.samples_bytes = 1000,
		};
		engine_close(b.engine);
		b.engine = engine_open(&options);
		groups += engine_counts(b.engine).groups;
		bench_end(&b);
	}
	assert_int_equal(groups, 4);
}

/* ---- what outlasts the matches ---- */

static void a_group_is_memorised_now_and_then(void **state)
{
	struct bench b;

	(void)state;
	bench_begin(&b, 1, FLATLINE "threshold = 1; forget_after = \"200s\";");
	for (int t = 100; t <= 125; t += 5)
		bench_event(&b, "A", t, NULL);
	/* Every twentieth of forget_after. */
	assert_string_equal(b.memorised, "A 100..100;A 100..110;A 100..120;");
	b.memorised[0] = '\0';
	bench_clock(&b, 330);
	assert_string_equal(b.memorised, "gone A;");
	bench_said(&b, "firing A 135 0/1; resolved A 325 0/1 forgotten;");
	bench_end(&b);
}

static void a_group_that_is_recalled_is_watched(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 1, 10, FLATLINE "threshold = 1;");
	bench_recall(&b, "A", 100, 3 * DAY);
	bench_clock(&b, 3 * DAY + 8);
	engine_go_live(b.engine);
	assert_int_equal(engine_counts(b.engine).groups, 1);
	/* Its windows are whole from one timeframe after that. */
	bench_clock(&b, 3 * DAY + 22);
	bench_said(&b, "");
	bench_clock(&b, 3 * DAY + 23);
	bench_said(&b, "firing A 259218 0/1;");
	bench_clock(&b, 10 * DAY + 5);
	bench_said(&b, "resolved A 864000 0/1 forgotten;");
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_group_that_was_seen_is_missed),
		cmocka_unit_test(fewer_than_the_threshold_after_the_warm_up),
		cmocka_unit_test(who_is_expected_is_missed_though_never_seen),
		cmocka_unit_test(without_groups_the_one_is_expected),
		cmocka_unit_test(what_stays_silent_is_forgotten),
		cmocka_unit_test(who_is_quiet_but_well_is_watched_past_a_day),
		cmocka_unit_test(new_groups_are_refused_past_max_groups),
		cmocka_unit_test(a_backlog_is_no_silence),
		cmocka_unit_test(
			other_partitions_of_the_matches_have_their_own),
		cmocka_unit_test(a_group_is_memorised_now_and_then),
		cmocka_unit_test(a_group_that_is_recalled_is_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
