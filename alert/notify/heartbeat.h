/* heartbeat.h - the receiver type `heartbeat`: a dead man's switch
 *
 * A service outside expects a request every so often and raises the alarm when
 * none comes. It is sent while alerting works, and only then. Loop thread. */
#ifndef TOCSIN_ALERT_NOTIFY_HEARTBEAT_H
#define TOCSIN_ALERT_NOTIFY_HEARTBEAT_H

#include "alert/notify/receiver.h"
#include "core/loop.h"
#include "core/metrics.h"

struct heartbeats;

/* For the receivers of this type among `receivers`, which is borrowed. */
MUST_CHECK struct heartbeats *heartbeats_open(struct loop *loop,
					      const struct receivers *receivers,
					      struct metrics *metrics,
					      struct error *err);
void heartbeats_close(struct heartbeats *h);
/* Often: sends those that are due, if `why_not` is empty. What is not accepted
 * is tried again each tenth of the interval. */
void heartbeats_run(struct heartbeats *h, const char *why_not);

#endif
