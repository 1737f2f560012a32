/* template.c - the index template of the daily indices
 *
 * A task asks for the template, compares it with ours, and puts ours: first as
 * Elasticsearch knows it, and if `flattened` is refused as OpenSearch does.
 * That works where `GET /` does not tell which one it is.
 *
 * Loop thread only. */
#include "ingest/index/template.h"

#include <inttypes.h>
#include <stdlib.h>

#include "event/json.h"
#include "ingest/index/bulk.h"
#include "ingest/index/flat.h"

/* Lucene's 32,766 bytes hold this many characters of UTF-8 in any case. */
enum { KEYWORD_CHARACTERS = 8191, ANSWER_BYTES = 1 << 20 };

struct template_task {
	struct elastic *elastic;
	const struct config *config;
	bool update;
	bool there; /* ours, to be changed */
	enum template_engine engine;
	struct elastic_call *call;
	struct buf body;
	char path[300];
	void (*done)(void *arg, enum template_result result,
		     const struct error *err);
	void *arg;
};

static void render_settings(const struct config *c, struct buf *out)
{
	buf_add_format(out,
		       "\"settings\":{\"index\":{\"number_of_shards\":%" PRId64
		       ",\"number_of_replicas\":%" PRId64
		       ",\"refresh_interval\":\"%" PRId64
		       "ms\",\"query\":{\"default_field\":[\"Title\","
		       "\"Title.text\",\"AdditionalText\"]}}}",
		       config_int(c, "index.shards"),
		       config_int(c, "index.replicas"),
		       config_int(c, "index.refresh"));
}

static void render_keywords(struct buf *out)
{
	static const char *const names[] = { "ServiceKey",   "ComponentKey",
					     "RequestKey",   "HostAddress",
					     "Level",        "LevelRaw",
					     "TimeStampRaw", "Repaired" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		buf_add_format(out,
			       "\"%s\":{\"type\":\"keyword\","
			       "\"ignore_above\":%d},",
			       names[i], KEYWORD_CHARACTERS);
	buf_add_format(out,
		       "\"Title\":{\"type\":\"keyword\",\"ignore_above\":%d,"
		       "\"fields\":{\"text\":{\"type\":\"text\"}}},",
		       KEYWORD_CHARACTERS);
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

static void render_mappings(const struct config *c, enum template_engine engine,
			    struct buf *out)
{
	buf_add_text(out, "\"mappings\":{\"dynamic\":false,\"properties\":{");
	render_keywords(out);
	buf_add_text(out, "\"TimeStampUTC\":{\"type\":\"date_nanos\"},"
			  "\"@timestamp\":{\"type\":\"date_nanos\"},"
			  "\"Additional\":{\"type\":\"object\","
			  "\"enabled\":false},"
			  "\"Others\":{\"type\":\"object\",\"enabled\":false},"
			  "\"AdditionalText\":{\"type\":\"text\"},");
	if (engine == TEMPLATE_OPENSEARCH)
		buf_add_text(out, "\"AdditionalFlat\":"
				  "{\"type\":\"flat_object\"},");
	else
		buf_add_format(out,
			       "\"AdditionalFlat\":{\"type\":\"flattened\","
			       "\"depth_limit\":%d,\"ignore_above\":%d},",
			       FLAT_DEPTH, FLAT_LEAF_BYTES);
	render_numbers(c, out);
	buf_add_text(out, "}}");
}

static uint64_t render_inner(const struct config *c,
			     enum template_engine engine, struct buf *out)
{
	size_t start = out->n;

	buf_add_text(out, "{\"index_patterns\":[\"");
	buf_add_text(out, config_string(c, "index.prefix"));
	buf_add_text(out, "-*\"],\"priority\":501,\"template\":{");
	render_settings(c, out);
	buf_add_char(out, ',');
	render_mappings(c, engine, out);
	buf_add_char(out, '}');
	return str_hash(str_slice(out->p + start, out->n - start));
}

void template_body(const struct config *config, enum template_engine engine,
		   struct buf *out)
{
	uint64_t hash = render_inner(config, engine, out);

	buf_add_format(out, ",\"_meta\":{\"tocsin\":\"%016" PRIx64 "\"}}",
		       hash);
}

/* Does a template's _meta carry the hash of ours for either engine? */
static bool is_up_to_date(const struct template_task *t, struct str mark)
{
	for (int engine = 0; engine <= TEMPLATE_OPENSEARCH; engine++) {
		AUTO(buf_release) struct buf text = { 0 };
		AUTO(buf_release) struct buf hash = { 0 };
		uint64_t value = render_inner(
			t->config, (enum template_engine)engine, &text);

		buf_add_format(&hash, "%016" PRIx64, value);
		if (json_string_is(mark, buf_str(&hash)))
			return true;
	}
	return false;
}

static void finish(struct template_task *t, enum template_result result,
		   const struct error *err)
{
	void (*done)(void *, enum template_result, const struct error *) =
		t->done;
	void *arg = t->arg;

	buf_release(&t->body);
	free(t);
	done(arg, result, err);
}

static void fail(struct template_task *t, const struct http_answer *answer)
{
	AUTO(buf_release) struct buf text = { 0 };
	struct error err = answer->err;
	struct str reason;

	if (answer->status != 0) {
		if (json_find(answer->body, STR("error"), &reason))
			bulk_describe_error(reason, &text);
		error_set(&err, ERROR_RETRY, "status %d, %s", answer->status,
			  buf_text(&text));
	}
	error_prefix(&err, "could not set up index template \"%s\"",
		     config_string(t->config, "index.prefix"));
	finish(t, TEMPLATE_FAILED, &err);
}

static bool start(struct template_task *t, const char *method,
		  void (*answered)(void *, const struct http_answer *),
		  struct error *err)
{
	struct elastic_request request = {
		.method = method,
		.path = t->path,
		.body = buf_str(&t->body),
		.answer_limit = ANSWER_BYTES,
		.done = answered,
		.arg = t,
	};

	t->call = elastic_start(t->elastic, &request, err);
	return t->call != NULL;
}

static void put_answered(void *arg, const struct http_answer *answer);

static void put(struct template_task *t)
{
	struct http_answer none = { 0 };

	buf_clear(&t->body);
	template_body(t->config, t->engine, &t->body);
	if (!start(t, "PUT", put_answered, &none.err))
		fail(t, &none);
}

static void put_answered(void *arg, const struct http_answer *answer)
{
	static const struct str refused = { "type [flattened]", 16 };
	struct template_task *t = arg;

	if (answer->status == 200) {
		finish(t, t->there ? TEMPLATE_CHANGED : TEMPLATE_CREATED, NULL);
	} else if (answer->status == 400 &&
		   t->engine == TEMPLATE_ELASTICSEARCH && answer->body.n > 0 &&
		   memmem(answer->body.s, answer->body.n, refused.s,
			  refused.n)) {
		t->engine = TEMPLATE_OPENSEARCH;
		put(t);
	} else {
		fail(t, answer);
	}
}

/* {"index_templates":[{"index_template":{"_meta":{"tocsin":"..."}}}]} */
static struct str find_mark(struct str body)
{
	struct str value = STR_NONE;
	struct json_cursor cursor;

	if (!json_find(body, STR("index_templates"), &value))
		return STR_NONE;
	cursor = json_enter(value);
	if (!json_next_element(&cursor, &value) ||
	    !json_find(value, STR("index_template"), &value) ||
	    !json_find(value, STR("_meta"), &value) ||
	    !json_find(value, STR("tocsin"), &value))
		return STR_NONE;
	return value;
}

static void get_answered(void *arg, const struct http_answer *answer)
{
	struct template_task *t = arg;
	struct str mark = find_mark(answer->body);

	if (answer->status == 404) {
		put(t);
	} else if (answer->status != 200) {
		fail(t, answer);
	} else if (mark.n == 0) {
		finish(t, TEMPLATE_FOREIGN, NULL);
	} else if (is_up_to_date(t, mark)) {
		finish(t, TEMPLATE_THERE, NULL);
	} else if (t->update) {
		t->there = true;
		put(t);
	} else {
		finish(t, TEMPLATE_OUTDATED, NULL);
	}
}

struct template_task *template_start(struct elastic *elastic,
				     const struct config *config, bool update,
				     void (*done)(void *arg,
						  enum template_result result,
						  const struct error *err),
				     void *arg, struct error *err)
{
	struct template_task *t = xcalloc(1, sizeof(*t));
	AUTO(buf_release) struct buf path = { 0 };

	t->elastic = elastic;
	t->config = config;
	t->update = update;
	t->done = done;
	t->arg = arg;
	buf_add_format(&path, "/_index_template/%.200s",
		       config_string(config, "index.prefix"));
	memcpy(t->path, buf_text(&path), path.n + 1);
	if (start(t, "GET", get_answered, err))
		return t;
	free(t);
	return NULL;
}

void template_cancel(struct template_task *task)
{
	if (!task)
		return;
	elastic_cancel(task->call);
	buf_release(&task->body);
	free(task);
}
