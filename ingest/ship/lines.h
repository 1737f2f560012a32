/* lines.h - a file's bytes cut into lines, each with its place
 *
 * The splitter owns no bytes. It says which bytes of the file it wants next,
 * is given them, and hands out lines that borrow from them. A line that has no
 * line feed yet is waited for and read again, so nothing is kept between two
 * readings but three numbers, however many files are followed.
 *
 * A line longer than `limit` bytes is handed out cut to its first `limit`
 * bytes, once its end has been found; the bytes between are looked at, never
 * held. Its place is the same before and after a restart, because no line is
 * handed out before its end is known.
 *
 * Only LF ends a line. A CR before it is stripped, so is a byte order mark at
 * the start of the file.
 *
 * Pure; one thread at a time for one splitter. */
#ifndef TOCSIN_INGEST_SHIP_LINES_H
#define TOCSIN_INGEST_SHIP_LINES_H

#include "core/base.h"

struct lines {
	uint64_t start;    /* first byte of the line to come */
	uint64_t searched; /* bytes from there on known to hold no LF */
	uint64_t end; /* one past the LF of an over-long line; 0: unknown */
	size_t limit; /* bytes of a line that are handed out */
	size_t chunk; /* bytes wanted where the need is not known */
	struct str loaded; /* borrowed; from file offset loaded_at */
	uint64_t loaded_at;
};

struct line {
	struct str text; /* without line end; borrowed from the loaded bytes */
	uint64_t offset; /* of its first byte in the file */
	uint64_t end;    /* one past its LF */
	bool cut;        /* text is the beginning of a longer line */
};

/* A piece of the file. */
struct lines_range {
	uint64_t offset;
	size_t n;
};

/* Start at file offset `start`, the first byte of a line. limit, chunk > 0. */
void lines_init(struct lines *l, uint64_t start, size_t limit, size_t chunk);

/* The buffer that lines_want() may ask to be filled. */
size_t lines_room(size_t limit, size_t chunk);

/* The bytes to be read next; fewer are given where the file ends. What was
 * loaded is forgotten. */
struct lines_range lines_want(struct lines *l);

/* Here they are: `bytes` lie at `offset` as wanted, and are borrowed until the
 * next lines_want() or lines_load(). */
void lines_load(struct lines *l, uint64_t offset, struct str bytes);

/* The next whole line of what is loaded, or false: load more. The same line is
 * handed out until lines_accept(). */
bool lines_next(struct lines *l, struct line *out);

/* That line is done with; go on behind it. */
void lines_accept(struct lines *l, const struct line *line);

/* The end of an over-long line has just been found: its beginning can be
 * loaded now, also when the file holds no more bytes than were read. */
bool lines_found_end(const struct lines *l);

/* The rest of a file that will not grow is its last line: as lines_next() for
 * what has no LF. `size` is where the file ends. False if nothing is left, or
 * its beginning must be loaded first (lines_found_end() is true then). */
bool lines_last(struct lines *l, uint64_t size, struct line *out);

#endif
