/* envelope_write.c - envelopes to bytes
 *
 * Owns the string table of the envelope being built. Loop thread. */
#include "alert/match/envelope.h"

#include <stdint.h>

static void add_varint(struct buf *out, uint64_t value)
{
	while (value >= 0x80) {
		buf_add_char(out, (char)(unsigned char)(value | 0x80));
		value >>= 7;
	}
	buf_add_char(out, (char)(unsigned char)value);
}

static void add_signed(struct buf *out, int64_t value)
{
	add_varint(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static void add_hash(struct buf *out, uint64_t hash)
{
	unsigned char bytes[8];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(hash >> (8 * i));
	buf_add(out, str_slice((const char *)bytes, sizeof(bytes)));
}

int32_t envelope_partition(uint64_t series, const struct str value[],
			   size_t n_values, int partitions)
{
	uint64_t hash = series;

	for (size_t i = 0; i < n_values; i++)
		hash = str_hash_seed(value[i], hash);
	return (int32_t)(hash % (uint64_t)partitions);
}

void envelope_writer_release(struct envelope_writer *w)
{
	buf_release(&w->strings);
	buf_release(&w->entries);
	map_release(&w->index, NULL);
}

void envelope_begin(struct envelope_writer *w, int64_t first)
{
	w->first = first;
	w->last_record_ms = 0;
	buf_clear(&w->strings);
	buf_clear(&w->entries);
	map_release(&w->index, NULL);
	w->n_strings = w->n_entries = 0;
}

/* 1 + the number of the string. */
static size_t string_number(struct envelope_writer *w, struct str text)
{
	size_t number = (size_t)(uintptr_t)map_get(&w->index, text);

	if (number > 0)
		return number;
	add_varint(&w->strings, text.n);
	buf_add(&w->strings, text);
	number = ++w->n_strings;
	map_set(&w->index, text, (void *)(uintptr_t)number);
	return number;
}

static void add_optional(struct envelope_writer *w, struct str text)
{
	add_varint(&w->entries, text.s ? string_number(w, text) : 0);
}

void envelope_add(struct envelope_writer *w, const struct envelope_entry *e)
{
	ENSURE(e->offset >= w->first && e->n_values <= ENVELOPE_VALUES_MAX);
	add_hash(&w->entries, e->series);
	add_varint(&w->entries, (uint64_t)(e->offset - w->first));
	add_signed(&w->entries, e->record_ms - w->last_record_ms);
	add_signed(&w->entries, e->record_ms * 1000000 - e->time_ns);
	add_varint(&w->entries, e->n_values);
	for (size_t i = 0; i < e->n_values; i++)
		add_varint(&w->entries, string_number(w, e->value[i]) - 1);
	add_optional(w, e->sample);
	add_optional(w, e->field);
	add_optional(w, e->top);
	add_varint(&w->entries, e->marks);
	w->last_record_ms = e->record_ms;
	w->n_entries++;
}

size_t envelope_bytes(const struct envelope_writer *w)
{
	return w->strings.n + w->entries.n + 64;
}

void envelope_write(const struct envelope_writer *w,
		    const struct envelope_head *head, struct buf *out)
{
	ENSURE(w->n_entries == 0 || head->first == w->first);
	buf_add(out, STR("TE\x01"));
	add_varint(out, (head->fresh ? 1U : 0U) | (head->anew ? 2U : 0U));
	add_varint(out, (uint64_t)head->logs_partition);
	add_varint(out, (uint64_t)head->logs_partitions);
	add_varint(out, (uint64_t)head->first);
	add_varint(out, (uint64_t)(head->next - head->first));
	add_signed(out, head->time_ms);
	add_varint(out, head->announces ? head->n_series + 1 : 0);
	for (size_t i = 0; head->announces && i < head->n_series; i++)
		add_hash(out, head->series[i]);
	add_varint(out, w->n_strings);
	buf_add(out, buf_str(&w->strings));
	add_varint(out, w->n_entries);
	buf_add(out, buf_str(&w->entries));
}
