/* files_place.h - a folder with followed files, for tests of the whole set
 *
 * What would be sent is written down as "ID-NUMBER:OFFSET TEXT", ids numbered
 * in order of appearance. */
#ifndef TOCSIN_TESTS_UNIT_FILES_PLACE_H
#define TOCSIN_TESTS_UNIT_FILES_PLACE_H

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

static inline size_t number_of(struct place *p, uint64_t id)
{
	for (size_t i = 0; i < p->n_ids; i++) {
		if (p->ids[i] == id)
			return i;
	}
	assert_true(p->n_ids < ARRAY_LENGTH(p->ids));
	p->ids[p->n_ids] = id;
	return p->n_ids++;
}

static inline bool take(void *arg, struct tail *t, const struct line *line)
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

static inline void start(struct place *p)
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
static inline void stop(struct place *p)
{
	free(p->files.reader.buffer);
	files_release(&p->files);
	discover_close(p->files.discover);
	acks_pool_release(&p->pool);
	registry_close(&p->registry);
	metrics_close(p->metrics);
}

static inline void store(struct place *p)
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

static inline int begin(void **state)
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

static inline int remove_one(const char *path, const struct stat *st, int flag,
			     struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline int end(void **state)
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

static inline void append(const char *path, const char *text)
{
	FILE *f = fopen(path, "a");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static inline void replace(const char *path, const char *text)
{
	assert_int_equal(truncate(path, 0), 0);
	append(path, text);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, begin, end)

#endif
