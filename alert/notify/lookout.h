/* lookout.h - what the worker notices about Tocsin itself
 *
 * Asks Kafka every few seconds how far the stages and `index` are and how many
 * dead letters came, looks at the receivers and at this process, and says which
 * built-in alerts (alert/builtin.h) begin and end. Loop thread. */
#ifndef TOCSIN_ALERT_NOTIFY_LOOKOUT_H
#define TOCSIN_ALERT_NOTIFY_LOOKOUT_H

#include "alert/notify/outbox.h"
#include "alert/notify/plan.h"
#include "alert/stage.h"

struct lookout;

struct lookout_hooks {
	/* To be written to <prefix>.alerts; false: it could not be, ask again.
	 * Borrowed. */
	bool (*emit)(void *arg, const struct transition *t);
	void *arg;
};

/* Everything given is borrowed until close. */
MUST_CHECK struct lookout *lookout_open(const struct alert_context *context,
					const struct receivers *receivers,
					struct outbox *outbox,
					const struct lookout_hooks *hooks,
					struct error *err);
void lookout_close(struct lookout *w);
/* Often. `plan`: the loaded plan of the worker that notifies, else NULL. */
void lookout_run(struct lookout *w, const struct plan *plan);
/* Why alerting does not work as far as this can tell; nothing appended if it
 * does. */
void lookout_complain(const struct lookout *w, struct buf *why);

#endif
