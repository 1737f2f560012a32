/* account.c - what the index daemon counts
 *
 * Loop thread only. */
#include "ingest/index/account.h"

#include <inttypes.h>

static const double bulk_seconds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
				       0.5,   1,    2.5,   5,    10,  30 };

static void open_counters(struct account *a, struct metrics *m)
{
	a->received = metrics_counter(m, "tocsin_index_received_total",
				      "Records read from Kafka.", NULL);
	a->indexed = metrics_counter(m, "tocsin_index_indexed_total",
				     "Documents written.", NULL);
	a->duplicate =
		metrics_counter(m, "tocsin_index_duplicate_total",
				"Documents that were there already.", NULL);
	a->dead = metrics_counter(m, "tocsin_index_dead_total",
				  "Records written to the dead letter topic.",
				  NULL);
	a->skipped =
		metrics_counter(m, "tocsin_index_skipped_total",
				"Tombstones, blank records, and events that "
				"index.query leaves out.",
				NULL);
	a->left_out = metrics_counter(
		m, "tocsin_index_left_out_total",
		"Of the skipped ones: events that index.query leaves out.",
		NULL);
	a->returned = metrics_counter(
		m, "tocsin_index_returned_total",
		"Records given back unfinished at a rebalance or stop.", NULL);
	a->retries = metrics_counter(m, "tocsin_index_retries_total",
				     "Bulk requests that had to be sent again.",
				     NULL);
	a->bad_source = metrics_counter(
		m, "tocsin_index_bad_header_total",
		"Headers that were ignored because of their form.",
		"header=\"tocsin-source\"");
	a->bad_id = metrics_counter(
		m, "tocsin_index_bad_header_total",
		"Headers that were ignored because of their form.",
		"header=\"tocsin-id\"");
}

static void open_gauges(struct account *a, struct metrics *m)
{
	a->in_flight =
		metrics_gauge(m, "tocsin_index_in_flight",
			      "Records read and not yet finished.", NULL);
	a->requests = metrics_gauge(m, "tocsin_index_requests",
				    "Bulk requests under way.", NULL);
	a->bulk_bytes = metrics_gauge(m, "tocsin_index_bulk_bytes",
				      "Size at which a bulk is sent; shrinks "
				      "when the servers find it too large.",
				      NULL);
	a->held_bytes =
		metrics_gauge(m, "tocsin_index_held_bytes",
			      "Memory held by records in flight.", NULL);
	a->blocked_seconds = metrics_gauge(
		m, "tocsin_index_blocked_seconds",
		"Since when documents have to be sent again; 0: all is well.",
		NULL);
}

void account_open(struct account *a, struct metrics *metrics)
{
	*a = (struct account){ .metrics = metrics };
	open_counters(a, metrics);
	open_gauges(a, metrics);
	a->bulk_seconds = metrics_histogram(
		metrics, "tocsin_index_bulk_seconds",
		"Time from a bulk request to its answer.", NULL, bulk_seconds,
		ARRAY_LENGTH(bulk_seconds));
	for (size_t i = 0; i < REPAIR_WORDS; i++) {
		AUTO(buf_release) struct buf labels = { 0 };

		metrics_label(&labels, "word", str_of(repair_words[i]));
		a->repaired[i] = metrics_counter(
			metrics, "tocsin_repaired_total",
			"Events that had to be mended, by what was done.",
			buf_text(&labels));
	}
}

void account_repairs(struct account *a, unsigned repairs)
{
	for (size_t i = 0; repairs != 0 && i < REPAIR_WORDS; i++) {
		if (repairs & 1U << i)
			metric_add(a->repaired[i], 1);
	}
}

void account_lost(struct account *a, const char *topic, int32_t partition,
		  int64_t from, int64_t to)
{
	AUTO(buf_release) struct buf labels = { 0 };
	AUTO(buf_release) struct buf number = { 0 };

	buf_add_format(&number, "%" PRId32, partition);
	metrics_label(&labels, "topic", str_of(topic));
	metrics_label(&labels, "partition", buf_str(&number));
	metric_add(metrics_counter(a->metrics, "tocsin_kafka_lost_total",
				   "Records that retention removed before they "
				   "were read.",
				   buf_text(&labels)),
		   to - from);
}
