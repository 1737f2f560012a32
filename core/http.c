/* http.c - the pool of connections behind core/http.h
 *
 * Owns libcurl's multi handle, one watcher for each of its sockets and the
 * timer that it asks for. http_call.c makes and judges single calls,
 * http_options.c is who we are to the servers. Runs on the loop thread. */
#include "core/http.h"
#include "core/http_call.h"

#include <stdlib.h>

enum { MOST_IDLE_CONNECTIONS = 32 };

struct watch {
	struct http *h;
	struct loop_fd *fd;
	curl_socket_t socket;
};

/* Finished calls, one at a time: `done` may start and cancel others. */
static void collect(struct http *h)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(h->multi, &left))) {
		struct http_call *call;
		char *private_data;
		CURLcode code = message->data.result;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
				  &private_data);
		call = (struct http_call *)(void *)private_data;
		http_call_finish(call, code);
	}
}

static void socket_ready(void *arg, unsigned events)
{
	struct watch *w = arg;
	struct http *h = w->h;
	int mask = 0, running;

	if (events & LOOP_READABLE)
		mask |= CURL_CSELECT_IN;
	if (events & LOOP_WRITABLE)
		mask |= CURL_CSELECT_OUT;
	curl_multi_socket_action(h->multi, w->socket, mask, &running);
	collect(h);
}

static void time_over(void *arg)
{
	struct http *h = arg;
	int running;

	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(h);
}

static int on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	struct http *h = arg;

	(void)multi;
	if (timeout_ms < 0)
		loop_timer_stop(h->timer);
	else
		loop_timer_start(h->timer, timeout_ms);
	return 0;
}

static unsigned mask_of(int what)
{
	unsigned mask = 0;

	if (what & CURL_POLL_IN)
		mask |= LOOP_READABLE;
	if (what & CURL_POLL_OUT)
		mask |= LOOP_WRITABLE;
	return mask;
}

static int on_socket(CURL *easy, curl_socket_t socket, int what, void *arg,
		     void *socket_arg)
{
	struct http *h = arg;
	struct watch *w = socket_arg;
	struct error err;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		if (w)
			loop_fd_close(w->fd);
		free(w);
		curl_multi_assign(h->multi, socket, NULL);
		return 0;
	}
	if (w) {
		loop_fd_set(w->fd, mask_of(what));
		return 0;
	}
	w = xcalloc(1, sizeof(*w));
	w->h = h;
	w->socket = socket;
	w->fd = loop_fd_open(h->loop, socket, mask_of(what), socket_ready, w,
			     &err);
	if (!w->fd) { /* the call runs into its timeout */
		free(w);
		return 0;
	}
	curl_multi_assign(h->multi, socket, w);
	return 0;
}

struct http *http_open(struct loop *loop, struct error *err)
{
	struct http *h;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		error_set(err, ERROR_FATAL, "could not start the http client");
		return NULL;
	}
	h = xcalloc(1, sizeof(*h));
	h->loop = loop;
	h->timer = loop_timer_open(loop, time_over, h);
	h->multi = curl_multi_init();
	ENSURE(h->multi);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS,
			  (long)MOST_IDLE_CONNECTIONS);
	return h;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	while (h->calls)
		http_cancel(h->calls);
	curl_multi_cleanup(h->multi);
	loop_timer_close(h->timer);
	http_options_release(&h->options);
	free(h);
	curl_global_cleanup();
}

/* ---- waiting for one call ---- */

struct waited {
	bool over;
	int status;
	struct buf *body;
	struct error err;
};

static void waited_done(void *arg, const struct http_answer *answer)
{
	struct waited *w = arg;

	w->over = true;
	w->status = answer->status;
	w->err = answer->err;
	if (answer->status)
		buf_add(w->body, answer->body);
}

bool http_do(struct loop *loop, struct http *h,
	     const struct http_request *request, int *status, struct buf *body,
	     struct error *err)
{
	struct waited w = { .body = body };
	struct http_request copy = *request;

	copy.done = waited_done;
	copy.arg = &w;
	if (!http_start(h, &copy, err))
		return false;
	while (!w.over)
		loop_turn(loop, -1);
	if (!w.status) {
		if (err)
			*err = w.err;
		return false;
	}
	*status = w.status;
	return true;
}
