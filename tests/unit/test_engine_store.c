/* test_engine_store.c - a worker died between two records of one envelope */
#include "tests/unit/test_support.h"

#include "tests/unit/engine_bench.h"

#define RULE                                                                   \
	"type = \"any\"; group_by = \"ServiceKey\"; keep_firing_for = "        \
	"\"10s\";"

static const struct bench_event two[] = { { "A", 100, NULL, false },
					  { "A", 150, NULL, false } };

/* The last record of the first worker, which came as far as `clock`. */
static struct transition record_at(size_t events, int clock, const char *said)
{
	struct transition t;
	struct bench b;

	bench_begin(&b, 1, RULE);
	bench_send(&b, 0, clock, two, events);
	bench_said(&b, said);
	transition_copy(&b.last, &t);
	bench_end(&b);
	return t;
}

static void what_was_not_written_is_told_and_goes_on(void **state)
{
	static const struct {
		size_t events;
		int clock;
		const char *written, *rest, *later;
	} table[] = {
		{ 1, 101, "firing A 100 1/-;",
		  "resolved A 110 1/-; firing A 150 1/-;",
		  "resolved A 160 1/-;" },
		{ 1, 120, "firing A 100 1/-; resolved A 110 1/-;",
		  "firing A 150 1/-;", "resolved A 160 1/-;" },
		{ 2, 151,
		  "firing A 100 1/-; resolved A 110 1/-; firing A 150 1/-;", "",
		  "resolved A 160 1/-;" },
		{ 2, 170,
		  "firing A 100 1/-; resolved A 110 1/-; firing A 150 1/-; "
		  "resolved A 160 1/-;",
		  "", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct transition t = record_at(table[i].events, table[i].clock,
						table[i].written);
		struct bench b;

		bench_open(&b, 1, 0, RULE);
		engine_remember(b.engine, &t);
		engine_go_live(b.engine);
		bench_send(&b, 0, table[i].clock > 151 ? 170 : 151, two, 2);
		bench_said(&b, table[i].rest);
		bench_clock(&b, 300);
		bench_said(&b, table[i].later);
		bench_event(&b, "A", 400, NULL);
		bench_said(&b, "firing A 400 1/-;");
		assert_int_equal(b.last.episode, 3);
		transition_release(&t);
		bench_end(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_not_written_is_told_and_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
