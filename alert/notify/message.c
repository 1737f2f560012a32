/* message.c - what a receiver is told
 *
 * Pure; any thread. */
#include "alert/notify/message.h"

#include <stdio.h>

#include "event/json.h"
#include "event/time.h"

void message_common(const struct message *m, bool annotations,
		    struct labels *out)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct labels *l = annotations ? m->alert[i].annotations
						     : m->alert[i].labels;

		if (i == 0)
			labels_copy(out, l);
		else
			labels_intersect(out, l);
	}
}

void message_title(const struct message *m, struct buf *out)
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

const char *message_summary(const struct message_alert *a)
{
	const char *summary = labels_get(a->annotations, "summary");
	const char *rule = labels_get(a->labels, "alertname");

	return summary[0] ? summary : rule[0] ? rule : "alert";
}

/* [{"value":"X","count":57},{"value":"Y","count":3}]: "X (57), Y (3)" */
static void add_values(struct str raw, struct buf *scratch, struct buf *out)
{
	struct json_cursor cursor = json_enter(raw);
	struct str element, value, count;

	while (json_next_element(&cursor, &element)) {
		if (!json_find(element, STR("value"), &value) ||
		    !json_find(element, STR("count"), &count))
			continue;
		buf_clear(scratch);
		if (out->n > 0)
			buf_add_text(out, ", ");
		buf_add(out, json_text(value, scratch));
		buf_add_format(out, " (%.*s)", STR_ARG(count));
	}
}

static void top_lines(struct str top,
		      void (*line)(void *arg, const char *name,
				   const char *value),
		      void *arg)
{
	struct buf AUTO(buf_release) name = { 0 };
	struct buf AUTO(buf_release) values = { 0 };
	struct buf AUTO(buf_release) scratch = { 0 };
	struct json_cursor cursor = json_enter(top);
	struct json_member member;

	while (json_next_member(&cursor, &member)) {
		buf_clear(&name);
		buf_clear(&values);
		buf_clear(&scratch);
		buf_add_text(&name, "top ");
		buf_add(&name, json_text(member.key, &scratch));
		add_values(member.value, &scratch, &values);
		if (values.n > 0)
			line(arg, buf_text(&name), buf_text(&values));
	}
}

void message_lines(const struct message_alert *a,
		   void (*line)(void *arg, const char *name, const char *value),
		   void *arg)
{
	const char *description = labels_get(a->annotations, "description");
	const char *runbook = labels_get(a->annotations, "runbook_url");
	struct buf text = { 0 };

	if (description[0])
		line(arg, "description", description);
	for (size_t i = 0; i < a->labels->n; i++)
		if (strcmp(a->labels->item[i].name, "alertname") != 0)
			line(arg, a->labels->item[i].name,
			     a->labels->item[i].value);
	buf_add(&text, a->value);
	if (a->value.n > 0)
		line(arg, "value", buf_text(&text));
	buf_clear(&text);
	buf_add(&text, a->reference);
	if (a->reference.n > 0)
		line(arg, "reference", buf_text(&text));
	buf_clear(&text);
	message_add_time(a->starts_at_ms, &text);
	line(arg, "since", buf_text(&text));
	buf_clear(&text);
	message_add_time(a->ends_at_ms, &text);
	if (!a->firing)
		line(arg, "until", buf_text(&text));
	top_lines(a->top, line, arg);
	if (runbook[0])
		line(arg, "runbook", runbook);
	buf_release(&text);
}

void message_rest(size_t rest, char out[32])
{
	snprintf(out, 32, "+%zu more", rest);
}

void message_add_time(int64_t ms, struct buf *out)
{
	char text[TIME_TEXT_BYTES];
	size_t n = time_format(ms * 1000000, 3, text);

	buf_add(out, str_slice(text, n));
}
