/* upkeep.h - what notify does besides telling: built-in alerts, heartbeats,
 * and the end of alerts that are long over
 *
 * Loop thread. */
#ifndef TOCSIN_ALERT_NOTIFY_UPKEEP_H
#define TOCSIN_ALERT_NOTIFY_UPKEEP_H

#include "alert/notify/outbox.h"
#include "alert/notify/plan.h"
#include "alert/stage.h"

struct upkeep;

struct upkeep_hooks {
	/* A record for <prefix>.alerts; value.s NULL: a tombstone. False: not
	 * now. */
	bool (*write)(void *arg, struct str key, struct str value);
	void *arg;
};

/* Everything given is borrowed until close. */
MUST_CHECK struct upkeep *upkeep_open(const struct alert_context *context,
				      const struct receivers *receivers,
				      struct outbox *outbox,
				      const struct upkeep_hooks *hooks,
				      struct error *err);
void upkeep_close(struct upkeep *u);
/* Each second. `plan`: the loaded plan of the worker that notifies, else
 * NULL. */
void upkeep_run(struct upkeep *u, const struct plan *plan);

#endif
