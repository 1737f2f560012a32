/* matcher_internal.h - what matcher.c and matcher_field.c share; private */
#ifndef TOCSIN_ALERT_MATCH_MATCHER_INTERNAL_H
#define TOCSIN_ALERT_MATCH_MATCHER_INTERNAL_H

#include "alert/match/matcher.h"
#include "alert/match/query_index.h"
#include "event/query_field.h"

struct matched_series {
	const struct series *series;
	struct query_field *group; /* of group_by */
	struct query_field field;  /* if the series has one */
	struct query_field *top;
};

struct matcher {
	struct matched_series *series;
	struct query_index *index; /* numbers are those of series */
	uint64_t *id;              /* of all series, sorted */
	size_t n;
	struct buf scratch; /* of the query's cache */
	struct buf text[ENVELOPE_VALUES_MAX];
	struct buf field_text, top_text, top_value;
	uint64_t limited;
};

/* `text`, or its beginning and its hash if it is longer than GROUP_VALUE_MAX;
 * `text` may lie in `scratch`. */
struct str matcher_group_value(struct str text, struct buf *scratch);

/* The values of the series' top, packed; STR_NONE if it has none. */
struct str matcher_top(struct matcher *m, const struct matched_series *s,
		       const struct event *event);

/* Set what the series' field says and call found(); not, if the event does not
 * have it. `value` is entry->value, with room for one more. */
size_t matcher_tell_field(struct matcher *m, const struct matched_series *s,
			  const struct event *event,
			  struct envelope_entry *entry, struct str value[],
			  matcher_found *found, void *arg);

#endif
