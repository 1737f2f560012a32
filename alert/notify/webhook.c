/* webhook.c - the receiver type `webhook`
 *
 * Payload: Alertmanager's webhook, version 4 (Alertmanager documentation,
 * "webhook_config"), with value, reference, count and samples beside the usual
 * keys of an alert. Headers: Standard Webhooks (signature.h).
 *
 * Pure; loop thread. */
#include <stdlib.h>

#include "alert/notify/receiver.h"
#include "alert/notify/signature.h"
#include "core/secret.h"

/* Servers take 1 MiB where nothing else is said (nginx). */
enum { MOST_ALERTS = 500, MOST_BYTES = 512 * 1024 };

static const struct setting rows[] = {
	{ "secret", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "Sign requests as Standard Webhooks says; \"whsec_...\" or any text, "
	  "\"${NAME}\" takes it from the environment." },
	{ "secret_file", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "A file whose first line is the secret." },
};

static bool configure(struct receiver *r, const struct config *c,
		      struct error *err)
{
	char *secret = NULL;
	bool ok = secret_read(c, "secret", "secret_file", &secret, err);

	if (ok && secret[0] != '\0')
		ok = signature_key(secret, &r->secret, &r->secret_n, err);
	secret_release(&secret);
	return ok;
}

static void add_key(struct buf *out, const char *key)
{
	buf_add_char(out, ',');
	buf_add_json_string(out, str_of(key));
	buf_add_char(out, ':');
}

static void add_text(struct buf *out, const char *key, const char *text)
{
	add_key(out, key);
	buf_add_json_string(out, str_of(text));
}

static void add_labels(struct buf *out, const char *key, const struct labels *l)
{
	add_key(out, key);
	labels_json(l, out);
}

static void add_time(struct buf *out, const char *key, int64_t ms)
{
	add_key(out, key);
	buf_add_char(out, '"');
	message_add_time(ms, out);
	buf_add_char(out, '"');
}

static void add_json(struct buf *out, const char *key, struct str json)
{
	if (json.n == 0)
		return;
	add_key(out, key);
	buf_add(out, json);
}

static void add_alert(struct buf *out, const struct message_alert *a)
{
	buf_add_text(out, "{\"status\":");
	buf_add_text(out, a->firing ? "\"firing\"" : "\"resolved\"");
	add_labels(out, "labels", a->labels);
	add_labels(out, "annotations", a->annotations);
	add_time(out, "startsAt", a->starts_at_ms);
	if (a->firing)
		add_text(out, "endsAt", "0001-01-01T00:00:00Z");
	else
		add_time(out, "endsAt", a->ends_at_ms);
	add_text(out, "generatorURL", a->link);
	add_text(out, "fingerprint", a->id);
	add_key(out, "episode");
	buf_add_int(out, a->episode);
	add_json(out, "value", a->value);
	add_json(out, "reference", a->reference);
	add_key(out, "count");
	buf_add_int(out, a->count);
	add_json(out, "samples", a->samples);
	add_json(out, "top", a->top);
	buf_add_char(out, '}');
}

static void add_common(struct buf *out, const struct message *m)
{
	struct labels common = { 0 };

	message_common(m, false, &common);
	add_labels(out, "commonLabels", &common);
	labels_release(&common);
	message_common(m, true, &common);
	add_labels(out, "commonAnnotations", &common);
	labels_release(&common);
}

static void headers(const struct receiver *r, const char *message_id,
		    struct str body, int64_t now_ms, struct buf *out)
{
	int64_t timestamp = now_ms / 1000;

	buf_add_format(out, "webhook-id: %s\n", message_id);
	buf_add_format(out, "webhook-timestamp: %lld\n", (long long)timestamp);
	if (!r->secret)
		return;
	buf_add_text(out, "webhook-signature: ");
	signature_add(out, str_slice(r->secret, r->secret_n), message_id,
		      timestamp, body);
	buf_add_char(out, '\n');
}

static void render(const struct receiver *r, const struct message *m,
		   struct buf *body)
{
	buf_add_text(body, "{\"version\":\"4\"");
	add_text(body, "groupKey", m->group_key);
	/* What does not fit goes in the next message. */
	add_key(body, "truncatedAlerts");
	buf_add_uint(body, 0);
	add_text(body, "status", m->firing ? "firing" : "resolved");
	add_text(body, "receiver", r->name);
	add_labels(body, "groupLabels", m->group);
	add_common(body, m);
	add_text(body, "externalURL", "");
	add_key(body, "alerts");
	for (size_t i = 0; i < m->n; i++) {
		buf_add_char(body, i == 0 ? '[' : ',');
		add_alert(body, &m->alert[i]);
	}
	buf_add_text(body, "]}");
}

const struct receiver_type receiver_webhook = {
	.name = "webhook",
	.settings = { rows, ARRAY_LENGTH(rows) },
	.concurrency = 8,
	.most_alerts = MOST_ALERTS,
	.most_bytes = MOST_BYTES,
	.render = render,
	.headers = headers,
	.judge = receiver_judge_http,
	.configure = configure,
};
