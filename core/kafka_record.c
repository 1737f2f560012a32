/* kafka_record.c - records as consumers hand them over
 *
 * A record's owner is librdkafka's message, unchanged behind another name.
 * Any one thread at a time for one record. */
#include "core/kafka.h"
#include "core/kafka_internal.h"

static rd_kafka_message_t *message_of(const struct kafka_record *r)
{
	ENSURE(r->owner);
	return (rd_kafka_message_t *)(void *)r->owner;
}

struct kafka_record kafka_record_of(rd_kafka_message_t *m)
{
	rd_kafka_timestamp_type_t type;
	int64_t time_ms = rd_kafka_message_timestamp(m, &type);

	if (type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE)
		time_ms = -1;
	return (struct kafka_record){
		.topic = rd_kafka_topic_name(m->rkt),
		.partition = m->partition,
		.offset = m->offset,
		.time_ms = time_ms,
		.key = str_slice(m->key, m->key_len),
		.value = str_slice(m->payload, m->len),
		.owner = (struct kafka_record_owner *)(void *)m,
	};
}

void kafka_record_release(struct kafka_record *r)
{
	if (!r->owner)
		return;
	rd_kafka_message_destroy(message_of(r));
	*r = (struct kafka_record){ 0 };
}

bool kafka_record_header(const struct kafka_record *r, const char *name,
			 struct str *value)
{
	rd_kafka_headers_t *headers;
	const void *bytes;
	size_t n;

	if (rd_kafka_message_headers(message_of(r), &headers) ||
	    rd_kafka_header_get_last(headers, name, &bytes, &n))
		return false;
	*value = str_slice(bytes, n);
	return true;
}

bool kafka_record_header_at(const struct kafka_record *r, size_t i,
			    struct kafka_header *out)
{
	rd_kafka_headers_t *headers;
	const char *name;
	const void *bytes;
	size_t n;

	if (rd_kafka_message_headers(message_of(r), &headers) ||
	    rd_kafka_header_get_all(headers, i, &name, &bytes, &n))
		return false;
	out->name = name;
	out->value = str_slice(bytes, n);
	return true;
}

size_t kafka_record_bytes(const struct kafka_record *r)
{
	/* librdkafka's bookkeeping of one message, measured with 2.0.2. */
	enum { OVERHEAD_BYTES = 512 };

	return r->key.n + r->value.n + OVERHEAD_BYTES;
}
