/* board.h - what every worker knows: silences, and the alerts that fire
 *
 * Follows <prefix>.silences and <prefix>.alerts from their beginning, without a
 * group, so that each worker, also one that stands by, knows all silences and
 * can answer for all alerts. It reads only the topics; what a worker is to
 * send is the plan's. Loop thread only. */
#ifndef TOCSIN_ALERT_NOTIFY_BOARD_H
#define TOCSIN_ALERT_NOTIFY_BOARD_H

#include "alert/notify/silence.h"
#include "alert/notify/view.h"
#include "core/config.h"
#include "core/loop.h"

struct board;

struct board_options {
	struct loop *loop;
	const struct config *config;
	const char *prefix;
	struct inhibit *inhibit; /* borrowed; fed with the alerts */
};

/* Starts to follow. Kafka may be away: that is no failure. */
MUST_CHECK struct board *board_open(const struct board_options *options,
				    struct error *err);
/* Accepts NULL. */
void board_close(struct board *b);
/* Has everything been read once? If not, appends why (may be NULL). */
bool board_loaded(const struct board *b, struct buf *why);
/* At most one listener: called after silences have changed, and once when they
 * are loaded. NULL: none any more. */
void board_listen(struct board *b, void (*changed)(void *arg), void *arg);

const struct silences *board_silences(const struct board *b);
const struct view *board_view(const struct board *b);
bool board_silences_loaded(const struct board *b);

/* Write a silence to the topic, wait until Kafka has it (seconds at most), and
 * know it here at once. ERROR_RETRY: Kafka did not take it in time. */
MUST_CHECK bool board_put(struct board *b, const struct silence *s,
			  struct error *err);
/* Drop silences that ended long ago from the topic: one worker does it, now and
 * then. */
void board_sweep(struct board *b, int64_t wall_ms);

#endif
