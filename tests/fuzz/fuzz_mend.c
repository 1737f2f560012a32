/* fuzz_mend.c - whatever goes in, a right event comes out, with the same
 * meaning, and mending that changes nothing
 *
 * The first byte chooses the context. */
#include <json-c/json.h>

#include "event/mend.h"
#include "event/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_oracle.h"

#define NOW (INT64_C(1795424400) * TIME_SECOND)

static struct mend_context context_of(uint8_t choice)
{
	return (struct mend_context){
		.service = choice & 1 ? STR("FORUM") : STR("A\xff\"\\\n"),
		.host = choice & 2 ? STR("10.0.0.1") : STR(""),
		.unparsed_level = choice & 4 ? LEVEL_ERROR : LEVEL_NONE,
		.fallback_time_ns = NOW - (choice & 8 ? 1 : 0),
		.now_ns = choice & 16 ? TIME_NONE : NOW,
		.max_event_bytes = choice & 32 ? 1048576 : EVENT_BYTES_MIN,
		.repaired_is_ours = choice & 64,
	};
}

static void check_right(struct scanner *scanner, struct mend_context context,
			struct str mended, unsigned repairs)
{
	struct event event;
	struct oracle oracle;
	struct buf again = { 0 };

	ENSURE(mended.n <= context.max_event_bytes);
	ENSURE(utf8_valid(mended));
	ENSURE(!memchr(mended.s, '\n', mended.n));
	event_scan(scanner, mended, &event);
	ENSURE(event.repairs == 0 && !event.has_newline);
	ENSURE(event.end == mended.n - 1);
	ENSURE(repairs == 0 || event.repaired.kind == JSON_ARRAY);

	oracle_read(mended, &oracle);
	ENSURE(oracle.unsure || (oracle.object && !oracle.duplicate));
	oracle_release(&oracle);

	context.repaired_is_ours = true;
	ENSURE(!event_needs_mending(&event, &context));
	ENSURE(event_mend(scanner, &event, &context, &again) == 0);
	ENSURE(str_equal(buf_str(&again), mended));
	buf_release(&again);
}

/* Whether a key of the event may come out changed. */
static bool may_change(struct str key)
{
	static const char *const names[] = { "TimeStampRaw", "LevelRaw",
					     "Others", "Repaired" };

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (str_is(key, names[i]))
			return true;
	return event_field_of(key) < EVENT_FIELDS;
}

static struct json_object *find(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

/* Every key that is none of ours is there as it was, on top or in Others. */
static void check_meaning(struct json_object *before, struct json_object *after)
{
	struct json_object *others = find(after, "Others");

	json_object_object_foreach(before, key, value)
	{
		if (may_change(str_of(key)))
			continue;
		struct json_object *there = find(after, key);
		if (!json_object_object_get_ex(after, key, NULL))
			there = find(others, key);
		bool text = json_object_is_type(there, json_type_string);
		ENSURE(json_object_equal(value, there) || text);
	}
}

static void compare(struct str line, struct str mended)
{
	struct oracle before, after;

	oracle_read(line, &before);
	oracle_read(mended, &after);
	if (before.object && after.object)
		check_meaning(before.object, after.object);
	oracle_release(&before);
	oracle_release(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scanner *scanner;
	struct event event;
	struct buf out = { 0 };

	if (!size)
		return 0;
	if (!scanner)
		scanner = scanner_open();

	struct mend_context context = context_of(data[0]);
	struct str line = { (const char *)data + 1, size - 1 };
	event_scan(scanner, line, &event);
	struct str bare = event.line;
	bool needed = event_needs_mending(&event, &context);
	unsigned repairs = event_mend(scanner, &event, &context, &out);
	ENSURE(needed || repairs == 0);
	check_right(scanner, context, buf_str(&out), repairs);
	if (!(repairs & (REPAIR_UNPARSED | REPAIR_UTF8 | REPAIR_CUT)))
		compare(bare, buf_str(&out));
	buf_release(&out);
	return 0;
}
