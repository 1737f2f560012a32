/* discover_private.h - shared by discover.c and discover_rotated.c */
#ifndef TOCSIN_INGEST_SHIP_DISCOVER_PRIVATE_H
#define TOCSIN_INGEST_SHIP_DISCOVER_PRIVATE_H

#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "core/map.h"
#include "ingest/ship/discover.h"

struct known_target {
	dev_t dev;
	ino_t inode;
	char target[];
};

/* A folder that holds targets. */
struct folder {
	struct timespec listed; /* its mtime when it was last listed */
	bool used;              /* by the last scan */
};

struct discover {
	const struct strings *patterns, *exclude; /* borrowed */
	struct found_files files, dangling, rotated;
	struct map known;   /* path -> struct known_target */
	struct map broken;  /* dangling links that were named */
	struct map folders; /* folder -> struct folder */
};

/* ship.exclude names it. */
bool discover_excludes(const struct discover *d, const char *path);

void found_clear(struct found_files *list);
/* Copies the texts. */
void found_add(struct found_files *list, const char *path, const char *target,
	       const struct stat *st);

/* The lists own their texts; only their readers must not change them. */
static inline void free_const(const char *text)
{
	free((void *)(uintptr_t)text);
}

#endif
