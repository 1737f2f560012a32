/* registry.h - how far each file is delivered, kept over restarts
 *
 * One entry a file, by its id (file_id.h). Losing the registry costs repeats
 * that fall away downstream, never a line; a registry that runs ahead of
 * Kafka would lose lines, so only what was reported as delivered is put in.
 *
 * On disk: DIR/registry, text, written as a whole: a line "tocsin-registry 3
 * COUNT", a line an entry, a line "end HASH" over all bytes before it. Written
 * to DIR/registry.new, fsync, rename, fsync of DIR. DIR/lock is locked while it
 * is open, so that two shippers never share one.
 *
 * One thread at a time. */
#ifndef TOCSIN_INGEST_SHIP_REGISTRY_H
#define TOCSIN_INGEST_SHIP_REGISTRY_H

#include "core/buf.h"
#include "core/map.h"
#include "ingest/ship/file_id.h"

struct registry_entry {
	uint64_t id;           /* generation 0's */
	uint32_t generation;   /* times it was begun again with the same line */
	uint64_t offset;       /* every line before is delivered */
	int64_t time_ns;       /* of the last timed line before it; TIME_NONE */
	uint64_t head;         /* file_head_hash() */
	struct file_mark mark; /* of what was read */
	uint64_t inode;
	int64_t birth_ns; /* or FILE_BIRTH_UNKNOWN */
	int64_t seen_ms;  /* wall time at which the file was last there */
	uint64_t size;    /* when it was last looked at; below offset: not
			     known */
	bool followed;    /* it was not let go: more may have come since */
	char *path;       /* the name it was found by (a link), for people and
			     for ServiceKey; owned */
	char *target;     /* where it lay; owned */
};

struct registry {
	char *dir;
	int dir_fd, lock_fd;
	struct map by_id;    /* 16 digits -> entry, owned */
	struct map by_inode; /* 16 hex digits -> entry: the last one put */
	bool dirty;          /* holds what is not on disk */
};

/* What opening found, for the log. */
struct registry_found {
	bool fresh;       /* there was none */
	bool corrupt;     /* it was set aside as DIR/registry.corrupt */
	struct error why; /* if corrupt */
	size_t entries;
};

/* Reads DIR/registry; makes DIR if its parent is there. A corrupt one is set
 * aside and an empty one begun. Fails if DIR cannot be used or another process
 * holds it (ERROR_CONFIG). */
MUST_CHECK bool registry_open(struct registry *r, const char *dir,
			      struct registry_found *found, struct error *err);
/* Does not save. */
void registry_close(struct registry *r);

/* Borrowed until it is put again or forgotten; NULL if there is none. */
const struct registry_entry *registry_get(const struct registry *r,
					  uint64_t id);
/* The entry last put with this inode, or NULL: a hint, not a proof. */
const struct registry_entry *registry_get_inode(const struct registry *r,
						uint64_t inode);

/* Set or replace; copies the texts. An entry of an older generation than the
 * one held is ignored. */
void registry_put(struct registry *r, const struct registry_entry *entry);

/* Nothing more of it is to be expected, or to be told. */
void registry_settle(struct registry *r, uint64_t id);

/* Drop what was last seen before that wall time. */
size_t registry_forget(struct registry *r, int64_t seen_before_ms);

/* Write it if it is dirty; it stays dirty if that fails. Waits for the disk. */
MUST_CHECK bool registry_save(struct registry *r, struct error *err);

/* The file's bytes, and back into an empty registry; also what the formats
 * were before (1: without size and followed; 2: without mark). Pure. */
void registry_render(const struct registry *r, struct buf *out);
MUST_CHECK bool registry_parse(struct registry *r, struct str text,
			       struct error *err);

#endif
