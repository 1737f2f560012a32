/* status.h - the status server of a daemon: /metrics /health /ready /status
 *
 * Over libmicrohttpd with an external loop. At most 64 connections, one request
 * and 10 s each; bodies of requests up to 1 MiB. /health is 200 while the loop
 * turns, /ready 200 or 503 with the reason. Loop thread only. */
#ifndef TOCSIN_CORE_STATUS_H
#define TOCSIN_CORE_STATUS_H

#include "core/buf.h"
#include "core/config.h"
#include "core/loop.h"
#include "core/metrics.h"

struct status;

struct status_argument { /* of the query behind the path, decoded */
	const char *name;
	const char *value; /* "" if it has none */
};

/* Borrowed for the call. */
struct status_request {
	const char *method;
	const char *path;
	const char *content_type; /* of the body; "" = not said */
	const struct status_argument *argument;
	size_t n_arguments;
	struct str body;
};

/* The first argument of that name, or NULL. */
const char *status_argument(const struct status_request *r, const char *name);
/* Is the body said to be JSON? A page in a browser cannot say so to another
 * server than its own unasked (CORS), so what changes something demands it. */
bool status_is_json(const struct status_request *r);

struct status_source {
	struct metrics *metrics; /* borrowed */
	/* Connected and working? If not, why: text for a person. */
	bool (*ready)(void *arg, struct buf *why);
	/* One JSON object, what `top` shows. */
	void (*describe)(void *arg, struct buf *json);
	/* Any other path, or another method than GET and HEAD, or NULL. For
	 * HEAD do as for GET: only the head is sent. Fill `body` and
	 * `content_type` (constant, default application/json) and return the
	 * status, 404 if unknown. */
	int (*serve)(void *arg, const struct status_request *request,
		     struct buf *body, const char **content_type);
	void *arg;
};

/* address: "HOST:PORT", "[::1]:PORT" ("127.0.0.1:0" picks a port), "" = no
 * server, returns an object that serves nothing. ERROR_RETRY if the address is
 * in use, ERROR_CONFIG if it is unusable. */
MUST_CHECK struct status *status_open(struct loop *loop, const char *address,
				      const struct status_source *source,
				      struct error *err);
/* An address in the setting `path` that status_open would never take becomes a
 * problem at its place; asks no resolver. */
void status_address_check(const struct config *c, const char *path,
			  struct problems *problems);
/* 0 without a server. */
int status_port(const struct status *s);
void status_close(struct status *s);

#endif
