/* stage.h - the three stages of the alert daemon, as the daemon sees them
 *
 * match_*:  <prefix>.logs    -> <prefix>.matches (alert/match/match.c)
 * window_*: <prefix>.matches -> <prefix>.alerts  (alert/window/window.c)
 * notify_*: <prefix>.alerts  -> receivers        (alert/notify/notify.c)
 *
 * Each is a consumer group of its own, so each scales and fails over alone.
 * They share a loop and nothing else. Loop thread only. */
#ifndef TOCSIN_ALERT_STAGE_H
#define TOCSIN_ALERT_STAGE_H

#include "alert/rule/rule.h"
#include "alert/transition.h"
#include "core/config.h"
#include "core/kafka.h"
#include "core/loop.h"
#include "core/metrics.h"

struct board;

/* What every stage is given. Everything is borrowed and outlives the stage:
 * after a reload stages are closed and opened again. */
struct alert_context {
	struct loop *loop;
	const struct config *config;
	struct metrics *metrics;
	const struct ruleset *rules;
	const char *prefix;  /* of topics and groups: "tocsin" */
	struct board *board; /* silences, for notify */
	/* Why the last reload was refused; ERROR_NONE: it was not. */
	const struct error *reload_refused;
	/* Partitions of <prefix>.matches: fixed, asked for at start. */
	int matches_partitions;
};

/* For each stage:
 *
 * open: starts to connect and to consume. Kafka may be away: that is no
 *   failure. False for what only an edit can mend (ERROR_CONFIG,
 *   ERROR_FATAL).
 * stop: take nothing more, finish or give back what is in flight, leave the
 *   group in order; waits, turning the loop, at most timeout_ms.
 * close: after stop, or without it: at once. Accepts NULL.
 * ready: connected and working? If not, appends why: text for a person.
 * describe: appends one JSON object for /status. */
struct match;
MUST_CHECK struct match *match_open(const struct alert_context *context,
				    struct error *err);
void match_stop(struct match *m, int64_t timeout_ms);
void match_close(struct match *m);
bool match_ready(const struct match *m, struct buf *why);
void match_describe(const struct match *m, struct buf *json);

struct window;
MUST_CHECK struct window *window_open(const struct alert_context *context,
				      struct error *err);
void window_stop(struct window *w, int64_t timeout_ms);
void window_close(struct window *w);
bool window_ready(const struct window *w, struct buf *why);
void window_describe(const struct window *w, struct buf *json);
/* Call visit() for every group of every rule that this worker keeps, at most
 * `max`; state ALERT_RESOLVED: the rule does not hold for it. */
void window_visit(const struct window *w, size_t max,
		  void (*visit)(void *arg, const struct rule *rule,
				enum alert_state state,
				const struct alert_pairs *group,
				int64_t starts_at_ms, double value),
		  void *arg);
/* Before the metrics are rendered. */
void window_refresh(struct window *w);

struct notify;
MUST_CHECK struct notify *notify_open(const struct alert_context *context,
				      struct error *err);
void notify_stop(struct notify *n, int64_t timeout_ms);
void notify_close(struct notify *n);
bool notify_ready(const struct notify *n, struct buf *why);
void notify_describe(const struct notify *n, struct buf *json);
/* Check receivers and routes of `config` (open would refuse the same), and
 * name the receivers for rules_options. `receivers` borrows from config;
 * release receivers->item with free(). */
void notify_check(const struct config *config, struct strings *receivers,
		  struct problems *problems);

#endif
