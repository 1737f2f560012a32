/* memory.c - keys and values of `<prefix>.memory`; owns nothing, any thread */
#include "alert/window/memory.h"

#include "alert/match/packed.h"

enum {
	VERSION = 1,
	KEY_HEAD = 4 + 8,
	VALUE_BYTES = 1 + 4 * 8,
};
/* Far enough from the ends that a window can be added. */
#define TIME_MIN (INT64_MIN / 4)
#define TIME_MAX (INT64_MAX / 4)

static void add_word(struct buf *out, uint64_t word)
{
	for (int i = 0; i < 8; i++)
		buf_add_char(out, (char)(unsigned char)(word >> (8 * i)));
}

static uint64_t word_at(struct str bytes, size_t at)
{
	uint64_t word = 0;

	for (size_t i = 0; i < 8; i++)
		word |= (uint64_t)(unsigned char)bytes.s[at + i] << (8 * i);
	return word;
}

void memory_key_write(const struct memory_key *key, struct buf *out)
{
	buf_add_text(out, "TM");
	buf_add_char(out, VERSION);
	buf_add_char(out, (char)key->kind);
	add_word(out, key->series);
	for (size_t i = 0; i < key->n_values; i++)
		packed_add(out, key->value[i]);
}

static bool is_key_head(struct str bytes)
{
	return bytes.n >= KEY_HEAD && bytes.s[0] == 'T' && bytes.s[1] == 'M' &&
	       bytes.s[2] == VERSION &&
	       (bytes.s[3] == MEMORY_GROUP || bytes.s[3] == MEMORY_SERIES);
}

/* A key has one spelling only: it is what the topic is compacted by. */
static bool is_canonical(const struct memory_key *key, struct str bytes)
{
	struct buf AUTO(buf_release) again = { 0 };

	memory_key_write(key, &again);
	return str_equal(buf_str(&again), bytes);
}

bool memory_key_read(struct str bytes, struct memory_key *out,
		     struct error *err)
{
	struct str rest;

	if (!is_key_head(bytes))
		return error_set(err, ERROR_REJECT, "not a key of memory");
	out->kind = (enum memory_kind)bytes.s[3];
	out->series = word_at(bytes, 4);
	out->n_values = 0;
	rest = str_slice(bytes.s + KEY_HEAD, bytes.n - KEY_HEAD);
	while (rest.n > 0) {
		if (out->n_values == ENVELOPE_VALUES_MAX ||
		    !packed_next(&rest, &out->value[out->n_values]))
			return error_set(err, ERROR_REJECT,
					 "the values of a key of memory are "
					 "damaged");
		out->n_values++;
	}
	if (!is_canonical(out, bytes))
		return error_set(err, ERROR_REJECT,
				 "a key of memory is spelt otherwise");
	return true;
}

void memory_write(const struct memory *memory, struct buf *out)
{
	buf_add_char(out, VERSION);
	add_word(out, (uint64_t)memory->since);
	add_word(out, (uint64_t)memory->first);
	add_word(out, (uint64_t)memory->last);
	add_word(out, (uint64_t)memory->until);
}

static bool is_time(int64_t time)
{
	return time >= TIME_MIN && time <= TIME_MAX;
}

bool memory_read(struct str bytes, struct memory *out, struct error *err)
{
	if (bytes.n != VALUE_BYTES || bytes.s[0] != VERSION)
		return error_set(err, ERROR_REJECT, "not a value of memory");
	out->since = (int64_t)word_at(bytes, 1);
	out->first = (int64_t)word_at(bytes, 9);
	out->last = (int64_t)word_at(bytes, 17);
	out->until = (int64_t)word_at(bytes, 25);
	if (!is_time(out->since) || !is_time(out->first) ||
	    !is_time(out->last) || !is_time(out->until) ||
	    out->first > out->last)
		return error_set(err, ERROR_REJECT,
				 "the times of a value of memory are damaged");
	return true;
}
