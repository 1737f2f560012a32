/* sender.h - batches on their way to Elasticsearch
 *
 * Sends batches, as many at once as the servers bear, judges the answers and
 * brings each document to its end: taken, dead, or returned because its
 * partition is leaving. What is to be sent again waits here; a batch that is
 * too large is halved.
 *
 * Loop thread only. */
#ifndef TOCSIN_INGEST_INDEX_SENDER_H
#define TOCSIN_INGEST_INDEX_SENDER_H

#include "ingest/index/batch.h"
#include "ingest/index/dead.h"
#include "ingest/index/elastic.h"
#include "ingest/index/trouble.h"

struct sender;

struct sender_config {
	struct loop *loop;
	struct elastic *elastic;
	size_t bulk_bytes;
	unsigned in_flight;
	int gzip_level;

	/* Each gets the item, which is the callee's then. */
	void (*taken)(void *arg, struct item *item, bool duplicate);
	void (*died)(void *arg, struct item *item, const struct death *death);
	void (*returned)(void *arg, struct item *item);
	/* An answer was worked off (took_ms), or none came. Items have come to
	 * their end and trouble may have changed. */
	void (*changed)(void *arg, int64_t took_ms);
	void *arg;
};

struct sender *sender_open(const struct sender_config *c);
/* Requests under way are cancelled, all items go to returned() first; accepts
 * NULL. */
void sender_close(struct sender *s);

/* The batch (n > 0) is the sender's from now on. */
void sender_take(struct sender *s, struct batch *batch);

/* Return what waits for partitions that are leaving or given up. What is under
 * way comes to its end, but is not sent again. */
void sender_drop_leaving(struct sender *s);

/* One more request would be sent at once. */
bool sender_eager(const struct sender *s);
/* No document is taken at the moment: stop reading. */
bool sender_stuck(const struct sender *s);
/* Documents have to be sent again: since when, and why? */
const struct trouble *sender_trouble(const struct sender *s);
/* Requests under way; the size that bodies should have. */
size_t sender_requests(const struct sender *s);
size_t sender_bulk_bytes(const struct sender *s);
/* Batches that were sent again, so far. */
uint64_t sender_retries(const struct sender *s);

#endif
