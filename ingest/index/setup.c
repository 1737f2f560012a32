/* setup.c - topics and index templates
 *
 * Owns nothing beyond a call. Loop thread only. */
#include "ingest/index/setup.h"

#include <inttypes.h>

#include "core/kafka.h"
#include "ingest/index/options.h"
#include "ingest/index/template.h"

#define DAY_MS INT64_C(86400000)

enum {
	ASK_MS = 15000,
	CONFIGS_MAX = 5,
	HEADER_BYTES = 1 << 20, /* of a dead letter, beside the record */
	TURN_MS = 100,
};

/* What a topic is for says how it is cleaned up; the rest is the brokers'. */
struct topic {
	const char *suffix;
	int64_t keep_ms; /* delete: retention; compact: lag, 0 = none */
	bool one_partition;
	bool compact;
	bool events; /* holds whole events */
	bool append_time;
};

static const struct topic topics[] = {
	{ "logs", 7 * DAY_MS, false, false, true, true },
	{ "dead", 30 * DAY_MS, false, false, true, false },
	{ "matches", 0, false, false, true, false },
	{ "memory", 0, false, true, false, false },
	{ "alerts", 7 * DAY_MS, true, true, false, false },
	{ "deliveries", 0, true, true, false, false },
	{ "silences", 0, true, true, false, false },
};

struct setup {
	const struct config *config;
	const struct setup_needs *needs;
	struct kafka_options kafka;
	FILE *out;
};

static int64_t keep_ms(const struct setup *s, const struct topic *t)
{
	if (!t->compact && t->keep_ms == 0)
		return s->needs->matches_ms;
	return t->keep_ms;
}

static void add_config(struct buf text[], size_t *n, const char *name,
		       const char *value)
{
	ENSURE(*n < CONFIGS_MAX);
	buf_add_format(&text[(*n)++], "%s=%s", name, value);
}

static void add_number(struct buf text[], size_t *n, const char *name,
		       int64_t value)
{
	AUTO(buf_release) struct buf number = { 0 };

	buf_add_int(&number, value);
	add_config(text, n, name, buf_text(&number));
}

static void make_configs(const struct setup *s, const struct topic *t,
			 struct buf text[], size_t *n)
{
	int64_t event_bytes = config_int(s->config, "max_event_bytes");
	int64_t keep = keep_ms(s, t);

	add_config(text, n, "cleanup.policy",
		   t->compact ? "compact" : "delete");
	if (keep > 0)
		add_number(text, n,
			   t->compact ? "min.compaction.lag.ms"
				      : "retention.ms",
			   keep);
	if (t->events)
		add_number(text, n, "max.message.bytes",
			   4 * event_bytes +
				   (t->append_time ? 0 : HEADER_BYTES));
	if (t->append_time)
		add_config(text, n, "message.timestamp.type", "LogAppendTime");
}

static bool create(const struct setup *s, const struct topic *t,
		   const char *name, bool *created, struct error *err)
{
	struct buf text[CONFIGS_MAX] = { 0 };
	const char *configs[CONFIGS_MAX + 1] = { 0 };
	struct kafka_topic topic = {
		.name = name,
		.partitions = t->one_partition
				      ? 1
				      : (int)config_int(s->config,
							"kafka.partitions"),
		.replication = (int)config_int(s->config, "kafka.replication"),
		.configs = configs,
	};
	size_t n = 0;
	bool ok;

	make_configs(s, t, text, &n);
	for (size_t i = 0; i < n; i++)
		configs[i] = buf_text(&text[i]);
	ok = kafka_topic_create(&s->kafka, &topic, created, ASK_MS, err);
	for (size_t i = 0; i < n; i++)
		buf_release(&text[i]);
	return ok;
}

/* Only `.matches` must keep what somebody else's settings ask for. */
static bool raise_retention(const struct setup *s, const char *name,
			    bool *raised, struct error *err)
{
	AUTO(buf_release) struct buf now = { 0 };
	AUTO(buf_release) struct buf wanted = { 0 };
	int64_t now_ms;

	if (!kafka_topic_config(&s->kafka, name, "retention.ms", &now, ASK_MS,
				err))
		return false;
	*raised = str_to_int64(buf_str(&now), 0, INT64_MAX, &now_ms) &&
		  now_ms < s->needs->matches_ms;
	if (!*raised)
		return true;
	buf_add_int(&wanted, s->needs->matches_ms);
	return kafka_topic_alter(&s->kafka, name, "retention.ms",
				 buf_text(&wanted), ASK_MS, err);
}

static bool set_up_topic(const struct setup *s, const struct topic *t,
			 struct error *err)
{
	AUTO(buf_release) struct buf name = { 0 };
	AUTO(buf_release) struct buf kept = { 0 };
	bool created = false;
	bool raised = false;

	buf_add_format(&name, "%s.%s", config_string(s->config, "prefix"),
		       t->suffix);
	if (!create(s, t, buf_text(&name), &created, err))
		return false;
	if (!created && !t->compact && t->keep_ms == 0 &&
	    !raise_retention(s, buf_text(&name), &raised, err))
		return false;
	duration_format(keep_ms(s, t), &kept);
	fprintf(s->out, "topic %s: %s", buf_text(&name),
		created ? "created" : "already there");
	if (raised)
		fprintf(s->out, ", retention raised to %s", buf_text(&kept));
	fputc('\n', s->out);
	return true;
}

/* ---- the templates ---- */

struct outcome {
	bool done;
	enum template_result result;
	struct error err;
};

static void on_template(void *arg, enum template_result result,
			const struct error *err)
{
	struct outcome *o = arg;

	o->done = true;
	o->result = result;
	if (err)
		o->err = *err;
}

static bool put_template(const struct setup *s, enum template_kind kind,
			 struct loop *loop, struct elastic *elastic,
			 struct error *err)
{
	static const char *const said[] = {
		[TEMPLATE_CREATED] = "created",
		[TEMPLATE_THERE] = "already there",
		[TEMPLATE_CHANGED] = "changed to the present settings",
		[TEMPLATE_OUTDATED] = "left as it is",
		[TEMPLATE_FOREIGN] = "left as it is, tocsin did not make it",
	};
	struct outcome o = { 0 };
	char name[TEMPLATE_NAME_BYTES];

	if (!template_start(elastic, s->config, kind, true, on_template, &o,
			    err))
		return false;
	while (!o.done)
		loop_turn(loop, TURN_MS);
	if (o.result == TEMPLATE_FAILED) {
		*err = o.err;
		return false;
	}
	fprintf(s->out, "index template %s: %s\n",
		template_name(s->config, kind, name), said[o.result]);
	return true;
}

static bool set_up_templates(const struct setup *s, struct error *err)
{
	struct loop *loop = loop_open(err);
	struct elastic *elastic;
	bool ok;

	if (!loop)
		return false;
	elastic = elastic_open(loop, s->config, err);
	ok = elastic && put_template(s, TEMPLATE_EVENTS, loop, elastic, err) &&
	     put_template(s, TEMPLATE_ALERTS, loop, elastic, err);
	elastic_close(elastic);
	loop_close(loop);
	return ok;
}

bool setup_run(const struct config *config, const struct setup_needs *needs,
	       FILE *out, struct error *err)
{
	struct setup s = {
		.config = config,
		.needs = needs,
		.kafka = kafka_options_of(config, "tocsin-setup"),
		.out = out,
	};
	struct options options;

	if (!options_read(config, &options, err))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(topics); i++) {
		if (!set_up_topic(&s, &topics[i], err))
			return error_prefix(err, "kafka at %s",
					    s.kafka.brokers);
	}
	return set_up_templates(&s, err);
}
