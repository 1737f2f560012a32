#include "ingest/ship/registry.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test_support.h"

static char path_a[] = "/log/a b%\n.structoutv1";
static char target_a[] = "/srv/a\xff.log";

static struct registry_entry entry_of(uint64_t id, uint64_t offset)
{
	return (struct registry_entry){
		.id = id,
		.offset = offset,
		.time_ns = INT64_MIN,
		.head = id * 7,
		.mark = { 4096, id * 9 },
		.inode = UINT64_MAX - id,
		.birth_ns = -5,
		.seen_ms = (int64_t)id,
		.size = offset + 3,
		.followed = id == 2,
		.path = path_a,
		.target = target_a,
	};
}

struct folder {
	char path[64];
};

static int make_folder(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	snprintf(f->path, sizeof(f->path), "/tmp/tocsin-registry-XXXXXX");
	*state = f;
	return mkdtemp(f->path) ? 0 : -1;
}

static int remove_folder(void **state)
{
	struct folder *f = *state;
	DIR *dir = opendir(f->path);
	struct dirent *e;

	while (dir && (e = readdir(dir)))
		unlinkat(dirfd(dir), e->d_name, 0);
	closedir(dir);
	rmdir(f->path);
	free(f);
	return 0;
}

static void file_of(const struct folder *f, const char *name, char path[128])
{
	snprintf(path, 128, "%s/%s", f->path, name);
}

static void save_two(const struct folder *f)
{
	struct registry_found found;
	struct registry_entry a = entry_of(1, 10), b = entry_of(2, 20);
	struct registry r;
	struct error err;

	assert_true(registry_open(&r, f->path, &found, &err));
	assert_true(found.fresh);
	registry_put(&r, &a);
	registry_put(&r, &b);
	assert_true(registry_save(&r, &err));
	assert_false(r.dirty);
	registry_close(&r);
}

static void what_was_saved_is_there_after_a_restart(void **state)
{
	const struct folder *f = *state;
	struct registry_found found;
	const struct registry_entry *e;
	struct registry r;
	struct error err;

	save_two(f);
	assert_true(registry_open(&r, f->path, &found, &err));
	assert_false(found.fresh || found.corrupt);
	assert_int_equal(found.entries, 2);
	e = registry_get(&r, 2);
	assert_non_null(e);
	assert_int_equal(e->offset, 20);
	assert_true(e->time_ns == INT64_MIN && e->birth_ns == -5);
	assert_true(e->head == 14 && e->inode == UINT64_MAX - 2);
	assert_int_equal(e->size, 23);
	assert_true(e->followed);
	assert_false(registry_get(&r, 1)->followed);
	assert_string_equal(e->path, path_a);
	assert_string_equal(e->target, target_a);
	assert_ptr_equal(registry_get_inode(&r, UINT64_MAX - 2), e);
	assert_true(e->mark.bytes == 4096 && e->mark.hash == e->id * 9);
	assert_null(registry_get(&r, 3));
	registry_close(&r);
}

/* Whatever is cut off or changed, the file is set aside and nothing of it is
 * believed. */
static void a_torn_or_changed_file_is_set_aside(void **state)
{
	const struct folder *f = *state;
	struct buf text = { 0 };
	struct registry r;
	struct registry_found found;
	struct error err;
	char path[128], aside[128];

	save_two(f);
	assert_true(registry_open(&r, f->path, &found, &err));
	registry_render(&r, &text);
	registry_close(&r);
	file_of(f, "registry", path);
	file_of(f, "registry.corrupt", aside);
	for (size_t i = 0; i < 2 * text.n; i++) {
		FILE *out = fopen(path, "w");
		size_t n = i < text.n ? i : text.n;
		char saved = text.p[i % text.n];

		if (i >= text.n)
			text.p[i % text.n] ^= 1;
		assert_int_equal(fwrite(text.p, 1, n, out), n);
		fclose(out);
		text.p[i % text.n] = saved;
		assert_true(registry_open(&r, f->path, &found, &err));
		assert_true(found.corrupt);
		assert_int_equal(found.entries, 0);
		assert_int_equal(r.by_inode.n, 0);
		registry_close(&r);
		assert_int_equal(access(aside, F_OK), 0);
		assert_int_equal(access(path, F_OK), -1);
	}
	buf_release(&text);
}

static bool parse(const char *lines, struct registry *r)
{
	struct buf text = { 0 };
	struct error err;
	bool ok;

	*r = (struct registry){ .dir_fd = -1, .lock_fd = -1 };
	buf_add_text(&text, lines);
	buf_add_format(&text, "end %016llx\n",
		       (unsigned long long)str_hash(buf_str(&text)));
	ok = registry_parse(r, buf_str(&text), &err);
	buf_release(&text);
	return ok;
}

static void what_was_written_before_sizes_were_is_read(void **state)
{
	const struct registry_entry *e;
	struct registry r;

	(void)state;
	assert_true(parse("tocsin-registry 1 1\n"
			  "0000000000000007 0 20 5 000000000000000e "
			  "00000000000000ff 6 7 /a /b\n",
			  &r));
	e = registry_get(&r, 7);
	assert_int_equal(e->offset, 20);
	assert_int_equal(e->size, 0);
	assert_false(e->followed);
	assert_string_equal(e->target, "/b");
	registry_close(&r);
	assert_false(parse("tocsin-registry 4 0\n", &r));
	registry_close(&r);
}

static void a_count_that_lies_is_malformed(void **state)
{
	struct registry r = { .dir_fd = -1, .lock_fd = -1 };
	struct buf text = { 0 };
	struct error err;

	(void)state;
	buf_add_text(&text, "tocsin-registry 3 1\n");
	buf_add_format(&text, "end %016llx\n",
		       (unsigned long long)str_hash(buf_str(&text)));
	assert_false(registry_parse(&r, buf_str(&text), &err));
	assert_non_null(strstr(err.text, "entry 1 is malformed"));
	buf_release(&text);
}

static void two_shippers_cannot_share_a_folder(void **state)
{
	const struct folder *f = *state;
	struct registry_found found;
	struct registry first, second;
	struct error err;

	assert_true(registry_open(&first, f->path, &found, &err));
	assert_false(registry_open(&second, f->path, &found, &err));
	assert_int_equal(err.kind, ERROR_CONFIG);
	registry_close(&first);
	assert_true(registry_open(&second, f->path, &found, &err));
	registry_close(&second);
}

static void a_failed_save_keeps_the_old_file_and_stays_dirty(void **state)
{
	const struct folder *f = *state;
	struct registry_entry changed = entry_of(1, 11);
	struct registry_found found;
	struct registry r;
	struct error err;
	char path[128];

	save_two(f);
	assert_true(registry_open(&r, f->path, &found, &err));
	registry_put(&r, &changed);
	file_of(f, "registry.new", path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_false(registry_save(&r, &err));
	assert_int_equal(err.kind, ERROR_RETRY);
	assert_true(r.dirty);
	assert_int_equal(rmdir(path), 0);
	registry_close(&r);
	assert_true(registry_open(&r, f->path, &found, &err));
	assert_int_equal(registry_get(&r, 1)->offset, 10);
	registry_put(&r, &changed);
	assert_true(registry_save(&r, &err));
	registry_close(&r);
}

static void an_older_generation_does_not_overwrite(void **state)
{
	const struct folder *f = *state;
	struct registry_entry newer = entry_of(1, 5), older = entry_of(1, 900);
	struct registry_found found;
	struct registry r;
	struct error err;

	newer.generation = 2;
	older.generation = 1;
	assert_true(registry_open(&r, f->path, &found, &err));
	registry_put(&r, &newer);
	registry_put(&r, &older);
	assert_int_equal(registry_get(&r, 1)->offset, 5);
	registry_close(&r);
}

static void files_long_gone_are_forgotten(void **state)
{
	const struct folder *f = *state;
	struct registry_found found;
	struct registry r;
	struct error err;

	assert_true(registry_open(&r, f->path, &found, &err));
	for (uint64_t i = 1; i <= 100; i++) {
		struct registry_entry e = entry_of(i, i);

		registry_put(&r, &e);
	}
	assert_int_equal(registry_forget(&r, 51), 50);
	assert_null(registry_get(&r, 50));
	assert_non_null(registry_get(&r, 51));
	assert_null(registry_get_inode(&r, UINT64_MAX - 50));
	assert_int_equal(r.by_inode.n, 50);
	registry_close(&r);
}

int main(void)
{
#define WITH_FOLDER(test)                                                      \
	cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(what_was_saved_is_there_after_a_restart),
		WITH_FOLDER(a_torn_or_changed_file_is_set_aside),
		WITH_FOLDER(what_was_written_before_sizes_were_is_read),
		WITH_FOLDER(a_count_that_lies_is_malformed),
		WITH_FOLDER(two_shippers_cannot_share_a_folder),
		WITH_FOLDER(a_failed_save_keeps_the_old_file_and_stays_dirty),
		WITH_FOLDER(an_older_generation_does_not_overwrite),
		WITH_FOLDER(files_long_gone_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
