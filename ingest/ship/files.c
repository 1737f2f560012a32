/* files.c - the set of followed files, and whose turn it is
 *
 * Owns the tails. Loop thread. See files.h. */
#include "ingest/ship/files.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/log.h"
#include "event/time.h"

void files_init(struct files *f, struct metrics *m)
{
	f->count.open =
		metrics_gauge(m, "tocsin_ship_files", "Files followed.", NULL);
	f->count.waiting = metrics_gauge(
		m, "tocsin_ship_files_waiting",
		"Files not followed yet because too many are open.", NULL);
	f->count.lag = metrics_gauge(m, "tocsin_ship_lag_bytes",
				     "Bytes in the files followed that are "
				     "not delivered.",
				     NULL);
	f->count.lost = metrics_counter(
		m, "tocsin_ship_lost_bytes_total",
		"Bytes that were seen in files and went with them before they "
		"were read.",
		NULL);
	f->count.gone = metrics_counter(
		m, "tocsin_ship_gone_files_total",
		"Files followed before the start of which nothing was there "
		"any more: what was written to them meanwhile is not read.",
		NULL);
	f->count.truncated = metrics_counter(
		m, "tocsin_ship_truncated_total",
		"Files that were truncated or written anew in place.", NULL);
}

void files_release(struct files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		watch_forget(f->watch, f->tail[i]->wd, f->tail[i]);
		tail_close(f->tail[i]);
	}
	free(f->tail);
	map_release(&f->by_inode, NULL);
	map_release(&f->unopened, NULL);
	map_release(&f->met, NULL);
}

/* ---- the set ---- */

static struct str inode_key(dev_t dev, ino_t inode, char text[48])
{
	int n = snprintf(text, 48, "%llx:%llx", (unsigned long long)dev,
			 (unsigned long long)inode);

	return str_slice(text, (size_t)n);
}

struct tail *files_find(const struct files *f, dev_t dev, ino_t inode)
{
	char text[48];

	return map_get(&f->by_inode, inode_key(dev, inode, text));
}

void files_add(struct files *f, struct tail *t)
{
	char text[48];

	*ARRAY_PUSH(f->tail, f->n, f->cap) = t;
	map_set(&f->by_inode, inode_key(t->dev, t->inode, text), t);
	t->wd = watch_file(f->watch, t->fd, t);
}

/* Its inode is free for another tail. */
static void unmap(struct files *f, const struct tail *t)
{
	char text[48];

	if (files_find(f, t->dev, t->inode) == t)
		map_remove(&f->by_inode, inode_key(t->dev, t->inode, text));
}

void files_remove(struct files *f, size_t i)
{
	struct tail *t = f->tail[i];

	ENSURE(!t->queued);
	watch_forget(f->watch, t->wd, t);
	unmap(f, t);
	tail_close(t);
	f->tail[i] = f->tail[--f->n];
}

bool files_is_final(const struct files *f, const struct tail *t,
		    int64_t mono_ms)
{
	int64_t quiet_since =
		t->grown_ms > t->unlisted_ms ? t->grown_ms : t->unlisted_ms;

	return t->unlisted_ms != 0 &&
	       mono_ms - quiet_since >= f->close_after_ms;
}

/* ---- registry ---- */

void files_store_one(struct files *f, struct tail *t, int64_t wall_ms)
{
	const struct registry_entry e = {
		.id = t->base,
		.generation = t->generation,
		.offset = t->acks.delivered,
		.time_ns = t->acks.time_ns,
		.head = t->head,
		.mark = t->mark,
		.inode = t->adopted ? t->original_inode : t->inode,
		.birth_ns = t->adopted ? t->original_birth_ns : t->birth_ns,
		.seen_ms = wall_ms,
		.size = t->size,
		.followed = true,
		.path = t->path,
		.target = t->target,
	};

	t->dirty = false;
	t->stored_size = t->size;
	registry_put(f->registry, &e);
}

void files_store(struct files *f, int64_t wall_ms)
{
	for (size_t i = 0; i < f->n; i++) {
		struct tail *t = f->tail[i];

		if (t->dirty || (t->named && t->size > t->stored_size))
			files_store_one(f, t, wall_ms);
	}
}

/* A file must be known on disk before its first line goes out: after a death a
 * copy that copytruncate made of it is told from a file of its own by that, and
 * lines of one generation from those of another. All that are new are saved
 * together. Where it fails, the regular saving says so. */
static void save_new(struct files *f)
{
	struct error err;

	files_store(f, clock_wall_ms());
	(void)!registry_save(f->registry, &err);
	for (size_t i = 0; i < f->n; i++)
		f->tail[i]->is_new = false;
}

/* Its generation: 0 unless it is known to have been begun again, or could be
 * without anybody knowing (no birth time to tell, no registry entry). */
static uint32_t first_generation(const struct tail *t)
{
	uint64_t seed = (uint64_t)clock_wall_ns();

	if (t->restarted && t->before_base == t->base)
		return t->before_generation + 1;
	if (t->birth_ns != FILE_BIRTH_UNKNOWN)
		return 0;
	return (uint32_t)str_hash_seed(str_slice(t->target, strlen(t->target)),
				       seed) >>
		       1 |
	       1;
}

bool files_name(struct files *f, struct tail *t, bool final)
{
	const struct registry_entry *e;
	bool again = false;

	if (!tail_head(t, f->host_id, final))
		return false;
	e = registry_get(f->registry, t->base);
	if (e)
		again = e->offset > t->size || !tail_holds(t, e->mark) ||
			(t->restarted && t->before_base == t->base);
	if (e && !again && e->mark.bytes > t->mark.bytes)
		t->mark = e->mark;
	if (e && !again)
		tail_begin(t, &f->reader, e->generation, e->offset, e->time_ns);
	else if (e)
		tail_begin(t, &f->reader, e->generation + 1, 0, TIME_NONE);
	else
		tail_begin(t, &f->reader, first_generation(t),
			   t->skip ? tail_last_start(t, &f->reader) : 0,
			   TIME_NONE);
	t->dirty = true;
	t->is_new = !e || again;
	log_info("following", KV_TEXT("path", t->path),
		 KV_TEXT("target", t->target),
		 KV_STR("id", str_slice(t->id_text, FILE_ID_DIGITS)),
		 KV_INT("offset", t->lines.start), KV_INT("size", t->size));
	return true;
}

/* ---- turns ---- */

void files_wake(struct files *f, struct tail *t)
{
	if (t->queued || (t->ended && join_is_empty(&t->join)))
		return;
	t->queued = true;
	t->next_ready = NULL;
	if (f->ready)
		f->ready_last->next_ready = t;
	else
		f->ready = t;
	f->ready_last = t;
}

static struct tail *take_ready(struct files *f)
{
	struct tail *t = f->ready;

	if (!t)
		return NULL;
	f->ready = t->next_ready;
	t->queued = false;
	return t;
}

/* What was written into the file now is another file. */
static void restart(struct files *f, struct tail *t, int64_t mono_ms)
{
	struct tail *next = tail_reopen(t, mono_ms);

	metric_add(f->count.truncated, 1);
	log_warn("file begun anew", KV_TEXT("path", t->path),
		 KV_TEXT("target", t->target), KV_INT("read", t->lines.start),
		 KV_INT("size", t->size));
	/* What it held and nobody has read may lie in a copy. */
	discover_list_again(f->discover);
	if (t->named)
		files_store_one(f, t, clock_wall_ms());
	t->ended = true;
	files_wake(f, t);
	watch_forget(f->watch, t->wd, t);
	t->wd = -1;
	if (next->fd < 0) {
		/* The next scan opens it by name. */
		unmap(f, t);
		tail_close(next);
		return;
	}
	files_add(f, next);
	files_wake(f, next);
}

static void name_failure(struct tail *t, const struct error *err)
{
	if (!t->failing)
		log_error("file not read", KV_TEXT("path", t->path),
			  KV_TEXT("error", err->text));
	t->failing = true;
}

/* Hand on what is held of it, if it is time. */
static bool flush(struct files *f, struct tail *t, bool final)
{
	if (join_is_empty(&t->join) || f->reader.flush(f->reader.arg, t, final))
		return true;
	files_wake(f, t);
	return false;
}

bool files_turn(struct files *f, int64_t mono_ms)
{
	struct tail *t = take_ready(f);
	struct error err = { 0 };

	if (!t)
		return false;
	if (t->ended)
		return flush(f, t, true);
	if (!t->named) {
		/* Others that wait for their names come first. */
		if (tail_look(t, mono_ms, &err) &&
		    files_name(f, t, files_is_final(f, t, mono_ms)))
			files_wake(f, t);
		return true;
	}
	if (t->is_new)
		save_new(f);
	switch (tail_read(t, &f->reader, files_is_final(f, t, mono_ms), mono_ms,
			  &err)) {
	case TAIL_AT_END:
		t->failing = false;
		return flush(f, t, files_is_final(f, t, mono_ms));
	case TAIL_MORE: files_wake(f, t); return true;
	case TAIL_REFUSED: files_wake(f, t); return false;
	case TAIL_CHANGED: restart(f, t, mono_ms); return true;
	case TAIL_FAILED: name_failure(t, &err); return true;
	}
	return true;
}

void files_measure(struct files *f)
{
	uint64_t lag = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (!f->tail[i]->ended)
			lag += tail_lag(f->tail[i]);
	}
	metric_set(f->count.open, (double)f->n);
	metric_set(f->count.waiting, (double)f->waiting);
	metric_set(f->count.lag, (double)lag);
}
