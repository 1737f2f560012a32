/* query.h - Lucene query strings over events
 *
 * The subset of the Lucene query string that means the same here and in
 * Kibana, OpenSearch Dashboards and ElastAlert filters; what could not mean
 * the same is refused with its column and the spelling to use, or is a warning
 * (lint). One thing differs on purpose: "*" is every event, while Elasticsearch
 * asks for its default fields and passes over one without Title and text.
 * A clause without a field asks the documents' default fields: Title as a whole
 * and the words of Title and of AdditionalText.
 *
 * Source of the syntax: Elasticsearch 7.17 reference, "Query string query",
 * and Lucene 8.11, QueryParser.jj and RegExp.java.
 * Pure. A parsed query holds the scratch of its patterns: one thread at a time
 * for one query. */
#ifndef TOCSIN_EVENT_QUERY_H
#define TOCSIN_EVENT_QUERY_H

#include "core/buf.h"
#include "event/scan.h"

/* Longer, deeper or wider queries are errors. 1024 clauses and 1000 bytes of
 * a regular expression are also where Elasticsearch stops. */
enum {
	QUERY_BYTES_MAX = 65536,
	QUERY_DEPTH_MAX = 50,
	QUERY_CLAUSES_MAX = 1024,
	QUERY_REGEX_BYTES_MAX = 1000,
};

/* Leaves of Additional that are longer or deeper are not in AdditionalFlat
 * (the documents' format, SPEC of the index), so no query finds them. */
enum {
	QUERY_LEAF_BYTES_MAX = 1024,
	QUERY_LEAF_DEPTH_MAX = 20,
};

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
 * filled in, at most `max` (errors first); *n_problems is set either way.
 * `options` may be NULL; borrowed for the call, like `text`. */
MUST_CHECK struct query *query_parse(struct str text,
				     const struct query_options *options,
				     struct query_problem problems[],
				     size_t max, size_t *n_problems);
void query_free(struct query *q);

/* The canonical form: equal for queries that differ only in spelling (blanks,
 * redundant parentheses, field groups, quotes where not needed); parses to the
 * same query again unless it got longer than QUERY_BYTES_MAX. */
void query_canonical(const struct query *q, struct buf *out);

/* An event as queries see it. */
struct query_event {
	const struct event *event; /* scanned and valid (mended if needed) */
	struct buf *scratch;       /* without a limit; what it holds stays */
	/* What `now` means in times, in ms since 1970: the time of the event's
	 * record, so that every worker finds the same. */
	int64_t now_ms;
	/* Private, zero at first: the words of Title and of Additional, cut
	 * when first asked for, in `scratch`. */
	struct query_event_words {
		bool known;
		size_t at, n;
	} words[2];
};

/* Does it match? Bounded in time; what passes a limit does not match and adds
 * one to *limited (may be NULL). Words of the event that it needs are added to
 * `scratch` and stay there for the next query; apart from those nothing is
 * allocated once `scratch` has grown to the longest value with escapes. */
bool query_matches(const struct query *q, struct query_event *event,
		   uint64_t *limited);

#endif
