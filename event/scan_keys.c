/* scan_keys.c - the table of keys of one event
 *
 * Owns the slots. The scanner's thread. */
#include "event/scan_keys.h"

#include <stdlib.h>

enum { SLOTS_MIN = 256, SLOTS_KEPT = 16384 };

void key_table_init(struct key_table *table, uint64_t seed)
{
	*table = (struct key_table){
		.slots = xcalloc(SLOTS_MIN, sizeof(struct key_slot)),
		.cap = SLOTS_MIN,
		.seed = seed,
	};
}

void key_table_release(struct key_table *table)
{
	free(table->slots);
	table->slots = NULL;
}

void key_table_begin(struct key_table *table)
{
	table->used = 0;
	table->event++;
	if (table->cap <= SLOTS_KEPT && table->event != 0)
		return;
	free(table->slots);
	key_table_init(table, table->seed);
	table->event = 1;
}

static uint64_t load(const char *p, size_t n)
{
	uint64_t word = 0;

	memcpy(&word, p, n);
	return word;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Short keys, nearly all, as two words that may overlap; wyhash's way. */
static uint64_t hash_of(struct str key, uint64_t seed)
{
	uint64_t a, b;

	if (key.n > 16)
		return str_hash_seed(key, seed);
	if (key.n >= 8) {
		a = load(key.s, 8);
		b = load(key.s + key.n - 8, 8);
	} else if (key.n >= 4) {
		a = load(key.s, 4);
		b = load(key.s + key.n - 4, 4);
	} else {
		a = key.n ? load(key.s, 1) << 8 | load(key.s + key.n / 2, 1)
			  : 0;
		b = key.n ? load(key.s + key.n - 1, 1) : 0;
	}
	return mix(mix(a ^ seed, b ^ UINT64_C(0xe7037ed1a0b428db)) ^ key.n,
		   seed | 1);
}

static struct key_slot *home(const struct key_table *table, uint32_t hash)
{
	return &table->slots[hash & (table->cap - 1)];
}

static struct key_slot *next(const struct key_table *table,
			     struct key_slot *slot)
{
	return ++slot == table->slots + table->cap ? table->slots : slot;
}

static void grow(struct key_table *table)
{
	struct key_table bigger = *table;

	bigger.cap = table->cap * 2;
	bigger.slots = xcalloc(bigger.cap, sizeof(struct key_slot));
	for (size_t i = 0; i < table->cap; i++) {
		const struct key_slot *from = &table->slots[i];
		if (from->event != table->event)
			continue;
		struct key_slot *to = home(&bigger, from->hash);
		while (to->event == table->event)
			to = next(&bigger, to);
		*to = *from;
	}
	free(table->slots);
	*table = bigger;
}

uint32_t *key_table_add(struct key_table *table, uint32_t object,
			struct str key, bool *known)
{
	if (table->used * 2 >= table->cap)
		grow(table);

	uint64_t wide = hash_of(
		key, table->seed + object * UINT64_C(0x9e3779b97f4a7c15));
	uint32_t hash = (uint32_t)(wide ^ wide >> 32);
	struct key_slot *slot = home(table, hash);
	for (; slot->event == table->event; slot = next(table, slot)) {
		*known = slot->hash == hash && slot->object == object &&
			 slot->n == key.n && memcmp(slot->s, key.s, key.n) == 0;
		if (*known)
			return &slot->value;
	}
	*slot = (struct key_slot){ .s = key.s,
				   .n = (uint32_t)key.n,
				   .object = object,
				   .event = table->event,
				   .hash = hash };
	table->used++;
	*known = false;
	return &slot->value;
}
