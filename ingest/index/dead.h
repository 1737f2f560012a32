/* dead.h - dead letters: records that Elasticsearch will never take
 *
 * Each goes unchanged to `<prefix>.dead`, with headers that say why and the
 * record's own behind them (dead_letter.h: within limits), and is tried until
 * the topic has it: only then is its offset finished. One that the topic finds
 * too large goes shortened, with `tocsin-cut`, the bytes that it had.
 *
 * Loop thread only. */
#ifndef TOCSIN_INGEST_INDEX_DEAD_H
#define TOCSIN_INGEST_INDEX_DEAD_H

#include "ingest/index/batch.h"
#include "ingest/index/trouble.h"

struct dead;

/* Why a document died; copied. */
struct death {
	struct str reason; /* "mapper_parsing_exception: ..." */
	int status;
	struct str index;
	struct str id;
	unsigned attempts; /* times it was sent */
};

struct dead_owner {
	/* The item is back: its letter is on the topic. */
	void (*delivered)(void *arg, struct item *item);
	/* What is left of a record whose letter is too large; `out` is empty.
	 */
	void (*shorten)(void *arg, const struct kafka_record *record,
			struct buf *out);
	void *arg;
};

/* `owner` is copied, `config` borrowed. */
MUST_CHECK struct dead *dead_open(struct loop *loop,
				  const struct config *config,
				  const struct dead_owner *owner,
				  struct error *err);
/* Letters that are still here go to `returned` first (which may be NULL if
 * there are none); accepts NULL. */
void dead_close(struct dead *d, void (*returned)(void *arg, struct item *item),
		void *arg);

/* The item is dead's from now on. */
void dead_take(struct dead *d, const struct item *item,
	       const struct death *death);
/* Is the topic refusing letters, since when, and why? */
const struct trouble *dead_trouble(const struct dead *d);

#endif
