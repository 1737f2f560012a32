/* match_record.c - one record of the logs: mended, matched, gathered
 *
 * Owns nothing but scratch memory in struct match. Loop thread. */
#include "alert/match/match_internal.h"

#include "event/mend.h"

struct finding {
	struct match *match;
	struct part *part;
	const struct event *event;
	int64_t offset;
	int64_t record_ms;
	bool has_sample;
};

static struct mend_context mending(const struct match *m,
				   const struct kafka_record *r, bool shipped)
{
	int64_t record_ns = r->time_ms * 1000000;

	return (struct mend_context){
		.service = STR("UNKNOWN"),
		.host = STR(""),
		.fallback_time_ns = record_ns,
		.now_ns = record_ns,
		.max_event_bytes = m->max_event_bytes,
		.repaired_is_ours = shipped,
	};
}

/* The event as it is attached: cut to size, once for all who want it. */
static struct str sample_of(struct finding *f)
{
	struct match *m = f->match;
	struct mend_context cut = { .max_event_bytes = SAMPLE_BYTES_MAX,
				    .fallback_time_ns = f->event->time_ns,
				    .now_ns = TIME_NONE,
				    .repaired_is_ours = true };

	if (f->event->line.n <= SAMPLE_BYTES_MAX)
		return f->event->line;
	if (!f->has_sample)
		event_mend(m->scanner, f->event, &cut, &m->sample);
	f->has_sample = true;
	return buf_str(&m->sample);
}

static void on_found(void *arg, const struct series *series,
		     const struct envelope_entry *found)
{
	struct finding *f = arg;
	struct envelope_entry entry = *found;
	int64_t record_ns = f->record_ms * 1000000;
	int32_t range =
		envelope_partition(entry.series, entry.value,
				   series->group_by->n, f->part->n_ranges);

	entry.offset = f->offset;
	entry.record_ms = f->record_ms;
	entry.time_ns =
		f->event->time_ns < record_ns ? f->event->time_ns : record_ns;
	if (part_wants_sample(f->part, range, &entry, series->samples))
		entry.sample = sample_of(f);
	part_add(f->part, range, &entry);
}

/* Is the record an event that counts here and now? */
static bool counts(struct match *m, struct part *p,
		   const struct kafka_record *r, bool *shipped)
{
	struct str header;

	*shipped = false;
	if (kafka_record_header(r, "tocsin-id", &header) || !r->value.s ||
	    event_is_blank(r->value)) {
		metric_add(m->skipped, 1);
		return false;
	}
	if (!kafka_record_header(r, "tocsin-source", &header))
		return true;
	switch (repeats_note(&p->repeats, header)) {
	case SOURCE_NEW: *shipped = true; return true;
	case SOURCE_REPEATED: metric_add(m->repeats, 1); return false;
	case SOURCE_MALFORMED: metric_add(m->malformed, 1); return true;
	}
	return true;
}

bool match_record(struct match *m, struct part *p, const struct kafka_record *r)
{
	struct finding finding = { .match = m,
				   .part = p,
				   .offset = r->offset,
				   .record_ms = r->time_ms };
	struct mend_context context;
	struct event event;
	bool shipped;

	metric_add(m->records, 1);
	if (counts(m, p, r, &shipped)) {
		context = mending(m, r, shipped);
		event_read(m->scanner, r->value, &context, &m->mended, &event);
		finding.event = &event;
		metric_add(m->matches, (int64_t)matcher_match(
					       m->matcher, &event, r->time_ms,
					       on_found, &finding));
	}
	return part_matched(p, r->offset, r->time_ms);
}
