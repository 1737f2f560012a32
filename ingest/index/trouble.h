/* trouble.h - since when something does not work, and why
 *
 * Pure: `now_ms` is monotonic. One thread at a time for one struct. */
#ifndef TOCSIN_INGEST_INDEX_TROUBLE_H
#define TOCSIN_INGEST_INDEX_TROUBLE_H

#include "core/base.h"

/* A zeroed struct says that all is well. */
struct trouble {
	bool active;
	int64_t since_ms;
	int64_t last_ms;  /* of the latest reason */
	struct error why; /* the latest reason */
};

/* It does not work; the first time since it did counts as the beginning. */
void trouble_begin(struct trouble *t, int64_t now_ms, const struct error *why);
void trouble_end(struct trouble *t);
/* How long it has lasted; 0 if all is well. */
int64_t trouble_ms(const struct trouble *t, int64_t now_ms);
/* The one of the two that began first, or `a` if neither is active. */
const struct trouble *trouble_older(const struct trouble *a,
				    const struct trouble *b);

#endif
