/* test_engine_renew.c - a rule is edited while its alert fires: who belongs to
 * it now must hear of it */
#include "tests/unit/test_support.h"

#include "tests/unit/engine_bench.h"

#define RULE                                                                   \
	"type = \"any\"; group_by = \"ServiceKey\"; keep_firing_for = "        \
	"\"100s\"; realert = \"10s\"; "
#define OLD RULE "receivers = [ \"old\" ];"
#define NEW RULE "receivers = [ \"new\", \"old\" ];"

/* The record of an alert that fires, by OLD, from envelope 0. */
static struct transition stored_firing(void)
{
	struct transition t;
	struct bench b;

	bench_begin(&b, 1, OLD);
	bench_event(&b, "A", 100, NULL);
	bench_said(&b, "firing A 100 1/-;");
	transition_copy(&b.last, &t);
	bench_end(&b);
	return t;
}

/* Another worker, or the same after a reload, speaks from live_from on. */
static void take_over(struct bench *b, int64_t live_from,
		      const struct transition *stored, const char *rule)
{
	bench_open(b, 1, live_from, rule);
	engine_remember(b->engine, stored);
	engine_go_live(b->engine);
}

static void whoever_belongs_to_it_now_hears_of_it(void **state)
{
	struct transition t = stored_firing();
	struct bench b;

	(void)state;
	take_over(&b, 1, &t, NEW);
	bench_clock(&b, 110);
	bench_said(&b, "firing A 100 1/-;");
	assert_string_equal(b.last.id, t.id);
	assert_int_equal(b.last.updated_at_ms, t.at_ms + 10000);
	assert_int_equal(b.last.episode, t.episode);
	assert_int_equal(b.last.count, t.count);
	assert_true(cause_follows(b.last.cause, t.cause));
	assert_int_equal(b.last.receivers.n, 2);
	assert_string_equal(b.last.receivers.item[0].value, "new");
	bench_clock(&b, 111);
	bench_said(&b, "");
	bench_clock(&b, 300);
	bench_said(&b, "resolved A 200 1/-;");
	assert_int_equal(b.last.receivers.n, 2);
	transition_release(&t);
	bench_end(&b);
}

static void what_a_rule_says_of_who_is_told_is_looked_at(void **state)
{
	static const struct {
		const char *rule;
		bool told;
	} table[] = {
		{ OLD, false },
		{ OLD "annotations = { summary = \"x\"; };", false },
		{ RULE, true },
		{ RULE "receivers = [ \"other\" ];", true },
		{ OLD "labels = { severity = \"critical\"; };", true },
		{ OLD "staging = true;", true },
	};
	struct transition t = stored_firing();

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct bench b;

		take_over(&b, 1, &t, table[i].rule);
		bench_clock(&b, 110);
		bench_said(&b, table[i].told ? "firing A 100 1/-;" : "");
		bench_end(&b);
	}
	transition_release(&t);
}

static void it_is_told_once(void **state)
{
	struct transition t = stored_firing(), renewed;
	struct bench b;

	(void)state;
	take_over(&b, 1, &t, NEW);
	bench_clock(&b, 110);
	bench_said(&b, "firing A 100 1/-;");
	transition_copy(&b.last, &renewed);
	bench_end(&b);
	/* The offset had not been stored yet when its worker died. */
	take_over(&b, 1, &renewed, NEW);
	bench_clock(&b, 110);
	bench_clock(&b, 111);
	bench_said(&b, "");
	bench_end(&b);
	transition_release(&renewed);
	transition_release(&t);
}

static void it_waits_for_a_cause_that_follows(void **state)
{
	struct transition t = stored_firing();
	struct bench b;

	(void)state;
	take_over(&b, 0, &t, NEW);
	bench_event(&b, "A", 100, NULL);
	bench_said(&b, "");
	bench_clock(&b, 110);
	bench_said(&b, "firing A 100 1/-;");
	assert_true(cause_follows(b.last.cause, t.cause));
	transition_release(&t);
	bench_end(&b);
}

static void what_is_told_anyway_says_it_too(void **state)
{
	static const struct bench_event two[] = { { "A", 100, NULL, false },
						  { "A", 115, NULL, false } };
	struct transition t = stored_firing();
	struct bench b;

	(void)state;
	/* Of what the envelope brings about only the first was written. */
	take_over(&b, 0, &t, NEW);
	bench_send(&b, 0, 115, two, 2);
	bench_said(&b, "firing A 100 2/-;");
	assert_int_equal(b.last.count, 2);
	assert_int_equal(b.last.receivers.n, 2);
	bench_clock(&b, 116);
	bench_said(&b, "");
	transition_release(&t);
	bench_end(&b);
}

static void an_alert_that_is_over_is_left_alone(void **state)
{
	struct transition t = stored_firing();
	struct bench b;

	(void)state;
	t.state = ALERT_RESOLVED;
	bench_open(&b, 1, 1, NEW);
	engine_remember(b.engine, &t);
	b.offset = 0;
	bench_event(&b, "A", 100, NULL);
	engine_go_live(b.engine);
	bench_clock(&b, 110);
	bench_said(&b, "");
	transition_release(&t);
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_belongs_to_it_now_hears_of_it),
		cmocka_unit_test(what_a_rule_says_of_who_is_told_is_looked_at),
		cmocka_unit_test(it_is_told_once),
		cmocka_unit_test(it_waits_for_a_cause_that_follows),
		cmocka_unit_test(what_is_told_anyway_says_it_too),
		cmocka_unit_test(an_alert_that_is_over_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
