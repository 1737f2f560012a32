/* dead_letter.c - a dead letter as people see it, and which ones they mean
 *
 * Pure. */
#include "ingest/index/dead_letter.h"

#include "event/time.h"
#include "event/utf8.h"
#include "ingest/index/timeline.h"

enum {
	TIME_WIDTH = 24,
	NUMBER_WIDTH = 6,
	BYTES_WIDTH = 9,
	INDEX_WIDTH = 22,
	ORIGIN_WIDTH = 22,
	ID_WIDTH = 28,
	FIELD_BYTES = 600, /* an _id has at most 512 */
};

static bool contains(struct str text, struct str part)
{
	for (size_t i = 0; i + part.n <= text.n; i++) {
		if (memcmp(text.s + i, part.s, part.n) == 0)
			return true;
	}
	return false;
}

bool dead_letter_matches(const struct dead_letter *letter,
			 const struct dead_filter *filter)
{
	if (filter->reason.n > 0 && !contains(letter->reason, filter->reason))
		return false;
	if (filter->id.n > 0 && !str_equal(letter->id, filter->id))
		return false;
	return letter->time_ms >= filter->from_ms &&
	       letter->time_ms < filter->to_ms;
}

static struct str time_text(const struct dead_letter *letter,
			    char text[TIME_TEXT_BYTES])
{
	if (letter->time_ms < 0)
		return STR_NONE;
	return str_slice(text, time_format(letter->time_ms * 1000000, 3, text));
}

static void add_column(struct buf *out, struct str text, size_t width)
{
	size_t start = out->n;

	if (text.n == 0)
		text = STR("-");
	timeline_escape(
		str_slice(text.s, text.n < FIELD_BYTES ? text.n : FIELD_BYTES),
		out);
	if (text.n > FIELD_BYTES)
		buf_add_text(out, "...");
	while (out->n - start < width)
		buf_add_char(out, ' ');
	buf_add_text(out, "  ");
}

static void add_columns(struct buf *out, struct str time,
			const struct dead_letter *l, struct str size)
{
	add_column(out, time, TIME_WIDTH);
	add_column(out, l->status, NUMBER_WIDTH);
	add_column(out, l->attempts, NUMBER_WIDTH);
	add_column(out, size, BYTES_WIDTH);
	add_column(out, l->index, INDEX_WIDTH);
	add_column(out, l->origin, ORIGIN_WIDTH);
	add_column(out, l->id, ID_WIDTH);
	add_column(out, l->reason, 0);
	while (out->p[out->n - 1] == ' ')
		buf_truncate(out, out->n - 1);
	buf_add_char(out, '\n');
}

void dead_letter_head(struct buf *out)
{
	static const struct dead_letter names = {
		.status = { "STATUS", 6 },
		.attempts = { "TRIES", 5 },
		.index = { "INDEX", 5 },
		.origin = { "ORIGIN", 6 },
		.id = { "ID", 2 },
		.reason = { "REASON", 6 },
	};

	add_columns(out, STR("TIME"), &names, STR("BYTES"));
}

void dead_letter_row(const struct dead_letter *letter, struct buf *out)
{
	AUTO(buf_release) struct buf size = { 0 };
	char text[TIME_TEXT_BYTES];

	buf_add_uint(&size, letter->size_bytes);
	add_columns(out, time_text(letter, text), letter, buf_str(&size));
}

static void add_text(struct buf *out, const char *name, struct str value)
{
	AUTO(buf_release) struct buf clean = { 0 };
	AUTO(buf_release) struct buf json = { 0 };

	buf_add_format(out, "\"%s\":", name);
	utf8_clean(value, &clean);
	buf_add_json_string(&json, buf_str(&clean));
	timeline_json(buf_str(&json), true, out);
}

static void add_number(struct buf *out, const char *name, struct str value)
{
	int64_t number;

	buf_add_format(out, ",\"%s\":", name);
	if (str_to_int64(value, 0, INT64_MAX, &number))
		buf_add_int(out, number);
	else
		buf_add_text(out, "null");
}

void dead_letter_json(const struct dead_letter *letter, struct buf *out)
{
	char text[TIME_TEXT_BYTES];

	buf_add_char(out, '{');
	add_text(out, "time", time_text(letter, text));
	buf_add_char(out, ',');
	add_text(out, "origin", letter->origin);
	buf_add_char(out, ',');
	add_text(out, "reason", letter->reason);
	add_number(out, "status", letter->status);
	buf_add_char(out, ',');
	add_text(out, "index", letter->index);
	buf_add_char(out, ',');
	add_text(out, "id", letter->id);
	add_number(out, "attempts", letter->attempts);
	buf_add_format(out, ",\"size\":%zu}\n", letter->size_bytes);
}

bool dead_header_is_ours(const char *name)
{
	static const char *const names[] = {
		"tocsin-reason", "tocsin-status",   "tocsin-index", "tocsin-id",
		"tocsin-origin", "tocsin-attempts", "tocsin-cut",
	};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

void dead_carry(struct dead_carried *carried, const struct kafka_header *header)
{
	size_t bytes = strlen(header->name) + header->value.n;

	if (dead_header_is_ours(header->name))
		return;
	if (carried->n == DEAD_CARRIED_MAX ||
	    bytes > DEAD_CARRIED_BYTES - carried->bytes) {
		carried->left_out++;
		return;
	}
	carried->header[carried->n++] = *header;
	carried->bytes += bytes;
}
