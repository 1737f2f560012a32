/* slack.c - the receiver type `slack`: incoming webhooks
 *
 * Limits and escaping from Slack's documentation ("Block Kit: blocks",
 * "Formatting text for app surfaces", "Rate limits", "Sending messages using
 * incoming webhooks"): header 150 characters, section text 3,000, 50 blocks a
 * message, one message a second. & < > are escaped, so event text can make no
 * mention, link or markup of its own; `verbatim` keeps plain text from becoming
 * links. Accepted is 200 with the body "ok".
 *
 * Pure; loop thread. */
#include "alert/notify/receiver.h"
#include "alert/notify/text.h"

enum {
	HEADER_CHARS = 150,
	SECTION_CHARS = 3000,
	FALLBACK_CHARS = 1000,
	SUMMARY_CHARS = 600,
	VALUE_CHARS = 500,
	DESCRIPTION_CHARS = 1200,
	/* 50 blocks less the header and the line that counts the rest. */
	MOST_ALERTS = 48,
};

#define ZERO_WIDTH_SPACE "\xe2\x80\x8b"

static bool is_word(uint32_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || c >= 0x80;
}

/* A mark of emphasis works only where a word begins; a zero-width space behind
 * it there takes that away, and names such as LOGIN_REFUSED stay as they are.
 * A quote begins at the start of a line only. */
static const char *escape(uint32_t before, uint32_t c)
{
	switch (c) {
	case '&': return "&amp;";
	case '<': return "&lt;";
	case '>': return before == '\n' ? ZERO_WIDTH_SPACE "&gt;" : "&gt;";
	case '`': return "'";
	case '*': return is_word(before) ? NULL : "*" ZERO_WIDTH_SPACE;
	case '_': return is_word(before) ? NULL : "_" ZERO_WIDTH_SPACE;
	case '~': return is_word(before) ? NULL : "~" ZERO_WIDTH_SPACE;
	default: return NULL;
	}
}

static void add_line(void *arg, const char *name, const char *value)
{
	struct text *t = arg;
	bool lines = strcmp(name, "description") == 0;
	bool link = strcmp(name, "runbook") == 0 && text_is_url(value);
	struct text own;

	text_init(&own, VALUE_CHARS);
	text_ours(&own, "\n*");
	text_theirs(&own, str_of(name), 100, false, escape);
	text_ours(&own, ":* ");
	if (link && text_ours(&own, "<") && text_ours(&own, value) &&
	    text_ours(&own, ">"))
		text_ours(t, buf_text(&own.out));
	else if (text_ours(t, buf_text(&own.out)))
		text_theirs(t, str_of(value),
			    lines ? DESCRIPTION_CHARS : VALUE_CHARS, lines,
			    escape);
	text_release(&own);
}

static void add_section(struct buf *body, struct text *t)
{
	buf_add_text(body, ",{\"type\":\"section\",\"text\":{\"type\":"
			   "\"mrkdwn\",\"text\":");
	buf_add_json_string(body, buf_str(&t->out));
	/* verbatim: no links or mentions made from plain text */
	buf_add_text(body, ",\"verbatim\":true}}");
}

static void add_alert(struct buf *body, const struct message_alert *a)
{
	struct buf link = { 0 };
	struct text t;

	text_init(&t, SECTION_CHARS);
	text_ours(&t, a->firing ? "\xf0\x9f\x94\xa5 *firing* "
				: "\xe2\x9c\x85 *resolved* ");
	text_theirs(&t, str_of(message_summary(a)), SUMMARY_CHARS, false,
		    escape);
	if (text_is_url(a->link)) {
		buf_add_format(&link, "\n<%s|events>", a->link);
		text_ours(&t, buf_text(&link));
	}
	message_lines(a, add_line, &t);
	add_section(body, &t);
	text_release(&t);
	buf_release(&link);
}

static void add_rest(struct buf *body, size_t rest)
{
	char line[32];
	struct text t;

	message_rest(rest, line);
	text_init(&t, sizeof(line));
	text_ours(&t, line);
	add_section(body, &t);
	text_release(&t);
}

/* `text` is what notifications show, and it is read as markup too. */
static void add_head(struct buf *body, const struct message *m)
{
	struct buf title = { 0 };
	struct text t;

	message_title(m, &title);
	text_init(&t, FALLBACK_CHARS);
	text_theirs(&t, buf_str(&title), FALLBACK_CHARS, false, escape);
	buf_add_text(body, "{\"text\":");
	buf_add_json_string(body, buf_str(&t.out));
	text_release(&t);
	text_init(&t, HEADER_CHARS);
	text_theirs(&t, buf_str(&title), HEADER_CHARS, false, NULL);
	buf_add_text(body, ",\"blocks\":[{\"type\":\"header\",\"text\":{"
			   "\"type\":\"plain_text\",\"emoji\":false,"
			   "\"text\":");
	buf_add_json_string(body, buf_str(&t.out));
	buf_add_text(body, "}}");
	text_release(&t);
	buf_release(&title);
}

static void render(const struct receiver *r, const struct message *m,
		   struct buf *body)
{
	size_t most = r->max_alerts && r->max_alerts < MOST_ALERTS
			      ? (size_t)r->max_alerts
			      : MOST_ALERTS;
	size_t told = m->n < most ? m->n : most;

	add_head(body, m);
	for (size_t i = 0; i < told; i++)
		add_alert(body, &m->alert[i]);
	if (m->n > told)
		add_rest(body, m->n - told);
	buf_add_text(body, "]}");
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
