/* discover_rotated.c - what the followed files were called before
 *
 * Part of discover.h. Loop thread. */
#include <dirent.h>

#include "core/buf.h"
#include "ingest/ship/discover_private.h"
#include "ingest/ship/rotated.h"

/* A change within this time after a listing may carry the same mtime. */
enum { SETTLE_MS = 2000 };

/* Forget folders that hold no target any more, learn the new ones. */
static void update_folders(struct discover *d)
{
	struct map_entry entry;

	map_for_each (&d->folders, entry)
		((struct folder *)entry.value)->used = false;
	for (size_t i = 0; i < d->files.n; i++) {
		struct str folder = path_folder(d->files.item[i].target);
		struct folder *f = map_get(&d->folders, folder);

		if (!f) {
			f = xcalloc(1, sizeof(*f));
			map_set(&d->folders, folder, f);
		}
		f->used = true;
	}
	map_for_each (&d->folders, entry) {
		struct folder *f = entry.value;

		if (!f->used) {
			map_remove(&d->folders, entry.key);
			free(f);
		}
	}
}

static bool has_changed(struct folder *f, const char *folder, int64_t now_ms)
{
	int64_t mtime_ms;
	struct stat st;

	if (stat(folder, &st) != 0)
		return false;
	if (st.st_mtim.tv_sec == f->listed.tv_sec &&
	    st.st_mtim.tv_nsec == f->listed.tv_nsec)
		return false;
	mtime_ms = st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	f->listed = (struct timespec){ 0 };
	if (now_ms - mtime_ms > SETTLE_MS)
		f->listed = st.st_mtim;
	return true;
}

/* Which file of the last scan had the name that `name` once had? */
static const struct found_file *former_self(const struct map *targets,
					    const char *folder, struct str name)
{
	AUTO(buf_release) struct buf original = { 0 };
	AUTO(buf_release) struct buf path = { 0 };

	for (size_t i = 0; rotated_original(name, i, &original); i++) {
		const struct found_file *f;

		buf_clear(&path);
		buf_add_format(&path, "%s/%s", folder, buf_text(&original));
		f = map_get(targets, buf_str(&path));
		if (f)
			return f;
	}
	return NULL;
}

static void list_folder(struct discover *d, const struct map *targets,
			const char *folder)
{
	DIR *dir = opendir(folder);
	struct dirent *e;

	if (!dir)
		return;
	while ((e = readdir(dir))) {
		AUTO(buf_release) struct buf path = { 0 };
		const struct found_file *self;
		struct stat st;

		self = former_self(targets, folder, str_of(e->d_name));
		if (!self)
			continue;
		buf_add_format(&path, "%s/%s", folder, e->d_name);
		if (!discover_excludes(d, buf_text(&path)) &&
		    lstat(buf_text(&path), &st) == 0 && S_ISREG(st.st_mode))
			found_add(&d->rotated, self->path, buf_text(&path),
				  &st);
	}
	closedir(dir);
}

const struct found_files *discover_rotated(struct discover *d, int64_t now_ms)
{
	struct map targets = { 0 };
	struct map_entry entry;

	found_clear(&d->rotated);
	update_folders(d);
	for (size_t i = 0; i < d->files.n; i++)
		map_set(&targets, str_of(d->files.item[i].target),
			&d->files.item[i]);
	map_for_each (&d->folders, entry) {
		AUTO(free_text) char *folder = str_dup(entry.key);

		if (has_changed(entry.value, folder, now_ms))
			list_folder(d, &targets, folder);
	}
	map_release(&targets, NULL);
	return &d->rotated;
}

void discover_list_again(struct discover *d)
{
	struct map_entry entry;

	map_for_each (&d->folders, entry)
		((struct folder *)entry.value)->listed = (struct timespec){ 0 };
}
