/* pace.c - how many bulk requests may be under way, and when
 *
 * Pure; the loop thread calls it. */
#include "ingest/index/pace.h"

enum { WAIT_BASE_MS = 200, WAIT_MAX_MS = 5000, RETRY_AFTER_MAX_MS = 60000 };

void pace_init(struct pace *p, unsigned max, uint64_t seed)
{
	ENSURE(max >= 1);
	*p = (struct pace){ .limit = max < 2 ? 1 : 2, .max = max };
	backoff_init(&p->backoff, WAIT_BASE_MS, WAIT_MAX_MS, seed);
}

bool pace_may_send(const struct pace *p, int64_t now_ms, size_t in_flight)
{
	if (now_ms < p->closed_until_ms)
		return false;
	return in_flight < (p->failing ? 1 : (size_t)p->limit);
}

int64_t pace_wait_ms(const struct pace *p, int64_t now_ms)
{
	return now_ms < p->closed_until_ms ? p->closed_until_ms - now_ms : 0;
}

void pace_succeeded(struct pace *p)
{
	p->failing = false;
	p->closed_until_ms = 0;
	backoff_reset(&p->backoff);
	p->limit += 1 / p->limit;
	if (p->limit > p->max)
		p->limit = p->max;
}

void pace_congested(struct pace *p)
{
	p->limit = p->limit / 2 < 1 ? 1 : p->limit / 2;
}

void pace_failed(struct pace *p, int64_t now_ms, int64_t retry_after_ms)
{
	int64_t wait_ms;

	if (p->failing && now_ms < p->closed_until_ms)
		return;
	p->failing = true;
	pace_congested(p);
	wait_ms = backoff_next_ms(&p->backoff);
	if (retry_after_ms > RETRY_AFTER_MAX_MS)
		retry_after_ms = RETRY_AFTER_MAX_MS;
	if (retry_after_ms > wait_ms)
		wait_ms = retry_after_ms;
	p->closed_until_ms = now_ms + wait_ms;
}
