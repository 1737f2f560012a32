/* breaker.h - when too many documents die in a row
 *
 * If more than half of the last 1,000 judged documents were refused for good,
 * it is not the documents that are at fault (a wrong mapping is): then nothing
 * dies, but waits, until more are taken than refused again.
 *
 * Pure; one thread at a time for one struct. */
#ifndef TOCSIN_INGEST_INDEX_BREAKER_H
#define TOCSIN_INGEST_INDEX_BREAKER_H

#include "core/base.h"

enum { BREAKER_WINDOW = 1000 };

/* A zeroed struct is a breaker that has only seen documents taken. */
struct breaker {
	bool dead[BREAKER_WINDOW];
	size_t at;
	size_t n_dead;
};

/* One document was judged. True if it may go its way: always for one taken,
 * for one refused unless the breaker is open. */
bool breaker_judge(struct breaker *b, bool dead);

#endif
