/* test_readback.c - how far back is far enough */
#include "alert/window/readback.h"

#include "tests/unit/test_support.h"

#include "tests/unit/engine_bench.h"

enum { REACH_MS = 1000000, PARTITIONS = 3, ENVELOPES = 6 };

/* Times in seconds. What is read: the first offset, how far its partition is
 * matched then, and whether it says which series are. */
static const struct {
	const char *what;
	int64_t until; /* all partitions are read, the clock stands there */
	struct {
		int partition, first, time;
		bool silent;
	} read[ENVELOPES];
	int ahead; /* partition 2 is read up to there; 0: as the others */
	bool suffices;
} table[] = {
	{ "far enough", 5000, { { 0, 9, 4000, false } }, 0, true },
	{ "too late", 5000, { { 0, 9, 4001, false } }, 0, false },
	{ "whole from the first offset",
	  5000,
	  { { 0, 0, 4000, false } },
	  0,
	  true },
	{ "each partition by itself",
	  5000,
	  { { 0, 9, 3000, false },
	    { 1, 9, 4000, false },
	    { 2, 9, 3500, false } },
	  0,
	  true },
	/* It was matched far ahead when reading began: what it has between 4000
	 * and 4900 was not read, though the clock began early. */
	{ "one ahead",
	  5000,
	  { { 0, 9, 3000, false },
	    { 1, 9, 4900, false },
	    { 2, 9, 3500, false } },
	  0,
	  false },
	{ "one ahead, first",
	  5000,
	  { { 0, 9, 4900, false },
	    { 1, 9, 3000, false },
	    { 2, 9, 3500, false } },
	  0,
	  false },
	{ "announced early enough",
	  5000,
	  { { 0, 9, 3000, true }, { 0, 9, 4000, false } },
	  0,
	  true },
	{ "announced too late",
	  5000,
	  { { 0, 9, 3000, true }, { 0, 9, 4001, false } },
	  0,
	  false },
	{ "announced before its first offset was",
	  5000,
	  { { 0, 0, 4500, false } },
	  0,
	  false },
	/* Its alerts are ahead of the clock. */
	{ "ahead at the end", 5000, { { 0, 9, 3500, false } }, 5500, true },
	{ "further ahead", 5000, { { 0, 9, 3501, false } }, 5500, false },
	{ "as far as it matters", 5000, { { 0, 9, 3000, false } }, 9000, true },
};

static void read_one(struct engine *e, struct readback *r,
		     const struct envelope_head *head)
{
	struct envelope envelope = { .head = *head };

	readback_note(r, e, head);
	(void)engine_apply(e, 0, &envelope);
}

static bool suffices(struct engine *e, size_t row)
{
	struct readback r = { 0 };
	struct envelope_head head = { .logs_partitions = PARTITIONS,
				      .fresh = true };

	for (size_t i = 0; i < ENVELOPES && table[row].read[i].time; i++) {
		head.logs_partition = table[row].read[i].partition;
		head.first = head.next = table[row].read[i].first;
		head.time_ms = 1000 * table[row].read[i].time;
		head.announces = !table[row].read[i].silent;
		read_one(e, &r, &head);
	}
	for (int p = 0; p < PARTITIONS; p++) {
		bool seen = engine_logs_time_ms(e, p) != ALERT_TIME_NONE;
		head.logs_partition = p;
		head.first = head.next = 9;
		head.announces = true;
		head.time_ms = seen ? 1000 * table[row].until : 1000;
		read_one(e, &r, &head);
		head.time_ms = 1000 * table[row].until;
		if (p == 2 && table[row].ahead)
			head.time_ms = 1000 * table[row].ahead;
		read_one(e, &r, &head);
	}
	return readback_suffices(&r, e, REACH_MS);
}

static void each_partition_must_be_read_from_early_enough_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct bench b;

		bench_begin(&b, PARTITIONS, "type = \"any\";");
		if (suffices(b.engine, i) != table[i].suffices)
			fail_msg("row \"%s\"", table[i].what);
		bench_end(&b);
	}
}

static void nothing_read_is_not_enough(void **state)
{
	struct readback r = { 0 };
	struct envelope_head head = {
		.logs_partitions = 1, .first = 9, .next = 9, .time_ms = 1000
	};
	struct bench b;

	(void)state;
	bench_begin(&b, 1, "type = \"any\";");
	assert_false(readback_suffices(&r, b.engine, REACH_MS));
	/* Nor is a partition that never says what is matched. */
	read_one(b.engine, &r, &head);
	head.time_ms = 5000000;
	read_one(b.engine, &r, &head);
	assert_false(readback_suffices(&r, b.engine, REACH_MS));
	head.announces = true;
	head.time_ms = 3000;
	read_one(b.engine, &r, &head);
	assert_true(readback_suffices(&r, b.engine, REACH_MS));
	bench_end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			each_partition_must_be_read_from_early_enough_on),
		cmocka_unit_test(nothing_read_is_not_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
