/* lookout.c - what the worker notices about Tocsin itself
 *
 * Owns the questions to Kafka and the memory of what it last wrote: until that
 * has come back through the topic, the plan does not know it.
 *
 * Loop thread. */
#include "alert/notify/lookout.h"

#include <stdlib.h>
#include <unistd.h>

#include "alert/builtin.h"
#include "alert/settings.h"
#include "core/clock.h"
#include "core/kafka_watch.h"
#include "core/map.h"

enum { EVERY_MS = 5000, STALE_MS = 30000 };

enum question { ASK_MATCH, ASK_WINDOW, ASK_INDEX, ASK_DEAD, QUESTIONS };

struct memory {                 /* of one built-in alert, by its id */
	struct transition last; /* rule NULL: none */
	uint64_t round;         /* when it was judged last */
};

struct lookout {
	const struct alert_context *context;
	const struct receivers *receivers;
	struct outbox *outbox;
	struct lookout_hooks hooks;
	bool enabled;
	int64_t behind_ms, blocked_ms, recent_ms;
	char *topic[QUESTIONS], *group[QUESTIONS];
	struct kafka_watch *kafka;
	struct kafka_answer answer[QUESTIONS];
	int64_t answered_ms; /* monotonic, all known; INT64_MIN: never */
	struct map memory;   /* alert id -> struct memory */
	uint64_t round;
	const struct plan *plan; /* during lookout_run */
	int64_t notifies_ms; /* monotonic: since when; INT64_MIN: it does not */
	char *worker;
	struct metric *dropped; /* the window stage's counter */
	double dropped_before;
	int64_t dropped_ms; /* monotonic; INT64_MIN: none */
};

/* ---- asking ---- */

static void answered(void *arg, const struct kafka_answer answers[])
{
	struct lookout *w = arg;
	bool all = true;

	memcpy(w->answer, answers, sizeof(w->answer));
	for (size_t i = 0; i < QUESTIONS; i++)
		all = all && answers[i].known;
	if (all)
		w->answered_ms = clock_mono_ms();
}

static bool ask(struct lookout *w, struct error *err)
{
	static const struct {
		const char *topic, *group;
	} asked[QUESTIONS] = {
		[ASK_MATCH] = { ".logs", "-match" },
		[ASK_WINDOW] = { ".matches", "-window" },
		[ASK_INDEX] = { ".logs", "-index" },
		[ASK_DEAD] = { ".dead", NULL },
	};
	struct kafka_question questions[QUESTIONS];
	struct kafka_watch_config config = {
		.options = kafka_options_of(w->context->config, "tocsin-alert"),
		.questions = questions,
		.n = QUESTIONS,
		.every_ms = EVERY_MS,
		.answered = answered,
		.arg = w,
	};

	for (size_t i = 0; i < QUESTIONS; i++) {
		w->topic[i] = alert_name(w->context->prefix, asked[i].topic);
		if (asked[i].group)
			w->group[i] =
				alert_name(w->context->prefix, asked[i].group);
		questions[i] = (struct kafka_question){
			w->topic[i], w->group[i],
			asked[i].group ? w->behind_ms : w->recent_ms
		};
	}
	w->kafka = kafka_watch_open(w->context->loop, &config, err);
	return w->kafka != NULL;
}

/* ---- judging ---- */

static struct memory *memory_of(struct lookout *w, const char *id)
{
	struct memory *m = map_get(&w->memory, str_of(id));

	if (m)
		return m;
	m = xcalloc(1, sizeof(*m));
	map_set(&w->memory, str_of(id), m);
	return m;
}

static bool is_newer(const struct transition *t, const struct transition *than)
{
	return !than->rule || t->episode > than->episode ||
	       (t->episode == than->episode &&
		cause_follows(t->cause, than->cause));
}

/* Takes *t if it could be written. */
static void write_transition(struct lookout *w, struct memory *m,
			     struct transition *t)
{
	if (!w->hooks.emit(w->hooks.arg, t)) {
		transition_release(t);
		return;
	}
	transition_release(&m->last);
	m->last = *t;
}

static void judge(struct lookout *w, const struct builtin_fact *fact,
		  bool known)
{
	char id[ALERT_ID_BYTES + 1];
	const struct transition *stored, *last;
	struct transition next;
	struct memory *m;

	builtin_id(fact, id);
	m = memory_of(w, id);
	m->round = w->round;
	if (!known)
		return;
	stored = w->plan ? plan_last(w->plan, id) : NULL;
	last = m->last.rule ? &m->last : NULL;
	if (stored && is_newer(stored, &m->last))
		last = stored;
	if (builtin_judge(fact, last, clock_wall_ms(), &next))
		write_transition(w, m, &next);
}

/* ---- what holds ---- */

static void judge_behind(struct lookout *w)
{
	for (size_t i = 0; i < QUESTIONS; i++) {
		const struct kafka_answer *a = &w->answer[i];
		struct buf AUTO(buf_release) text = { 0 };
		struct builtin_fact fact = {
			"TocsinBehind",    "group", w->group[i],
			a->partitions > 0, 0,       NULL
		};

		if (!w->group[i])
			continue;
		buf_add_format(&text,
			       "%s: %lld records on %d partitions of %s have "
			       "waited longer than ",
			       w->group[i], (long long)a->records,
			       (int)a->partitions, w->topic[i]);
		duration_format(w->behind_ms, &text);
		fact.value = (double)a->records;
		fact.summary = buf_text(&text);
		judge(w, &fact, a->known);
	}
}

static void judge_dead_letters(struct lookout *w)
{
	const struct kafka_answer *a = &w->answer[ASK_DEAD];
	struct buf AUTO(buf_release) text = { 0 };
	struct builtin_fact fact = { "TocsinDeadLetters", "topic",
				     w->topic[ASK_DEAD],  a->records > 0,
				     (double)a->records,  NULL };

	buf_add_format(&text, "%lld dead letters on %s in the last ",
		       (long long)a->records, w->topic[ASK_DEAD]);
	duration_format(w->recent_ms, &text);
	fact.summary = buf_text(&text);
	judge(w, &fact, a->known);
}

/* Who has just begun to notify, and whom a receiver has not kept waiting for
 * long enough yet, does not know better than the last transition. */
static bool is_known(const struct lookout *w, int64_t blocked_ms)
{
	if (blocked_ms < 0)
		return clock_mono_ms() - w->notifies_ms > w->blocked_ms;
	return blocked_ms > w->blocked_ms;
}

static void judge_receivers(struct lookout *w)
{
	for (size_t i = 0; i < w->receivers->n; i++) {
		const struct receiver *r = w->receivers->item[i];
		int64_t ms = outbox_blocked_ms(w->outbox, r);
		struct buf AUTO(buf_release) text = { 0 };
		struct builtin_fact fact = {
			"TocsinBlocked",    "receiver",        r->name,
			ms > w->blocked_ms, (double)ms / 1000, NULL
		};

		buf_add_format(&text,
			       "receiver %s has taken nothing for %lld s",
			       r->name, (long long)ms / 1000);
		fact.summary = buf_text(&text);
		judge(w, &fact, is_known(w, ms));
	}
}

static void judge_worker(struct lookout *w)
{
	const struct error *refused = w->context->reload_refused;
	double dropped = metric_value(w->dropped);
	int64_t now = clock_mono_ms();
	struct builtin_fact fact = {
		"TocsinReloadRefused",
		"worker",
		w->worker,
		refused && refused->kind != ERROR_NONE,
		1,
		refused ? refused->text : "",
	};

	judge(w, &fact, true);
	if (dropped > w->dropped_before)
		w->dropped_ms = now;
	w->dropped_before = dropped;
	fact = (struct builtin_fact){
		"TocsinGroupsDropped",
		"worker",
		w->worker,
		w->dropped_ms != INT64_MIN &&
			now - w->dropped_ms < w->recent_ms,
		dropped,
		"a rule has more groups than its max_groups",
	};
	judge(w, &fact, true);
}

/* Those of other workers, and of receivers that are gone. */
static void expire(void *arg, const struct transition *t)
{
	struct lookout *w = arg;
	struct transition next;
	struct memory *m;

	if (t->state != ALERT_FIRING || !builtin_is_name(t->rule))
		return;
	m = memory_of(w, t->id);
	if (m->round != w->round && is_newer(t, &m->last) &&
	    builtin_expire(t, clock_wall_ms(), &next))
		write_transition(w, m, &next);
}

void lookout_run(struct lookout *w, const struct plan *plan)
{
	w->plan = plan;
	w->round++;
	if (!plan)
		w->notifies_ms = INT64_MIN;
	else if (w->notifies_ms == INT64_MIN)
		w->notifies_ms = clock_mono_ms();
	if (w->enabled) {
		judge_worker(w);
		if (plan) {
			judge_behind(w);
			judge_dead_letters(w);
			judge_receivers(w);
		}
	}
	if (plan)
		plan_visit(plan, expire, w);
	w->plan = NULL;
}

static bool all_blocked(const struct lookout *w)
{
	size_t lanes = 0, blocked = 0;

	for (size_t i = 0; i < w->receivers->n; i++) {
		const struct receiver *r = w->receivers->item[i];

		lanes += r->type->render != NULL;
		blocked += outbox_blocked_ms(w->outbox, r) > w->blocked_ms;
	}
	return lanes > 0 && blocked == lanes;
}

void lookout_complain(const struct lookout *w, struct buf *why)
{
	static const enum question stages[] = { ASK_MATCH, ASK_WINDOW };

	if (w->answered_ms == INT64_MIN ||
	    clock_mono_ms() - w->answered_ms > STALE_MS) {
		buf_add_text(why, "not known how far the stages are");
		return;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(stages); i++)
		if (w->answer[stages[i]].partitions > 0) {
			buf_add_format(why, "%s is behind",
				       w->group[stages[i]]);
			return;
		}
	if (all_blocked(w))
		buf_add_text(why, "no receiver takes messages");
}

/* ---- opening and closing ---- */

/* Host and port tell workers apart, also over their restarts. */
static char *worker_name(const struct config *config)
{
	const char *http = config_string(config, "alert.http");
	const char *port = strrchr(http, ':');
	struct buf text = { 0 };
	char host[256];

	if (gethostname(host, sizeof(host)) != 0)
		host[0] = '\0';
	host[sizeof(host) - 1] = '\0';
	buf_add_format(&text, "%s%s", host, port ? port : "");
	return buf_take(&text);
}

struct lookout *lookout_open(const struct alert_context *context,
			     const struct receivers *receivers,
			     struct outbox *outbox,
			     const struct lookout_hooks *hooks,
			     struct error *err)
{
	const struct config *c = context->config;
	struct lookout *w = xcalloc(1, sizeof(*w));

	w->context = context;
	w->receivers = receivers;
	w->outbox = outbox;
	w->hooks = *hooks;
	w->enabled = config_bool(c, "alert.builtin");
	w->behind_ms = config_int(c, "alert.behind_after");
	w->blocked_ms = config_int(c, "alert.blocked_after");
	w->recent_ms = config_int(c, "alert.builtin_for");
	w->answered_ms = w->dropped_ms = w->notifies_ms = INT64_MIN;
	w->worker = worker_name(c);
	w->dropped = metrics_counter(context->metrics,
				     "tocsin_alert_groups_dropped_total",
				     "Groups dropped because a rule had more "
				     "than max_groups.",
				     NULL);
	w->dropped_before = metric_value(w->dropped);
	if (ask(w, err))
		return w;
	lookout_close(w);
	return NULL;
}

static void memory_free(void *value)
{
	struct memory *m = value;

	transition_release(&m->last);
	free(m);
}

void lookout_close(struct lookout *w)
{
	if (!w)
		return;
	kafka_watch_close(w->kafka);
	map_release(&w->memory, memory_free);
	for (size_t i = 0; i < QUESTIONS; i++) {
		free(w->topic[i]);
		free(w->group[i]);
	}
	free(w->worker);
	free(w);
}
