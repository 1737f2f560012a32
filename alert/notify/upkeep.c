/* upkeep.c - what notify does besides telling
 *
 * Owns the lookout and the heartbeats. Loop thread. */
#include "alert/notify/upkeep.h"

#include <stdlib.h>

#include "alert/notify/heartbeat.h"
#include "alert/notify/lookout.h"
#include "core/clock.h"
#include "core/log.h"

enum {
	SWEEP_MS = 10000,
	SWEPT_ALERTS = 10000, /* at a time */
};

struct upkeep {
	struct upkeep_hooks hooks;
	struct lookout *lookout;
	struct heartbeats *heartbeats;
	int64_t keep_ms;
	int64_t swept_ms; /* monotonic; old alerts were looked for */
};

static bool emit(void *arg, const struct transition *t)
{
	struct upkeep *u = arg;
	struct buf AUTO(buf_release) value = { 0 };

	if (t->updated_at_ms == ALERT_TIME_NONE)
		log_info("built-in alert", KV_TEXT("alert", t->rule),
			 KV_TEXT("state", alert_state_name(t->state)),
			 KV_STR("summary",
				alert_pairs_get(&t->annotations, "summary")));
	transition_encode(t, &value);
	return u->hooks.write(u->hooks.arg, str_of(t->id), buf_str(&value));
}

static void beat(struct upkeep *u, bool notifies)
{
	struct buf AUTO(buf_release) why = { 0 };

	if (!notifies)
		buf_add_text(&why, "this worker does not notify");
	else
		lookout_complain(u->lookout, &why);
	heartbeats_run(u->heartbeats, buf_text(&why));
}

static void drop(void *arg, const char *alert_id)
{
	struct upkeep *u = arg;

	(void)u->hooks.write(u->hooks.arg, str_of(alert_id), STR_NONE);
}

static void sweep(struct upkeep *u, const struct plan *plan)
{
	int64_t now = clock_mono_ms();

	if (!plan || now - u->swept_ms < SWEEP_MS)
		return;
	u->swept_ms = now;
	plan_old(plan, clock_wall_ms() - u->keep_ms, SWEPT_ALERTS, drop, u);
}

void upkeep_run(struct upkeep *u, const struct plan *plan)
{
	lookout_run(u->lookout, plan);
	beat(u, plan != NULL);
	sweep(u, plan);
}

struct upkeep *upkeep_open(const struct alert_context *context,
			   const struct receivers *receivers,
			   struct outbox *outbox,
			   const struct upkeep_hooks *hooks, struct error *err)
{
	struct upkeep *u = xcalloc(1, sizeof(*u));
	struct lookout_hooks lookout = { emit, u };

	u->hooks = *hooks;
	u->keep_ms = config_int(context->config, "alert.keep_resolved");
	u->heartbeats = heartbeats_open(context->loop, receivers,
					context->metrics, err);
	if (u->heartbeats)
		u->lookout =
			lookout_open(context, receivers, outbox, &lookout, err);
	if (u->lookout)
		return u;
	upkeep_close(u);
	return NULL;
}

void upkeep_close(struct upkeep *u)
{
	if (!u)
		return;
	lookout_close(u->lookout);
	heartbeats_close(u->heartbeats);
	free(u);
}
