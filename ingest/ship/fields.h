/* fields.h - keys that this host's events get where they lack them
 *
 * The setting ship.fields: a group of name = "text". ServiceKey and HostAddress
 * are what the mender fills in (and names in `Repaired`); every other one is
 * put before the event's own keys, which keep their bytes.
 *
 * Pure; safe on any thread once read. */
#ifndef TOCSIN_INGEST_SHIP_FIELDS_H
#define TOCSIN_INGEST_SHIP_FIELDS_H

#include "core/buf.h"
#include "core/conf.h"

struct field {
	struct str name;   /* borrowed from the group */
	struct buf member; /* "\"name\":\"text\"," */
};

struct fields {
	struct str service,
		host; /* borrowed from the group; nothing: not set */
	struct field *item;
	size_t n, cap;
	size_t bytes; /* that all of item may add to an event */
};

/* Read the group (NULL: no fields; borrowed). ERROR_CONFIG if a name or value
 * will not do. Release in any case. */
MUST_CHECK bool fields_read(struct fields *f, const struct conf *group,
			    struct error *err);
void fields_release(struct fields *f);

/* Write `event`, a valid JSON object that is not empty, to `out` (cleared
 * first) with the fields that it lacks; a null is not lacking. False: it lacks
 * none, `out` says nothing. */
bool fields_add(const struct fields *f, struct str event, struct buf *out);

#endif
