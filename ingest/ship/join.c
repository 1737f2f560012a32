/* join.c - entries that are not whole yet, in the order of the file
 *
 * Pure: owns the held bytes. See join.h. */
#include "ingest/ship/join.h"

#include <stdlib.h>

#include "event/time.h"

/* Held entries of one file, whatever their size. */
enum { HELD_MAX = 4096 };

void join_init(struct join *j, size_t *total)
{
	*j = (struct join){ .total = total };
}

bool join_is_empty(const struct join *j)
{
	return j->first == j->n;
}

static void count_bytes(struct join *j, size_t add, size_t remove)
{
	j->bytes += add - remove;
	if (j->total)
		*j->total += add - remove;
}

void join_pop(struct join *j)
{
	struct held *h = &j->item[j->first];

	ENSURE(!join_is_empty(j));
	count_bytes(j, 0, h->text.n);
	buf_release(&h->text);
	j->first++;
	if (join_is_empty(j))
		j->first = j->n = 0;
}

void join_release(struct join *j)
{
	while (!join_is_empty(j))
		join_pop(j);
	free(j->item);
	join_init(j, j->total);
}

/* ---- what belongs together ---- */

static bool is_event(struct str text)
{
	text = str_trim(text);
	return text.n >= 2 && text.s[0] == '{' && text.s[text.n - 1] == '}';
}

/* A line that its kind writes behind another. */
static bool is_continuation(struct str text)
{
	if (text.n == 0 || str_trim(text).n == 0 || is_event(text))
		return false;
	return text.s[0] == ' ' || text.s[0] == '\t' ||
	       str_has_prefix(text, STR("at ")) ||
	       str_has_prefix(text, STR("Caused by"));
}

bool join_is_whole(const struct join_rules *rules, const struct piece *piece)
{
	return !piece->partial && (!rules->foreign || is_event(piece->text) ||
				   str_trim(piece->text).n == 0);
}

static struct held *open_of(struct join *j, enum stream stream)
{
	for (size_t i = j->n; i-- > j->first;) {
		if (j->item[i].open && j->item[i].stream == stream)
			return &j->item[i];
	}
	return NULL;
}

static bool in_time(const struct held *h, const struct join_rules *rules,
		    const struct piece *piece)
{
	return h->last_time_ns == TIME_NONE || piece->time_ns == TIME_NONE ||
	       piece->time_ns / 1000000 - h->last_time_ns / 1000000 <=
		       rules->wait_ms;
}

static bool belongs(const struct held *h, const struct join_rules *rules,
		    const struct piece *piece)
{
	if (!in_time(h, rules, piece))
		return false;
	return h->partial || (rules->foreign && is_continuation(piece->text));
}

/* ---- taking on ---- */

static struct held *begin(struct join *j, const struct piece *piece,
			  uint64_t offset)
{
	struct held *h = ARRAY_PUSH(j->item, j->n, j->cap);

	*h = (struct held){ .offset = offset,
			    .stream = piece->stream,
			    .time_ns = piece->time_ns };
	return h;
}

static void append(struct join *j, struct held *h, struct str text,
		   size_t limit)
{
	size_t room = limit > h->text.n ? limit - h->text.n : 0;

	if (text.n > room)
		text.n = room;
	buf_add(&h->text, text);
	count_bytes(j, text.n, 0);
}

static bool is_full(const struct join *j, const struct join_rules *rules)
{
	return j->bytes > 2 * rules->limit || j->n - j->first > HELD_MAX ||
	       (j->total && *j->total > rules->budget);
}

/* Room at the end by moving what is held to the front. */
static void compact(struct join *j)
{
	size_t n = j->n - j->first;

	if (j->first == 0 || j->n < j->cap)
		return;
	memmove(j->item, j->item + j->first, n * sizeof(*j->item));
	j->first = 0;
	j->n = n;
}

void join_add(struct join *j, const struct join_rules *rules,
	      const struct piece *piece, uint64_t offset, uint64_t bytes,
	      int64_t mono_ms)
{
	struct held *h = open_of(j, piece->stream);

	if (h && !belongs(h, rules, piece)) {
		h->open = false;
		h = NULL;
	}
	if (!h) {
		compact(j);
		h = begin(j, piece, offset);
	} else if (!h->partial) {
		append(j, h, STR("\n"), rules->limit);
	}
	append(j, h, piece->text, rules->limit);
	h->bytes += bytes;
	h->partial = piece->partial;
	h->last_time_ns = piece->time_ns;
	h->touched_ms = mono_ms;
	h->open =
		h->partial || (rules->foreign && !is_event(buf_str(&h->text)) &&
			       str_trim(buf_str(&h->text)).n > 0);
	if (is_full(j, rules))
		join_close(j, INT64_MAX);
}

void join_close(struct join *j, int64_t mono_ms)
{
	for (size_t i = j->first; i < j->n; i++) {
		if (j->item[i].touched_ms <= mono_ms)
			j->item[i].open = false;
	}
}

bool join_peek(const struct join *j, uint64_t position, struct entry *out)
{
	const struct held *h;

	if (join_is_empty(j) || j->item[j->first].open)
		return false;
	h = &j->item[j->first];
	*out = (struct entry){ .text = buf_str(&h->text),
			       .offset = h->offset,
			       .end = j->n - j->first == 1 ? position : 0,
			       .bytes = h->bytes,
			       .time_ns = h->time_ns };
	return true;
}
