/* distinct.c - see the header; owns the lists and the table */
#include "alert/window/distinct.h"

#include <stdlib.h>

#include "alert/match/packed.h"

struct distinct_slot {
	uint64_t hash; /* 0: free */
	size_t cells;
};

size_t distinct_kept(const struct rule *rule)
{
	double most = rule->upper.set ? rule->upper.value : 0;

	if (rule->lower.set && rule->lower.value > most)
		most = rule->lower.value;
	return (size_t)most + 1;
}

/* ---- the load ---- */

static const uint64_t *hashes(const struct distinct *d)
{
	return d->hash ? d->hash : &d->only;
}

static int by_hash(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorted, each once, at most `kept`; takes `hash`. */
static void settle(struct distinct *d, uint64_t *hash, size_t n, size_t kept)
{
	size_t unique = 0;

	qsort(hash, n, sizeof(*hash), by_hash);
	for (size_t i = 0; i < n && unique < kept; i++)
		if (unique == 0 || hash[i] != hash[unique - 1])
			hash[unique++] = hash[i];
	d->n = unique;
	d->hash = NULL;
	if (unique > 1) {
		d->hash = xrealloc(hash, unique * sizeof(*hash));
		return;
	}
	d->only = hash[0];
	free(hash);
}

bool distinct_of(const struct rule *rule, struct str packed,
		 struct distinct *out)
{
	uint64_t *hash = NULL;
	size_t n = 0, cap = 0;
	struct str text;

	while (packed_next(&packed, &text)) {
		uint64_t h = str_hash(text);
		/* 0 is a free slot. */
		*ARRAY_PUSH(hash, n, cap) = h ? h : 1;
	}
	if (n == 0)
		return false;
	settle(out, hash, n, distinct_kept(rule));
	return true;
}

static void release_load(void *load)
{
	free(((struct distinct *)load)->hash);
}

static void merge(const void *arg, void *to_load, void *from_load, bool coarse)
{
	struct distinct *to = to_load, *from = from_load;
	size_t n = to->n + from->n;
	uint64_t *all;

	(void)coarse;
	if (to->n == 1 && from->n == 1 && *hashes(to) == *hashes(from)) {
		release_load(from);
		return;
	}
	all = xcalloc(n, sizeof(*all));
	memcpy(all, hashes(to), to->n * sizeof(*all));
	memcpy(all + to->n, hashes(from), from->n * sizeof(*all));
	release_load(to);
	release_load(from);
	settle(to, all, n, distinct_kept(arg));
}

/* ---- the sum ---- */

/* The slot of the hash, or the free one where it would be. */
static size_t slot_of(const struct distinct_sum *s, uint64_t hash)
{
	size_t i = hash & (s->cap - 1);

	while (s->slot[i].hash != 0 && s->slot[i].hash != hash)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void resize(struct distinct_sum *s, size_t cap)
{
	struct distinct_sum old = *s;

	s->cap = cap;
	s->slot = xcalloc(cap, sizeof(*s->slot));
	for (size_t i = 0; i < old.cap; i++)
		if (old.slot[i].hash)
			s->slot[slot_of(s, old.slot[i].hash)] = old.slot[i];
	free(old.slot);
}

static void count_in(struct distinct_sum *s, uint64_t hash)
{
	struct distinct_slot *slot;

	if (2 * (s->n + 1) > s->cap)
		resize(s, s->cap ? 2 * s->cap : 8);
	slot = &s->slot[slot_of(s, hash)];
	s->n += slot->hash == 0;
	slot->hash = hash;
	slot->cells++;
}

/* Take the slot out; what was pushed beyond it moves back. */
static void take_out(struct distinct_sum *s, size_t i)
{
	size_t mask = s->cap - 1;

	for (size_t k = (i + 1) & mask; s->slot[k].hash; k = (k + 1) & mask) {
		size_t home = s->slot[k].hash & mask;
		if (((k - home) & mask) < ((k - i) & mask))
			continue;
		s->slot[i] = s->slot[k];
		i = k;
	}
	s->slot[i] = (struct distinct_slot){ 0 };
	s->n--;
}

static void count_out(struct distinct_sum *s, uint64_t hash)
{
	size_t i = slot_of(s, hash);

	ENSURE(s->slot[i].hash == hash);
	if (--s->slot[i].cells == 0)
		take_out(s, i);
	/* A burst long ago need not be paid for for ever. */
	if (s->cap > 64 && 8 * s->n < s->cap)
		resize(s, s->cap / 2);
}

static void enter(void *sum, const void *load)
{
	const struct distinct *d = load;

	for (size_t i = 0; i < d->n; i++)
		count_in(sum, hashes(d)[i]);
}

static void leave(void *sum, const void *load)
{
	const struct distinct *d = load;

	for (size_t i = 0; i < d->n; i++)
		count_out(sum, hashes(d)[i]);
}

static void clear(void *sum)
{
	struct distinct_sum *s = sum;

	free(s->slot);
	*s = (struct distinct_sum){ 0 };
}

const struct tally_kind distinct_kind = {
	.load_bytes = sizeof(struct distinct),
	.sum_bytes = sizeof(struct distinct_sum),
	.enter = enter,
	.leave = leave,
	.merge = merge,
	.release_load = release_load,
	.clear = clear,
};
