/* part.c - ranges of one logs partition, gathered and sent
 *
 * Owns the ranges and the lane. Loop thread. */
#include "alert/match/part.h"

#include <stdlib.h>

enum {
	ENVELOPE_BYTES = 512 * 1024, /* a fuller one is sent at once */
	IDLE_MS = 1000,
	ANNOUNCE_MS = 60000,
};

struct part *part_open(int32_t id, int n_ranges, void *owner)
{
	struct part *p = xcalloc(1, sizeof(*p));

	p->id = id;
	p->n_ranges = n_ranges;
	p->range = xcalloc((size_t)n_ranges, sizeof(*p->range));
	p->owner = owner;
	p->record_ms = -1;
	return p;
}

void part_close(struct part *p)
{
	if (!p)
		return;
	relay_lane_close(p->lane);
	repeats_release(&p->repeats);
	for (int i = 0; i < p->n_ranges; i++) {
		envelope_writer_release(&p->range[i].writer);
		map_release(&p->range[i].sampled, NULL);
	}
	free(p->range);
	free(p);
}

static void range_begin(struct range *r, int64_t first)
{
	r->first = first;
	envelope_begin(&r->writer, first);
	map_release(&r->sampled, NULL);
}

void part_begin(struct part *p, int64_t offset)
{
	p->committed = p->next = p->marked = p->done = offset;
	p->record_ms = -1;
	p->announced_mono_ms = INT64_MIN / 2;
	repeats_release(&p->repeats);
	for (int i = 0; i < p->n_ranges; i++) {
		range_begin(&p->range[i], offset);
		p->range[i].fresh = true;
		p->range[i].anew = false;
	}
}

void part_begin_anew(struct part *p, int64_t offset)
{
	part_begin(p, offset);
	for (int i = 0; i < p->n_ranges; i++)
		p->range[i].anew = true;
}

/* ---- gathering ---- */

bool part_wants_sample(struct part *p, int32_t range,
		       const struct envelope_entry *entry, int samples)
{
	struct range *r = &p->range[range];
	struct buf AUTO(buf_release) key = { 0 };
	uintptr_t n;

	buf_add(&key,
		str_slice((const char *)&entry->series, sizeof(entry->series)));
	for (size_t i = 0; i < entry->n_values; i++) {
		buf_add_uint(&key, entry->value[i].n);
		buf_add_char(&key, ':');
		buf_add(&key, entry->value[i]);
	}
	n = (uintptr_t)map_get(&r->sampled, buf_str(&key));
	/* Templates need one even where none is attached. */
	if (n >= (uintptr_t)(samples > 1 ? samples : 1))
		return false;
	map_set(&r->sampled, buf_str(&key), (void *)(n + 1));
	return true;
}

void part_add(struct part *p, int32_t range, const struct envelope_entry *entry)
{
	envelope_add(&p->range[range].writer, entry);
}

/* ---- sending ---- */

static int64_t time_of(struct part *p, const struct part_facts *facts)
{
	int64_t time_ms = p->record_ms;

	if (facts->end_ms > time_ms)
		time_ms = facts->end_ms;
	if (time_ms > p->told_ms)
		p->told_ms = time_ms;
	return p->told_ms;
}

static void send(struct part *p, int32_t i, const struct part_facts *facts,
		 bool announce)
{
	struct range *r = &p->range[i];
	struct buf AUTO(buf_release) bytes = { 0 };
	struct envelope_head head = {
		.logs_partition = p->id,
		.logs_partitions = facts->logs_partitions,
		.first = r->first,
		.next = p->next,
		.fresh = r->fresh,
		.anew = r->anew,
		.time_ms = time_of(p, facts),
		.announces = announce,
		.series = facts->series,
		.n_series = facts->n_series,
	};

	envelope_write(&r->writer, &head, &bytes);
	relay_send(p->lane, i, STR_NONE, buf_str(&bytes));
	r->fresh = false;
	r->anew = false;
	range_begin(r, p->next);
}

bool part_matched(struct part *p, int64_t offset, int64_t record_ms)
{
	bool full = false;

	p->next = offset + 1;
	if (record_ms > p->record_ms)
		p->record_ms = record_ms;
	for (int32_t i = 0; i < p->n_ranges; i++)
		full |= envelope_bytes(&p->range[i].writer) > ENVELOPE_BYTES;
	return full;
}

void part_send_entries(struct part *p, const struct part_facts *facts)
{
	for (int32_t i = 0; i < p->n_ranges; i++)
		if (p->range[i].writer.n_entries > 0)
			send(p, i, facts, false);
}

static bool is_behind(const struct part *p)
{
	for (int32_t i = 0; i < p->n_ranges; i++)
		if (p->range[i].first < p->next)
			return true;
	return false;
}

void part_flush(struct part *p, const struct part_facts *facts)
{
	bool moved = is_behind(p);
	bool idle = facts->end_ms > p->told_ms &&
		    facts->mono_ms - p->flushed_mono_ms >= IDLE_MS;
	bool announce = facts->mono_ms - p->announced_mono_ms >= ANNOUNCE_MS;

	if (!moved && !idle && p->next == p->marked)
		return;
	if (moved || idle) {
		p->flushed_mono_ms = facts->mono_ms;
		if (announce)
			p->announced_mono_ms = facts->mono_ms;
		for (int32_t i = 0; i < p->n_ranges; i++)
			send(p, i, facts, announce);
	}
	if (p->next > p->marked) {
		p->marked = p->next;
		relay_mark(p->lane, p->next);
	}
}
