/* batch.h - documents that are sent together
 *
 * A batch owns the body of one bulk request and knows, for each document in
 * it, the record it came from. It can be split, and documents can be moved to
 * another batch, until each of them has found its end.
 *
 * Pure; one thread at a time for one batch. */
#ifndef TOCSIN_INGEST_INDEX_BATCH_H
#define TOCSIN_INGEST_INDEX_BATCH_H

#include "core/buf.h"
#include "core/kafka.h"

struct partition; /* partitions.h */

struct item {
	struct partition *partition; /* counted: partition_hold() */
	struct kafka_record record;  /* owned; released by who ends the item */
	size_t at, n; /* action line and source in the batch's body */
};

struct batch {
	struct buf body;
	struct item *item; /* in the order of the body */
	size_t n, cap;
	int64_t opened_ms; /* monotonic: when the first item came */
	int64_t ready_ms;  /* monotonic: not to be sent before */
	unsigned attempts; /* times sent and not taken */
	bool blocked;      /* refused for a reason that is not its documents' */
	bool bisected;     /* alone, and a whole request was refused for it */
};

struct batch *batch_open(int64_t now_ms);
/* The items must have been taken over; accepts NULL. */
void batch_close(struct batch *b);

/* What was appended to b->body since `at` is the document of this record,
 * which the batch takes over. */
void batch_add(struct batch *b, struct partition *partition,
	       const struct kafka_record *record, size_t at);

/* Copy document i of `from` to the end of `to`, which takes the item over;
 * `from` must forget it (batch_forget, batch_close). */
void batch_move(struct batch *to, const struct batch *from, size_t i);

/* The second half by bytes, at least one document of n > 1, becomes a batch of
 * its own with the same attempts. */
struct batch *batch_split(struct batch *b);

/* Keep only the items that `keep` says; the others go to `dropped` first. */
void batch_filter(struct batch *b,
		  bool (*keep)(void *arg, const struct item *item),
		  void (*dropped)(void *arg, struct item *item), void *arg);

/* Memory it answers for. */
size_t item_bytes(const struct item *item);

#endif
