/* alert.c - the alert daemon: its life from start to stop
 *
 * Rules first: wrong ones end it at once. Then the topics: until Kafka is
 * there and holds them, it waits and says so. Then the three stages, which
 * share the loop and nothing else. A reload closes them and opens them with
 * the new configuration and rules: their windows come back as after a restart.
 *
 * Owns struct daemon. Runs on the thread that calls alert_run. */
#include "alert/alert.h"

#include <signal.h>
#include <stdlib.h>

#include "alert/api/api.h"
#include "alert/settings.h"
#include "alert/stage.h"
#include "core/backoff.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/status.h"

enum {
	STOP_MS = 8000, /* each stage */
	TOPIC_TIMEOUT_MS = 3000,
	TOPIC_RETRY_MS = 1000,
	TOPIC_RETRY_MAX_MS = 10000,
	RELOAD_LOOK_MS = 100,
	RELOAD_WAIT_MS = 15000,
};

/* What a worker goes by. */
struct set {
	const struct config *config;
	struct config *own; /* the same, where a reload has read it */
	struct ruleset *rules;
};

struct daemon {
	const struct alert_reload *reload;
	struct set now;
	struct set next; /* read by a reload, not yet in force */
	struct loop *loop;
	struct metrics *metrics;
	struct status *status;
	struct loop_timer *topic_timer;
	struct loop_timer *reload_timer;
	int64_t reload_by_ms; /* the next set comes into force by then */
	struct backoff topic_backoff;
	struct alert_context context;
	struct match *match;
	struct window *window;
	struct notify *notify;
	struct api *api;
	struct error waiting; /* why the stages are not open */
	struct error fatal;
	bool failed;
	bool stopping;
	struct error refused; /* why the last reload was */
};

/* ---- rules ---- */

static void set_release(struct set *s)
{
	rules_free(s->rules);
	config_close(s->own);
	*s = (struct set){ 0 };
}

static struct ruleset *read_rules(const struct config *config,
				  struct error *err)
{
	struct problems problems = { 0 };
	struct strings receivers = { NULL, 0 };
	const struct rules_options options = {
		&receivers,
		config_strings(config, "fields"),
		!config_is_set(config, "alert.rules"),
	};
	struct ruleset *rules;

	alert_check(config, &problems);
	notify_check(config, &receivers, &problems);
	rules = rules_load(config_strings(config, "alert.rules"), &options,
			   &problems);
	for (size_t i = 0; i < problems.n; i++)
		if (problems.item[i].level == PROBLEM_WARNING)
			log_warn("rules",
				 KV_TEXT("file", problems.item[i].file),
				 KV_INT("line", problems.item[i].line),
				 KV_TEXT("text", problems.item[i].text));
	if (!problems_ok(&problems, err)) {
		rules_free(rules);
		rules = NULL;
	}
	problems_release(&problems);
	free(receivers.item);
	return rules;
}

static void show_rules(struct daemon *d)
{
	/* As a number that a float holds exactly. */
	metric_set(metrics_gauge(d->metrics, "tocsin_rules_hash",
				 "Which set of rules the worker carries.",
				 NULL),
		   (double)(d->now.rules->hash >> 12));
	metric_set(metrics_gauge(d->metrics, "tocsin_rules",
				 "Rules that are enabled.", NULL),
		   (double)d->now.rules->n);
	log_info("rules read", KV_INT("rules", d->now.rules->n),
		 KV_INT("series", d->now.rules->n_series));
}

static void go_by(struct daemon *d, struct set *set)
{
	d->now = *set;
	*set = (struct set){ 0 };
	d->context.config = d->now.config;
	d->context.prefix = config_string(d->now.config, "prefix");
	d->context.rules = d->now.rules;
	show_rules(d);
}

/* ---- stages ---- */

static void stop_stages(struct daemon *d)
{
	if (d->match)
		match_stop(d->match, STOP_MS);
	if (d->window)
		window_stop(d->window, STOP_MS);
	if (d->notify)
		notify_stop(d->notify, STOP_MS);
}

static void close_stages(struct daemon *d)
{
	match_close(d->match);
	window_close(d->window);
	notify_close(d->notify);
	api_close(d->api);
	d->api = NULL;
	d->context.board = NULL;
	d->match = NULL;
	d->window = NULL;
	d->notify = NULL;
}

static void fail(struct daemon *d, const struct error *err)
{
	d->fatal = *err;
	d->failed = true;
	loop_stop(d->loop);
}

static bool open_stages(struct daemon *d, struct error *err)
{
	d->api = api_open(&d->context, err);
	if (!d->api)
		return false;
	d->context.board = api_board(d->api);
	d->notify = notify_open(&d->context, err);
	if (!d->notify)
		return false;
	d->window = window_open(&d->context, err);
	if (!d->window)
		return false;
	d->match = match_open(&d->context, err);
	return d->match != NULL;
}

static bool find_topics(struct daemon *d, struct error *err)
{
	static const char *const name[] = { "logs", "alerts", "silences",
					    "memory", "matches" };
	struct kafka_options options =
		kafka_options_of(d->now.config, "tocsin-alert");
	struct buf AUTO(buf_release) topic = { 0 };
	int n = 0, before = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(name); i++) {
		const char *text =
			alert_topic(d->context.prefix, name[i], &topic);
		before = n;
		if (!kafka_topic_partitions(&options, text, &n,
					    TOPIC_TIMEOUT_MS, err))
			return false;
		if (n == 0)
			return error_set(err, ERROR_RETRY,
					 "topic \"%s\" does not exist; tocsin "
					 "setup creates it",
					 text);
	}
	/* What a worker remembers lies in the partition of its number. */
	if (before != n)
		return error_set(err, ERROR_RETRY,
				 "the topics \"%s.memory\" and \"%s.matches\" "
				 "must have the same number of partitions, not "
				 "%d and %d",
				 d->context.prefix, d->context.prefix, before,
				 n);
	d->context.matches_partitions = n;
	return true;
}

static void try_to_open(void *arg)
{
	struct daemon *d = arg;
	struct error err;

	if (d->stopping || d->match)
		return;
	if (!find_topics(d, &err)) {
		d->waiting = err;
		log_warn("waiting for kafka", KV_TEXT("error", err.text));
		loop_timer_start(d->topic_timer,
				 backoff_next_ms(&d->topic_backoff));
		return;
	}
	d->waiting.kind = ERROR_NONE;
	backoff_reset(&d->topic_backoff);
	if (!open_stages(d, &err))
		fail(d, &err);
}

/* ---- signals ---- */

static void on_stop(void *arg, int signal_number)
{
	struct daemon *d = arg;

	(void)signal_number;
	/* The stages finish outside of the loop's callbacks; a second signal
	 * must not wait for them. */
	if (d->stopping)
		_Exit(EXIT_STATUS_DONE);
	log_info("stopping");
	d->stopping = true;
	loop_stop(d->loop);
}

static void needs_restart(void *arg, const char *path)
{
	error_set(arg, ERROR_CONFIG, "another \"%s\" needs a restart", path);
}

/* A reload that leads to another Kafka could not be checked beforehand. */
static bool needs_no_restart(const struct config *now,
			     const struct config *next, struct error *err)
{
	struct error found = { 0 };

	config_needs_restart(now, next, LIVE_IN_ALERT, needs_restart, &found);
	if (found.kind == ERROR_NONE)
		return true;
	*err = found;
	return false;
}

static bool read_next(struct daemon *d, struct set *out, struct error *err)
{
	struct config *c = d->reload->read(d->reload->arg);

	*out = (struct set){ .config = c, .own = c };
	if (!c)
		return error_set(err, ERROR_CONFIG,
				 "the configuration is wrong, see the messages "
				 "before");
	if (needs_no_restart(d->now.config, c, err))
		out->rules = read_rules(c, err);
	return out->rules != NULL;
}

static void refuse(struct daemon *d, const struct error *err)
{
	d->refused = *err;
	log_error("configuration or rules refused, the old ones stay",
		  KV_TEXT("error", err->text));
	metric_add(metrics_counter(d->metrics,
				   "tocsin_alert_reload_refused_total",
				   "Reloads whose configuration or rules were "
				   "wrong.",
				   NULL),
		   1);
}

static bool stages_ready(const struct daemon *d, struct buf *why)
{
	return match_ready(d->match, why) && window_ready(d->window, why) &&
	       notify_ready(d->notify, why) &&
	       board_loaded(d->context.board, why);
}

/* A stage that is closed while its group shares out stays a member that does
 * nothing, and the others wait for it: let it join first. */
static void stop_for_next(void *arg)
{
	struct daemon *d = arg;
	struct buf AUTO(buf_release) why = { 0 };

	if (d->match && !stages_ready(d, &why) &&
	    clock_mono_ms() < d->reload_by_ms) {
		loop_timer_start(d->reload_timer, RELOAD_LOOK_MS);
		return;
	}
	/* The stages are stopped outside of the loop's callbacks. */
	loop_stop(d->loop);
}

static void on_reload(void *arg, int signal_number)
{
	struct daemon *d = arg;
	struct error err;
	struct set next;

	(void)signal_number;
	if (!read_next(d, &next, &err)) {
		set_release(&next);
		refuse(d, &err);
		return;
	}
	if (!d->next.rules)
		d->reload_by_ms = clock_mono_ms() + RELOAD_WAIT_MS;
	set_release(&d->next);
	d->next = next;
	d->refused.kind = ERROR_NONE;
	stop_for_next(d);
}

static void take_next(struct daemon *d)
{
	loop_timer_stop(d->reload_timer);
	stop_stages(d);
	close_stages(d);
	set_release(&d->now);
	go_by(d, &d->next);
	if (!d->stopping)
		try_to_open(d);
}

/* ---- status ---- */

static bool ready(void *arg, struct buf *why)
{
	struct daemon *d = arg;

	if (d->stopping || d->next.rules) {
		buf_add_text(why, d->stopping ? "stopping"
					      : "rules are being read again");
		return false;
	}
	if (!d->match) {
		buf_add_text(why, d->waiting.kind != ERROR_NONE
					  ? d->waiting.text
					  : "starting");
		return false;
	}
	return stages_ready(d, why);
}

static void describe_rules(const struct ruleset *rules, struct buf *json)
{
	for (size_t i = 0; i < rules->n; i++) {
		const struct rule *rule = rules->rule[i];
		buf_add_text(json, i ? ",{\"name\":" : "{\"name\":");
		buf_add_json_string(json, str_of(rule->name));
		buf_add_text(json, ",\"query\":");
		buf_add_json_string(json, str_of(rule->query_text));
		buf_add_char(json, '}');
	}
}

static void describe(void *arg, struct buf *json)
{
	struct daemon *d = arg;

	buf_add_format(json, "{\"rulesHash\":\"%016llx\",\"rules\":[",
		       (unsigned long long)d->now.rules->hash);
	describe_rules(d->now.rules, json);
	buf_add_char(json, ']');
	if (d->match) {
		buf_add_text(json, ",\"match\":");
		match_describe(d->match, json);
		buf_add_text(json, ",\"window\":");
		window_describe(d->window, json);
		buf_add_text(json, ",\"notify\":");
		notify_describe(d->notify, json);
	} else {
		buf_add_text(json, ",\"waiting\":");
		buf_add_json_string(json, str_of(d->waiting.text));
	}
	buf_add_char(json, '}');
}

static int serve(void *arg, const struct status_request *request,
		 struct buf *body, const char **content_type)
{
	struct daemon *d = arg;

	(void)content_type;
	return api_serve(d->api, d->now.rules, d->window, request, body);
}

static void refresh(void *arg)
{
	struct daemon *d = arg;

	if (d->window)
		window_refresh(d->window);
}

/* ---- the whole ---- */

static bool open_daemon(struct daemon *d, struct error *err)
{
	struct set *first = &d->next;
	struct status_source source = {
		.ready = ready, .describe = describe, .serve = serve, .arg = d
	};
	int64_t start;

	if (!alert_start(first->config, &start, err))
		return false;
	first->rules = read_rules(first->config, err);
	if (!first->rules)
		return false;
	d->loop = loop_open(err);
	if (!d->loop)
		return false;
	loop_on_signal(d->loop, SIGTERM, on_stop, d);
	loop_on_signal(d->loop, SIGINT, on_stop, d);
	loop_on_signal(d->loop, SIGHUP, on_reload, d);
	d->metrics = metrics_open();
	metrics_on_render(d->metrics, refresh, d);
	source.metrics = d->metrics;
	d->context = (struct alert_context){
		.loop = d->loop,
		.metrics = d->metrics,
		.reload_refused = &d->refused,
	};
	go_by(d, first);
	d->status =
		status_open(d->loop, config_string(d->now.config, "alert.http"),
			    &source, err);
	if (!d->status)
		return false;
	backoff_init(&d->topic_backoff, TOPIC_RETRY_MS, TOPIC_RETRY_MAX_MS,
		     (uint64_t)clock_wall_ns());
	d->topic_timer = loop_timer_open(d->loop, try_to_open, d);
	d->reload_timer = loop_timer_open(d->loop, stop_for_next, d);
	loop_timer_start(d->topic_timer, 0);
	return true;
}

static void close_daemon(struct daemon *d)
{
	close_stages(d);
	loop_timer_close(d->topic_timer);
	loop_timer_close(d->reload_timer);
	status_close(d->status);
	metrics_close(d->metrics);
	if (d->loop)
		loop_close(d->loop);
	set_release(&d->next);
	set_release(&d->now);
}

static void run(struct daemon *d)
{
	while (!d->stopping && !d->failed) {
		if (d->next.rules)
			take_next(d);
		else
			loop_run(d->loop);
	}
}

bool alert_run(const struct config *config, const struct alert_reload *reload,
	       struct error *err)
{
	struct daemon d = { .reload = reload, .next = { .config = config } };
	bool ok = open_daemon(&d, err);

	if (ok) {
		log_info("alert is running");
		run(&d);
		stop_stages(&d);
		ok = !d.failed;
		if (d.failed && err)
			*err = d.fatal;
	}
	close_daemon(&d);
	return ok;
}
