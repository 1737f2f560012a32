/* The followed files as a whole, on real files; what would be sent is written
 * down as "ID-NUMBER:OFFSET TEXT", ids numbered in order of appearance. */
#include "ingest/ship/files.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "event/time.h"
#include "tests/unit/test_support.h"

enum { LIMIT = 4096, CHUNK = 64, CLOSE_AFTER_MS = 1000 };

struct place {
	char root[64];
	int back;
	struct registry registry;
	struct metrics *metrics;
	struct acks_pool pool;
	struct files files;
	struct buf got;
	uint64_t ids[32];
	size_t n_ids;
	size_t refuse_after; /* lines; 0: never */
	struct flight *held[64];
	size_t n_held;
	bool hold; /* lines stay in flight */
	int64_t now_ms;
};

static const char *pattern[] = { "*.s" };
static const struct strings patterns = { pattern, 1 };

static size_t number_of(struct place *p, uint64_t id)
{
	for (size_t i = 0; i < p->n_ids; i++) {
		if (p->ids[i] == id)
			return i;
	}
	assert_true(p->n_ids < ARRAY_LENGTH(p->ids));
	p->ids[p->n_ids] = id;
	return p->n_ids++;
}

static bool take(void *arg, struct tail *t, const struct line *line)
{
	struct place *p = arg;
	struct flight *f;

	if (p->refuse_after == 1)
		return false;
	if (p->refuse_after)
		p->refuse_after--;
	buf_add_format(&p->got, "%zu:%d ", number_of(p, t->id),
		       (int)line->offset);
	buf_add(&p->got, line->text);
	buf_add_char(&p->got, '\n');
	f = acks_take(&p->pool);
	assert_non_null(f);
	acks_push(&t->acks, f, line->offset, line->end, TIME_NONE);
	if (p->hold) {
		p->held[p->n_held++] = f;
		return true;
	}
	if (acks_done(&p->pool, f))
		t->dirty = true;
	return true;
}

static void start(struct place *p)
{
	struct registry_found found;
	struct error err;

	p->metrics = metrics_open();
	assert_true(registry_open(&p->registry, "state", &found, &err));
	acks_pool_init(&p->pool, 64);
	p->n_held = 0;
	p->files = (struct files){
		.host_id = STR("host"),
		.close_after_ms = CLOSE_AFTER_MS,
		.hold_deleted_ms = 10000,
		.rotated_within_ms = 3600000,
		.registry = &p->registry,
		.discover = discover_open(&patterns, NULL),
		.reader = { .buffer = malloc(lines_room(LIMIT, CHUNK)),
			    .room = lines_room(LIMIT, CHUNK),
			    .limit = LIMIT,
			    .chunk = CHUNK,
			    .turn_bytes = CHUNK,
			    .take = take,
			    .arg = p },
	};
	files_init(&p->files, p->metrics);
}

/* As kill -9 does unless it was stored. */
static void stop(struct place *p)
{
	free(p->files.reader.buffer);
	files_release(&p->files);
	discover_close(p->files.discover);
	acks_pool_release(&p->pool);
	registry_close(&p->registry);
	metrics_close(p->metrics);
}

static void store(struct place *p)
{
	struct error err;

	files_store(&p->files, clock_wall_ms());
	assert_true(registry_save(&p->registry, &err));
}

/* What a scan and the turns after it hand out. */
static const char *look(struct place *p)
{
	buf_clear(&p->got);
	p->now_ms += 10;
	files_scan(&p->files, p->now_ms, clock_wall_ms());
	for (size_t i = 0; files_turn(&p->files, p->now_ms); i++)
		assert_true(i < 10000);
	return buf_text(&p->got);
}

static int begin(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	*state = p;
	log_set_level(LOG_LEVEL_ERROR);
	p->now_ms = 1000000;
	snprintf(p->root, sizeof(p->root), "/tmp/tocsin-files-XXXXXX");
	p->back = open(".", O_RDONLY | O_DIRECTORY);
	if (!mkdtemp(p->root) || chdir(p->root) != 0)
		return -1;
	start(p);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static int end(void **state)
{
	struct place *p = *state;

	stop(p);
	nftw(p->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	if (fchdir(p->back) != 0)
		return -1;
	close(p->back);
	buf_release(&p->got);
	free(p);
	return 0;
}

static void append(const char *path, const char *text)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void replace(const char *path, const char *text)
{
	assert_int_equal(truncate(path, 0), 0);
	append(path, text);
}

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
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, begin, end)
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
		IN_PLACE(a_refused_line_comes_again),
		IN_PLACE(a_long_file_does_not_starve_a_short_one),
		IN_PLACE(what_was_taken_away_while_stopped_is_counted_once),
		IN_PLACE(a_file_that_grew_unread_is_lost_with_what_was_seen),
		IN_PLACE(what_was_read_and_let_go_may_go),
		IN_PLACE(what_lies_rotated_is_not_gone),
		IN_PLACE(what_is_not_asked_for_any_more_is_not_missed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
