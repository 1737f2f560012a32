/* fields.c - reads ship.fields, and completes events by them
 *
 * Pure: owns the members' text. See fields.h. */
#include "ingest/ship/fields.h"

#include <stdlib.h>

#include "event/scan.h"
#include "event/utf8.h"

enum { VALUE_BYTES_MAX = 255, FIELDS_MAX = 64 };

/* What an event says itself or nobody does, and what is written later on. */
static bool is_refused(struct str name)
{
	static const char *const names[] = {
		"RequestKey",     "TimeStampUTC",   "Title",
		"Additional",     "Level",          "TimeStampRaw",
		"LevelRaw",       "Others",         "Repaired",
		"AdditionalText", "AdditionalFlat", "AdditionalNum",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (str_is(name, names[i]))
			return true;
	}
	return name.n > 0 && name.s[0] == '_';
}

static void add_field(struct fields *f, struct str name, struct str value)
{
	struct field *field = ARRAY_PUSH(f->item, f->n, f->cap);

	*field = (struct field){ .name = name };
	buf_add_json_string(&field->member, name);
	buf_add_char(&field->member, ':');
	buf_add_json_string(&field->member, value);
	buf_add_char(&field->member, ',');
	f->bytes += field->member.n;
}

static bool wrong(const struct conf *node, const char *why, struct error *err)
{
	return error_set(err, ERROR_CONFIG, "%s:%d: ship.fields.%s %s",
			 node->file ? node->file : "", node->line,
			 node->name ? node->name : "", why);
}

static bool read_field(struct fields *f, const struct conf *node,
		       struct error *err)
{
	struct str name = str_of(node->name), value;

	if (node->kind != CONF_STRING)
		return wrong(node, "is not a text in quotes", err);
	value = str_of(node->text);
	if (value.n == 0 || value.n > VALUE_BYTES_MAX || !utf8_valid(value))
		return wrong(node, "is not 1 to 255 bytes of UTF-8", err);
	if (is_refused(name))
		return wrong(node, "can not be the same for all events", err);
	if (f->n == FIELDS_MAX)
		return wrong(node, "is one too many: at most 64", err);
	if (str_is(name, "ServiceKey"))
		f->service = value;
	else if (str_is(name, "HostAddress"))
		f->host = value;
	else
		add_field(f, name, value);
	return true;
}

bool fields_read(struct fields *f, const struct conf *group, struct error *err)
{
	*f = (struct fields){ 0 };
	if (group && group->kind != CONF_GROUP)
		return wrong(group,
			     "is not a group: write { name = \"text\"; }", err);
	conf_for_each (group, i) {
		if (!read_field(f, group->child[i], err))
			return false;
	}
	return true;
}

void fields_release(struct fields *f)
{
	for (size_t i = 0; i < f->n; i++)
		buf_release(&f->item[i].member);
	free(f->item);
	*f = (struct fields){ 0 };
}

static uint64_t present_in(const struct fields *f, struct str event)
{
	struct json_cursor cursor = json_enter(event);
	struct json_member member;
	uint64_t present = 0;

	while (json_next_member(&cursor, &member)) {
		for (size_t i = 0; i < f->n; i++) {
			if (json_string_is(member.key, f->item[i].name))
				present |= UINT64_C(1) << i;
		}
	}
	return present;
}

bool fields_add(const struct fields *f, struct str event, struct buf *out)
{
	const char *brace = f->n ? memchr(event.s, '{', event.n) : NULL;
	uint64_t present;
	bool added = false;

	if (!brace)
		return false;
	present = present_in(f, event);
	buf_clear(out);
	buf_add_char(out, '{');
	for (size_t i = 0; i < f->n; i++) {
		if (present >> i & 1)
			continue;
		buf_add(out, buf_str(&f->item[i].member));
		added = true;
	}
	if (added)
		buf_add(out, str_slice(brace + 1, (size_t)(event.s + event.n -
							   brace - 1)));
	return added;
}
