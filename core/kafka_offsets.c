/* kafka_offsets.c - questions about offsets, asked of the brokers
 *
 * Owns nothing. Loop thread; every function but the cached ones waits. */
#include "core/kafka.h"
#include "core/kafka_consumer.h"

#include <stdio.h>

#include "core/metrics.h"

static int wait_of(int64_t timeout_ms)
{
	if (timeout_ms < 0)
		return 0;
	return timeout_ms > INT32_MAX ? INT32_MAX : (int)timeout_ms;
}

rd_kafka_topic_partition_list_t *
kafka_list_of(const struct kafka_partition parts[], size_t n)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)n);

	for (size_t i = 0; i < n; i++)
		rd_kafka_topic_partition_list_add(list, parts[i].topic,
						  parts[i].partition)
			->offset = parts[i].offset;
	return list;
}

void kafka_list_copy_offsets(const rd_kafka_topic_partition_list_t *list,
			     struct kafka_partition parts[])
{
	for (int i = 0; i < list->cnt; i++)
		parts[i].offset = list->elems[i].offset;
}

bool kafka_list_ok(rd_kafka_resp_err_t code,
		   const rd_kafka_topic_partition_list_t *list,
		   const char *what, struct error *err)
{
	if (code)
		return error_set(err, kafka_error_kind(code),
				 "could not %s: %s", what,
				 rd_kafka_err2str(code));
	for (int i = 0; i < list->cnt; i++)
		if (list->elems[i].err)
			return error_set(
				err, kafka_error_kind(list->elems[i].err),
				"could not %s of topic \"%s\" partition %d: %s",
				what, list->elems[i].topic,
				(int)list->elems[i].partition,
				rd_kafka_err2str(list->elems[i].err));
	return true;
}

static bool ask_times(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
		      int64_t timeout_ms, struct error *err)
{
	rd_kafka_resp_err_t code;

	if (list->cnt == 0)
		return true;
	code = rd_kafka_offsets_for_times(rk, list, wait_of(timeout_ms));
	return kafka_list_ok(code, list, "find the offsets", err);
}

/* What no record is as late as comes back as END: ask again for the end. */
static bool ask_ends(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
		     int64_t timeout_ms, struct error *err)
{
	rd_kafka_topic_partition_list_t *ends =
		rd_kafka_topic_partition_list_new(list->cnt);
	bool ok;

	for (int i = 0; i < list->cnt; i++)
		if (list->elems[i].offset < 0)
			rd_kafka_topic_partition_list_add(
				ends, list->elems[i].topic,
				list->elems[i].partition)
				->offset = RD_KAFKA_OFFSET_END;
	ok = ask_times(rk, ends, timeout_ms, err);
	for (int i = 0; ok && i < ends->cnt; i++)
		rd_kafka_topic_partition_list_set_offset(
			list, ends->elems[i].topic, ends->elems[i].partition,
			ends->elems[i].offset);
	rd_kafka_topic_partition_list_destroy(ends);
	return ok;
}

bool kafka_find_offsets(rd_kafka_t *rk, rd_kafka_topic_partition_list_t *list,
			int64_t timeout_ms, struct error *err)
{
	/* The protocol's marks for the first and the end offset (ListOffsets:
	 * -2, -1) are librdkafka's too, so they pass as times. */
	return ask_times(rk, list, timeout_ms, err) &&
	       ask_ends(rk, list, timeout_ms, err);
}

static bool copy_group(rd_kafka_event_t *event,
		       rd_kafka_topic_partition_list_t *list, struct error *err)
{
	const rd_kafka_group_result_t **groups;
	const rd_kafka_topic_partition_list_t *found;
	const rd_kafka_error_t *failure;
	size_t n;

	groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
		rd_kafka_event_ListConsumerGroupOffsets_result(event), &n);
	ENSURE(n == 1);
	failure = rd_kafka_group_result_error(groups[0]);
	if (failure)
		return error_set(
			err, kafka_error_kind(rd_kafka_error_code(failure)),
			"could not ask the offsets of group \"%s\": %s",
			rd_kafka_group_result_name(groups[0]),
			rd_kafka_error_string(failure));
	found = rd_kafka_group_result_partitions(groups[0]);
	if (!kafka_list_ok(RD_KAFKA_RESP_ERR_NO_ERROR, found,
			   "ask the committed offsets", err))
		return false;
	for (int i = 0; i < found->cnt; i++)
		rd_kafka_topic_partition_list_set_offset(
			list, found->elems[i].topic, found->elems[i].partition,
			found->elems[i].offset);
	return true;
}

static bool ask_group(rd_kafka_t *rk, rd_kafka_queue_t *queue,
		      const char *group, rd_kafka_topic_partition_list_t *list,
		      int64_t timeout_ms, struct error *err)
{
	rd_kafka_ListConsumerGroupOffsets_t *ask =
		rd_kafka_ListConsumerGroupOffsets_new(group, list);
	rd_kafka_event_t *event;
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
	bool ok;

	rd_kafka_ListConsumerGroupOffsets(rk, &ask, 1, NULL, queue);
	event = rd_kafka_queue_poll(queue, wait_of(timeout_ms));
	if (event)
		code = rd_kafka_event_error(event);
	ok = kafka_list_ok(code, list, "ask the offsets of another group",
			   err) &&
	     copy_group(event, list, err);
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_ListConsumerGroupOffsets_destroy(ask);
	return ok;
}

bool kafka_group_offsets(rd_kafka_t *rk, const char *group,
			 rd_kafka_topic_partition_list_t *list,
			 int64_t timeout_ms, struct error *err)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
	bool ok;

	for (int i = 0; i < list->cnt; i++)
		list->elems[i].offset = RD_KAFKA_OFFSET_INVALID;
	ok = ask_group(rk, queue, group, list, timeout_ms, err);
	rd_kafka_queue_destroy(queue);
	return ok;
}

static bool list_topic(rd_kafka_t *rk, const char *topic, int64_t timeout_ms,
		       rd_kafka_topic_partition_list_t *list, struct error *err)
{
	const struct rd_kafka_metadata *md;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
	rd_kafka_resp_err_t code =
		rd_kafka_metadata(rk, 0, handle, &md, wait_of(timeout_ms));

	rd_kafka_topic_destroy(handle);
	if (!kafka_list_ok(code, list, "ask the partitions", err))
		return false;
	ENSURE(md->topic_cnt == 1);
	for (int i = 0; i < md->topics[0].partition_cnt; i++)
		rd_kafka_topic_partition_list_add(list, topic, i);
	rd_kafka_metadata_destroy(md);
	return true;
}

bool kafka_first_added(rd_kafka_t *rk, const char *topic, int64_t timeout_ms,
		       int32_t *first, struct error *err)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(16);
	rd_kafka_resp_err_t code;
	int known = 0, later;
	bool ok = list_topic(rk, topic, timeout_ms, list, err);

	if (ok && list->cnt > 0) {
		code = rd_kafka_committed(rk, list, wait_of(timeout_ms));
		ok = kafka_list_ok(code, list, "ask the committed offsets",
				   err);
	}
	while (ok && known < list->cnt && list->elems[known].offset >= 0)
		known++;
	later = known;
	while (ok && later < list->cnt && list->elems[later].offset < 0)
		later++;
	if (ok)
		*first = known > 0 && later == list->cnt ? known : INT32_MAX;
	rd_kafka_topic_partition_list_destroy(list);
	return ok;
}

bool kafka_consumer_committed(struct kafka_consumer *c,
			      struct kafka_partition parts[], size_t n,
			      int64_t timeout_ms, struct error *err)
{
	rd_kafka_topic_partition_list_t *list = kafka_list_of(parts, n);
	rd_kafka_resp_err_t code =
		rd_kafka_committed(c->rk, list, wait_of(timeout_ms));
	bool ok = kafka_list_ok(code, list, "ask the committed offsets", err);

	for (int i = 0; ok && i < list->cnt; i++)
		if (list->elems[i].offset < 0)
			list->elems[i].offset = KAFKA_OFFSET_STORED;
	if (ok)
		kafka_list_copy_offsets(list, parts);
	rd_kafka_topic_partition_list_destroy(list);
	return ok;
}

bool kafka_consumer_offsets_for_times(struct kafka_consumer *c,
				      struct kafka_partition parts[], size_t n,
				      int64_t timeout_ms, struct error *err)
{
	rd_kafka_topic_partition_list_t *list = kafka_list_of(parts, n);
	bool ok = kafka_find_offsets(c->rk, list, timeout_ms, err);

	if (ok)
		kafka_list_copy_offsets(list, parts);
	rd_kafka_topic_partition_list_destroy(list);
	return ok;
}

bool kafka_consumer_bounds(struct kafka_consumer *c, const char *topic,
			   int32_t partition, int64_t *low, int64_t *high,
			   int64_t timeout_ms, struct error *err)
{
	rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
		c->rk, topic, partition, low, high, wait_of(timeout_ms));

	if (!code)
		return true;
	return error_set(err, kafka_error_kind(code),
			 "could not ask the bounds of topic \"%s\" partition "
			 "%d: %s",
			 topic, (int)partition, rd_kafka_err2str(code));
}

int64_t kafka_consumer_end_offset(const struct kafka_consumer *c,
				  const char *topic, int32_t partition)
{
	int64_t low, high;

	if (rd_kafka_get_watermark_offsets(c->rk, topic, partition, &low,
					   &high) ||
	    high < 0)
		return -1;
	return high;
}

static struct metric *lag_gauge(struct metrics *m, const struct kafka_part *p)
{
	struct buf labels = { 0 };
	char partition[16];
	struct metric *gauge;

	snprintf(partition, sizeof(partition), "%d", (int)p->partition);
	metrics_label(&labels, "topic", str_of(p->topic));
	metrics_label(&labels, "partition", str_of(partition));
	gauge = metrics_gauge(m, "tocsin_kafka_lag",
			      "Records not yet done, by partition.",
			      buf_text(&labels));
	buf_release(&labels);
	return gauge;
}

void kafka_consumer_report_lag(struct kafka_consumer *c, struct metrics *m)
{
	for (size_t i = 0; i < c->n_parts; i++) {
		struct kafka_part *p = &c->part[i];
		int64_t end =
			kafka_consumer_end_offset(c, p->topic, p->partition);
		int64_t done = p->stored >= 0 ? p->stored : p->position;

		if (end < 0 || done < 0)
			continue;
		if (!p->lag)
			p->lag = lag_gauge(m, p);
		metric_set(p->lag, end > done ? (double)(end - done) : 0);
	}
}
