/* tail.h - one file followed
 *
 * A tail holds its file open, so the file stays what it is while its name is
 * given to another or removed; it ends at the file's end, not at its name's.
 * Between two turns it keeps no bytes, only places, but for entries that are
 * not whole yet (join.h).
 *
 * What is read is checked against the file's beginning (file_mark) after it was
 * read: if that changed or the file shrank, the bytes belong to another file
 * that was written into the same inode, and this tail has ended.
 *
 * Loop thread. */
#ifndef TOCSIN_INGEST_SHIP_TAIL_H
#define TOCSIN_INGEST_SHIP_TAIL_H

#include <sys/types.h>

#include "ingest/ship/acks.h"
#include "ingest/ship/discover.h"
#include "ingest/ship/file_id.h"
#include "ingest/ship/join.h"
#include "ingest/ship/lines.h"

struct tail {
	int fd;
	dev_t dev;
	ino_t inode;
	int64_t birth_ns;   /* or FILE_BIRTH_UNKNOWN */
	char *path;         /* the name it was found by */
	char *target;       /* where it lay when it was opened */
	struct str service; /* for events without ServiceKey; in path */

	/* Known once tail_head() is. */
	bool named;
	uint64_t base; /* id of generation 0 */
	uint32_t generation;
	uint64_t id;
	char id_text[FILE_ID_DIGITS];
	uint64_t head;         /* file_head_hash() */
	struct file_mark mark; /* at first of the first line, then of what was
				  read */

	/* Where it is. */
	struct lines lines;
	struct join join; /* read, and not whole yet */
	struct acks acks;
	int64_t time_ns;  /* of the last timed line read; TIME_NONE */
	uint64_t size;    /* when last looked at */
	bool at_end;      /* everything up to `size` was read */
	int64_t grown_ms; /* mono: when last seen to have grown */

	bool skip;    /* what it holds already is not wanted */
	bool deleted; /* no name leads to it any more */

	/* It is a copy made before its original was truncated, and is known by
	 * what that one was: the rest of it is read here. */
	bool adopted;
	ino_t original_inode;
	int64_t original_birth_ns;

	/* It follows what was written into the same file before. */
	bool restarted;
	uint64_t before_base;
	uint32_t before_generation;

	/* Of whoever keeps it (files.c). */
	uint64_t listed;      /* number of the last scan that found it */
	int64_t unlisted_ms;  /* mono: since when no scan finds it; 0 */
	bool ended;           /* nothing more is read; waits for reports */
	bool dirty;           /* its registry entry is behind */
	bool is_new;          /* it has none on disk yet */
	uint64_t stored_size; /* as the registry has it */
	bool failing;         /* a failure was named */
	bool queued;
	struct tail *next_ready;
	int wd; /* its inotify watch, or -1 */
};

/* The same buffer serves all tails. */
struct tail_reader {
	char *buffer;
	size_t room;       /* lines_room(limit, chunk) */
	size_t limit;      /* bytes of a line handed out */
	size_t chunk;      /* bytes of a reading */
	size_t turn_bytes; /* of one turn */
	/* A line of t. False: not now; it comes again. */
	bool (*take)(void *arg, struct tail *t, const struct line *line);
	/* t is at its end: hand on what waited long enough, with `final`
	 * everything. False: not now. */
	bool (*flush)(void *arg, struct tail *t, bool final);
	void *arg;
	size_t *held_bytes; /* of all tails; may be NULL */
};

enum tail_turn {
	TAIL_AT_END,  /* everything there is was taken */
	TAIL_MORE,    /* the turn is over, the file is not */
	TAIL_REFUSED, /* take() said no */
	TAIL_CHANGED, /* another file was written into this one */
	TAIL_FAILED,  /* could not be read */
};

/* Opens the file where it lies; NULL (ERROR_RETRY) if that fails or another
 * file lies there by now. Close with tail_close(). */
MUST_CHECK struct tail *tail_open(const struct found_file *found,
				  struct error *err);
void tail_close(struct tail *t);
/* The same file from its beginning, for what was written into it after `t`
 * changed. */
struct tail *tail_reopen(const struct tail *t, int64_t mono_ms);

/* Look at its size and names. False: could not (err). */
MUST_CHECK bool tail_look(struct tail *t, int64_t mono_ms, struct error *err);

/* Find out its base id and head if its first line is complete (with `final`:
 * or will never be). False: not yet, or it could not be read. */
bool tail_head(struct tail *t, struct str host_id, bool final);

/* It begins with what that mark was made of. Reads the file. */
bool tail_holds(const struct tail *t, struct file_mark mark);
/* What it was is still in it: it was not truncated or written anew since. */
bool tail_is_same(const struct tail *t);

/* Where the last line begins that had no end when the file was last looked at;
 * the file's end if it has none. 0 also if that can not be read. */
uint64_t tail_last_start(const struct tail *t, const struct tail_reader *r);

/* Follow it from here on. */
void tail_begin(struct tail *t, const struct tail_reader *r,
		uint32_t generation, uint64_t offset, int64_t time_ns);

/* One turn of reading. With `final` the file will not grow, and a rest without
 * LF is a line too. */
enum tail_turn tail_read(struct tail *t, const struct tail_reader *r,
			 bool final, int64_t mono_ms, struct error *err);

/* Read again from what is delivered. Flights must be gone. */
void tail_rewind(struct tail *t, const struct tail_reader *r);

/* Bytes of the file that are not delivered. */
uint64_t tail_lag(const struct tail *t);

#endif
