/* scan_keys.h - which keys the objects of one event have had
 *
 * Private to event/. One open-addressing table for all objects of an event:
 * a key costs the same however many there are, and starting the next event
 * costs nothing. Hashes are seeded, so that nobody can write keys that
 * collide. Keys are borrowed: they must outlive the event.
 *
 * One thread at a time for one table. */
#ifndef TOCSIN_EVENT_SCAN_KEYS_H
#define TOCSIN_EVENT_SCAN_KEYS_H

#include "core/base.h"

struct key_slot {
	const char *s;
	uint32_t n;
	uint32_t object;
	uint32_t event; /* 0: never used */
	uint32_t hash;
	uint32_t value; /* the user's */
};

struct key_table {
	struct key_slot *slots;
	size_t cap; /* a power of two */
	size_t used;
	uint64_t seed;
	uint32_t event;
};

void key_table_init(struct key_table *table, uint64_t seed);
void key_table_release(struct key_table *table);

/* Forget all keys; memory that a huge event took is given back. */
void key_table_begin(struct key_table *table);

/* The value kept for this decoded key of object number `object`; *known says
 * whether it was there before. A new one is 0. Borrowed until the next call.
 * key.n is below 4 GiB. */
uint32_t *key_table_add(struct key_table *table, uint32_t object,
			struct str key, bool *known);

#endif
