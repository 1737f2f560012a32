/* template.h - the index templates of the daily indices, one for events and
 * one for alerts
 *
 * With index.data_stream that of events is another one, for the stream alone,
 * so that daily indices keep theirs while workers change over.
 *
 * Composable, priority 501 (of the stream 502), dynamic: false. It carries a
 * hash of itself in
 * `_meta`, so that it is known as ours, and as up to date.
 * Format:
 * https://www.elastic.co/guide/en/elasticsearch/reference/7.17/indices-put-template.html
 *
 * Loop thread only. */
#ifndef TOCSIN_INGEST_INDEX_TEMPLATE_H
#define TOCSIN_INGEST_INDEX_TEMPLATE_H

#include "core/config.h"
#include "ingest/index/elastic.h"

/* Elasticsearch has `flattened`, OpenSearch `flat_object`, for the same. */
enum template_engine { TEMPLATE_ELASTICSEARCH, TEMPLATE_OPENSEARCH };

enum template_kind { TEMPLATE_EVENTS, TEMPLATE_ALERTS };

enum { TEMPLATE_NAME_BYTES = 256 };

/* Are these kept in a data stream? Pure, like the next four. */
bool template_is_stream(const struct config *config, enum template_kind kind);
/* Its name, which is also the beginning of the names of its daily indices, or
 * the data stream's. Returns `name`. */
const char *template_name(const struct config *config, enum template_kind kind,
			  char name[TEMPLATE_NAME_BYTES]);
/* The pattern of the names that it is for. Returns `pattern`. */
const char *template_pattern(const struct config *config,
			     enum template_kind kind,
			     char pattern[TEMPLATE_NAME_BYTES]);
/* Append the body that creates the template. */
void template_body(const struct config *config, enum template_kind kind,
		   enum template_engine engine, struct buf *out);
/* Append the hash by which it is known as up to date. */
void template_mark(const struct config *config, enum template_kind kind,
		   enum template_engine engine, struct buf *out);

enum template_result {
	TEMPLATE_FAILED, /* err says why; ERROR_RETRY: no answer, or busy */
	TEMPLATE_CREATED,
	TEMPLATE_THERE,    /* and up to date */
	TEMPLATE_CHANGED,  /* ours, and brought up to date */
	TEMPLATE_OUTDATED, /* ours, other settings, left alone */
	TEMPLATE_FOREIGN,  /* of that name, not made by us, left alone */
};

struct template_task;

/* Create the template if it is not there; with `update`, bring ours up to
 * date. done() is called once, never from inside, and the task is gone then;
 * its `err` is borrowed. NULL: could not even start. */
MUST_CHECK struct template_task *
template_start(struct elastic *elastic, const struct config *config,
	       enum template_kind kind, bool update,
	       void (*done)(void *arg, enum template_result result,
			    const struct error *err),
	       void *arg, struct error *err);
/* done() will not be called; accepts NULL. */
void template_cancel(struct template_task *task);

#endif
