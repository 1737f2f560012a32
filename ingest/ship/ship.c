/* ship.c - the daemon: files to Kafka
 *
 * Shell: owns the loop and everything on it, decides when to scan, read, save
 * and stop, and writes the log. One thread. */
#include "ingest/ship/ship.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "core/clock.h"
#include "core/log.h"
#include "event/time.h"
#include "ingest/ship/host.h"
#include "ingest/ship/ship_private.h"

enum {
	SPARE_DESCRIPTORS = 256, /* for Kafka's brokers above all */
	CHUNK_BYTES = 256 << 10, /* of one reading */
	TURN_BYTES = 512 << 10,  /* of one file's turn */
	SLICE_MS = 10,           /* of reading between two looks at the loop */
	GATHER_MS = 5,           /* writes within this time are read at once */
	RESCAN_MS = 100,         /* after a name came or went */
	SAVE_EVERY_MS = 1000,
	SAVE_SHARE = 20, /* saving takes at most 1/20 of the time */
	FORGET_EVERY_MS = 3600000,
	DRAIN_MS = 25000,
	ASK_MS = 2000, /* how long a question to Kafka may hold the loop */
	BACKOFF_BASE_MS = 500,
	BACKOFF_MAX_MS = 10000,
};

/* ---- hooks ---- */

static void file_written(void *arg, void *owner)
{
	struct ship *s = arg;

	files_wake(&s->files, owner);
	if (!s->due && !loop_timer_active(s->wake_timer))
		loop_timer_start(s->wake_timer, GATHER_MS);
}

static void gathered(void *arg)
{
	((struct ship *)arg)->due = true;
}

static void scan(void *arg)
{
	struct ship *s = arg;

	if (s->stopping)
		return;
	s->scan_soon = false;
	files_scan(&s->files, clock_mono_ms(), clock_wall_ms());
	s->due = true;
	loop_timer_start(s->scan_timer, config_int(s->live, "ship.scan_every"));
}

/* A name came or went: look soon. */
static void folder_changed(void *arg)
{
	struct ship *s = arg;

	if (s->stopping || s->scan_soon)
		return;
	s->scan_soon = true;
	loop_timer_start(s->scan_timer, RESCAN_MS);
}

static void advanced(void *arg, struct tail *t)
{
	struct ship *s = arg;

	t->dirty = true;
	backoff_reset(&s->backoff);
	if (s->trouble.text[0])
		log_info("kafka confirms again");
	s->trouble.text[0] = '\0';
}

static void unblocked(void *arg)
{
	((struct ship *)arg)->due = true;
}

static void kafka_trouble(void *arg, const struct error *err)
{
	struct ship *s = arg;

	if (!s->trouble.text[0])
		log_warn("kafka trouble", KV_TEXT("error", err->text));
	s->trouble = *err;
}

static void gave_up(void *arg, const struct tail *t, uint64_t offset)
{
	(void)arg;
	log_error("line given up, kafka refuses it", KV_TEXT("path", t->path),
		  KV_STR("id", str_slice(t->id_text, FILE_ID_DIGITS)),
		  KV_INT("offset", offset));
}

/* ---- Kafka ---- */

static struct kafka_options options_of(const struct ship *s)
{
	return kafka_options_of(s->config, "tocsin-ship");
}

/* The topic is there and takes the longest event. */
static bool check_topic(struct ship *s, struct error *err)
{
	struct kafka_options o = options_of(s);
	AUTO(buf_release) struct buf value = { 0 };
	int64_t needed = config_int(s->config, "max_event_bytes") +
			 PUBLISH_FRAMING_BYTES;
	const char *topic = buf_text(&s->topic);
	struct error unknown;
	int partitions = 0;
	int64_t limit;

	if (!kafka_topic_partitions(&o, topic, &partitions, ASK_MS, err))
		return false;
	if (partitions == 0)
		return error_set(
			err, ERROR_RETRY,
			"could not find topic \"%s\": run tocsin setup", topic);
	if (!kafka_topic_config(&o, topic, "max.message.bytes", &value, ASK_MS,
				&unknown)) {
		log_warn("size limit of the topic not known",
			 KV_TEXT("error", unknown.text));
		return true;
	}
	if (!str_to_int64(buf_str(&value), 0, INT64_MAX, &limit) ||
	    limit >= needed)
		return true;
	return error_set(err, ERROR_RETRY,
			 "could not use topic \"%s\": its max.message.bytes is "
			 "%lld, events need %lld",
			 topic, (long long)limit, (long long)needed);
}

/* Not now: say why, once, and try again. */
static void stay_away(struct ship *s, const struct error *err)
{
	if (strcmp(s->why_not.text, err->text) != 0)
		log_error("waiting for kafka", KV_TEXT("error", err->text));
	s->why_not = *err;
	if (!s->away_ms)
		s->away_ms = clock_mono_ms();
	loop_timer_start(s->connect_timer, backoff_next_ms(&s->backoff));
}

static void connect_kafka(void *arg)
{
	struct ship *s = arg;
	struct error err = { 0 };

	if (s->stopping)
		return;
	if (!check_topic(s, &err) ||
	    !publisher_open(&s->publisher, s->loop, &err)) {
		stay_away(s, &err);
		return;
	}
	s->away_ms = 0;
	s->why_not.text[0] = '\0';
	s->due = true;
	log_info("sending", KV_TEXT("topic", buf_text(&s->topic)),
		 KV_TEXT("brokers", config_string(s->config, "kafka.brokers")));
}

/* Nothing more will be heard of what is under way: read it again. */
static void start_over(struct ship *s)
{
	struct error why = s->publisher.why_broken;

	publisher_shut(&s->publisher);
	for (size_t i = 0; i < s->files.n; i++) {
		struct tail *t = s->files.tail[i];
		bool idle = acks_idle(&t->acks);

		if (!t->named)
			continue;
		publisher_rewind(&s->publisher, t);
		if (t->ended && !idle)
			log_error("lines of a file begun anew are lost",
				  KV_TEXT("path", t->path),
				  KV_INT("offset", t->acks.delivered));
		if (!t->ended)
			tail_rewind(t, &s->files.reader);
		files_wake(&s->files, t);
	}
	stay_away(s, &why);
}

/* ---- registry ---- */

static void save(struct ship *s)
{
	struct error err;

	files_store(&s->files, clock_wall_ms());
	if (registry_save(&s->registry, &err)) {
		if (s->save_failing)
			log_info("registry saved again");
		s->save_failing = false;
		return;
	}
	if (!s->save_failing)
		log_error("registry not saved", KV_TEXT("error", err.text));
	s->save_failing = true;
}

/* Files that are there are seen; those long gone are forgotten. */
static void forget(struct ship *s, int64_t mono_ms)
{
	size_t n;

	for (size_t i = 0; i < s->files.n; i++)
		s->files.tail[i]->dirty = s->files.tail[i]->named;
	files_store(&s->files, clock_wall_ms());
	n = registry_forget(&s->registry,
			    clock_wall_ms() -
				    config_int(s->config, "ship.forget_after"));
	if (n > 0)
		log_info("files forgotten", KV_INT("count", n));
	s->forget_ms = mono_ms + FORGET_EVERY_MS;
}

static void save_regularly(void *arg)
{
	struct ship *s = arg;
	int64_t began = clock_mono_ms(), took;

	if (began >= s->forget_ms)
		forget(s, began);
	save(s);
	took = clock_mono_ms() - began;
	loop_timer_start(s->save_timer, took * SAVE_SHARE > SAVE_EVERY_MS
						? took * SAVE_SHARE
						: SAVE_EVERY_MS);
}

/* ---- stopping ---- */

static void drained(void *arg)
{
	struct ship *s = arg;

	log_warn("stopping before kafka confirmed all",
		 KV_INT("unconfirmed", s->publisher.in_flight));
	s->stopped = true;
}

static void signalled(void *arg, int number)
{
	struct ship *s = arg;

	if (s->stopping) {
		log_info("stopping at once", KV_INT("signal", number));
		s->stopped = true;
		return;
	}
	log_info("stopping", KV_INT("signal", number),
		 KV_INT("in_flight", s->publisher.in_flight));
	s->stopping = true;
	loop_timer_start(s->drain_timer, DRAIN_MS);
}

static void hung_up(void *arg, int number)
{
	(void)number;
	if (ship_reload(arg))
		folder_changed(arg);
}

/* ---- reading ---- */

static bool may_read(const struct ship *s)
{
	const struct publisher *p = &s->publisher;

	return s->due && !s->stopping && p->producer && !p->broken &&
	       !p->blocked;
}

static void read_slice(struct ship *s)
{
	int64_t now = clock_mono_ms();
	int64_t until = now + SLICE_MS;

	publisher_set_now(&s->publisher, clock_wall_ns());
	assembler_set_now(&s->assembler, now);
	while (now < until) {
		if (!files_turn(&s->files, now)) {
			s->due = false;
			return;
		}
		now = clock_mono_ms();
	}
}

static void run(struct ship *s)
{
	while (!s->stopped) {
		loop_turn(s->loop, may_read(s) ? 0 : -1);
		if (s->publisher.broken)
			start_over(s);
		if (may_read(s))
			read_slice(s);
		if (s->stopping && s->publisher.in_flight == 0)
			s->stopped = true;
	}
}

/* ---- opening ---- */

static bool take_line(void *arg, struct tail *t, const struct line *line)
{
	return assembler_take(&((struct ship *)arg)->assembler, t, line);
}

static bool flush_file(void *arg, struct tail *t, bool final)
{
	return assembler_flush(&((struct ship *)arg)->assembler, t, final);
}

static bool take_entry(void *arg, struct tail *t, const struct entry *entry)
{
	return publisher_take(arg, t, entry);
}

static void open_assembler(struct ship *s)
{
	const struct config *c = s->config;

	s->assembler.rules.limit = (size_t)config_int(c, "ship.max_line_bytes");
	s->assembler.rules.budget = (size_t)config_int(c, "ship.buffer_bytes");
	s->assembler.take = take_entry;
	s->assembler.arg = &s->publisher;
	assembler_init(&s->assembler);
}

static void open_files(struct ship *s)
{
	const struct config *c = s->config;
	struct files *f = &s->files;
	size_t limit = (size_t)config_int(c, "ship.max_line_bytes");

	f->host_id = buf_str(&s->host_id);
	f->from_end = config_choice(c, "ship.from") == 1;
	f->registry = &s->registry;
	f->discover = s->discover;
	f->watch = s->watch;
	f->reader = (struct tail_reader){
		.buffer = xmalloc(lines_room(limit, CHUNK_BYTES)),
		.room = lines_room(limit, CHUNK_BYTES),
		.limit = limit,
		.chunk = CHUNK_BYTES,
		.turn_bytes = TURN_BYTES,
		.take = take_line,
		.flush = flush_file,
		.arg = s,
		.held_bytes = &s->held_bytes,
	};
	files_init(f, s->metrics);
}

static void open_publisher(struct ship *s)
{
	const struct config *c = s->config;
	struct publisher *p = &s->publisher;

	buf_add_format(&s->topic, "%s.logs", config_string(c, "prefix"));
	p->topic = buf_text(&s->topic);
	p->kafka = (struct kafka_producer_config){
		.options = options_of(s),
		.queue_bytes = (size_t)config_int(c, "ship.buffer_bytes"),
		.queue_messages = (size_t)config_int(c, "ship.buffer_events"),
		.message_bytes = (size_t)config_int(c, "max_event_bytes"),
		.linger_ms = (int)config_int(c, "ship.linger"),
	};
	p->fields = &s->fields;
	p->advanced = advanced;
	p->unblocked = unblocked;
	p->trouble = kafka_trouble;
	p->gave_up = gave_up;
	p->arg = s;
	publisher_init(p, s->metrics);
}

static void name_host(struct ship *s)
{
	const char *id = config_string(s->config, "ship.host_id");
	const char *address = config_string(s->config, "ship.host_address");

	if (*id)
		buf_add_text(&s->host_id, id);
	else if (!host_id(&s->host_id) || host_id_doubt())
		log_warn("files of two hosts may be taken for each other; set "
			 "ship.host_id",
			 KV_TEXT("why", host_id_doubt()),
			 KV_STR("host_id", buf_str(&s->host_id)));
	if (*address)
		buf_add_text(&s->host_address, address);
	else
		host_address(&s->host_address);
}

static bool open_registry(struct ship *s, struct error *err)
{
	const char *dir = config_string(s->config, "ship.state");
	struct registry_found found;

	if (!registry_open(&s->registry, dir, &found, err))
		return false;
	if (found.corrupt)
		log_error("corrupt registry set aside, files are read again",
			  KV_TEXT("folder", dir),
			  KV_TEXT("error", found.why.text));
	log_info("registry opened", KV_TEXT("folder", dir),
		 KV_INT("files", found.entries));
	return true;
}

static void open_watch(struct ship *s)
{
	const struct watch_hooks hooks = { file_written, folder_changed, s };
	struct error err;

	s->watch = watch_open(s->loop, &hooks, &err);
	if (!s->watch)
		log_warn("files are only looked at every ship.scan_every",
			 KV_TEXT("error", err.text));
}

static void open_timers(struct ship *s)
{
	s->scan_timer = loop_timer_open(s->loop, scan, s);
	s->save_timer = loop_timer_open(s->loop, save_regularly, s);
	s->wake_timer = loop_timer_open(s->loop, gathered, s);
	s->connect_timer = loop_timer_open(s->loop, connect_kafka, s);
	s->drain_timer = loop_timer_open(s->loop, drained, s);
	backoff_init(&s->backoff, BACKOFF_BASE_MS, BACKOFF_MAX_MS,
		     (uint64_t)clock_wall_ns());
}

/* A descriptor a file, so as many as we may. */
static void raise_descriptor_limit(struct files *f)
{
	struct rlimit limit;
	size_t most;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return;
	most = (size_t)limit.rlim_cur;
	f->open_max = most > 2 * SPARE_DESCRIPTORS ? most - SPARE_DESCRIPTORS
						   : most / 2 + 1;
}

static bool open_all(struct ship *s, struct error *err)
{
	s->loop = loop_open(err);
	if (!s->loop || !ship_read_trees(s, err) || !open_registry(s, err))
		return false;
	s->metrics = metrics_open();
	name_host(s);
	open_timers(s);
	open_watch(s);
	s->discover = discover_open(config_strings(s->live, "ship.paths"),
				    config_strings(s->live, "ship.exclude"));
	open_publisher(s);
	open_assembler(s);
	open_files(s);
	ship_apply(s);
	if (!ship_status_open(s, err))
		return false;
	loop_on_signal(s->loop, SIGTERM, signalled, s);
	loop_on_signal(s->loop, SIGINT, signalled, s);
	loop_on_signal(s->loop, SIGHUP, hung_up, s);
	s->away_ms = clock_mono_ms();
	s->forget_ms = s->away_ms + FORGET_EVERY_MS;
	return true;
}

static void close_all(struct ship *s)
{
	status_close(s->status);
	if (s->metrics) {
		files_release(&s->files);
		assembler_release(&s->assembler);
		publisher_release(&s->publisher);
		free(s->files.reader.buffer);
	}
	discover_close(s->discover);
	watch_close(s->watch);
	loop_timer_close(s->scan_timer);
	loop_timer_close(s->save_timer);
	loop_timer_close(s->wake_timer);
	loop_timer_close(s->connect_timer);
	loop_timer_close(s->drain_timer);
	registry_close(&s->registry);
	metrics_close(s->metrics);
	loop_close(s->loop);
	fields_release(&s->fields);
	mask_close(s->mask);
	config_close(s->reloaded);
	buf_release(&s->host_id);
	buf_release(&s->host_address);
	buf_release(&s->topic);
}

bool ship_run(const struct config *config, const struct ship_reload *reload,
	      struct error *err)
{
	struct ship s = { .config = config,
			  .live = config,
			  .reload = reload,
			  .registry = { .dir_fd = -1, .lock_fd = -1 } };
	bool ok;

	raise_descriptor_limit(&s.files);
	ok = ship_check_settings(config, err) && open_all(&s, err);
	if (ok) {
		scan(&s);
		connect_kafka(&s);
		save_regularly(&s);
		run(&s);
		save(&s);
		log_info("stopped",
			 KV_INT("unconfirmed", s.publisher.in_flight));
	}
	close_all(&s);
	return ok;
}
