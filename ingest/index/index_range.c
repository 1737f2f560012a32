/* index_range.c - `tocsin index --from --to`: the worker over a part of the
 * topic, which ends
 *
 * Owns the range in struct worker. Loop thread only. */
#include <stdlib.h>

#include "ingest/index/worker.h"

/* Partitions without a wanted record are not read. */
static size_t list_parts(struct worker *w, struct kafka_partition parts[])
{
	size_t n = 0;

	for (size_t i = 0; i < w->range.n; i++) {
		if (w->range.part[i].from < w->range.part[i].to)
			parts[n++] = (struct kafka_partition){
				buf_text(&w->logs_topic),
				(int32_t)i,
				w->range.part[i].from,
			};
	}
	return n;
}

bool index_range_begin(struct worker *w, struct error *err)
{
	struct kafka_options kafka =
		kafka_options_of(w->config, "tocsin-index");
	struct kafka_consumer *consumer = w->feed[FEED_LOGS].consumer;
	struct kafka_partition *parts;
	size_t n;
	bool ok;

	if (!range_find(&w->range, &kafka, consumer, buf_text(&w->logs_topic),
			w->wanted->from_ms, w->wanted->to_ms, err))
		return false;
	parts = xcalloc(w->range.n, sizeof(*parts));
	n = list_parts(w, parts);
	rebalance_assigned(&w->feed[FEED_LOGS], parts, n);
	ok = n == 0 || kafka_consumer_assign(consumer, parts, n, err);
	free(parts);
	return ok;
}

void index_range_tell(const struct worker *w)
{
	if (w->wanted)
		progress_tell(w->wanted->progress, range_passed(&w->range),
			      range_total(&w->range));
}
