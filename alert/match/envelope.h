/* envelope.h - what matched in a range of offsets: the records of
 * `<prefix>.matches`
 *
 * One envelope speaks for the offsets [first, next) of one partition of the
 * logs: every match in them that belongs to the partition of matches on which
 * it lies is in it. Without matches it is a report of progress, and with an
 * empty range one of time alone. It also tells up to which record time its
 * logs partition has been matched: what the clock is made of.
 *
 * Format, version 1; numbers are LEB128 varints, signed ones zigzag, hashes 8
 * bytes little-endian:
 *   'T' 'E' version
 *   flags (1: fresh, 2: anew), logs partition, logs partitions, first, next -
 * first, signed time_ms 1 + number of series announced, or 0; their ids number
 * of strings; each its length and bytes number of entries; each: series id,
 * offset - first, signed difference of its record time (ms) to the entry before
 * it (first: to 0), signed record time - event time (ns), number of values,
 * each as number of a string, sample, field and top as 1 + number of a string
 * or 0, marks
 *
 * Pure; one thread at a time for one object. */
#ifndef TOCSIN_ALERT_MATCH_ENVELOPE_H
#define TOCSIN_ALERT_MATCH_ENVELOPE_H

#include "core/buf.h"
#include "core/map.h"

enum { ENVELOPE_VALUES_MAX = 64 };

struct envelope_head {
	int32_t logs_partition;
	int32_t logs_partitions; /* how many the logs have */
	int64_t first, next;     /* offsets [first, next); may be empty */
	/* Everything before `first` was delivered earlier or is gone. Without
	 * it, an envelope that does not begin where the one before it ended
	 * shows that one between them was lost: it is not to be applied, it
	 * will come again. */
	bool fresh;
	/* The topic was made anew: offsets begin again. */
	bool anew;
	/* Every record of the logs partition with a record time up to this
	 * has been matched. */
	int64_t time_ms;
	/* The series that the worker matches, told now and then; NULL with
	 * announces = false: not told now. */
	bool announces;
	const uint64_t *series;
	size_t n_series;
};

/* The partition of matches on which the entries of one series and group lie,
 * by hash of the id and the values of group_by. (A term of new_term is not
 * among them: all terms of a group lie together.) */
int32_t envelope_partition(uint64_t series, const struct str value[],
			   size_t n_values, int partitions);

struct envelope_entry {
	uint64_t series;
	int64_t offset;
	int64_t record_ms;
	int64_t time_ns;         /* of the event, at most its record time */
	const struct str *value; /* of group_by, in its order */
	size_t n_values;
	struct str sample; /* the raw event; s == NULL: none */
	struct str field;  /* of the rules' `field`; s == NULL: none */
	struct str top;    /* of series->top, packed; s == NULL: none */
	uint64_t marks;    /* bit i: the series' query mark[i] matches too */
};

/* ---- writing ---- */

struct envelope_writer {
	int64_t first;
	int64_t last_record_ms;
	struct buf strings, entries;
	size_t n_strings, n_entries;
	struct map index; /* string -> 1 + its number */
};

/* A zeroed struct is a valid empty writer. */
void envelope_writer_release(struct envelope_writer *w);
/* Forget the entries; the next envelope begins at `first`. */
void envelope_begin(struct envelope_writer *w, int64_t first);
/* entry->offset >= first. Strings are copied, equal ones once. */
void envelope_add(struct envelope_writer *w, const struct envelope_entry *e);
/* About how long the envelope would be now. */
size_t envelope_bytes(const struct envelope_writer *w);
/* Append the envelope to `out`. head->first is that of envelope_begin. */
void envelope_write(const struct envelope_writer *w,
		    const struct envelope_head *head, struct buf *out);

/* ---- reading ---- */

struct envelope {
	struct envelope_head head; /* series is owned here */
	size_t n_entries;
	/* private */
	struct str *string;
	size_t n_strings;
	uint64_t *series;
	struct str entries;
	size_t at, done;
	int64_t last_record_ms;
	struct str value[ENVELOPE_VALUES_MAX];
};

/* False (ERROR_REJECT) unless all of `bytes` is one right envelope. What *e
 * gives borrows from `bytes`. Release in either case. Memory is at most 16
 * times the bytes. */
MUST_CHECK bool envelope_read(struct envelope *e, struct str bytes,
			      struct error *err);
void envelope_release(struct envelope *e);
/* The entries in order of the writer; false after the last. Borrowed until the
 * next call. */
bool envelope_next(struct envelope *e, struct envelope_entry *out);

#endif
