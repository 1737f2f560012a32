/* map.h - a hash table from bytes to a pointer
 *
 * Open addressing over xxHash3. Keys are copied and owned by the map; values
 * are the caller's. Iteration order is unspecified: who needs order sorts.
 *
 * Pure; one thread at a time for one map. */
#ifndef TOCSIN_CORE_MAP_H
#define TOCSIN_CORE_MAP_H

#include "core/base.h"

struct map_slot; /* private */

struct map {
	struct map_slot *slots;
	size_t n;    /* entries */
	size_t cap;  /* slots, a power of two, or 0 */
	size_t used; /* entries and tombstones */
};

/* A zeroed struct is a valid empty map. `release_value` may be NULL. */
void map_release(struct map *m, void (*release_value)(void *value));
/* NULL if there is none. */
void *map_get(const struct map *m, struct str key);
/* Sets or replaces; returns the value replaced or NULL. value != NULL. */
void *map_set(struct map *m, struct str key, void *value);
/* Returns the value taken out, or NULL. */
void *map_remove(struct map *m, struct str key);

struct map_entry {
	struct str key; /* borrowed until the entry is removed */
	void *value;
};

/* Start with *at = 0; false at the end. Removing the entry just returned is
 * allowed while iterating, adding is not. */
bool map_next(const struct map *m, size_t *at, struct map_entry *out);

#define map_for_each(m, entry)                                                 \
	for (size_t entry##_at = 0; map_next((m), &entry##_at, &(entry));)

#endif
