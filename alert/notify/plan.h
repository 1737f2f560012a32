/* plan.h - who is to be told what, and when
 *
 * Holds the latest transition of every alert, what each receiver has accepted
 * of it (its deliveries), and the groups that the routes put alerts into. From
 * these three everything else follows, so a restart that loads transitions and
 * deliveries goes on where the last process stopped: nothing that was accepted
 * is sent again, nothing that was not is forgotten.
 *
 *   an alert needs its receiver to be told when
 *     it fires and this episode has not been announced,
 *     or has matched on (momentary rules: a higher count),
 *     or it resolved and the receiver knows it as firing,
 *     or it resolved before it could be announced
 *
 * Episodes of an alert are told in order, each of them: one that was followed
 * by another before its receivers were told of it is kept until they are.
 *
 * An alert that is held (hold.h) needs nothing while it fires, and nothing
 * either if it resolved while it was held and its firing was not told. A
 * resolve of what was told is never held. A message under way is not taken
 * back.
 *
 * Times called now_ms are monotonic. Pure; loop thread. */
#ifndef TOCSIN_ALERT_NOTIFY_PLAN_H
#define TOCSIN_ALERT_NOTIFY_PLAN_H

#include "alert/notify/hold.h"
#include "alert/notify/message.h"
#include "alert/notify/receiver.h"
#include "alert/notify/route.h"
#include "alert/transition.h"

struct plan;

/* What a receiver has accepted of an alert. */
struct delivery {
	int64_t episode;
	bool firing; /* else resolved */
	int64_t count;
	int64_t accepted_wall_ms;
	/* The receiver refused it for good: known, and not accepted. A plan
	 * that loads such a delivery tells it once more: whoever starts anew
	 * or reads the configuration again may have mended the reason. */
	bool refused;
};

/* One alert of a message, to be recorded once it is accepted. */
struct receipt {
	char id[ALERT_ID_BYTES + 1];
	struct delivery delivery; /* accepted_wall_ms: set by plan_done */
	bool news;                /* not only repeated along with others */
	bool gone; /* the alert was forgotten meanwhile: record nothing */
	int64_t record_time_ms; /* of the transition, or ALERT_TIME_NONE */
};

struct plan_group; /* private */

struct plan_message {
	char id[40];
	struct receiver *receiver;
	struct plan_group **group; /* one, or those that were folded */
	size_t n_groups;
	struct receipt *receipt;
	size_t n;
};

/* root and receivers are borrowed. */
struct plan *plan_open(const struct route *root,
		       const struct receivers *receivers);
void plan_close(struct plan *p);

/* What holds messages back; nothing does without. Copied; what it points at
 * outlives the plan. The alerts known to its inhibitions are forgotten. */
void plan_set_holds(struct plan *p, const struct holds *holds);
/* The holds are other ones than before. */
void plan_holds_changed(struct plan *p);
/* The wall time at which the transitions applied next were written. */
void plan_set_wall(struct plan *p, int64_t wall_ms);
/* Judge who is held now, if anything may have changed since it was judged. To
 * be called before plan_run, once all alerts are loaded: what is applied
 * before that is judged by the first call. */
void plan_judge(struct plan *p, int64_t now_ms, int64_t wall_ms);

/* While loading. An alert that resolved below `floor` (an offset of the alerts
 * topic) without ever having been announced stays unannounced: another
 * configuration did not want it, or it is older than this plan. */
void plan_set_floor(struct plan *p, int64_t floor);
/* A delivery recorded earlier. `ago_ms` is how long since it was accepted. */
void plan_load(struct plan *p, const char *receiver, const char *alert_id,
	       const struct delivery *d, int64_t now_ms, int64_t ago_ms);

/* The newest transition of an alert, from `offset` of the alerts topic. One
 * whose episode and cause are behind what is held is dropped. *t is taken. */
void plan_apply(struct plan *p, struct transition *t, int64_t offset,
		int64_t now_ms);
/* The alert is gone from the topic. forgotten() is called for each delivery
 * that is of no use any more. */
void plan_forget(struct plan *p, const char *alert_id, int64_t now_ms,
		 void (*forgotten)(void *arg, const char *receiver,
				   const char *alert_id),
		 void *arg);

/* Call send() for every group that is due and whose receiver has room. Where
 * more of them wait than the receiver's `digest`, all go in one message; where
 * a group has more alerts than the receiver's type takes in one, the rest is
 * due as soon as that is done. The
 * plan_message is the callee's until plan_done; `view` is valid for the call
 * only. Returns when to call again (monotonic; INT64_MAX: not before something
 * changes). */
int64_t plan_run(struct plan *p, int64_t now_ms,
		 bool (*has_room)(void *arg, const struct receiver *r),
		 void (*send)(void *arg, struct plan_message *m,
			      const struct message *view),
		 void *arg);
/* The receiver has accepted the message, or refused it for good (which counts
 * as told in this plan: it would refuse it again). Receipts get their time and
 * whether they were refused; free with plan_message_free after recording
 * them. */
void plan_done(struct plan *p, struct plan_message *m, bool accepted,
	       int64_t now_ms, int64_t wall_ms);
void plan_message_free(struct plan_message *m);
/* Does it tell anything that its receiver does not know? */
bool plan_message_is_news(const struct plan_message *m);

/* The offset below which every transition has been told to all that it
 * concerns; at most `next`. */
int64_t plan_settled(const struct plan *p, int64_t next);

/* The latest transition of an alert, NULL if there is none. Borrowed until the
 * plan changes. */
const struct transition *plan_last(const struct plan *p, const char *alert_id);
/* Of every alert. The plan must not change meanwhile. */
void plan_visit(const struct plan *p,
		void (*see)(void *arg, const struct transition *t), void *arg);
/* Alerts of which it was written before `before_ms` that they have resolved
 * (not event time: what came late is not forgotten at once, or its episodes
 * would begin anew), and of which nobody is to be told any more, at most `max`
 * of them: drop() each. The plan forgets them when their tombstones come. */
void plan_old(const struct plan *p, int64_t before_ms, size_t max,
	      void (*drop)(void *arg, const char *alert_id), void *arg);

/* Episodes that are not told although they should be: so many had ended before
 * anybody could be told that there was no room to keep them. */
uint64_t plan_untold(const struct plan *p);

/* How many alerts fire, and a JSON array of them for /status (at most `max`).
 */
size_t plan_firing(const struct plan *p);
void plan_describe(const struct plan *p, size_t max, struct buf *json);
/* Likewise what receivers refused for good: [{"receiver":…,"id":…}]. */
void plan_describe_refused(const struct plan *p, size_t max, struct buf *json);

#endif
