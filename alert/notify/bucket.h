/* bucket.h - how many messages a receiver may be sent, and when the next
 *
 * A token bucket whose throttle starts when a message was answered, not when
 * it was sent: what is still under way, or is tried again, keeps its token.
 * Times are monotonic. Pure. */
#ifndef TOCSIN_ALERT_NOTIFY_BUCKET_H
#define TOCSIN_ALERT_NOTIFY_BUCKET_H

#include "core/base.h"

struct bucket {
	int64_t token_us; /* one token comes back in this time; 0: no limit */
	int64_t burst;    /* tokens when full */
	int64_t full_us;  /* when all tokens are back but those under way */
	int64_t under_way;
};

/* "5/s", "90/m" or "1000/h". False if it is none. */
MUST_CHECK bool bucket_parse_rate(struct str text, int64_t *token_us);
/* Full. burst >= 1. */
void bucket_init(struct bucket *b, int64_t token_us, int64_t burst);
/* When a message may be sent: at most now_ms = now; INT64_MAX: once one that is
 * under way has been answered. */
int64_t bucket_next_ms(const struct bucket *b, int64_t now_ms);
/* A message goes out. */
void bucket_take(struct bucket *b);
/* It was accepted or refused: its token comes back from now on. */
void bucket_answered(struct bucket *b, int64_t now_ms);
/* It was given up without an answer. */
void bucket_dropped(struct bucket *b);

#endif
