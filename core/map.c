/* map.c - a hash table from bytes to a pointer
 *
 * Linear probing, at most 3/4 full counting tombstones. Owns the keys; one
 * thread at a time for one map. */
#include "core/map.h"

#include <stdlib.h>

struct map_slot {
	uint64_t hash;
	char *key; /* NULL: free, or a tombstone if value is TOMBSTONE */
	size_t key_n;
	void *value;
};

static char tombstone;
#define TOMBSTONE ((void *)&tombstone)

void map_release(struct map *m, void (*release_value)(void *value))
{
	for (size_t i = 0; i < m->cap; i++) {
		if (!m->slots[i].key)
			continue;
		if (release_value)
			release_value(m->slots[i].value);
		free(m->slots[i].key);
	}
	free(m->slots);
	*m = (struct map){ 0 };
}

/* The slot that holds the key, or NULL. */
static struct map_slot *find(const struct map *m, struct str key, uint64_t hash)
{
	if (m->cap == 0)
		return NULL;
	for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct map_slot *s = &m->slots[i];

		if (!s->key && s->value != TOMBSTONE)
			return NULL;
		if (s->key && s->hash == hash &&
		    str_equal(str_slice(s->key, s->key_n), key))
			return s;
	}
}

static struct map_slot *free_slot(struct map *m, uint64_t hash)
{
	size_t i = hash & (m->cap - 1);

	while (m->slots[i].key)
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

static void rehash(struct map *m)
{
	struct map old = *m;

	m->cap = 16;
	while (m->cap < old.n * 2 + 2)
		m->cap *= 2;
	m->slots = xcalloc(m->cap, sizeof(*m->slots));
	m->used = m->n;
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].key)
			*free_slot(m, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

void *map_get(const struct map *m, struct str key)
{
	struct map_slot *s = find(m, key, str_hash(key));

	return s ? s->value : NULL;
}

void *map_set(struct map *m, struct str key, void *value)
{
	uint64_t hash = str_hash(key);
	struct map_slot *s = find(m, key, hash);

	ENSURE(value != NULL);
	if (s) {
		void *replaced = s->value;

		s->value = value;
		return replaced;
	}
	if ((m->used + 1) * 4 > m->cap * 3)
		rehash(m);
	s = free_slot(m, hash);
	if (s->value != TOMBSTONE)
		m->used++;
	*s = (struct map_slot){ hash, str_dup(key), key.n, value };
	m->n++;
	return NULL;
}

void *map_remove(struct map *m, struct str key)
{
	struct map_slot *s = find(m, key, str_hash(key));
	void *value;

	if (!s)
		return NULL;
	value = s->value;
	free(s->key);
	*s = (struct map_slot){ .value = TOMBSTONE };
	m->n--;
	return value;
}

bool map_next(const struct map *m, size_t *at, struct map_entry *out)
{
	for (; *at < m->cap; (*at)++) {
		const struct map_slot *s = &m->slots[*at];

		if (!s->key)
			continue;
		*out = (struct map_entry){ str_slice(s->key, s->key_n),
					   s->value };
		(*at)++;
		return true;
	}
	return false;
}
