/* bucket.c - how many messages a receiver may be sent, and when the next
 *
 * Tokens come back one after the other, so one time says all: when the bucket
 * is full again. Pure; any thread. */
#include "alert/notify/bucket.h"

#define MS_US INT64_C(1000)

bool bucket_parse_rate(struct str text, int64_t *token_us)
{
	static const struct {
		char unit;
		int64_t us;
	} period[] = { { 's', 1000 * MS_US },
		       { 'm', 60 * 1000 * MS_US },
		       { 'h', 3600 * 1000 * MS_US } };
	int64_t count;

	if (text.n < 3 || text.s[text.n - 2] != '/' ||
	    !str_to_int64(str_slice(text.s, text.n - 2), 1, 100000, &count))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(period); i++) {
		if (period[i].unit != text.s[text.n - 1])
			continue;
		*token_us = (period[i].us + count - 1) / count;
		return true;
	}
	return false;
}

void bucket_init(struct bucket *b, int64_t token_us, int64_t burst)
{
	ENSURE(burst >= 1);
	*b = (struct bucket){ .token_us = token_us,
			      .burst = burst,
			      .full_us = INT64_MIN };
}

int64_t bucket_next_ms(const struct bucket *b, int64_t now_ms)
{
	int64_t free = b->burst - b->under_way; /* but for what comes back */
	int64_t at_us;

	if (b->token_us == 0)
		return now_ms;
	if (free <= 0)
		return INT64_MAX;
	if (b->full_us == INT64_MIN)
		return now_ms;
	/* The token that is needed comes back free - 1 before the last. */
	at_us = b->full_us - (free - 1) * b->token_us;
	if (at_us <= now_ms * MS_US)
		return now_ms;
	return (at_us + MS_US - 1) / MS_US;
}

void bucket_take(struct bucket *b)
{
	b->under_way++;
}

void bucket_answered(struct bucket *b, int64_t now_ms)
{
	ENSURE(b->under_way > 0);
	b->under_way--;
	if (b->full_us < now_ms * MS_US)
		b->full_us = now_ms * MS_US;
	b->full_us += b->token_us;
}

void bucket_dropped(struct bucket *b)
{
	ENSURE(b->under_way > 0);
	b->under_way--;
}
