/* index_range.c - `tocsin index --from --to`: the worker over a part of the
 * topic, which ends
 *
 * Owns the range in struct worker. Loop thread only. */
#include <stdio.h>
#include <stdlib.h>

#include "core/clock.h"
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

	w->started_ms = clock_mono_ms();
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
	AUTO(buf_release) struct buf text = { 0 };

	if (!w->wanted || !w->wanted->progress)
		return;
	range_progress(range_passed(&w->range), range_total(&w->range),
		       clock_mono_ms() - w->started_ms, &text);
	/* Over the line of before, whatever was longer of it wiped out. */
	fprintf(stderr, "\r\033[K%s%s", buf_text(&text),
		range_is_done(&w->range) ? "\n" : "");
}
