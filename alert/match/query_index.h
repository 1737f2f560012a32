/* query_index.h - which of many queries may an event match?
 *
 * Each query is filed under the equalities of which it needs at least one
 * (event/query_require.h), rare ones before common ones; an event's values are
 * looked up by hash. So an event costs what it has in common with the rules,
 * not how many rules there are. It narrows, it does not decide: the queries
 * found still have to be asked.
 *
 * Pure; one thread at a time for one index. */
#ifndef TOCSIN_ALERT_MATCH_QUERY_INDEX_H
#define TOCSIN_ALERT_MATCH_QUERY_INDEX_H

#include "event/query_require.h"

struct query_index;

/* Number `i` of n is a list of queries of which at least one must match, and a
 * further one (`all`, may be NULL) that must match too. */
struct query_index_item {
	const struct query *all;
	const struct query *const *any;
	size_t n_any; /* 0: `all` alone decides */
};

/* The queries are borrowed and outlive the index. */
struct query_index *query_index_open(const struct query_index_item item[],
				     size_t n);
void query_index_close(struct query_index *x);

/* The numbers of all that may match, each once, rising. Borrowed until the
 * next call. */
const uint32_t *query_index_find(struct query_index *x,
				 const struct event *event, size_t *n);

/* How many are asked for every event, since nothing narrows them. */
size_t query_index_unfiled(const struct query_index *x);

#endif
