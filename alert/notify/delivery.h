/* delivery.h - what a receiver has accepted, as <prefix>.deliveries holds it
 *
 * Key: the receiver's name, '/', the alert's id. Value: one JSON object
 *   {"receiver":"ops","id":"…","episode":7,"state":"firing","count":57,
 *    "at":1763888400123}
 * with `at` in wall milliseconds, and "refused":"status 400: …" where the
 * receiver refused it for good: the dead letter of a receiver. What was to be
 * told stands on <prefix>.alerts. A tombstone: of no use any more. Pure. */
#ifndef TOCSIN_ALERT_NOTIFY_DELIVERY_H
#define TOCSIN_ALERT_NOTIFY_DELIVERY_H

#include "alert/notify/plan.h"

void delivery_key(const char *receiver, const char *alert_id, struct buf *out);
/* `why` is the reason of a refused one. */
void delivery_encode(const char *receiver, const char *alert_id,
		     const struct delivery *d, const char *why,
		     struct buf *out);

struct delivery_record {
	char *receiver;
	char id[ALERT_ID_BYTES + 1];
	struct delivery delivery;
};

/* False (ERROR_REJECT) if it is no such record; *out untouched. Free
 * out->receiver. */
MUST_CHECK bool delivery_decode(struct str json, struct delivery_record *out,
				struct error *err);

#endif
