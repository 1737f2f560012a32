/* http_call.h - what http.c and http_call.c share; private to them */
#ifndef TOCSIN_CORE_HTTP_CALL_H
#define TOCSIN_CORE_HTTP_CALL_H

#include <curl/curl.h>

#include "core/http.h"

struct http {
	struct loop *loop;
	CURLM *multi;
	struct loop_timer *timer;
	struct http_call *calls; /* under way */
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
	char reason[CURL_ERROR_SIZE];
	void (*done)(void *arg, const struct http_answer *answer);
	void *arg;
};

/* libcurl is through with it: tell, and free. */
void http_call_finish(struct http_call *call, CURLcode code);

#endif
