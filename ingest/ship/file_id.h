/* file_id.h - the name of a file that outlives its path
 *
 * A file is named by 64 bits of xxHash3 over host id, inode, birth time (where
 * the file system has one) and its first line, up to 1 KiB. The path is not in
 * it: a renamed file keeps its name. The device number is not in it: it
 * changes over reboots. Written as 16 lower-case hex digits, before the ':' in
 * the header tocsin-source.
 *
 * Pure; safe on any thread. */
#ifndef TOCSIN_INGEST_SHIP_FILE_ID_H
#define TOCSIN_INGEST_SHIP_FILE_ID_H

#include "core/base.h"

enum {
	FILE_HEAD_BYTES = 1024, /* of the first line, at most */
	FILE_MARK_BYTES = 4096, /* of a mark, at most */
	FILE_ID_DIGITS = 16,
};

#define FILE_BIRTH_UNKNOWN INT64_MIN

/* What names a file on this host. `beginning` are its first bytes: up to
 * FILE_HEAD_BYTES, fewer only if the file is shorter. False while the first
 * line is not complete; then the file has no name yet. With `final` (it will
 * not grow) the first line may lack its LF. */
bool file_head(struct str beginning, bool final, struct str *head);

/* birth_ns since 1970, or FILE_BIRTH_UNKNOWN. */
uint64_t file_id(struct str host_id, uint64_t inode, int64_t birth_ns,
		 struct str head);

/* The name of what was written into the same file after it was truncated and
 * begun again with the same line. generation 0: id itself. */
uint64_t file_id_generation(uint64_t id, uint32_t generation);

/* The hash of the first line alone: tells copies of a file. */
uint64_t file_head_hash(struct str head);

/* What a file was seen to begin with. Files whose first lines are the same,
 * such as a banner, are told apart by it, and a file written anew in place from
 * what it was. */
struct file_mark {
	uint32_t bytes; /* 0: nothing was seen, every file begins so */
	uint64_t hash;
};

/* Of `beginning`, up to FILE_MARK_BYTES. */
struct file_mark file_mark(struct str beginning);
/* A file that begins with `beginning` (FILE_MARK_BYTES, fewer only if it is
 * shorter) begins with what the mark was made of. */
bool file_mark_holds(struct file_mark mark, struct str beginning);

/* No NUL. */
void file_id_format(uint64_t id, char out[FILE_ID_DIGITS]);
MUST_CHECK bool file_id_parse(struct str text, uint64_t *id);

#endif
