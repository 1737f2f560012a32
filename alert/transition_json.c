/* transition_json.c - transitions as JSON, there and back
 *
 * Owns nothing. Pure; any thread. What is read is proved to be JSON and UTF-8
 * first, because samples and texts go on to receivers as they are. */
#include "alert/transition.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/json.h"
#include "event/scan.h"
#include "event/time.h"
#include "event/utf8.h"

enum { MS_NS = 1000000 };

/* How much of a transition is written: what is dropped first comes last. */
enum fit { FIT_ALL, FIT_NO_SAMPLES, FIT_CUT, FIT_SHORT, FIT_LEVELS };

static const size_t text_max[FIT_LEVELS] = { SIZE_MAX, SIZE_MAX, 1024, 64 };
/* Of one object, so that the whole has a bound whatever it holds. */
static const size_t items_max[FIT_LEVELS] = { SIZE_MAX, SIZE_MAX, 64, 64 };

static void add_key(struct buf *out, const char *name)
{
	buf_add_char(out, ',');
	buf_add_json_string(out, str_of(name));
	buf_add_char(out, ':');
}

static void add_text(struct buf *out, const char *name, struct str text)
{
	add_key(out, name);
	buf_add_json_string(out, text);
}

static void add_time(struct buf *out, const char *name, int64_t ms)
{
	char text[TIME_TEXT_BYTES];
	size_t n = time_format(ms * MS_NS, 3, text);

	add_text(out, name, str_slice(text, n));
}

static void add_number(struct buf *out, double number)
{
	char text[40];

	if (!isfinite(number))
		number = 0;
	if (fabs(number) < 9e15 && floor(number) == number) {
		buf_add_int(out, (int64_t)number);
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	buf_add_text(out, text);
}

static void add_value(struct buf *out, const char *name,
		      const struct alert_value *value, enum fit fit)
{
	if (value->kind == ALERT_VALUE_NONE)
		return;
	if (value->kind == ALERT_VALUE_NUMBER) {
		add_key(out, name);
		add_number(out, value->number);
		return;
	}
	add_text(out, name, utf8_cut(alert_value_text(value), text_max[fit]));
}

static void add_object(struct buf *out, const char *name,
		       const struct alert_pairs *pairs, bool raw, enum fit fit)
{
	add_key(out, name);
	buf_add_char(out, '{');
	for (size_t i = 0; i < pairs->n && i < items_max[fit]; i++) {
		const struct alert_pair *pair = &pairs->item[i];
		struct str value = str_slice(pair->value, pair->n);
		if (i > 0)
			buf_add_char(out, ',');
		buf_add_json_string(
			out, utf8_cut(str_of(pair->name), text_max[fit]));
		buf_add_char(out, ':');
		if (raw)
			buf_add(out, value);
		else
			buf_add_json_string(out,
					    utf8_cut(value, text_max[fit]));
	}
	buf_add_char(out, '}');
}

static void add_list(struct buf *out, const char *name,
		     const struct alert_pairs *pairs, bool raw, enum fit fit)
{
	add_key(out, name);
	buf_add_char(out, '[');
	for (size_t i = 0; i < pairs->n && i < items_max[fit]; i++) {
		const struct alert_pair *pair = &pairs->item[i];
		struct str value = str_slice(pair->value, pair->n);
		if (i > 0)
			buf_add_char(out, ',');
		if (raw)
			buf_add(out, value);
		else
			buf_add_json_string(out,
					    utf8_cut(value, text_max[fit]));
	}
	buf_add_char(out, ']');
}

static void add_life(const struct transition *t, struct buf *out)
{
	add_text(out, "state", str_of(alert_state_name(t->state)));
	add_time(out, "at", t->at_ms);
	add_time(out, "startsAt", t->starts_at_ms);
	if (t->updated_at_ms != ALERT_TIME_NONE)
		add_time(out, "updatedAt", t->updated_at_ms);
	add_key(out, "episode");
	buf_add_int(out, t->episode);
	add_key(out, "cause");
	buf_add_char(out, '"');
	cause_format(t->cause, out);
	buf_add_char(out, '"');
}

static void encode(const struct transition *t, enum fit fit, struct buf *out)
{
	buf_add_text(out, "{\"id\":");
	buf_add_json_string(out, str_of(t->id));
	add_text(out, "rule",
		 utf8_cut(str_of(t->rule ? t->rule : ""), text_max[fit]));
	add_object(out, "group", &t->group, false, fit);
	add_life(t, out);
	add_value(out, "value", &t->value, fit);
	add_value(out, "reference", &t->reference, fit);
	add_key(out, "count");
	buf_add_int(out, t->count);
	add_object(out, "labels", &t->labels, false, fit);
	add_object(out, "annotations", &t->annotations, false, fit);
	if (t->top.n > 0 && fit <= FIT_NO_SAMPLES)
		add_object(out, "top", &t->top, true, fit);
	add_list(out, "samples",
		 fit == FIT_ALL ? &t->samples : &(struct alert_pairs){ 0 },
		 true, fit);
	if (t->receivers.n > 0)
		add_list(out, "receivers", &t->receivers, false, fit);
	if (t->link && *t->link && fit <= FIT_NO_SAMPLES)
		add_text(out, "link", str_of(t->link));
	if (t->reason && *t->reason)
		add_text(out, "reason", str_of(t->reason));
	if (t->staging)
		buf_add_text(out, ",\"staging\":true");
	if (t->record_time_ms != ALERT_TIME_NONE)
		add_time(out, "recordTime", t->record_time_ms);
	buf_add_char(out, '}');
}

void transition_encode(const struct transition *t, struct buf *out)
{
	size_t start = out->n;

	for (enum fit fit = FIT_ALL; fit < FIT_LEVELS; fit++) {
		buf_truncate(out, start);
		encode(t, fit, out);
		if (out->n - start <= TRANSITION_BYTES_MAX)
			return;
	}
}

/* ---- reading ---- */

static bool read_text(struct str object, const char *name, struct buf *scratch,
		      struct str *out)
{
	struct str raw;

	if (!json_find(object, str_of(name), &raw) ||
	    json_kind(raw) != JSON_STRING)
		return false;
	buf_clear(scratch);
	*out = json_text(raw, scratch);
	return true;
}

static bool read_time(struct str object, const char *name, struct buf *scratch,
		      int64_t *ms)
{
	struct str text;
	int64_t ns;

	if (!read_text(object, name, scratch, &text) ||
	    !time_parse_normal(text, &ns))
		return false;
	*ms = ns / MS_NS - (ns % MS_NS < 0);
	return true;
}

static bool read_count(struct str object, const char *name, int64_t *out)
{
	struct str raw;

	return json_find(object, str_of(name), &raw) &&
	       str_to_int64(raw, 0, INT64_MAX, out);
}

static void read_value(struct str object, const char *name, struct buf *scratch,
		       struct alert_value *out)
{
	struct str raw;

	if (!json_find(object, str_of(name), &raw))
		return;
	if (json_kind(raw) == JSON_NUMBER) {
		char AUTO(free_text) *number = str_dup(raw);
		double value = strtod(number, NULL);
		if (!isfinite(value))
			return;
		out->kind = ALERT_VALUE_NUMBER;
		out->number = value;
	} else if (json_kind(raw) == JSON_STRING) {
		buf_clear(scratch);
		alert_value_set(out, json_text(raw, scratch));
	}
}

static void read_object(struct str object, const char *name, bool keep_raw,
			struct alert_pairs *pairs)
{
	struct buf AUTO(buf_release) key = { 0 }, value = { 0 };
	struct json_cursor cursor;
	struct json_member member;
	struct str raw;

	if (!json_find(object, str_of(name), &raw))
		return;
	cursor = json_enter(raw);
	while (json_next_member(&cursor, &member)) {
		buf_clear(&key);
		buf_clear(&value);
		alert_pairs_add(pairs, json_text(member.key, &key),
				keep_raw ? member.value
					 : json_text(member.value, &value));
	}
}

static void read_list(struct str object, const char *name, bool keep_raw,
		      struct alert_pairs *pairs)
{
	struct buf AUTO(buf_release) scratch = { 0 };
	struct json_cursor cursor;
	struct str raw, element;

	if (!json_find(object, str_of(name), &raw))
		return;
	cursor = json_enter(raw);
	while (json_next_element(&cursor, &element)) {
		buf_clear(&scratch);
		alert_pairs_add(pairs, STR(""),
				keep_raw ? element
					 : json_text(element, &scratch));
	}
}

static bool read_state(struct str object, struct buf *scratch,
		       enum alert_state *out)
{
	struct str text;

	if (!read_text(object, "state", scratch, &text))
		return false;
	for (int i = ALERT_PENDING; i <= ALERT_RESOLVED; i++) {
		if (str_is(text, alert_state_name((enum alert_state)i))) {
			*out = (enum alert_state)i;
			return true;
		}
	}
	return false;
}

static bool is_id(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (!(text.s[i] >= '0' && text.s[i] <= '9') &&
		    !(text.s[i] >= 'a' && text.s[i] <= 'f'))
			return false;
	return text.n == ALERT_ID_BYTES;
}

static bool is_sound(struct str json)
{
	struct scanner *scanner = scanner_open();
	struct event event;

	event_scan(scanner, json, &event);
	scanner_close(scanner);
	return !(event.repairs & (REPAIR_UNPARSED | REPAIR_UTF8));
}

/* What a transition cannot be without. */
static bool read_required(struct str json, struct buf *scratch,
			  struct transition *out)
{
	struct str text;

	if (!read_text(json, "id", scratch, &text) || !is_id(text))
		return false;
	memcpy(out->id, text.s, text.n);
	if (!read_text(json, "rule", scratch, &text) || text.n == 0)
		return false;
	out->rule = str_dup(text);
	return read_state(json, scratch, &out->state) &&
	       read_time(json, "at", scratch, &out->at_ms) &&
	       read_time(json, "startsAt", scratch, &out->starts_at_ms) &&
	       read_count(json, "episode", &out->episode) &&
	       read_text(json, "cause", scratch, &text) &&
	       cause_parse(text, &out->cause);
}

static void read_rest(struct str json, struct buf *scratch,
		      struct transition *out)
{
	struct str text, raw;

	out->updated_at_ms = out->record_time_ms = ALERT_TIME_NONE;
	(void)!read_time(json, "updatedAt", scratch, &out->updated_at_ms);
	(void)!read_time(json, "recordTime", scratch, &out->record_time_ms);
	(void)!read_count(json, "count", &out->count);
	read_value(json, "value", scratch, &out->value);
	read_value(json, "reference", scratch, &out->reference);
	read_object(json, "group", false, &out->group);
	read_object(json, "labels", false, &out->labels);
	read_object(json, "annotations", false, &out->annotations);
	read_object(json, "top", true, &out->top);
	read_list(json, "samples", true, &out->samples);
	read_list(json, "receivers", false, &out->receivers);
	if (read_text(json, "link", scratch, &text))
		out->link = str_dup(text);
	if (read_text(json, "reason", scratch, &text))
		out->reason = str_dup(text);
	out->staging = json_find(json, STR("staging"), &raw) &&
		       json_kind(raw) == JSON_TRUE;
}

bool transition_decode(struct str json, struct transition *out,
		       struct error *err)
{
	struct buf AUTO(buf_release) scratch = { 0 };

	*out = (struct transition){ 0 };
	json = str_trim(json);
	if (!is_sound(json) || json_kind(json) != JSON_OBJECT ||
	    !read_required(json, &scratch, out)) {
		transition_release(out);
		return error_set(err, ERROR_REJECT,
				 "could not read a transition: no JSON object "
				 "with id, rule, state, at, startsAt, episode "
				 "and cause");
	}
	read_rest(json, &scratch, out);
	return true;
}
