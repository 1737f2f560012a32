#include "event/time.h"
#include "ingest/index/prune.h"
#include "tests/unit/test_support.h"

#define DAY_MS INT64_C(86400000)

static int64_t at(const char *text)
{
	int64_t ns;

	if (!time_parse_normal(str_of(text), &ns))
		fail_msg("%s", text);
	return ns;
}

static void only_names_that_we_would_write_are_judged(void **state)
{
	static const char *const foreign[] = {
		"",
		"structout",
		"structout-",
		"structout-*",
		"structout-2026.13.01",
		"structout-2026.00.01",
		"structout-2026.01.00",
		"structout-2026.01.32",
		"structout-2026.02.29",
		"structout-2026.01.01-x",
		"structout-2026.01.01 ",
		"structout-2026.1.1",
		"structout-2026.1.01",
		"structout-2026-01-01",
		"structout-20260101",
		"structout-26.01.01",
		"structout-02026.01.01",
		"structout-+026.01.01",
		"structout-2026.01.*",
		"structout-2026.01.01*",
		"structout-2026.01.01,structout-2026.01.02",
		"structout_2026.01.01",
		"structout2-2026.01.01",
		"structout--2026.01.01",
		"structout-audit-2026.01.01",
		"Structout-2026.01.01",
		"xstructout-2026.01.01",
		".ds-structout-2026.01.01-000001",
		"structou-2026.01.01",
		"alerts-2026.01.01",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(foreign); i++) {
		if (prune_judge(str_of(foreign[i]), STR("structout"),
				at("2030-01-01T00:00:00Z"),
				DAY_MS) != PRUNE_FOREIGN)
			fail_msg("%s", foreign[i]);
	}
}

static void a_prefix_of_another_prefix_does_not_reach_it(void **state)
{
	int64_t now = at("2030-01-01T00:00:00Z");

	(void)state;
	assert_int_equal(
		prune_judge(STR("a-b-2026.01.01"), STR("a"), now, DAY_MS),
		PRUNE_FOREIGN);
	assert_int_equal(
		prune_judge(STR("a-b-2026.01.01"), STR("a-b"), now, DAY_MS),
		PRUNE_DELETE);
	assert_int_equal(
		prune_judge(STR("a-2026.01.01"), STR("a-b"), now, DAY_MS),
		PRUNE_FOREIGN);
	/* A prefix that ends like a date is still only a prefix. */
	assert_int_equal(prune_judge(STR("a-2026.01.01"), STR("a-2026.01.01"),
				     now, DAY_MS),
			 PRUNE_FOREIGN);
}

static void a_day_goes_when_its_last_moment_is_old_enough(void **state)
{
	static const struct {
		const char *name, *now;
		int64_t keep_days;
		enum prune_verdict verdict;
	} table[] = {
		{ "s-2026.01.01", "2026-01-31T23:59:59.999Z", 30, PRUNE_KEEP },
		{ "s-2026.01.01", "2026-02-01T00:00:00Z", 30, PRUNE_DELETE },
		{ "s-2026.01.01", "2026-01-01T12:00:00Z", 0, PRUNE_KEEP },
		{ "s-2026.01.01", "2026-01-02T00:00:00Z", 0, PRUNE_DELETE },
		{ "s-2024.02.29", "2026-01-01T00:00:00Z", 30, PRUNE_DELETE },
		{ "s-2026.01.01", "2025-01-01T00:00:00Z", 1, PRUNE_KEEP },
		{ "s-2261.12.31", "2026-01-01T00:00:00Z", 1, PRUNE_KEEP },
		{ "s-1678.01.01", "2026-01-01T00:00:00Z", 1, PRUNE_DELETE },
		{ "s-2026.01.01", "2026-02-01T00:00:00Z", 100000000000,
		  PRUNE_KEEP },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		if (prune_judge(
			    str_of(table[i].name), STR("s"), at(table[i].now),
			    table[i].keep_days * DAY_MS) != table[i].verdict)
			fail_msg("row %zu", i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_names_that_we_would_write_are_judged),
		cmocka_unit_test(a_prefix_of_another_prefix_does_not_reach_it),
		cmocka_unit_test(a_day_goes_when_its_last_moment_is_old_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
