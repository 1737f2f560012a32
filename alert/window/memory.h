/* memory.h - what is remembered for longer than is read back: the records of
 * `<prefix>.memory`
 *
 * The topic is compacted and has as many partitions as the matches: what the
 * worker of a partition of matches must remember lies in the partition of that
 * number. A record says of one group of a series when it was seen, or of a
 * series since when it is watched; no record, or a tombstone: nothing is
 * known. The series is in the key, so that an edit of a rule's query, group_by
 * or field begins anew.
 *
 * Format, version 1; integers are little-endian:
 *   key:   'T' 'M' version kind, series (8 bytes), then each value of the
 *          group: its length as LEB128 varint and its bytes
 *   value: version, then since, first, last, until (8 bytes each, signed)
 *
 * Pure; any thread. */
#ifndef TOCSIN_ALERT_WINDOW_MEMORY_H
#define TOCSIN_ALERT_WINDOW_MEMORY_H

#include "alert/match/envelope.h"

enum memory_kind {
	MEMORY_GROUP = 'g',
	MEMORY_SERIES = 's', /* without values */
};

struct memory_key {
	enum memory_kind kind;
	uint64_t series;
	struct str value[ENVELOPE_VALUES_MAX]; /* borrowed */
	size_t n_values;
};

/* Event times in ns. */
struct memory {
	/* The first event of its combination of group_by values; of a series:
	 * since when it is watched. */
	int64_t since;
	/* It was seen from `first` to `last` without a pause that counts. */
	int64_t first, last;
	/* From then on nobody needs it. */
	int64_t until;
};

/* Appended to `out`. */
void memory_key_write(const struct memory_key *key, struct buf *out);
void memory_write(const struct memory *memory, struct buf *out);
/* False (ERROR_REJECT), *out undefined, unless all of `bytes` is one right key
 * or value. Values borrow from `bytes`. */
MUST_CHECK bool memory_key_read(struct str bytes, struct memory_key *out,
				struct error *err);
MUST_CHECK bool memory_read(struct str bytes, struct memory *out,
			    struct error *err);

#endif
