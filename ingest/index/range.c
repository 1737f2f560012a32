/* range.c - indexing a time range of the topic again
 *
 * Loop thread only. */
#include "ingest/index/range.h"

#include <stdlib.h>

enum { ASK_MS = 15000 };

void range_release(struct range *r)
{
	free(r->part);
	*r = (struct range){ 0 };
}

static bool find_offsets(struct kafka_consumer *consumer, const char *topic,
			 int64_t at_ms, struct kafka_partition *parts, size_t n,
			 struct error *err)
{
	for (size_t i = 0; i < n; i++)
		parts[i] = (struct kafka_partition){ topic, (int32_t)i, at_ms };
	return kafka_consumer_offsets_for_times(consumer, parts, n, ASK_MS,
						err);
}

bool range_find(struct range *r, const struct kafka_options *kafka,
		struct kafka_consumer *consumer, const char *topic,
		int64_t from_ms, int64_t to_ms, struct error *err)
{
	struct kafka_partition *parts;
	int partitions = 0;
	bool ok;

	if (!kafka_topic_partitions(kafka, topic, &partitions, ASK_MS, err))
		return false;
	if (partitions == 0)
		return error_set(err, ERROR_RETRY,
				 "could not read topic \"%s\": it does not "
				 "exist",
				 topic);
	r->n = (size_t)partitions;
	r->part = xcalloc(r->n, sizeof(*r->part));
	parts = xcalloc(r->n, sizeof(*parts));
	ok = find_offsets(consumer, topic, from_ms, parts, r->n, err);
	for (size_t i = 0; ok && i < r->n; i++)
		r->part[i].from = r->part[i].next = parts[i].offset;
	ok = ok && find_offsets(consumer, topic, to_ms, parts, r->n, err);
	for (size_t i = 0; ok && i < r->n; i++)
		r->part[i].to = parts[i].offset;
	free(parts);
	return ok;
}

void range_reach(struct range *r, int32_t partition, int64_t next)
{
	struct range_part *p;

	if (partition < 0 || (size_t)partition >= r->n)
		return;
	p = &r->part[partition];
	if (next > p->to)
		next = p->to;
	if (next > p->next)
		p->next = next;
}

bool range_take(struct range *r, int32_t partition, int64_t offset)
{
	bool wanted = partition >= 0 && (size_t)partition < r->n &&
		      offset < r->part[partition].to;

	range_reach(r, partition, offset + 1);
	return wanted;
}

bool range_is_done(const struct range *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (r->part[i].next < r->part[i].to)
			return false;
	}
	return true;
}

static int64_t length(int64_t from, int64_t to)
{
	return to > from ? to - from : 0;
}

int64_t range_total(const struct range *r)
{
	int64_t total = 0;

	for (size_t i = 0; i < r->n; i++)
		total += length(r->part[i].from, r->part[i].to);
	return total;
}

int64_t range_passed(const struct range *r)
{
	int64_t passed = 0;

	for (size_t i = 0; i < r->n; i++)
		passed += length(r->part[i].from, r->part[i].next);
	return passed;
}
