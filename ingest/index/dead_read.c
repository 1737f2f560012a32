/* dead_read.c - the topic of dead letters, read by people
 *
 * Owns a producer for the time of a replay. The reader calls back in the midst
 * of its work and cannot be stopped: after a failure letters pass unused.
 *
 * Loop thread only. */
#include "ingest/index/dead_read.h"

#include <stdlib.h>

#include "core/clock.h"
#include "core/kafka.h"
#include "ingest/index/document.h"

enum {
	ASK_MS = 15000,
	READ_MS = 600000,
	DELIVER_MS = 60000,
	ROOM_MS = 100, /* waited for room in the producer's queue */
	QUEUE_BYTES = 32 << 20,
	QUEUE_MESSAGES = 10000,
	LINGER_MS = 20,
};

struct dead_read {
	const struct dead_filter *filter;
	struct dead_counts *counts;
	bool failed;
	struct error err;
	/* list */
	FILE *out;
	bool json;
	struct buf line;
	/* replay */
	struct kafka_producer *producer;
	const char *logs;
	struct str alerts; /* how the origin of a transition begins */
	struct kafka_header *header;
	size_t n_headers, headers_cap;
	struct progress *progress;
	int64_t passed, total; /* letters; total only if somebody looks */
};

static struct str header_of(const struct kafka_record *r, const char *name)
{
	struct str value;

	return kafka_record_header(r, name, &value) ? value : STR_NONE;
}

static bool is_meant(struct dead_read *d, const struct kafka_record *r,
		     struct dead_letter *out)
{
	*out = (struct dead_letter){
		.time_ms = r->time_ms,
		.origin = header_of(r, "tocsin-origin"),
		.reason = header_of(r, "tocsin-reason"),
		.index = header_of(r, "tocsin-index"),
		.id = header_of(r, "tocsin-id"),
		.status = header_of(r, "tocsin-status"),
		.attempts = header_of(r, "tocsin-attempts"),
		.size_bytes = r->value.n,
	};
	if (d->failed || !dead_letter_matches(out, d->filter))
		return false;
	d->counts->matched++;
	return true;
}

static bool topic_exists(const struct kafka_options *kafka, const char *topic,
			 struct error *err)
{
	int partitions;

	if (!kafka_topic_partitions(kafka, topic, &partitions, ASK_MS, err))
		return false;
	if (partitions > 0)
		return true;
	return error_set(err, ERROR_RETRY,
			 "there is no topic \"%s\"; \"tocsin setup\" makes it",
			 topic);
}

/* All of the dead letters through `record`. */
static bool read_dead(const struct config *config, const char *client,
		      void (*record)(void *arg, const struct kafka_record *r),
		      struct dead_read *d, struct error *err)
{
	struct kafka_options kafka = kafka_options_of(config, client);
	AUTO(buf_release) struct buf topic = { 0 };

	buf_add_format(&topic, "%s.dead", config_string(config, "prefix"));
	if (!topic_exists(&kafka, buf_text(&topic), err) ||
	    !kafka_read_topic(&kafka, buf_text(&topic), -1, record, d, READ_MS,
			      err))
		return error_prefix(err, "kafka at %s", kafka.brokers);
	if (d->failed)
		*err = d->err;
	return !d->failed;
}

/* ---- list ---- */

static void print(void *arg, const struct kafka_record *r)
{
	struct dead_read *d = arg;
	struct dead_letter letter;

	if (!is_meant(d, r, &letter))
		return;
	buf_clear(&d->line);
	if (!d->json && d->counts->matched == 1)
		dead_letter_head(&d->line);
	if (d->json)
		dead_letter_json(&letter, &d->line);
	else
		dead_letter_row(&letter, &d->line);
	fwrite(d->line.p, 1, d->line.n, d->out);
}

bool dead_list(const struct config *config, const struct dead_filter *filter,
	       bool json, FILE *out, struct dead_counts *counts,
	       struct error *err)
{
	struct dead_read d = {
		.filter = filter,
		.counts = counts,
		.out = out,
		.json = json,
	};
	bool ok;

	*counts = (struct dead_counts){ 0 };
	ok = read_dead(config, "tocsin-dead", print, &d, err);
	buf_release(&d.line);
	return ok;
}

/* ---- replay ---- */

static void delivered(void *arg, const struct kafka_delivery *delivery)
{
	struct dead_read *d = arg;

	if (delivery->delivered) {
		d->counts->replayed++;
	} else {
		d->counts->refused++;
		d->err = delivery->err;
	}
}

static void collect_headers(struct dead_read *d, const struct kafka_record *r,
			    struct str id)
{
	struct kafka_header header;

	d->n_headers = 0;
	for (size_t i = 0; kafka_record_header_at(r, i, &header); i++) {
		if (!dead_header_is_ours(header.name))
			*ARRAY_PUSH(d->header, d->n_headers, d->headers_cap) =
				header;
	}
	*ARRAY_PUSH(d->header, d->n_headers, d->headers_cap) =
		(struct kafka_header){ .name = "tocsin-id", .value = id };
}

/* Room comes with deliveries; where there are none for long, it fails. */
static bool produce(struct dead_read *d, const struct kafka_message *m)
{
	int64_t end_ms = clock_mono_ms() + DELIVER_MS;

	while (!kafka_produce(d->producer, m, &d->err)) {
		if (d->err.kind != ERROR_RETRY || clock_mono_ms() > end_ms)
			return false;
		kafka_producer_flush(d->producer, ROOM_MS);
	}
	return true;
}

static void replay(void *arg, const struct kafka_record *r)
{
	struct dead_read *d = arg;
	struct dead_letter letter;
	struct kafka_message message = {
		.topic = d->logs,
		.partition = -1,
		.key = r->key,
		.value = r->value,
	};

	progress_tell(d->progress, ++d->passed, d->total);
	if (!is_meant(d, r, &letter))
		return;
	/* On the topic of events it would become an event. */
	if (str_has_prefix(letter.origin, d->alerts)) {
		d->counts->no_events++;
		return;
	}
	if (!document_id_is_valid(letter.id)) {
		d->counts->without_id++;
		return;
	}
	collect_headers(d, r, letter.id);
	message.headers = d->header;
	message.n_headers = d->n_headers;
	if (produce(d, &message))
		return;
	if (d->err.kind == ERROR_REJECT)
		d->counts->refused++;
	else
		d->failed = true;
}

static bool finish(struct dead_read *d, struct error *err)
{
	if (kafka_producer_flush(d->producer, DELIVER_MS))
		return true;
	return error_set(err, ERROR_RETRY,
			 "kafka did not confirm %zu letters; to replay them "
			 "again does no harm",
			 kafka_producer_in_flight(d->producer));
}

static struct kafka_producer *open_producer(struct dead_read *d,
					    struct loop *loop,
					    const struct config *config,
					    struct error *err)
{
	struct kafka_producer_config producer = {
		.options = kafka_options_of(config, "tocsin-dead"),
		.queue_bytes = QUEUE_BYTES,
		.queue_messages = QUEUE_MESSAGES,
		/* As `setup` lets the topic be. */
		.message_bytes =
			4 * (size_t)config_int(config, "max_event_bytes"),
		.linger_ms = LINGER_MS,
		.delivered = delivered,
		.arg = d,
	};

	/* Else the brokers might make one with settings of their own. */
	if (!topic_exists(&producer.options, d->logs, err)) {
		error_prefix(err, "kafka at %s", producer.options.brokers);
		return NULL;
	}
	return kafka_producer_open(loop, &producer, err);
}

/* Asked only where it is shown. */
static bool count_letters(struct dead_read *d, const struct config *config,
			  struct error *err)
{
	struct kafka_options kafka = kafka_options_of(config, "tocsin-dead");
	AUTO(buf_release) struct buf topic = { 0 };

	if (!progress_is_seen(d->progress))
		return true;
	buf_add_format(&topic, "%s.dead", config_string(config, "prefix"));
	return kafka_topic_length(&kafka, buf_text(&topic), &d->total, ASK_MS,
				  err);
}

bool dead_replay(const struct config *config, const struct dead_filter *filter,
		 struct progress *progress, struct dead_counts *counts,
		 struct error *err)
{
	struct dead_read d = { .filter = filter,
			       .counts = counts,
			       .progress = progress };
	AUTO(buf_release) struct buf logs = { 0 };
	AUTO(buf_release) struct buf alerts = { 0 };
	struct loop *loop = loop_open(err);
	bool ok;

	*counts = (struct dead_counts){ 0 };
	if (!loop)
		return false;
	buf_add_format(&logs, "%s.logs", config_string(config, "prefix"));
	d.logs = buf_text(&logs);
	buf_add_format(&alerts, "%s.alerts:", config_string(config, "prefix"));
	d.alerts = buf_str(&alerts);
	d.producer = open_producer(&d, loop, config, err);
	ok = d.producer && count_letters(&d, config, err) &&
	     read_dead(config, "tocsin-dead", replay, &d, err) &&
	     finish(&d, err);
	if (ok && counts->refused > 0)
		ok = error_set(err, ERROR_REJECT, "%s", d.err.text);
	kafka_producer_close(d.producer);
	loop_close(loop);
	free(d.header);
	return ok;
}
