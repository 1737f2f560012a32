/* mapping_check.c - asks the servers now and then whether their indices agree
 * with our templates
 *
 * Owns one request under way at most; nothing waits for it.
 *
 * Loop thread only. */
#include "ingest/index/mapping_check.h"

#include <stdlib.h>

enum { EVERY_MS = 3600000, ANSWER_BYTES = 32 << 20 };

struct mapping_check {
	struct elastic *elastic;
	const struct config *config;
	struct loop_timer *timer;
	struct elastic_call *call; /* NULL: none under way */
	enum template_kind kind;   /* asked about */
	void (*found)(void *arg, enum template_kind kind,
		      const struct mapping_conflicts *conflicts);
	void *arg;
};

static void ask(void *arg);

static void next(struct mapping_check *m)
{
	bool more = m->kind == TEMPLATE_EVENTS;

	m->kind = more ? TEMPLATE_ALERTS : TEMPLATE_EVENTS;
	loop_timer_start(m->timer, more ? 1 : EVERY_MS);
}

static void answered(void *arg, const struct http_answer *answer)
{
	struct mapping_check *m = arg;
	AUTO(buf_release) struct buf wanted = { 0 };
	struct mapping_conflicts conflicts;

	m->call = NULL;
	if (answer->status == 200) {
		template_body(m->config, m->kind, TEMPLATE_ELASTICSEARCH,
			      &wanted);
		mapping_compare(buf_str(&wanted), answer->body, &conflicts);
		m->found(m->arg, m->kind, &conflicts);
	}
	next(m);
}

static void ask(void *arg)
{
	struct mapping_check *m = arg;
	AUTO(buf_release) struct buf path = { 0 };
	struct elastic_request request = {
		.method = "GET",
		.answer_limit = ANSWER_BYTES,
		.done = answered,
		.arg = m,
	};
	char pattern[TEMPLATE_NAME_BYTES];
	struct error ignored;

	buf_add_format(&path, "/%s/_mapping?ignore_unavailable=true",
		       template_pattern(m->config, m->kind, pattern));
	request.path = buf_text(&path);
	m->call = elastic_start(m->elastic, &request, &ignored);
	if (!m->call)
		next(m);
}

struct mapping_check *
mapping_check_open(struct loop *loop, struct elastic *elastic,
		   const struct config *config,
		   void (*found)(void *arg, enum template_kind kind,
				 const struct mapping_conflicts *conflicts),
		   void *arg)
{
	struct mapping_check *m = xcalloc(1, sizeof(*m));

	m->elastic = elastic;
	m->config = config;
	m->found = found;
	m->arg = arg;
	m->timer = loop_timer_open(loop, ask, m);
	loop_timer_start(m->timer, 1);
	return m;
}

void mapping_check_close(struct mapping_check *m)
{
	if (!m)
		return;
	if (m->call)
		elastic_cancel(m->call);
	loop_timer_close(m->timer);
	free(m);
}
