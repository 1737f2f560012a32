/* backoff.h - how long to wait before trying again
 *
 * One jittered exponential back-off for every retry in the program.
 * Pure; safe on any thread. */
#ifndef TOCSIN_CORE_BACKOFF_H
#define TOCSIN_CORE_BACKOFF_H

#include <stdint.h>

struct backoff {
	int64_t base_ms;  /* the first wait, before jitter */
	int64_t max_ms;   /* no wait is longer */
	unsigned attempt; /* failures in a row */
	uint64_t random;  /* state of the jitter; any seed */
};

void backoff_init(struct backoff *b, int64_t base_ms, int64_t max_ms,
		  uint64_t seed);
/* One more failure: the wait before the next try, in [w/2, w] with
 * w = min(max_ms, base_ms * 2^attempt). */
int64_t backoff_next_ms(struct backoff *b);
/* It worked: the next failure starts with base_ms again. */
void backoff_reset(struct backoff *b);

#endif
