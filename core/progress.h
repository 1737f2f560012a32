/* progress.h - how far long work is, shown to whoever looks
 *
 *   [===========>               ]  42%  420 of 1000 records, 84/s, 7 s left
 *
 * One line that is drawn over itself, only on a terminal: nothing in a pipe, no
 * colour with NO_COLOR (https://no-color.org). One thread at a time for one
 * struct. */
#ifndef TOCSIN_CORE_PROGRESS_H
#define TOCSIN_CORE_PROGRESS_H

#include <stdio.h>

#include "core/buf.h"

struct progress {
	FILE *out; /* NULL: nobody looks */
	const char *unit;
	bool colour;
	bool drawn;
	size_t columns;
	int64_t begin_ms, drawn_ms; /* monotonic */
};

/* `out` is shown the progress if it is a terminal; `unit` is what is counted
 * ("records"). Both are borrowed until progress_end(). */
void progress_begin(struct progress *p, FILE *out, const char *unit);
/* Does somebody look? If not, `total` need not be found out. Accepts NULL. */
bool progress_is_seen(const struct progress *p);
/* So far: drawn if some time has passed since the last time, so it may be
 * called as often as there is news. Accepts NULL. */
void progress_tell(struct progress *p, int64_t done, int64_t total);
/* Leaves the last line standing, if there is one, and begins a new one. */
void progress_end(struct progress *p);

/* Append the line, at most `columns` wide, without its end. Pure. */
void progress_line(const struct progress *p, int64_t done, int64_t total,
		   int64_t elapsed_ms, struct buf *out);

#endif
