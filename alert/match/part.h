/* part.h - one partition of the logs on its way into envelopes
 *
 * For every partition of matches it holds the range of offsets that has been
 * matched and not yet sent, with the entries that belong there. Ranges with
 * entries are sent at the end of a batch, the others every 200 ms, and each
 * second when nothing comes, with the time up to which the end was reached.
 * An offset counts as done when every envelope that covers what lies before it
 * has been delivered.
 *
 * Loop thread only. */
#ifndef TOCSIN_ALERT_MATCH_PART_H
#define TOCSIN_ALERT_MATCH_PART_H

#include "alert/match/envelope.h"
#include "alert/match/repeats.h"
#include "alert/relay.h"

enum part_phase {
	/* Reads the record before the committed offset, for its time. */
	PART_PROBE,
	/* Reads headers from ten minutes before, for the repeats. */
	PART_WARM,
	PART_LIVE,
	/* Something could not be delivered: begins again soon. */
	PART_BROKEN,
};

struct range {
	struct envelope_writer writer;
	int64_t first;      /* of the next envelope */
	bool fresh;         /* the next one is the first since the assignment */
	bool anew;          /* the next one is the first of a new log */
	struct map sampled; /* series and group -> samples in the writer */
};

struct part {
	int32_t id;
	enum part_phase phase;
	int64_t committed; /* the first offset to be matched */
	int64_t next;      /* the next offset to be matched */
	int64_t marked;    /* the last mark given to the lane */
	int64_t done;      /* delivered so far: where to begin again */
	int64_t record_ms; /* of the last record matched; -1: none */
	int64_t told_ms;   /* the last time told */
	int64_t flushed_mono_ms, announced_mono_ms;
	struct repeats repeats;
	struct relay_lane *lane;
	struct range *range; /* one for each partition of matches */
	int n_ranges;
	void *owner;
};

/* What the envelopes of a partition say beside its entries. */
struct part_facts {
	int32_t logs_partitions;
	const uint64_t *series; /* sorted */
	size_t n_series;
	int64_t mono_ms;
	/* The end was reached, up to this wall time; -1: it was not. */
	int64_t end_ms;
};

struct part *part_open(int32_t id, int n_ranges, void *owner);
/* The lane is closed too. */
void part_close(struct part *p);
/* Begin at `offset`, with nothing matched; p->lane is new. */
void part_begin(struct part *p, int64_t offset);

/* The same, of a log that was made anew: the window stage is told so. */
void part_begin_anew(struct part *p, int64_t offset);

/* An entry of the record at p->next, which belongs to `range`. `samples` =
 * how many of its series and group should carry one; its sample is dropped if
 * it has so many. */
bool part_wants_sample(struct part *p, int32_t range,
		       const struct envelope_entry *entry, int samples);
void part_add(struct part *p, int32_t range,
	      const struct envelope_entry *entry);
/* The record at `offset` is matched. True: a range is full, send it. */
bool part_matched(struct part *p, int64_t offset, int64_t record_ms);
/* Send the ranges that have entries. */
void part_send_entries(struct part *p, const struct part_facts *facts);
/* Send all ranges if anything was matched, or if it is time to tell the end
 * again. */
void part_flush(struct part *p, const struct part_facts *facts);

#endif
