/* slack.c - the receiver type `slack`: incoming webhooks
 *
 * Limits and escaping from Slack's documentation ("Block Kit", "Formatting
 * text"): header 150 characters, section text 3,000, 50 blocks a message;
 * & < > are escaped, so event text can make no mention, link or markup of its
 * own. Accepted is 200 with the body "ok".
 *
 * Pure; loop thread. */
#include <stdio.h>

#include "alert/notify/receiver.h"

enum {
	HEADER_CHARS = 150,
	SECTION_CHARS = 3000,
	FALLBACK_CHARS = 1000,
	/* 50 blocks less the header and the line that counts the rest. */
	MOST_ALERTS = 48,
};

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || (c & 0x80);
}

/* Text with what Slack reads as control characters made harmless. A mark of
 * emphasis works only where a word begins; a zero-width space behind it there
 * takes that away, and names such as LOGIN_REFUSED stay as they are. */
static void add_escaped(struct buf *out, const char *text)
{
	char before = ' ';

	for (; *text; before = *text++)
		switch (*text) {
		case '&': buf_add_text(out, "&amp;"); break;
		case '<': buf_add_text(out, "&lt;"); break;
		case '>': buf_add_text(out, "&gt;"); break;
		case '`': buf_add_char(out, '\''); break;
		case '*':
		case '_':
		case '~':
			buf_add_char(out, *text);
			if (!is_word(before))
				buf_add_text(out, "\xe2\x80\x8b");
			break;
		default: buf_add_char(out, *text);
		}
}

static void add_title(struct buf *out, const struct message *m)
{
	if (m->firing)
		buf_add_format(out, "[FIRING:%zu] ", m->firing);
	else
		buf_add_text(out, "[RESOLVED] ");
	if (m->folded)
		buf_add_format(out, "%zu groups, %zu alerts ", m->folded, m->n);
	for (size_t i = 0; i < m->group->n; i++) {
		if (i > 0)
			buf_add_char(out, ' ');
		buf_add_text(out, m->group->item[i].value);
	}
	if (m->group->n == 0 && m->n > 0)
		buf_add_text(out, labels_get(m->alert[0].labels, "alertname"));
}

static void add_line(struct buf *out, const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	buf_add_format(out, "\n*%s:* ", name);
	add_escaped(out, text);
}

static void add_numbers(struct buf *out, const struct message_alert *a)
{
	if (a->value.n > 0) {
		buf_add_text(out, "\n*value:* ");
		buf_add(out, a->value);
	}
	if (a->reference.n > 0) {
		buf_add_text(out, ", *reference:* ");
		buf_add(out, a->reference);
	}
}

static void add_times(struct buf *out, const struct message_alert *a)
{
	buf_add_text(out, "\n*since:* ");
	message_add_time(a->starts_at_ms, out);
	if (a->firing)
		return;
	buf_add_text(out, " *until:* ");
	message_add_time(a->ends_at_ms, out);
}

static void add_alert_text(struct buf *out, const struct message_alert *a)
{
	const char *summary = labels_get(a->annotations, "summary");

	buf_add_text(out, a->firing ? "\xf0\x9f\x94\xa5 *firing* "
				    : "\xe2\x9c\x85 *resolved* ");
	add_escaped(out,
		    summary[0] ? summary : labels_get(a->labels, "alertname"));
	add_line(out, "description", labels_get(a->annotations, "description"));
	for (size_t i = 0; i < a->labels->n; i++)
		if (strcmp(a->labels->item[i].name, "alertname") != 0)
			add_line(out, a->labels->item[i].name,
				 a->labels->item[i].value);
	add_numbers(out, a);
	add_times(out, a);
	add_line(out, "runbook", labels_get(a->annotations, "runbook_url"));
	if (a->link[0])
		buf_add_format(out, "\n<%s|events>", a->link);
}

static void add_section(struct buf *body, struct str text)
{
	buf_add_text(body, ",{\"type\":\"section\",\"text\":{\"type\":"
			   "\"mrkdwn\",\"text\":");
	receiver_json_text(body, text, SECTION_CHARS);
	/* verbatim: no links or mentions made from plain text */
	buf_add_text(body, ",\"verbatim\":true}}");
}

static void add_rest(struct buf *body, size_t rest)
{
	char text[64];

	snprintf(text, sizeof(text), "+%zu more", rest);
	add_section(body, str_of(text));
}

static void render(const struct receiver *r, const struct message *m,
		   struct buf *body)
{
	size_t most = r->max_alerts && r->max_alerts < MOST_ALERTS
			      ? (size_t)r->max_alerts
			      : MOST_ALERTS;
	size_t told = m->n < most ? m->n : most;
	struct buf text = { 0 };

	add_title(&text, m);
	buf_add_text(body, "{\"text\":");
	receiver_json_text(body, buf_str(&text), FALLBACK_CHARS);
	buf_add_text(body, ",\"blocks\":[{\"type\":\"header\",\"text\":{"
			   "\"type\":\"plain_text\",\"text\":");
	receiver_json_text(body, buf_str(&text), HEADER_CHARS);
	buf_add_text(body, "}}");
	for (size_t i = 0; i < told; i++) {
		buf_clear(&text);
		add_alert_text(&text, &m->alert[i]);
		add_section(body, buf_str(&text));
	}
	if (m->n > told)
		add_rest(body, m->n - told);
	buf_add_text(body, "]}");
	buf_release(&text);
}

static enum receiver_verdict judge(int status, struct str body)
{
	if (status == 200 && !str_is(str_trim(body), "ok"))
		return RECEIVER_RETRY;
	return receiver_judge_http(status, body);
}

const struct receiver_type receiver_slack = {
	.name = "slack",
	.settings = { NULL, 0 },
	.concurrency = 1,
	.rate = "1/s",
	.burst = 1,
	.digests = true,
	.render = render,
	.judge = judge,
};
