/* prune.c - days that are kept no longer
 *
 * GET _resolve/index tells concrete indices from aliases and data streams, so
 * a name that is not an index's own is never even judged.
 *
 * Loop thread only. */
#include "ingest/index/prune.h"

#include <stdlib.h>

#include "core/clock.h"
#include "event/json.h"
#include "event/time.h"
#include "ingest/index/bulk.h"
#include "ingest/index/elastic.h"
#include "ingest/index/options.h"
#include "ingest/index/timeline.h"

enum { ANSWER_BYTES = 256 << 20, NAME_BYTES = 255 };

/* The settings that hold the beginning of the names of our daily indices. */
static const char *const prefix_settings[] = { "index.prefix",
					       "index.alerts_prefix" };

struct prune {
	struct elastic *elastic;
	bool apply;
	FILE *out;
	struct prune_counts *counts;
	struct buf answer;
	/* Names of one prefix to be deleted, oldest first. */
	char **name;
	size_t n, cap;
};

/* YYYY.MM.DD of a real date. */
static bool read_day(struct str day, int64_t *ns)
{
	char text[] = "YYYY-MM-DDT00:00:00Z";

	if (day.n != TIME_DAY_BYTES || day.s[4] != '.' || day.s[7] != '.')
		return false;
	memcpy(text, day.s, 4);
	memcpy(text + 5, day.s + 5, 2);
	memcpy(text + 8, day.s + 8, 2);
	return time_parse_normal(str_of(text), ns);
}

enum prune_verdict prune_judge(struct str name, struct str prefix,
			       int64_t now_ns, int64_t keep_ms)
{
	int64_t day_ns, age_ms;

	if (!str_has_prefix(name, prefix) || name.n <= prefix.n ||
	    name.s[prefix.n] != '-' ||
	    !read_day(str_slice(name.s + prefix.n + 1, name.n - prefix.n - 1),
		      &day_ns))
		return PRUNE_FOREIGN;
	/* Since the end of the day; in ms, since the years fill the ns. */
	age_ms = now_ns / 1000000 - day_ns / 1000000 - TIME_DAY / 1000000;
	return age_ms >= keep_ms ? PRUNE_DELETE : PRUNE_KEEP;
}

static bool ask(struct prune *p, const char *method, const char *path,
		int *status, struct error *err)
{
	struct elastic_request request = {
		.method = method,
		.path = path,
		.answer_limit = ANSWER_BYTES,
	};

	return elastic_do(p->elastic, &request, status, &p->answer, err);
}

static bool refuse(struct prune *p, const char *what, int status,
		   struct error *err)
{
	AUTO(buf_release) struct buf why = { 0 };
	struct str reason;

	if (json_find(buf_str(&p->answer), STR("error"), &reason))
		bulk_describe_error(reason, &why);
	return error_set(err, ERROR_RETRY, "could not %s: status %d, %.400s",
			 what, status, buf_text(&why));
}

static void print_name(struct prune *p, const char *what, struct str name)
{
	AUTO(buf_release) struct buf line = { 0 };

	buf_add_format(&line, "%s ", what);
	timeline_escape(name, &line);
	buf_add_char(&line, '\n');
	fwrite(line.p, 1, line.n, p->out);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void leave_alone(struct prune *p, const char *what, struct str name)
{
	p->counts->foreign++;
	print_name(p, what, name);
}

/* Concrete indices: those to be deleted are kept in mind. */
static void sort_out(struct prune *p, struct str prefix, int64_t now_ns,
		     int64_t keep_ms)
{
	AUTO(buf_release) struct buf scratch = { 0 };
	struct json_cursor cursor;
	struct str list, entry, name;

	if (!json_find(buf_str(&p->answer), STR("indices"), &list))
		return;
	cursor = json_enter(list);
	while (json_next_element(&cursor, &entry)) {
		struct str stream;

		buf_clear(&scratch);
		if (!json_find(entry, STR("name"), &name))
			continue;
		name = json_text(name, &scratch);
		if (json_find(entry, STR("data_stream"), &stream)) {
			leave_alone(p, "left alone, of a data stream:", name);
			continue;
		}
		switch (prune_judge(name, prefix, now_ns, keep_ms)) {
		case PRUNE_FOREIGN:
			leave_alone(p, "left alone, not ours:", name);
			break;
		case PRUNE_KEEP: p->counts->kept++; break;
		case PRUNE_DELETE:
			*ARRAY_PUSH(p->name, p->n, p->cap) = str_dup(name);
			break;
		}
	}
}

/* Aliases and data streams whose names look like ours. */
static void tell_others(struct prune *p, const char *key, const char *what)
{
	AUTO(buf_release) struct buf scratch = { 0 };
	struct json_cursor cursor;
	struct str list, entry, name;

	if (!json_find(buf_str(&p->answer), str_of(key), &list))
		return;
	cursor = json_enter(list);
	while (json_next_element(&cursor, &entry)) {
		buf_clear(&scratch);
		if (json_find(entry, STR("name"), &name))
			leave_alone(p, what, json_text(name, &scratch));
	}
}

/* `name` passed prune_judge() and its prefix options_check_prefix(): it holds
 * nothing that a server or a URL would read otherwise. */
static bool delete_one(struct prune *p, const char *name, struct error *err)
{
	AUTO(buf_release) struct buf path = { 0 };
	int status;

	ENSURE(strlen(name) <= NAME_BYTES && !strpbrk(name, "*?,/%# <>"));
	buf_add_format(&path, "/%s", name);
	if (!ask(p, "DELETE", buf_text(&path), &status, err))
		return false;
	if (status == 200 || status == 404)
		return true;
	refuse(p, "delete an index", status, err);
	return error_prefix(err, "%s", name);
}

static bool delete_all(struct prune *p, struct error *err)
{
	if (p->n > 0)
		qsort(p->name, p->n, sizeof(*p->name), by_name);
	for (size_t i = 0; i < p->n; i++) {
		if (p->apply && !delete_one(p, p->name[i], err))
			return false;
		p->counts->deleted++;
		print_name(p, p->apply ? "deleted" : "would delete",
			   str_of(p->name[i]));
	}
	return true;
}

static void forget_names(struct prune *p)
{
	while (p->n > 0)
		free(p->name[--p->n]);
}

static bool prune_prefix(struct prune *p, const char *prefix, int64_t keep_ms,
			 struct error *err)
{
	AUTO(buf_release) struct buf path = { 0 };
	bool ok;
	int status;

	if (!options_check_prefix(str_of(prefix), err))
		return false;
	buf_add_format(&path,
		       "/_resolve/index/%s-*?expand_wildcards=open,closed",
		       prefix);
	if (!ask(p, "GET", buf_text(&path), &status, err))
		return false;
	if (status != 200)
		return refuse(p, "list the indices", status, err);
	sort_out(p, str_of(prefix), clock_wall_ns(), keep_ms);
	tell_others(p, "aliases", "left alone, an alias:");
	tell_others(p, "data_streams", "left alone, a data stream:");
	ok = delete_all(p, err);
	forget_names(p);
	return ok;
}

bool prune_run(const struct config *config, int64_t keep_ms, bool apply,
	       FILE *out, struct prune_counts *counts, struct error *err)
{
	struct prune p = { .apply = apply, .out = out, .counts = counts };
	struct loop *loop = loop_open(err);
	bool ok;

	*counts = (struct prune_counts){ 0 };
	if (!loop)
		return false;
	p.elastic = elastic_open(loop, config, err);
	ok = p.elastic != NULL;
	for (size_t i = 0; ok && i < ARRAY_LENGTH(prefix_settings); i++)
		ok = prune_prefix(&p, config_string(config, prefix_settings[i]),
				  keep_ms, err);
	if (ok && config_bool(config, "index.data_stream"))
		fputs("events are in a data stream: the servers see to its "
		      "retention, by a lifecycle policy (index.lifecycle)\n",
		      out);
	elastic_close(p.elastic);
	loop_close(loop);
	free(p.name);
	buf_release(&p.answer);
	return ok;
}
