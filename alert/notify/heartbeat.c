/* heartbeat.c - the receiver type `heartbeat`: a dead man's switch
 *
 * Owns an HTTP client and at most one call for each. Loop thread. */
#include "alert/notify/heartbeat.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/http.h"
#include "core/log.h"

enum { ANSWER_LIMIT = 64 * 1024 };

static const char *const methods[] = { "GET", "POST", NULL };

static const struct setting rows[] = {
	{ "interval", SETTING_DURATION, "1m", 1000, 24 * 3600000, NULL, NULL,
	  "How often it is sent while alerting works: the worker that notifies "
	  "has all alerts, knows how far the stages are, none of them is "
	  "longer behind than alert.behind_after, and some receiver takes "
	  "messages." },
	{ "method", SETTING_CHOICE, "GET", 0, 0, methods, NULL,
	  "How it is asked for." },
};

static bool configure(struct receiver *r, const struct config *c,
		      struct error *err)
{
	(void)err;
	r->interval_ms = config_int(c, "interval");
	r->method = methods[config_choice(c, "method")];
	return true;
}

const struct receiver_type receiver_heartbeat = {
	.name = "heartbeat",
	.settings = { rows, ARRAY_LENGTH(rows) },
	.concurrency = 1,
	.configure = configure,
	.judge = receiver_judge_http,
};

struct beat {
	const struct receiver *receiver;
	struct http *http;
	struct http_call *call; /* under way, or NULL */
	int64_t next_ms;        /* monotonic */
	struct metric *accepted, *failed;
	bool failing; /* the last one was not accepted */
};

struct heartbeats {
	struct beat *beat;
	size_t n;
	bool withheld;
};

static void note(struct beat *b, const struct http_answer *answer, bool ok)
{
	if (!ok && !b->failing)
		log_warn("heartbeat was not accepted, trying again",
			 KV_TEXT("receiver", b->receiver->name),
			 KV_INT("status", answer->status),
			 KV_TEXT("reason",
				 answer->status == 0 ? answer->err.text : ""));
	if (ok && b->failing)
		log_info("heartbeat is accepted again",
			 KV_TEXT("receiver", b->receiver->name));
	b->failing = !ok;
}

static void answered(void *arg, const struct http_answer *answer)
{
	struct beat *b = arg;
	bool ok = answer->status >= 200 && answer->status < 300;

	b->call = NULL;
	metric_add(ok ? b->accepted : b->failed, 1);
	note(b, answer, ok);
	if (!ok)
		b->next_ms = clock_mono_ms() + b->receiver->interval_ms / 10;
}

static void send_beat(struct beat *b, int64_t now_ms)
{
	static const char *const headers[] = {
		"User-Agent: tocsin/" TOCSIN_VERSION, NULL
	};
	struct http_request request = {
		.method = b->receiver->method,
		.url = b->receiver->url,
		.headers = headers,
		.timeout_ms = b->receiver->timeout_ms,
		.answer_limit = ANSWER_LIMIT,
		.done = answered,
		.arg = b,
	};
	struct http_answer none = { 0 };

	b->next_ms = now_ms + b->receiver->interval_ms;
	b->call = http_start(b->http, &request, &none.err);
	if (!b->call)
		note(b, &none, false);
}

void heartbeats_run(struct heartbeats *h, const char *why_not)
{
	int64_t now = clock_mono_ms();
	bool withheld = why_not[0] != '\0';

	if (h->n > 0 && withheld && !h->withheld)
		log_warn("heartbeat withheld", KV_TEXT("reason", why_not));
	h->withheld = withheld;
	if (withheld)
		return;
	for (size_t i = 0; i < h->n; i++)
		if (!h->beat[i].call && h->beat[i].next_ms <= now)
			send_beat(&h->beat[i], now);
}

static struct metric *counter(struct metrics *m, const char *receiver,
			      const char *result)
{
	struct buf AUTO(buf_release) labels = { 0 };

	metrics_label(&labels, "receiver", str_of(receiver));
	metrics_label(&labels, "result", str_of(result));
	return metrics_counter(m, "tocsin_notify_heartbeats_total",
			       "Heartbeats by what came of them.",
			       buf_text(&labels));
}

static bool beat_open(struct beat *b, struct loop *loop,
		      const struct receiver *r, struct metrics *m,
		      struct error *err)
{
	const struct http_options options = { .ca_file = r->ca_file };

	*b = (struct beat){ .receiver = r, .next_ms = INT64_MIN };
	b->accepted = counter(m, r->name, "accepted");
	b->failed = counter(m, r->name, "failed");
	b->http = http_open(loop, err);
	return b->http && http_configure(b->http, &options, err);
}

struct heartbeats *heartbeats_open(struct loop *loop,
				   const struct receivers *receivers,
				   struct metrics *metrics, struct error *err)
{
	struct heartbeats *h = xcalloc(1, sizeof(*h));

	h->beat = xcalloc(receivers->n, sizeof(*h->beat));
	for (size_t i = 0; i < receivers->n; i++) {
		const struct receiver *r = receivers->item[i];

		if (r->type != &receiver_heartbeat)
			continue;
		if (!beat_open(&h->beat[h->n++], loop, r, metrics, err)) {
			heartbeats_close(h);
			return NULL;
		}
	}
	return h;
}

void heartbeats_close(struct heartbeats *h)
{
	if (!h)
		return;
	for (size_t i = 0; i < h->n; i++) {
		if (h->beat[i].call)
			http_cancel(h->beat[i].call);
		if (h->beat[i].http)
			http_close(h->beat[i].http);
	}
	free(h->beat);
	free(h);
}
