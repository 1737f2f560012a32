/* fuzz_scan.c - the scanner against json-c, on the same bytes */
#include <json-c/json.h>

#include "event/scan.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/json_oracle.h"

/* The field is what json-c has under its name. */
static void compare_field(const struct event *event, enum event_field field,
			  struct json_object *object)
{
	struct buf scratch = { 0 };
	struct json_object *value = NULL;
	const char *name = event_field_names[field].s;
	bool there = json_object_object_get_ex(object, name, &value);

	ENSURE(there == (event->field[field].kind != JSON_ABSENT));
	ENSURE(event_has(event, field) == (value != NULL));
	bool text = json_object_is_type(value, json_type_string);
	ENSURE(text == (event->field[field].kind == JSON_STRING));
	if (text) {
		size_t n = (size_t)json_object_get_string_len(value);
		struct str want = { json_object_get_string(value), n };
		ENSURE(str_equal(event_text(&event->field[field], &scratch),
				 want));
	}
	buf_release(&scratch);
}

/* Everything about an event can be said again from its parts. */
static void check_sense(const struct event *event)
{
	if (event->repairs & REPAIR_UNPARSED) {
		ENSURE(event->repairs == REPAIR_UNPARSED && event->reason);
		ENSURE(event->reason_offset <= event->line.n);
		return;
	}
	ENSURE(event->line.s[event->end] == '}');
	ENSURE(event->has_time == !(event->repairs & REPAIR_TIME));
	ENSURE((event->level == LEVEL_NONE) ==
	       !!(event->repairs & REPAIR_LEVEL));
	ENSURE(event_has(event, EVENT_SERVICE_KEY) ==
	       !(event->repairs & REPAIR_SERVICE));
}

static void compare(const struct event *event, const struct oracle *oracle)
{
	bool parsed = !(event->repairs & REPAIR_UNPARSED);

	ENSURE(parsed == (oracle->object != NULL));
	if (!parsed)
		return;
	ENSURE(oracle->utf8 || (event->repairs & REPAIR_UTF8));
	if (event->repairs & REPAIR_UTF8)
		return;
	ENSURE(oracle->duplicate == !!(event->repairs & REPAIR_DUPLICATE));
	for (enum event_field i = 0; i < EVENT_FIELDS; i++)
		compare_field(event, i, oracle->object);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct scanner *scanner;
	struct event event;
	struct oracle oracle;

	if (!scanner)
		scanner = scanner_open();
	event_scan(scanner, str_slice((const char *)data, size), &event);
	check_sense(&event);
	oracle_read(event.line, &oracle);
	if (!oracle.unsure)
		compare(&event, &oracle);
	oracle_release(&oracle);
	return 0;
}
