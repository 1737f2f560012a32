/* files_gone.c - what was taken away while nobody looked
 *
 * A rotation that compresses or removes takes what was not read yet with it.
 * The registry knows what was followed when it was last saved; what of that is
 * followed again or was met as a former self is there, the rest is gone.
 *
 * Part of files.h. Loop thread. */
#include "ingest/ship/files.h"

#include <sys/stat.h>

#include "core/log.h"

/* A copy of what was truncated is recognised in the scan after its original
 * got its name. */
enum { SETTLED = 2 };

static struct str key_of(uint64_t base, char digits[FILE_ID_DIGITS])
{
	file_id_format(base, digits);
	return str_slice(digits, FILE_ID_DIGITS);
}

void files_meet(struct files *f, uint64_t base)
{
	char digits[FILE_ID_DIGITS];

	if (f->settled < SETTLED)
		map_set(&f->met, key_of(base, digits), f);
}

bool files_reads(const struct files *f, uint64_t base)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->tail[i]->named && f->tail[i]->base == base)
			return true;
	}
	return false;
}

/* Something waits for its turn to be named. */
static bool is_unsettled(const struct files *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct tail *t = f->tail[i];

		if (!t->named && t->queued && t->size > 0)
			return true;
	}
	return false;
}

/* It lies where it lay, and could not be opened. */
static bool is_unreadable(const struct files *f, const struct registry_entry *e)
{
	struct stat st;

	return lstat(e->target, &st) == 0 && st.st_ino == e->inode &&
	       !files_find(f, st.st_dev, st.st_ino);
}

static bool is_gone(const struct files *f, const struct registry_entry *e)
{
	char digits[FILE_ID_DIGITS];

	return e->followed && !map_get(&f->met, key_of(e->id, digits)) &&
	       discover_matches(f->discover, e->path) && !is_unreadable(f, e);
}

static void name_gone(struct files *f, const struct registry_entry *e)
{
	uint64_t lost = e->size > e->offset ? e->size - e->offset : 0;

	metric_add(f->count.gone, 1);
	metric_add(f->count.lost, (int64_t)lost);
	if (lost > 0)
		log_error("file went before it was read to its end",
			  KV_TEXT("path", e->path),
			  KV_TEXT("target", e->target),
			  KV_INT("offset", e->offset),
			  KV_INT("bytes_at_least", lost));
	else
		log_warn("file is gone, what was written to it after it was "
			 "last looked at is not read",
			 KV_TEXT("path", e->path), KV_TEXT("target", e->target),
			 KV_INT("offset", e->offset));
	registry_settle(f->registry, e->id);
}

void files_name_gone(struct files *f)
{
	struct map_entry entry;

	if (f->settled == SETTLED)
		return;
	f->settled = is_unsettled(f) ? 0 : f->settled + 1;
	if (f->settled < SETTLED)
		return;
	for (size_t i = 0; i < f->n; i++) {
		char digits[FILE_ID_DIGITS];

		if (f->tail[i]->named)
			map_set(&f->met, key_of(f->tail[i]->base, digits), f);
	}
	map_for_each (&f->registry->by_id, entry) {
		if (is_gone(f, entry.value))
			name_gone(f, entry.value);
	}
	map_release(&f->met, NULL);
}
