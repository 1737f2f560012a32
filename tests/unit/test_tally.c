/* test_tally.c - windows that move, against counting all again */
#include "tests/unit/test_support.h"

#include "alert/window/tally.h"

#define SECOND INT64_C(1000000000)
#define BEGIN  (1764000000 * SECOND)

static uint64_t seed = 1;

static unsigned draw(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static int64_t recount(const int64_t *time, size_t n, int64_t from, int64_t to)
{
	int64_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += time[i] > from && time[i] <= to;
	return count;
}

static void check_walk(const struct tally *t, const struct tally_walk *w,
		       const int64_t *time, size_t n)
{
	assert_int_equal(w->cur, recount(time, n, w->at - t->span, w->at));
	assert_int_equal(
		w->ref, recount(time, n, w->at - 2 * t->span, w->at - t->span));
}

static void walks_count_what_is_there(void **state)
{
	int64_t time[300];

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct tally t;
		int64_t at = BEGIN, span = (1 + draw(20)) * SECOND;
		size_t n = 0;
		tally_init(&t, span);
		while (n < 300) {
			at += draw(3) * SECOND;
			/* Some come late. */
			time[n] = at - draw(10) * draw(2) * SECOND;
			tally_add(&t, time[n++]);
			if (draw(3) == 0)
				tally_seek(&t, &t.early, at);
			if (draw(4) == 0)
				tally_seek(&t, &t.settled,
					   at - draw(40) * SECOND);
			check_walk(&t, &t.early, time, n);
			check_walk(&t, &t.settled, time, n);
		}
		tally_release(&t);
	}
}

static void between_two_moments_nothing_changes(void **state)
{
	int64_t time[100];
	struct tally t;
	int64_t next, last = BEGIN - SECOND;

	(void)state;
	tally_init(&t, 7 * SECOND);
	for (size_t i = 0; i < 100; i++) {
		time[i] = BEGIN + draw(200) * SECOND;
		tally_add(&t, time[i]);
	}
	while ((next = tally_next_moment(&t, &t.early)) != MOMENT_NEVER) {
		assert_true(next > last);
		check_walk(&t, &t.early, time, 100);
		for (int64_t at = last; at < next; at += SECOND) {
			assert_int_equal(t.early.cur,
					 recount(time, 100, at - t.span, at));
			assert_int_equal(t.early.ref,
					 recount(time, 100, at - 2 * t.span,
						 at - t.span));
		}
		tally_seek(&t, &t.early, next);
		last = next;
	}
	assert_int_equal(t.early.cur, 0);
	assert_int_equal(t.early.ref, 0);
	tally_release(&t);
}

static void trimming_leaves_later_windows_alone(void **state)
{
	int64_t time[2000];
	struct tally t;

	(void)state;
	tally_init(&t, 10 * SECOND);
	for (size_t i = 0; i < 2000; i++) {
		time[i] = BEGIN + (int64_t)i * SECOND / 3;
		tally_add(&t, time[i]);
		tally_seek(&t, &t.early, time[i]);
		tally_seek(&t, &t.settled, time[i]);
		tally_trim(&t, time[i] - 30 * SECOND);
		check_walk(&t, &t.early, time, i + 1);
		tally_seek(&t, &t.settled, time[i] - 30 * SECOND);
		check_walk(&t, &t.settled, time, i + 1);
		tally_seek(&t, &t.settled, time[i] - 20 * SECOND);
		check_walk(&t, &t.settled, time, i + 1);
	}
	/* 30 s and two windows, at three a second, twice that at most. */
	assert_true(t.n <= 2 * 50 * 3 + 2);
	tally_release(&t);
}

static void full_windows_are_counted_in_buckets(void **state)
{
	enum { N = 200000 };
	int64_t *time = xcalloc(N, sizeof(*time));
	int64_t span = 200 * SECOND;
	struct tally t;

	(void)state;
	tally_init(&t, span);
	for (size_t i = 0; i < N; i++) {
		time[i] = BEGIN + (int64_t)i * SECOND / 50;
		tally_add(&t, time[i]);
		tally_seek(&t, &t.early, time[i]);
		tally_trim(&t, time[i] - 3600 * SECOND);
	}
	assert_true(t.n < 20000);
	int64_t cur = recount(time, N, t.early.at - span, t.early.at);
	/* The oldest bucket, 2 s of 50 a second, counts whole. */
	assert_true(t.early.cur >= cur);
	assert_true(t.early.cur <= cur + 100);
	tally_release(&t);
	free(time);
}

static void a_thousand_events_are_counted_exactly(void **state)
{
	enum { N = 100000 };
	int64_t *time = xcalloc(N, sizeof(*time));
	int64_t span = 100 * SECOND;
	struct tally t;

	(void)state;
	tally_init(&t, span);
	for (size_t i = 0; i < N; i++) {
		time[i] = BEGIN + (int64_t)i * SECOND / 10;
		tally_add(&t, time[i]);
		tally_seek(&t, &t.early, time[i]);
		if (i % 997 == 0 || i > N - 100)
			check_walk(&t, &t.early, time, i + 1);
	}
	tally_release(&t);
	free(time);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_count_what_is_there),
		cmocka_unit_test(between_two_moments_nothing_changes),
		cmocka_unit_test(trimming_leaves_later_windows_alone),
		cmocka_unit_test(full_windows_are_counted_in_buckets),
		cmocka_unit_test(a_thousand_events_are_counted_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
