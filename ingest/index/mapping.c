/* mapping.c - do the live indices agree with our template?
 *
 * Pure; the loop thread calls it. */
#include "ingest/index/mapping.h"

#include <stdio.h>

#include "event/json.h"

enum { PATH_BYTES = 512 };

/* One index that is looked at. */
struct look {
	struct mapping_conflicts *out;
	struct str index;
};

static struct mapping_conflict *find_same(struct mapping_conflicts *out,
					  const struct mapping_conflict *c)
{
	for (size_t i = 0; i < out->n; i++) {
		struct mapping_conflict *old = &out->item[i];

		if (strcmp(old->field, c->field) == 0 &&
		    strcmp(old->found, c->found) == 0)
			return old;
	}
	return NULL;
}

static void note(struct look *look, struct str field, struct str wanted,
		 struct str found)
{
	struct mapping_conflicts *out = look->out;
	struct mapping_conflict c = { .missing = found.n == 0, .indices = 1 };
	struct mapping_conflict *old;

	snprintf(c.field, sizeof(c.field), "%.*s", STR_ARG(field));
	snprintf(c.index, sizeof(c.index), "%.*s", STR_ARG(look->index));
	snprintf(c.wanted, sizeof(c.wanted), "%.*s", STR_ARG(wanted));
	snprintf(c.found, sizeof(c.found), "%.*s", STR_ARG(found));
	old = find_same(out, &c);
	if (old) {
		old->indices++;
		if (strcmp(old->index, c.index) < 0)
			memcpy(old->index, c.index, sizeof(c.index));
		return;
	}
	*(c.missing ? &out->missing : &out->different) += 1;
	if (out->n < MAPPING_CONFLICTS_MAX)
		out->item[out->n++] = c;
}

/* The text of a string, `true` and `false` as they are; `fallback` if it is
 * not there. Types hold no escapes. */
static struct str text_of(struct str object, struct str key,
			  struct str fallback)
{
	struct str value;

	if (!json_find(object, key, &value))
		return fallback;
	if (json_kind(value) == JSON_STRING)
		return str_slice(value.s + 1, value.n - 2);
	return value;
}

/* The two engines' names for the same are one; the name of an object that is
 * not looked into is "disabled". */
static struct str kind_of(struct str field)
{
	struct str type = text_of(field, STR("type"), STR("object"));

	if (str_is(text_of(field, STR("enabled"), STR("true")), "false"))
		return STR("disabled");
	return str_is(type, "flat_object") ? STR("flattened") : type;
}

/* A key with dots is written as objects in each other by the servers. */
static bool find_field(struct str properties, struct str path,
		       struct str *field)
{
	for (;;) {
		const char *dot = memchr(path.s, '.', path.n);
		size_t n = dot ? (size_t)(dot - path.s) : path.n;

		if (!json_find(properties, str_slice(path.s, n), field))
			return false;
		if (!dot)
			return true;
		if (!json_find(*field, STR("properties"), &properties))
			return false;
		path = str_slice(path.s + n + 1, path.n - n - 1);
	}
}

static void compare_fields(struct look *look, struct str wanted,
			   struct str live, struct str path);

static void compare_field(struct look *look, struct str wanted, struct str live,
			  struct str path)
{
	static const struct str below[] = { { "properties", 10 },
					    { "fields", 6 } };
	struct str want = kind_of(wanted);
	struct str have = kind_of(live);

	if (!str_equal(want, have)) {
		note(look, path, want, have);
		return;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(below); i++) {
		struct str children;
		struct str there;

		if (!json_find(wanted, below[i], &children))
			continue;
		if (!json_find(live, below[i], &there))
			there = STR("{}");
		compare_fields(look, children, there, path);
	}
}

/* Nothing is deeper than our own template. */
static void compare_fields(struct look *look, struct str wanted,
			   struct str live, struct str above)
{
	struct json_cursor cursor = json_enter(wanted);
	struct json_member member;

	while (json_next_member(&cursor, &member)) {
		AUTO(buf_release) struct buf key = { 0 };
		char path[PATH_BYTES];
		struct str name = json_text(member.key, &key);
		struct str field;
		struct str there;

		if (above.n > 0)
			snprintf(path, sizeof(path), "%.*s.%.*s",
				 STR_ARG(above), STR_ARG(name));
		else
			snprintf(path, sizeof(path), "%.*s", STR_ARG(name));
		field = str_of(path);
		if (find_field(live, name, &there))
			compare_field(look, member.value, there, field);
		else
			note(look, field, kind_of(member.value), STR_NONE);
	}
}

static void compare_index(struct look *look, struct str wanted, struct str live)
{
	struct str dynamic = text_of(live, STR("dynamic"), STR("true"));
	struct str want = text_of(wanted, STR("dynamic"), STR("true"));
	struct str fields;
	struct str there;

	if (!str_equal(want, dynamic))
		note(look, STR("dynamic"), want, dynamic);
	if (!json_find(wanted, STR("properties"), &fields))
		return;
	if (!json_find(live, STR("properties"), &there))
		there = STR("{}");
	compare_fields(look, fields, there, STR_NONE);
}

void mapping_compare(struct str wanted, struct str live,
		     struct mapping_conflicts *out)
{
	struct json_cursor cursor = json_enter(live);
	struct json_member index;
	struct str mappings;

	*out = (struct mapping_conflicts){ 0 };
	if (!json_find(wanted, STR("template"), &wanted) ||
	    !json_find(wanted, STR("mappings"), &wanted))
		return;
	while (json_next_member(&cursor, &index)) {
		AUTO(buf_release) struct buf name = { 0 };
		struct look look = { out, json_text(index.key, &name) };

		if (json_find(index.value, STR("mappings"), &mappings) &&
		    json_kind(mappings) == JSON_OBJECT)
			compare_index(&look, wanted, mappings);
	}
}
