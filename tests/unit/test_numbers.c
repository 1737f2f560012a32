/* test_numbers.c - exact sums, ranks and distinct values in windows that move,
 * against counting all again */
#include "tests/unit/test_support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "alert/match/packed.h"
#include "alert/window/distinct.h"
#include "alert/window/numbers.h"

#define SECOND INT64_C(1000000000)
#define BEGIN  (1764000000 * SECOND)

static uint64_t seed = 1;

static unsigned draw(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

/* ---- sums ---- */

static double sum_of(const double *value, size_t n)
{
	struct exact_sum sum = { 0 };
	double result;

	for (size_t i = 0; i < n; i++)
		exact_sum_add(&sum, value[i]);
	result = exact_sum_value(&sum);
	exact_sum_release(&sum);
	return result;
}

static void a_sum_is_rounded_once(void **state)
{
	static const struct {
		double value[4];
		size_t n;
		double wanted;
	} table[] = {
		{ { 0 }, 0, 0 },
		{ { 1 }, 1, 1 },
		{ { -1.5, 1.5 }, 2, 0 },
		{ { 1e300, 1, -1e300 }, 3, 1 },
		{ { 1e16, 1, 1, -1e16 }, 4, 2 },
		{ { 9007199254740992.0, 1, 1 }, 3, 9007199254740994.0 },
		/* Half way goes to the even one, a little more goes up. */
		{ { 9007199254740992.0, 1 }, 2, 9007199254740992.0 },
		{ { 9007199254740992.0, 1, 1e-300 }, 3, 9007199254740994.0 },
		{ { -9007199254740992.0, -1, -1e-300 },
		  3,
		  -9007199254740994.0 },
		{ { 5e-324, 5e-324 }, 2, 1e-323 },
		{ { 1e308, 1e308, -1e308, -1e308 }, 4, 0 },
		{ { -7, 3, -1 }, 3, -5 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_true(sum_of(table[i].value, table[i].n) ==
			    table[i].wanted);
	assert_true(isinf(sum_of((double[]){ DBL_MAX, DBL_MAX }, 2)));
}

static double draw_double(void)
{
	double value = (double)draw(1u << 30) + (double)draw(1000) / 7;

	value = ldexp(value, (int)draw(200) - 100);
	return draw(2) ? value : -value;
}

static void what_was_added_and_taken_away_leaves_nothing(void **state)
{
	(void)state;
	for (int round = 0; round < 300; round++) {
		struct exact_sum slid = { 0 }, fresh = { 0 };
		double value[200];
		for (size_t i = 0; i < 200; i++)
			exact_sum_add(&slid, value[i] = draw_double());
		for (size_t i = 0; i < 190; i++)
			exact_sum_add(&slid, -value[i]);
		/* In the other order. */
		for (size_t i = 200; i-- > 190;)
			exact_sum_add(&fresh, value[i]);
		assert_true(exact_sum_value(&slid) == exact_sum_value(&fresh));
		exact_sum_release(&slid);
		exact_sum_release(&fresh);
	}
}

/* ---- rules by hand ---- */

static struct rule rule_of(enum aggregate aggregate, double upper, double lower)
{
	return (struct rule){ .aggregate = aggregate,
			      .upper = { true, upper },
			      .lower = { true, lower } };
}

static struct str pack(const char *words, struct buf *out)
{
	buf_clear(out);
	while (*words) {
		size_t n = strcspn(words, " ");
		packed_add(out, str_slice(words, n));
		words += n + (words[n] == ' ');
	}
	return buf_str(out);
}

static bool add_words(struct tally *t, const struct rule *rule, int64_t time,
		      const char *words)
{
	struct buf AUTO(buf_release) packed = { 0 };
	struct numbers load;

	if (!numbers_of(rule, pack(words, &packed), &load))
		return false;
	tally_add_load(t, time, &load);
	return true;
}

static double value_at(struct tally *t, const struct rule *rule, int64_t moment)
{
	double value;

	tally_seek(t, &t->early, moment);
	assert_true(numbers_value(rule, t, &t->early, &value));
	return value;
}

static void words_are_numbers_only_as_a_whole(void **state)
{
	static const struct {
		const char *words;
		int n;
		double sum;
	} table[] = {
		{ "7", 1, 7 },
		{ "1 2.5 -3", 3, 0.5 },
		{ "1e3 x", 1, 1000 },
		{ "x 7ms 0x10 NaN Infinity 1e999 +1 .5 5. 007 true", 0, 0 },
		{ "", 0, 0 },
		{ "-0 0", 2, 0 },
	};
	const struct rule rule = rule_of(AGGREGATE_SUM, 0, 0);

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct buf AUTO(buf_release) packed = { 0 };
		struct numbers found = { 0 };
		bool any = numbers_of(&rule, pack(table[i].words, &packed),
				      &found);
		assert_int_equal(any, table[i].n > 0);
		assert_int_equal(found.n, table[i].n);
		assert_true(found.sum + found.rest == table[i].sum);
	}
}

/* ---- aggregates against a recount ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double recount(enum aggregate aggregate, double *value, size_t n)
{
	static const size_t percent[] = { [AGGREGATE_P50] = 50,
					  [AGGREGATE_P90] = 90,
					  [AGGREGATE_P95] = 95,
					  [AGGREGATE_P99] = 99 };

	qsort(value, n, sizeof(*value), by_value);
	switch (aggregate) {
	case AGGREGATE_SUM: return sum_of(value, n);
	case AGGREGATE_AVG: return sum_of(value, n) / (double)n;
	case AGGREGATE_MIN: return value[0];
	case AGGREGATE_MAX: return value[n - 1];
	default: return value[(percent[aggregate] * n + 99) / 100 - 1];
	}
}

static void every_aggregate_is_that_of_the_window(void **state)
{
	enum { N = 300 };

	(void)state;
	for (int round = 0; round < 160; round++) {
		enum aggregate aggregate = (enum aggregate)(round % 8);
		const struct rule rule = rule_of(aggregate, 50, 20);
		double value[N], window[N];
		int64_t time[N], at = BEGIN;
		struct tally t;
		tally_init(&t, 10 * SECOND);
		tally_carry(&t, &numbers_kind, &rule);
		for (size_t i = 0; i < N; i++) {
			char text[40];
			size_t n = 0;
			at += draw(3) * SECOND;
			time[i] = at - draw(9) * draw(2) * SECOND;
			value[i] = (double)draw(1000) / 10 - 10;
			snprintf(text, sizeof(text), "%.17g", value[i]);
			assert_true(add_words(&t, &rule, time[i], text));
			for (size_t k = 0; k <= i; k++)
				if (time[k] > at - t.span && time[k] <= at)
					window[n++] = value[k];
			tally_seek(&t, &t.early, at);
			if (n == 0)
				continue;
			double wanted = recount(aggregate, window, n);
			assert_true(value_at(&t, &rule, at) == wanted);
			assert_int_equal(numbers_over(&rule, t.early.sum),
					 wanted > 50);
			assert_int_equal(numbers_under(&rule, t.early.sum),
					 wanted < 20);
			tally_seek(&t, &t.settled, at - 20 * SECOND);
		}
		tally_release(&t);
	}
}

static void percentiles_are_the_ranked_values(void **state)
{
	static const struct {
		int n; /* values 1 to n */
		enum aggregate aggregate;
		double wanted;
	} table[] = {
		{ 1, AGGREGATE_P50, 1 },      { 2, AGGREGATE_P50, 1 },
		{ 3, AGGREGATE_P50, 2 },      { 100, AGGREGATE_P90, 90 },
		{ 101, AGGREGATE_P90, 91 },   { 100, AGGREGATE_P95, 95 },
		{ 100, AGGREGATE_P99, 99 },   { 99, AGGREGATE_P99, 99 },
		{ 1000, AGGREGATE_P95, 950 }, { 20, AGGREGATE_P95, 19 },
		{ 21, AGGREGATE_P95, 20 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		const struct rule rule =
			rule_of(table[i].aggregate, table[i].wanted - 0.5,
				table[i].wanted + 0.5);
		const struct rule exact = rule_of(
			table[i].aggregate, table[i].wanted, table[i].wanted);
		struct tally t, e;
		tally_init(&t, 10000 * SECOND);
		tally_carry(&t, &numbers_kind, &rule);
		tally_init(&e, 10000 * SECOND);
		tally_carry(&e, &numbers_kind, &exact);
		for (int k = table[i].n; k >= 1; k--) {
			char text[20];
			snprintf(text, sizeof(text), "%d", k);
			(void)add_words(&t, &rule, BEGIN + k, text);
			(void)add_words(&e, &exact, BEGIN + k, text);
		}
		assert_true(value_at(&t, &rule, BEGIN + 5000) ==
			    table[i].wanted);
		assert_true(numbers_over(&rule, t.early.sum));
		assert_true(numbers_under(&rule, t.early.sum));
		/* At the bound it is neither over nor under. */
		tally_seek(&e, &e.early, BEGIN + 5000);
		assert_false(numbers_over(&exact, e.early.sum));
		assert_false(numbers_under(&exact, e.early.sum));
		tally_release(&t);
		tally_release(&e);
	}
}

/* Response times: most about 20 ms, some a thousand times that. */
static double draw_elapsed(void)
{
	double value = 1 + (double)draw(1000000) / 40000;

	return draw(20) ? value : value * (double)(1 + draw(1000));
}

static void full_windows_know_percentiles_within_two_per_cent(void **state)
{
	enum { N = 60000 };
	double *value = xcalloc(N, sizeof(*value));
	const struct rule rule = rule_of(AGGREGATE_P95, 100, 20);
	size_t held = 0;
	struct tally t;

	(void)state;
	tally_init(&t, 200 * SECOND);
	tally_carry(&t, &numbers_kind, &rule);
	for (size_t i = 0; i < N; i++) {
		int64_t time = BEGIN + (int64_t)i * SECOND / 200;
		char text[40];
		value[i] = draw_elapsed();
		snprintf(text, sizeof(text), "%.17g", value[i]);
		(void)add_words(&t, &rule, time, text);
		tally_seek(&t, &t.early, time);
		tally_trim(&t, time - 400 * SECOND);
	}
	for (size_t i = 0; i < t.n; i++)
		held += ((const struct numbers
				  *)(const void *)(t.load +
						   i * t.kind->load_bytes))
				->n_values;
	/* 300 s at 200 a second are 60,000. */
	assert_true(held < 30000);
	/* The oldest bucket, 2 s, counts whole: so look at a whole number. */
	size_t n = (size_t)t.early.cur;
	double got = value_at(&t, &rule, t.early.at);
	double wanted = recount(AGGREGATE_P95, value + N - n, n);
	assert_true(n >= 40000 && n <= 40400);
	assert_true(fabs(got - wanted) <= 0.02 * wanted);
	/* The counts know no error. */
	const struct numbers_sum *sum = t.early.sum;
	int64_t below = 0, at_most = 0;
	for (size_t i = N - n; i < N; i++) {
		below += value[i] < 20;
		at_most += value[i] <= 100;
	}
	assert_int_equal(sum->below_lower, below);
	assert_int_equal(sum->at_most_upper, at_most);
	tally_release(&t);
	free(value);
}

static void one_event_with_many_numbers_is_bounded(void **state)
{
	struct buf AUTO(buf_release) packed = { 0 };
	const struct rule rule = rule_of(AGGREGATE_P50, 0, 0);
	struct numbers found;
	char text[40];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "%de%d", 1 + (int)draw(9),
			 (int)draw(600) - 300);
		packed_add(&packed, str_of(text));
	}
	assert_true(numbers_of(&rule, buf_str(&packed), &found));
	assert_int_equal(found.n, 20000);
	assert_true(found.n_values <= 4096);
	free(found.value);
}

/* ---- distinct values ---- */

static void a_window_knows_its_distinct_values(void **state)
{
	enum { N = 400 };
	struct rule rule = { .upper = { true, 1000 } };

	(void)state;
	for (int round = 0; round < 60; round++) {
		unsigned value[N], kinds = 1 + draw(40);
		int64_t time[N], at = BEGIN;
		struct tally t;
		tally_init(&t, 15 * SECOND);
		tally_carry(&t, &distinct_kind, &rule);
		for (size_t i = 0; i < N; i++) {
			struct buf AUTO(buf_release) packed = { 0 };
			struct distinct load;
			bool seen[40] = { false };
			char text[20];
			size_t wanted = 0;
			at += draw(2) * SECOND;
			time[i] = at - draw(9) * draw(2) * SECOND;
			value[i] = draw(kinds);
			snprintf(text, sizeof(text), "v%u v%u", value[i],
				 value[i]);
			assert_true(
				distinct_of(&rule, pack(text, &packed), &load));
			assert_int_equal(load.n, 1);
			tally_add_load(&t, time[i], &load);
			tally_seek(&t, &t.early, at);
			tally_seek(&t, &t.settled, at - draw(30) * SECOND);
			for (size_t k = 0; k <= i; k++) {
				bool in =
					time[k] > at - t.span && time[k] <= at;
				wanted += in && !seen[value[k]];
				seen[value[k]] |= in;
			}
			assert_int_equal(
				((struct distinct_sum *)t.early.sum)->n,
				wanted);
		}
		tally_release(&t);
	}
}

static void no_more_values_are_kept_than_decide(void **state)
{
	struct rule rule = { .upper = { true, 5 }, .lower = { true, 2 } };
	struct buf AUTO(buf_release) packed = { 0 };
	struct distinct load;

	(void)state;
	assert_int_equal(distinct_kept(&rule), 6);
	assert_true(distinct_of(&rule, pack("a b c d e f g h i j", &packed),
				&load));
	assert_int_equal(load.n, 6);
	free(load.hash);
	assert_false(distinct_of(&rule, STR(""), &load));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sum_is_rounded_once),
		cmocka_unit_test(what_was_added_and_taken_away_leaves_nothing),
		cmocka_unit_test(words_are_numbers_only_as_a_whole),
		cmocka_unit_test(every_aggregate_is_that_of_the_window),
		cmocka_unit_test(percentiles_are_the_ranked_values),
		cmocka_unit_test(
			full_windows_know_percentiles_within_two_per_cent),
		cmocka_unit_test(one_event_with_many_numbers_is_bounded),
		cmocka_unit_test(a_window_knows_its_distinct_values),
		cmocka_unit_test(no_more_values_are_kept_than_decide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
