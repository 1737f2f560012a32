/* batch.c - documents that are sent together
 *
 * Owns body and records of one bulk request.
 *
 * Pure; the loop thread calls it. */
#include "ingest/index/batch.h"

#include <stdlib.h>

struct batch *batch_open(int64_t now_ms)
{
	struct batch *b = xcalloc(1, sizeof(*b));

	b->opened_ms = now_ms;
	b->ready_ms = now_ms;
	return b;
}

void batch_close(struct batch *b)
{
	if (!b)
		return;
	buf_release(&b->body);
	free(b->item);
	free(b);
}

static void push(struct batch *b, struct item item, size_t at)
{
	item.at = at;
	item.n = b->body.n - at;
	*ARRAY_PUSH(b->item, b->n, b->cap) = item;
}

void batch_add(struct batch *b, struct partition *partition,
	       const struct kafka_record *record, size_t at)
{
	push(b, (struct item){ partition, *record, 0, 0 }, at);
}

void batch_move(struct batch *to, const struct batch *from, size_t i)
{
	const struct item *item = &from->item[i];
	size_t at = to->body.n;

	buf_add(&to->body, str_slice(from->body.p + item->at, item->n));
	push(to, *item, at);
}

struct batch *batch_split(struct batch *b)
{
	struct batch *second = batch_open(b->opened_ms);
	size_t cut = 1;

	ENSURE(b->n > 1);
	while (cut < b->n - 1 && b->item[cut].at < b->body.n / 2)
		cut++;
	for (size_t i = cut; i < b->n; i++)
		batch_move(second, b, i);
	buf_truncate(&b->body, b->item[cut].at);
	b->n = cut;
	second->ready_ms = b->ready_ms;
	second->attempts = b->attempts;
	return second;
}

void batch_filter(struct batch *b,
		  bool (*keep)(void *arg, const struct item *item),
		  void (*dropped)(void *arg, struct item *item), void *arg)
{
	size_t kept = 0;
	size_t end = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct item item = b->item[i];

		if (!keep(arg, &item)) {
			dropped(arg, &item);
			continue;
		}
		memmove(b->body.p + end, b->body.p + item.at, item.n);
		item.at = end;
		end += item.n;
		b->item[kept++] = item;
	}
	b->n = kept;
	buf_truncate(&b->body, end);
}

size_t item_bytes(const struct item *item)
{
	return item->n + kafka_record_bytes(&item->record);
}
