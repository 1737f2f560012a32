/* kafka_reader.c - a topic read once, from its beginning to its end of now
 *
 * Owns a librdkafka consumer for the time of the call, on the caller's
 * thread. */
#include "core/kafka.h"
#include "core/kafka_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/clock.h"

struct reader {
	rd_kafka_t *rk;
	const char *topic;
	int64_t *end; /* by partition; -1: read to its end */
	int partitions;
	int open; /* partitions not yet at their end */
	int64_t deadline_ms;
};

static int time_left(const struct reader *r)
{
	int64_t left = r->deadline_ms - clock_mono_ms();

	if (left > 60000)
		return 60000;
	return left > 0 ? (int)left : 0;
}

static bool refuse(const struct reader *r, rd_kafka_resp_err_t code,
		   struct error *err)
{
	return error_set(err, kafka_error_kind(code),
			 "could not read topic \"%s\": %s", r->topic,
			 rd_kafka_err2str(code));
}

static bool add_partition(struct reader *r,
			  rd_kafka_topic_partition_list_t *list,
			  int32_t partition, struct error *err)
{
	int64_t low, high;
	rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
		r->rk, r->topic, partition, &low, &high, time_left(r));

	r->end[partition] = -1;
	if (code)
		return refuse(r, code, err);
	if (high <= low)
		return true;
	r->end[partition] = high;
	r->open++;
	rd_kafka_topic_partition_list_add(list, r->topic, partition)->offset =
		low;
	return true;
}

static bool start(struct reader *r, int32_t only, struct error *err)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new(r->partitions);
	rd_kafka_resp_err_t code;
	bool ok = true;

	for (int32_t i = 0; ok && i < r->partitions; i++) {
		r->end[i] = -1;
		if (only < 0 || only == i)
			ok = add_partition(r, list, i, err);
	}
	if (ok && list->cnt > 0) {
		code = rd_kafka_assign(r->rk, list);
		if (code)
			ok = refuse(r, code, err);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return ok;
}

static void reached(struct reader *r, int32_t partition, int64_t next)
{
	if (r->end[partition] < 0 || next < r->end[partition])
		return;
	r->end[partition] = -1;
	r->open--;
}

/* Takes m. What lies behind the end of the start is not handed over. */
static bool take(struct reader *r, rd_kafka_message_t *m,
		 void (*record)(void *arg, const struct kafka_record *r),
		 void *arg, struct error *err)
{
	rd_kafka_resp_err_t code = m->err;
	int64_t next = m->offset;
	int32_t partition = m->partition;
	bool wanted;

	if (code && code != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		rd_kafka_message_destroy(m);
		/* Passing trouble ends with the time given. */
		return kafka_error_kind(code) == ERROR_RETRY ||
		       refuse(r, code, err);
	}
	ENSURE(partition >= 0 && partition < r->partitions);
	wanted = !code && m->offset < r->end[partition];
	if (wanted) {
		struct kafka_record k = kafka_record_of(m);

		record(arg, &k);
		next++;
	}
	rd_kafka_message_destroy(m);
	reached(r, partition, next);
	return true;
}

static bool drain(struct reader *r,
		  void (*record)(void *arg, const struct kafka_record *r),
		  void *arg, struct error *err)
{
	while (r->open > 0) {
		rd_kafka_message_t *m =
			rd_kafka_consumer_poll(r->rk, time_left(r));

		if (m && !take(r, m, record, arg, err))
			return false;
		if (r->open > 0 && time_left(r) == 0)
			return error_set(err, ERROR_RETRY,
					 "could not read topic \"%s\" to its "
					 "end in time: %d partitions left",
					 r->topic, r->open);
	}
	return true;
}

bool kafka_read_topic(const struct kafka_options *o, const char *topic,
		      int32_t partition,
		      void (*record)(void *arg, const struct kafka_record *r),
		      void *arg, int64_t timeout_ms, struct error *err)
{
	static const struct kafka_property ours[] = {
		{ "group.id", "tocsin-reader" }, /* wanted, never joined */
		{ "enable.auto.commit", "false" },
		{ "enable.auto.offset.store", "false" },
		{ "enable.partition.eof", "true" },
		{ "auto.offset.reset", "earliest" },
		{ "check.crcs", "true" },
	};
	struct reader r = { .topic = topic,
			    .deadline_ms = clock_mono_ms() + timeout_ms };
	bool ok;

	if (!kafka_topic_partitions(o, topic, &r.partitions, timeout_ms, err))
		return false;
	if (r.partitions == 0 || partition >= r.partitions)
		return refuse(&r, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, err);
	r.rk = kafka_open_client(o, ours, ARRAY_LENGTH(ours), NULL, err);
	if (!r.rk)
		return false;
	rd_kafka_poll_set_consumer(r.rk);
	r.end = xcalloc((size_t)r.partitions, sizeof(*r.end));
	ok = start(&r, partition, err) && drain(&r, record, arg, err);
	rd_kafka_assign(r.rk, NULL);
	rd_kafka_destroy_flags(r.rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	free(r.end);
	return ok;
}

bool kafka_topic_length(const struct kafka_options *o, const char *topic,
			int64_t *offsets, int64_t timeout_ms, struct error *err)
{
	struct reader r = { .topic = topic,
			    .deadline_ms = clock_mono_ms() + timeout_ms };
	int64_t sum = 0, low, high;
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;

	if (!kafka_topic_partitions(o, topic, &r.partitions, timeout_ms, err))
		return false;
	r.rk = kafka_open_client(o, NULL, 0, NULL, err);
	if (!r.rk)
		return false;
	for (int32_t i = 0; !code && i < r.partitions; i++) {
		code = rd_kafka_query_watermark_offsets(r.rk, topic, i, &low,
							&high, time_left(&r));
		if (!code)
			sum += high - low;
	}
	rd_kafka_destroy_flags(r.rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	if (code)
		return refuse(&r, code, err);
	*offsets = sum;
	return true;
}
