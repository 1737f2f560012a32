/* receiver_shape.c - payloads against the services' published shapes
 *
 * Judged by json-c and the UTF-8 check, not by what made the payload. */
#include "tests/unit/receiver_shape.h"

#include <stdlib.h>

#include <json-c/json.h>

#include "event/utf8.h"

enum kind { OBJECT, ARRAY, STRING, NUMBER, TRUTH, NOTHING, ANY };

struct row {
	const char *path; /* "a.b[].c"; '*' stands for any name */
	enum kind kind;
	bool required;      /* where the object that it belongs to is */
	size_t max;         /* STRING: units; ARRAY: elements; 0: no limit */
	const char *one_of; /* STRING: "|a|b|" */
};

struct shape {
	const char *type;
	size_t max_bytes;
	const struct row *row;
	size_t n;
};

#define MUST        true
#define MAY         false
#define TIME        30
#define KIB         1024
#define TABLE(rows) rows, ARRAY_LENGTH(rows)

static const struct row slack[] = {
	{ "", OBJECT, MUST, 0, NULL },
	{ "text", STRING, MUST, 40000, NULL },
	{ "blocks", ARRAY, MUST, 50, NULL },
	{ "blocks[]", OBJECT, MUST, 0, NULL },
	{ "blocks[].type", STRING, MUST, 0, "|header|section|" },
	{ "blocks[].text", OBJECT, MUST, 0, NULL },
	{ "blocks[].text.type", STRING, MUST, 0, "|plain_text|mrkdwn|" },
	{ "blocks[].text.text", STRING, MUST, 3000, NULL },
	{ "blocks[].text.emoji", TRUTH, MAY, 0, NULL },
	{ "blocks[].text.verbatim", TRUTH, MAY, 0, NULL },
};

static const struct row pagerduty[] = {
	{ "", OBJECT, MUST, 0, NULL },
	{ "routing_key", STRING, MUST, 32, NULL },
	{ "event_action", STRING, MUST, 0, "|trigger|resolve|" },
	{ "dedup_key", STRING, MUST, 255, NULL },
	{ "client", STRING, MAY, 255, NULL },
	{ "client_url", STRING, MAY, 2000, NULL },
	{ "payload", OBJECT, MAY, 0, NULL },
	{ "payload.summary", STRING, MUST, 1024, NULL },
	{ "payload.source", STRING, MUST, 255, NULL },
	{ "payload.severity", STRING, MUST, 0,
	  "|critical|error|warning|info|" },
	{ "payload.timestamp", STRING, MAY, TIME, NULL },
	{ "payload.component", STRING, MAY, 255, NULL },
	{ "payload.group", STRING, MAY, 255, NULL },
	{ "payload.class", STRING, MAY, 255, NULL },
	{ "payload.custom_details", ANY, MAY, 0, NULL },
	{ "links", ARRAY, MAY, 0, NULL },
	{ "links[]", OBJECT, MAY, 0, NULL },
	{ "links[].href", STRING, MUST, 2000, NULL },
	{ "links[].text", STRING, MAY, 255, NULL },
};

static const struct row alertmanager[] = {
	{ "", ARRAY, MUST, 0, NULL },
	{ "[]", OBJECT, MUST, 0, NULL },
	{ "[].labels", OBJECT, MUST, 0, NULL },
	{ "[].labels.alertname", STRING, MUST, 0, NULL },
	{ "[].labels.*", STRING, MAY, 0, NULL },
	{ "[].annotations", OBJECT, MAY, 0, NULL },
	{ "[].annotations.*", STRING, MAY, 0, NULL },
	{ "[].startsAt", STRING, MAY, TIME, NULL },
	{ "[].endsAt", STRING, MAY, TIME, NULL },
	{ "[].generatorURL", STRING, MAY, 0, NULL },
};

static const struct row webhook[] = {
	{ "", OBJECT, MUST, 0, NULL },
	{ "version", STRING, MUST, 0, "|4|" },
	{ "groupKey", STRING, MUST, 0, NULL },
	{ "truncatedAlerts", NUMBER, MUST, 0, NULL },
	{ "status", STRING, MUST, 0, "|firing|resolved|" },
	{ "receiver", STRING, MUST, 0, NULL },
	{ "groupLabels", OBJECT, MUST, 0, NULL },
	{ "groupLabels.*", ANY, MAY, 0, NULL },
	{ "commonLabels", OBJECT, MUST, 0, NULL },
	{ "commonLabels.*", ANY, MAY, 0, NULL },
	{ "commonAnnotations", OBJECT, MUST, 0, NULL },
	{ "commonAnnotations.*", ANY, MAY, 0, NULL },
	{ "externalURL", ANY, MUST, 0, NULL },
	{ "alerts", ARRAY, MUST, 0, NULL },
	{ "alerts[]", OBJECT, MUST, 0, NULL },
	{ "alerts[].status", STRING, MUST, 0, "|firing|resolved|" },
	{ "alerts[].labels", OBJECT, MUST, 0, NULL },
	{ "alerts[].labels.*", ANY, MAY, 0, NULL },
	{ "alerts[].annotations", OBJECT, MUST, 0, NULL },
	{ "alerts[].annotations.*", ANY, MAY, 0, NULL },
	{ "alerts[].startsAt", STRING, MUST, TIME, NULL },
	{ "alerts[].endsAt", STRING, MUST, TIME, NULL },
	{ "alerts[].generatorURL", ANY, MUST, 0, NULL },
	{ "alerts[].fingerprint", STRING, MUST, 16, NULL },
	/* ours beside the usual ones */
	{ "alerts[].episode", NUMBER, MUST, 0, NULL },
	{ "alerts[].value", ANY, MAY, 0, NULL },
	{ "alerts[].reference", ANY, MAY, 0, NULL },
	{ "alerts[].count", NUMBER, MUST, 0, NULL },
	{ "alerts[].samples", ANY, MAY, 0, NULL },
};

#define CARD "attachments[].content"

static const struct row teams[] = {
	{ "", OBJECT, MUST, 0, NULL },
	{ "type", STRING, MUST, 0, "|message|" },
	{ "attachments", ARRAY, MUST, 1, NULL },
	{ "attachments[]", OBJECT, MUST, 0, NULL },
	{ "attachments[].contentType", STRING, MUST, 0,
	  "|application/vnd.microsoft.card.adaptive|" },
	{ "attachments[].contentUrl", NOTHING, MAY, 0, NULL },
	{ CARD, OBJECT, MUST, 0, NULL },
	{ CARD ".$schema", STRING, MUST, 0,
	  "|http://adaptivecards.io/schemas/adaptive-card.json|" },
	{ CARD ".type", STRING, MUST, 0, "|AdaptiveCard|" },
	{ CARD ".version", STRING, MUST, 0, "|1.4|" },
	{ CARD ".msteams", ANY, MAY, 0, NULL },
	{ CARD ".body", ARRAY, MUST, 0, NULL },
	{ CARD ".body[]", OBJECT, MUST, 0, NULL },
	{ CARD ".body[].type", STRING, MUST, 0, "|RichTextBlock|" },
	{ CARD ".body[].spacing", STRING, MAY, 0, "|None|" },
	{ CARD ".body[].separator", TRUTH, MAY, 0, NULL },
	{ CARD ".body[].inlines", ARRAY, MUST, 0, NULL },
	{ CARD ".body[].inlines[]", OBJECT, MUST, 0, NULL },
	{ CARD ".body[].inlines[].type", STRING, MUST, 0, "|TextRun|" },
	{ CARD ".body[].inlines[].text", ANY, MUST, 0, NULL },
	{ CARD ".body[].inlines[].weight", STRING, MAY, 0, "|Bolder|" },
	{ CARD ".body[].inlines[].size", STRING, MAY, 0, "|Large|" },
	{ CARD ".body[].inlines[].color", STRING, MAY, 0, "|Attention|Good|" },
	{ CARD ".actions", ARRAY, MAY, 6, NULL },
	{ CARD ".actions[]", OBJECT, MAY, 0, NULL },
	{ CARD ".actions[].type", STRING, MUST, 0, "|Action.OpenUrl|" },
	{ CARD ".actions[].title", STRING, MAY, 100, NULL },
	{ CARD ".actions[].url", STRING, MUST, 2000, NULL },
};

static const struct row discord[] = {
	{ "", OBJECT, MUST, 0, NULL },
	{ "content", STRING, MUST, 2000, NULL },
	{ "allowed_mentions", OBJECT, MUST, 0, NULL },
	/* of its elements none is allowed */
	{ "allowed_mentions.parse", ARRAY, MUST, 0, NULL },
	{ "flags", NUMBER, MUST, 0, NULL },
};

/* Create and close in one: which is which, the test knows by the address. */
static const struct row opsgenie[] = {
	{ "", OBJECT, MUST, 0, NULL },
	{ "message", STRING, MAY, 130, NULL },
	{ "alias", STRING, MAY, 512, NULL },
	{ "description", STRING, MAY, 15000, NULL },
	{ "tags", ARRAY, MAY, 20, NULL },
	{ "tags[]", STRING, MAY, 50, NULL },
	{ "details", OBJECT, MAY, 8000, NULL },
	{ "details.*", ANY, MAY, 0, NULL },
	{ "entity", STRING, MAY, 512, NULL },
	{ "source", STRING, MUST, 100, NULL },
	{ "priority", STRING, MAY, 0, "|P1|P2|P3|P4|P5|" },
	{ "user", STRING, MAY, 100, NULL },
	{ "note", STRING, MAY, 25000, NULL },
};

static const struct shape shapes[] = {
	{ "slack", 0, TABLE(slack) },
	{ "pagerduty", 512 * KIB, TABLE(pagerduty) },
	{ "alertmanager", 0, TABLE(alertmanager) },
	{ "webhook", 0, TABLE(webhook) },
	{ "teams", 28 * 1000, TABLE(teams) },
	{ "discord", 0, TABLE(discord) },
	{ "opsgenie", 0, TABLE(opsgenie) },
};

struct judging {
	const struct shape *shape;
	struct buf *why;
	bool bad;
};

static void blame(struct judging *j, const char *path, const char *what)
{
	j->bad = true;
	buf_add_format(j->why, "%s: '%.200s' %s\n", j->shape->type, path, what);
}

static size_t units(const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		n += (c & 0xc0) != 0x80;
		n += c >= 0xf0;
	}
	return n;
}

/* A row with the very name goes before one with '*'. */
static const struct row *row_of(const struct shape *shape, const char *parent,
				const char *name)
{
	const char *names[] = { name, "*" };
	const struct row *found = NULL;

	for (size_t k = 0; k < 2 && !found; k++) {
		struct buf path = { 0 };

		buf_add_text(&path, parent);
		if (parent[0] && strcmp(name, "[]") != 0)
			buf_add_char(&path, '.');
		buf_add_text(&path, names[k]);
		for (size_t i = 0; i < shape->n && !found; i++)
			if (str_is(buf_str(&path), shape->row[i].path))
				found = &shape->row[i];
		buf_release(&path);
		if (strcmp(name, "[]") == 0)
			break;
	}
	return found;
}

static bool kind_fits(enum kind kind, struct json_object *o)
{
	switch (kind) {
	case OBJECT: return json_object_is_type(o, json_type_object);
	case ARRAY: return json_object_is_type(o, json_type_array);
	case STRING: return json_object_is_type(o, json_type_string);
	case NUMBER: return json_object_is_type(o, json_type_int);
	case TRUTH: return json_object_is_type(o, json_type_boolean);
	case NOTHING: return o == NULL;
	case ANY: return true;
	}
	return false;
}

static void judge_string(struct judging *j, const struct row *row,
			 struct json_object *o)
{
	const char *text = json_object_get_string(o);
	struct buf word = { 0 };

	if (text[0] == '\0')
		blame(j, row->path, "is empty");
	if (row->max && units(text) > row->max)
		blame(j, row->path, "is too long");
	buf_add_format(&word, "|%s|", text);
	if (row->one_of && !strstr(row->one_of, buf_text(&word)))
		blame(j, row->path, "has no such value");
	buf_release(&word);
}

static void judge_value(struct judging *j, const struct row *row,
			struct json_object *o);

/* The rows directly under `row` that every object there must have. */
static void judge_missing(struct judging *j, const struct row *row,
			  struct json_object *o)
{
	for (size_t i = 0; i < j->shape->n; i++) {
		const char *path = j->shape->row[i].path;
		const char *dot = strrchr(path, '.');
		const char *leaf = dot ? dot + 1 : path;
		size_t n = dot ? (size_t)(dot - path) : 0;

		if (!j->shape->row[i].required || !leaf[0] || leaf[0] == '*' ||
		    strchr(leaf, '[') || strlen(row->path) != n ||
		    strncmp(path, row->path, n) != 0)
			continue;
		if (!json_object_object_get_ex(o, leaf, NULL))
			blame(j, path, "is missing");
	}
}

static void judge_members(struct judging *j, const struct row *row,
			  struct json_object *o)
{
	size_t total = 0;

	json_object_object_foreach(o, name, value)
	{
		const struct row *inner = row_of(j->shape, row->path, name);

		total += units(name);
		if (row->max)
			total += units(json_object_get_string(value));
		if (inner)
			judge_value(j, inner, value);
		else
			blame(j, name, "is not known");
	}
	if (row->max && total > row->max)
		blame(j, row->path, "holds too much");
	judge_missing(j, row, o);
}

static void judge_value(struct judging *j, const struct row *row,
			struct json_object *o)
{
	if (!kind_fits(row->kind, o)) {
		blame(j, row->path, "is of another type");
		return;
	}
	if (row->kind == STRING)
		judge_string(j, row, o);
	else if (row->kind == OBJECT)
		judge_members(j, row, o);
	if (row->kind != ARRAY)
		return;
	if (row->max && json_object_array_length(o) > row->max)
		blame(j, row->path, "has too many elements");
	for (size_t i = 0; i < json_object_array_length(o); i++) {
		const struct row *inner = row_of(j->shape, row->path, "[]");

		if (inner)
			judge_value(j, inner, json_object_array_get_idx(o, i));
		else
			blame(j, row->path, "must be empty");
	}
}

bool receiver_shape_fits(const char *type, struct str body, struct buf *why)
{
	struct json_tokener *tokener = json_tokener_new_ex(1000);
	struct judging j = { .why = why };
	struct json_object *o;

	for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++)
		if (strcmp(shapes[i].type, type) == 0)
			j.shape = &shapes[i];
	ENSURE(j.shape != NULL);
	ENSURE(tokener != NULL && body.n < INT32_MAX);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(tokener, body.s, (int)body.n);
	if (json_tokener_get_error(tokener) != json_tokener_success)
		blame(&j, "", "is no JSON");
	else
		judge_value(&j, row_of(j.shape, "", ""), o);
	if (!utf8_valid(body))
		blame(&j, "", "is no UTF-8");
	if (j.shape->max_bytes && body.n > j.shape->max_bytes)
		blame(&j, "", "has too many bytes");
	json_object_put(o);
	json_tokener_free(tokener);
	return !j.bad;
}
