/* ask_route.c - where an alert would go, and does a receiver answer
 *
 * Main thread. */
#include "alert/api/ask.h"

#include <stdlib.h>

#include "alert/notify/policy.h"
#include "alert/notify/receiver.h"
#include "core/clock.h"
#include "core/http.h"
#include "core/loop.h"

enum { ANSWER_LIMIT = 64 * 1024, ANSWER_SHOWN = 500 };

/* ---- route ---- */

struct ways {
	const struct ask *ask;
	const struct labels *labels;
	struct holds holds;
	int64_t wall_ms;
	size_t n;
};

static void add_group(const struct ways *w, const struct route *node, bool json,
		      struct buf *line)
{
	struct labels group = { 0 };

	route_group(node, w->labels, &group);
	if (json)
		labels_json(&group, line);
	else
		labels_text(&group, line);
	labels_release(&group);
}

static void print_way_json(const struct ways *w, const struct route *node,
			   bool muted)
{
	struct buf AUTO(buf_release) line = { 0 };

	buf_add_text(&line, "{\"receiver\":");
	buf_add_json_string(&line, str_of(node->receiver));
	buf_add_text(&line, ",\"group\":");
	add_group(w, node, true, &line);
	buf_add_format(&line,
		       ",\"groupWaitMs\":%lld,\"groupIntervalMs\":%lld,"
		       "\"repeatIntervalMs\":%lld,\"muted\":%s,"
		       "\"muteTimes\":[",
		       (long long)node->group_wait_ms,
		       (long long)node->group_interval_ms,
		       (long long)node->repeat_interval_ms,
		       muted ? "true" : "false");
	for (size_t i = 0; i < node->n_mute_times; i++) {
		if (i > 0)
			buf_add_char(&line, ',');
		buf_add_json_string(&line, str_of(node->mute_times[i]));
	}
	buf_add_text(&line, "]}");
	fprintf(w->ask->out, "%s\n", buf_text(&line));
}

static void take_way(void *arg, const struct route *node)
{
	struct ways *w = arg;
	struct buf AUTO(buf_release) line = { 0 };
	bool muted = holds_route(&w->holds, node, w->wall_ms);

	w->n++;
	if (w->ask->json) {
		print_way_json(w, node, muted);
		return;
	}
	buf_add_format(&line, "%s  grouped by ", node->receiver);
	add_group(w, node, false, &line);
	buf_add_text(&line, ", waits ");
	duration_format(node->group_wait_ms, &line);
	buf_add_text(&line, ", then every ");
	duration_format(node->group_interval_ms, &line);
	buf_add_text(&line, ", repeats every ");
	duration_format(node->repeat_interval_ms, &line);
	if (muted)
		buf_add_text(&line, ", muted now");
	ask_print(w->ask->out, &line);
}

bool ask_route(const struct ask *ask, const struct labels *labels,
	       size_t *shown, struct error *err)
{
	struct policy policy;
	struct ways ways = { .ask = ask,
			     .labels = labels,
			     .wall_ms = clock_wall_ms() };

	if (!policy_read(ask->config, &policy, err))
		return false;
	ways.holds.mute = policy.mute;
	route_match(policy.root, labels, take_way, &ways);
	*shown = ways.n;
	policy_release(&policy);
	return true;
}

/* ---- notify ---- */

/* Where it goes and what it says. A heartbeat is told no alerts. */
static void render_test(const struct receiver *r, int64_t now_ms,
			const char *id, struct buf *url, struct buf *body)
{
	struct labels labels = { 0 }, annotations = { 0 };
	const struct message_alert alert = {
		.id = "0000000000000000",
		.episode = 1,
		.firing = true,
		.starts_at_ms = now_ms,
		.ends_at_ms = now_ms,
		.labels = &labels,
		.annotations = &annotations,
		.count = 1,
		.link = "",
	};
	const struct message message = { .id = id,
					 .group_key = "tocsin notify --test",
					 .group = &labels,
					 .alert = &alert,
					 .n = 1,
					 .firing = 1 };

	labels_set(&labels, STR("alertname"), STR("TocsinTest"));
	labels_set(&labels, STR("severity"), STR("info"));
	labels_set(&annotations, STR("summary"),
		   STR("A test of this receiver by tocsin notify --test. "
		       "Nothing is wrong."));
	if (r->type->address)
		r->type->address(r, &message, url);
	else
		buf_add_text(url, r->url);
	if (r->type->render)
		r->type->render(r, &message, body);
	labels_release(&labels);
	labels_release(&annotations);
}

static bool post(struct loop *loop, struct http *http, struct receiver *r,
		 int *status, struct buf *answer, struct error *err)
{
	const struct http_options options = { .ca_file = r->ca_file };
	struct buf AUTO(buf_release) lines = { 0 };
	struct buf AUTO(buf_release) url = { 0 };
	struct buf AUTO(buf_release) blank = { 0 };
	struct buf AUTO(buf_release) body = { 0 };
	struct buf AUTO(buf_release) id = { 0 };
	const char *headers[RECEIVER_HEADERS];
	struct http_request request = { .method =
						r->method ? r->method : "POST",
					.headers = headers,
					.timeout_ms = r->timeout_ms,
					.answer_limit = ANSWER_LIMIT,
					.answer_may_be_cut = true };
	int64_t now = clock_wall_ms();

	buf_add_format(&id, "test%028llx", (unsigned long long)now);
	render_test(r, now, buf_text(&id), &url, &blank);
	receiver_fill(r, buf_str(&blank), now, &body);
	request.url = buf_text(&url);
	request.body = buf_str(&body);
	receiver_headers(r, buf_text(&id), request.body, now, &lines, headers);
	return http_configure(http, &options, err) &&
	       http_do(loop, http, &request, status, answer, err);
}

static void tell(const struct ask *ask, const struct receiver *r, int status,
		 struct buf *answer, enum receiver_verdict verdict)
{
	static const char *const words[] = {
		[RECEIVER_ACCEPTED] = "accepted",
		[RECEIVER_RETRY] = "not now: it would be tried again",
		[RECEIVER_REFUSED] = "refused for good",
	};
	struct buf AUTO(buf_release) line = { 0 };

	if (answer->n > ANSWER_SHOWN)
		buf_truncate(answer, ANSWER_SHOWN);
	buf_add_format(&line, "%s: status %d, %s", r->name, status,
		       words[verdict]);
	if (answer->n > 0)
		buf_add_text(&line, ": ");
	buf_add(&line, buf_str(answer));
	ask_print(ask->out, &line);
}

static bool send_test(const struct ask *ask, struct receiver *r, bool *accepted,
		      struct error *err)
{
	struct buf AUTO(buf_release) answer = { 0 };
	struct loop *loop = loop_open(err);
	struct http *http = loop ? http_open(loop, err) : NULL;
	enum receiver_verdict verdict;
	int status = 0;
	bool ok = http && post(loop, http, r, &status, &answer, err);

	if (ok) {
		verdict = r->type->judge(status, buf_str(&answer));
		tell(ask, r, status, &answer, verdict);
		*accepted = verdict == RECEIVER_ACCEPTED;
	}
	if (http)
		http_close(http);
	if (loop)
		loop_close(loop);
	return ok;
}

bool ask_notify(const struct ask *ask, const char *name, bool *accepted,
		struct error *err)
{
	struct problems problems = { 0 };
	struct receivers receivers;
	size_t sent = 0;
	bool ok, one;

	receivers_read(config_tree(ask->config, "receivers"), &receivers,
		       &problems);
	ok = problems_ok(&problems, err);
	problems_release(&problems);
	*accepted = true;
	for (size_t i = 0; ok && i < receivers.n; i++) {
		if (!receiver_answers_to(receivers.item[i], name))
			continue;
		sent++;
		ok = send_test(ask, receivers.item[i], &one, err);
		*accepted = ok && one && *accepted;
	}
	if (ok && sent == 0)
		ok = error_set(err, ERROR_USAGE, "no receiver is named \"%s\"",
			       name);
	receivers_release(&receivers);
	return ok;
}
