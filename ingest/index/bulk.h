/* bulk.h - Elasticsearch bulk bodies and the verdict on each item
 *
 * Format:
 * https://www.elastic.co/guide/en/elasticsearch/reference/7.17/docs-bulk.html
 *
 * Pure: no I/O, no clock, no global state; one thread at a time for one
 * scanner. */
#ifndef TOCSIN_INGEST_INDEX_BULK_H
#define TOCSIN_INGEST_INDEX_BULK_H

#include "core/buf.h"
#include "event/scan.h"
#include "ingest/index/verdict.h"

/* Asks for as little as can be judged; the status keeps the positions. */
#define BULK_PATH "/_bulk?filter_path=errors,took,items.*.status,items.*.error"

/* Append the action line that creates a document, with its line end. */
void bulk_action(struct str index, struct str id, struct buf *body);

/* The same for one that overwrites a document of a lower version; one of the
 * same or a higher version stays, which is a 409. */
void bulk_action_versioned(struct str index, struct str id, int64_t version,
			   struct buf *body);

/* Index and id of an action line, decoded; they go to the ends of the
 * buffers. */
void bulk_action_read(struct str line, struct buf *index, struct buf *id);

struct judged {
	enum verdict verdict;
	int status;
	struct str error; /* JSON; borrowed from the response, may be empty */
};

/* Judge one answered bulk request. `response` is borrowed for as long as the
 * verdicts are used.
 *
 * Writes one verdict a document, in request order, to judged[0..n). Returns
 * false, judged undefined, if the body is not a bulk answer for exactly n
 * documents: send the whole batch again (ERROR_RETRY). */
MUST_CHECK bool bulk_judge(struct scanner *scanner, struct str response,
			   struct judged judged[], size_t n, struct error *err);

/* Append "type: reason, caused by: type: reason" of an item's or an answer's
 * error, bounded; text for a person, may hold any byte from outside. */
void bulk_describe_error(struct str error, struct buf *out);

#endif
