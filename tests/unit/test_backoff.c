#include "core/backoff.h"
#include "tests/unit/test_support.h"

static void waits_double_up_to_the_maximum(void **state)
{
	static const int64_t widest[] = { 100, 200, 400, 800, 1000, 1000 };
	struct backoff b;

	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		backoff_init(&b, 100, 1000, seed);
		for (size_t i = 0; i < ARRAY_LENGTH(widest); i++) {
			int64_t wait = backoff_next_ms(&b);

			assert_in_range(wait, widest[i] / 2, widest[i]);
		}
	}
}

static void success_starts_over(void **state)
{
	struct backoff b;

	(void)state;
	backoff_init(&b, 100, 60000, 42);
	for (int i = 0; i < 1000; i++)
		assert_true(backoff_next_ms(&b) <= 60000);
	backoff_reset(&b);
	assert_in_range(backoff_next_ms(&b), 50, 100);
}

static void two_seeds_do_not_wait_in_step(void **state)
{
	struct backoff a, b;
	int different = 0;

	(void)state;
	backoff_init(&a, 1000, 60000, 1);
	backoff_init(&b, 1000, 60000, 99);
	for (int i = 0; i < 10; i++)
		different += backoff_next_ms(&a) != backoff_next_ms(&b);
	assert_true(different >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waits_double_up_to_the_maximum),
		cmocka_unit_test(success_starts_over),
		cmocka_unit_test(two_seeds_do_not_wait_in_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
