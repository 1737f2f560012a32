/* test_tops.c - the commonest values, counted in a window of time */
#include "alert/window/tops.h"

#include "alert/match/packed.h"
#include "tests/unit/test_support.h"

static bool add(struct tops *t, int64_t time, const char *a, const char *b,
		bool may_grow)
{
	struct buf packed = { 0 };
	bool grown;

	packed_add(&packed, str_of(a));
	packed_add(&packed, str_of(b));
	grown = tops_add(t, time, buf_str(&packed), may_grow);
	buf_release(&packed);
	return grown;
}

/* "" if there is none. */
static void check(const struct tops *t, size_t field, int64_t from, int64_t to,
		  const char *wanted)
{
	struct buf json = { 0 };

	assert_int_equal(tops_tell(t, field, from, to, &json), wanted[0] != 0);
	assert_str(buf_str(&json), wanted);
	buf_release(&json);
}

static void the_commonest_come_first(void **state)
{
	struct tops *t = tops_open(2);

	(void)state;
	add(t, 10, "X", "h1", true);
	add(t, 20, "Y\"", "h1", true);
	add(t, 20, "Y\"", "", true);
	add(t, 30, "Z", "h2", true);
	check(t, 0, 0, 30,
	      "[{\"value\":\"Y\\\"\",\"count\":2},{\"value\":\"X\",\"count\":1}"
	      ",{\"value\":\"Z\",\"count\":1}]");
	check(t, 1, 0, 30,
	      "[{\"value\":\"h1\",\"count\":2},{\"value\":\"h2\",\"count\":1}"
	      "]");
	/* (from, to] */
	check(t, 0, 10, 20, "[{\"value\":\"Y\\\"\",\"count\":2}]");
	check(t, 0, 30, 40, "");
	tops_close(t);
}

static void only_the_first_few_are_told(void **state)
{
	struct tops *t = tops_open(2);
	char text[2] = "a";
	struct buf json = { 0 };

	(void)state;
	for (; text[0] <= 'z'; text[0]++)
		add(t, 1, text, "", true);
	assert_true(tops_tell(t, 0, 0, 1, &json));
	assert_non_null(strstr(buf_text(&json), "\"e\""));
	assert_null(strstr(buf_text(&json), "\"f\""));
	buf_release(&json);
	tops_close(t);
}

static void a_full_one_keeps_the_newest(void **state)
{
	struct tops *t = tops_open(2);

	(void)state;
	for (int i = 0; i < TOPS_EVENTS_MAX; i++)
		assert_true(add(t, i, "old", "", true));
	for (int i = 0; i < TOPS_EVENTS_MAX; i++)
		assert_false(add(t, i, "new", "", true));
	assert_int_equal(tops_n(t), TOPS_EVENTS_MAX);
	check(t, 0, -1, TOPS_EVENTS_MAX,
	      "[{\"value\":\"new\",\"count\":1000}]");
	tops_close(t);
}

static void without_room_it_keeps_a_few(void **state)
{
	struct tops *t = tops_open(2);
	char text[20];

	(void)state;
	for (int i = 0; i < 3 * TOPS_EVENTS_MIN; i++) {
		snprintf(text, sizeof(text), "%d", i % 2);
		assert_int_equal(add(t, i, text, text, false),
				 i < TOPS_EVENTS_MIN);
	}
	check(t, 1, -1, 100,
	      "[{\"value\":\"0\",\"count\":5},{\"value\":\"1\",\"count\":5}]");
	tops_close(t);
}

static void damaged_values_are_none(void **state)
{
	struct tops *t = tops_open(2);

	(void)state;
	tops_add(t, 1,
		 STR("\x05"
		     "ab"),
		 true);
	tops_add(t, 1, STR("\xff\xff\xff\xff\xff"), true);
	tops_add(t, 1, STR(""), true);
	check(t, 0, 0, 1, "");
	tops_close(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_commonest_come_first),
		cmocka_unit_test(only_the_first_few_are_told),
		cmocka_unit_test(a_full_one_keeps_the_newest),
		cmocka_unit_test(without_room_it_keeps_a_few),
		cmocka_unit_test(damaged_values_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
