/* document_alert.c - a transition of an alert as Elasticsearch gets it
 *
 * Pure; the loop thread calls it. */
#include "ingest/index/document_alert.h"

#include <inttypes.h>

#include "event/time.h"

enum {
	ID_BYTES = 64,
	VERSION_OFFSET_BITS = 20,
};

#define RECORD_MS_MAX (INT64_C(1) << 42) /* the year 2109 */

static bool is_id(struct str text)
{
	if (text.n == 0 || text.n > ID_BYTES)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.s[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return true;
}

static bool is_state(struct str text)
{
	return str_is(text, "pending") || str_is(text, "firing") ||
	       str_is(text, "resolved");
}

/* Ids, states and times hold no escapes: what does is none of them. */
static bool find_plain(struct str json, struct str key, struct str *raw,
		       struct str *text)
{
	if (!json_find(json, key, raw) || json_kind(*raw) != JSON_STRING)
		return false;
	*text = str_slice(raw->s + 1, raw->n - 2);
	return true;
}

static const char *what_is_wrong(const struct event *scanned)
{
	if (scanned->repairs & REPAIR_UNPARSED)
		return scanned->reason;
	if (scanned->repairs & REPAIR_DUPLICATE)
		return "a key twice";
	if (scanned->repairs & REPAIR_UTF8)
		return "invalid UTF-8";
	if (scanned->repairs & REPAIR_KEY)
		return "a reserved key";
	if (scanned->has_newline)
		return "a line end";
	return NULL;
}

bool document_alert_read(struct scanner *scanner, struct str value,
			 struct document_alert *out, struct error *err)
{
	struct event scanned;
	struct document_alert a;
	struct str raw, at, number;
	const char *wrong;

	event_scan(scanner, value, &scanned);
	wrong = what_is_wrong(&scanned);
	if (wrong)
		return error_set(err, ERROR_REJECT,
				 "could not read a transition: %s", wrong);
	a.json = scanned.line;
	a.end = scanned.end;
	if (!find_plain(a.json, STR("id"), &raw, &a.id) || !is_id(a.id) ||
	    !find_plain(a.json, STR("state"), &raw, &a.state) ||
	    !is_state(a.state) || !find_plain(a.json, STR("at"), &a.at, &at) ||
	    !time_parse_normal(at, &a.at_ns) ||
	    !json_find(a.json, STR("episode"), &number) ||
	    !str_to_int64(number, 0, INT64_MAX, &a.episode))
		return error_set(err, ERROR_REJECT,
				 "could not read a transition: no id, state, "
				 "at and episode");
	*out = a;
	return true;
}

void document_alert_id(const struct document_alert *alert, struct buf *out)
{
	buf_add_format(out, "%.*s:%" PRId64 ":%.*s", STR_ARG(alert->id),
		       alert->episode, STR_ARG(alert->state));
}

void document_alert_index(struct str prefix, const struct document_alert *alert,
			  int64_t record_time_ms, struct buf *out)
{
	char day[TIME_DAY_BYTES];
	int64_t at_ns = alert->at_ns;

	if (record_time_ms >= 0 && record_time_ms < RECORD_MS_MAX &&
	    !time_in_bounds(at_ns, record_time_ms * 1000000))
		at_ns = record_time_ms * 1000000;
	time_format_day(at_ns, day);
	buf_add(out, prefix);
	buf_add_char(out, '-');
	buf_add(out, str_slice(day, sizeof(day)));
}

int64_t document_alert_version(int64_t record_time_ms, int64_t offset)
{
	int64_t ms = record_time_ms < 0 ? 0 : record_time_ms;

	if (ms >= RECORD_MS_MAX)
		ms = RECORD_MS_MAX - 1;
	return ms << VERSION_OFFSET_BITS |
	       (offset & ((INT64_C(1) << VERSION_OFFSET_BITS) - 1));
}

void document_alert_source(const struct document_alert *alert, struct buf *out)
{
	buf_add(out, str_slice(alert->json.s, alert->end));
	buf_add_text(out, ",\"@timestamp\":");
	buf_add(out, alert->at);
	buf_add_char(out, '}');
}
