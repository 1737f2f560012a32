/* numbers.c - see the header; owns the lists of values */
#include "alert/window/numbers.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "alert/match/packed.h"
#include "alert/window/bounded.h"
#include "event/query_field.h"

enum { EXACT_VALUES = 1000, BUCKETS_MAX = 4096 };
static const double bucket_ratio = 1.02;

/* ---- ranks ---- */

/* The aggregate is the so-manieth smallest of n values; 0: it is none. */
static int64_t rank_of(enum aggregate aggregate, int64_t n)
{
	static const int percent[] = { [AGGREGATE_P50] = 50,
				       [AGGREGATE_P90] = 90,
				       [AGGREGATE_P95] = 95,
				       [AGGREGATE_P99] = 99 };

	switch (aggregate) {
	case AGGREGATE_MIN: return 1;
	case AGGREGATE_MAX: return n;
	case AGGREGATE_SUM:
	case AGGREGATE_AVG: return 0;
	default: return (n * percent[aggregate] + 99) / 100;
	}
}

static bool is_percentile(enum aggregate aggregate)
{
	return aggregate >= AGGREGATE_P50;
}

/* ---- lists of values ---- */

static int64_t bucket_of(double value)
{
	if (value == 0)
		return INT64_MIN;
	return (int64_t)floor(log(fabs(value)) / log(bucket_ratio));
}

static bool same_side(double a, double b, const struct rule_bound *bound)
{
	return !bound->set || ((a <= bound->value) == (b <= bound->value) &&
			       (a < bound->value) == (b < bound->value));
}

static bool same_bucket(const struct rule *rule, double a, double b)
{
	return (a < 0) == (b < 0) && bucket_of(a) == bucket_of(b) &&
	       same_side(a, b, &rule->upper) && same_side(a, b, &rule->lower);
}

static void coarsen(const struct rule *rule, struct numbers *to)
{
	size_t kept = 0, fold;

	for (size_t i = 0; i < to->n_values; i++) {
		struct numbers_value *last =
			kept > 0 ? &to->value[kept - 1] : NULL;
		if (last &&
		    same_bucket(rule, last->value, to->value[i].value)) {
			last->value = to->value[i].value;
			last->count += to->value[i].count;
		} else {
			to->value[kept++] = to->value[i];
		}
	}
	to->n_values = kept;
	if (kept <= BUCKETS_MAX)
		return;
	fold = kept - BUCKETS_MAX;
	for (size_t i = 0; i < fold; i++)
		to->value[fold].count += to->value[i].count;
	memmove(to->value, to->value + fold, BUCKETS_MAX * sizeof(*to->value));
	to->n_values = BUCKETS_MAX;
}

/* All of both, by value, equal ones once. */
static void unite(struct numbers *to, const struct numbers *from)
{
	struct numbers_value *all =
		xcalloc(to->n_values + from->n_values, sizeof(*all));
	size_t a = 0, b = 0, n = 0;

	while (a < to->n_values || b < from->n_values) {
		struct numbers_value next;
		if (b == from->n_values ||
		    (a < to->n_values &&
		     to->value[a].value <= from->value[b].value))
			next = to->value[a++];
		else
			next = from->value[b++];
		if (n > 0 && all[n - 1].value == next.value)
			all[n - 1].count += next.count;
		else
			all[n++] = next;
	}
	free(to->value);
	to->value = xrealloc(all, n * sizeof(*all));
	to->n_values = n;
}

/* ---- the load ---- */

static void add_sum(struct numbers *to, double sum, double rest)
{
	double total = to->sum + sum, part = total - to->sum;

	if (!isfinite(total)) {
		to->sum = total > 0 ? DBL_MAX : -DBL_MAX;
		to->rest = 0;
		return;
	}
	/* What the addition has rounded away (Knuth's two-sum). */
	rest += (to->sum - (total - part)) + (sum - part);
	to->sum = total;
	to->rest += isfinite(rest) ? rest : 0;
}

static void release_load(void *load)
{
	free(((struct numbers *)load)->value);
}

static void merge(const void *arg, void *to_load, void *from_load, bool coarse)
{
	const struct rule *rule = arg;
	struct numbers *to = to_load, *from = from_load;

	to->n += from->n;
	to->at_most_upper += from->at_most_upper;
	to->below_lower += from->below_lower;
	add_sum(to, from->sum, from->rest);
	to->least = from->least < to->least ? from->least : to->least;
	to->most = from->most > to->most ? from->most : to->most;
	if (is_percentile(rule->aggregate)) {
		unite(to, from);
		if (coarse || to->n > EXACT_VALUES)
			coarsen(rule, to);
	}
	release_load(from);
}

static int by_value(const void *a, const void *b)
{
	double x = ((const struct numbers_value *)a)->value;
	double y = ((const struct numbers_value *)b)->value;

	return x < y ? -1 : x > y;
}

static void add_number(const struct rule *rule, double value,
		       struct numbers *to, size_t *cap)
{
	to->least = to->n == 0 || value < to->least ? value : to->least;
	to->most = to->n == 0 || value > to->most ? value : to->most;
	to->n++;
	to->at_most_upper += rule->upper.set && value <= rule->upper.value;
	to->below_lower += rule->lower.set && value < rule->lower.value;
	if (is_percentile(rule->aggregate))
		*ARRAY_PUSH(to->value, to->n_values, *cap) =
			(struct numbers_value){ value, 1 };
	else if (rank_of(rule->aggregate, 1) == 0)
		add_sum(to, value, 0);
}

bool numbers_of(const struct rule *rule, struct str packed, struct numbers *out)
{
	struct numbers found = { 0 };
	struct str text;
	size_t cap = 0;
	double value;

	while (packed_next(&packed, &text))
		if (query_number(text, &value))
			add_number(rule, value, &found, &cap);
	if (found.n == 0)
		return false;
	if (found.n_values > 1)
		qsort(found.value, found.n_values, sizeof(*found.value),
		      by_value);
	if (found.n_values > EXACT_VALUES)
		coarsen(rule, &found);
	*out = found;
	return true;
}

/* ---- the sum ---- */

static void enter(void *sum_of, const void *load)
{
	struct numbers_sum *sum = sum_of;
	const struct numbers *numbers = load;

	sum->n += numbers->n;
	sum->at_most_upper += numbers->at_most_upper;
	sum->below_lower += numbers->below_lower;
	exact_sum_add(&sum->total, numbers->sum);
	exact_sum_add(&sum->total, numbers->rest);
}

static void leave(void *sum_of, const void *load)
{
	struct numbers_sum *sum = sum_of;
	const struct numbers *numbers = load;

	sum->n -= numbers->n;
	sum->at_most_upper -= numbers->at_most_upper;
	sum->below_lower -= numbers->below_lower;
	exact_sum_add(&sum->total, -numbers->sum);
	exact_sum_add(&sum->total, -numbers->rest);
}

static void clear(void *sum_of)
{
	struct numbers_sum *sum = sum_of;

	exact_sum_release(&sum->total);
	*sum = (struct numbers_sum){ 0 };
}

const struct tally_kind numbers_kind = {
	.load_bytes = sizeof(struct numbers),
	.sum_bytes = sizeof(struct numbers_sum),
	.enter = enter,
	.leave = leave,
	.merge = merge,
	.release_load = release_load,
	.clear = clear,
};

/* ---- answers ---- */

/* What the sum is compared with: for the average, the bound times n. */
static double scaled(const struct rule *rule, const struct numbers_sum *sum,
		     double bound)
{
	return rule->aggregate == AGGREGATE_AVG ? bound * (double)sum->n
						: bound;
}

bool numbers_over(const struct rule *rule, const struct numbers_sum *sum)
{
	int64_t rank = rank_of(rule->aggregate, sum->n);

	if (sum->n == 0)
		return false;
	if (rank > 0)
		return sum->at_most_upper < rank;
	return bounded_more(exact_sum_value(&sum->total),
			    scaled(rule, sum, rule->upper.value));
}

bool numbers_under(const struct rule *rule, const struct numbers_sum *sum)
{
	int64_t rank = rank_of(rule->aggregate, sum->n);

	if (sum->n == 0)
		return false;
	if (rank > 0)
		return sum->below_lower >= rank;
	return bounded_more(scaled(rule, sum, rule->lower.value),
			    exact_sum_value(&sum->total));
}

static void gather(void *arg, const void *load)
{
	struct numbers *all = arg;
	const struct numbers *numbers = load;

	all->least = all->n == 0 || numbers->least < all->least ? numbers->least
								: all->least;
	all->most = all->n == 0 || numbers->most > all->most ? numbers->most
							     : all->most;
	all->n += numbers->n;
	all->value = xrealloc(all->value, (all->n_values + numbers->n_values +
					   1) * sizeof(*all->value));
	if (numbers->n_values > 0)
		memcpy(all->value + all->n_values, numbers->value,
		       numbers->n_values * sizeof(*all->value));
	all->n_values += numbers->n_values;
}

static double ranked(struct numbers *all, int64_t rank)
{
	qsort(all->value, all->n_values, sizeof(*all->value), by_value);
	for (size_t i = 0; i < all->n_values; i++) {
		rank -= all->value[i].count;
		if (rank <= 0)
			return all->value[i].value;
	}
	return all->most;
}

static double clamped(double value)
{
	return value > DBL_MAX ? DBL_MAX : value < -DBL_MAX ? -DBL_MAX : value;
}

bool numbers_value(const struct rule *rule, const struct tally *tally,
		   const struct tally_walk *walk, double *out)
{
	const struct numbers_sum *sum = walk->sum;
	struct numbers all = { 0 };

	if (rule->aggregate == AGGREGATE_SUM) {
		*out = clamped(exact_sum_value(&sum->total));
		return true;
	}
	if (sum->n == 0)
		return false;
	if (rule->aggregate == AGGREGATE_AVG) {
		*out = clamped(exact_sum_value(&sum->total)) / (double)sum->n;
		return true;
	}
	tally_visit(tally, walk, gather, &all);
	if (rule->aggregate == AGGREGATE_MIN)
		*out = all.least;
	else if (rule->aggregate == AGGREGATE_MAX)
		*out = all.most;
	else
		*out = ranked(&all, rank_of(rule->aggregate, sum->n));
	free(all.value);
	return true;
}
