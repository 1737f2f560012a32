/* window_internal.h - what alert/window/window*.c share; private
 *
 * window.c:       the stage: consumer, relay, assignment, looking in
 * window_part.c:  one partition of matches, from rebuild to live */
#ifndef TOCSIN_ALERT_WINDOW_WINDOW_INTERNAL_H
#define TOCSIN_ALERT_WINDOW_WINDOW_INTERNAL_H

#include "alert/relay.h"
#include "alert/stage.h"
#include "alert/window/engine.h"
#include "alert/window/readback.h"

enum window_phase {
	/* Waits for the last transitions to be read from the alerts, and for
	 * its memory. */
	WINDOW_LOAD,
	/* Reads the record before the committed offset, for its time. */
	WINDOW_PROBE,
	/* Applies what lies before the committed offset, silently. */
	WINDOW_REBUILD,
	WINDOW_LIVE,
	/* Something could not be delivered: begins again soon. */
	WINDOW_BROKEN,
};

struct window_part {
	struct window *window;
	int32_t id;
	enum window_phase phase;
	int64_t live_from;        /* the first offset that may speak */
	int64_t next;             /* the next record's offset */
	int64_t done;             /* delivered so far: where to begin again */
	int64_t probe_ms;         /* record time just before live_from */
	int64_t begun_ms;         /* record time from which it was rebuilt */
	struct readback readback; /* of the rebuild */
	bool whole;               /* rebuilt from the beginning of the topic */
	int rebuilds;
	struct engine *engine;
	struct relay_lane *lane;
	struct engine_counts told; /* already in the metrics */
};

struct window {
	struct alert_context context;
	struct kafka_options options;
	struct query_options fields;
	struct buf matches_topic, alerts_topic, memory_topic, group;
	struct kafka_consumer *consumer;
	struct relay *relay;
	struct loop_timer *load_timer, *timer;
	int64_t lateness_ms, late_limit_ms, reach_ms;
	struct window_part **part;
	size_t n_parts, parts_cap;
	bool stopping;
	bool troubled; /* since then no record has come */
	int64_t trouble_mono_ms;
	struct error trouble;
	struct buf json; /* scratch */

	struct metric *transitions, *memories, *late, *dropped, *unreadable,
		*gaps, *groups, *firing;
};

struct window_part *window_part_open(struct window *w, int32_t id);
void window_part_close(struct window_part *p);
/* Begin at `offset`; returns where to read from. In WINDOW_LOAD then. */
int64_t window_part_begin(struct window_part *p, int64_t offset);
/* The transitions and the memory have been read: one after the other, then
 * done. */
void window_part_remember(struct window_part *p, const struct transition *t);
MUST_CHECK bool window_part_recall(struct window_part *p, struct str key,
				   struct str value, struct error *err);
void window_part_loaded(struct window_part *p);
void window_part_record(struct window_part *p, const struct kafka_record *r);
void window_part_end(struct window_part *p, int64_t offset);
/* Add what is new in its engine's counts to the metrics. */
void window_part_account(struct window_part *p);

/* Log it, and show it in /ready for a while. */
void window_trouble(struct window *w, const struct error *err);

#endif
