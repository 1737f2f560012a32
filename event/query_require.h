/* query_require.h - equalities without which a query cannot match
 *
 * For an index over many queries: file each query under its equalities, look
 * the event's values up, and evaluate only the queries found. It narrows, it
 * does not decide: query_matches() still has to be asked.
 *
 * Pure; safe on any thread. */
#ifndef TOCSIN_EVENT_QUERY_REQUIRE_H
#define TOCSIN_EVENT_QUERY_REQUIRE_H

#include "event/query_field.h"

/* Some value of the field, as query_field_visit() gives them, is a scalar with
 * this text, as json_text() gives it. Kinds of field: KEYWORD, KEY, LEAF. */
struct query_equality {
	const struct query_field *field; /* borrowed from the query */
	struct str value;                /* borrowed from the query */
};

/* At least one of them holds for every event that the query finds; n is 0 for
 * a query that finds none. No two are the same. */
struct query_required {
	struct query_equality *item;
	size_t n, cap;
};

/* How common is it among events: the greater, the more often it holds. `arg`
 * is that of query_required(). */
typedef unsigned query_weight(void *arg, const struct query_equality *equality);

/* Fill *out, released with query_required_release(), with the set of the least
 * weight together; NULL for `weight` is a guess by the field. False, *out
 * untouched: the query may find events without any equality, so it has to be
 * asked for every event. The query must outlive *out. */
MUST_CHECK bool query_required(const struct query *q, query_weight *weight,
			       void *arg, struct query_required *out);
void query_required_release(struct query_required *required);

/* Does it hold? For tests and explanations; an index hashes instead. */
bool query_equality_holds(const struct query_equality *equality,
			  const struct event *event, struct buf *scratch);

#endif
