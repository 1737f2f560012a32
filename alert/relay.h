/* relay.h - records that must be delivered before an offset is stored
 *
 * A stage reads one topic and writes another. What it read counts as done when
 * everything that it wrote for it has been delivered. A lane is one partition
 * read; its records are sent in order, and a mark says "up to here": when all
 * sent before the mark is delivered, done() is called with the mark.
 *
 * A record that is refused or not delivered fails its lane: the stage must
 * begin it again from what is done. Loop thread only. */
#ifndef TOCSIN_ALERT_RELAY_H
#define TOCSIN_ALERT_RELAY_H

#include "core/kafka.h"
#include "core/loop.h"

struct relay;
struct relay_lane;

struct relay_config {
	struct kafka_options options;
	const char *topic; /* borrowed until close */
	int linger_ms;
	/* There is room again after relay_full() was true. */
	void (*drained)(void *arg);
	/* The connection's troubles, for the log. */
	void (*failed)(void *arg, const struct error *err);
	void *arg;
};

MUST_CHECK struct relay *relay_open(struct loop *loop,
				    const struct relay_config *config,
				    struct error *err);
/* Lanes are closed with it. Accepts NULL. */
void relay_close(struct relay *r);
/* Wait until all is delivered; false if the time was over. */
bool relay_flush(struct relay *r, int64_t timeout_ms);
/* So much is waiting that nothing more should be read for now. */
bool relay_full(const struct relay *r);

struct relay_lane_config {
	/* Never called from inside relay_send, but may be from relay_mark. Must
	 * not close the lane. */
	void (*done)(void *arg, int64_t mark);
	/* Once; afterwards the lane only accepts relay_lane_close. Never
	 * called from inside another function of this header but
	 * relay_flush. */
	void (*failed)(void *arg, const struct error *err);
	void *arg;
};

struct relay_lane *relay_lane_open(struct relay *r,
				   const struct relay_lane_config *config);
/* What is still under way is forgotten: no call comes any more. Accepts
 * NULL. */
void relay_lane_close(struct relay_lane *lane);
/* partition -1: by hash of the key. Key and value are copied; value.s == NULL:
 * a tombstone. */
void relay_send(struct relay_lane *lane, int32_t partition, struct str key,
		struct str value);
/* The same to another topic, whose name is borrowed until the relay is
 * closed. */
void relay_send_to(struct relay_lane *lane, const char *topic,
		   int32_t partition, struct str key, struct str value);
void relay_mark(struct relay_lane *lane, int64_t mark);

#endif
