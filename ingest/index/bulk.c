/* bulk.c - Elasticsearch bulk bodies and the verdict on each item
 *
 * Pure; the loop thread calls it. */
#include "ingest/index/bulk.h"

#include <inttypes.h>

#include "event/utf8.h"

enum { REASON_BYTES = 1024, CAUSES_MAX = 3 };

static void add_place(struct str index, struct str id, struct buf *body)
{
	buf_add_text(body, "{\"_index\":");
	buf_add_json_string(body, index);
	buf_add_text(body, ",\"_id\":");
	buf_add_json_string(body, id);
}

void bulk_action(struct str index, struct str id, struct buf *body)
{
	buf_add_text(body, "{\"create\":");
	add_place(index, id, body);
	buf_add_text(body, "}}\n");
}

void bulk_action_versioned(struct str index, struct str id, int64_t version,
			   struct buf *body)
{
	buf_add_text(body, "{\"index\":");
	add_place(index, id, body);
	buf_add_format(body,
		       ",\"version\":%" PRId64
		       ",\"version_type\":\"external\"}}\n",
		       version);
}

void bulk_action_read(struct str line, struct buf *index, struct buf *id)
{
	AUTO(buf_release) struct buf scratch = { 0 };
	struct json_cursor cursor = json_enter(line);
	struct json_member action;
	struct str value;

	if (!json_next_member(&cursor, &action))
		return;
	if (json_find(action.value, STR("_index"), &value))
		buf_add(index, json_text(value, &scratch));
	buf_clear(&scratch);
	if (json_find(action.value, STR("_id"), &value))
		buf_add(id, json_text(value, &scratch));
}

static struct str find_text(struct str object, struct str key,
			    struct buf *scratch)
{
	struct str value;

	if (!json_find(object, key, &value) || json_kind(value) != JSON_STRING)
		return STR_NONE;
	buf_clear(scratch);
	return json_text(value, scratch);
}

static bool judge_item(struct str item, struct judged *out)
{
	AUTO(buf_release) struct buf type = { 0 };
	AUTO(buf_release) struct buf reason = { 0 };
	struct json_cursor cursor = json_enter(item);
	struct json_member action;
	struct str status;
	int64_t code;

	if (!json_next_member(&cursor, &action) ||
	    !json_find(action.value, STR("status"), &status) ||
	    !str_to_int64(status, 0, 999, &code))
		return false;
	*out = (struct judged){ .status = (int)code };
	(void)json_find(action.value, STR("error"), &out->error);
	out->verdict = verdict_of_item(
		out->status, find_text(out->error, STR("type"), &type),
		find_text(out->error, STR("reason"), &reason));
	return true;
}

bool bulk_judge(struct scanner *scanner, struct str response,
		struct judged judged[], size_t n, struct error *err)
{
	struct event answer;
	struct json_cursor cursor;
	struct str items;
	struct str item;
	size_t found = 0;

	event_scan(scanner, response, &answer);
	if (answer.repairs & REPAIR_UNPARSED)
		return error_set(err, ERROR_RETRY,
				 "could not read the answer to a bulk: %s",
				 answer.reason);
	if (!json_find(answer.line, STR("items"), &items))
		items = STR_NONE;
	cursor = json_enter(items);
	while (json_next_element(&cursor, &item)) {
		if (found < n && !judge_item(item, &judged[found]))
			return error_set(err, ERROR_RETRY,
					 "could not read the answer to a bulk: "
					 "item %zu has no status",
					 found);
		found++;
	}
	if (found != n)
		return error_set(err, ERROR_RETRY,
				 "could not read the answer to a bulk: %zu "
				 "items for %zu documents",
				 found, n);
	return true;
}

static void add_cut(struct buf *out, struct str text)
{
	buf_add(out, utf8_cut(text, REASON_BYTES));
	if (text.n > REASON_BYTES)
		buf_add_text(out, "...");
}

void bulk_describe_error(struct str error, struct buf *out)
{
	AUTO(buf_release) struct buf scratch = { 0 };

	if (json_kind(error) == JSON_STRING)
		add_cut(out, json_text(error, &scratch));
	for (int i = 0; i < CAUSES_MAX && json_kind(error) == JSON_OBJECT;
	     i++) {
		if (i > 0)
			buf_add_text(out, ", caused by: ");
		add_cut(out, find_text(error, STR("type"), &scratch));
		buf_add_text(out, ": ");
		add_cut(out, find_text(error, STR("reason"), &scratch));
		if (!json_find(error, STR("caused_by"), &error))
			break;
	}
}
