/* ask.h - what people ask for on the command line: alerts, silences, routes
 *
 * Reads the topics themselves, so it works on any host that reaches Kafka,
 * whether or not a worker runs. Lists are for people (control characters are
 * shown as \u001b), or JSON, one object a line. Main thread; these wait. */
#ifndef TOCSIN_ALERT_API_ASK_H
#define TOCSIN_ALERT_API_ASK_H

#include <stdio.h>

#include "alert/notify/silence.h"
#include "core/config.h"

struct ask {
	const struct config *config;
	bool json;
	FILE *out;
};

/* The firing alerts that `filter` matches, and by what they are held. *shown:
 * how many. ERROR_RETRY: Kafka could not be reached. */
MUST_CHECK bool ask_alerts(const struct ask *ask, const struct matchers *filter,
			   size_t *shown, struct error *err);

/* Silences that have not ended (all: also those that have), whose matchers,
 * looked at as labels, `filter` matches. */
MUST_CHECK bool ask_silences(const struct ask *ask,
			     const struct matchers *filter, bool all,
			     size_t *shown, struct error *err);
/* Set it, say its id and how many firing alerts it holds. *s is taken.
 * ERROR_USAGE: a person may not ask for that. */
MUST_CHECK bool ask_silence_add(const struct ask *ask, struct silence *s,
				struct error *err);
/* *found: there is one of that id that has not ended; it has now. */
MUST_CHECK bool ask_silence_expire(const struct ask *ask, const char *id,
				   bool *found, struct error *err);

/* Which receivers get an alert with these labels, grouped how, muted now? From
 * the configuration alone. *shown: how many ways it goes. */
MUST_CHECK bool ask_route(const struct ask *ask, const struct labels *labels,
			  size_t *shown, struct error *err);

/* Send a test message to a receiver, once, and say what it answered.
 * *accepted: it took it. ERROR_USAGE: there is none of that name; ERROR_RETRY:
 * no answer. */
MUST_CHECK bool ask_notify(const struct ask *ask, const char *receiver,
			   bool *accepted, struct error *err);

/* ---- shared by ask*.c ---- */

/* A line of text with what a terminal would obey made visible. */
void ask_print(FILE *out, const struct buf *line);

#endif
