/* breaker.c - when too many documents die in a row
 *
 * Pure; the loop thread calls it. */
#include "ingest/index/breaker.h"

bool breaker_judge(struct breaker *b, bool dead)
{
	b->n_dead -= b->dead[b->at];
	b->n_dead += dead;
	b->dead[b->at] = dead;
	b->at = (b->at + 1) % BREAKER_WINDOW;
	return !dead || b->n_dead <= BREAKER_WINDOW / 2;
}
