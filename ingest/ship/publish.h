/* publish.h - lines to Kafka
 *
 * A line becomes an event (event/mend.h), and the event a record of the topic
 * PREFIX.logs: key RequestKey, or the file's 16 digits where it has none, so
 * that a repeat meets its first copy in the same partition; header
 * tocsin-source, the file's 16 digits, ':' and the offset of the line's first
 * byte.
 *
 * What cannot be sent now is refused, never dropped: the queue is bounded, and
 * a refused line comes again. If the producer breaks (a record that the broker
 * will not take, a fatal error), the publisher says so and is opened anew; all
 * files are read again from what is delivered.
 *
 * A line whose record is refused for itself REJECT_TRIES times in a row, with
 * the topic's limits found right in between, is given up: counted, and named by
 * its file and offset. No line that event_mend() made should ever be.
 *
 * Loop thread. */
#ifndef TOCSIN_INGEST_SHIP_PUBLISH_H
#define TOCSIN_INGEST_SHIP_PUBLISH_H

#include "core/kafka.h"
#include "core/metrics.h"
#include "event/mask.h"
#include "event/mend.h"
#include "ingest/ship/assemble.h"
#include "ingest/ship/fields.h"

enum {
	REJECT_TRIES = 3,
	/* What the key and the framing of a record may take. A longer
	 * RequestKey makes a key of its first bytes. */
	PUBLISH_KEY_BYTES = 32 << 10,
	PUBLISH_FRAMING_BYTES = 64 << 10,
};

struct publisher {
	/* Set before publisher_init(). */
	struct kafka_producer_config kafka; /* callbacks are set by us */
	const char *topic;                  /* borrowed */
	/* Service and times are ours; max_event_bytes without the fields. */
	struct mend_context mending;
	const struct fields *fields; /* borrowed */
	struct mask *mask;           /* borrowed; may be NULL */
	/* A file's delivered offset has moved. */
	void (*advanced)(void *arg, struct tail *t);
	/* Reading can go on. */
	void (*unblocked)(void *arg);
	/* The broker is out of reach, or the like; for the log. */
	void (*trouble)(void *arg, const struct error *err);
	/* The line at this offset is given up. */
	void (*gave_up)(void *arg, const struct tail *t, uint64_t offset);
	void *arg;

	/* Ours. */
	struct kafka_producer *producer; /* NULL: not open */
	struct acks_pool pool;
	struct scanner *scanner;
	struct buf masked, mended, completed, scratch;
	bool broken;
	struct error why_broken;
	bool blocked;        /* the queue is full */
	size_t blocked_at;   /* lines under way when it was */
	size_t in_flight;    /* lines under way */
	int64_t progress_ms; /* mono: the last delivery, or the first line
				under way after none was */

	/* The line refused for itself. */
	uint64_t reject_id, reject_offset;
	unsigned rejects;

	struct {
		struct metric *read, *delivered, *skipped, *in_flight;
		struct metric *repeated, *rejected, *bytes;
		struct metric *masked, *mask_failed;
		struct metric *repaired[REPAIR_WORDS];
	} count;
};

void publisher_init(struct publisher *p, struct metrics *metrics);
void publisher_release(struct publisher *p);

/* Connects in the background. */
MUST_CHECK bool publisher_open(struct publisher *p, struct loop *loop,
			       struct error *err);
/* What is under way is forgotten; the caller rewinds every file with
 * publisher_rewind(). */
void publisher_shut(struct publisher *p);
void publisher_rewind(struct publisher *p, struct tail *t);

/* The time by which lines are judged; once a turn. */
void publisher_set_now(struct publisher *p, int64_t wall_ns);

/* Send the entry. False: refused, see blocked and broken. */
bool publisher_take(struct publisher *p, struct tail *t,
		    const struct entry *entry);

#endif
