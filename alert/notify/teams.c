/* teams.c - the receiver type `teams`: a Workflows webhook, Adaptive Cards
 *
 * From Microsoft's documentation ("Create and send messages with incoming
 * webhooks", "Adaptive Cards: RichTextBlock, TextRun", "Text features"): a
 * message with one attachment, at most 28 KB in all. RichTextBlock reads no
 * Markdown (TextBlock and FactSet do), and a mention needs an entity of its
 * own, so event text can make neither links nor mentions; "{{DATE(...)}}" is
 * broken up. Accepted is 202, or 200 of the older connectors, which tell some
 * failures in a body beside 200.
 *
 * Pure; loop thread. */
#include "alert/notify/receiver.h"
#include "alert/notify/text.h"

enum {
	PAYLOAD_BYTES = 28 * 1000, /* the lesser of the two kinds of KB */
	TAIL_BYTES = 2500, /* links, and the line that counts the rest */
	ALERT_BYTES = 16 * 1000,
	TITLE_CHARS = 256,
	SUMMARY_CHARS = 600,
	NAME_CHARS = 100,
	VALUE_CHARS = 400,
	LINE_CHARS = 500,
	MOST_LINES = 20, /* of one description */
	MOST_ALERTS = 30,
	LINK_BYTES = 1000,
};

/* The card's own functions begin with two braces. */
static const char *escape(uint32_t before, uint32_t c)
{
	return before == '{' && c == '{' ? "\xe2\x80\x8b{" : NULL;
}

static void add_run(struct buf *out, struct str stranger, size_t max_chars,
		    const char *look)
{
	struct text t;

	text_init(&t, max_chars);
	text_theirs(&t, stranger, max_chars, false, escape);
	buf_add_text(out, "{\"type\":\"TextRun\",\"text\":");
	buf_add_json_string(out, buf_str(&t.out));
	buf_add_text(out, look);
	buf_add_char(out, '}');
	text_release(&t);
}

static void begin_block(struct buf *out, const char *look)
{
	buf_add_text(out, ",{\"type\":\"RichTextBlock\"");
	buf_add_text(out, look);
	buf_add_text(out, ",\"inlines\":[");
}

/* A run shows no line ends, so each line is a block of its own. */
static void add_lines(struct buf *out, struct str value)
{
	for (int i = 0; value.n > 0 && i < MOST_LINES; i++) {
		const char *end = memchr(value.s, '\n', value.n);
		size_t n = end ? (size_t)(end - value.s) : value.n;

		if (n > 0) {
			begin_block(out, ",\"spacing\":\"None\"");
			add_run(out, str_slice(value.s, n), LINE_CHARS, "");
			buf_add_text(out, "]}");
		}
		n += end != NULL;
		value = str_slice(value.s + n, value.n - n);
	}
}

/* A line that passes the alert's bytes is left out. */
static void add_line(void *arg, const char *name, const char *value)
{
	struct buf *out = arg;
	size_t start = out->n;
	struct buf label = { 0 };

	if (strcmp(name, "description") == 0) {
		add_lines(out, str_of(value));
	} else {
		begin_block(out, ",\"spacing\":\"None\"");
		buf_add_format(&label, "%s: ", name);
		add_run(out, buf_str(&label), NAME_CHARS,
			",\"weight\":\"Bolder\"");
		buf_add_char(out, ',');
		add_run(out, str_of(value), VALUE_CHARS, "");
		buf_add_text(out, "]}");
	}
	if (out->n > ALERT_BYTES)
		buf_truncate(out, start);
	buf_release(&label);
}

static void add_alert(struct buf *out, const struct message_alert *a)
{
	begin_block(out, ",\"separator\":true");
	add_run(out,
		a->firing ? STR("\xf0\x9f\x94\xa5 firing ")
			  : STR("\xe2\x9c\x85 resolved "),
		NAME_CHARS,
		a->firing ? ",\"weight\":\"Bolder\",\"color\":\"Attention\""
			  : ",\"weight\":\"Bolder\",\"color\":\"Good\"");
	buf_add_char(out, ',');
	add_run(out, str_of(message_summary(a)), SUMMARY_CHARS, "");
	buf_add_text(out, "]}");
	message_lines(a, add_line, out);
}

static void add_alerts(const struct receiver *r, const struct message *m,
		       struct buf *body)
{
	size_t most = r->max_alerts && r->max_alerts < MOST_ALERTS
			      ? (size_t)r->max_alerts
			      : MOST_ALERTS;
	struct buf one = { 0 };
	size_t told = 0;
	char rest[32];

	for (; told < m->n && told < most; told++) {
		buf_clear(&one);
		add_alert(&one, &m->alert[told]);
		if (body->n + one.n + TAIL_BYTES > PAYLOAD_BYTES)
			break;
		buf_add(body, buf_str(&one));
	}
	if (told < m->n) {
		message_rest(m->n - told, rest);
		begin_block(body, "");
		add_run(body, str_of(rest), sizeof(rest), "");
		buf_add_text(body, "]}");
	}
	buf_release(&one);
}

static void add_link(struct buf *body, const char *title, const char *url)
{
	if (!text_is_url(url) || strlen(url) > LINK_BYTES)
		return;
	if (body->p[body->n - 1] == '}')
		buf_add_char(body, ',');
	buf_add_text(body, "{\"type\":\"Action.OpenUrl\",\"title\":");
	buf_add_json_string(body, str_of(title));
	buf_add_text(body, ",\"url\":");
	buf_add_json_string(body, str_of(url));
	buf_add_char(body, '}');
}

static void render(const struct receiver *r, const struct message *m,
		   struct buf *body)
{
	struct buf title = { 0 };

	message_title(m, &title);
	buf_add_text(body,
		     "{\"type\":\"message\",\"attachments\":[{"
		     "\"contentType\":"
		     "\"application/vnd.microsoft.card.adaptive\","
		     "\"contentUrl\":null,\"content\":{\"$schema\":"
		     "\"http://adaptivecards.io/schemas/adaptive-card.json\","
		     "\"type\":\"AdaptiveCard\",\"version\":\"1.4\","
		     "\"msteams\":{\"width\":\"Full\"},\"body\":["
		     "{\"type\":\"RichTextBlock\",\"inlines\":[");
	add_run(body, buf_str(&title), TITLE_CHARS,
		",\"size\":\"Large\",\"weight\":\"Bolder\"");
	buf_add_text(body, "]}");
	add_alerts(r, m, body);
	buf_add_text(body, "],\"actions\":[");
	if (m->n == 1) {
		add_link(body, "Events", m->alert[0].link);
		add_link(body, "Runbook",
			 labels_get(m->alert[0].annotations, "runbook_url"));
	}
	buf_add_text(body, "]}}]}");
	buf_release(&title);
}

/* The older connectors answer 200 with "Webhook message delivery failed with
 * error: Microsoft Teams endpoint returned HTTP error 429 ...". */
static enum receiver_verdict judge(int status, struct str body)
{
	static const char failed[] = "HTTP error";

	if (status == 200 && memmem(body.s, body.n, failed, strlen(failed)))
		return RECEIVER_RETRY;
	return receiver_judge_http(status, body);
}

const struct receiver_type receiver_teams = {
	.name = "teams",
	.settings = { NULL, 0 },
	.concurrency = 1,
	.rate = "1/s",
	.burst = 4,
	.digests = true,
	.render = render,
	.judge = judge,
};
