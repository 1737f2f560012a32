/* mapping.h - do the live indices agree with our template?
 *
 * Compared is what decides whether documents are taken and found: of each field
 * of the template its type and whether it is enabled, and the index's
 * `dynamic`. Limits such as ignore_above are not, nor fields that we do not
 * know.
 *
 * Pure; safe on any thread. */
#ifndef TOCSIN_INGEST_INDEX_MAPPING_H
#define TOCSIN_INGEST_INDEX_MAPPING_H

#include "core/buf.h"

enum {
	MAPPING_CONFLICTS_MAX = 32, /* more are counted, not told */
	MAPPING_NAME_BYTES = 256,
};

/* One field that is the same wrong thing in `indices` indices. Longer names
 * are cut. */
struct mapping_conflict {
	char field[MAPPING_NAME_BYTES]; /* dotted path; "dynamic" */
	char index[MAPPING_NAME_BYTES]; /* the one last by name */
	char wanted[32], found[32];     /* type, "disabled", "false" */
	bool missing;                   /* the field is not there at all */
	size_t indices;
};

struct mapping_conflicts {
	struct mapping_conflict item[MAPPING_CONFLICTS_MAX];
	size_t n;
	size_t missing, different; /* all, also those not among the items */
};

/* `wanted` is a template's body (template.h), `live` the answer to
 * the get-mapping request for
 * PREFIX-*. What is no such JSON has no conflicts. */
void mapping_compare(struct str wanted, struct str live,
		     struct mapping_conflicts *out);

#endif
