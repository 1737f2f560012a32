/* What was taken away while nobody looked. */
#include "tests/unit/files_place.h"

/* Scans until what is gone can be named. */
static void restart_and_look(struct place *p)
{
	stop(p);
	start(p);
	for (int i = 0; i < 4; i++)
		look(p);
}

static void expect_gone(const struct place *p, int files, int bytes)
{
	assert_true(metric_value(p->files.count.gone) == files);
	assert_true(metric_value(p->files.count.lost) == bytes);
}

static void what_was_taken_away_while_stopped_is_counted_once(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntwo\nthree\n");
	append("b.s", "all of it\n");
	append("c.s", "stays\n");
	look(p);
	store(p);
	stop(p);
	unlink("a.s");
	rename("b.s", "b.s.1.gz");
	append("a.s", "new\n");
	start(p);
	for (int i = 0; i < 4; i++)
		look(p);
	expect_gone(p, 2, 0);
	store(p);
	restart_and_look(p);
	expect_gone(p, 0, 0);
}

static void a_file_that_grew_unread_is_lost_with_what_was_seen(void **state)
{
	struct place *p = *state;

	append("a.s", "one\n");
	look(p);
	store(p);
	append("a.s", "two\nthree\n");
	p->refuse_after = 1;
	look(p);
	store(p);
	p->refuse_after = 0;
	unlink("a.s");
	restart_and_look(p);
	expect_gone(p, 1, 10);
}

static void what_was_read_and_let_go_may_go(void **state)
{
	struct place *p = *state;

	append("a.s", "one\n");
	look(p);
	store(p);
	rename("a.s", "a.s.1");
	look(p);
	p->now_ms += CLOSE_AFTER_MS;
	look(p);
	assert_int_equal(p->files.n, 0);
	expect_gone(p, 0, 0);
	store(p);
	unlink("a.s.1");
	restart_and_look(p);
	expect_gone(p, 0, 0);
}

static void what_lies_rotated_is_not_gone(void **state)
{
	struct place *p = *state;

	append("a.s", "one\n");
	append("b.s", "uno\n");
	append("c.s", "un\n");
	look(p);
	store(p);
	stop(p);
	/* Delivered and renamed; renamed with a rest; copied and truncated. */
	rename("a.s", "a.s.1");
	append("a.s", "another\n");
	append("b.s", "due\n");
	rename("b.s", "b.s.1");
	append("b.s", "altro\n");
	append("c.s.1", "un\n");
	replace("c.s", "autre\n");
	start(p);
	for (int i = 0; i < 4; i++)
		look(p);
	expect_gone(p, 0, 0);
}

static void what_is_not_asked_for_any_more_is_not_missed(void **state)
{
	struct place *p = *state;
	static const char *other[] = { "*.t" };
	static const struct strings others = { other, 1 };

	append("a.s", "one\n");
	look(p);
	store(p);
	stop(p);
	unlink("a.s");
	start(p);
	discover_change(p->files.discover, &others, NULL);
	for (int i = 0; i < 4; i++)
		look(p);
	expect_gone(p, 0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(what_was_taken_away_while_stopped_is_counted_once),
		IN_PLACE(a_file_that_grew_unread_is_lost_with_what_was_seen),
		IN_PLACE(what_was_read_and_let_go_may_go),
		IN_PLACE(what_lies_rotated_is_not_gone),
		IN_PLACE(what_is_not_asked_for_any_more_is_not_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
