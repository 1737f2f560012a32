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

/* Descriptors are left for Kafka, the registry and the status port. */
static bool must_wait(struct files *f)
{
	if (f->open_max == 0 || f->n < f->open_max)
		return false;
	f->waiting++;
	return true;
}

static void name_waiting(struct files *f)
{
	bool full = f->waiting > 0;

	if (full && !f->full)
		log_error("too many files, the others wait until some are "
			  "closed: raise the limit of open files "
			  "(LimitNOFILE, ulimit -n)",
			  KV_INT("open", f->n), KV_INT("waiting", f->waiting));
	f->full = full;
}

static struct tail *open_one(struct files *f, const struct found_file *found,
			     int64_t mono_ms)
{
	struct error err;
	struct tail *t;

	if (must_wait(f))
		return NULL;
	t = tail_open(found, &err);
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
		return e->offset != st.stx_size;
	}
	if (f->from_end && st.stx_mtime.tv_sec * 1000 < f->started_ms)
		return false;
	return f->rotated_within_ms > 0 &&
	       wall_ms - st.stx_mtime.tv_sec * 1000 <= f->rotated_within_ms;
}

/* Nothing of it is left to be read. */
static bool is_delivered(const struct files *f, const struct tail *t)
{
	const struct registry_entry *e = registry_get(f->registry, t->base);

	return e && e->offset == t->size && tail_holds(t, e->mark);
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

static bool line_begins_at(const struct tail *t, uint64_t offset)
{
	char before;

	return offset == 0 ||
	       (pread(t->fd, &before, 1, (off_t)offset - 1) == 1 &&
		before == '\n');
}

/* What a rotated file is to those that begin with the same bytes. */
enum kinship {
	KIN_NONE, /* a file of its own */
	KIN_WAIT, /* not to be told yet */
	KIN_COPY, /* a copy (of copytruncate), which holds nothing new */
	KIN_REST, /* a copy of what was truncated before it was read */
};

/* What t is to a file that is followed. A copy is never longer than what it was
 * made of, unless that was truncated since. */
static enum kinship kin_of_tail(const struct tail *t, const struct tail *other)
{
	if (!other->named || other->head != t->head ||
	    !tail_holds(t, other->mark))
		return KIN_NONE;
	if (t->size <= other->acks.delivered)
		return KIN_COPY;
	if (!other->ended && tail_is_same(other) && t->size > other->size)
		return KIN_NONE;
	return KIN_WAIT;
}

/* What t is to what the registry knows. Truncation keeps the inode, so of a
 * short file only what lies under the name now can have a copy. */
static enum kinship kin_of_entry(const struct files *f, const struct tail *t,
				 const struct registry_entry *e)
{
	const struct tail *live;

	if (e->head != t->head || files_reads(f, e->id) ||
	    !tail_holds(t, e->mark))
		return KIN_NONE;
	live = live_of(f, t->path);
	if (!live || live->inode != e->inode || live->birth_ns != e->birth_ns) {
		/* So much alike are copies only. */
		if (e->mark.bytes < FILE_MARK_BYTES)
			return KIN_NONE;
	} else if (!live->named && live->size >= e->offset) {
		/* The truncation is perhaps still to come. */
		return KIN_WAIT;
	}
	if (t->size <= e->offset)
		return KIN_COPY;
	return line_begins_at(t, e->offset) ? KIN_REST : KIN_NONE;
}

/* What t is to all that is or was followed, the nearest, and if the registry
 * knows it, to whom. What is of nobody's kin is read, if need be once more:
 * repeated rather than lost. */
static enum kinship kin_of(const struct files *f, const struct tail *t,
			   const struct registry_entry **of)
{
	enum kinship kin = KIN_NONE;
	struct map_entry entry;

	if (registry_get(f->registry, t->base))
		return KIN_NONE;
	for (size_t i = 0; i < f->n; i++) {
		enum kinship k = kin_of_tail(t, f->tail[i]);

		kin = k > kin ? k : kin;
	}
	if (kin != KIN_NONE)
		return kin;
	map_for_each (&f->registry->by_id, entry) {
		enum kinship k = kin_of_entry(f, t, entry.value);

		if (k > kin) {
			kin = k;
			*of = entry.value;
		}
	}
	return kin;
}

/* Go on in the copy, as if it were the file. */
static void adopt(struct files *f, struct tail *t,
		  const struct registry_entry *e)
{
	t->base = e->id;
	t->adopted = true;
	t->original_inode = e->inode;
	t->original_birth_ns = e->birth_ns;
	t->mark = e->mark;
	tail_begin(t, &f->reader, e->generation, e->offset, e->time_ns);
	log_info("truncated file goes on in its copy", KV_TEXT("path", t->path),
		 KV_TEXT("copy", t->target), KV_INT("offset", e->offset),
		 KV_INT("size", t->size));
}

/* It is the whole copy of a file that was truncated since: its lines went out
 * under that one's name, whatever becomes of that one. */
static void remember_copy(struct files *f, const struct tail *t,
			  const struct registry_entry *e, int64_t wall_ms)
{
	const struct registry_entry copy = {
		.id = t->base,
		.offset = t->size,
		.time_ns = TIME_NONE,
		.head = t->head,
		.mark = e->mark,
		.inode = t->inode,
		.birth_ns = t->birth_ns,
		.seen_ms = wall_ms,
		.size = t->size,
		.path = t->path,
		.target = t->target,
	};

	log_info("rotated file taken for a copy", KV_TEXT("path", t->path),
		 KV_TEXT("file", t->target));
	registry_put(f->registry, &copy);
}

/* Follow it unless another has what it holds. */
static bool admit(struct files *f, struct tail *t, int64_t wall_ms)
{
	const struct registry_entry *of = NULL;

	if (!tail_head(t, f->host_id, true))
		return false;
	if (is_delivered(f, t)) {
		files_meet(f, t->base);
		return false;
	}
	switch (kin_of(f, t, &of)) {
	case KIN_NONE: return true;
	case KIN_WAIT: discover_list_again(f->discover); return false;
	case KIN_COPY:
		if (of) {
			files_meet(f, of->id);
			remember_copy(f, t, of, wall_ms);
		}
		return false;
	case KIN_REST:
		ENSURE(of);
		adopt(f, t, of);
		return true;
	}
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
	if (!admit(f, t, wall_ms)) {
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
	f->waiting = 0;
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
	name_waiting(f);
	discover_each_folder(f->discover, watch_one_folder, f->watch);
	for (size_t i = 0; i < f->n; i++)
		review(f, f->tail[i], mono_ms);
	for (size_t i = f->n; i-- > 0;) {
		if (!f->tail[i]->queued && is_finished(f, f->tail[i], mono_ms))
			let_go(f, i, wall_ms);
	}
	files_name_gone(f);
}
