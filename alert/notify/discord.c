/* discord.c - the receiver type `discord`: webhooks of a channel
 *
 * From Discord's documentation ("Webhook Resource: Execute Webhook", "Message
 * Resource: Allowed Mentions", "Rate Limits"): content at most 2,000
 * characters, counted here as UTF-16 units; `allowed_mentions` with an empty
 * `parse` pings nobody; flag 4 (SUPPRESS_EMBEDS) shows no previews of links. A
 * 429 says in its body how many seconds to wait (`retry_after`). A backslash
 * makes any mark of its Markdown plain, also the colon and point that make a
 * link of a URL.
 *
 * Pure; loop thread. */
#include <stdlib.h>

#include <json-c/json.h>

#include "alert/notify/receiver.h"
#include "alert/notify/text.h"

enum {
	CONTENT_CHARS = 2000,
	TITLE_CHARS = 256,
	SUMMARY_CHARS = 400,
	VALUE_CHARS = 200,
	DESCRIPTION_CHARS = 600,
	REST_CHARS = 32,    /* kept for "+3 more" */
	LEAST_CHARS = 80,   /* an alert with less room is only counted */
	MOST_WAIT_S = 3600, /* against nonsense */
};

/* One row a mark, because what stands for it must be a constant. */
static const char *escape(uint32_t before, uint32_t c)
{
	static const char marks[] = "\\*_~`|<>[]()#-+:.@";
	static const char *const escaped[] = {
		"\\\\", "\\*", "\\_", "\\~", "\\`", "\\|", "\\<", "\\>", "\\[",
		"\\]",  "\\(", "\\)", "\\#", "\\-", "\\+", "\\:", "\\.", "\\@",
	};
	const char *at = c > 0 && c < 0x80 ? strchr(marks, (int)c) : NULL;

	(void)before;
	return at ? escaped[at - marks] : NULL;
}

static void add_line(void *arg, const char *name, const char *value)
{
	struct text *t = arg;
	bool lines = strcmp(name, "description") == 0;
	struct text own;

	text_init(&own, VALUE_CHARS);
	text_ours(&own, "\n**");
	text_theirs(&own, str_of(name), 100, false, escape);
	text_ours(&own, ":** ");
	if (t->left > text_units(buf_str(&own.out)) &&
	    text_ours(t, buf_text(&own.out)))
		text_theirs(t, str_of(value),
			    lines ? DESCRIPTION_CHARS : VALUE_CHARS, lines,
			    escape);
	text_release(&own);
}

static void add_alert(struct text *t, const struct message_alert *a,
		      size_t share)
{
	struct text own;

	text_init(&own, share);
	text_ours(&own, a->firing ? "\n\xf0\x9f\x94\xa5 **firing** "
				  : "\n\xe2\x9c\x85 **resolved** ");
	text_theirs(&own, str_of(message_summary(a)), SUMMARY_CHARS, false,
		    escape);
	message_lines(a, add_line, &own);
	text_ours(t, buf_text(&own.out));
	text_release(&own);
}

/* What is left is shared evenly by those that come; the first ones, which fire
 * and have done so for longest, leave what they do not need to the others. */
static void add_alerts(const struct receiver *r, const struct message *m,
		       struct text *t)
{
	size_t most = r->max_alerts ? (size_t)r->max_alerts : m->n;
	size_t told = 0;
	char rest[32];

	while (told < m->n && told < most &&
	       t->left >= LEAST_CHARS + REST_CHARS) {
		size_t share = (t->left - REST_CHARS) / (m->n - told);

		add_alert(t, &m->alert[told],
			  share > LEAST_CHARS ? share : LEAST_CHARS);
		told++;
	}
	if (told == m->n)
		return;
	message_rest(m->n - told, rest);
	text_ours(t, "\n");
	text_ours(t, rest);
}

static void render(const struct receiver *r, const struct message *m,
		   struct buf *body)
{
	struct buf title = { 0 };
	struct text t;

	message_title(m, &title);
	text_init(&t, CONTENT_CHARS);
	text_ours(&t, "**");
	text_theirs(&t, buf_str(&title), TITLE_CHARS, false, escape);
	text_ours(&t, "**");
	add_alerts(r, m, &t);
	buf_add_text(body, "{\"content\":");
	buf_add_json_string(body, buf_str(&t.out));
	buf_add_text(body, ",\"allowed_mentions\":{\"parse\":[]},\"flags\":4}");
	text_release(&t);
	buf_release(&title);
}

static int64_t wait_ms(struct str body)
{
	char *text = str_dup(body);
	struct json_object *o = json_tokener_parse(text), *seconds;
	double s = -1;

	if (o && json_object_is_type(o, json_type_object) &&
	    json_object_object_get_ex(o, "retry_after", &seconds) &&
	    (json_object_is_type(seconds, json_type_double) ||
	     json_object_is_type(seconds, json_type_int)))
		s = json_object_get_double(seconds);
	json_object_put(o);
	free(text);
	if (!(s > 0))
		return -1;
	return s < MOST_WAIT_S ? (int64_t)(s * 1000) + 1 : MOST_WAIT_S * 1000;
}

const struct receiver_type receiver_discord = {
	.name = "discord",
	.settings = { NULL, 0 },
	.concurrency = 1,
	.rate = "30/m",
	.burst = 5,
	.digests = true,
	.render = render,
	.judge = receiver_judge_http,
	.wait_ms = wait_ms,
};
