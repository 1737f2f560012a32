/* kafka_assignment.c - which partitions a consumer holds: taking, giving up
 *
 * Owns the list of parts in struct kafka_consumer. librdkafka calls
 * kafka_rebalance from within a poll, on the loop thread, and then waits until
 * assign or unassign was called, however long after the callback; meanwhile
 * its own thread keeps the membership alive. So what has to be asked or
 * finished first is, and the loop goes on.
 *
 * Every partition starts at an offset that is known, not at a mark: then a gap
 * that retention tore can be told from a start. */
#include "core/kafka.h"
#include "core/kafka_consumer.h"

#include <stdlib.h>

#include "core/metrics.h"

enum {
	ASK_MS = 5000,
	ASK_AGAIN_MS = 1000,
	SAVE_MS = 200,
};

struct kafka_part *kafka_part_find(struct kafka_consumer *c, const char *topic,
				   int32_t partition)
{
	for (size_t k = 0; k < c->n_parts; k++) {
		size_t i = (c->last + k) % c->n_parts;
		struct kafka_part *p = &c->part[i];

		if (p->partition != partition || strcmp(p->topic, topic) != 0)
			continue;
		c->last = i;
		return p;
	}
	return NULL;
}

rd_kafka_topic_partition_list_t *kafka_part_list(const struct kafka_consumer *c)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)c->n_parts);

	for (size_t i = 0; i < c->n_parts; i++)
		rd_kafka_topic_partition_list_add(list, c->part[i].topic,
						  c->part[i].partition);
	return list;
}

static void drop_part(struct kafka_consumer *c, size_t i)
{
	if (c->part[i].lag)
		metric_set(c->part[i].lag, 0);
	free(c->part[i].topic);
	c->part[i] = c->part[--c->n_parts];
	c->last = 0;
}

void kafka_drop_parts(struct kafka_consumer *c)
{
	while (c->n_parts > 0)
		drop_part(c, c->n_parts - 1);
}

static void report(struct kafka_consumer *c, const struct error *err)
{
	if (c->config.failed)
		c->config.failed(c->config.arg, err);
}

static bool cooperative(const struct kafka_consumer *c)
{
	const char *protocol = rd_kafka_rebalance_protocol(c->rk);

	return c->grouped && protocol && strcmp(protocol, "COOPERATIVE") == 0;
}

/* ---- taking ---- */

static bool assign(struct kafka_consumer *c,
		   const rd_kafka_topic_partition_list_t *list, bool all,
		   struct error *err)
{
	rd_kafka_error_t *failure;
	rd_kafka_resp_err_t code;

	if (all) {
		code = rd_kafka_assign(c->rk, list);
		return kafka_list_ok(code, list, "take partitions", err);
	}
	failure = rd_kafka_incremental_assign(c->rk, list);
	if (!failure)
		return true;
	error_set(err, kafka_error_kind(rd_kafka_error_code(failure)),
		  "could not take partitions: %s",
		  rd_kafka_error_string(failure));
	rd_kafka_error_destroy(failure);
	return false;
}

bool kafka_take_parts(struct kafka_consumer *c,
		      const rd_kafka_topic_partition_list_t *list, bool all,
		      struct error *err)
{
	rd_kafka_topic_partition_list_t *ours;

	if (!assign(c, list, all, err))
		return false;
	if (all)
		kafka_drop_parts(c);
	for (int i = 0; i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *from = &list->elems[i];

		*ARRAY_PUSH(c->part, c->n_parts,
			    c->parts_cap) = (struct kafka_part){
			.topic = xstrdup(from->topic),
			.partition = from->partition,
			.position = from->offset >= 0 ? from->offset : -1,
			.stored = -1,
		};
	}
	if (!c->paused)
		return true;
	ours = kafka_part_list(c);
	rd_kafka_pause_partitions(c->rk, ours);
	rd_kafka_topic_partition_list_destroy(ours);
	return true;
}

/* What was written to a partition since it was added is new to the group, so
 * "from now" means from its beginning. */
static bool start_of(struct kafka_consumer *c, const char *topic,
		     int32_t partition, int64_t *start, struct error *err)
{
	int32_t first = INT32_MAX;

	if (c->config.start != KAFKA_OFFSET_BEGINNING &&
	    !kafka_first_added(c->rk, topic, ASK_MS, &first, err))
		return false;
	*start = partition >= first ? KAFKA_OFFSET_BEGINNING : c->config.start;
	return true;
}

/* Offsets below 0 are where the group has not been before. */
static bool find_starts(struct kafka_consumer *c,
			rd_kafka_topic_partition_list_t *list,
			struct error *err)
{
	rd_kafka_topic_partition_list_t *fresh =
		rd_kafka_topic_partition_list_new(list->cnt);
	int64_t start;
	bool ok = true;

	for (int i = 0; ok && i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *e = &list->elems[i];

		if (e->offset >= 0)
			continue;
		ok = start_of(c, e->topic, e->partition, &start, err);
		if (ok)
			rd_kafka_topic_partition_list_add(fresh, e->topic,
							  e->partition)
				->offset = start;
	}
	ok = ok && kafka_find_offsets(c->rk, fresh, ASK_MS, err);
	for (int i = 0; ok && i < fresh->cnt; i++)
		rd_kafka_topic_partition_list_set_offset(
			list, fresh->elems[i].topic, fresh->elems[i].partition,
			fresh->elems[i].offset);
	rd_kafka_topic_partition_list_destroy(fresh);
	return ok;
}

/* Where the elder group stood, its heir goes on. */
static bool inherit(struct kafka_consumer *c,
		    rd_kafka_topic_partition_list_t *list, struct error *err)
{
	rd_kafka_topic_partition_list_t *fresh;
	bool ok = true;

	if (!c->elder)
		return true;
	fresh = rd_kafka_topic_partition_list_new(list->cnt);
	for (int i = 0; i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *e = &list->elems[i];

		if (e->offset < 0)
			rd_kafka_topic_partition_list_add(fresh, e->topic,
							  e->partition);
	}
	if (fresh->cnt > 0)
		ok = kafka_group_offsets(c->rk, c->elder, fresh, ASK_MS, err);
	for (int i = 0; ok && i < fresh->cnt; i++)
		rd_kafka_topic_partition_list_set_offset(
			list, fresh->elems[i].topic, fresh->elems[i].partition,
			fresh->elems[i].offset);
	rd_kafka_topic_partition_list_destroy(fresh);
	return ok;
}

/* The user's last word on where to start. */
static void announce(struct kafka_consumer *c,
		     rd_kafka_topic_partition_list_t *list)
{
	size_t n = (size_t)list->cnt;
	struct kafka_partition *parts;

	if (!c->config.assigned || n == 0)
		return;
	parts = xcalloc(n, sizeof(*parts));
	for (size_t i = 0; i < n; i++)
		parts[i] = (struct kafka_partition){
			.topic = list->elems[i].topic,
			.partition = list->elems[i].partition,
			.offset = list->elems[i].offset,
		};
	c->config.assigned(c->config.arg, parts, n);
	for (size_t i = 0; i < n; i++)
		list->elems[i].offset = parts[i].offset;
	free(parts);
}

static void place(struct kafka_consumer *c,
		  rd_kafka_topic_partition_list_t *list,
		  const rd_kafka_topic_partition_list_t *starts)
{
	struct error err;

	announce(c, list);
	if (!kafka_take_parts(c, list, !cooperative(c), &err)) {
		report(c, &err);
		return;
	}
	c->joined = true;
	/* Where a group starts for the first time is committed too: a restart
	 * before the first record must not start at a later "end". */
	for (int i = 0; i < starts->cnt; i++)
		kafka_consumer_store(c, starts->elems[i].topic,
				     starts->elems[i].partition,
				     starts->elems[i].offset);
}

void kafka_place_arrivals(void *arg)
{
	struct kafka_consumer *c = arg;
	rd_kafka_topic_partition_list_t *list = c->arriving, *starts;
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;
	struct error err;

	if (!list)
		return;
	for (int i = 0; i < list->cnt; i++)
		list->elems[i].offset = RD_KAFKA_OFFSET_INVALID;
	if (list->cnt > 0)
		code = rd_kafka_committed(c->rk, list, ASK_MS);
	if (!kafka_list_ok(code, list, "ask the committed offsets", &err) ||
	    !inherit(c, list, &err) || !find_starts(c, list, &err)) {
		report(c, &err);
		loop_timer_start(c->assign_timer, ASK_AGAIN_MS);
		return;
	}
	c->arriving = NULL;
	starts = rd_kafka_topic_partition_list_copy(list);
	place(c, list, starts);
	rd_kafka_topic_partition_list_destroy(starts);
	rd_kafka_topic_partition_list_destroy(list);
}

void kafka_abandon_arrivals(struct kafka_consumer *c)
{
	struct error err;

	if (!c->arriving)
		return;
	loop_timer_stop(c->assign_timer);
	/* librdkafka waits for the call; what it then reads is dropped,
	 * because these are no parts of ours. */
	if (!assign(c, c->arriving, !cooperative(c), &err))
		report(c, &err);
	rd_kafka_topic_partition_list_destroy(c->arriving);
	c->arriving = NULL;
}

/* ---- giving up ---- */

static void unassign(struct kafka_consumer *c,
		     const rd_kafka_topic_partition_list_t *list)
{
	rd_kafka_error_t *failure;

	if (!cooperative(c)) {
		rd_kafka_assign(c->rk, NULL);
		return;
	}
	failure = rd_kafka_incremental_unassign(c->rk, list);
	if (failure)
		rd_kafka_error_destroy(failure); /* gone already */
}

void kafka_consumer_revoke_done(struct kafka_consumer *c)
{
	rd_kafka_topic_partition_list_t *list = c->leaving;

	if (!list)
		return;
	c->leaving = NULL;
	if (!c->leaving_lost)
		kafka_save_stored(c);
	unassign(c, list);
	rd_kafka_topic_partition_list_destroy(list);
	for (size_t i = c->n_parts; i-- > 0;)
		if (c->part[i].revoking)
			drop_part(c, i);
}

static size_t mark_leaving(struct kafka_consumer *c,
			   const rd_kafka_topic_partition_list_t *list,
			   struct kafka_partition parts[])
{
	size_t n = 0;

	for (int i = 0; i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *e = &list->elems[i];
		struct kafka_part *p =
			kafka_part_find(c, e->topic, e->partition);

		if (!p)
			continue;
		p->revoking = true;
		parts[n++] = (struct kafka_partition){
			.topic = e->topic,
			.partition = e->partition,
			.offset = p->stored,
		};
	}
	return n;
}

/* Kafka gave no sign for a session timeout: others may have them by now. */
void kafka_tell_lost(struct kafka_consumer *c)
{
	struct error err;

	c->joined = false;
	if (c->closing)
		return;
	error_set(&err, ERROR_RETRY,
		  "could not stay in the group: no answer from kafka in time; "
		  "joining again");
	report(c, &err);
}

static void revoke(struct kafka_consumer *c,
		   const rd_kafka_topic_partition_list_t *list)
{
	struct kafka_partition *parts =
		xcalloc((size_t)list->cnt + 1, sizeof(*parts));
	size_t n;

	kafka_consumer_revoke_done(c);
	kafka_abandon_arrivals(c);
	c->leaving = rd_kafka_topic_partition_list_copy(list);
	c->leaving_lost = rd_kafka_assignment_lost(c->rk) != 0;
	if (c->leaving_lost)
		kafka_tell_lost(c);
	n = mark_leaving(c, list, parts);
	if (n > 0 && c->config.revoked)
		c->config.revoked(c->config.arg, parts, n, c->leaving_lost);
	else
		kafka_consumer_revoke_done(c);
	free(parts);
}

void kafka_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t code,
		     rd_kafka_topic_partition_list_t *list, void *opaque)
{
	struct kafka_consumer *c = opaque;
	struct error err;

	(void)rk;
	switch (code) {
	case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
		c->has_state = true;
		kafka_abandon_arrivals(c);
		c->arriving = rd_kafka_topic_partition_list_copy(list);
		if (c->closing)
			kafka_abandon_arrivals(c);
		else
			kafka_place_arrivals(c);
		return;
	case RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS: revoke(c, list); return;
	default:
		error_set(&err, kafka_error_kind(code),
			  "could not share partitions out: %s",
			  rd_kafka_err2str(code));
		report(c, &err);
		revoke(c, list);
	}
}

/* ---- offsets on their way to being committed ---- */

void kafka_consumer_store(struct kafka_consumer *c, const char *topic,
			  int32_t partition, int64_t next)
{
	struct kafka_part *p = kafka_part_find(c, topic, partition);

	ENSURE(next >= 0);
	if (!p || (p->revoking && c->leaving_lost))
		return;
	p->stored = next;
	p->unsaved = true;
	if (!loop_timer_active(c->save_timer))
		loop_timer_start(c->save_timer, SAVE_MS);
}

void kafka_save_stored(void *arg)
{
	struct kafka_consumer *c = arg;
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)c->n_parts);

	for (size_t i = 0; i < c->n_parts; i++) {
		struct kafka_part *p = &c->part[i];

		if (!p->unsaved)
			continue;
		p->unsaved = false;
		rd_kafka_topic_partition_list_add(list, p->topic, p->partition)
			->offset = p->stored;
	}
	/* Refused (ERR__STATE) is what was just lost: the next owner's. */
	if (c->grouped && list->cnt > 0)
		rd_kafka_offsets_store(c->rk, list);
	rd_kafka_topic_partition_list_destroy(list);
}
