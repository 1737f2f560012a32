#include "ingest/ship/rotated.h"
#include "tests/unit/test_support.h"

static bool may_have_been(const char *name, const char *original)
{
	struct buf out = { 0 };
	bool found = false;

	for (size_t i = 0; !found && rotated_original(str_of(name), i, &out);
	     i++) {
		assert_true(i < 100);
		found = str_is(buf_str(&out), original);
	}
	buf_release(&out);
	return found;
}

static void names_that_rotations_give_lead_back(void **state)
{
	static const struct {
		const char *name, *original;
		bool is;
	} table[] = {
		{ "app.log.1", "app.log", true },
		{ "app.log.12", "app.log", true },
		{ "app.log-20261123", "app.log", true },
		{ "app.log-20261123.1", "app.log", true },
		{ "app.log.2026-11-23_09", "app.log", true },
		{ "app.log.2026-11-23T09:00:00Z", "app.log", true },
		{ "app.log_3", "app.log", true },
		{ "app.log.old", "app.log", true },
		{ "app.log.bak", "app.log", true },
		{ "app-2026-11-23.log", "app.log", true },
		{ "app.2026-11-23.7.log", "app.log", true },
		{ "app", "app", false },
		{ "app.log", "app.log", false },
		{ "app.log.err", "app.log", false },
		{ "app.log.1.gz", "app.log", false },
		{ "app.log-20261123.xz", "app.log", false },
		{ "app-2.log", "app.log", false },
		{ "app2.log", "app.log", false },
		{ "app.log1", "app.log", false },
		{ "app.log.", "app.log", false },
		{ "app.log.structoutv1", "app.log", false },
		{ ".1", "", false },
		{ "1", "", false },
		{ ".old", "", false },
		{ "", "", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		if (may_have_been(table[i].name, table[i].original) !=
		    table[i].is)
			fail_msg("%s", table[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_rotations_give_lead_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
