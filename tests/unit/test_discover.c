#include "ingest/ship/discover.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/buf.h"
#include "tests/unit/test_support.h"

/* Everything happens in a folder of its own that is the working folder:
 * links/ is what the pattern looks at, data/ is where the files lie. */
struct place {
	char root[64];
	int back;
	struct discover *d;
};

static const char *pattern[] = { "links/*.s", "links/b*" };
static const struct strings patterns = { pattern, ARRAY_LENGTH(pattern) };

static int begin(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	*state = p;
	snprintf(p->root, sizeof(p->root), "/tmp/tocsin-discover-XXXXXX");
	p->back = open(".", O_RDONLY | O_DIRECTORY);
	if (!mkdtemp(p->root) || chdir(p->root) != 0)
		return -1;
	p->d = discover_open(&patterns, NULL);
	return mkdir("links", 0700) + mkdir("data", 0700);
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

	discover_close(p->d);
	nftw(p->root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	if (fchdir(p->back) != 0)
		return -1;
	close(p->back);
	free(p);
	return 0;
}

static void write_file(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs("x\n", f);
	fclose(f);
}

static void make_link(const char *target, const char *path)
{
	unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

/* "PATH->NAME " for each file, in order; targets without their folder. */
static const char *names(const struct found_files *list, struct buf *out)
{
	buf_clear(out);
	for (size_t i = 0; i < list->n; i++) {
		struct str name = path_name(list->item[i].target);

		buf_add_format(out, "%s->%.*s ", list->item[i].path,
			       STR_ARG(name));
	}
	return buf_text(out);
}

static void links_and_plain_files_are_found_once_an_inode(void **state)
{
	struct place *p = *state;
	struct buf out = { 0 };

	write_file("data/one.log");
	write_file("data/two.log");
	write_file("links/bare");
	write_file("links/c.s");
	write_file("links/unmatched");
	mkdir("links/folder.s", 0700);
	make_link("../data/one.log", "links/z.s");
	make_link("../data/one.log", "links/a.s");
	make_link("a.s", "links/again.s");
	make_link("../data/two.log", "links/b.s");
	assert_string_equal(names(discover_scan(p->d), &out),
			    "links/a.s->one.log links/b.s->two.log "
			    "links/c.s->c.s links/bare->bare ");
	assert_int_equal(discover_dangling(p->d)->n, 0);
	buf_release(&out);
}

static void a_dangling_link_is_named_once_until_it_was_right(void **state)
{
	struct place *p = *state;
	struct buf out = { 0 };

	make_link("../data/later.log", "links/a.s");
	assert_int_equal(discover_scan(p->d)->n, 0);
	assert_int_equal(discover_dangling(p->d)->n, 1);
	assert_string_equal(discover_dangling(p->d)->item[0].path, "links/a.s");
	discover_scan(p->d);
	assert_int_equal(discover_dangling(p->d)->n, 0);
	write_file("data/later.log");
	assert_string_equal(names(discover_scan(p->d), &out),
			    "links/a.s->later.log ");
	unlink("data/later.log");
	discover_scan(p->d);
	assert_int_equal(discover_dangling(p->d)->n, 1);
	buf_release(&out);
}

static void a_link_to_itself_is_dangling(void **state)
{
	struct place *p = *state;

	make_link("a.s", "links/a.s");
	assert_int_equal(discover_scan(p->d)->n, 0);
	assert_int_equal(discover_dangling(p->d)->n, 1);
}

static void a_repointed_link_leads_to_the_new_file(void **state)
{
	struct place *p = *state;
	struct buf out = { 0 };

	write_file("data/one.log");
	write_file("data/two.log");
	make_link("../data/one.log", "links/a.s");
	assert_string_equal(names(discover_scan(p->d), &out),
			    "links/a.s->one.log ");
	make_link("../data/two.log", "links/a.s");
	assert_string_equal(names(discover_scan(p->d), &out),
			    "links/a.s->two.log ");
	buf_release(&out);
}

static int by_target(const void *a, const void *b)
{
	const struct found_file *x = a, *y = b;

	return strcmp(x->target, y->target);
}

static const char *rotated(struct place *p, struct buf *out)
{
	const struct found_files *list =
		discover_rotated(p->d, clock_wall_ms());

	qsort(list->item, list->n, sizeof(*list->item), by_target);
	return names(list, out);
}

static void former_selves_are_looked_for_beside_the_target(void **state)
{
	struct place *p = *state;
	struct buf out = { 0 };

	write_file("data/one.log");
	write_file("data/one.log.1");
	write_file("data/one.log-20261123");
	write_file("data/one.log.2.gz");
	write_file("data/one.err");
	write_file("data/two.log.1");
	make_link("one.log.1", "data/one.log.9");
	make_link("../data/one.log", "links/a.s");
	discover_scan(p->d);
	assert_string_equal(
		rotated(p, &out),
		"links/a.s->one.log-20261123 links/a.s->one.log.1 ");
	buf_release(&out);
}

static void a_folder_that_rests_is_not_listed_again(void **state)
{
	const struct timespec long_ago[2] = { { 1000, 0 }, { 1000, 0 } };
	struct place *p = *state;
	struct buf out = { 0 };

	write_file("data/one.log");
	write_file("data/one.log.1");
	make_link("../data/one.log", "links/a.s");
	discover_scan(p->d);
	utimensat(AT_FDCWD, "data", long_ago, 0);
	assert_string_equal(rotated(p, &out), "links/a.s->one.log.1 ");
	assert_string_equal(rotated(p, &out), "");
	discover_list_again(p->d);
	assert_string_equal(rotated(p, &out), "links/a.s->one.log.1 ");
	assert_string_equal(rotated(p, &out), "");
	write_file("data/one.log.2");
	assert_string_equal(rotated(p, &out),
			    "links/a.s->one.log.1 links/a.s->one.log.2 ");
	/* Within the same tick of the clock more may have come. */
	assert_string_equal(rotated(p, &out),
			    "links/a.s->one.log.1 links/a.s->one.log.2 ");
	buf_release(&out);
}

static void a_path_matches_its_pattern(void **state)
{
	struct place *p = *state;

	assert_true(discover_matches(p->d, "links/x.s"));
	assert_true(discover_matches(p->d, "links/bx"));
	assert_false(discover_matches(p->d, "links/x"));
	assert_false(discover_matches(p->d, "links/x/y.s"));
}

int main(void)
{
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, begin, end)
	const struct CMUnitTest tests[] = {
		IN_PLACE(links_and_plain_files_are_found_once_an_inode),
		IN_PLACE(a_dangling_link_is_named_once_until_it_was_right),
		IN_PLACE(a_link_to_itself_is_dangling),
		IN_PLACE(a_repointed_link_leads_to_the_new_file),
		IN_PLACE(former_selves_are_looked_for_beside_the_target),
		IN_PLACE(a_folder_that_rests_is_not_listed_again),
		IN_PLACE(a_path_matches_its_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
