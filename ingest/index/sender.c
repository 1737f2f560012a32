/* sender.c - batches on their way to Elasticsearch
 *
 * Owns the batches that wait and the requests under way. What an answer means
 * is decided by verdict.c, when to send by pace.c, when too many die by
 * breaker.c; here the documents are only moved accordingly.
 *
 * Loop thread only. */
#include "ingest/index/sender.h"

#include <stdlib.h>

#include "core/clock.h"
#include "ingest/index/breaker.h"
#include "ingest/index/bulk.h"
#include "ingest/index/pace.h"
#include "ingest/index/partitions.h"

enum {
	ANSWER_BYTES = 1 << 20,
	ANSWER_BYTES_PER_ITEM = 4096,
	ANSWER_BYTES_MAX = 64 << 20,
	BULK_BYTES_MIN = 16 << 10,
	WAIT_BASE_MS = 200,
	WAIT_MAX_MS = 5000,
};

struct request {
	struct request *next, **link;
	struct sender *sender;
	struct batch *batch;
	struct elastic_call *call;
	int64_t started_ms;
};

struct sender {
	struct sender_config config;
	struct scanner *scanner;
	struct loop_timer *timer;
	struct pace pace;
	struct breaker breaker;
	struct trouble trouble;
	struct batch **waiting; /* in the order in which they are sent */
	size_t n, cap;
	struct request *requests;
	size_t n_requests;
	size_t n_blocked;  /* batches here and under way that are blocked */
	size_t n_bisected; /* likewise */
	size_t n_retried;  /* likewise, with attempts */
	uint64_t retries;
};

/* ---- batches that wait ---- */

static void count(struct sender *s, const struct batch *b, bool enters)
{
	size_t one = enters ? 1 : (size_t)-1;

	s->n_blocked += b->blocked ? one : 0;
	s->n_bisected += b->bisected ? one : 0;
	s->n_retried += b->attempts > 0 ? one : 0;
}

static void put(struct sender *s, struct batch *b, bool first)
{
	if (b->n == 0) {
		batch_close(b);
		return;
	}
	count(s, b, true);
	(void)ARRAY_PUSH(s->waiting, s->n, s->cap);
	if (first)
		memmove(&s->waiting[1], &s->waiting[0],
			(s->n - 1) * sizeof(struct batch *));
	s->waiting[first ? 0 : s->n - 1] = b;
}

static struct batch *take_out(struct sender *s, size_t i)
{
	struct batch *b = s->waiting[i];

	s->n--;
	memmove(&s->waiting[i], &s->waiting[i + 1],
		(s->n - i) * sizeof(struct batch *));
	return b;
}

static bool stays(void *arg, const struct item *item)
{
	(void)arg;
	return !item->partition->leaving && !item->partition->given_up;
}

static void give_back(void *arg, struct item *item)
{
	struct sender *s = arg;

	s->config.returned(s->config.arg, item);
}

/* The batch, as far as it was not taken, is to be sent again at the earliest
 * in wait_ms. */
static void again(struct sender *s, struct batch *b, int64_t wait_ms)
{
	batch_filter(b, stays, give_back, s);
	b->attempts++;
	b->ready_ms = clock_mono_ms() + wait_ms;
	s->retries += b->n > 0;
	put(s, b, true);
}

static int64_t wait_of(const struct batch *b)
{
	struct backoff backoff;

	backoff_init(&backoff, WAIT_BASE_MS, WAIT_MAX_MS,
		     (uint64_t)clock_mono_ms() ^ (uint64_t)b->body.n << 20);
	backoff.attempt = b->attempts;
	return backoff_next_ms(&backoff);
}

/* ---- trouble ---- */

static void note_trouble(struct sender *s, const struct error *err)
{
	trouble_begin(&s->trouble, clock_mono_ms(), err);
}

static void note_answer_trouble(struct sender *s,
				const struct http_answer *answer)
{
	AUTO(buf_release) struct buf text = { 0 };
	struct error err = answer->err;
	struct str reason = STR_NONE;

	if (answer->status != 0) {
		if (json_find(answer->body, STR("error"), &reason))
			bulk_describe_error(reason, &text);
		error_set(&err, ERROR_RETRY,
			  "elasticsearch answered a bulk with status %d%s%s",
			  answer->status, text.n > 0 ? ": " : "",
			  buf_text(&text));
	}
	note_trouble(s, &err);
}

static void settle_trouble(struct sender *s)
{
	if (!s->pace.failing && s->n_retried == 0)
		trouble_end(&s->trouble);
}

/* ---- judged documents ---- */

static void bury(struct sender *s, const struct batch *b, size_t i, int status,
		 struct str reason)
{
	AUTO(buf_release) struct buf index = { 0 };
	AUTO(buf_release) struct buf id = { 0 };
	struct item item = b->item[i];
	struct death death = {
		.reason = reason,
		.status = status,
		.attempts = b->attempts + 1,
	};

	bulk_action_read(str_slice(b->body.p + item.at, item.n), &index, &id);
	death.index = buf_str(&index);
	death.id = buf_str(&id);
	s->config.died(s->config.arg, &item, &death);
}

static void note_item_trouble(struct sender *s, const struct judged *judged,
			      struct str reason)
{
	struct error err;

	error_set(&err, ERROR_RETRY,
		  "elasticsearch answered a document with status %d%s: %.*s",
		  judged->status,
		  judged->verdict == VERDICT_DEAD
			  ? " (more than half of the last 1000 were refused)"
			  : "",
		  STR_ARG(reason));
	note_trouble(s, &err);
}

/* True: the item has come to its end; false: it must be sent again. */
static bool settle(struct sender *s, const struct batch *b, size_t i,
		   const struct judged *judged)
{
	AUTO(buf_release) struct buf reason = { 0 };
	struct item item = b->item[i];

	if (judged->verdict == VERDICT_DONE ||
	    judged->verdict == VERDICT_DUPLICATE) {
		(void)breaker_judge(&s->breaker, false);
		s->config.taken(s->config.arg, &item,
				judged->verdict == VERDICT_DUPLICATE);
		return true;
	}
	bulk_describe_error(judged->error, &reason);
	if (judged->verdict == VERDICT_DEAD &&
	    breaker_judge(&s->breaker, true)) {
		bury(s, b, i, judged->status, buf_str(&reason));
		return true;
	}
	note_item_trouble(s, judged, buf_str(&reason));
	return false;
}

static void settle_all(struct sender *s, struct batch *b,
		       const struct judged *judged)
{
	struct batch *rest = batch_open(b->opened_ms);
	bool congested = false;

	rest->attempts = b->attempts;
	for (size_t i = 0; i < b->n; i++) {
		if (settle(s, b, i, &judged[i]))
			continue;
		batch_move(rest, b, i);
		if (judged[i].verdict == VERDICT_RETRY)
			congested = true;
		else
			rest->blocked = true;
	}
	batch_close(b);
	pace_succeeded(&s->pace);
	if (congested)
		pace_congested(&s->pace);
	if (rest->n > 0)
		again(s, rest, wait_of(rest));
	else
		batch_close(rest);
}

/* ---- answers ---- */

static void fail(struct sender *s, struct batch *b,
		 const struct http_answer *answer)
{
	pace_failed(&s->pace, clock_mono_ms(), answer->retry_after_ms);
	note_answer_trouble(s, answer);
	again(s, b, 0);
}

static void judge(struct sender *s, struct batch *b,
		  const struct http_answer *answer)
{
	struct judged *judged = xcalloc(b->n, sizeof(*judged));
	struct http_answer torn = *answer;

	if (bulk_judge(s->scanner, answer->body, judged, b->n, &torn.err)) {
		settle_all(s, b, judged);
	} else {
		torn.status = 0;
		fail(s, b, &torn);
	}
	free(judged);
}

static void halve(struct sender *s, struct batch *b)
{
	struct batch *second = batch_split(b);

	put(s, second, true);
	put(s, b, true);
}

static void too_large(struct sender *s, struct batch *b,
		      const struct http_answer *answer)
{
	size_t half = b->body.n / 2;

	if (b->n > 1) {
		if (half < s->config.bulk_bytes)
			s->config.bulk_bytes =
				half > BULK_BYTES_MIN ? half : BULK_BYTES_MIN;
		halve(s, b);
		return;
	}
	if (breaker_judge(&s->breaker, true)) {
		bury(s, b, 0, 413, STR("the document alone is too large"));
		batch_close(b);
		return;
	}
	note_answer_trouble(s, answer);
	b->blocked = true;
	again(s, b, wait_of(b));
}

/* Somewhere in it is what the servers refuse a whole request for: halves find
 * it. As long as one such document is known and waits, no other is looked for,
 * so that a server that refuses everything is not asked about each. */
static void unknown(struct sender *s, struct batch *b,
		    const struct http_answer *answer)
{
	if (b->n > 1 && s->n_bisected == 0) {
		halve(s, b);
		return;
	}
	note_answer_trouble(s, answer);
	b->blocked = true;
	b->bisected = b->n == 1;
	again(s, b, wait_of(b));
}

static void work_off(struct sender *s, struct batch *b,
		     const struct http_answer *answer)
{
	b->blocked = false;
	b->bisected = false;
	switch (verdict_of_bulk(answer->status)) {
	case BULK_ANSWERED: judge(s, b, answer); break;
	case BULK_TOO_LARGE: too_large(s, b, answer); break;
	case BULK_HALVE: unknown(s, b, answer); break;
	case BULK_BLOCKED:
	case BULK_RETRY: fail(s, b, answer); break;
	}
}

static void forget(struct request *r)
{
	*r->link = r->next;
	if (r->next)
		r->next->link = r->link;
	r->sender->n_requests--;
	free(r);
}

static void pump(void *arg);

static void answered(void *arg, const struct http_answer *answer)
{
	struct request *r = arg;
	struct sender *s = r->sender;
	struct batch *b = r->batch;
	int64_t took_ms = clock_mono_ms() - r->started_ms;

	forget(r);
	count(s, b, false);
	work_off(s, b, answer);
	settle_trouble(s);
	s->config.changed(s->config.arg, took_ms);
	pump(s);
}

/* ---- sending ---- */

static size_t answer_limit(const struct batch *b)
{
	size_t limit = ANSWER_BYTES + b->n * ANSWER_BYTES_PER_ITEM;

	return limit < ANSWER_BYTES_MAX ? limit : ANSWER_BYTES_MAX;
}

/* False: it could not even be started, and waits again. */
static bool start(struct sender *s, struct batch *b)
{
	struct request *r = xcalloc(1, sizeof(*r));
	struct http_answer none = { .retry_after_ms = -1 };
	struct elastic_request request = {
		.method = "POST",
		.path = BULK_PATH,
		.body = buf_str(&b->body),
		.gzip_level = s->config.gzip_level,
		.answer_limit = answer_limit(b),
		.done = answered,
		.arg = r,
	};

	r->sender = s;
	r->batch = b;
	r->started_ms = clock_mono_ms();
	r->call = elastic_start(s->config.elastic, &request, &none.err);
	if (!r->call) {
		free(r);
		count(s, b, false);
		fail(s, b, &none);
		return false;
	}
	r->next = s->requests;
	r->link = &s->requests;
	if (s->requests)
		s->requests->link = &r->next;
	s->requests = r;
	s->n_requests++;
	return true;
}

/* The first batch that may be sent now, or s->n. */
static size_t find_ready(const struct sender *s, int64_t now_ms)
{
	size_t i = 0;

	while (i < s->n && s->waiting[i]->ready_ms > now_ms)
		i++;
	return i;
}

/* Wake up when the gate opens and a batch is ready. If both are so already, it
 * is the next answer that makes room. */
static void plan(struct sender *s, int64_t now_ms)
{
	int64_t at_ms = INT64_MAX;

	for (size_t i = 0; i < s->n; i++) {
		if (s->waiting[i]->ready_ms < at_ms)
			at_ms = s->waiting[i]->ready_ms;
	}
	if (at_ms < now_ms + pace_wait_ms(&s->pace, now_ms))
		at_ms = now_ms + pace_wait_ms(&s->pace, now_ms);
	if (s->n > 0 && at_ms > now_ms)
		loop_timer_start(s->timer, at_ms - now_ms);
}

/* The batch at i, without what makes it larger than batches now may be. */
static struct batch *take_small(struct sender *s, size_t i)
{
	struct batch *b = take_out(s, i);

	while (b->n > 1 && b->body.n > s->config.bulk_bytes)
		put(s, batch_split(b), true);
	return b;
}

static void pump(void *arg)
{
	struct sender *s = arg;
	int64_t now_ms = clock_mono_ms();

	while (pace_may_send(&s->pace, now_ms, s->n_requests)) {
		size_t i = find_ready(s, now_ms);

		if (i == s->n || !start(s, take_small(s, i)))
			break;
	}
	plan(s, now_ms);
}

/* ---- from outside ---- */

struct sender *sender_open(const struct sender_config *c)
{
	struct sender *s = xcalloc(1, sizeof(*s));

	s->config = *c;
	s->scanner = scanner_open();
	s->timer = loop_timer_open(c->loop, pump, s);
	pace_init(&s->pace, c->in_flight, (uint64_t)clock_wall_ns());
	return s;
}

static bool keep_none(void *arg, const struct item *item)
{
	(void)arg;
	(void)item;
	return false;
}

static void return_batch(struct sender *s, struct batch *b)
{
	batch_filter(b, keep_none, give_back, s);
	batch_close(b);
}

void sender_close(struct sender *s)
{
	if (!s)
		return;
	while (s->requests) {
		struct request *r = s->requests;

		elastic_cancel(r->call);
		return_batch(s, r->batch);
		forget(r);
	}
	while (s->n > 0)
		return_batch(s, take_out(s, s->n - 1));
	free(s->waiting);
	loop_timer_close(s->timer);
	scanner_close(s->scanner);
	free(s);
}

void sender_take(struct sender *s, struct batch *batch)
{
	put(s, batch, false);
	pump(s);
}

void sender_drop_leaving(struct sender *s)
{
	for (size_t i = s->n; i-- > 0;) {
		struct batch *b = s->waiting[i];

		batch_filter(b, stays, give_back, s);
		if (b->n > 0)
			continue;
		count(s, b, false);
		batch_close(take_out(s, i));
	}
	settle_trouble(s);
}

bool sender_eager(const struct sender *s)
{
	return s->n == 0 && s->n_requests == 0 && !s->pace.failing;
}

bool sender_stuck(const struct sender *s)
{
	return s->pace.failing || s->n_blocked > 0;
}

const struct trouble *sender_trouble(const struct sender *s)
{
	return &s->trouble;
}

size_t sender_requests(const struct sender *s)
{
	return s->n_requests;
}

size_t sender_bulk_bytes(const struct sender *s)
{
	return s->config.bulk_bytes;
}

uint64_t sender_retries(const struct sender *s)
{
	return s->retries;
}
