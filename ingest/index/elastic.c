/* elastic.c - a client of one Elasticsearch or OpenSearch cluster
 *
 * Owns the connection pool and what is known about each node.
 *
 * Loop thread only. */
#include "ingest/index/elastic.h"

#include <stdlib.h>

#include "core/backoff.h"
#include "core/clock.h"
#include "ingest/index/access.h"

enum { DEAD_BASE_MS = 1000, DEAD_MAX_MS = 30000 };

struct node {
	char *url; /* without a slash at the end */
	int64_t dead_until_ms;
	struct backoff backoff;
};

struct elastic {
	struct loop *loop;
	const struct config *config;
	struct http *http;
	bool refused; /* by the last answer: 401 or 403 */
	int64_t timeout_ms;
	struct node *node;
	size_t n;
	size_t turn;
	struct elastic_call *calls; /* a doubly linked list */
};

struct elastic_call {
	struct elastic *elastic;
	struct elastic_call *next, **link;
	struct node *node;
	struct http_call *http;
	void (*done)(void *arg, const struct http_answer *answer);
	void *arg;
};

static const struct setting rows[] = {
	{ "elasticsearch.urls", SETTING_STRINGS, "http://127.0.0.1:9200", 0, 0,
	  NULL, NULL,
	  "Nodes of the Elasticsearch or OpenSearch cluster, as URLs; they "
	  "take "
	  "turns." },
	{ "elasticsearch.timeout", SETTING_DURATION, "60s", 100, 3600000, NULL,
	  NULL, "How long a request may take before it counts as failed." },
};

const struct settings elastic_settings = { rows, ARRAY_LENGTH(rows) };

static bool check_url(const char *url, struct error *err)
{
	struct str text = str_of(url);

	if (access_in_url(url))
		return error_set(err, ERROR_CONFIG,
				 "could not use elasticsearch.urls: a user or "
				 "password does not belong there");
	if (!str_has_prefix(text, STR("http://")) &&
	    !str_has_prefix(text, STR("https://")))
		return error_set(err, ERROR_CONFIG,
				 "could not use elasticsearch.urls: \"%s\" "
				 "does not begin with http:// or https://",
				 url);
	return true;
}

bool elastic_check(const struct config *config, struct error *err)
{
	const char *key = "elasticsearch.urls";
	const struct strings *urls = config_strings(config, key);

	if (urls->n == 0) {
		error_set(err, ERROR_CONFIG,
			  "could not use elasticsearch.urls: it is empty");
		return config_blame(config, key, err);
	}
	for (size_t i = 0; i < urls->n; i++) {
		if (!check_url(urls->item[i], err))
			return config_blame(config, key, err);
	}
	return true;
}

static void add_node(struct elastic *e, const char *url)
{
	struct str text = str_of(url);
	struct node *node;

	while (text.s[text.n - 1] == '/')
		text.n--;
	node = &e->node[e->n++];
	node->url = str_dup(text);
	backoff_init(&node->backoff, DEAD_BASE_MS, DEAD_MAX_MS, str_hash(text));
}

struct elastic *elastic_open(struct loop *loop, const struct config *config,
			     struct error *err)
{
	const struct strings *urls =
		config_strings(config, "elasticsearch.urls");
	struct elastic *e = xcalloc(1, sizeof(*e));

	e->loop = loop;
	e->config = config;
	e->timeout_ms = config_int(config, "elasticsearch.timeout");
	e->node = xcalloc(urls->n + 1, sizeof(*e->node));
	if (!elastic_check(config, err))
		goto failed;
	for (size_t i = 0; i < urls->n; i++)
		add_node(e, urls->item[i]);
	e->http = http_open(loop, err);
	if (e->http && access_apply(config, e->http, err))
		return e;
failed:
	elastic_close(e);
	return NULL;
}

static void forget(struct elastic_call *call)
{
	*call->link = call->next;
	if (call->next)
		call->next->link = call->link;
	free(call);
}

void elastic_cancel(struct elastic_call *call)
{
	http_cancel(call->http);
	forget(call);
}

void elastic_close(struct elastic *e)
{
	if (!e)
		return;
	while (e->calls) {
		struct elastic_call *call = e->calls;

		e->calls = call->next;
		http_cancel(call->http);
		free(call);
	}
	if (e->http)
		http_close(e->http);
	for (size_t i = 0; i < e->n; i++)
		free(e->node[i].url);
	free(e->node);
	free(e);
}

/* The next one in turn that is not left out, else the one whose time is over
 * first. */
static struct node *choose(struct elastic *e)
{
	int64_t now_ms = clock_mono_ms();
	struct node *best = NULL;

	for (size_t i = 0; i < e->n; i++) {
		struct node *node = &e->node[(e->turn + i) % e->n];

		if (node->dead_until_ms <= now_ms) {
			best = node;
			break;
		}
		if (!best || node->dead_until_ms < best->dead_until_ms)
			best = node;
	}
	e->turn = (size_t)(best - e->node) + 1;
	return best;
}

/* Secrets may have been changed since: files are read again. What cannot be
 * read leaves the old ones, and the servers say again what they think. */
static void renew_access(struct elastic *e)
{
	struct error ignored;

	if (e->refused && access_apply(e->config, e->http, &ignored))
		e->refused = false;
}

static void note(struct elastic *e, struct node *node, int status)
{
	e->refused = status == 401 || status == 403;
	if (status != 0) {
		node->dead_until_ms = 0;
		backoff_reset(&node->backoff);
	} else {
		node->dead_until_ms =
			clock_mono_ms() + backoff_next_ms(&node->backoff);
	}
}

static void answered(void *arg, const struct http_answer *answer)
{
	struct elastic_call *call = arg;
	void (*done)(void *, const struct http_answer *) = call->done;
	void *done_arg = call->arg;
	struct http_answer named = *answer;

	note(call->elastic, call->node, answer->status);
	if (answer->status == 0)
		error_prefix(&named.err, "%s", call->node->url);
	forget(call);
	done(done_arg, &named);
}

static struct http_request translate(const struct elastic *e,
				     const struct elastic_request *r,
				     const char *url)
{
	static const char *const headers[] = { "Content-Type: application/json",
					       NULL };

	return (struct http_request){
		.method = r->method,
		.url = url,
		.headers = r->body.n > 0 ? headers : NULL,
		.body = r->body,
		.gzip_level = r->gzip_level,
		.timeout_ms = r->timeout_ms > 0 ? r->timeout_ms : e->timeout_ms,
		.answer_limit = r->answer_limit,
	};
}

struct elastic_call *elastic_start(struct elastic *e,
				   const struct elastic_request *request,
				   struct error *err)
{
	AUTO(buf_release) struct buf url = { 0 };
	struct elastic_call *call = xcalloc(1, sizeof(*call));
	struct http_request http;

	renew_access(e);
	call->elastic = e;
	call->node = choose(e);
	call->done = request->done;
	call->arg = request->arg;
	buf_add_text(&url, call->node->url);
	buf_add_text(&url, request->path);
	http = translate(e, request, buf_text(&url));
	http.done = answered;
	http.arg = call;
	call->http = http_start(e->http, &http, err);
	if (!call->http) {
		note(e, call->node, 0);
		free(call);
		return NULL;
	}
	call->next = e->calls;
	call->link = &e->calls;
	if (e->calls)
		e->calls->link = &call->next;
	e->calls = call;
	return call;
}

bool elastic_do(struct elastic *e, const struct elastic_request *request,
		int *status, struct buf *body, struct error *err)
{
	for (size_t tries = 0; tries < e->n; tries++) {
		AUTO(buf_release) struct buf url = { 0 };
		struct node *node = choose(e);
		struct http_request http;
		bool done;

		renew_access(e);
		buf_add_text(&url, node->url);
		buf_add_text(&url, request->path);
		http = translate(e, request, buf_text(&url));
		buf_clear(body);
		done = http_do(e->loop, e->http, &http, status, body, err);
		note(e, node, done ? *status : 0);
		if (done)
			return true;
		error_prefix(err, "%s", node->url);
	}
	return false;
}
