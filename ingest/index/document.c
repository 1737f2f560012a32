/* document.c - an event as Elasticsearch gets it
 *
 * Pure; the loop thread calls it. */
#include "ingest/index/document.h"

#include <inttypes.h>

#include "event/utf8.h"
#include "ingest/index/flat.h"

enum { SOURCE_HEX_DIGITS = 16 };

bool document_source_is_valid(struct str header)
{
	struct str number;
	int64_t value;

	if (header.n < SOURCE_HEX_DIGITS + 2)
		return false;
	for (size_t i = 0; i < SOURCE_HEX_DIGITS; i++) {
		char c = header.s[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
			return false;
	}
	if (header.s[SOURCE_HEX_DIGITS] != ':')
		return false;
	number = str_slice(header.s + SOURCE_HEX_DIGITS + 1,
			   header.n - SOURCE_HEX_DIGITS - 1);
	if (number.n > 1 && number.s[0] == '0')
		return false;
	return str_to_int64(number, 0, INT64_MAX, &value);
}

bool document_id_is_valid(struct str header)
{
	if (header.n == 0 || header.n > DOCUMENT_ID_BYTES)
		return false;
	for (size_t i = 0; i < header.n; i++) {
		if ((unsigned char)header.s[i] < 0x20 || header.s[i] == 0x7f)
			return false;
	}
	return utf8_valid(header);
}

void document_id(const struct document_origin *origin, struct buf *out)
{
	if (document_id_is_valid(origin->id))
		buf_add(out, origin->id);
	else if (document_source_is_valid(origin->source))
		buf_add(out, origin->source);
	else
		buf_add_format(out, "%.249s:%" PRId32 ":%" PRId64 ":%" PRId64,
			       origin->topic, origin->partition, origin->offset,
			       origin->time_ms);
}

/* Normal form is UTC and begins with the day, behind the quote. */
void document_index(struct str prefix, const struct event *event,
		    struct buf *out)
{
	const char *time = event->field[EVENT_TIME_STAMP_UTC].raw.s + 1;

	buf_add(out, prefix);
	buf_add_format(out, "-%.4s.%.2s.%.2s", time, time + 5, time + 8);
}

void document_source(const struct event *event, const struct strings *numbers,
		     struct buf *scratch, struct buf *out)
{
	const struct event_value *additional = &event->field[EVENT_ADDITIONAL];

	buf_add(out, str_slice(event->line.s, event->end));
	buf_add_text(out, ",\"@timestamp\":");
	buf_add(out, event->field[EVENT_TIME_STAMP_UTC].raw);
	if (additional->kind == JSON_STRING) {
		buf_add_text(out, ",\"AdditionalText\":");
		buf_add(out, additional->raw);
	}
	if (additional->kind == JSON_OBJECT) {
		buf_add_text(out, ",\"AdditionalFlat\":");
		flat_object(additional->raw, scratch, out);
		flat_numbers(additional->raw, numbers, scratch, out);
	}
	buf_add_char(out, '}');
}
