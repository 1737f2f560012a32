/* test_readback.c - how far back is far enough */
#include "alert/window/readback.h"

#include "tests/unit/test_support.h"

enum { REACH_MS = 1000 };

static const struct {
	int64_t first[3]; /* of each partition, 0: not seen */
	int64_t clock_ms;
	bool suffices;
} table[] = {
	{ { 0 }, 5000, false },
	{ { 4000 }, 5000, true },
	{ { 4001 }, 5000, false },
	{ { 3000, 4000, 3500 }, 5000, true },
	/* The second was matched far ahead when reading began: what it has
	 * between 4000 and 9000 was not read, though the clock began early. */
	{ { 3000, 9000, 3500 }, 5000, false },
	{ { 9000, 3000, 3500 }, 5000, false },
};

static void each_partition_must_be_read_from_early_enough_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct readback r = { 0 };

		for (size_t k = 0; k < 3; k++)
			if (table[i].first[k] > 0)
				readback_note(&r, table[i].first[k]);
		if (readback_suffices(&r, table[i].clock_ms, REACH_MS) !=
		    table[i].suffices)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_partition_must_be_read_from_early_enough_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
