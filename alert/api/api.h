/* api.h - the alert worker's HTTP API, served beside /status
 *
 * Every worker answers for all alerts and silences, also one that stands by:
 * it follows the two topics itself (board.h). /api/rules tells of this worker's
 * share only: the groups whose windows it keeps. Until both topics have been
 * read once the answer is 503. Loop thread only. */
#ifndef TOCSIN_ALERT_API_API_H
#define TOCSIN_ALERT_API_API_H

#include "alert/notify/board.h"
#include "alert/stage.h"
#include "core/status.h"

struct api;

/* `context` is borrowed. False as for a stage. */
MUST_CHECK struct api *api_open(const struct alert_context *context,
				struct error *err);
/* Accepts NULL. */
void api_close(struct api *a);
/* Borrowed; closed with the API. */
struct board *api_board(struct api *a);
/* For status_source.serve; `a` and `window` may be NULL: not running now. */
int api_serve(struct api *a, const struct ruleset *rules,
	      const struct window *window, const struct status_request *request,
	      struct buf *body);

#endif
