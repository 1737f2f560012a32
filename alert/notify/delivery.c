/* delivery.c - what a receiver has accepted, as <prefix>.deliveries holds it
 *
 * Pure; any thread. */
#include "alert/notify/delivery.h"

#include <stdio.h>

#include <json-c/json.h>

void delivery_key(const char *receiver, const char *alert_id, struct buf *out)
{
	buf_add_format(out, "%s/%s", receiver, alert_id);
}

void delivery_encode(const char *receiver, const char *alert_id,
		     const struct delivery *d, const char *why, struct buf *out)
{
	buf_add_text(out, "{\"receiver\":");
	buf_add_json_string(out, str_of(receiver));
	buf_add_text(out, ",\"id\":");
	buf_add_json_string(out, str_of(alert_id));
	buf_add_format(out,
		       ",\"episode\":%lld,\"state\":\"%s\",\"count\":%lld,"
		       "\"at\":%lld",
		       (long long)d->episode, d->firing ? "firing" : "resolved",
		       (long long)d->count, (long long)d->accepted_wall_ms);
	if (d->refused) {
		buf_add_text(out, ",\"refused\":");
		buf_add_json_string(out, str_of(why));
	}
	buf_add_char(out, '}');
}

static struct json_object *member(struct json_object *o, const char *name,
				  enum json_type type)
{
	struct json_object *value;

	if (!json_object_object_get_ex(o, name, &value) ||
	    !json_object_is_type(value, type))
		return NULL;
	return value;
}

static bool read_members(struct json_object *o, struct delivery_record *out)
{
	struct json_object *receiver = member(o, "receiver", json_type_string);
	struct json_object *id = member(o, "id", json_type_string);
	struct json_object *state = member(o, "state", json_type_string);
	struct json_object *episode = member(o, "episode", json_type_int);
	struct json_object *count = member(o, "count", json_type_int);
	struct json_object *at = member(o, "at", json_type_int);

	if (!receiver || !id || !state || !episode || !count || !at ||
	    json_object_get_string_len(id) != ALERT_ID_BYTES)
		return false;
	*out = (struct delivery_record){
		.receiver = xstrdup(json_object_get_string(receiver)),
		.delivery = { .episode = json_object_get_int64(episode),
			      .firing = strcmp(json_object_get_string(state),
					       "firing") == 0,
			      .count = json_object_get_int64(count),
			      .accepted_wall_ms = json_object_get_int64(at),
			      .refused = json_object_object_get_ex(o, "refused",
								   NULL) },
	};
	snprintf(out->id, sizeof(out->id), "%s", json_object_get_string(id));
	return true;
}

bool delivery_decode(struct str json, struct delivery_record *out,
		     struct error *err)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *o;
	bool ok;

	ENSURE(tokener != NULL);
	o = json.n < INT32_MAX
		    ? json_tokener_parse_ex(tokener, json.s, (int)json.n)
		    : NULL;
	ok = o && json_object_is_type(o, json_type_object) &&
	     read_members(o, out);
	json_object_put(o);
	json_tokener_free(tokener);
	return ok ||
	       error_set(
		       err, ERROR_REJECT, "not a delivery record: \"%.*s\"",
		       STR_ARG(str_slice(json.s, json.n < 100 ? json.n : 100)));
}
