/* partitions.c - the partitions that this worker reads
 *
 * Owns the table; a partition that was given up lives on until the last item
 * that points to it is gone.
 *
 * Loop thread only. */
#include "ingest/index/partitions.h"

#include <stdlib.h>

static void let_go(struct partition *p)
{
	if (--p->references > 0)
		return;
	offsets_release(&p->offsets);
	free(p->topic);
	free(p);
}

void partitions_release(struct partitions *ps)
{
	while (ps->n > 0)
		partitions_give_up(ps, ps->item[0]);
	free(ps->item);
	*ps = (struct partitions){ 0 };
}

struct partition *partitions_find(const struct partitions *ps,
				  const char *topic, int32_t number)
{
	for (size_t i = 0; i < ps->n; i++) {
		struct partition *p = ps->item[i];

		if (p->number == number && strcmp(p->topic, topic) == 0)
			return p;
	}
	return NULL;
}

struct partition *partitions_add(struct partitions *ps, const char *topic,
				 int32_t number)
{
	struct partition *p = partitions_find(ps, topic, number);

	if (p)
		partitions_give_up(ps, p);
	p = xcalloc(1, sizeof(*p));
	p->topic = xstrdup(topic);
	p->number = number;
	p->stored = -1;
	p->references = 1;
	offsets_init(&p->offsets);
	*ARRAY_PUSH(ps->item, ps->n, ps->cap) = p;
	return p;
}

void partitions_give_up(struct partitions *ps, struct partition *p)
{
	size_t i = 0;

	while (ps->item[i] != p)
		i++;
	ps->item[i] = ps->item[--ps->n];
	p->given_up = true;
	let_go(p);
}

void partition_hold(struct partition *p)
{
	p->items++;
	p->references++;
}

void partition_let_go(struct partition *p)
{
	p->items--;
	let_go(p);
}
