/* discover.h - which files are to be followed
 *
 * Every scan asks the file system anew: patterns are globbed, links followed
 * (relative ones too), and what is not a regular file is left alone. Links to
 * one inode are one file, named after the first link in order of patterns and
 * then of names. A link whose target is not there (yet) is named once, and
 * again after it has been right in between.
 *
 * Beside each file its rotated former selves are looked for (rotated.h), in
 * the folder of the link's target.
 *
 * Loop thread; costs a few system calls a file. */
#ifndef TOCSIN_INGEST_SHIP_DISCOVER_H
#define TOCSIN_INGEST_SHIP_DISCOVER_H

#include <sys/types.h>

#include "core/config.h"

struct found_file {
	const char *path;   /* as the pattern found it: the link */
	const char *target; /* where it lies, without links */
	dev_t dev;
	ino_t inode;
};

struct found_files {
	struct found_file *item;
	size_t n, cap;
};

struct discover;

/* patterns as of glob(3), and such of paths that are left alone even so, by the
 * name that was found or the one that it leads to (may be NULL); borrowed. */
struct discover *discover_open(const struct strings *patterns,
			       const struct strings *exclude);
void discover_close(struct discover *d);
/* Others from now on; borrowed. */
void discover_change(struct discover *d, const struct strings *patterns,
		     const struct strings *exclude);

/* Look. The lists are borrowed until the next scan; `dangling` gets the links
 * that are newly found to lead nowhere (inode 0). */
const struct found_files *discover_scan(struct discover *d);
const struct found_files *discover_dangling(const struct discover *d);

/* A pattern finds this path, if it is there. */
bool discover_matches(const struct discover *d, const char *path);

/* Former selves of the files of the last scan, path as that of the file that
 * they were, target where they lie now. Only folders that have changed since
 * they were last listed are listed; others give nothing. `now_ms` is wall
 * time: a folder that changed just before is listed again. Borrowed until the
 * next call. */
const struct found_files *discover_rotated(struct discover *d, int64_t now_ms);

/* Not all that discover_rotated() gave could be dealt with: list every folder
 * the next time. */
void discover_list_again(struct discover *d);

/* Folders in which a change may matter, for inotify: call fn with each. */
void discover_each_folder(const struct discover *d,
			  void (*fn)(void *arg, const char *folder), void *arg);

/* The part of a path behind the last '/', and before it ("." if none). */
struct str path_name(const char *path);
struct str path_folder(const char *path);

#endif
