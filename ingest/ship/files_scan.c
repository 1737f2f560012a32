/* files_scan.c - looks for files, and lets go of those that are done
 *
 * Part of files.h. Loop thread. */
#include "ingest/ship/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "event/time.h"

enum { UNOPENED_MAX = 10000 };

/* ---- files that are there ---- */

/* Names a failure once, until the path could be opened in between. */
static void name_unopened(struct files *f, const struct found_file *found,
			  const struct error *err)
{
	if (map_get(&f->unopened, str_of(found->target)))
		return;
	if (f->unopened.n >= UNOPENED_MAX)
		map_release(&f->unopened, NULL);
	map_set(&f->unopened, str_of(found->target), f);
	log_warn("file not opened", KV_TEXT("path", found->path),
		 KV_TEXT("error", err->text));
}

static struct tail *open_one(struct files *f, const struct found_file *found,
			     int64_t mono_ms)
{
	struct error err;
	struct tail *t = tail_open(found, &err);

	if (!t) {
		name_unopened(f, found, &err);
		return NULL;
	}
	map_remove(&f->unopened, str_of(found->target));
	t->grown_ms = mono_ms;
	t->time_ns = TIME_NONE;
	return t;
}

/* It was there before this program, and only what comes is wanted. Its place is
 * taken now: nobody knows when its first turn will be. */
static void begin_at_end(struct files *f, struct tail *t)
{
	t->skip = true;
	(void)files_name(f, t, false);
	t->skip = false;
}

static void follow_found(struct files *f, const struct found_file *found,
			 int64_t mono_ms)
{
	struct tail *t = files_find(f, found->dev, found->inode);

	if (!t) {
		t = open_one(f, found, mono_ms);
		if (t)
			files_add(f, t);
		if (t && f->from_end && f->scan == 1)
			begin_at_end(f, t);
	}
	if (t)
		t->listed = f->scan;
}

/* ---- files that were there ---- */

/* What the registry and the file's own times say, without opening it. */
static bool worth_opening(struct files *f, const struct found_file *found,
			  int64_t wall_ms)
{
	const struct registry_entry *e =
		registry_get_inode(f->registry, found->inode);
	int64_t birth_ns = FILE_BIRTH_UNKNOWN;
	struct statx st;

	if (statx(AT_FDCWD, found->target, AT_SYMLINK_NOFOLLOW,
		  STATX_BASIC_STATS | STATX_BTIME, &st) != 0 ||
	    st.stx_size == 0)
		return false;
	if (st.stx_mask & STATX_BTIME)
		birth_ns = st.stx_btime.tv_sec * TIME_SECOND +
			   st.stx_btime.tv_nsec;
	if (e && e->birth_ns == birth_ns) {
		files_meet(f, e->id);
		return e->offset < st.stx_size;
	}
	if (f->from_end && st.stx_mtime.tv_sec * 1000 < f->started_ms)
		return false;
	return f->rotated_within_ms > 0 &&
	       wall_ms - st.stx_mtime.tv_sec * 1000 <= f->rotated_within_ms;
}

/* Another file that is or was followed begins with the same line: this one is
 * taken for a copy (of copytruncate), which holds nothing new. */
static bool is_copy(const struct files *f, const struct tail *t)
{
	if (registry_get(f->registry, t->base))
		return false;
	for (size_t i = 0; i < f->n; i++) {
		if (f->tail[i]->named && f->tail[i]->head == t->head)
			return true;
	}
	return registry_knows_head(f->registry, t->head);
}

/* Nothing of it is left to be read. */
static bool is_delivered(const struct files *f, const struct tail *t)
{
	const struct registry_entry *e = registry_get(f->registry, t->base);

	return e && e->offset >= t->size;
}

/* What is followed by this name now. */
static const struct tail *live_of(const struct files *f, const char *path)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct tail *t = f->tail[i];

		if (!t->ended && t->listed == f->scan &&
		    strcmp(t->path, path) == 0)
			return t;
	}
	return NULL;
}

/* It holds something else than what `e` knows. */
static bool is_truncated(const struct tail *live,
			 const struct registry_entry *e)
{
	return live->named ? live->base != e->id : live->size < e->offset;
}

static bool line_begins_at(const struct tail *t, uint64_t offset)
{
	char before;

	return offset == 0 ||
	       (pread(t->fd, &before, 1, (off_t)offset - 1) == 1 &&
		before == '\n');
}

/* t is the copy of a file that was truncated (copytruncate) before it was read
 * to its end: go on in the copy, as if it were that file. */
static bool adopt(struct files *f, struct tail *t)
{
	const struct tail *live = live_of(f, t->path);
	const struct registry_entry *e = NULL;

	if (live)
		e = registry_get_head(f->registry, t->head, live->inode,
				      live->birth_ns);
	if (e && e->offset >= t->size)
		files_meet(f, e->id);
	if (!e || e->offset >= t->size || !line_begins_at(t, e->offset))
		return false;
	if (files_reads(f, e->id) || !is_truncated(live, e)) {
		/* The truncation is perhaps still to come, or the last lines
		 * before it are under way. */
		discover_list_again(f->discover);
		return false;
	}
	t->base = e->id;
	t->adopted = true;
	t->original_inode = e->inode;
	t->original_birth_ns = e->birth_ns;
	tail_begin(t, &f->reader, e->generation, e->offset, e->time_ns);
	log_info("truncated file goes on in its copy", KV_TEXT("path", t->path),
		 KV_TEXT("copy", t->target), KV_INT("offset", e->offset),
		 KV_INT("size", t->size));
	return true;
}

static void follow_rotated(struct files *f, const struct found_file *found,
			   int64_t mono_ms, int64_t wall_ms)
{
	struct tail *t;

	if (files_find(f, found->dev, found->inode) ||
	    !worth_opening(f, found, wall_ms))
		return;
	t = open_one(f, found, mono_ms);
	if (!t) {
		discover_list_again(f->discover);
		return;
	}
	t->unlisted_ms = mono_ms;
	if (!tail_head(t, f->host_id, true)) {
		tail_close(t);
		return;
	}
	if (is_delivered(f, t)) {
		files_meet(f, t->base);
		tail_close(t);
		return;
	}
	if (is_copy(f, t) && !adopt(f, t)) {
		log_info("rotated file taken for a copy",
			 KV_TEXT("path", t->path), KV_TEXT("file", t->target));
		tail_close(t);
		return;
	}
	files_add(f, t);
}

/* A link that was re-pointed while nobody looked: what it pointed at is where
 * the registry saw it. */
static void recall(struct files *f, int64_t mono_ms, int64_t wall_ms)
{
	struct map_entry entry;

	map_for_each (&f->registry->by_id, entry) {
		const struct registry_entry *e = entry.value;
		struct found_file found = { .path = e->path,
					    .target = e->target };
		struct stat st;

		if (!discover_matches(f->discover, e->path) ||
		    lstat(e->target, &st) != 0 || !S_ISREG(st.st_mode) ||
		    st.st_ino != e->inode)
			continue;
		found.dev = st.st_dev;
		found.inode = st.st_ino;
		follow_rotated(f, &found, mono_ms, wall_ms);
	}
}

/* ---- files that are done ---- */

static void let_go(struct files *f, size_t i, int64_t wall_ms)
{
	struct tail *t = f->tail[i];

	if (t->dirty)
		files_store_one(f, t, wall_ms);
	if (t->named)
		registry_settle(f->registry, t->base);
	log_info("closed", KV_TEXT("path", t->path),
		 KV_TEXT("target", t->target),
		 KV_INT("offset", t->named ? t->acks.delivered : 0));
	files_remove(f, i);
}

/* A deleted file takes room on the disk for as long as it is held. */
static void give_up_deleted(struct files *f, struct tail *t, int64_t mono_ms)
{
	if (!t->deleted || t->ended || t->unlisted_ms == 0 ||
	    mono_ms - t->unlisted_ms < f->hold_deleted_ms)
		return;
	t->ended = true;
	if (tail_lag(t) == 0)
		return;
	metric_add(f->count.lost, (int64_t)tail_lag(t));
	log_error("deleted file given up", KV_TEXT("path", t->path),
		  KV_TEXT("target", t->target), KV_INT("bytes", tail_lag(t)));
}

/* Bytes behind its last LF. */
static bool has_rest(const struct tail *t)
{
	return t->size > (t->named ? t->lines.start : 0);
}

/* Read and delivered to its end. */
static bool is_finished(const struct files *f, const struct tail *t,
			int64_t mono_ms)
{
	if (t->ended)
		return !t->named ||
		       (acks_idle(&t->acks) && join_is_empty(&t->join));
	if (!files_is_final(f, t, mono_ms))
		return false;
	if (!t->named)
		return t->size == 0;
	return t->at_end && !has_rest(t) && acks_idle(&t->acks) &&
	       join_is_empty(&t->join);
}

static void review(struct files *f, struct tail *t, int64_t mono_ms)
{
	struct error err;

	if (!join_is_empty(&t->join))
		files_wake(f, t);
	if (t->ended)
		return;
	if (t->listed == f->scan)
		t->unlisted_ms = 0;
	else if (t->unlisted_ms == 0)
		t->unlisted_ms = mono_ms;
	if (!tail_look(t, mono_ms, &err) && !t->failing) {
		t->failing = true;
		log_error("file not read", KV_TEXT("path", t->path),
			  KV_TEXT("error", err.text));
	}
	if (!t->at_end || (files_is_final(f, t, mono_ms) && has_rest(t)))
		files_wake(f, t);
	give_up_deleted(f, t, mono_ms);
}

static void watch_one_folder(void *arg, const char *folder)
{
	watch_folder(arg, folder);
}

void files_scan(struct files *f, int64_t mono_ms, int64_t wall_ms)
{
	const struct found_files *list = discover_scan(f->discover);
	const struct found_files *dangling = discover_dangling(f->discover);

	if (f->scan++ == 0)
		f->started_ms = wall_ms;
	for (size_t i = 0; i < dangling->n; i++)
		log_warn("link leads nowhere, waiting for its target",
			 KV_TEXT("path", dangling->item[i].path));
	for (size_t i = 0; i < list->n; i++)
		follow_found(f, &list->item[i], mono_ms);
	list = discover_rotated(f->discover, wall_ms);
	for (size_t i = 0; i < list->n; i++)
		follow_rotated(f, &list->item[i], mono_ms, wall_ms);
	if (f->scan == 1)
		recall(f, mono_ms, wall_ms);
	discover_each_folder(f->discover, watch_one_folder, f->watch);
	for (size_t i = 0; i < f->n; i++)
		review(f, f->tail[i], mono_ms);
	for (size_t i = f->n; i-- > 0;) {
		if (!f->tail[i]->queued && is_finished(f, f->tail[i], mono_ms))
			let_go(f, i, wall_ms);
	}
	files_name_gone(f);
}
