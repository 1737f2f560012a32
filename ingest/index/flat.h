/* flat.h - what of an object Elasticsearch can search
 *
 * A `flattened` or `flat_object` field refuses whole documents for one leaf:
 * nesting deeper than 20, a NUL in a key [Elasticsearch 7.17], a path and value
 * over 32,766 bytes together, a value over 32,766 bytes [OpenSearch 2.19, which
 * knows no ignore_above here]; a `double` refuses what is no finite number. So
 * only what fits is copied. Everything stays in `Additional`.
 *
 * Pure; one thread at a time for one buffer. */
#ifndef TOCSIN_INGEST_INDEX_FLAT_H
#define TOCSIN_INGEST_INDEX_FLAT_H

#include "core/buf.h"
#include "core/config.h"

enum {
	FLAT_DEPTH = 20,         /* of objects and arrays within each other */
	FLAT_LEAF_BYTES = 1024,  /* of a decoded leaf */
	FLAT_PATH_BYTES = 16384, /* of the keys above a leaf */
};

/* Append `object` (raw, valid, no key twice) without the leaves that do not
 * fit; always a valid object. */
void flat_object(struct str object, struct buf *scratch, struct buf *out);

/* Append `,"AdditionalNum":{"path":12.5}` with the numbers, and the strings
 * that are numbers, that the paths name in `object`; nothing if there are
 * none. Several values of one path become an array of at most 1,000. */
void flat_numbers(struct str object, const struct strings *paths,
		  struct buf *scratch, struct buf *out);

#endif
