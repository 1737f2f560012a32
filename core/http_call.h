/* http_call.h - what http.c and http_call.c share; private to them */
#ifndef TOCSIN_CORE_HTTP_CALL_H
#define TOCSIN_CORE_HTTP_CALL_H

#include <curl/curl.h>

#include "core/http.h"

/* A copy of http_options; "" where there is nothing. */
struct http_owned {
	char *ca_file, *client_cert_file, *client_key_file;
	char *user, *password, *authorization;
	char *aws_region, *aws_service;
	char *aws_access_key, *aws_secret_key, *aws_session_token;
};

struct http {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer *timer;
	struct http_call *calls; /* under way */
	struct http_owned options;
};

struct http_call {
	struct http *h;
	struct http_call *next, *previous;
	CURL *easy;
	struct curl_slist *headers;
	struct buf sent;   /* the gzip'd body */
	struct buf answer; /* limited */
	bool whole_head;   /* the empty line after the headers came */
	bool too_long;
	bool may_be_cut;
	char reason[CURL_ERROR_SIZE];
	void (*done)(void *arg, const struct http_answer *answer);
	void *arg;
};

/* libcurl is through with it: tell, and free. */
void http_call_finish(struct http_call *call, CURLcode code);
void http_call_add_header(struct http_call *call, const char *header);

/* Everything but the signature. */
void http_options_apply(const struct http_owned *o, struct http_call *call);
/* Add the headers of AWS's signature, if it is asked for. `body` as it is
 * sent; `type` without it is empty. */
void http_options_sign(const struct http_owned *o, struct http_call *call,
		       const struct http_request *r, struct str body,
		       struct str type);
void http_options_release(struct http_owned *o);

#endif
