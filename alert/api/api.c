/* api.c - the alert worker's HTTP API
 *
 * Owns the board and the policy that it answers from. Loop thread. */
#include "alert/api/api.h"

#include <inttypes.h>
#include <stdlib.h>

#include "alert/api/answer.h"
#include "alert/notify/message.h"
#include "core/clock.h"

enum {
	RULE_GROUPS_MAX = 10000, /* described in one answer */
	HTTP_OK = 200,
	HTTP_NOT_FOUND = 404,
	HTTP_NO_SUCH_METHOD = 405,
	HTTP_NOT_NOW = 503,
};

struct api {
	const struct alert_context *context;
	struct policy policy;
	struct board *board;
	int64_t started_ms; /* wall */
};

struct api *api_open(const struct alert_context *context, struct error *err)
{
	struct api *a = xcalloc(1, sizeof(*a));

	a->context = context;
	a->started_ms = clock_wall_ms();
	if (policy_read(context->config, &a->policy, err))
		a->board = board_open(
			&(struct board_options){ context->loop, context->config,
						 context->prefix,
						 a->policy.inhibit },
			err);
	if (a->board)
		return a;
	api_close(a);
	return NULL;
}

void api_close(struct api *a)
{
	if (!a)
		return;
	board_close(a->board);
	policy_release(&a->policy);
	free(a);
}

struct board *api_board(struct api *a)
{
	return a->board;
}

/* ---- rules ---- */

struct rule_text {
	const struct rule *rule;
	struct buf groups;
	size_t n;
};

struct rule_texts {
	struct rule_text *item;
	size_t n;
};

static void add_pairs(const struct alert_pairs *pairs, struct buf *json)
{
	buf_add_char(json, '{');
	for (size_t i = 0; i < pairs->n; i++) {
		if (i > 0)
			buf_add_char(json, ',');
		buf_add_json_string(json, str_of(pairs->item[i].name));
		buf_add_char(json, ':');
		buf_add_json_string(json, str_slice(pairs->item[i].value,
						    pairs->item[i].n));
	}
	buf_add_char(json, '}');
}

/* state: resolved stands for "does not hold". */
static void take_group(void *arg, const struct rule *rule,
		       enum alert_state state, const struct alert_pairs *group,
		       int64_t starts_at_ms, double value)
{
	struct rule_texts *all = arg;
	struct rule_text *text = NULL;

	for (size_t i = 0; i < all->n && !text; i++)
		if (all->item[i].rule == rule)
			text = &all->item[i];
	if (!text)
		return;
	buf_add_text(&text->groups, text->n++ ? ",{\"group\":" : "{\"group\":");
	add_pairs(group, &text->groups);
	buf_add_format(&text->groups, ",\"state\":\"%s\",\"value\":%.15g",
		       state == ALERT_RESOLVED ? "inactive"
					       : alert_state_name(state),
		       value);
	if (state != ALERT_RESOLVED) {
		buf_add_text(&text->groups, ",\"startsAt\":\"");
		message_add_time(starts_at_ms, &text->groups);
		buf_add_char(&text->groups, '"');
	}
	buf_add_char(&text->groups, '}');
}

static void add_rule(const struct rule_text *text, struct buf *json)
{
	buf_add_text(json, "{\"name\":");
	buf_add_json_string(json, str_of(text->rule->name));
	buf_add_text(json, ",\"query\":");
	buf_add_json_string(json, str_of(text->rule->query_text));
	buf_add_text(json, ",\"groups\":[");
	buf_add(json, buf_str(&text->groups));
	buf_add_text(json, "]}");
}

static int serve_rules(const struct ruleset *rules, const struct window *window,
		       struct buf *json)
{
	struct rule_texts all = { xcalloc(rules->n, sizeof(*all.item)),
				  rules->n };

	for (size_t i = 0; i < all.n; i++)
		all.item[i].rule = rules->rule[i];
	if (window)
		window_visit(window, RULE_GROUPS_MAX, take_group, &all);
	buf_add_format(json, "{\"rulesHash\":\"%016" PRIx64 "\",\"rules\":[",
		       rules->hash);
	for (size_t i = 0; i < all.n; i++) {
		if (i > 0)
			buf_add_char(json, ',');
		add_rule(&all.item[i], json);
		buf_release(&all.item[i].groups);
	}
	buf_add_text(json, "]}\n");
	free(all.item);
	return HTTP_OK;
}

/* ---- the rest ---- */

static bool put(void *arg, const struct silence *s, struct error *err)
{
	struct api *a = arg;

	return board_put(a->board, s, err);
}

static int serve_answer(struct api *a, const struct status_request *request,
			struct buf *body)
{
	const struct answer_source source = {
		.policy = &a->policy,
		.view = board_view(a->board),
		.silences = board_silences(a->board),
		.prefix = a->context->prefix,
		.wall_ms = clock_wall_ms(),
		.started_ms = a->started_ms,
		.put = put,
		.arg = a,
	};

	return answer_request(&source, request, body);
}

int api_serve(struct api *a, const struct ruleset *rules,
	      const struct window *window, const struct status_request *request,
	      struct buf *body)
{
	struct buf AUTO(buf_release) why = { 0 };

	if (strncmp(request->path, "/api/", 5) != 0)
		return HTTP_NOT_FOUND;
	if (strcmp(request->path, "/api/rules") == 0) {
		if (strcmp(request->method, "GET") == 0 ||
		    strcmp(request->method, "HEAD") == 0)
			return serve_rules(rules, window, body);
		return answer_refuse(body, HTTP_NO_SUCH_METHOD,
				     "this path has no such method");
	}
	if (!a)
		buf_add_text(&why, "the worker is starting");
	if (!a || !board_loaded(a->board, &why))
		return answer_refuse(body, HTTP_NOT_NOW, buf_text(&why));
	return serve_answer(a, request, body);
}
