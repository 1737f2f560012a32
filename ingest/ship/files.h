/* files.h - all files followed: found, read in turn, let go
 *
 * Shell: looks at the file system, logs. A scan (files_scan) finds files, opens
 * them and closes what is done; a turn (files_turn) reads a bounded piece of
 * the one whose turn it is, so that no file starves another.
 *
 * A file whose name went to another is read to its end and closed after it has
 * been quiet for close_after. Former selves of followed files that are found
 * beside them (rotations that happened while nobody looked) are read likewise,
 * from where the registry says.
 *
 * What the registry knows as followed and nobody finds any more once all that
 * there is has been opened was taken away while nobody looked: it is named and
 * counted, once.
 *
 * Loop thread. */
#ifndef TOCSIN_INGEST_SHIP_FILES_H
#define TOCSIN_INGEST_SHIP_FILES_H

#include "core/metrics.h"
#include "ingest/ship/discover.h"
#include "ingest/ship/registry.h"
#include "ingest/ship/tail.h"
#include "ingest/ship/watch.h"

struct files {
	/* Set by the owner; borrowed. */
	struct str host_id;
	int64_t close_after_ms;
	int64_t hold_deleted_ms;
	int64_t rotated_within_ms;
	bool from_end;   /* ship.from */
	size_t open_max; /* files open at once, 0: any; further ones wait */
	struct registry *registry;
	struct discover *discover;
	struct watch *watch; /* may be NULL */
	struct tail_reader reader;

	/* Ours. */
	struct tail **tail;
	size_t n, cap;
	struct map by_inode; /* "DEV:INODE" -> tail that is read */
	struct map met;      /* ids of former selves that need no reading */
	struct map unopened; /* paths whose failure to open was named */
	size_t waiting;      /* found by the last scan, and over open_max */
	bool full;           /* that was named */
	struct tail *ready, *ready_last;
	uint64_t scan;
	int settled; /* scans in a row after which nothing waited for its name
		      */
	int64_t started_ms; /* wall: of the first scan */
	struct {
		struct metric *open, *waiting, *lag, *lost, *gone, *truncated;
	} count;
};

void files_init(struct files *f, struct metrics *metrics);
void files_release(struct files *f);

/* Look at the file system. wall_ms for the age of rotated files. */
void files_scan(struct files *f, int64_t mono_ms, int64_t wall_ms);

/* Something was written to t: it gets a turn. */
void files_wake(struct files *f, struct tail *t);

/* One turn of one file. False: none has anything to read, or the reader
 * refused a line. */
bool files_turn(struct files *f, int64_t mono_ms);

/* Put what is delivered into the registry (not to disk). */
void files_store(struct files *f, int64_t wall_ms);

/* Refresh the gauges. */
void files_measure(struct files *f);

/* For files.c, files_scan.c and files_gone.c. */
void files_add(struct files *f, struct tail *t);
/* Take number i out of the set and close it. */
void files_remove(struct files *f, size_t i);
void files_store_one(struct files *f, struct tail *t, int64_t wall_ms);
/* A former self was found of which nothing is left to be read. */
void files_meet(struct files *f, uint64_t base);
/* After a scan: name what is nowhere, as soon as that can be said. */
void files_name_gone(struct files *f);
/* A tail reads what has this id. */
bool files_reads(const struct files *f, uint64_t base);
/* Its first line is there: find its place and begin. False: not yet. */
bool files_name(struct files *f, struct tail *t, bool final);
/* It was rotated away and nothing more is to be expected. */
bool files_is_final(const struct files *f, const struct tail *t,
		    int64_t mono_ms);
struct tail *files_find(const struct files *f, dev_t dev, ino_t inode);

#endif
