/* query_field.c - resolves field names, and finds their values in an event
 *
 * Pure; a field owns its name. Safe on any thread. */
#include "event/query_field.h"

#include <stdlib.h>

#include "core/config.h"

struct known {
	const char *name;
	enum query_field_kind kind;
	enum event_field event_field;
};

static const struct known known_fields[] = {
	{ "ServiceKey", FIELD_KEYWORD, EVENT_SERVICE_KEY },
	{ "ComponentKey", FIELD_KEYWORD, EVENT_COMPONENT_KEY },
	{ "RequestKey", FIELD_KEYWORD, EVENT_REQUEST_KEY },
	{ "HostAddress", FIELD_KEYWORD, EVENT_HOST_ADDRESS },
	{ "TimeStampUTC", FIELD_TIME, EVENT_TIME_STAMP_UTC },
	{ "Title", FIELD_KEYWORD, EVENT_TITLE },
	{ "Title.text", FIELD_TEXT, EVENT_TITLE },
	{ "Level", FIELD_KEYWORD, EVENT_LEVEL },
	{ "LevelRaw", FIELD_KEY, EVENT_FIELDS },
	{ "TimeStampRaw", FIELD_KEY, EVENT_FIELDS },
	{ "Repaired", FIELD_KEY, EVENT_FIELDS },
	{ "Additional", FIELD_ADDITIONAL, EVENT_ADDITIONAL },
	{ "AdditionalText", FIELD_TEXT, EVENT_ADDITIONAL },
};

enum { NEAR_FIELDS_MAX = 128 };

static bool is_path(struct str path)
{
	size_t levels = 1;

	if (path.n == 0 || path.s[0] == '.' || path.s[path.n - 1] == '.')
		return false;
	for (size_t i = 0; i + 1 < path.n; i++) {
		if (path.s[i] != '.')
			continue;
		if (path.s[i + 1] == '.')
			return false;
		levels++;
	}
	return levels <= QUERY_LEAF_DEPTH_MAX;
}

static void set_path(struct query_field *field, enum query_field_kind kind,
		     const char *prefix, struct str path)
{
	struct buf name = { 0 };

	buf_add_text(&name, prefix);
	buf_add(&name, path);
	*field = (struct query_field){ .kind = kind,
				       .event_field = EVENT_FIELDS,
				       .path_at = strlen(prefix) };
	field->name = buf_take(&name);
}

/* AdditionalFlat.path and its kin. *found: the name is one of those, good or
 * bad. */
static bool parse_leaf(struct str name, struct query_field *field, bool *found,
		       struct error *err)
{
	static const struct {
		const char *prefix, *canonical;
		enum query_field_kind kind;
	} kinds[] = {
		{ "AdditionalFlat", "AdditionalFlat.", FIELD_LEAF },
		{ "Additional", "AdditionalFlat.", FIELD_LEAF },
		{ "AdditionalNum", "AdditionalNum.", FIELD_NUMBER },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		struct str prefix = str_of(kinds[i].prefix), path;

		if (!str_has_prefix(name, prefix) ||
		    (name.n > prefix.n && name.s[prefix.n] != '.'))
			continue;
		*found = true;
		path = str_slice(name.s + prefix.n, name.n - prefix.n);
		if (path.n > 0)
			path = str_slice(path.s + 1, path.n - 1);
		if (!is_path(path))
			return error_set(err, ERROR_CONFIG,
					 "\"%.*s\" does not name a leaf: write "
					 "%s.user or %s.order.total (at most "
					 "%d levels)",
					 STR_ARG(name), prefix.s, prefix.s,
					 QUERY_LEAF_DEPTH_MAX);
		set_path(field, kinds[i].kind, kinds[i].canonical, path);
		return true;
	}
	return false;
}

/* A further top-level key, or a path below it. */
static bool parse_further(struct str name, const struct query_options *options,
			  struct query_field *field)
{
	for (size_t i = 0; options && i < options->n_fields; i++) {
		struct str key = str_of(options->fields[i]), rest;

		if (!str_has_prefix(name, key))
			continue;
		rest = str_slice(name.s + key.n, name.n - key.n);
		if (rest.n > 0 && (rest.s[0] != '.' ||
				   !is_path(str_slice(rest.s + 1, rest.n - 1))))
			continue;
		set_path(field, FIELD_KEY, "", name);
		field->path_at = key.n + (rest.n > 0);
		return true;
	}
	return false;
}

static bool unknown_field(struct str name, const struct query_options *options,
			  struct error *err)
{
	const char *near[NEAR_FIELDS_MAX], *nearest;
	char *text = str_dup(name);
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(known_fields); i++)
		near[n++] = known_fields[i].name;
	near[n++] = "AdditionalFlat";
	near[n++] = "AdditionalNum";
	for (size_t i = 0; options && i < options->n_fields; i++) {
		if (n < NEAR_FIELDS_MAX)
			near[n++] = options->fields[i];
	}
	nearest = nearest_word(text, near, n);
	free(text);
	if (nearest)
		return error_set(err, ERROR_CONFIG,
				 "unknown field \"%.*s\": did you mean \"%s\"?",
				 STR_ARG(name), nearest);
	return error_set(err, ERROR_CONFIG,
			 "unknown field \"%.*s\": leaves of Additional are "
			 "written AdditionalFlat.NAME, further top-level keys "
			 "are listed in \"fields\"",
			 STR_ARG(name));
}

bool query_field_parse(struct str name, const struct query_options *options,
		       struct query_field *field, struct error *err)
{
	bool found = false;

	/* Names are kept as C strings, and no document has such a key. */
	if (name.n > 0 && memchr(name.s, '\0', name.n))
		return error_set(err, ERROR_CONFIG,
				 "a field name holds no NUL byte");
	if (str_is(name, "@timestamp"))
		name = event_field_names[EVENT_TIME_STAMP_UTC];
	for (size_t i = 0; i < ARRAY_LENGTH(known_fields); i++) {
		if (!str_is(name, known_fields[i].name))
			continue;
		*field = (struct query_field){
			.kind = known_fields[i].kind,
			.event_field = known_fields[i].event_field,
			.name = str_dup(name),
			.path_at = name.n,
		};
		return true;
	}
	if (parse_leaf(name, field, &found, err))
		return true;
	if (found)
		return false;
	if (parse_further(name, options, field))
		return true;
	if (str_is(name, "Others") || str_has_prefix(name, STR("Others.")))
		return error_set(err, ERROR_CONFIG,
				 "Others is stored, not indexed: nothing in it "
				 "can be asked for");
	return unknown_field(name, options, err);
}

void query_field_release(struct query_field *field)
{
	free(field->name);
	*field = (struct query_field){ 0 };
}

bool query_field_groups(const struct query_field *field)
{
	return field->kind == FIELD_KEYWORD || field->kind == FIELD_KEY ||
	       field->kind == FIELD_LEAF || field->kind == FIELD_NUMBER;
}

/* The value of a FIELD_KEY's top-level key. */
static bool find_key(const struct query_field *field, const struct event *event,
		     struct str *value)
{
	struct str path = query_field_path(field);
	size_t n = path.n ? field->path_at - 1 : field->path_at;

	return json_find(event->line, str_slice(field->name, n), value);
}

bool query_field_visit(const struct query_field *field,
		       const struct event *event,
		       bool (*visit)(void *arg, struct str raw), void *arg)
{
	struct str value;

	switch (field->kind) {
	case FIELD_KEY:
		return find_key(field, event, &value) &&
		       json_visit(value, query_field_path(field), visit, arg);
	case FIELD_LEAF:
	case FIELD_NUMBER:
		value = event->field[EVENT_ADDITIONAL].raw;
		return json_kind(value) == JSON_OBJECT &&
		       json_visit(value, query_field_path(field), visit, arg);
	case FIELD_KEYWORD:
	case FIELD_TIME:
	case FIELD_TEXT:
	case FIELD_ADDITIONAL:
		return event_has(event, field->event_field) &&
		       visit(arg, event->field[field->event_field].raw);
	case FIELD_UNKNOWN:
	case FIELD_EXISTS: break;
	}
	return false;
}

/* The value at `path` below an object, arrays not entered: of {"a":{"b":1}}
 * and of {"a.b":1} "a.b" is 1. */
static bool find_path(struct str object, struct str path, struct str *value)
{
	struct str head = path, inner;

	for (;;) {
		const char *dot = NULL;

		if (json_find(object, head, &inner)) {
			if (head.n == path.n) {
				*value = inner;
				return true;
			}
			if (find_path(inner,
				      str_slice(path.s + head.n + 1,
						path.n - head.n - 1),
				      value))
				return true;
		}
		for (size_t i = head.n; i > 0 && !dot; i--) {
			if (head.s[i - 1] == '.')
				dot = head.s + i - 1;
		}
		if (!dot)
			return false;
		head.n = (size_t)(dot - head.s);
	}
}

bool query_field_value(const struct query_field *field,
		       const struct event *event, struct buf *scratch,
		       struct str *text)
{
	struct str path = query_field_path(field), value = STR_NONE;

	switch (field->kind) {
	case FIELD_KEY:
		if (find_key(field, event, &value) && path.n > 0 &&
		    !find_path(value, path, &value))
			value = STR_NONE;
		break;
	case FIELD_LEAF:
	case FIELD_NUMBER:
		if (!find_path(event->field[EVENT_ADDITIONAL].raw, path,
			       &value))
			value = STR_NONE;
		break;
	case FIELD_UNKNOWN:
	case FIELD_EXISTS: break;
	default: value = event->field[field->event_field].raw;
	}
	if (json_kind(value) == JSON_ABSENT || json_kind(value) == JSON_NULL)
		return false;
	*text = json_text(value, scratch);
	return true;
}

struct str query_field_text(const struct query_field *field,
			    const struct event *event, struct buf *scratch)
{
	struct str text = STR("");

	(void)query_field_value(field, event, scratch, &text);
	return text;
}
