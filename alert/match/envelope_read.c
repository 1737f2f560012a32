/* envelope_read.c - bytes to envelopes
 *
 * Trusts nothing: every number is checked before it is used. All entries are
 * walked once at the start, so that later steps cannot fail. Owns the tables
 * of one envelope. Loop thread. */
#include "alert/match/envelope.h"

#include <stdlib.h>

/* Record times and offsets far outside what any clock or log holds are
 * refused, so that sums of them cannot overflow. */
#define MS_MAX     (INT64_C(1) << 42)
#define OFFSET_MAX (INT64_C(1) << 61)

struct reader {
	const unsigned char *at, *end;
	bool bad;
};

static uint64_t take_varint(struct reader *r)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		if (r->at == r->end)
			break;
		uint64_t byte = *r->at++;
		if (shift == 63 && byte > 1)
			break;
		value |= (byte & 0x7f) << shift;
		if (byte < 0x80)
			return value;
	}
	r->bad = true;
	return 0;
}

static int64_t take_max(struct reader *r, int64_t max)
{
	uint64_t value = take_varint(r);

	if (value > (uint64_t)max)
		r->bad = true;
	return r->bad ? 0 : (int64_t)value;
}

/* In [-max, max]. */
static int64_t take_signed(struct reader *r, int64_t max)
{
	uint64_t raw = take_varint(r);
	int64_t value = (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);

	if (value < -max || value > max)
		r->bad = true;
	return r->bad ? 0 : value;
}

static uint64_t take_hash(struct reader *r)
{
	uint64_t hash = 0;

	if (r->end - r->at < 8) {
		r->bad = true;
		return 0;
	}
	for (size_t i = 0; i < 8; i++)
		hash |= (uint64_t)r->at[i] << (8 * i);
	r->at += 8;
	return hash;
}

/* A count of things that take at least min_bytes each. */
static size_t take_count(struct reader *r, size_t min_bytes)
{
	uint64_t n = take_varint(r);

	if (n > (size_t)(r->end - r->at) / min_bytes)
		r->bad = true;
	return r->bad ? 0 : (size_t)n;
}

static struct str take_string(struct reader *r)
{
	size_t n = take_count(r, 1);
	struct str text = str_slice((const char *)r->at, n);

	r->at += n;
	return text;
}

static void read_head(struct reader *r, struct envelope *e)
{
	struct envelope_head *head = &e->head;
	int64_t flags;

	if (r->end - r->at < 3 || memcmp(r->at, "TE\x01", 3) != 0) {
		r->bad = true;
		return;
	}
	r->at += 3;
	flags = take_max(r, 3);
	head->fresh = flags & 1;
	head->anew = flags & 2;
	head->logs_partition = (int32_t)take_max(r, INT32_MAX);
	head->logs_partitions = (int32_t)take_max(r, 1 << 16);
	head->first = take_max(r, OFFSET_MAX);
	head->next = head->first + take_max(r, OFFSET_MAX);
	head->time_ms = take_signed(r, MS_MAX);
	if (head->logs_partition >= head->logs_partitions)
		r->bad = true;
}

static void read_series(struct reader *r, struct envelope *e)
{
	uint64_t n = take_varint(r);

	if (r->bad || n == 0)
		return;
	if (--n > (size_t)(r->end - r->at) / 8) {
		r->bad = true;
		return;
	}
	e->series = xcalloc(n, sizeof(*e->series));
	for (size_t i = 0; i < n; i++)
		e->series[i] = take_hash(r);
	e->head.announces = true;
	e->head.series = e->series;
	e->head.n_series = n;
}

static void read_strings(struct reader *r, struct envelope *e)
{
	size_t n = take_count(r, 1);

	e->string = xcalloc(n, sizeof(*e->string));
	e->n_strings = n;
	for (size_t i = 0; i < n && !r->bad; i++)
		e->string[i] = take_string(r);
}

static struct str take_string_number(struct reader *r, const struct envelope *e)
{
	uint64_t i = take_varint(r);

	if (i >= e->n_strings)
		r->bad = true;
	return r->bad ? STR_NONE : e->string[i];
}

static struct str take_optional(struct reader *r, const struct envelope *e)
{
	uint64_t i = take_varint(r);

	if (i > e->n_strings)
		r->bad = true;
	return r->bad || i == 0 ? STR_NONE : e->string[i - 1];
}

static void take_entry(struct reader *r, struct envelope *e,
		       struct envelope_entry *out)
{
	out->series = take_hash(r);
	out->offset = e->head.first + take_max(r, OFFSET_MAX);
	out->record_ms = e->last_record_ms + take_signed(r, 2 * MS_MAX);
	if (out->record_ms < -MS_MAX || out->record_ms > MS_MAX)
		r->bad = true;
	e->last_record_ms = r->bad ? 0 : out->record_ms;
	out->time_ns = e->last_record_ms * 1000000 -
		       take_signed(r, 2 * MS_MAX * 1000000);
	out->n_values = take_count(r, 1);
	if (out->n_values > ENVELOPE_VALUES_MAX) {
		r->bad = true;
		return;
	}
	for (size_t i = 0; i < out->n_values; i++)
		e->value[i] = take_string_number(r, e);
	out->value = e->value;
	out->sample = take_optional(r, e);
	out->field = take_optional(r, e);
	out->top = take_optional(r, e);
	out->marks = take_varint(r);
	if (out->offset >= e->head.next)
		r->bad = true;
}

static struct reader reader_at(const struct envelope *e)
{
	const unsigned char *p = (const unsigned char *)e->entries.s;

	return (struct reader){ p + e->at, p + e->entries.n, false };
}

bool envelope_next(struct envelope *e, struct envelope_entry *out)
{
	struct reader r = reader_at(e);

	if (e->done == e->n_entries)
		return false;
	take_entry(&r, e, out);
	ENSURE(!r.bad);
	e->done++;
	e->at = e->entries.n - (size_t)(r.end - r.at);
	return true;
}

/* Every entry is right, and nothing follows the last. */
static bool entries_valid(struct envelope *e)
{
	struct reader r = reader_at(e);
	struct envelope_entry entry;

	for (size_t i = 0; i < e->n_entries && !r.bad; i++)
		take_entry(&r, e, &entry);
	e->last_record_ms = 0;
	return !r.bad && r.at == r.end;
}

bool envelope_read(struct envelope *e, struct str bytes, struct error *err)
{
	const unsigned char *p = (const unsigned char *)bytes.s;
	struct reader r = { p, bytes.n ? p + bytes.n : p, false };

	*e = (struct envelope){ 0 };
	read_head(&r, e);
	if (!r.bad)
		read_series(&r, e);
	if (!r.bad)
		read_strings(&r, e);
	if (!r.bad)
		e->n_entries = take_count(&r, 16);
	if (!r.bad) {
		e->entries =
			str_slice((const char *)r.at, (size_t)(r.end - r.at));
		r.bad = !entries_valid(e);
	}
	if (r.bad)
		return error_set(err, ERROR_REJECT,
				 "could not read an envelope: not of version 1 "
				 "or damaged");
	return true;
}

void envelope_release(struct envelope *e)
{
	free(e->string);
	free(e->series);
	e->string = NULL;
	e->series = NULL;
}
