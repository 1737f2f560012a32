/* packed.h - several texts in one: the elements of a field in an entry
 *
 * Each is its length as LEB128 varint and its bytes. Pure. */
#ifndef TOCSIN_ALERT_MATCH_PACKED_H
#define TOCSIN_ALERT_MATCH_PACKED_H

#include "core/buf.h"

void packed_add(struct buf *out, struct str text);
/* Take the first off *rest. False: there is none, or the rest is damaged. */
bool packed_next(struct str *rest, struct str *text);

#endif
