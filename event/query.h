/* query.h - Lucene query strings over events
 *
 * The subset of the Lucene query string that means the same here and in
 * Kibana, OpenSearch Dashboards and ElastAlert filters; whatever could not
 * mean the same is refused with its column and the spelling to use, or is a
 * warning (lint).
 *
 * Source of the syntax: Elasticsearch reference, "Query string query".
 * Pure. A parsed query is immutable; its evaluation scratch belongs to one
 * thread. */
#ifndef TOCSIN_EVENT_QUERY_H
#define TOCSIN_EVENT_QUERY_H

#include "core/buf.h"
#include "event/scan.h"

struct query;

/* What is wrong or doubtful at a place of the text. */
struct query_problem {
	bool warning; /* lint; the query is usable */
	int column;   /* from 1, in bytes */
	char text[400];
};

struct query_options {
	/* Further top-level fields that may be named; may be NULL. */
	const char *const *fields;
	size_t n_fields;
};

/* NULL if the text is no query of the subset. problems[0..*n_problems) are
 * filled in, at most `max` (errors first); *n_problems is set either way. */
MUST_CHECK struct query *query_parse(struct str text,
				     const struct query_options *options,
				     struct query_problem problems[],
				     size_t max, size_t *n_problems);
void query_free(struct query *q);

/* The canonical form: equal for queries that differ only in spelling (blanks,
 * redundant parentheses, quotes where not needed); parses to the same query. */
void query_canonical(const struct query *q, struct buf *out);

/* An event as queries see it. Zero it, set `event`; the rest is a cache that
 * is shared by all queries over this event. */
struct query_event {
	const struct event *event; /* scanned and valid (mended if needed) */
	int64_t record_time_ns;	   /* "now" in the query; -1: none */
	struct buf *scratch;	   /* cleared by query_event_init */
};

/* Does it match? Bounded in time; what passes a limit does not match and adds
 * one to *limited (may be NULL). */
bool query_matches(const struct query *q, const struct query_event *event,
		   uint64_t *limited);

#endif
