/* notify.c - stage 3: <prefix>.alerts to receivers
 *
 * Owns the consumer of the alerts topic, the producer of the deliveries topic,
 * the plan and the outbox. One worker at a time has the topic's one partition;
 * the others stand by. On assignment it loads all deliveries, then reads all
 * alerts; messages go out once the end has been reached. The offset stored is
 * the one below which everything has been told to all that it concerns.
 *
 * Loop thread. */
#include <stdlib.h>

#include "alert/notify/board.h"
#include "alert/notify/delivery.h"
#include "alert/notify/notify_config.h"
#include "alert/notify/outbox.h"
#include "alert/notify/plan.h"
#include "alert/notify/upkeep.h"
#include "alert/settings.h"
#include "alert/stage.h"
#include "core/clock.h"
#include "core/log.h"

enum {
	TICK_MS = 1000,
	SWEEP_MS = 600000,
	LOAD_TIMEOUT_MS = 30000,
	FLUSH_MS = 5000,
	QUEUE_BYTES = 64 * 1024 * 1024,
	QUEUE_MESSAGES = 100000,
	PREFETCH_BYTES = 16 * 1024 * 1024,
	DESCRIBED_ALERTS = 1000,
};

struct notify {
	const struct alert_context *context;
	struct receivers receivers;
	struct route *root;
	struct inhibit *inhibit;
	struct mute *mute;
	struct plan *plan; /* while the partition is ours */
	struct outbox *outbox;
	struct upkeep *upkeep;
	struct kafka_consumer *consumer;
	struct kafka_producer *producer;
	char *alerts_topic, *deliveries_topic, *group;
	struct loop_timer *tick; /* housekeeping, each second */
	struct loop_timer *due;  /* the next group to be told */
	bool loaded;             /* the end of the alerts was reached */
	int64_t swept_ms;        /* monotonic; old silences were dropped */
	bool stopping;
	int64_t next;   /* offset of the next alert record */
	int64_t stored; /* offset last stored */
	struct metric *latency, *firing, *untold;
	struct error last_error;
	bool failing;
};

/* ---- telling ---- */

static void run(struct notify *n);

static bool has_room(void *arg, const struct receiver *r)
{
	struct notify *n = arg;

	return outbox_has_room(n->outbox, r);
}

static void send_message(void *arg, struct plan_message *m,
			 const struct message *view)
{
	struct notify *n = arg;
	const struct receiver_type *type = m->receiver->type;
	struct buf body = { 0 }, url = { 0 };

	type->render(m->receiver, view, &body);
	if (type->address)
		type->address(m->receiver, view, &url);
	/* Not each minute what an Alertmanager knows already. */
	if (type->resend_ms == 0 || plan_message_is_news(m))
		log_info("telling receiver",
			 KV_TEXT("receiver", m->receiver->name),
			 KV_TEXT("message", m->id), KV_INT("alerts", view->n),
			 KV_INT("firing", view->firing));
	outbox_send(n->outbox, m->receiver, m->id, &url, &body, m);
}

static void run_again(void *arg)
{
	run(arg);
}

/* Without the silences somebody would be told who is not to be. */
static bool is_live(const struct notify *n)
{
	return n->plan && n->loaded && !n->stopping &&
	       board_silences_loaded(n->context->board);
}

static void run(struct notify *n)
{
	int64_t now = clock_mono_ms();
	int64_t next;

	if (!is_live(n))
		return;
	plan_judge(n->plan, now, clock_wall_ms());
	next = plan_run(n->plan, now, has_room, send_message, n);
	if (next != INT64_MAX)
		loop_timer_start(n->due, next > now ? next - now : 0);
	else
		loop_timer_stop(n->due);
}

static void silences_changed(void *arg)
{
	struct notify *n = arg;

	if (!n->plan)
		return;
	plan_holds_changed(n->plan);
	run(n);
}

/* Value NONE: a tombstone. */
static bool write_record(struct notify *n, const char *topic, struct str key,
			 struct str value)
{
	struct kafka_message message = {
		.topic = topic, .partition = -1, .key = key, .value = value
	};
	struct error err;

	if (kafka_produce(n->producer, &message, &err))
		return true;
	log_warn("could not write a record", KV_TEXT("topic", topic),
		 KV_TEXT("reason", err.text));
	return false;
}

static void record_delivery(struct notify *n, const struct plan_message *m,
			    const struct receipt *r, const char *why)
{
	struct buf key = { 0 }, value = { 0 };

	delivery_key(m->receiver->name, r->id, &key);
	delivery_encode(m->receiver->name, r->id, &r->delivery, why, &value);
	/* A delivery that cannot be recorded is told again after a restart,
	 * under the same id: late knowledge, not a loss. */
	write_record(n, n->deliveries_topic, buf_str(&key), buf_str(&value));
	buf_release(&key);
	buf_release(&value);
}

static void message_done(void *arg, void *message, const char *why)
{
	struct notify *n = arg;
	struct plan_message *m = message;
	int64_t wall = clock_wall_ms();

	plan_done(n->plan, m, !why, clock_mono_ms(), wall);
	for (size_t i = 0; i < m->n; i++) {
		const struct receipt *r = &m->receipt[i];

		/* What is told again each minute is recorded once. */
		if (!r->gone && (r->news || !m->receiver->type->resend_ms))
			record_delivery(n, m, r, why);
		if (!why && r->news && r->delivery.firing &&
		    r->record_time_ms != ALERT_TIME_NONE)
			metric_observe(n->latency,
				       (double)(wall - r->record_time_ms) /
					       1000);
	}
	plan_message_free(m);
	run(n);
}

static void message_dropped(void *arg, void *message)
{
	(void)arg;
	plan_message_free(message);
}

/* ---- the alerts topic ---- */

static void load_delivery(void *arg, const struct kafka_record *r)
{
	struct notify *n = arg;
	struct delivery_record d;
	struct error err;

	if (!r->value.s)
		return;
	if (!delivery_decode(r->value, &d, &err)) {
		log_warn("ignored a delivery record",
			 KV_INT("offset", r->offset),
			 KV_TEXT("reason", err.text));
		return;
	}
	plan_load(n->plan, d.receiver, d.id, &d.delivery, clock_mono_ms(),
		  clock_wall_ms() - d.delivery.accepted_wall_ms);
	free(d.receiver);
}

static bool load(struct notify *n, struct error *err)
{
	struct kafka_options options =
		kafka_options_of(n->context->config, "tocsin-alert");

	return kafka_read_topic(&options, n->deliveries_topic, -1,
				load_delivery, n, LOAD_TIMEOUT_MS, err);
}

static void drop_plan(struct notify *n)
{
	outbox_clear(n->outbox);
	plan_close(n->plan);
	n->plan = NULL;
	n->loaded = false;
	loop_timer_stop(n->due);
}

static bool begin(struct notify *n, struct error *err)
{
	n->plan = plan_open(n->root, &n->receivers);
	plan_set_holds(n->plan,
		       &(struct holds){ board_silences(n->context->board),
					n->inhibit, n->mute });
	plan_set_floor(n->plan, n->stored);
	if (load(n, err))
		return true;
	n->last_error = *err;
	drop_plan(n);
	return false;
}

/* All alerts are read again from the beginning: the topic is compacted, so it
 * holds no more than the alerts that there are. Without deliveries everything
 * would be told again, so nothing is taken until they are loaded: the tick
 * asks anew. */
static void assigned(void *arg, struct kafka_partition parts[], size_t count)
{
	struct notify *n = arg;
	struct error err;

	if (count == 0)
		return;
	drop_plan(n);
	n->stored = parts[0].offset > 0 ? parts[0].offset : 0;
	n->next = n->stored;
	for (size_t i = 0; i < count; i++)
		parts[i].offset = KAFKA_OFFSET_BEGINNING;
	n->failing = !begin(n, &err);
	if (n->failing) {
		log_error("could not load deliveries, trying again",
			  KV_TEXT("reason", err.text));
		kafka_consumer_pause(n->consumer);
	}
}

static void store(struct notify *n)
{
	int64_t settled;

	if (!n->plan || !n->loaded || kafka_producer_in_flight(n->producer) > 0)
		return;
	settled = plan_settled(n->plan, n->next);
	if (settled <= n->stored)
		return;
	kafka_consumer_store(n->consumer, n->alerts_topic, 0, settled);
	n->stored = settled;
}

static void revoked(void *arg, const struct kafka_partition parts[],
		    size_t count, bool lost)
{
	struct notify *n = arg;

	(void)parts;
	if (count > 0) {
		if (!lost && n->plan) {
			kafka_producer_flush(n->producer, FLUSH_MS);
			store(n);
		}
		drop_plan(n);
		n->failing = false;
		kafka_consumer_resume(n->consumer);
	}
	kafka_consumer_revoke_done(n->consumer);
}

static void forgotten(void *arg, const char *receiver, const char *alert_id)
{
	struct notify *n = arg;
	struct buf key = { 0 };

	delivery_key(receiver, alert_id, &key);
	write_record(n, n->deliveries_topic, buf_str(&key), STR_NONE);
	buf_release(&key);
}

static void apply(struct notify *n, const struct kafka_record *r)
{
	struct transition t;
	struct error err;

	if (!r->value.s) {
		char *id = str_dup(r->key);

		plan_forget(n->plan, id, clock_mono_ms(), forgotten, n);
		free(id);
		return;
	}
	if (!transition_decode(r->value, &t, &err)) {
		transition_release(&t);
		log_warn("ignored a record of the alerts topic",
			 KV_INT("offset", r->offset),
			 KV_TEXT("reason", err.text));
		return;
	}
	plan_set_wall(n->plan, r->time_ms >= 0 ? r->time_ms : clock_wall_ms());
	plan_apply(n->plan, &t, r->offset, clock_mono_ms());
}

static void record(void *arg, const struct kafka_record *r)
{
	struct notify *n = arg;
	struct kafka_record copy = *r;

	if (n->plan) {
		apply(n, r);
		if (r->offset >= n->next)
			n->next = r->offset + 1;
	}
	kafka_record_release(&copy);
}

static void batch_end(void *arg)
{
	run(arg);
}

static void end_reached(void *arg, const char *topic, int32_t partition,
			int64_t offset)
{
	struct notify *n = arg;

	(void)topic;
	(void)partition;
	if (!n->plan)
		return;
	if (!n->loaded)
		log_info("alerts loaded",
			 KV_INT("firing", plan_firing(n->plan)),
			 KV_INT("offset", offset));
	n->loaded = true;
	n->next = offset;
	run(n);
}

static void failed(void *arg, const struct error *err)
{
	(void)arg;
	log_warn("kafka trouble in notify", KV_TEXT("reason", err->text));
}

static void delivered(void *arg, const struct kafka_delivery *d)
{
	(void)arg;
	if (!d->delivered)
		log_warn("could not record a delivery",
			 KV_TEXT("reason", d->err.text));
}

static void begin_again(struct notify *n)
{
	struct error err;

	if (!begin(n, &err) ||
	    !kafka_consumer_seek(n->consumer, n->alerts_topic, 0,
				 KAFKA_OFFSET_BEGINNING, &err)) {
		n->last_error = err;
		drop_plan(n);
		return;
	}
	n->failing = false;
	kafka_consumer_resume(n->consumer);
}

static void sweep(struct notify *n)
{
	int64_t now = clock_mono_ms();

	if (!is_live(n) || now - n->swept_ms < SWEEP_MS)
		return;
	n->swept_ms = now;
	board_sweep(n->context->board, clock_wall_ms());
}

static bool write_alert(void *arg, struct str key, struct str value)
{
	struct notify *n = arg;

	return write_record(n, n->alerts_topic, key, value);
}

static void tick(void *arg)
{
	struct notify *n = arg;

	loop_timer_start(n->tick, TICK_MS);
	if (n->failing)
		begin_again(n);
	store(n);
	run(n);
	sweep(n);
	upkeep_run(n->upkeep, is_live(n) ? n->plan : NULL);
	outbox_refresh(n->outbox);
	metric_set(n->firing, n->plan ? (double)plan_firing(n->plan) : 0);
	metric_set(n->untold, n->plan ? (double)plan_untold(n->plan) : 0);
}

/* ---- opening and closing ---- */

static void open_metrics(struct notify *n)
{
	static const double bounds[] = { 0.1, 0.25, 0.5, 1,  2.5,
					 5,   10,   30,  60, 300 };
	struct metrics *m = n->context->metrics;

	n->latency = metrics_histogram(
		m, "tocsin_notify_latency_seconds",
		"Record time of the event to the receiver's acceptance.", NULL,
		bounds, ARRAY_LENGTH(bounds));
	n->firing = metrics_gauge(m, "tocsin_notify_alerts_firing",
				  "Alerts that fire.", NULL);
	n->untold = metrics_gauge(m, "tocsin_notify_untold_episodes",
				  "Episodes that waited in vain.", NULL);
}

static bool open_kafka(struct notify *n, struct error *err)
{
	const struct alert_context *c = n->context;
	const char *topics[] = { n->alerts_topic };
	struct kafka_producer_config producer = {
		.options = kafka_options_of(c->config, "tocsin-alert"),
		.queue_bytes = QUEUE_BYTES,
		.queue_messages = QUEUE_MESSAGES,
		.linger_ms = 5,
		.delivered = delivered,
		.failed = failed,
		.arg = n,
	};
	struct kafka_consumer_config consumer = {
		.options = producer.options,
		.group = n->group,
		.topics = topics,
		.n_topics = 1,
		.start = KAFKA_OFFSET_BEGINNING,
		.prefetch_bytes = PREFETCH_BYTES,
		.record = record,
		.batch_end = batch_end,
		.assigned = assigned,
		.revoked = revoked,
		.end = end_reached,
		.failed = failed,
		.arg = n,
	};

	n->producer = kafka_producer_open(c->loop, &producer, err);
	if (!n->producer)
		return false;
	n->consumer = kafka_consumer_open(c->loop, &consumer, err);
	return n->consumer != NULL;
}

static bool open_parts(struct notify *n, struct error *err)
{
	struct outbox_hooks hooks = { message_done, message_dropped, run_again,
				      n };
	struct upkeep_hooks upkeep = { write_alert, n };
	struct problems problems = { 0 };
	bool ok = notify_read(n->context->config, &n->receivers, &n->root,
			      &n->inhibit, &n->mute, &problems);

	if (!ok)
		problems_ok(&problems, err);
	problems_release(&problems);
	if (!ok)
		return false;
	n->outbox = outbox_open(n->context->loop, &n->receivers,
				n->context->metrics, &hooks, err);
	if (!n->outbox)
		return false;
	n->upkeep =
		upkeep_open(n->context, &n->receivers, n->outbox, &upkeep, err);
	return n->upkeep && open_kafka(n, err);
}

struct notify *notify_open(const struct alert_context *context,
			   struct error *err)
{
	struct notify *n = xcalloc(1, sizeof(*n));

	n->context = context;
	n->alerts_topic = alert_name(context->prefix, ".alerts");
	n->deliveries_topic = alert_name(context->prefix, ".deliveries");
	n->group = alert_name(context->prefix, "-notify");
	n->tick = loop_timer_open(context->loop, tick, n);
	n->due = loop_timer_open(context->loop, run_again, n);
	open_metrics(n);
	if (!open_parts(n, err)) {
		notify_close(n);
		return NULL;
	}
	board_listen(context->board, silences_changed, n);
	loop_timer_start(n->tick, TICK_MS);
	return n;
}

void notify_stop(struct notify *n, int64_t timeout_ms)
{
	int64_t deadline = clock_mono_ms() + timeout_ms;

	n->stopping = true;
	while (outbox_in_flight(n->outbox) > 0 && clock_mono_ms() < deadline)
		loop_turn(n->context->loop, 100);
	kafka_producer_flush(n->producer, deadline - clock_mono_ms());
	store(n);
	kafka_consumer_close(n->consumer, deadline - clock_mono_ms());
	n->consumer = NULL;
}

void notify_close(struct notify *n)
{
	if (!n)
		return;
	if (n->consumer)
		kafka_consumer_close(n->consumer, 0);
	if (n->outbox)
		drop_plan(n);
	upkeep_close(n->upkeep);
	outbox_close(n->outbox);
	if (n->producer)
		kafka_producer_close(n->producer);
	board_listen(n->context->board, NULL, NULL);
	loop_timer_close(n->tick);
	loop_timer_close(n->due);
	inhibit_close(n->inhibit);
	mute_close(n->mute);
	route_free(n->root);
	receivers_release(&n->receivers);
	free(n->alerts_topic);
	free(n->deliveries_topic);
	free(n->group);
	free(n);
}

bool notify_ready(const struct notify *n, struct buf *why)
{
	if (n->failing)
		buf_add_format(why, "notify: deliveries not loaded: %s",
			       n->last_error.text);
	else if (!kafka_consumer_joined(n->consumer))
		buf_add_text(why, "notify: waiting for its partition");
	else if (n->plan && !n->loaded)
		buf_add_text(why, "notify: alerts are being loaded");
	else if (!board_silences_loaded(n->context->board))
		buf_add_text(why, "notify: silences are being loaded");
	else
		return true;
	return false;
}

void notify_describe(const struct notify *n, struct buf *json)
{
	buf_add_format(json, "{\"active\":%s,\"receivers\":",
		       n->plan && n->loaded ? "true" : "false");
	outbox_describe(n->outbox, json);
	buf_add_text(json, ",\"refused\":");
	if (n->plan)
		plan_describe_refused(n->plan, DESCRIBED_ALERTS, json);
	else
		buf_add_text(json, "[]");
	buf_add_text(json, ",\"firing\":");
	if (n->plan)
		plan_describe(n->plan, DESCRIBED_ALERTS, json);
	else
		buf_add_text(json, "[]");
	buf_add_char(json, '}');
}
