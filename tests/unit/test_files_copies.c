/* Files that begin alike: which is a copy, which is another. */
#include "tests/unit/files_place.h"

static void a_copy_stays_one_when_its_original_is_gone(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntwo\n");
	look(p);
	append("a.s.1", "one\ntwo\n");
	replace("a.s", "three\n");
	for (int i = 0; i < 3; i++)
		look(p);
	rename("a.s", "a.s.2");
	append("a.s", "four\n");
	assert_string_equal(look(p), "2:0 four\n");
	store(p);
	stop(p);
	start(p);
	append("a.s", "five\n");
	assert_string_equal(look(p), "2:5 five\n");
}

static void a_longer_file_with_the_same_first_line_is_another(void **state)
{
	struct place *p = *state;

	append("a.s", "banner\none\n");
	look(p);
	replace("a.s", "banner\ntwo and more\nthree\n");
	assert_string_equal(look(p),
			    "1:0 banner\n1:7 two and more\n1:20 three\n");
	store(p);
	stop(p);
	replace("a.s", "banner\nfour, longer than all before\nfive\n");
	start(p);
	assert_string_equal(
		look(p),
		"2:0 banner\n2:7 four, longer than all before\n2:36 five\n");
}

/* Killed before the regular saving: what went out goes out again in the copy
 * that was made meanwhile, but under the same names. */
static void a_copy_made_before_the_first_save_keeps_the_names(void **state)
{
	struct place *p = *state;
	AUTO(buf_release) struct buf all = { 0 };

	append("a.s", "one\ntwo\n");
	assert_string_equal(look(p), "0:0 one\n0:4 two\n");
	stop(p);
	append("a.s.1", "one\ntwo\n");
	replace("a.s", "new\n");
	start(p);
	for (int i = 0; i < 5; i++)
		buf_add_text(&all, look(p));
	assert_str(buf_str(&all), "1:0 new\n0:0 one\n0:4 two\n");
}

/* Every file begins with the same line. */
static void rotate_under_a_banner(void)
{
	append("a.s", "two\n");
	rename("a.s", "a.s.2");
	append("a.s.1", "banner\nthree\n");
	append("a.s", "banner\nfour\n");
}

static void rotated_files_with_the_same_first_line_are_no_copies(void **state)
{
	struct place *p = *state;

	for (int stopped = 0; stopped < 2; stopped++) {
		AUTO(buf_release) struct buf all = { 0 };

		append("a.s", "banner\none\n");
		look(p);
		if (stopped) {
			store(p);
			stop(p);
		}
		rotate_under_a_banner();
		if (stopped)
			start(p);
		for (int i = 0; i < 5; i++)
			buf_add_text(&all, look(p));
		assert_non_null(strstr(buf_text(&all), "two\n"));
		assert_non_null(strstr(buf_text(&all), "three\n"));
		assert_non_null(strstr(buf_text(&all), "four\n"));
		assert_null(strstr(buf_text(&all), "one\n"));
		unlink("a.s");
		unlink("a.s.1");
		unlink("a.s.2");
		look(p);
		p->now_ms += CLOSE_AFTER_MS;
		look(p);
	}
}

static void a_file_like_one_that_only_has_its_banner_is_read(void **state)
{
	struct place *p = *state;

	append("a.s", "banner\n");
	look(p);
	append("a.s.1", "banner\none\n");
	look(p);
	assert_non_null(strstr(buf_text(&p->got), "one\n"));
}

static void a_file_truncated_and_rotated_while_stopped_is_read(void **state)
{
	struct place *p = *state;

	append("a.s", "one\ntwo\n");
	look(p);
	store(p);
	stop(p);
	replace("a.s", "three\n");
	rename("a.s", "a.s.1");
	append("a.s", "four\n");
	start(p);
	look(p);
	assert_non_null(strstr(buf_text(&p->got), "three\n"));
	assert_non_null(strstr(buf_text(&p->got), "four\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(a_copy_stays_one_when_its_original_is_gone),
		IN_PLACE(a_copy_made_before_the_first_save_keeps_the_names),
		IN_PLACE(a_longer_file_with_the_same_first_line_is_another),
		IN_PLACE(rotated_files_with_the_same_first_line_are_no_copies),
		IN_PLACE(a_file_like_one_that_only_has_its_banner_is_read),
		IN_PLACE(a_file_truncated_and_rotated_while_stopped_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
