/* index.c - the index daemon: its life from start to stop
 *
 * Opens everything on one loop, sees to the index template before anything is
 * indexed, and steers: reading pauses while nobody takes documents, while too
 * much is under way, and for good when the program is to stop.
 *
 * Owns struct worker. Runs on the thread that calls index_run. */
#include "ingest/index/index.h"

#include <signal.h>

#include "core/clock.h"
#include "core/log.h"
#include "ingest/index/topics.h"
#include "ingest/index/worker.h"

enum {
	STOP_MS = 24000,    /* to finish what is in flight */
	LEAVE_MS = 2000,    /* to leave each group after that */
	WAIT_BASE_MS = 200, /* for templates and topics */
	WAIT_MAX_MS = 5000,
	PREFETCH_BYTES_MIN = 1 << 20,
	WATCH_MS = 1000,
};

/* ---- steering ---- */

static void steer_reading(struct worker *w, struct kafka_consumer *consumer)
{
	bool paused = kafka_consumer_paused(consumer);
	/* Pausing throws away what was fetched: do not flap at the bound. */
	size_t bound =
		paused ? w->options.buffer_bytes / 2 : w->options.buffer_bytes;
	bool wanted = w->template_ready && w->topics_ready && !w->stopping &&
		      !sender_stuck(w->sender) && w->held_bytes < bound;

	if (wanted && paused)
		kafka_consumer_resume(consumer);
	else if (!wanted && !paused)
		kafka_consumer_pause(consumer);
}

/* Of a range there is an end. */
static bool is_all_taken(const struct worker *w)
{
	return w->wanted && w->template_ready && w->topics_ready &&
	       range_is_done(&w->range);
}

static void steer_stop(struct worker *w)
{
	size_t items = 0;

	if (w->stopping && sender_stuck(w->sender))
		rebalance_leave_all(w);
	for (size_t i = 0; i < w->partitions.n; i++)
		items += w->partitions.item[i]->items;
	if (items == 0)
		loop_stop(w->loop);
}

void worker_steer(struct worker *w)
{
	if (w->closing)
		return;
	rebalance_settle(w);
	for (size_t i = 0; i < FEEDS; i++) {
		if (w->feed[i].consumer)
			steer_reading(w, w->feed[i].consumer);
	}
	if (is_all_taken(w))
		intake_flush(w);
	if (w->stopping || is_all_taken(w))
		steer_stop(w);
}

/* ---- what the sender and the dead letters report ---- */

static void on_taken(void *arg, struct item *item, bool duplicate)
{
	struct worker *w = arg;

	worker_end(w, item,
		   duplicate ? w->account.duplicate : w->account.indexed, true);
}

void worker_bury(struct worker *w, struct item *item, const struct death *death)
{
	log_warn("document refused, goes to the dead letters",
		 KV_TEXT("topic", item->record.topic),
		 KV_INT("partition", item->record.partition),
		 KV_INT("offset", item->record.offset),
		 KV_STR("reason", death->reason));
	dead_take(w->dead, item, death);
}

static void on_died(void *arg, struct item *item, const struct death *death)
{
	worker_bury(arg, item, death);
}

static void on_buried(void *arg, struct item *item)
{
	struct worker *w = arg;

	worker_end(w, item, w->account.dead, true);
	worker_steer(w);
}

static void on_returned(void *arg, struct item *item)
{
	struct worker *w = arg;

	worker_end(w, item, w->account.returned, false);
}

static void on_changed(void *arg, int64_t took_ms)
{
	struct worker *w = arg;

	metric_observe(w->account.bulk_seconds, (double)took_ms / 1000);
	intake_flush_if_eager(w);
	worker_steer(w);
}

/* ---- Kafka's reports ---- */

static void on_lost(void *arg, const char *topic, int32_t partition,
		    int64_t from, int64_t to)
{
	struct worker *w = ((struct feed *)arg)->worker;

	account_lost(&w->account, topic, partition, from, to);
	log_error("records were removed before they were read",
		  KV_TEXT("topic", topic), KV_INT("partition", partition),
		  KV_INT("from", from), KV_INT("to", to));
}

static void on_end(void *arg, const char *topic, int32_t partition,
		   int64_t offset)
{
	struct worker *w = ((struct feed *)arg)->worker;

	(void)topic;
	trouble_end(&w->kafka_trouble);
	if (!w->wanted)
		return;
	range_reach(&w->range, partition, offset);
	worker_steer(w);
}

static void end_failed(struct worker *w, const struct error *err)
{
	w->fatal = *err;
	w->failed = true;
	loop_stop(w->loop);
}

static void on_failed(void *arg, const struct error *err)
{
	struct worker *w = ((struct feed *)arg)->worker;

	log_warn("kafka", KV_TEXT("error", err->text));
	trouble_begin(&w->kafka_trouble, clock_mono_ms(), err);
	if (err->kind == ERROR_FATAL || err->kind == ERROR_CONFIG)
		end_failed(w, err);
}

/* ---- the templates come first ---- */

static void ask_template(void *arg);

static void tell_template(const struct worker *w, enum template_result result)
{
	char room[TEMPLATE_NAME_BYTES];
	const char *name = template_name(w->config, w->template_kind, room);

	if (result == TEMPLATE_OUTDATED)
		log_warn("the index template was made with other settings; "
			 "\"tocsin setup\" brings it up to date",
			 KV_TEXT("name", name));
	if (result == TEMPLATE_FOREIGN)
		log_warn("there is an index template of that name that tocsin "
			 "did not make; its mapping is used",
			 KV_TEXT("name", name));
}

static void on_template(void *arg, enum template_result result,
			const struct error *err)
{
	struct worker *w = arg;

	w->template_task = NULL;
	if (result == TEMPLATE_FAILED && w->wanted) {
		end_failed(w, err);
		return;
	}
	if (result == TEMPLATE_FAILED) {
		trouble_begin(&w->template_trouble, clock_mono_ms(), err);
		loop_timer_start(w->template_timer,
				 backoff_next_ms(&w->template_backoff));
		return;
	}
	tell_template(w, result);
	trouble_end(&w->template_trouble);
	if (w->template_kind == TEMPLATE_EVENTS) {
		w->template_kind = TEMPLATE_ALERTS;
		ask_template(w);
		return;
	}
	w->template_ready = true;
	w->mapping_check = mapping_check_open(w->loop, w->elastic, w->config,
					      report_mapping, w);
	worker_steer(w);
}

static void ask_template(void *arg)
{
	struct worker *w = arg;
	struct error err;

	w->template_task =
		template_start(w->elastic, w->config, w->template_kind, false,
			       on_template, w, &err);
	if (!w->template_task)
		on_template(w, TEMPLATE_FAILED, &err);
}

/* ---- and the topics ---- */

static void find_topics(void *arg)
{
	struct worker *w = arg;
	struct trouble *t = &w->topics_trouble;
	struct error err;

	if (w->stopping)
		return;
	if (topics_exist(w->config, &err)) {
		trouble_end(t);
		w->topics_ready = true;
		worker_steer(w);
		return;
	}
	if (w->wanted) {
		end_failed(w, &err);
		return;
	}
	if (!t->active || strcmp(t->why.text, err.text) != 0)
		log_error("waiting for kafka", KV_TEXT("error", err.text));
	trouble_begin(t, clock_mono_ms(), &err);
	loop_timer_start(w->topics_timer, backoff_next_ms(&w->topics_backoff));
}

/* ---- stopping ---- */

static void on_stop_deadline(void *arg)
{
	struct worker *w = arg;

	loop_stop(w->loop);
}

static void on_signal(void *arg, int signal_number)
{
	struct worker *w = arg;

	(void)signal_number;
	if (w->stopping) {
		loop_stop(w->loop);
		return;
	}
	log_info("stopping");
	w->stopping = true;
	loop_timer_start(w->stop_timer, STOP_MS);
	intake_flush(w);
	worker_steer(w);
}

static void on_hangup(void *arg, int signal_number)
{
	(void)signal_number;
	index_reload(arg);
}

/* ---- opening and closing ---- */

/* `group` == NULL: a range of it is read. `elder`: see kafka.h. */
static bool open_feed(struct feed *f, struct buf *topic, size_t prefetch_bytes,
		      const char *group, const char *elder, struct error *err)
{
	struct worker *w = f->worker;
	const char *topics[] = { buf_text(topic) };
	struct kafka_consumer_config consumer = {
		.options = kafka_options_of(w->config, "tocsin-index"),
		.group = group,
		.elder = elder,
		.topics = topics,
		.n_topics = ARRAY_LENGTH(topics),
		.start = w->options.start,
		.prefetch_bytes = prefetch_bytes > PREFETCH_BYTES_MIN
					  ? prefetch_bytes
					  : PREFETCH_BYTES_MIN,
		.record = intake_record,
		.batch_end = intake_batch_end,
		.assigned = rebalance_assigned,
		.revoked = rebalance_revoked,
		.end = on_end,
		.offsets_lost = on_lost,
		.failed = on_failed,
		.arg = f,
	};

	f->consumer = kafka_consumer_open(w->loop, &consumer, err);
	if (!f->consumer)
		return false;
	kafka_consumer_pause(f->consumer);
	return true;
}

static bool open_kafka(struct worker *w, struct error *err)
{
	AUTO(buf_release) struct buf group = { 0 };
	AUTO(buf_release) struct buf alerts_group = { 0 };
	const struct dead_owner owner = { on_buried, intake_shorten, w };
	const char *prefix = config_string(w->config, "prefix");
	size_t prefetch = w->options.buffer_bytes / 4;

	buf_add_format(&w->logs_topic, "%s.logs", prefix);
	buf_add_format(&w->alerts_topic, "%s.alerts", prefix);
	buf_add_format(&group, "%s-index", prefix);
	buf_add_format(&alerts_group, "%s-index-alerts", prefix);
	w->dead = dead_open(w->loop, w->config, &owner, err);
	if (!w->dead)
		return false;
	if (w->wanted)
		return open_feed(&w->feed[FEED_LOGS], &w->logs_topic, prefetch,
				 NULL, NULL, err) &&
		       index_range_begin(w, err);
	/* Both topics were one group's before: its place is gone on from. */
	return open_feed(&w->feed[FEED_LOGS], &w->logs_topic, prefetch,
			 buf_text(&group), NULL, err) &&
	       open_feed(&w->feed[FEED_ALERTS], &w->alerts_topic, 0,
			 buf_text(&alerts_group), buf_text(&group), err);
}

static void open_timers(struct worker *w)
{
	w->age_timer = loop_timer_open(w->loop, intake_flush, w);
	for (size_t i = 0; i < FEEDS; i++) {
		w->feed[i].worker = w;
		w->feed[i].revoke_timer = loop_timer_open(
			w->loop, rebalance_deadline, &w->feed[i]);
	}
	w->template_timer = loop_timer_open(w->loop, ask_template, w);
	w->topics_timer = loop_timer_open(w->loop, find_topics, w);
	w->stop_timer = loop_timer_open(w->loop, on_stop_deadline, w);
	w->watch_timer = loop_timer_open(w->loop, report_watch, w);
}

static void open_sender(struct worker *w)
{
	struct sender_config sender = {
		.loop = w->loop,
		.elastic = w->elastic,
		.bulk_bytes = w->options.bulk_bytes,
		.in_flight = w->options.in_flight,
		.gzip_level = w->options.gzip_level,
		.taken = on_taken,
		.died = on_died,
		.returned = on_returned,
		.changed = on_changed,
		.arg = w,
	};

	w->sender = sender_open(&sender);
}

static bool open_status(struct worker *w, struct error *err)
{
	struct status_source source = {
		.metrics = w->metrics,
		.ready = report_ready,
		.describe = report_describe,
		.arg = w,
	};
	const char *address = config_string(w->config, "index.http");

	if (w->wanted)
		return true;
	metrics_on_render(w->metrics, report_refresh, w);
	w->status = status_open(w->loop, address, &source, err);
	return w->status != NULL;
}

static bool read_settings(struct worker *w, struct error *err)
{
	if (!options_read(w->config, &w->options, err))
		return false;
	w->to_stream = template_is_stream(w->config, TEMPLATE_EVENTS);
	template_name(w->config, TEMPLATE_EVENTS, w->stream);
	if (w->to_stream && w->wanted)
		return error_set(
			err, ERROR_CONFIG,
			"could not index a range again into a data stream: "
			"what an older index of the stream holds would be "
			"there twice; use -s index.data_stream=false with an "
			"index.prefix of its own");
	return index_read_query(w->config, &w->query, err);
}

static bool open_worker(struct worker *w, struct error *err)
{
	if (!read_settings(w, err))
		return false;
	w->loop = loop_open(err);
	if (!w->loop)
		return false;
	loop_on_signal(w->loop, SIGTERM, on_signal, w);
	loop_on_signal(w->loop, SIGINT, on_signal, w);
	loop_on_signal(w->loop, SIGHUP, on_hangup, w);
	open_timers(w);
	w->metrics = metrics_open();
	account_open(&w->account, w->metrics);
	w->scanner = scanner_open();
	backoff_init(&w->template_backoff, WAIT_BASE_MS, WAIT_MAX_MS,
		     (uint64_t)clock_wall_ns());
	backoff_init(&w->topics_backoff, WAIT_BASE_MS, WAIT_MAX_MS,
		     (uint64_t)clock_wall_ns());
	w->elastic = elastic_open(w->loop, w->config, err);
	if (!w->elastic)
		return false;
	open_sender(w);
	return open_kafka(w, err) && open_status(w, err);
}

static void close_timers(struct worker *w)
{
	loop_timer_close(w->age_timer);
	for (size_t i = 0; i < FEEDS; i++)
		loop_timer_close(w->feed[i].revoke_timer);
	loop_timer_close(w->template_timer);
	loop_timer_close(w->topics_timer);
	loop_timer_close(w->stop_timer);
	loop_timer_close(w->watch_timer);
}

static void drop_collected(struct worker *w)
{
	rebalance_leave_all(w);
	batch_close(w->collecting);
	w->collecting = NULL;
}

static void close_worker(struct worker *w)
{
	w->closing = true;
	if (w->sender)
		drop_collected(w);
	for (size_t i = 0; i < FEEDS; i++) {
		kafka_consumer_close(w->feed[i].consumer, LEAVE_MS);
		w->feed[i].consumer = NULL;
	}
	sender_close(w->sender);
	dead_close(w->dead, on_returned, w);
	template_cancel(w->template_task);
	mapping_check_close(w->mapping_check);
	elastic_close(w->elastic);
	status_close(w->status);
	partitions_release(&w->partitions);
	range_release(&w->range);
	scanner_close(w->scanner);
	query_free(w->query);
	buf_release(&w->mended);
	buf_release(&w->scratch);
	buf_release(&w->index);
	buf_release(&w->id);
	buf_release(&w->logs_topic);
	buf_release(&w->alerts_topic);
	if (w->metrics)
		metrics_close(w->metrics);
	if (w->loop) {
		close_timers(w);
		loop_close(w->loop);
	}
}

static bool run(struct worker *w, struct error *err)
{
	loop_timer_start(w->watch_timer, WATCH_MS);
	ask_template(w);
	loop_timer_start(w->topics_timer, 0);
	loop_run(w->loop);
	if (w->failed)
		*err = w->fatal;
	return !w->failed;
}

bool index_run(const struct config *config, const struct index_reload *reload,
	       struct error *err)
{
	struct worker w = { .config = config, .reload = reload };
	bool ok = open_worker(&w, err);

	if (ok) {
		log_info("indexing",
			 KV_TEXT("prefix", config_string(config, "prefix")),
			 KV_STR("index", w.options.index_prefix),
			 KV_INT("port", status_port(w.status)));
		ok = run(&w, err);
	}
	close_worker(&w);
	if (ok)
		log_info("stopped");
	return ok;
}

static int64_t count_of(const struct metric *m)
{
	return (int64_t)metric_value(m);
}

bool index_run_range(const struct config *config,
		     const struct index_range *range, struct index_outcome *out,
		     struct error *err)
{
	struct worker w = { .config = config, .wanted = range };
	bool ok = open_worker(&w, err) && run(&w, err);

	if (ok) {
		index_range_tell(&w);
		*out = (struct index_outcome){
			.finished = is_all_taken(&w) && !w.stopping,
			.indexed = count_of(w.account.indexed),
			.duplicate = count_of(w.account.duplicate),
			.dead = count_of(w.account.dead),
			.skipped = count_of(w.account.skipped),
		};
	}
	close_worker(&w);
	return ok;
}
