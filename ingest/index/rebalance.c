/* rebalance.c - offsets out: what is finished is stored, and partitions are
 * taken and given up without a record lost or an offset stored for another
 *
 * Owns the table of partitions.
 *
 * Loop thread only. */
#include "core/log.h"
#include "ingest/index/worker.h"

/* Well under Kafka's session and rebalance timeouts. */
enum { REVOKE_MS = 8000 };

struct feed *rebalance_feed(struct worker *w, const char *topic)
{
	bool alerts = strcmp(topic, buf_text(&w->alerts_topic)) == 0;

	return &w->feed[alerts ? FEED_ALERTS : FEED_LOGS];
}

void worker_end(struct worker *w, struct item *item, struct metric *counter,
		bool finished)
{
	struct partition *p = item->partition;

	w->held_bytes -= item_bytes(item);
	if (!p->given_up) {
		metric_add(counter, 1);
		if (finished)
			offsets_finish(&p->offsets, item->record.offset);
	}
	kafka_record_release(&item->record);
	partition_let_go(p);
}

static void store(struct worker *w, struct partition *p)
{
	int64_t next = offsets_next(&p->offsets);

	if (next < 0 || next == p->stored)
		return;
	p->stored = next;
	kafka_consumer_store(rebalance_feed(w, p->topic)->consumer, p->topic,
			     p->number, next);
}

void rebalance_give_up(struct worker *w, struct partition *p)
{
	metric_add(w->account.returned, (int64_t)p->items);
	partitions_give_up(&w->partitions, p);
}

void rebalance_assigned(void *arg, struct kafka_partition parts[], size_t n)
{
	struct worker *w = ((struct feed *)arg)->worker;

	trouble_end(&w->kafka_trouble);
	for (size_t i = 0; i < n; i++) {
		struct partition *old = partitions_find(
			&w->partitions, parts[i].topic, parts[i].partition);

		if (old)
			rebalance_give_up(w, old);
		(void)partitions_add(&w->partitions, parts[i].topic,
				     parts[i].partition);
		log_info("partition assigned", KV_TEXT("topic", parts[i].topic),
			 KV_INT("partition", parts[i].partition),
			 KV_INT("offset", parts[i].offset));
	}
}

static bool is_leaving(struct feed *f, const struct partition *p)
{
	return p->leaving && rebalance_feed(f->worker, p->topic) == f;
}

static void finish_revocation(struct feed *f)
{
	struct worker *w = f->worker;

	loop_timer_stop(f->revoke_timer);
	f->revoking = false;
	for (size_t i = w->partitions.n; i-- > 0;) {
		struct partition *p = w->partitions.item[i];

		if (!is_leaving(f, p))
			continue;
		store(w, p);
		log_info("partition given up", KV_TEXT("topic", p->topic),
			 KV_INT("partition", p->number),
			 KV_INT("unfinished", p->items));
		rebalance_give_up(w, p);
	}
	kafka_consumer_revoke_done(f->consumer);
}

static void drop_leaving(struct worker *w)
{
	intake_drop_leaving(w);
	sender_drop_leaving(w->sender);
}

void rebalance_revoked(void *arg, const struct kafka_partition parts[],
		       size_t n, bool lost)
{
	struct feed *f = arg;
	struct worker *w = f->worker;

	for (size_t i = 0; i < n; i++) {
		struct partition *p = partitions_find(
			&w->partitions, parts[i].topic, parts[i].partition);

		if (p && lost)
			rebalance_give_up(w, p);
		else if (p)
			p->leaving = true;
	}
	f->revoking = true;
	if (w->closing) {
		finish_revocation(f);
		return;
	}
	drop_leaving(w);
	loop_timer_start(f->revoke_timer, REVOKE_MS);
	worker_steer(w);
}

void rebalance_deadline(void *arg)
{
	finish_revocation(arg);
}

void rebalance_leave_all(struct worker *w)
{
	for (size_t i = 0; i < w->partitions.n; i++)
		w->partitions.item[i]->leaving = true;
	drop_leaving(w);
}

static bool is_drained(struct feed *f)
{
	const struct partitions *ps = &f->worker->partitions;

	for (size_t i = 0; i < ps->n; i++) {
		if (is_leaving(f, ps->item[i]) && ps->item[i]->items > 0)
			return false;
	}
	return true;
}

void rebalance_settle(struct worker *w)
{
	for (size_t i = 0; i < w->partitions.n; i++)
		store(w, w->partitions.item[i]);
	for (size_t i = 0; i < FEEDS; i++) {
		if (w->feed[i].revoking && is_drained(&w->feed[i]))
			finish_revocation(&w->feed[i]);
	}
}
