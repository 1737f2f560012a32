#include "alert/builtin.h"
#include "tests/unit/test_support.h"

#define NOW INT64_C(1763888400123)

static const struct builtin_fact behind = {
	"TocsinBehind", "group", "tocsin-index", true, 12, "12 records wait"
};
static const struct builtin_fact refused = {
	"TocsinReloadRefused", "worker", "a:9603", true, 1, "rules refused"
};

static struct builtin_fact over(struct builtin_fact fact)
{
	fact.holds = false;
	return fact;
}

/* One life: each transition becomes the last one. False: nothing is written. */
static bool step(const struct builtin_fact *fact, struct transition *last,
		 int64_t now)
{
	struct transition next;

	if (!builtin_judge(fact, last->rule ? last : NULL, now, &next))
		return false;
	if (last->rule) {
		assert_string_equal(next.id, last->id);
		assert_true(cause_follows(next.cause, last->cause));
		assert_true(next.episode >= last->episode);
	}
	transition_release(last);
	*last = next;
	return true;
}

static void what_holds_fires_once_and_resolves_once(void **state)
{
	struct builtin_fact ended = over(behind);
	struct transition last = { 0 };
	int64_t episode;

	(void)state;
	assert_false(step(&ended, &last, NOW));
	assert_true(step(&behind, &last, NOW));
	assert_int_equal(last.state, ALERT_FIRING);
	assert_int_equal(last.at_ms, NOW);
	assert_int_equal(last.starts_at_ms, NOW);
	assert_str(alert_pairs_get(&last.group, "group"), "tocsin-index");
	assert_str(alert_pairs_get(&last.labels, "severity"), "critical");
	assert_str(alert_pairs_get(&last.annotations, "summary"),
		   "12 records wait");
	episode = last.episode;
	for (int i = 1; i < 1000; i++)
		assert_false(step(&behind, &last, NOW + i * 1000));
	assert_true(step(&ended, &last, NOW + 1000000));
	assert_int_equal(last.state, ALERT_RESOLVED);
	assert_int_equal(last.episode, episode);
	assert_int_equal(last.starts_at_ms, NOW);
	assert_false(step(&ended, &last, NOW + 1000001));
	assert_true(step(&behind, &last, NOW + 1000002));
	assert_true(last.episode > episode);
	transition_release(&last);
}

static void an_episode_rises_though_the_clock_went_back(void **state)
{
	struct builtin_fact ended = over(behind);
	struct transition last = { 0 };
	int64_t episode;

	(void)state;
	assert_true(step(&behind, &last, NOW));
	episode = last.episode;
	assert_true(step(&ended, &last, NOW - 5000));
	assert_true(step(&behind, &last, NOW - 4000));
	assert_int_equal(last.episode, episode + 1);
	transition_release(&last);
}

static void what_a_worker_tells_of_itself_is_renewed(void **state)
{
	struct transition last = { 0 };
	int64_t episode;

	(void)state;
	assert_true(step(&refused, &last, NOW));
	episode = last.episode;
	assert_int_equal(last.updated_at_ms, ALERT_TIME_NONE);
	assert_false(step(&refused, &last, NOW + BUILTIN_RENEW_MS - 1));
	assert_true(step(&refused, &last, NOW + BUILTIN_RENEW_MS));
	assert_int_equal(last.state, ALERT_FIRING);
	assert_int_equal(last.updated_at_ms, NOW + BUILTIN_RENEW_MS);
	assert_int_equal(last.episode, episode);
	assert_int_equal(last.starts_at_ms, NOW);
	/* No higher count: nobody is told again because of it. */
	assert_int_equal(last.count, 1);
	assert_false(step(&refused, &last, NOW + 2 * BUILTIN_RENEW_MS - 1));
	transition_release(&last);
}

static void what_nobody_renews_expires(void **state)
{
	struct transition last = { 0 }, next;

	(void)state;
	assert_true(step(&refused, &last, NOW));
	assert_false(
		builtin_expire(&last, NOW + 3 * BUILTIN_RENEW_MS - 1, &next));
	assert_true(builtin_expire(&last, NOW + 3 * BUILTIN_RENEW_MS, &next));
	assert_int_equal(next.state, ALERT_RESOLVED);
	assert_string_equal(next.reason, "not renewed");
	assert_string_equal(next.id, last.id);
	assert_int_equal(next.episode, last.episode);
	assert_true(cause_follows(next.cause, last.cause));
	transition_release(&last);
	assert_false(builtin_expire(&next, NOW + 9 * BUILTIN_RENEW_MS, &last));
	transition_release(&next);
	last = (struct transition){ 0 };
	assert_true(step(&behind, &last, NOW));
	assert_true(builtin_expire(&last, NOW, &next));
	assert_string_equal(next.reason, "gone");
	transition_release(&next);
	transition_release(&last);
}

static void it_survives_its_json(void **state)
{
	struct transition last = { 0 }, again;
	struct buf json = { 0 };
	struct error err;

	(void)state;
	assert_true(step(&behind, &last, NOW));
	transition_encode(&last, &json);
	assert_true(transition_decode(buf_str(&json), &again, &err));
	assert_int_equal(again.cause.offset, last.cause.offset);
	assert_int_equal(again.episode, last.episode);
	assert_int_equal(again.at_ms, last.at_ms);
	assert_false(step(&behind, &again, NOW + 1));
	transition_release(&again);
	transition_release(&last);
	buf_release(&json);
}

static void names_are_reserved(void **state)
{
	(void)state;
	assert_true(builtin_is_name("TocsinBlocked"));
	assert_false(builtin_is_name("Tocsin"));
	assert_false(builtin_is_name("errors"));
	assert_true(builtin_is_of_worker("TocsinGroupsDropped"));
	assert_false(builtin_is_of_worker("TocsinBehind"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_holds_fires_once_and_resolves_once),
		cmocka_unit_test(an_episode_rises_though_the_clock_went_back),
		cmocka_unit_test(what_a_worker_tells_of_itself_is_renewed),
		cmocka_unit_test(what_nobody_renews_expires),
		cmocka_unit_test(it_survives_its_json),
		cmocka_unit_test(names_are_reserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
