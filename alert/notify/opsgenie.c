/* opsgenie.c - the receiver type `opsgenie`: its Alert API, also of Jira
 * Service Management
 *
 * From Opsgenie's documentation ("Alert API: Create Alert, Close Alert",
 * "Alerts and Alert Fields") and Atlassian's ("Jira Service Management ops:
 * Integration events"): message at most 130 characters, alias 512, description
 * 15,000, entity 512, 20 tags of 50, details 8,000 in all; priority P1 to P5;
 * closed by alias; 202 is accepted. Messages and descriptions may be HTML, so
 * event text gets other angle brackets, and URLs are broken up. An alert of
 * theirs is an episode of one of ours.
 *
 * Pure; loop thread. */
#include "alert/notify/receiver.h"
#include "alert/notify/text.h"

enum {
	MESSAGE_CHARS = 130,
	DESCRIPTION_CHARS = 15000,
	VALUE_CHARS = 2000,
	ENTITY_CHARS = 512,
	TAG_CHARS = 50,
	DETAILS_CHARS = 8000,
	DETAIL_NAME_CHARS = 100,
	DETAIL_CHARS = 1000,
};

static const char *const priorities[] = { "P1", "P2", "P3", "P4", "P5", NULL };

static const struct setting rows[] = {
	{ "api_key", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "The key of the API integration; \"${NAME}\" takes it from the "
	  "environment. 'url' is the API without /v2/alerts: "
	  "https://api.eu.opsgenie.com for Europe, "
	  "https://api.atlassian.com/jsm/ops/integration for Jira Service "
	  "Management." },
	{ "api_key_file", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "A file whose first line is the key." },
	{ "priority", SETTING_CHOICE, "P3", 0, 0, priorities, NULL,
	  "The priority of alerts that have neither a label 'priority' (P1 to "
	  "P5) nor a known 'severity' (critical P1, error P2, warning P3, info "
	  "P5)." },
};

static bool configure(struct receiver *r, const struct config *c,
		      struct error *err)
{
	if (!receiver_secret(r, c, "api_key", "api_key_file", err))
		return false;
	r->fallback = priorities[config_choice(c, "priority")];
	return r->secret_n > 0 ||
	       error_set(err, ERROR_CONFIG,
			 "'api_key' or 'api_key_file' is missing");
}

static void headers(const struct receiver *r, const char *message_id,
		    struct str body, int64_t now_ms, struct buf *out)
{
	(void)message_id;
	(void)body;
	(void)now_ms;
	buf_add_format(out, "Authorization: GenieKey %s\n", r->secret);
}

static void address(const struct receiver *r, const struct message *m,
		    struct buf *url)
{
	struct str base = str_of(r->url);
	struct buf alias = { 0 };

	while (base.n > 0 && base.s[base.n - 1] == '/')
		base.n--;
	buf_add(url, base);
	buf_add_text(url, "/v2/alerts");
	if (m->alert[0].firing)
		return;
	buf_add_format(&alias, "%s:%lld", m->alert[0].id,
		       (long long)m->alert[0].episode);
	buf_add_char(url, '/');
	text_percent(url, buf_text(&alias));
	buf_add_text(url, "/close?identifierType=alias");
	buf_release(&alias);
}

static const char *escape(uint32_t before, uint32_t c)
{
	switch (c) {
	case '<': return "\xe2\x80\xb9";
	case '>': return "\xe2\x80\xba";
	case '/': return before == ':' ? "\xe2\x80\x8b/" : NULL;
	default: return NULL;
	}
}

static void add_theirs(struct buf *out, const char *stranger, size_t max_chars)
{
	struct text t;

	text_init(&t, max_chars);
	text_theirs(&t, str_of(stranger), max_chars, false, escape);
	buf_add_json_string(out, buf_str(&t.out));
	text_release(&t);
}

static const char *priority_of(const struct receiver *r,
			       const struct message_alert *a)
{
	static const struct {
		const char *severity, *priority;
	} known[] = {
		{ "critical", "P1" }, { "error", "P2" }, { "warning", "P3" },
		{ "warn", "P3" },     { "info", "P5" },
	};
	const char *priority = labels_get(a->labels, "priority");
	const char *severity = labels_get(a->labels, "severity");

	for (size_t i = 0; priorities[i]; i++)
		if (strcasecmp(priority, priorities[i]) == 0)
			return priorities[i];
	for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
		if (strcasecmp(severity, known[i].severity) == 0)
			return known[i].priority;
	return r->fallback;
}

static void add_line(void *arg, const char *name, const char *value)
{
	struct text *t = arg;
	struct text own;

	text_init(&own, ENTITY_CHARS);
	text_theirs(&own, str_of(name), DETAIL_NAME_CHARS, false, escape);
	text_ours(&own, ": ");
	if (text_ours(t, buf_text(&own.out))) {
		text_theirs(t, str_of(value), VALUE_CHARS,
			    strcmp(name, "description") == 0, escape);
		text_ours(t, "\n");
	}
	text_release(&own);
}

static void add_description(struct buf *out, const struct message_alert *a)
{
	struct text t;

	text_init(&t, DESCRIPTION_CHARS);
	message_lines(a, add_line, &t);
	buf_add_text(out, ",\"description\":");
	buf_add_json_string(out, buf_str(&t.out));
	text_release(&t);
}

/* As many labels as fit, names and values. */
static void add_details(struct buf *out, const struct labels *l)
{
	struct text name, value;
	size_t left = DETAILS_CHARS;

	buf_add_text(out, ",\"details\":{");
	for (size_t i = 0; i < l->n; i++) {
		size_t most = left < DETAIL_CHARS ? left : DETAIL_CHARS;

		text_init(&name, DETAIL_NAME_CHARS);
		text_theirs(&name, str_of(l->item[i].name), DETAIL_NAME_CHARS,
			    false, escape);
		text_init(&value, most);
		text_theirs(&value, str_of(l->item[i].value), most, false,
			    escape);
		most = text_units(buf_str(&name.out)) +
		       text_units(buf_str(&value.out));
		if (most <= left) {
			left -= most;
			if (i > 0)
				buf_add_char(out, ',');
			buf_add_json_string(out, buf_str(&name.out));
			buf_add_char(out, ':');
			buf_add_json_string(out, buf_str(&value.out));
		}
		text_release(&name);
		text_release(&value);
		if (most > left)
			break;
	}
	buf_add_char(out, '}');
}

static void add_alert(struct buf *out, const struct receiver *r,
		      const struct message_alert *a)
{
	const char *entity = labels_get(a->labels, "ServiceKey");

	buf_add_text(out, "{\"message\":");
	add_theirs(out, message_summary(a), MESSAGE_CHARS);
	buf_add_format(out, ",\"alias\":\"%s:%lld\"", a->id,
		       (long long)a->episode);
	add_description(out, a);
	buf_add_text(out, ",\"tags\":[");
	add_theirs(out, labels_get(a->labels, "alertname"), TAG_CHARS);
	buf_add_char(out, ']');
	add_details(out, a->labels);
	if (entity[0]) {
		buf_add_text(out, ",\"entity\":");
		add_theirs(out, entity, ENTITY_CHARS);
	}
	buf_add_format(out, ",\"source\":\"tocsin\",\"priority\":\"%s\"}",
		       priority_of(r, a));
}

static void render(const struct receiver *r, const struct message *m,
		   struct buf *body)
{
	const struct message_alert *a = &m->alert[0];

	ENSURE(m->n == 1);
	if (a->firing) {
		add_alert(body, r, a);
		return;
	}
	buf_add_text(body, "{\"source\":\"tocsin\",\"user\":\"tocsin\","
			   "\"note\":\"resolved at ");
	message_add_time(a->ends_at_ms, body);
	buf_add_text(body, "\"}");
}

const struct receiver_type receiver_opsgenie = {
	.name = "opsgenie",
	.settings = { rows, ARRAY_LENGTH(rows) },
	.fallback_url = "https://api.opsgenie.com",
	.concurrency = 4,
	.each_alert = true,
	.render = render,
	.address = address,
	.headers = headers,
	.judge = receiver_judge_http,
	.configure = configure,
};
