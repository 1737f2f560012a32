/* alertmanager.c - the receiver type `alertmanager`: its API v2
 *
 * From Prometheus's documentation ("Alerts API", "Sending alerts" and
 * Alertmanager's api/v2/openapi.yaml, postableAlerts): an array of alerts, each
 * known by its labels alone. A firing alert is told again each minute with an
 * end four minutes ahead, so that the loss of three messages does no harm and
 * Alertmanager's own resolve_timeout does not matter; a resolve is told again
 * for fifteen minutes, as Prometheus does. Every member of a cluster is told.
 * Names of labels have letters, digits and '_' only.
 *
 * Pure; loop thread. */
#include "alert/notify/receiver.h"
#include "alert/notify/text.h"

enum {
	MINUTE_MS = 60 * 1000,
	RESEND_MS = MINUTE_MS,
	ENDS_AHEAD_MS = 4 * MINUTE_MS,
	RESOLVED_RESEND_MS = 15 * MINUTE_MS,
	MOST_ALERTS = 256, /* as Prometheus 3 sends them */
	MOST_BYTES = 512 * 1024,
};

static const struct setting rows[] = {
	{ "urls", SETTING_STRINGS, "", 0, 100, NULL, NULL,
	  "Every member of the cluster, without /api/v2/alerts: each is told "
	  "everything. \"${NAME}\" takes one from the environment." },
	{ "bearer_token", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "Sent as Authorization; \"${NAME}\" takes it from the environment." },
	{ "bearer_token_file", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "A file whose first line is the token." },
};

static bool configure(struct receiver *r, const struct config *c,
		      struct error *err)
{
	return receiver_secret(r, c, "bearer_token", "bearer_token_file", err);
}

static void headers(const struct receiver *r, const char *message_id,
		    struct str body, int64_t now_ms, struct buf *out)
{
	(void)message_id;
	(void)body;
	(void)now_ms;
	if (r->secret_n > 0)
		buf_add_format(out, "Authorization: Bearer %s\n", r->secret);
}

static void address(const struct receiver *r, const struct message *m,
		    struct buf *url)
{
	struct str base = str_of(r->url);

	(void)m;
	while (base.n > 0 && base.s[base.n - 1] == '/')
		base.n--;
	buf_add(url, base);
	buf_add_text(url, "/api/v2/alerts");
}

static void fill(const struct receiver *r, int64_t now_ms, struct buf *out)
{
	(void)r;
	buf_add_char(out, '"');
	message_add_time(now_ms + ENDS_AHEAD_MS, out);
	buf_add_char(out, '"');
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Two names that become one keep apart by a '_' more at the second, so that the
 * identities of two alerts stay two. */
static void legal_name(const char *name, const struct labels *taken,
		       struct buf *out)
{
	buf_clear(out);
	if (!is_letter(name[0]))
		buf_add_char(out, '_');
	for (; *name; name++)
		buf_add_char(out,
			     is_letter(*name) || is_digit(*name) ? *name : '_');
	while (labels_get(taken, buf_text(out))[0])
		buf_add_char(out, '_');
}

/* Alertmanager takes an empty value for an absent label. */
static void add_labels(struct buf *out, const char *key, const struct labels *l)
{
	struct labels legal = { 0 };
	struct buf name = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		struct text t;

		if (l->item[i].value[0] == '\0')
			continue;
		legal_name(l->item[i].name, &legal, &name);
		text_init(&t, SIZE_MAX);
		text_theirs(&t, str_of(l->item[i].value), SIZE_MAX, true, NULL);
		labels_set(&legal, buf_str(&name), buf_str(&t.out));
		text_release(&t);
	}
	buf_add_format(out, "\"%s\":", key);
	labels_json(&legal, out);
	labels_release(&legal);
	buf_release(&name);
}

static void add_alert(struct buf *out, const struct message_alert *a)
{
	int64_t ends = a->ends_at_ms > a->starts_at_ms ? a->ends_at_ms
						       : a->starts_at_ms;

	buf_add_char(out, '{');
	add_labels(out, "labels", a->labels);
	buf_add_char(out, ',');
	add_labels(out, "annotations", a->annotations);
	buf_add_text(out, ",\"startsAt\":\"");
	message_add_time(a->starts_at_ms, out);
	buf_add_text(out, "\",\"endsAt\":");
	if (a->firing) {
		buf_add_char(out, RECEIVER_BLANK);
	} else {
		buf_add_char(out, '"');
		message_add_time(ends, out);
		buf_add_char(out, '"');
	}
	if (text_is_url(a->link)) {
		buf_add_text(out, ",\"generatorURL\":");
		buf_add_json_string(out, str_of(a->link));
	}
	buf_add_char(out, '}');
}

static void render(const struct receiver *r, const struct message *m,
		   struct buf *body)
{
	(void)r;
	for (size_t i = 0; i < m->n; i++) {
		buf_add_char(body, i == 0 ? '[' : ',');
		add_alert(body, &m->alert[i]);
	}
	buf_add_char(body, ']');
}

const struct receiver_type receiver_alertmanager = {
	.name = "alertmanager",
	.settings = { rows, ARRAY_LENGTH(rows) },
	.members = "urls",
	.concurrency = 4,
	.resend_ms = RESEND_MS,
	.resolved_resend_ms = RESOLVED_RESEND_MS,
	.most_alerts = MOST_ALERTS,
	.most_bytes = MOST_BYTES,
	.render = render,
	.address = address,
	.headers = headers,
	.fill = fill,
	.judge = receiver_judge_http,
	.configure = configure,
};
