/* template.c - the index template of the daily indices
 *
 * A task asks for the template, compares it with ours, and puts ours: first as
 * Elasticsearch knows it, and if `flattened` is refused as OpenSearch does.
 * That works where `GET /` does not tell which one it is.
 *
 * Loop thread only. */
#include "ingest/index/template.h"

#include <stdio.h>
#include <stdlib.h>

#include "event/json.h"
#include "ingest/index/bulk.h"

enum { ANSWER_BYTES = 1 << 20 };

struct template_task {
	struct elastic *elastic;
	const struct config *config;
	enum template_kind kind;
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

/* Does a template's _meta carry the hash of ours for either engine? */
static bool is_up_to_date(const struct template_task *t, struct str mark)
{
	for (int engine = 0; engine <= TEMPLATE_OPENSEARCH; engine++) {
		AUTO(buf_release) struct buf hash = { 0 };

		template_mark(t->config, t->kind, (enum template_engine)engine,
			      &hash);
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
	char name[TEMPLATE_NAME_BYTES];
	struct str reason;

	if (answer->status != 0) {
		if (json_find(answer->body, STR("error"), &reason))
			bulk_describe_error(reason, &text);
		error_set(&err, ERROR_RETRY, "status %d, %s", answer->status,
			  buf_text(&text));
	}
	error_prefix(&err, "could not set up index template \"%s\"",
		     template_name(t->config, t->kind, name));
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
	template_body(t->config, t->kind, t->engine, &t->body);
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

struct template_task *
template_start(struct elastic *elastic, const struct config *config,
	       enum template_kind kind, bool update,
	       void (*done)(void *arg, enum template_result result,
			    const struct error *err),
	       void *arg, struct error *err)
{
	struct template_task *t = xcalloc(1, sizeof(*t));
	char name[TEMPLATE_NAME_BYTES];

	t->elastic = elastic;
	t->config = config;
	t->kind = kind;
	t->update = update;
	t->done = done;
	t->arg = arg;
	snprintf(t->path, sizeof(t->path), "/_index_template/%s",
		 template_name(config, kind, name));
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
