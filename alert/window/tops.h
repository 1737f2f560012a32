/* tops.h - the commonest values of some fields among the events of one group
 *
 * Remembers the values of the newest events, at most TOPS_EVENTS_MAX of them:
 * of a fuller window the counts are those of its newest part. Equal texts are
 * kept once.
 *
 * Pure; one thread at a time for one object. */
#ifndef TOCSIN_ALERT_WINDOW_TOPS_H
#define TOCSIN_ALERT_WINDOW_TOPS_H

#include "core/buf.h"

enum {
	TOPS_EVENTS_MAX = 1000,
	TOPS_EVENTS_MIN = 10, /* kept even if there is no room for more */
	TOPS_TOLD = 5,
};

struct tops;

struct tops *tops_open(size_t n_fields);
/* Accepts NULL. */
void tops_close(struct tops *t);

/* One event. `values` are packed (match/packed.h), one text a field; "" is no
 * value. True: it took one more place; else it took that of the oldest, which
 * it does from TOPS_EVENTS_MIN on where may_grow is false. */
bool tops_add(struct tops *t, int64_t time_ns, struct str values,
	      bool may_grow);
/* Places taken. */
size_t tops_n(const struct tops *t);

/* Append a JSON array of the commonest values of field i in (from, to],
 * [{"value":"X","count":57}, ...], at most TOPS_TOLD, the commonest first,
 * equally common ones by text. False, nothing appended: there is none. */
bool tops_tell(const struct tops *t, size_t i, int64_t from_ns, int64_t to_ns,
	       struct buf *json);

#endif
