/* http_call.c - one HTTP call: its libcurl handle, body, headers and answer
 *
 * Owns everything of the call but the body given uncompressed, which is
 * borrowed until `done`. Runs on the loop thread. */
#include "core/http.h"
#include "core/http_call.h"

#include <stdlib.h>
#include <zlib.h>

enum {
	MOST_RETRY_AFTER_S = 86400,
	GZIP_WINDOW = 15 + 16, /* 32 KiB, with gzip's header (zlib.h) */
	GZIP_MEMORY = 8,
};

static void call_free(struct http_call *call)
{
	struct http *h = call->h;

	if (call->next)
		call->next->previous = call->previous;
	if (call->previous)
		call->previous->next = call->next;
	else if (h->calls == call)
		h->calls = call->next;
	if (call->easy)
		curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	buf_release(&call->sent);
	buf_release(&call->answer);
	free(call);
}

/* ---- the answer ---- */

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct http_call *call = arg;

	struct str part = str_slice(bytes, size * n);
	size_t room = call->answer.limit - call->answer.n;

	if (call->may_be_cut && part.n > room)
		part.n = room;
	if (buf_add(&call->answer, part))
		return size * n;
	call->too_long = true;
	return 0; /* libcurl ends the call */
}

/* libcurl takes a head that ends with the connection for a whole one. */
static size_t on_header(char *line, size_t size, size_t n, void *arg)
{
	struct http_call *call = arg;

	struct str text = str_trim(str_slice(line, size * n));

	if (str_has_prefix(text, STR("HTTP/")))
		call->whole_head = false;
	else if (text.n == 0)
		call->whole_head = true;
	return size * n;
}

static int64_t retry_after_ms(CURL *easy)
{
	curl_off_t seconds = 0;

	if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds) ||
	    seconds <= 0)
		return -1;
	if (seconds > MOST_RETRY_AFTER_S)
		seconds = MOST_RETRY_AFTER_S;
	return (int64_t)seconds * 1000;
}

static void set_failure(struct http_call *call, CURLcode code,
			struct error *err)
{
	const char *reason =
		call->reason[0] ? call->reason : curl_easy_strerror(code);

	if (call->too_long)
		error_set(err, ERROR_RETRY,
			  "could not read the answer: longer than %zu bytes",
			  call->answer.limit);
	else if (code == CURLE_OK)
		error_set(err, ERROR_RETRY,
			  "could not read the answer: torn in its head");
	else
		error_set(err, ERROR_RETRY, "could not get an answer: %s",
			  reason);
}

void http_call_finish(struct http_call *call, CURLcode code)
{
	struct http_answer answer = { .retry_after_ms = -1 };
	const char *type = NULL;
	long status = 0;

	if (code != CURLE_OK || !call->whole_head) {
		set_failure(call, code, &answer.err);
	} else {
		curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
		answer.status = (int)status;
		answer.body = buf_str(&call->answer);
		answer.content_type = str_of(type);
		answer.retry_after_ms = retry_after_ms(call->easy);
	}
	curl_multi_remove_handle(call->h->multi, call->easy);
	call->done(call->arg, &answer);
	call_free(call);
}

void http_cancel(struct http_call *call)
{
	curl_multi_remove_handle(call->h->multi, call->easy);
	call_free(call);
}

/* ---- the request ---- */

static void gzip(struct str body, int level, struct buf *out)
{
	z_stream z = { 0 };
	int rc = deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
			      Z_DEFAULT_STRATEGY);
	size_t most;

	ENSURE(rc == Z_OK);
	ENSURE(body.n <= UINT32_MAX);
	most = deflateBound(&z, body.n);
	ENSURE(most <= UINT32_MAX);
	z.next_in = (Bytef *)(uintptr_t)body.s;
	z.avail_in = (uInt)body.n;
	z.next_out = (Bytef *)buf_room(out, most);
	z.avail_out = (uInt)most;
	rc = deflate(&z, Z_FINISH);
	ENSURE(rc == Z_STREAM_END);
	out->n += z.total_out;
	deflateEnd(&z);
}

static bool url_usable(const char *url, struct error *err)
{
	CURLU *parts = curl_url();
	char *scheme = NULL;
	CURLUcode code = curl_url_set(parts, CURLUPART_URL, url, 0);
	bool http = false;

	ENSURE(parts);
	if (!code)
		code = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0);
	if (!code)
		http = strcmp(scheme, "http") == 0 ||
		       strcmp(scheme, "https") == 0;
	curl_free(scheme);
	curl_url_cleanup(parts);
	/* The URL itself may hold a secret and is not quoted. */
	if (code)
		return error_set(err, ERROR_CONFIG, "could not use the url: %s",
				 curl_url_strerror(code));
	if (!http)
		return error_set(err, ERROR_CONFIG,
				 "could not use the url: neither http:// nor "
				 "https://");
	return true;
}

void http_call_add_header(struct http_call *call, const char *header)
{
	struct curl_slist *longer = curl_slist_append(call->headers, header);

	ENSURE(longer);
	call->headers = longer;
}

static struct str content_type(const char *header)
{
	static const size_t n = sizeof("content-type:") - 1;

	if (!str_equal_nocase(str_slice(header, strnlen(header, n)),
			      STR("content-type:")))
		return STR_NONE;
	return str_trim(str_of(header + n));
}

static void set_headers(struct http_call *call, const struct http_request *r)
{
	struct str type = STR_NONE;

	for (const char *const *h = r->headers; h && *h; h++) {
		struct str value = content_type(*h);

		if (value.n > 0)
			type = value;
		http_call_add_header(call, *h);
	}
	if (type.n == 0) /* libcurl would say "form" */
		http_call_add_header(call, "Content-Type:");
	http_call_add_header(call, "Expect:");
	if (call->sent.n > 0)
		http_call_add_header(call, "Content-Encoding: gzip");
	http_options_sign(&call->h->options, call, r,
			  call->sent.n > 0 ? buf_str(&call->sent) : r->body,
			  type);
}

static void set_method(struct http_call *call, const struct http_request *r)
{
	CURL *e = call->easy;
	struct str body = r->body;
	bool sends = body.n > 0 || strcmp(r->method, "POST") == 0 ||
		     strcmp(r->method, "PUT") == 0;

	if (body.n > 0 && r->gzip_level > 0) {
		gzip(body, r->gzip_level, &call->sent);
		body = buf_str(&call->sent);
	}
	if (strcmp(r->method, "HEAD") == 0) {
		curl_easy_setopt(e, CURLOPT_NOBODY, 1L);
		return;
	}
	if (sends) {
		curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)body.n);
		curl_easy_setopt(e, CURLOPT_POSTFIELDS,
				 body.n > 0 ? body.s : "");
	}
	curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, r->method);
}

static void set_manners(struct http_call *call, const struct http_request *r)
{
	CURL *e = call->easy;

	curl_easy_setopt(e, CURLOPT_URL, r->url);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "tocsin/" TOCSIN_VERSION);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, call->reason);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(e, CURLOPT_PRIVATE, call);
}

struct http_call *http_start(struct http *h, const struct http_request *r,
			     struct error *err)
{
	struct http_call *call;
	CURLMcode code;

	ENSURE(r->timeout_ms > 0 && r->done);
	if (!url_usable(r->url, err))
		return NULL;
	call = xcalloc(1, sizeof(*call));
	call->h = h;
	call->done = r->done;
	call->arg = r->arg;
	call->may_be_cut = r->answer_may_be_cut;
	/* 0 is no limit to a buf. */
	buf_init(&call->answer, r->answer_limit > 0 ? r->answer_limit : 1);
	call->easy = curl_easy_init();
	ENSURE(call->easy);
	set_manners(call, r);
	set_method(call, r);
	set_headers(call, r);
	http_options_apply(&h->options, call);
	curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
	call->next = h->calls;
	if (h->calls)
		h->calls->previous = call;
	h->calls = call;
	code = curl_multi_add_handle(h->multi, call->easy);
	if (code == CURLM_OK)
		return call;
	error_set(err, ERROR_RETRY, "could not start an http call: %s",
		  curl_multi_strerror(code));
	call_free(call);
	return NULL;
}
