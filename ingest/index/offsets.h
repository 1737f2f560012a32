/* offsets.h - which offset of a partition may be committed
 *
 * Records finish in any order; what may be committed is the end of the
 * unbroken run of finished ones. Offsets that a partition skips (compaction,
 * transaction markers) count as finished.
 *
 * Pure; one thread at a time for one struct. */
#ifndef TOCSIN_INGEST_INDEX_OFFSETS_H
#define TOCSIN_INGEST_INDEX_OFFSETS_H

#include "core/base.h"

struct offset_range {
	int64_t from, to; /* [from, to) is finished */
};

struct offsets {
	int64_t next;  /* all below is finished; -1: nothing taken yet */
	int64_t taken; /* one above the last record taken; -1 likewise */
	struct offset_range *range; /* above next, ascending, apart */
	size_t n, cap;
};

void offsets_init(struct offsets *o);
void offsets_release(struct offsets *o);

/* A record was taken from the partition. False, nothing changed, if it is not
 * above the last one: the partition has begun anew (its topic was re-created,
 * or its offsets were reset), and so must whoever follows it. */
MUST_CHECK bool offsets_take(struct offsets *o, int64_t offset);

/* A taken record is finished; each one once. */
void offsets_finish(struct offsets *o, int64_t offset);

/* The offset to commit: that of the first record not finished, or of the next
 * one to come. -1: nothing was taken. */
int64_t offsets_next(const struct offsets *o);

#endif
