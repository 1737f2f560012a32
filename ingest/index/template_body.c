/* template_body.c - what the index templates of events and alerts say
 *
 * Pure; the loop thread calls it. */
#include <inttypes.h>
#include <stdio.h>

#include "ingest/index/flat.h"
#include "ingest/index/template.h"

/* Lucene's 32,766 bytes hold this many characters of UTF-8 in any case. */
enum { KEYWORD_CHARACTERS = 8191 };

bool template_is_stream(const struct config *config, enum template_kind kind)
{
	return kind == TEMPLATE_EVENTS &&
	       config_bool(config, "index.data_stream");
}

static const char *add_suffix(const struct config *config,
			      enum template_kind kind, const char *suffix,
			      char out[TEMPLATE_NAME_BYTES])
{
	const char *setting = kind == TEMPLATE_ALERTS ? "index.alerts_prefix"
						      : "index.prefix";

	snprintf(out, TEMPLATE_NAME_BYTES, "%.200s%s",
		 config_string(config, setting), suffix);
	return out;
}

const char *template_name(const struct config *config, enum template_kind kind,
			  char name[TEMPLATE_NAME_BYTES])
{
	bool stream = template_is_stream(config, kind);

	return add_suffix(config, kind, stream ? "-stream" : "", name);
}

const char *template_pattern(const struct config *config,
			     enum template_kind kind,
			     char pattern[TEMPLATE_NAME_BYTES])
{
	bool stream = template_is_stream(config, kind);

	return add_suffix(config, kind, stream ? "-stream" : "-*", pattern);
}

static void render_lifecycle(const struct config *c, struct buf *out)
{
	const char *policy = config_string(c, "index.lifecycle");

	if (!policy[0])
		return;
	buf_add_text(out, ",\"lifecycle\":{\"name\":");
	buf_add_json_string(out, str_of(policy));
	buf_add_char(out, '}');
}

/* Alerts are few: one shard holds them. */
static void render_settings(const struct config *c, enum template_kind kind,
			    struct buf *out)
{
	bool alerts = kind == TEMPLATE_ALERTS;

	buf_add_format(out,
		       "\"settings\":{\"index\":{\"number_of_shards\":%" PRId64
		       ",\"number_of_replicas\":%" PRId64
		       ",\"refresh_interval\":\"%" PRId64
		       "ms\",\"query\":{\"default_field\":[%s]}",
		       alerts ? 1 : config_int(c, "index.shards"),
		       config_int(c, "index.replicas"),
		       config_int(c, "index.refresh"),
		       alerts ? "\"rule\""
			      : "\"Title\",\"Title.text\","
				"\"AdditionalText\"");
	if (!alerts)
		render_lifecycle(c, out);
	buf_add_text(out, "}}");
}

/* `more` is what follows, from the comma on. */
static void render_keyword(const char *name, const char *more, struct buf *out)
{
	buf_add_format(out,
		       "\"%s\":{\"type\":\"keyword\",\"ignore_above\":%d%s},",
		       name, KEYWORD_CHARACTERS, more);
}

static void render_flat(const char *name, enum template_engine engine,
			struct buf *out)
{
	if (engine == TEMPLATE_OPENSEARCH)
		buf_add_format(out, "\"%s\":{\"type\":\"flat_object\"},", name);
	else
		buf_add_format(out,
			       "\"%s\":{\"type\":\"flattened\","
			       "\"depth_limit\":%d,\"ignore_above\":%d},",
			       name, FLAT_DEPTH, FLAT_LEAF_BYTES);
}

static void render_keywords(struct buf *out)
{
	static const char *const names[] = { "ServiceKey",   "ComponentKey",
					     "RequestKey",   "HostAddress",
					     "Level",        "LevelRaw",
					     "TimeStampRaw", "Repaired" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		render_keyword(names[i], "", out);
	render_keyword("Title", ",\"fields\":{\"text\":{\"type\":\"text\"}}",
		       out);
}

static void render_numbers(const struct config *c, struct buf *out)
{
	const struct strings *numbers = config_strings(c, "index.numbers");

	buf_add_text(out, "\"AdditionalNum\":{\"type\":\"object\","
			  "\"dynamic\":false,\"properties\":{");
	for (size_t i = 0; i < numbers->n; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		buf_add_json_string(out, str_of(numbers->item[i]));
		buf_add_text(out, ":{\"type\":\"double\","
				  "\"ignore_malformed\":true}");
	}
	buf_add_text(out, "}}");
}

static void render_events(const struct config *c, enum template_engine engine,
			  struct buf *out)
{
	render_keywords(out);
	buf_add_text(out, "\"TimeStampUTC\":{\"type\":\"date_nanos\"},"
			  "\"@timestamp\":{\"type\":\"date_nanos\"},"
			  "\"Additional\":{\"type\":\"object\","
			  "\"enabled\":false},"
			  "\"Others\":{\"type\":\"object\",\"enabled\":false},"
			  "\"AdditionalText\":{\"type\":\"text\"},");
	render_flat("AdditionalFlat", engine, out);
	render_numbers(c, out);
}

/* `value` and `reference` may be numbers or text. */
static void render_alerts(enum template_engine engine, struct buf *out)
{
	static const char *const keywords[] = {
		"id", "rule", "state", "cause", "reason", "receivers"
	};
	static const char *const dates[] = { "@timestamp", "at", "startsAt",
					     "updatedAt", "recordTime" };
	static const char *const values[] = { "value", "reference" };

	for (size_t i = 0; i < ARRAY_LENGTH(keywords); i++)
		render_keyword(keywords[i], "", out);
	for (size_t i = 0; i < ARRAY_LENGTH(dates); i++)
		buf_add_format(out, "\"%s\":{\"type\":\"date\"},", dates[i]);
	for (size_t i = 0; i < ARRAY_LENGTH(values); i++)
		buf_add_format(out,
			       "\"%s\":{\"type\":\"double\","
			       "\"ignore_malformed\":true,\"fields\":{"
			       "\"text\":{\"type\":\"keyword\","
			       "\"ignore_above\":%d}}},",
			       values[i], KEYWORD_CHARACTERS);
	render_flat("group", engine, out);
	render_flat("labels", engine, out);
	buf_add_text(out, "\"episode\":{\"type\":\"long\"},"
			  "\"count\":{\"type\":\"long\"},"
			  "\"staging\":{\"type\":\"boolean\"},"
			  "\"annotations\":{\"type\":\"object\","
			  "\"enabled\":false},"
			  "\"samples\":{\"type\":\"object\","
			  "\"enabled\":false},"
			  "\"top\":{\"type\":\"object\",\"enabled\":false}");
}

static void render_mappings(const struct config *c, enum template_kind kind,
			    enum template_engine engine, struct buf *out)
{
	buf_add_text(out, "\"mappings\":{\"dynamic\":false,\"properties\":{");
	if (kind == TEMPLATE_ALERTS)
		render_alerts(engine, out);
	else
		render_events(c, engine, out);
	buf_add_text(out, "}}");
}

static void render_inner(const struct config *c, enum template_kind kind,
			 enum template_engine engine, struct buf *out)
{
	char pattern[TEMPLATE_NAME_BYTES];
	bool stream = template_is_stream(c, kind);

	buf_add_format(out,
		       "{\"index_patterns\":[\"%s\"],\"priority\":%d,%s"
		       "\"template\":{",
		       template_pattern(c, kind, pattern), stream ? 502 : 501,
		       stream ? "\"data_stream\":{}," : "");
	render_settings(c, kind, out);
	buf_add_char(out, ',');
	render_mappings(c, kind, engine, out);
	buf_add_char(out, '}');
}

void template_mark(const struct config *config, enum template_kind kind,
		   enum template_engine engine, struct buf *out)
{
	AUTO(buf_release) struct buf text = { 0 };

	render_inner(config, kind, engine, &text);
	buf_add_format(out, "%016" PRIx64, str_hash(buf_str(&text)));
}

void template_body(const struct config *config, enum template_kind kind,
		   enum template_engine engine, struct buf *out)
{
	render_inner(config, kind, engine, out);
	buf_add_text(out, ",\"_meta\":{\"tocsin\":\"");
	template_mark(config, kind, engine, out);
	buf_add_text(out, "\"}}");
}
