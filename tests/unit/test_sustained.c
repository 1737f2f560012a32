/* test_sustained.c - what a worker takes over of alerts whose condition holds
 * for a while, where the events that led to it are not at hand */
#include "tests/unit/test_support.h"

#include "tests/unit/engine_bench.h"

#define GROUPED "group_by = \"ServiceKey\"; timeframe = \"10s\"; "
#define FLATLINE                                                               \
	"type = \"flatline\"; " GROUPED "threshold = 1; for = \"20s\"; "
#define SPIKE                                                                  \
	"type = \"spike\"; " GROUPED                                           \
	"spike_height = 2; threshold_cur = 1; threshold_ref = 1; "             \
	"for = \"20s\"; "
#define RATE      "type = \"frequency\"; " GROUPED "num_events = 2; "
#define FREQUENCY RATE "for = \"20s\"; "

/* A worker of `rule` begins where the one before it has told `t`; the rule may
 * have been edited, and then its matches are others. */
static void take_over(struct bench *b, const char *rule, struct transition *t)
{
	bench_open(b, 1, t->cause.offset + 1, rule);
	engine_remember(b->engine, t);
	engine_go_live(b->engine);
	transition_release(t);
}

/* The last word of a worker, which says that A is pending. */
static struct transition pending(struct bench *b)
{
	struct transition t = { 0 };

	assert_int_equal(b->last.state, ALERT_PENDING);
	transition_copy(&b->last, &t);
	bench_end(b);
	return t;
}

static struct transition pending_silence(void)
{
	struct bench b;

	bench_begin(&b, 1, FLATLINE);
	bench_event(&b, "A", 100, NULL);
	bench_clock(&b, 116);
	bench_said(&b, "pending A 110 0/1;");
	return pending(&b);
}

static struct transition pending_rise(void)
{
	struct bench b;

	bench_begin(&b, 1, SPIKE);
	bench_clock(&b, 100);
	bench_event(&b, "A", 120, NULL);
	bench_event(&b, "A", 130, NULL);
	bench_event(&b, "A", 131, NULL);
	bench_said(&b, "pending A 131 2/1;");
	return pending(&b);
}

static void a_pending_silence_outlives_its_worker(void **state)
{
	struct transition t = pending_silence();
	struct bench b;

	(void)state;
	take_over(&b, FLATLINE, &t);
	bench_clock(&b, 134);
	bench_said(&b, "");
	bench_clock(&b, 135);
	bench_said(&b, "firing A 130 0/1;");
	bench_end(&b);
}

static void what_pends_on_a_side_that_was_edited_away_ends(void **state)
{
	struct transition t = pending_rise();
	struct bench b;

	(void)state;
	take_over(&b, SPIKE "spike_type = \"down\"; ", &t);
	bench_clock(&b, 140);
	bench_said(&b, "resolved A 131 0/0;");
	bench_end(&b);
	t = pending_silence();
	take_over(&b, FREQUENCY, &t);
	bench_clock(&b, 140);
	bench_said(&b, "resolved A 110 0/-;");
	bench_end(&b);
}

/* Partition 1 is ahead: what a new worker reads first of all is a burst that
 * the one before it has not come to, because it was told of an earlier one. */
static void what_was_told_stands_before_what_is_found_later(void **state)
{
	const struct bench_event late[] = { { "A", 290, NULL, false },
					    { "A", 290, NULL, false } };
	const struct bench_event now[] = { { "A", 100, NULL, false },
					   { "A", 100, NULL, false } };
	struct transition t = { 0 };
	struct bench b;

	(void)state;
	bench_begin(&b, 2, RATE);
	bench_event(&b, "A", 99, NULL);
	bench_event(&b, "A", 100, NULL);
	bench_said(&b, "firing A 100 2/-;");
	transition_copy(&b.last, &t);
	bench_end(&b);
	bench_open(&b, 2, 4, RATE);
	engine_remember(b.engine, &t);
	transition_release(&t);
	b.offset = 2;
	bench_send(&b, 1, 290, late, 2);
	bench_send(&b, 0, 100, now, 2);
	engine_go_live(b.engine);
	bench_send(&b, 0, 120, NULL, 0);
	bench_said(&b, "resolved A 110 0/-; firing A 290 2/-;");
	assert_int_equal(b.last.episode, 2);
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pending_silence_outlives_its_worker),
		cmocka_unit_test(
			what_pends_on_a_side_that_was_edited_away_ends),
		cmocka_unit_test(
			what_was_told_stands_before_what_is_found_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
