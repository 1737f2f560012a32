/* discover.c - globs, links and inodes
 *
 * Owns the lists it lends. Loop thread. See discover.h. */
#include "ingest/ship/discover.h"

#include <fnmatch.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ingest/ship/discover_private.h"

struct str path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return str_of(slash ? slash + 1 : path);
}

struct str path_folder(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return STR(".");
	return str_slice(path, slash == path ? 1 : (size_t)(slash - path));
}

void found_clear(struct found_files *list)
{
	for (size_t i = 0; i < list->n; i++) {
		free_const(list->item[i].path);
		free_const(list->item[i].target);
	}
	list->n = 0;
}

void found_add(struct found_files *list, const char *path, const char *target,
	       const struct stat *st)
{
	struct found_file *f = ARRAY_PUSH(list->item, list->n, list->cap);

	*f = (struct found_file){
		.path = xstrdup(path),
		.target = xstrdup(target),
		.dev = st ? st->st_dev : 0,
		.inode = st ? st->st_ino : 0,
	};
}

struct discover *discover_open(const struct strings *patterns,
			       const struct strings *exclude)
{
	struct discover *d = xcalloc(1, sizeof(*d));

	d->patterns = patterns;
	d->exclude = exclude;
	return d;
}

void discover_change(struct discover *d, const struct strings *patterns,
		     const struct strings *exclude)
{
	d->patterns = patterns;
	d->exclude = exclude;
	discover_list_again(d);
}

void discover_close(struct discover *d)
{
	if (!d)
		return;
	found_clear(&d->files);
	found_clear(&d->dangling);
	found_clear(&d->rotated);
	free(d->files.item);
	free(d->dangling.item);
	free(d->rotated.item);
	map_release(&d->known, free);
	map_release(&d->broken, NULL);
	map_release(&d->folders, free);
	free(d);
}

/* Where a path leads. realpath() costs a call a folder, so what it said is
 * kept for as long as the path leads to the same inode. */
static const char *target_of(struct discover *d, const char *path,
			     const struct stat *st)
{
	struct known_target *k = map_get(&d->known, str_of(path));
	char *target;

	if (k && k->dev == st->st_dev && k->inode == st->st_ino)
		return k->target;
	target = realpath(path, NULL);
	if (!target)
		return NULL;
	k = xmalloc(sizeof(*k) + strlen(target) + 1);
	k->dev = st->st_dev;
	k->inode = st->st_ino;
	memcpy(k->target, target, strlen(target) + 1);
	free(target);
	free(map_set(&d->known, str_of(path), k));
	return k->target;
}

static void note_dangling(struct discover *d, const char *path)
{
	if (map_get(&d->broken, str_of(path)))
		return;
	map_set(&d->broken, str_of(path), d);
	found_add(&d->dangling, path, "", NULL);
}

/* "DEV:INODE" */
static struct str inode_key(const struct stat *st, char text[48])
{
	int n = snprintf(text, 48, "%llx:%llx", (unsigned long long)st->st_dev,
			 (unsigned long long)st->st_ino);

	return str_slice(text, (size_t)n);
}

static void look_at(struct discover *d, struct map *seen, const char *path)
{
	const char *target;
	struct stat st;
	char text[48];

	if (discover_excludes(d, path))
		return;
	if (stat(path, &st) != 0) {
		note_dangling(d, path);
		return;
	}
	map_remove(&d->broken, str_of(path));
	if (!S_ISREG(st.st_mode) || map_get(seen, inode_key(&st, text)))
		return;
	target = target_of(d, path, &st);
	if (!target || discover_excludes(d, target))
		return;
	map_set(seen, inode_key(&st, text), d);
	found_add(&d->files, path, target, &st);
}

/* Paths come and go; what is remembered of those that went is dropped. */
static void prune(struct discover *d)
{
	size_t enough = 2 * d->files.n + 1024;

	if (d->known.n > enough)
		map_release(&d->known, free);
	if (d->broken.n > enough)
		map_release(&d->broken, NULL);
}

const struct found_files *discover_scan(struct discover *d)
{
	struct map seen = { 0 };

	prune(d);
	found_clear(&d->files);
	found_clear(&d->dangling);
	for (size_t i = 0; i < d->patterns->n; i++) {
		glob_t g = { 0 };

		if (glob(d->patterns->item[i], 0, NULL, &g) == 0) {
			for (size_t k = 0; k < g.gl_pathc; k++)
				look_at(d, &seen, g.gl_pathv[k]);
		}
		globfree(&g);
	}
	map_release(&seen, NULL);
	return &d->files;
}

static bool any_matches(const struct strings *patterns, const char *path)
{
	for (size_t i = 0; patterns && i < patterns->n; i++) {
		if (fnmatch(patterns->item[i], path,
			    FNM_PATHNAME | FNM_PERIOD) == 0)
			return true;
	}
	return false;
}

bool discover_excludes(const struct discover *d, const char *path)
{
	return any_matches(d->exclude, path);
}

bool discover_matches(const struct discover *d, const char *path)
{
	return any_matches(d->patterns, path) && !discover_excludes(d, path);
}

const struct found_files *discover_dangling(const struct discover *d)
{
	return &d->dangling;
}

void discover_each_folder(const struct discover *d,
			  void (*fn)(void *arg, const char *folder), void *arg)
{
	struct map_entry entry;

	for (size_t i = 0; i < d->patterns->n; i++) {
		AUTO(free_text)
		char *folder = str_dup(path_folder(d->patterns->item[i]));

		if (!strpbrk(folder, "*?["))
			fn(arg, folder);
	}
	map_for_each (&d->folders, entry) {
		AUTO(free_text) char *folder = str_dup(entry.key);

		fn(arg, folder);
	}
}
