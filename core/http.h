/* http.h - an HTTP client on the loop
 *
 * Keep-alive, HTTP/1.1, proxies from the environment are ignored, redirects
 * are not followed, `Expect:` is never sent. Answers are bounded. Over
 * libcurl's multi interface; loop thread only. */
#ifndef TOCSIN_CORE_HTTP_H
#define TOCSIN_CORE_HTTP_H

#include "core/buf.h"
#include "core/loop.h"

struct http;      /* a pool of connections */
struct http_call; /* one request under way */
struct http_answer;

struct http_request {
	const char *method; /* "GET", "POST", "PUT", "DELETE", "HEAD" */
	const char *url;
	const char *const *headers; /* "Name: value", ended by NULL; or NULL */
	struct str body;            /* borrowed until done or cancelled */
	int gzip_level;             /* 0: as it is; 1..9: sent gzip'd */
	int64_t timeout_ms;         /* of the whole call; > 0 */
	size_t answer_limit;        /* bytes of body kept; more is a failure */
	bool answer_may_be_cut;     /* more is read and dropped instead */
	/* Called exactly once unless cancelled. Never from inside
	 * http_start. `answer` and its body are borrowed for the call. */
	void (*done)(void *arg, const struct http_answer *answer);
	void *arg;
};

/* NULL or "" = none, in all of them. */
struct http_options {
	const char *ca_file;          /* PEM; the only authorities trusted */
	const char *client_cert_file; /* PEM; both of these or none */
	const char *client_key_file;
	const char *user; /* Basic authentication (RFC 7617) */
	const char *password;
	const char *authorization; /* value of that header, instead */
	/* AWS Signature Version 4: all but the token, or none of them. */
	const char *aws_region;
	const char *aws_service; /* "es" */
	const char *aws_access_key;
	const char *aws_secret_key;
	const char *aws_session_token; /* of temporary keys */
};

struct http_answer {
	int status; /* 0: no answer; then err says why (ERROR_RETRY) */
	struct error err;
	struct str body;
	struct str content_type;
	int64_t retry_after_ms; /* header Retry-After, seconds or date, at most
				   a day; -1: none, or no wait */
};

/* Without options: peers are verified by the system's authorities. */
MUST_CHECK struct http *http_open(struct loop *loop, struct error *err);
/* False (ERROR_CONFIG): a file that cannot be read, a user with a colon, a text
 * with a line end, half a pair. No text is quoted but the name of a file. */
MUST_CHECK bool http_options_check(const struct http_options *o,
				   struct error *err);
/* How calls started from now on reach and convince their servers. Peers are
 * verified in any case. Everything is copied; http_close clears the copies.
 * False as http_options_check: the old options stay. */
MUST_CHECK bool http_configure(struct http *h, const struct http_options *o,
			       struct error *err);
/* Calls under way are cancelled. Not within `done`. */
void http_close(struct http *h);
/* Copies what it needs but the body. NULL: could not start (ERROR_CONFIG for
 * an unusable URL). */
MUST_CHECK struct http_call *http_start(struct http *h,
					const struct http_request *request,
					struct error *err);
/* `done` will not be called. The call is gone. Not for a call whose `done` was
 * called. */
void http_cancel(struct http_call *call);

/* For commands, never from a callback: start, turn the loop until done. The
 * body goes to `body` (request->done and arg are ignored). False if there was
 * no answer. */
MUST_CHECK bool http_do(struct loop *loop, struct http *h,
			const struct http_request *request, int *status,
			struct buf *body, struct error *err);

#endif
