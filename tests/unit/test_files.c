/* The followed files as a whole, on real files. */
#include "tests/unit/files_place.h"

static void lines_come_once_and_in_order_as_the_file_grows(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntw");
	assert_string_equal(look(p), "0:0 one\n");
	append("a.s", "o\nthree\n");
	assert_string_equal(look(p), "0:4 two\n0:8 three\n");
	assert_string_equal(look(p), "");
}

static void a_file_without_a_whole_line_waits(void **state)
{
	struct place *p = *state;

	append("a.s", "");
	assert_string_equal(look(p), "");
	append("a.s", "half");
	assert_string_equal(look(p), "");
	append("a.s", " and half\n");
	assert_string_equal(look(p), "0:0 half and half\n");
}

static void after_a_restart_reading_goes_on_where_it_was_stored(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntwo\n");
	look(p);
	store(p);
	append("a.s", "three\n");
	assert_string_equal(look(p), "0:8 three\n");
	stop(p);
	start(p);
	assert_string_equal(look(p), "0:8 three\n");
}

static void without_its_registry_a_file_has_the_same_name(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntwo\n");
	look(p);
	store(p);
	stop(p);
	unlink("state/registry");
	start(p);
	assert_string_equal(look(p), "0:0 one\n0:4 two\n");
}

static void a_renamed_file_is_read_to_its_end_and_let_go(void **state)
{
	struct place *p = *state;

	append("a.s", "one\n");
	look(p);
	append("a.s", "two\n");
	rename("a.s", "a.s.1");
	append("a.s", "new\n");
	append("a.s.1", "three\n");
	assert_non_null(strstr(look(p), "0:4 two\n0:8 three\n"));
	assert_non_null(strstr(buf_text(&p->got), "1:0 new\n"));
	append("a.s.1", "late\n");
	assert_string_equal(look(p), "0:14 late\n");
	p->now_ms += CLOSE_AFTER_MS;
	assert_string_equal(look(p), "");
	assert_int_equal(p->files.n, 1);
	assert_string_equal(look(p), "");
}

static void
a_rest_without_line_end_is_sent_when_a_rotated_file_rests(void **state)
{
	struct place *p = *state;

	append("a.s", "one\nrest");
	look(p);
	rename("a.s", "gone");
	assert_string_equal(look(p), "");
	p->now_ms += CLOSE_AFTER_MS;
	assert_string_equal(look(p), "0:4 rest\n");
	look(p);
	assert_int_equal(p->files.n, 0);
}

static void a_deleted_file_is_read_to_its_end(void **state)
{
	struct place *p = *state;

	append("a.s", "one\n");
	look(p);
	append("a.s", "two\n");
	unlink("a.s");
	assert_string_equal(look(p), "0:4 two\n");
	p->now_ms += CLOSE_AFTER_MS;
	look(p);
	assert_int_equal(p->files.n, 0);
}

static void a_deleted_file_that_cannot_be_sent_is_held_so_long(void **state)
{
	struct place *p = *state;

	append("a.s", "one\n");
	p->refuse_after = 1;
	look(p);
	unlink("a.s");
	look(p);
	p->now_ms += 9000;
	look(p);
	assert_int_equal(p->files.n, 1);
	p->now_ms += 1000;
	look(p);
	look(p);
	assert_int_equal(p->files.n, 0);
	assert_true(metric_value(p->files.count.lost) == 4);
}

static void rotations_while_stopped_are_read_where_they_lie_now(void **state)
{
	struct place *p = *state;

	mkdir("data", 0700);
	append("data/a.log", "one\n");
	assert_int_equal(symlink("data/a.log", "a.s"), 0);
	look(p);
	store(p);
	stop(p);
	append("data/a.log", "two\n");
	rename("data/a.log", "data/a.log.2");
	append("data/a.log.1", "three\n");
	append("data/a.log", "four\n");
	start(p);
	look(p);
	assert_non_null(strstr(buf_text(&p->got), "0:4 two\n"));
	assert_non_null(strstr(buf_text(&p->got), ":0 three\n"));
	assert_non_null(strstr(buf_text(&p->got), ":0 four\n"));
	assert_null(strstr(buf_text(&p->got), "one"));
	assert_int_equal(p->n_ids, 3);
}

static void a_link_repointed_while_stopped_loses_nothing(void **state)
{
	struct place *p = *state;

	append("day1", "one\n");
	assert_int_equal(symlink("day1", "a.s"), 0);
	look(p);
	store(p);
	stop(p);
	append("day1", "two\n");
	append("day2", "three\n");
	unlink("a.s");
	assert_int_equal(symlink("day2", "a.s"), 0);
	start(p);
	look(p);
	assert_non_null(strstr(buf_text(&p->got), "0:4 two\n"));
	assert_non_null(strstr(buf_text(&p->got), "1:0 three\n"));
}

static void a_rotated_file_that_is_delivered_is_not_opened_again(void **state)
{
	struct place *p = *state;

	append("a.s", "one\n");
	look(p);
	rename("a.s", "a.s.1");
	append("a.s", "two\n");
	look(p);
	p->now_ms += CLOSE_AFTER_MS;
	look(p);
	store(p);
	stop(p);
	start(p);
	assert_string_equal(look(p), "");
	assert_int_equal(p->files.n, 1);
}

static void a_copy_of_a_followed_file_is_not_followed(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntwo\n");
	look(p);
	append("a.s.1", "one\ntwo\n");
	assert_string_equal(look(p), "");
	assert_int_equal(p->files.n, 1);
}

/* "one" is delivered, "two" is not, and then comes logrotate's copytruncate. */
static void copy_and_truncate(struct place *p, bool stopped)
{
	append("a.s", "one\ntwo\n");
	p->refuse_after = 2;
	assert_string_equal(look(p), "0:0 one\n");
	p->refuse_after = 0;
	if (stopped) {
		store(p);
		stop(p);
	}
	append("a.s.1", "one\ntwo\nthree\n");
	replace("a.s", "new\n");
	if (stopped)
		start(p);
}

static void the_rest_of_a_truncated_file_is_read_in_its_copy(void **state)
{
	struct place *p = *state;

	for (int stopped = 0; stopped < 2; stopped++) {
		AUTO(buf_release) struct buf all = { 0 };

		p->n_ids = 0;
		copy_and_truncate(p, stopped);
		for (int i = 0; i < 5; i++)
			buf_add_text(&all, look(p));
		assert_str(buf_str(&all), "1:0 new\n0:4 two\n0:8 three\n");
		p->now_ms += CLOSE_AFTER_MS;
		look(p);
		store(p);
		stop(p);
		start(p);
		assert_string_equal(look(p), "");
		assert_int_equal(p->files.n, 1);
		unlink("a.s");
		unlink("a.s.1");
		look(p);
		p->now_ms += CLOSE_AFTER_MS;
		look(p);
	}
}

static void a_truncated_file_begins_anew(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntwo\n");
	look(p);
	replace("a.s", "other\n");
	assert_string_equal(look(p), "1:0 other\n");
	replace("a.s", "longer than before by far\nx\n");
	assert_string_equal(look(p), "2:0 longer than before by far\n2:26 x\n");
}

static void the_same_first_line_again_is_another_generation(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntwo\n");
	assert_string_equal(look(p), "0:0 one\n0:4 two\n");
	replace("a.s", "one\n");
	assert_string_equal(look(p), "1:0 one\n");
	replace("a.s", "one");
	assert_string_equal(look(p), "");
	append("a.s", "\n");
	assert_string_equal(look(p), "2:0 one\n");
	store(p);
	stop(p);
	start(p);
	append("a.s", "two\n");
	assert_string_equal(look(p), "2:4 two\n");
}

static void a_file_truncated_while_stopped_is_another_generation(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntwo\n");
	look(p);
	store(p);
	stop(p);
	replace("a.s", "one\n");
	start(p);
	assert_string_equal(look(p), "1:0 one\n");
	/* Killed before anything was stored. */
	append("a.s", "two\nthree\nfour\n");
	stop(p);
	start(p);
	assert_string_equal(look(p),
			    "1:0 one\n1:4 two\n1:8 three\n1:14 four\n");
}

static void late_reports_for_a_truncated_file_change_nothing(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntwo\n");
	p->hold = true;
	look(p);
	replace("a.s", "one\n");
	p->hold = false;
	assert_string_equal(look(p), "1:0 one\n");
	for (size_t i = 0; i < p->n_held; i++) {
		struct tail *t =
			CONTAINER_OF(p->held[i]->of, struct tail, acks);

		if (acks_done(&p->pool, p->held[i]))
			t->dirty = true;
	}
	look(p);
	assert_int_equal(p->files.n, 1);
	store(p);
	stop(p);
	start(p);
	assert_string_equal(look(p), "");
}

static void files_over_the_limit_wait_for_a_place(void **state)
{
	struct place *p = *state;

	p->files.open_max = 2;
	append("a.s", "one\n");
	append("b.s", "two\n");
	append("c.s", "three\n");
	assert_string_equal(look(p), "0:0 one\n1:0 two\n");
	assert_int_equal(p->files.waiting, 1);
	unlink("a.s");
	look(p);
	p->now_ms += CLOSE_AFTER_MS;
	look(p);
	assert_string_equal(look(p), "2:0 three\n");
	assert_int_equal(p->files.waiting, 0);
}

static void a_refused_line_comes_again(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntwo\n");
	p->refuse_after = 2;
	assert_string_equal(look(p), "0:0 one\n");
	assert_string_equal(look(p), "");
	p->refuse_after = 0;
	assert_string_equal(look(p), "0:4 two\n");
}

static void a_long_file_does_not_starve_a_short_one(void **state)
{
	struct place *p = *state;

	for (int i = 0; i < 50; i++)
		append("a.s", "a line of some length, over and over\n");
	append("b.s", "short\n");
	look(p);
	assert_true(strstr(buf_text(&p->got), "short") <
		    strstr(buf_text(&p->got), ":370 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(lines_come_once_and_in_order_as_the_file_grows),
		IN_PLACE(a_file_without_a_whole_line_waits),
		IN_PLACE(after_a_restart_reading_goes_on_where_it_was_stored),
		IN_PLACE(without_its_registry_a_file_has_the_same_name),
		IN_PLACE(a_renamed_file_is_read_to_its_end_and_let_go),
		IN_PLACE(
			a_rest_without_line_end_is_sent_when_a_rotated_file_rests),
		IN_PLACE(a_deleted_file_is_read_to_its_end),
		IN_PLACE(a_deleted_file_that_cannot_be_sent_is_held_so_long),
		IN_PLACE(rotations_while_stopped_are_read_where_they_lie_now),
		IN_PLACE(a_link_repointed_while_stopped_loses_nothing),
		IN_PLACE(a_rotated_file_that_is_delivered_is_not_opened_again),
		IN_PLACE(a_copy_of_a_followed_file_is_not_followed),
		IN_PLACE(the_rest_of_a_truncated_file_is_read_in_its_copy),
		IN_PLACE(a_truncated_file_begins_anew),
		IN_PLACE(the_same_first_line_again_is_another_generation),
		IN_PLACE(a_file_truncated_while_stopped_is_another_generation),
		IN_PLACE(late_reports_for_a_truncated_file_change_nothing),
		IN_PLACE(files_over_the_limit_wait_for_a_place),
		IN_PLACE(a_refused_line_comes_again),
		IN_PLACE(a_long_file_does_not_starve_a_short_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
