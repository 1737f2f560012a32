/* answer.h - what the HTTP API of the alert worker answers
 *
 * Alertmanager's API v2, so that amtool and Karma work against a worker, and
 * our own /api/alerts:
 *
 *   GET          /api/v2/status
 *   GET          /api/v2/receivers
 *   GET          /api/v2/alerts          active silenced inhibited filter
 * receiver GET          /api/v2/alerts/groups   the same GET, POST
 * /api/v2/silences        filter GET, DELETE  /api/v2/silence/{id} GET
 * /api/alerts             transitions (SPEC of tocsin.alerts) with receivers,
 * silencedBy, inhibitedBy
 *
 * An error is a JSON string. What changes something needs the content type
 * application/json (POST) or a method that no page can send to a foreign server
 * unasked (DELETE); nothing permits other origins.
 *
 * Source: Prometheus Alertmanager 0.25, api/v2/openapi.yaml. Pure but for
 * `put`; loop thread. */
#ifndef TOCSIN_ALERT_API_ANSWER_H
#define TOCSIN_ALERT_API_ANSWER_H

#include "alert/notify/policy.h"
#include "alert/notify/view.h"
#include "core/status.h"

/* Everything is borrowed. */
struct answer_source {
	const struct policy *policy; /* its inhibit knows the view's alerts */
	const struct view *view;
	const struct silences *silences;
	const char *prefix;
	int64_t wall_ms;
	int64_t started_ms; /* wall */
	/* Write a silence; ERROR_RETRY: not now. */
	bool (*put)(void *arg, const struct silence *s, struct error *err);
	void *arg;
};

/* The HTTP status; 404 with an empty body for a path that is not known. */
int answer_request(const struct answer_source *source,
		   const struct status_request *request, struct buf *body);
/* Refuse: `text` as a JSON string; returns `code`. */
int answer_refuse(struct buf *body, int code, const char *text);

#endif
