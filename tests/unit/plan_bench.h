/* plan_bench.h - a plan and what it sends, for tests of single alerts
 *
 * What is sent is written down as "pd:1.3+;": receiver, alert.episode, + for
 * firing, - for resolved. */
#ifndef TOCSIN_TESTS_UNIT_PLAN_BENCH_H
#define TOCSIN_TESTS_UNIT_PLAN_BENCH_H

#include <stdlib.h>

#include "tests/unit/plan_setup.h"

#define KEY "0123456789abcdef0123456789abcdef"

#define INHIBIT                                                                \
	"inhibit = ( { source = { n = \"0000000000000009\"; }; target = "      \
	"(\"n =~ .*1\"); } );\n"

struct bench {
	struct plan_setup setup;
	struct inhibit *inhibit;
	struct plan *plan;
	struct buf sent;
	struct plan_message *under_way[64];
	size_t n_under_way;
	int64_t offset;
	int64_t now_ms;
	bool staging; /* what is applied */
};

static void bench_open(struct bench *b, const char *text)
{
	struct problems problems = { 0 };

	*b = (struct bench){ .offset = 1 };
	setup_read(&b->setup, text);
	b->inhibit =
		inhibit_read(conf_get(b->setup.conf, "inhibit"), &problems);
	if (problems.n)
		fail_msg("%s", problems.item[0].text);
	b->plan = plan_open(b->setup.root, &b->setup.receivers);
	plan_set_holds(b->plan, &(struct holds){ .inhibit = b->inhibit });
}

static void bench_close(struct bench *b)
{
	for (size_t i = 0; i < b->n_under_way; i++)
		plan_message_free(b->under_way[i]);
	plan_close(b->plan);
	inhibit_close(b->inhibit);
	setup_release(&b->setup);
	buf_release(&b->sent);
}

static void apply(struct bench *b, int id, enum alert_state state,
		  int64_t episode, int64_t now_ms)
{
	struct transition t = { .state = state,
				.episode = episode,
				.cause = { 0, b->offset, 0 },
				.count = 1,
				.updated_at_ms = ALERT_TIME_NONE,
				.record_time_ms = ALERT_TIME_NONE,
				.staging = b->staging };

	snprintf(t.id, sizeof(t.id), "%016d", id);
	t.rule = xstrdup("rule");
	t.reason = xstrdup("");
	alert_pairs_add(&t.group, STR("n"), str_of(t.id));
	plan_apply(b->plan, &t, b->offset++, now_ms);
}

static bool has_room(void *arg, const struct receiver *r)
{
	(void)arg;
	(void)r;
	return true;
}

static void send_message(void *arg, struct plan_message *m,
			 const struct message *view)
{
	struct bench *b = arg;

	assert_true(view->n > 0);
	buf_add_format(&b->sent, "%s:", m->receiver->name);
	for (size_t i = 0; i < view->n; i++)
		buf_add_format(&b->sent, "%s%d.%lld%s", i ? " " : "",
			       (int)strtol(view->alert[i].id, NULL, 10),
			       (long long)view->alert[i].episode,
			       view->alert[i].firing ? "+" : "-");
	buf_add_char(&b->sent, ';');
	b->under_way[b->n_under_way++] = m;
}

static const char *run(struct bench *b, int64_t now_ms)
{
	buf_clear(&b->sent);
	plan_judge(b->plan, now_ms, now_ms);
	plan_run(b->plan, now_ms, has_room, send_message, b);
	return buf_text(&b->sent);
}

#endif
