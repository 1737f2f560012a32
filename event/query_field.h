/* query_field.h - the fields that queries, groups and templates may name
 *
 * A name is resolved once, an event is asked for it many times. Names are the
 * documents': ServiceKey, Title, AdditionalFlat.user (or Additional.user),
 * AdditionalNum.elapsed_ms, and the further top-level keys of the options.
 *
 * Pure; immutable once parsed, so safe on any thread. */
#ifndef TOCSIN_EVENT_QUERY_FIELD_H
#define TOCSIN_EVENT_QUERY_FIELD_H

#include "event/query.h"

enum query_field_kind {
	FIELD_UNKNOWN,    /* an error has been reported */
	FIELD_EXISTS,     /* the pseudo field _exists_ */
	FIELD_KEYWORD,    /* one of the event's fields, a whole value */
	FIELD_KEY,        /* another top-level key, and a path below it */
	FIELD_TIME,       /* TimeStampUTC */
	FIELD_TEXT,       /* words: Title.text, AdditionalText */
	FIELD_LEAF,       /* AdditionalFlat.path */
	FIELD_NUMBER,     /* AdditionalNum.path */
	FIELD_ADDITIONAL, /* Additional itself */
};

struct query_field {
	enum query_field_kind kind;
	enum event_field event_field; /* KEYWORD, TIME, TEXT, ADDITIONAL */
	char *name;                   /* canonical, not escaped */
	size_t path_at;               /* KEY, LEAF, NUMBER: name + path_at */
};

/* Resolve `name` (not escaped) into *field, which is released with
 * query_field_release(). False: the event has no such field (ERROR_CONFIG,
 * with the nearest name), *field untouched. */
MUST_CHECK bool query_field_parse(struct str name,
				  const struct query_options *options,
				  struct query_field *field, struct error *err);
void query_field_release(struct query_field *field);

/* Is it one whose text groups events: no words, no time, nothing that is only
 * stored. */
bool query_field_groups(const struct query_field *field);

/* Call visit() with each value (raw JSON, arrays as their elements) until it
 * returns true; was there one that did? */
bool query_field_visit(const struct query_field *field,
		       const struct event *event,
		       bool (*visit)(void *arg, struct str raw), void *arg);

/* The value as one text: strings decoded, anything else (arrays too) its JSON
 * text; "" if it is missing or null. On a path, arrays are not entered.
 * Borrowed from the event or, with escapes, from `scratch` until it changes. */
struct str query_field_text(const struct query_field *field,
			    const struct event *event, struct buf *scratch);
/* The same; false, *text untouched, if it is missing or null. */
bool query_field_value(const struct query_field *field,
		       const struct event *event, struct buf *scratch,
		       struct str *text);

/* The whole text is one number in JSON's grammar, and finite; false: *out
 * untouched. */
MUST_CHECK bool query_number(struct str text, double *out);

/* The path below the first name: "a.b" of "AdditionalFlat.a.b". */
static inline struct str query_field_path(const struct query_field *field)
{
	return str_of(field->name + field->path_at);
}

#endif
