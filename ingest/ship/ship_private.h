/* ship_private.h - the daemon's state, shared by ship.c and ship_status.c */
#ifndef TOCSIN_INGEST_SHIP_SHIP_PRIVATE_H
#define TOCSIN_INGEST_SHIP_SHIP_PRIVATE_H

#include "core/backoff.h"
#include "core/loop.h"
#include "core/status.h"
#include "ingest/ship/files.h"
#include "ingest/ship/publish.h"
#include "ingest/ship/ship.h"

struct ship {
	const struct config *config; /* borrowed */
	const struct ship_reload *reload;
	/* What can change while it runs is read from here. */
	const struct config *live;
	struct config *reloaded; /* live, if it was read again; ours */
	struct loop *loop;
	struct metrics *metrics;
	struct status *status;
	struct loop_timer *scan_timer, *save_timer, *wake_timer, *connect_timer;
	struct loop_timer *drain_timer;

	struct registry registry;
	struct discover *discover;
	struct watch *watch;
	struct files files;
	struct assembler assembler;
	struct fields fields;
	struct mask *mask;
	size_t held_bytes; /* of entries that are not whole */
	struct publisher publisher;
	struct buf host_id, host_address, topic;

	/* Towards Kafka. */
	struct backoff backoff;
	struct error why_not; /* why the topic is not at hand; else no text */
	int64_t away_ms;      /* mono: since when; 0 = it is at hand */
	struct error trouble; /* the last that librdkafka named */

	bool scan_soon; /* the next scan was brought forward */
	bool due;       /* some file may have something to read */
	bool stopping;  /* no more reading; waiting for confirmations */
	bool stopped;
	bool save_failing;
	int64_t forget_ms; /* mono: when to forget again */

	struct metric *blocked;
};

/* Milliseconds since which lines wait for Kafka; 0 if they flow. */
int64_t ship_blocked_ms(const struct ship *s);

/* Read ship.fields and ship.mask of s->config. */
MUST_CHECK bool ship_read_trees(struct ship *s, struct error *err);
/* Let s->live steer everything that it can. */
void ship_apply(struct ship *s);
/* Read the configuration again; false: all stays as it is. */
bool ship_reload(struct ship *s);

MUST_CHECK bool ship_status_open(struct ship *s, struct error *err);

#endif
