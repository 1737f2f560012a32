#include "ingest/index/breaker.h"
#include "tests/unit/test_support.h"

static void half_of_a_thousand_may_die(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	for (int i = 0; i < 500; i++)
		assert_true(breaker_judge(&b, true));
	assert_false(breaker_judge(&b, true));
}

static void documents_that_are_taken_always_pass(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	for (int i = 0; i < 2000; i++)
		(void)breaker_judge(&b, true);
	assert_true(breaker_judge(&b, false));
	assert_false(breaker_judge(&b, true));
}

static void it_closes_when_more_are_taken_again(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	for (int i = 0; i < 1000; i++)
		(void)breaker_judge(&b, true);
	for (int i = 0; i < 500; i++)
		assert_true(breaker_judge(&b, false));
	assert_true(breaker_judge(&b, true));
}

static void every_second_one_dying_does_not_open_it(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	for (int i = 0; i < 5000; i++)
		assert_true(breaker_judge(&b, i % 2 == 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(half_of_a_thousand_may_die),
		cmocka_unit_test(documents_that_are_taken_always_pass),
		cmocka_unit_test(it_closes_when_more_are_taken_again),
		cmocka_unit_test(every_second_one_dying_does_not_open_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
