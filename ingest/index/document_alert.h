/* document_alert.h - a transition of an alert as Elasticsearch gets it
 *
 * The source is the record's own bytes and `@timestamp`, the instant of `at`.
 * `_id` is id:episode:state, so that a transition is one document however often
 * it is delivered. An update (same episode and state, further on) overwrites
 * it: the document carries a version that grows along the topic, so that the
 * latest wins in whatever order bulks are answered.
 *
 * Pure; one thread at a time for one scanner. */
#ifndef TOCSIN_INGEST_INDEX_DOCUMENT_ALERT_H
#define TOCSIN_INGEST_INDEX_DOCUMENT_ALERT_H

#include "core/buf.h"
#include "event/scan.h"

/* A transition as far as its document needs it; borrows from the record. */
struct document_alert {
	struct str json; /* without its line end */
	size_t end;      /* offset of the closing brace */
	struct str at;   /* raw, with quotes */
	int64_t at_ns;
	struct str id, state; /* decoded */
	int64_t episode;
};

/* False (ERROR_REJECT): it is no transition: not one JSON object on one line
 * with id (1 to 64 letters, digits, '-' or '_'), episode, state and at, or one
 * that Elasticsearch would refuse (a key twice, invalid UTF-8, a reserved
 * key). */
MUST_CHECK bool document_alert_read(struct scanner *scanner, struct str value,
				    struct document_alert *out,
				    struct error *err);

/* Append the `_id`. */
void document_alert_id(const struct document_alert *alert, struct buf *out);

/* Append the name of the index: PREFIX-YYYY.MM.DD of `at`, or of the record's
 * time where `at` is not believable (event/time.h); a record without a time
 * (negative) believes it. */
void document_alert_index(struct str prefix, const struct document_alert *alert,
			  int64_t record_time_ms, struct buf *out);

/* The document's version: grows with the record's time, then with its offset;
 * the same record has the same one. */
int64_t document_alert_version(int64_t record_time_ms, int64_t offset);

/* Append the source, one line without its end. */
void document_alert_source(const struct document_alert *alert, struct buf *out);

#endif
