/* silence_json.c - a silence as the topic and the API have it
 *
 * Pure; any thread. */
#include "alert/notify/silence.h"

#include <json-c/json.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "alert/notify/message.h"
#include "core/zone.h"
#include "event/time.h"
#include "event/utf8.h"

#define JSON_DEPTH 16

static void add_time(struct buf *out, const char *name, int64_t ms)
{
	buf_add_format(out, ",\"%s\":\"", name);
	message_add_time(ms, out);
	buf_add_char(out, '"');
}

static void add_matcher(struct buf *out, const struct matcher *m)
{
	buf_add_text(out, "{\"name\":");
	buf_add_json_string(out, str_of(m->name));
	buf_add_text(out, ",\"value\":");
	buf_add_json_string(out, str_of(m->value));
	buf_add_format(out, ",\"isRegex\":%s,\"isEqual\":%s}",
		       m->regex ? "true" : "false",
		       m->negative ? "false" : "true");
}

static void add_members(const struct silence *s, struct buf *out)
{
	buf_add_text(out, "{\"id\":");
	buf_add_json_string(out, str_of(s->id));
	buf_add_text(out, ",\"matchers\":[");
	for (size_t i = 0; i < s->matchers.n; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		add_matcher(out, &s->matchers.item[i]);
	}
	buf_add_char(out, ']');
	add_time(out, "startsAt", s->starts_ms);
	add_time(out, "endsAt", s->ends_ms);
	add_time(out, "updatedAt", s->updated_ms);
	buf_add_text(out, ",\"createdBy\":");
	buf_add_json_string(out, str_of(s->author));
	buf_add_text(out, ",\"comment\":");
	buf_add_json_string(out, str_of(s->comment));
}

void silence_encode(const struct silence *s, struct buf *out)
{
	add_members(s, out);
	buf_add_char(out, '}');
}

void silence_encode_state(const struct silence *s, int64_t wall_ms,
			  struct buf *out)
{
	add_members(s, out);
	buf_add_format(out, ",\"status\":{\"state\":\"%s\"}}",
		       silence_state_name(silence_state(s, wall_ms)));
}

/* ---- reading ---- */

static struct str text_of(struct json_object *o)
{
	return str_slice(json_object_get_string(o),
			 (size_t)json_object_get_string_len(o));
}

/* Absent and null are the same. */
static bool read_text(struct json_object *o, const char *name, char **out,
		      struct error *err)
{
	struct json_object *value = NULL;
	struct str text = STR("");

	json_object_object_get_ex(o, name, &value);
	if (value && !json_object_is_type(value, json_type_string))
		return error_set(err, ERROR_REJECT, "\"%s\" must be a string",
				 name);
	if (value)
		text = text_of(value);
	if (!utf8_valid(text) || (text.n && memchr(text.s, '\0', text.n)))
		return error_set(err, ERROR_REJECT,
				 "\"%s\" must be UTF-8 without NUL", name);
	*out = str_dup(text);
	return true;
}

static bool read_time(struct json_object *o, const char *name, bool required,
		      int64_t *ms, struct error *err)
{
	struct json_object *value = NULL;
	struct time_read time;

	json_object_object_get_ex(o, name, &value);
	if (!value && !required)
		return true;
	if (!value || !json_object_is_type(value, json_type_string) ||
	    !time_parse_any(text_of(value), &time))
		return error_set(err, ERROR_REJECT,
				 "\"%s\" must be a time such as "
				 "\"2026-11-23T09:00:00Z\", of the years 1678 "
				 "to 2261",
				 name);
	*ms = time.ns / 1000000;
	return true;
}

/* A time of a later year than can be told: one that could, had it a year of as
 * many days. */
static bool is_beyond(struct str text)
{
	struct buf AUTO(buf_release) other = { 0 };
	struct time_read time;
	unsigned year = 0;

	for (size_t i = 0; i < 4; i++) {
		if (i == text.n || text.s[i] < '0' || text.s[i] > '9')
			return false;
		year = 10 * year + (unsigned)(text.s[i] - '0');
	}
	if (year < SILENCE_LAST_YEAR)
		return false;
	buf_add_text(&other, date_month_days(year, 2) == 29 ? "2256" : "2257");
	buf_add(&other, str_slice(text.s + 4, text.n - 4));
	return time_parse_any(buf_str(&other), &time);
}

/* Alertmanager takes every year, and "for ever" is often written as 9999. */
static bool read_end(struct json_object *o, int64_t *ms, struct error *err)
{
	struct json_object *value = NULL;
	struct error refused;

	if (read_time(o, "endsAt", true, ms, &refused))
		return true;
	json_object_object_get_ex(o, "endsAt", &value);
	if (!value || !json_object_is_type(value, json_type_string) ||
	    !is_beyond(text_of(value)))
		return error_set(err, refused.kind, "%s", refused.text);
	*ms = SILENCE_LAST_MS;
	return true;
}

static bool read_flag(struct json_object *o, const char *name, bool *out,
		      struct error *err)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(o, name, &value);
	if (value && !json_object_is_type(value, json_type_boolean))
		return error_set(err, ERROR_REJECT,
				 "\"%s\" of a matcher must be true or false",
				 name);
	if (value)
		*out = json_object_get_boolean(value);
	return true;
}

static bool read_matcher(struct json_object *o, struct matchers *out,
			 struct error *err)
{
	struct json_object *name, *value;
	bool regex = false, equal = true;

	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, "name", &name) ||
	    !json_object_is_type(name, json_type_string) ||
	    !json_object_object_get_ex(o, "value", &value) ||
	    !json_object_is_type(value, json_type_string))
		return error_set(err, ERROR_REJECT,
				 "a matcher has a \"name\" and a \"value\", "
				 "both strings");
	return read_flag(o, "isRegex", &regex, err) &&
	       read_flag(o, "isEqual", &equal, err) &&
	       matchers_add(out, text_of(name), text_of(value), regex, !equal,
			    err);
}

static bool read_matchers(struct json_object *o, struct matchers *out,
			  struct error *err)
{
	struct json_object *list;

	if (!json_object_object_get_ex(o, "matchers", &list) ||
	    !json_object_is_type(list, json_type_array))
		return error_set(err, ERROR_REJECT,
				 "\"matchers\" must be a list");
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!read_matcher(json_object_array_get_idx(list, i), out, err))
			return false;
	return true;
}

static bool read_id(struct json_object *o, struct silence *out,
		    struct error *err)
{
	char AUTO(free_text) *id = NULL;

	if (!read_text(o, "id", &id, err) || !id)
		return false;
	if (*id && (strlen(id) != SILENCE_ID_BYTES ||
		    strspn(id, "0123456789abcdef-") != SILENCE_ID_BYTES))
		return error_set(err, ERROR_REJECT,
				 "\"id\" must be a UUID in lower case");
	snprintf(out->id, sizeof(out->id), "%s", id);
	return true;
}

static bool read_members(struct json_object *o, struct silence *out,
			 struct error *err)
{
	return read_id(o, out, err) && read_matchers(o, &out->matchers, err) &&
	       read_time(o, "startsAt", true, &out->starts_ms, err) &&
	       read_end(o, &out->ends_ms, err) &&
	       read_time(o, "updatedAt", false, &out->updated_ms, err) &&
	       read_text(o, "createdBy", &out->author, err) &&
	       read_text(o, "comment", &out->comment, err);
}

bool silence_decode(struct str json, struct silence *out, struct error *err)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
	struct json_object *o = NULL;
	bool ok;

	ENSURE(tokener != NULL);
	*out = (struct silence){ 0 };
	if (json.n > 0 && json.n < INT_MAX)
		o = json_tokener_parse_ex(tokener, json.s, (int)json.n);
	if (o && json_object_is_type(o, json_type_object))
		ok = read_members(o, out, err);
	else
		ok = error_set(err, ERROR_REJECT, "not a JSON object");
	json_object_put(o);
	json_tokener_free(tokener);
	if (!ok)
		silence_release(out);
	return ok;
}
