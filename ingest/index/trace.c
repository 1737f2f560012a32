/* trace.c - everything of one request, with one query
 *
 * A scroll reads page after page of one snapshot, so nothing is missed or
 * shown twice however many events have the same time; most requests fit into
 * the first page.
 *
 * Loop thread only. */
#include "ingest/index/trace.h"

#include "event/utf8.h"
#include "ingest/index/bulk.h"
#include "ingest/index/elastic.h"
#include "ingest/index/options.h"
#include "ingest/index/timeline.h"

/* A page of the largest documents still fits the answer. */
enum { PAGE = 200, ANSWER_BYTES = 1 << 30 };

struct trace {
	struct elastic *elastic;
	const struct trace_options *options;
	FILE *out;
	struct scanner *scanner;
	struct timeline timeline;
	struct buf scroll; /* its id, as JSON */
	struct buf answer, text;
	size_t found;
};

static bool ask(struct trace *t, const char *method, const char *path,
		const struct buf *body, struct error *err)
{
	AUTO(buf_release) struct buf why = { 0 };
	struct elastic_request request = {
		.method = method,
		.path = path,
		.body = buf_str(body),
		.answer_limit = ANSWER_BYTES,
	};
	struct str reason;
	int status;

	if (!elastic_do(t->elastic, &request, &status, &t->answer, err))
		return false;
	if (status == 200)
		return true;
	if (json_find(buf_str(&t->answer), STR("error"), &reason))
		bulk_describe_error(reason, &why);
	return error_set(err, ERROR_RETRY,
			 "could not search: status %d, %.500s", status,
			 buf_text(&why));
}

static bool ask_first(struct trace *t, const struct config *config,
		      const char *request_key, struct error *err)
{
	AUTO(buf_release) struct buf path = { 0 };
	AUTO(buf_release) struct buf body = { 0 };

	buf_add_format(&path,
		       "/%s-*/_search?scroll=1m&ignore_unavailable=true"
		       "&allow_partial_search_results=false",
		       config_string(config, "index.prefix"));
	buf_add_format(&body,
		       "{\"size\":%d,\"sort\":[{\"TimeStampUTC\":{\"order\":"
		       "\"asc\",\"unmapped_type\":\"date_nanos\"}}],"
		       "\"query\":{\"term\":{\"RequestKey\":",
		       PAGE);
	buf_add_json_string(&body, str_of(request_key));
	buf_add_text(&body, "}}}");
	return ask(t, "POST", buf_text(&path), &body, err);
}

static bool ask_next(struct trace *t, struct error *err)
{
	AUTO(buf_release) struct buf body = { 0 };

	buf_add_text(&body, "{\"scroll\":\"1m\",\"scroll_id\":");
	buf_add(&body, buf_str(&t->scroll));
	buf_add_char(&body, '}');
	return ask(t, "POST", "/_search/scroll", &body, err);
}

/* It ends by itself after a minute; an error here is none. */
static void end_scroll(struct trace *t)
{
	AUTO(buf_release) struct buf body = { 0 };
	struct error ignored;

	if (t->scroll.n == 0)
		return;
	buf_add_text(&body, "{\"scroll_id\":");
	buf_add(&body, buf_str(&t->scroll));
	buf_add_char(&body, '}');
	if (!ask(t, "DELETE", "/_search/scroll", &body, &ignored))
		return;
}

static void print(struct trace *t, struct str source)
{
	struct event event;

	buf_clear(&t->text);
	if (t->options->json) {
		timeline_json(source, t->options->terminal, &t->text);
		buf_add_char(&t->text, '\n');
	} else {
		event_scan(t->scanner, source, &event);
		if (event.repairs & REPAIR_UNPARSED)
			return;
		timeline_add(&t->timeline, &event, &t->text);
	}
	fwrite(t->text.p, 1, t->text.n, t->out);
}

/* *n: hits on this page. */
static bool print_page(struct trace *t, size_t *n, struct error *err)
{
	struct str answer = buf_str(&t->answer);
	struct str value;
	struct str hit;
	struct json_cursor cursor;

	if (json_find(answer, STR("_scroll_id"), &value)) {
		buf_clear(&t->scroll);
		buf_add(&t->scroll, value);
	}
	if (!json_find(answer, STR("hits"), &value) ||
	    !json_find(value, STR("hits"), &value))
		return error_set(err, ERROR_RETRY,
				 "could not search: the answer is none");
	*n = 0;
	cursor = json_enter(value);
	while (json_next_element(&cursor, &hit)) {
		if (json_find(hit, STR("_source"), &value))
			print(t, value);
		++*n;
	}
	t->found += *n;
	return true;
}

static bool read_all(struct trace *t, const struct config *config,
		     const char *request_key, struct error *err)
{
	size_t n = 0;

	if (!ask_first(t, config, request_key, err) || !print_page(t, &n, err))
		return false;
	while (n == PAGE) {
		if (!ask_next(t, err) || !print_page(t, &n, err))
			return false;
	}
	return true;
}

static bool run(struct trace *t, const struct config *config,
		const char *request_key, struct error *err)
{
	bool ok = read_all(t, config, request_key, err);

	end_scroll(t);
	if (ok && t->found > 0 && !t->options->json) {
		buf_clear(&t->text);
		timeline_end(&t->timeline, &t->text);
		fwrite(t->text.p, 1, t->text.n, t->out);
	}
	return ok;
}

bool trace_run(const struct config *config, const char *request_key,
	       const struct trace_options *options, FILE *out, size_t *found,
	       struct error *err)
{
	struct trace t = {
		.options = options,
		.out = out,
		.timeline = { .colour = options->colour },
	};
	struct options settings;
	struct loop *loop;
	bool ok;

	if (!utf8_valid(str_of(request_key)))
		return error_set(err, ERROR_USAGE, "the key is not UTF-8");
	if (!options_read(config, &settings, err))
		return false;
	loop = loop_open(err);
	if (!loop)
		return false;
	t.scanner = scanner_open();
	t.elastic = elastic_open(loop, config, err);
	ok = t.elastic && run(&t, config, request_key, err);
	*found = t.found;
	elastic_close(t.elastic);
	loop_close(loop);
	scanner_close(t.scanner);
	timeline_release(&t.timeline);
	buf_release(&t.scroll);
	buf_release(&t.answer);
	buf_release(&t.text);
	return ok;
}
