/* verdict.h - what an answer of Elasticsearch means for a document
 *
 * The whole table in one place. Only errors of the document itself make it a
 * dead letter, and those are a closed list: a closed index, a full cluster or
 * an alias without a write index also answer 400 and must never empty a day
 * into the dead letters.
 *
 * Pure; safe on any thread. */
#ifndef TOCSIN_INGEST_INDEX_VERDICT_H
#define TOCSIN_INGEST_INDEX_VERDICT_H

#include "core/base.h"

/* Of one document. */
enum verdict {
	VERDICT_DONE,      /* written now */
	VERDICT_DUPLICATE, /* was there already, which is as good */
	VERDICT_RETRY,     /* send it again after a while */
	VERDICT_DEAD,      /* it will never be taken: a dead letter */
	VERDICT_BLOCKED, /* nobody's document would be: pause, say so, retry */
};

/* Of a whole request. */
enum bulk_verdict {
	BULK_ANSWERED,  /* each document has its own verdict in the body */
	BULK_RETRY,     /* send all of it again after a while */
	BULK_TOO_LARGE, /* 413: send halves, remember the size; dead if alone */
	BULK_HALVE,     /* a 4xx nobody knows: send halves; blocked if alone */
	BULK_BLOCKED,   /* not allowed or not there: pause, say so, retry */
};

/* `type` and `reason` are those of the item's error, empty if it has none.
 * Source: Elasticsearch 7.17 and OpenSearch 2.19, RestStatus and
 * ElasticsearchException. */
enum verdict verdict_of_item(int status, struct str type, struct str reason);

/* status 0: there was no answer. */
enum bulk_verdict verdict_of_bulk(int status);

/* "done", "duplicate", "retry", "dead", "blocked". */
const char *verdict_name(enum verdict verdict);

#endif
