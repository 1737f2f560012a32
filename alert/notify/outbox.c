/* outbox.c - messages under way to receivers: sent, retried, accepted
 *
 * Owns the HTTP clients, one a receiver, and the bodies. Loop thread. */
#include "alert/notify/outbox.h"

#include <stdlib.h>

#include "alert/notify/bucket.h"
#include "core/backoff.h"
#include "core/clock.h"
#include "core/http.h"
#include "core/log.h"

enum {
	FIRST_WAIT_MS = 500,
	LONGEST_WAIT_MS = 60000,
	ANSWER_LIMIT = 64 * 1024,
};

struct lane { /* one receiver's way out */
	struct outbox *outbox;
	struct receiver *receiver;
	struct http *http; /* of its own, because of its authorities */
	struct backoff backoff;
	struct bucket bucket;
	struct loop_timer *room;  /* runs until its rate allows one more */
	struct loop_timer *timer; /* runs while the lane waits to retry */
	struct parcel *first;     /* under way or waiting, oldest first */
	int64_t blocked_since_ms; /* monotonic; -1: not blocked */
	int64_t wait_until_ms;    /* monotonic; while the timer runs */
	struct metric *accepted, *refused, *retried, *blocked;
};

struct parcel {
	struct lane *lane;
	struct parcel *next;
	char *id;
	struct buf url;    /* empty: the receiver's */
	struct buf body;   /* the same over retries, but for its blanks */
	struct buf filled; /* the body of this attempt, if it has blanks */
	void *message;
	struct http_call *call; /* NULL: waits for the lane's timer */
};

struct outbox {
	struct loop *loop;
	struct outbox_hooks hooks;
	struct lane *lane;
	size_t n;
	size_t in_flight;
};

static void start(struct parcel *p);

static struct lane *lane_of(const struct outbox *o, const struct receiver *r)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->lane[i].receiver == r)
			return &o->lane[i];
	return NULL;
}

static void parcel_free(struct parcel *p)
{
	if (p->call)
		http_cancel(p->call);
	buf_release(&p->url);
	buf_release(&p->body);
	if (p->filled.n > 0)
		explicit_bzero(p->filled.p, p->filled.n);
	buf_release(&p->filled);
	free(p->id);
	free(p);
}

static void unlink_parcel(struct parcel **at)
{
	struct lane *l = (*at)->lane;

	*at = (*at)->next;
	l->receiver->in_flight--;
	l->outbox->in_flight--;
}

static void finish(struct parcel *p, const char *why)
{
	struct outbox *o = p->lane->outbox;
	struct parcel **at = &p->lane->first;
	void *message = p->message;

	metric_add(why ? p->lane->refused : p->lane->accepted, 1);
	bucket_answered(&p->lane->bucket, clock_mono_ms());
	while (*at != p)
		at = &(*at)->next;
	unlink_parcel(at);
	parcel_free(p);
	o->hooks.done(o->hooks.arg, message, why);
}

static void note_recovery(struct lane *l)
{
	backoff_reset(&l->backoff);
	if (l->blocked_since_ms < 0)
		return;
	log_info("receiver takes messages again",
		 KV_TEXT("receiver", l->receiver->name),
		 KV_INT("blocked_ms", clock_mono_ms() - l->blocked_since_ms));
	l->blocked_since_ms = -1;
}

/* Try again later: everything of this receiver waits for the same timer. What
 * fails beside the first neither lengthens the back-off nor comes earlier. */
static void hold(struct lane *l, int64_t retry_after_ms, const char *why)
{
	bool waiting = loop_timer_active(l->timer);
	int64_t backoff = waiting ? 0 : backoff_next_ms(&l->backoff);
	int64_t wait = retry_after_ms > backoff ? retry_after_ms : backoff;
	int64_t now = clock_mono_ms();

	if (l->blocked_since_ms < 0)
		l->blocked_since_ms = now;
	metric_add(l->retried, 1);
	if (!waiting || now + wait > l->wait_until_ms) {
		l->wait_until_ms = now + wait;
		loop_timer_start(l->timer, wait);
	}
	log_warn("receiver did not take a message, trying again",
		 KV_TEXT("receiver", l->receiver->name), KV_TEXT("reason", why),
		 KV_INT("in_ms", l->wait_until_ms - now));
}

static void describe_answer(const struct http_answer *answer, struct buf *why)
{
	if (answer->status == 0) {
		buf_add_text(why, answer->err.text);
		return;
	}
	buf_add_format(why, "status %d: %.*s", answer->status,
		       STR_ARG(str_slice(answer->body.s,
					 answer->body.n < 200 ? answer->body.n
							      : 200)));
}

static int64_t wait_ms(const struct receiver_type *type,
		       const struct http_answer *answer)
{
	int64_t asked = type->wait_ms && answer->status != 0
				? type->wait_ms(answer->body)
				: -1;

	return asked > answer->retry_after_ms ? asked : answer->retry_after_ms;
}

static void answered(void *arg, const struct http_answer *answer)
{
	struct parcel *p = arg;
	struct lane *l = p->lane;
	enum receiver_verdict verdict = RECEIVER_RETRY;
	struct buf why = { 0 };

	p->call = NULL;
	if (answer->status != 0)
		verdict =
			l->receiver->type->judge(answer->status, answer->body);
	describe_answer(answer, &why);
	switch (verdict) {
	case RECEIVER_ACCEPTED:
		note_recovery(l);
		finish(p, NULL);
		break;
	case RECEIVER_REFUSED:
		log_error("receiver refused a message for good",
			  KV_TEXT("receiver", l->receiver->name),
			  KV_TEXT("message", p->id),
			  KV_STR("reason", buf_str(&why)));
		finish(p, buf_text(&why));
		break;
	case RECEIVER_RETRY:
		hold(l, wait_ms(l->receiver->type, answer), buf_text(&why));
		break;
	}
	buf_release(&why);
}

static void start(struct parcel *p)
{
	struct receiver *r = p->lane->receiver;
	struct buf *body = r->type->fill ? &p->filled : &p->body;
	struct buf lines = { 0 };
	const char *headers[RECEIVER_HEADERS];
	struct http_request request = {
		.method = "POST",
		.url = p->url.n > 0 ? buf_text(&p->url) : r->url,
		.headers = headers,
		.timeout_ms = r->timeout_ms,
		.answer_limit = ANSWER_LIMIT,
		.answer_may_be_cut = true,
		.done = answered,
		.arg = p,
	};
	struct error err;

	if (r->type->fill) {
		buf_clear(body);
		receiver_fill(r, buf_str(&p->body), clock_wall_ms(), body);
	}
	request.body = buf_str(body);
	receiver_headers(r, p->id, request.body, clock_wall_ms(), &lines,
			 headers);
	p->call = http_start(p->lane->http, &request, &err);
	if (lines.n > 0)
		explicit_bzero(lines.p, lines.n);
	buf_release(&lines);
	if (!p->call)
		hold(p->lane, -1, err.text);
}

static void try_again(void *arg)
{
	struct lane *l = arg;

	for (struct parcel *p = l->first; p; p = p->next) {
		if (loop_timer_active(l->timer))
			return;
		if (!p->call)
			start(p);
	}
}

void outbox_send(struct outbox *o, struct receiver *r, const char *id,
		 struct buf *url, struct buf *body, void *message)
{
	struct lane *l = lane_of(o, r);
	struct parcel *p = xcalloc(1, sizeof(*p));
	struct parcel **at = &l->first;

	ENSURE(l != NULL);
	p->lane = l;
	p->id = xstrdup(id);
	p->url = *url;
	p->body = *body;
	*url = (struct buf){ 0 };
	*body = (struct buf){ 0 };
	p->message = message;
	while (*at)
		at = &(*at)->next;
	*at = p;
	bucket_take(&l->bucket);
	r->in_flight++;
	o->in_flight++;
	if (!loop_timer_active(l->timer))
		start(p);
}

static void room_again(void *arg)
{
	struct lane *l = arg;

	l->outbox->hooks.room(l->outbox->hooks.arg);
}

bool outbox_has_room(struct outbox *o, const struct receiver *r)
{
	struct lane *l = lane_of(o, r);
	int64_t now = clock_mono_ms();
	int64_t next;

	ENSURE(l != NULL);
	if (r->in_flight >= r->type->concurrency || loop_timer_active(l->timer))
		return false;
	next = bucket_next_ms(&l->bucket, now);
	if (next > now && next != INT64_MAX)
		loop_timer_start(l->room, next - now);
	return next <= now;
}

size_t outbox_in_flight(const struct outbox *o)
{
	return o->in_flight;
}

int64_t outbox_blocked_ms(const struct outbox *o, const struct receiver *r)
{
	const struct lane *l = lane_of(o, r);

	return l->blocked_since_ms < 0 ? -1
				       : clock_mono_ms() - l->blocked_since_ms;
}

static struct metric *sent_metric(struct metrics *m, const char *receiver,
				  const char *result)
{
	struct buf labels = { 0 };
	struct metric *metric;

	metrics_label(&labels, "receiver", str_of(receiver));
	metrics_label(&labels, "result", str_of(result));
	metric = metrics_counter(m, "tocsin_notify_sent_total",
				 "Messages to receivers by what came of them.",
				 buf_text(&labels));
	buf_release(&labels);
	return metric;
}

void outbox_refresh(struct outbox *o)
{
	for (size_t i = 0; i < o->n; i++) {
		int64_t since = o->lane[i].blocked_since_ms;
		int64_t ms = since < 0 ? 0 : clock_mono_ms() - since;

		metric_set(o->lane[i].blocked, (double)ms / 1000);
	}
}

static bool lane_open(struct lane *l, struct outbox *o, struct receiver *r,
		      struct metrics *m, struct error *err)
{
	const struct http_options options = { .ca_file = r->ca_file };
	struct buf labels = { 0 };

	*l = (struct lane){ .outbox = o, .receiver = r };
	l->http = http_open(o->loop, err);
	if (!l->http)
		return false;
	if (!http_configure(l->http, &options, err)) {
		http_close(l->http);
		return false;
	}
	l->blocked_since_ms = -1;
	backoff_init(&l->backoff, FIRST_WAIT_MS, LONGEST_WAIT_MS,
		     (uint64_t)clock_wall_ns() ^ str_hash(str_of(r->name)));
	bucket_init(&l->bucket, r->token_us, r->burst);
	l->timer = loop_timer_open(o->loop, try_again, l);
	l->room = loop_timer_open(o->loop, room_again, l);
	l->accepted = sent_metric(m, r->name, "accepted");
	l->refused = sent_metric(m, r->name, "refused");
	l->retried = sent_metric(m, r->name, "retried");
	metrics_label(&labels, "receiver", str_of(r->name));
	l->blocked = metrics_gauge(m, "tocsin_notify_blocked_seconds",
				   "Since when a receiver takes nothing.",
				   buf_text(&labels));
	buf_release(&labels);
	r->in_flight = 0;
	return true;
}

struct outbox *outbox_open(struct loop *loop, const struct receivers *receivers,
			   struct metrics *metrics,
			   const struct outbox_hooks *hooks, struct error *err)
{
	struct outbox *o = xcalloc(1, sizeof(*o));

	o->loop = loop;
	o->hooks = *hooks;
	o->lane = xcalloc(receivers->n, sizeof(*o->lane));
	for (; o->n < receivers->n; o->n++) {
		if (lane_open(&o->lane[o->n], o, receivers->item[o->n], metrics,
			      err))
			continue;
		outbox_close(o);
		return NULL;
	}
	return o;
}

void outbox_describe(const struct outbox *o, struct buf *json)
{
	buf_add_char(json, '{');
	for (size_t i = 0; i < o->n; i++) {
		const struct lane *l = &o->lane[i];
		int64_t since = l->blocked_since_ms;

		if (i > 0)
			buf_add_char(json, ',');
		buf_add_json_string(json, str_of(l->receiver->name));
		buf_add_format(
			json,
			":{\"type\":\"%s\",\"in_flight\":%d,"
			"\"accepted\":%.0f,\"refused\":%.0f,"
			"\"blocked_seconds\":%lld}",
			l->receiver->type->name, l->receiver->in_flight,
			metric_value(l->accepted), metric_value(l->refused),
			since < 0
				? 0LL
				: (long long)(clock_mono_ms() - since) / 1000);
	}
	buf_add_char(json, '}');
}

void outbox_clear(struct outbox *o)
{
	for (size_t i = 0; i < o->n; i++) {
		struct lane *l = &o->lane[i];

		while (l->first) {
			struct parcel *p = l->first;
			void *message = p->message;

			unlink_parcel(&l->first);
			bucket_dropped(&l->bucket);
			parcel_free(p);
			o->hooks.dropped(o->hooks.arg, message);
		}
		loop_timer_stop(l->timer);
		loop_timer_stop(l->room);
		/* Whoever goes on will see for himself. */
		l->blocked_since_ms = -1;
	}
}

void outbox_close(struct outbox *o)
{
	if (!o)
		return;
	outbox_clear(o);
	for (size_t i = 0; i < o->n; i++) {
		/* The next configuration may be without it. */
		if (o->lane[i].blocked)
			metric_set(o->lane[i].blocked, 0);
		loop_timer_close(o->lane[i].timer);
		loop_timer_close(o->lane[i].room);
		http_close(o->lane[i].http);
	}
	free(o->lane);
	free(o);
}
