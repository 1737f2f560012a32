/* outbox.h - messages under way to receivers: sent, retried, accepted
 *
 * Holds each message's body, bytes unchanged over retries, until its receiver
 * has accepted or refused it. Each receiver has its own back-off, which honours
 * Retry-After; one that is away delays no other. Loop thread only. */
#ifndef TOCSIN_ALERT_NOTIFY_OUTBOX_H
#define TOCSIN_ALERT_NOTIFY_OUTBOX_H

#include "alert/notify/receiver.h"
#include "core/loop.h"
#include "core/metrics.h"

struct outbox;

struct outbox_hooks {
	/* Exactly one of the two for each message sent. `why` says why it was
	 * refused, NULL if it was accepted. */
	void (*done)(void *arg, void *message, const char *why);
	void (*dropped)(void *arg, void *message); /* by outbox_clear */
	/* A receiver that had no room has some again. */
	void (*room)(void *arg);
	void *arg;
};

MUST_CHECK struct outbox *outbox_open(struct loop *loop,
				      const struct receivers *receivers,
				      struct metrics *metrics,
				      const struct outbox_hooks *hooks,
				      struct error *err);
/* May a message for this receiver be handed over? Not while as many are under
 * way as its service takes at a time, while it is waited for, or sooner than
 * its rate allows; room() or done() comes when it may. */
bool outbox_has_room(struct outbox *o, const struct receiver *r);
/* Send to `url` (empty: the receiver's own). Url and body are taken over (empty
 * afterwards); id is copied; `message` is handed back by done(). */
void outbox_send(struct outbox *o, struct receiver *r, const char *id,
		 struct buf *url, struct buf *body, void *message);
size_t outbox_in_flight(const struct outbox *o);
/* For how long it has taken nothing; -1: it takes what it is sent. */
int64_t outbox_blocked_ms(const struct outbox *o, const struct receiver *r);
/* A JSON object: for each receiver what is under way and since when blocked. */
void outbox_describe(const struct outbox *o, struct buf *json);
/* Bring the gauges up to date. */
void outbox_refresh(struct outbox *o);
/* What is under way is given up: dropped(). */
void outbox_clear(struct outbox *o);
void outbox_close(struct outbox *o);

#endif
