/* backoff.c - how long to wait before trying again
 *
 * Pure; any thread. */
#include "core/backoff.h"

void backoff_init(struct backoff *b, int64_t base_ms, int64_t max_ms,
		  uint64_t seed)
{
	*b = (struct backoff){ base_ms, max_ms, 0, seed | 1 };
}

/* xorshift64*: jitter needs spread, not secrecy. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dU;
}

int64_t backoff_next_ms(struct backoff *b)
{
	int64_t wait = b->base_ms;
	int64_t half;

	for (unsigned i = 0; i < b->attempt && wait < b->max_ms; i++)
		wait *= 2;
	if (wait > b->max_ms)
		wait = b->max_ms;
	b->attempt++;
	half = wait / 2;
	return half +
	       (int64_t)(next_random(&b->random) % (uint64_t)(wait - half + 1));
}

void backoff_reset(struct backoff *b)
{
	b->attempt = 0;
}
