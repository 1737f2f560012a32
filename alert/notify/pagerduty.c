/* pagerduty.c - the receiver type `pagerduty`: Events API v2
 *
 * From PagerDuty's documentation ("Events API v2: Send an alert event",
 * "PD-CEF", "Events API v2 overview: response codes and retry logic"): summary
 * at most 1,024 characters, dedup_key 255, the whole body 512 KB; 202 is
 * accepted, 400 final, 429 and 5xx come back later. An incident is an episode
 * of an alert: its dedup_key is the alert's id and the episode. The routing key
 * is filled in at each attempt.
 *
 * Pure; loop thread. */
#include "alert/notify/receiver.h"
#include "alert/notify/text.h"

enum {
	KEY_CHARS = 32,
	SUMMARY_CHARS = 1024,
	FIELD_CHARS = 255,
	DETAILS_BYTES = 480 * 1000, /* of 512 KB */
	LINK_BYTES = 2000,
	CUT_ITEMS = 64,
	CUT_CHARS = 1000,
};

static const char *const severities[] = { "critical", "error", "warning",
					  "info", NULL };

static const struct setting rows[] = {
	{ "routing_key", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "The integration key of the service; \"${NAME}\" takes it from the "
	  "environment." },
	{ "routing_key_file", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "A file whose first line is the routing key." },
	{ "severity", SETTING_CHOICE, "error", 0, 0, severities, NULL,
	  "The severity of alerts whose label 'severity' names none." },
};

static bool configure(struct receiver *r, const struct config *c,
		      struct error *err)
{
	if (!receiver_secret(r, c, "routing_key", "routing_key_file", err))
		return false;
	if (r->secret_n == 0)
		return error_set(
			err, ERROR_CONFIG,
			"'routing_key' or 'routing_key_file' is missing");
	if (r->secret_n != KEY_CHARS)
		return error_set(err, ERROR_CONFIG,
				 "'routing_key' must have %d characters, it "
				 "has %zu",
				 KEY_CHARS, r->secret_n);
	r->fallback = severities[config_choice(c, "severity")];
	return true;
}

static void fill(const struct receiver *r, int64_t now_ms, struct buf *out)
{
	(void)now_ms;
	buf_add_json_string(out, str_slice(r->secret, r->secret_n));
}

static const char *severity_of(const struct receiver *r,
			       const struct message_alert *a)
{
	static const struct {
		const char *label, *severity;
	} known[] = {
		{ "critical", "critical" }, { "fatal", "critical" },
		{ "page", "critical" },     { "error", "error" },
		{ "warning", "warning" },   { "warn", "warning" },
		{ "info", "info" },         { "notice", "info" },
	};
	const char *label = labels_get(a->labels, "severity");

	for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
		if (strcasecmp(label, known[i].label) == 0)
			return known[i].severity;
	return r->fallback;
}

/* The first of two labels that the alert has; "" if neither. */
static const char *either(const struct message_alert *a, const char *first,
			  const char *second)
{
	const char *value = labels_get(a->labels, first);

	return value[0] ? value : labels_get(a->labels, second);
}

static void add_field(struct buf *out, const char *name, const char *value)
{
	if (value[0] == '\0')
		return;
	buf_add_format(out, ",\"%s\":", name);
	text_json(out, str_of(value), FIELD_CHARS);
}

static void add_pairs(struct buf *out, const char *name, const struct labels *l,
		      bool cut)
{
	buf_add_format(out, "\"%s\":{", name);
	for (size_t i = 0; i < l->n && !(cut && i == CUT_ITEMS); i++) {
		if (i > 0)
			buf_add_char(out, ',');
		text_json(out, str_of(l->item[i].name),
			  cut ? FIELD_CHARS : SIZE_MAX);
		buf_add_char(out, ':');
		text_json(out, str_of(l->item[i].value),
			  cut ? CUT_CHARS : SIZE_MAX);
	}
	buf_add_char(out, '}');
}

static void add_json(struct buf *out, const char *name, struct str json)
{
	if (json.n > 0)
		buf_add_format(out, ",\"%s\":%.*s", name, STR_ARG(json));
}

static void add_details(struct buf *out, const struct message_alert *a,
			bool samples, bool cut)
{
	buf_add_char(out, '{');
	add_pairs(out, "labels", a->labels, cut);
	buf_add_char(out, ',');
	add_pairs(out, "annotations", a->annotations, cut);
	buf_add_format(out, ",\"count\":%lld", (long long)a->count);
	if (!cut) {
		add_json(out, "value", a->value);
		add_json(out, "reference", a->reference);
	}
	if (samples) {
		add_json(out, "samples", a->samples);
		add_json(out, "top", a->top);
	}
	buf_add_char(out, '}');
}

/* Samples go first where it is too much, then what is long. */
static void add_details_that_fit(struct buf *out, const struct message_alert *a)
{
	struct buf details = { 0 };

	add_details(&details, a, true, false);
	if (details.n > DETAILS_BYTES) {
		buf_clear(&details);
		add_details(&details, a, false, false);
	}
	if (details.n > DETAILS_BYTES) {
		buf_clear(&details);
		add_details(&details, a, false, true);
	}
	buf_add_text(out, ",\"custom_details\":");
	buf_add(out, buf_str(&details));
	buf_release(&details);
}

static void add_payload(struct buf *out, const struct receiver *r,
			const struct message_alert *a)
{
	const char *source = either(a, "HostAddress", "ServiceKey");

	buf_add_text(out, ",\"payload\":{\"summary\":");
	text_json(out, str_of(message_summary(a)), SUMMARY_CHARS);
	add_field(out, "source", source[0] ? source : "tocsin");
	add_field(out, "severity", severity_of(r, a));
	buf_add_text(out, ",\"timestamp\":\"");
	message_add_time(a->starts_at_ms, out);
	buf_add_char(out, '"');
	add_field(out, "component", labels_get(a->labels, "ComponentKey"));
	add_field(out, "group", labels_get(a->labels, "ServiceKey"));
	add_field(out, "class", labels_get(a->labels, "alertname"));
	add_details_that_fit(out, a);
	buf_add_char(out, '}');
}

static void add_link(struct buf *out, const char *text, const char *url)
{
	if (!text_is_url(url) || strlen(url) > LINK_BYTES)
		return;
	if (out->p[out->n - 1] == '}')
		buf_add_char(out, ',');
	buf_add_text(out, "{\"href\":");
	buf_add_json_string(out, str_of(url));
	buf_add_format(out, ",\"text\":\"%s\"}", text);
}

static void render(const struct receiver *r, const struct message *m,
		   struct buf *body)
{
	const struct message_alert *a = &m->alert[0];

	ENSURE(m->n == 1);
	buf_add_text(body, "{\"routing_key\":");
	buf_add_char(body, RECEIVER_BLANK);
	buf_add_format(body,
		       ",\"event_action\":\"%s\",\"dedup_key\":\"%s:%lld\"",
		       a->firing ? "trigger" : "resolve", a->id,
		       (long long)a->episode);
	if (a->firing) {
		buf_add_text(body, ",\"client\":\"Tocsin\"");
		add_payload(body, r, a);
		buf_add_text(body, ",\"links\":[");
		add_link(body, "Events", a->link);
		add_link(body, "Runbook",
			 labels_get(a->annotations, "runbook_url"));
		buf_add_char(body, ']');
	}
	buf_add_char(body, '}');
}

const struct receiver_type receiver_pagerduty = {
	.name = "pagerduty",
	.settings = { rows, ARRAY_LENGTH(rows) },
	.fallback_url = "https://events.pagerduty.com/v2/enqueue",
	.concurrency = 4,
	.rate = "120/m",
	.burst = 20,
	.each_alert = true,
	.render = render,
	.fill = fill,
	.judge = receiver_judge_http,
	.configure = configure,
};
