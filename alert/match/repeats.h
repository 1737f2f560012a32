/* repeats.h - lines that a shipper sent twice
 *
 * A shipper that was killed sends again what it does not know to be delivered:
 * the same line with the same `tocsin-source` under a new offset. Both copies
 * lie in one partition, in order (same key), so within a partition a line
 * whose byte offset is not above the highest seen for its file is a repeat.
 *
 * Bounded: the 200,000 files seen last. Pure; one thread at a time. */
#ifndef TOCSIN_ALERT_MATCH_REPEATS_H
#define TOCSIN_ALERT_MATCH_REPEATS_H

#include "core/map.h"

/* Of one partition. A zeroed struct is valid and knows nothing. */
struct repeats {
	struct map young, old;
};

void repeats_release(struct repeats *r);

enum source { SOURCE_NEW, SOURCE_REPEATED, SOURCE_MALFORMED };

/* Has the line with this `tocsin-source` (16 lower-case hex digits, ':', byte
 * offset) been seen? Remembers it. Malformed: says nothing, remembers
 * nothing. */
enum source repeats_note(struct repeats *r, struct str source);

#endif
