/* document.h - an event as Elasticsearch gets it: name, index and source
 *
 * The source is the event's own bytes; what is added for searching is spliced
 * in before the closing brace: `@timestamp`, and for `Additional` one of
 * `AdditionalText` and `AdditionalFlat`, and `AdditionalNum`.
 *
 * Pure; one thread at a time for one buffer. */
#ifndef TOCSIN_INGEST_INDEX_DOCUMENT_H
#define TOCSIN_INGEST_INDEX_DOCUMENT_H

#include "core/buf.h"
#include "core/config.h"
#include "event/scan.h"

/* Elasticsearch refuses a whole request for a longer one. */
enum { DOCUMENT_ID_BYTES = 512 };

/* Where a record lies, and what its headers say (s == NULL: no such header). */
struct document_origin {
	const char *topic;
	int32_t partition;
	int64_t offset;
	int64_t time_ms;
	struct str source; /* tocsin-source */
	struct str id;     /* tocsin-id */
};

/* 16 lower-case hex digits, ':', a decimal number without leading zeros that
 * fits an int64. */
bool document_source_is_valid(struct str header);

/* 1 to DOCUMENT_ID_BYTES bytes of UTF-8 without control characters. */
bool document_id_is_valid(struct str header);

/* Append the document's `_id`, at most DOCUMENT_ID_BYTES: the header tocsin-id,
 * else tocsin-source, else topic:partition:offset:time. Headers that are not
 * valid are ignored. The same record gives the same id every time. */
void document_id(const struct document_origin *origin, struct buf *out);

/* Append the name of the daily index of a right event: PREFIX-YYYY.MM.DD. */
void document_index(struct str prefix, const struct event *event,
		    struct buf *out);

/* Append the source of a right event (event_read() in event/mend.h), one line
 * without its end. `numbers` are dotted paths below Additional; scratch is
 * overwritten. */
void document_source(const struct event *event, const struct strings *numbers,
		     struct buf *scratch, struct buf *out);

#endif
