#include "core/metrics.h"

#include <math.h>

#include "tests/unit/test_support.h"

static void assert_rendered(struct metrics *m, const char *wanted)
{
	struct buf out = { 0 };

	metrics_render(m, &out);
	assert_str(buf_str(&out), wanted);
	buf_release(&out);
}

static void series_of_one_name_stand_together(void **state)
{
	struct metrics *m = metrics_open();
	struct metric *a = metrics_counter(m, "events_total", "Events.", NULL);
	struct metric *b =
		metrics_counter(m, "mended_total", "Mended.", "word=\"a\"");
	struct metric *lag = metrics_gauge(m, "lag", "Behind.", NULL);
	struct metric *c =
		metrics_counter(m, "mended_total", "Mended.", "word=\"b\"");

	(void)state;
	metric_add(a, 3);
	metric_add(b, 1);
	metric_add(c, 9007199254740992);
	metric_set(lag, 0.1);
	assert_rendered(m, "# HELP events_total Events.\n"
			   "# TYPE events_total counter\n"
			   "events_total 3\n"
			   "# HELP mended_total Mended.\n"
			   "# TYPE mended_total counter\n"
			   "mended_total{word=\"a\"} 1\n"
			   "mended_total{word=\"b\"} 9007199254740992\n"
			   "# HELP lag Behind.\n"
			   "# TYPE lag gauge\n"
			   "lag 0.1\n");
	metrics_close(m);
}

static void the_same_name_and_labels_are_the_same_series(void **state)
{
	struct metrics *m = metrics_open();
	struct metric *a = metrics_counter(m, "x_total", "X.", "k=\"v\"");

	(void)state;
	assert_ptr_equal(a, metrics_counter(m, "x_total", "X.", "k=\"v\""));
	assert_ptr_not_equal(a, metrics_counter(m, "x_total", "X.", NULL));
	metric_add(a, 2);
	assert_true(metric_value(a) == 2);
	metrics_close(m);
}

static void a_histogram_is_cumulative_and_bounds_are_inclusive(void **state)
{
	static const double bounds[] = { 0.1, 1 };
	struct metrics *m = metrics_open();
	struct metric *h =
		metrics_histogram(m, "t", "T.", "r=\"a\"", bounds, 2);

	(void)state;
	metric_observe(h, 0.05);
	metric_observe(h, 0.1);
	metric_observe(h, 0.5);
	metric_observe(h, 2);
	assert_rendered(m, "# HELP t T.\n"
			   "# TYPE t histogram\n"
			   "t_bucket{r=\"a\",le=\"0.1\"} 2\n"
			   "t_bucket{r=\"a\",le=\"1\"} 3\n"
			   "t_bucket{r=\"a\",le=\"+Inf\"} 4\n"
			   "t_sum{r=\"a\"} 2.65\n"
			   "t_count{r=\"a\"} 4\n");
	metrics_close(m);
}

static void a_label_value_is_escaped(void **state)
{
	struct buf labels = { 0 };

	(void)state;
	metrics_label(&labels, "topic", STR("a\"b\\c\nd"));
	metrics_label(&labels, "partition", STR("3"));
	assert_str(buf_str(&labels),
		   "topic=\"a\\\"b\\\\c\\nd\",partition=\"3\"");
	buf_release(&labels);
}

static void numbers_that_are_none_have_their_words(void **state)
{
	struct metrics *m = metrics_open();
	struct metric *g = metrics_gauge(m, "g", "G.", NULL);

	(void)state;
	metric_set(g, NAN);
	assert_rendered(m, "# HELP g G.\n# TYPE g gauge\ng NaN\n");
	metric_set(g, -INFINITY);
	assert_rendered(m, "# HELP g G.\n# TYPE g gauge\ng -Inf\n");
	metrics_close(m);
}

static void count_up(void *arg)
{
	metric_add(arg, 1);
}

static void derived_gauges_are_refreshed_before_each_rendering(void **state)
{
	struct metrics *m = metrics_open();
	struct metric *g = metrics_gauge(m, "g", "G.", NULL);

	(void)state;
	metrics_on_render(m, count_up, g);
	metrics_on_render(m, count_up, g);
	assert_rendered(m, "# HELP g G.\n# TYPE g gauge\ng 2\n");
	assert_rendered(m, "# HELP g G.\n# TYPE g gauge\ng 4\n");
	metrics_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(series_of_one_name_stand_together),
		cmocka_unit_test(the_same_name_and_labels_are_the_same_series),
		cmocka_unit_test(
			a_histogram_is_cumulative_and_bounds_are_inclusive),
		cmocka_unit_test(a_label_value_is_escaped),
		cmocka_unit_test(numbers_that_are_none_have_their_words),
		cmocka_unit_test(
			derived_gauges_are_refreshed_before_each_rendering),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
