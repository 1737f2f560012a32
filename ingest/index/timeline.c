/* timeline.c - the events of one request as text for people
 *
 * Pure. */
#include "ingest/index/timeline.h"

#include <inttypes.h>

#include "event/time.h"
#include "event/utf8.h"

enum {
	SERVICE_WIDTH = 40,
	INDENT_MAX = 12,
	ADDITIONAL_BYTES = 160,
	FIELD_BYTES = 200,
	CODE_C1_LAST = 0x9f,
};

#define RED   "\033[1;31m"
#define DIM   "\033[2m"
#define PLAIN "\033[0m"

/* The code point of a valid sequence of n bytes. */
static uint32_t decode(const char *p, size_t n)
{
	static const unsigned char first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = (unsigned char)p[0] & first[n];

	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((unsigned char)p[i] & 0x3f);
	return code;
}

static bool is_dangerous(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code <= CODE_C1_LAST) ||
	       code == 0x200e || code == 0x200f ||
	       (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2066 && code <= 0x2069);
}

void timeline_escape(struct str text, struct buf *out)
{
	const char *p = text.s;
	const char *end = text.s + text.n;

	while (p < end) {
		size_t n = utf8_length(p, end);

		if (n == 0)
			buf_add_format(out, "\\x%02x",
				       (unsigned)(unsigned char)*p);
		else if (is_dangerous(decode(p, n)))
			buf_add_format(out, "\\u%04" PRIx32, decode(p, n));
		else
			buf_add(out, str_slice(p, n));
		p += n == 0 ? 1 : n;
	}
}

void timeline_json(struct str json, bool terminal, struct buf *out)
{
	const char *p = json.s;
	const char *end = json.s + json.n;

	while (p < end) {
		size_t n = utf8_length(p, end);

		if ((unsigned char)*p < 0x20)
			buf_add_char(out, ' ');
		else if (terminal && n > 0 && is_dangerous(decode(p, n)))
			buf_add_format(out, "\\u%04" PRIx32, decode(p, n));
		else
			buf_add(out, str_slice(p, n == 0 ? 1 : n));
		p += n == 0 ? 1 : n;
	}
}

void timeline_release(struct timeline *t)
{
	map_release(&t->services, NULL);
}

/* 0, 1, 2, ... in the order in which services appear. */
static size_t number_of(struct timeline *t, struct str service)
{
	uintptr_t number = (uintptr_t)map_get(&t->services, service);

	if (number == 0) {
		number = t->services.n + 1;
		(void)map_set(&t->services, service, (void *)number);
	}
	return number - 1;
}

static void add_cut(struct str text, size_t max, struct buf *out)
{
	timeline_escape(utf8_cut(text, max), out);
	if (text.n > max)
		buf_add_text(out, "...");
}

static void pad(struct buf *out, size_t from, size_t width)
{
	while (out->n - from < width)
		buf_add_char(out, ' ');
}

static void add_offset(struct buf *out, int64_t ns)
{
	AUTO(buf_release) struct buf number = { 0 };

	buf_add_format(&number, "+%" PRId64 ".%03" PRId64 " ms", ns / 1000000,
		       ns / 1000 % 1000);
	for (size_t i = number.n; i < 16; i++)
		buf_add_char(out, ' ');
	buf_add(out, buf_str(&number));
}

static struct str field(const struct event *event, enum event_field which,
			struct buf *scratch)
{
	buf_clear(scratch);
	return event_text(&event->field[which], scratch);
}

static void add_origin(struct timeline *t, const struct event *event,
		       struct buf *out)
{
	AUTO(buf_release) struct buf scratch = { 0 };
	struct str service = field(event, EVENT_SERVICE_KEY, &scratch);
	size_t number = number_of(t, service);
	size_t start = out->n;

	for (size_t i = 0; i < number && i < INDENT_MAX; i++)
		buf_add_text(out, "  ");
	add_cut(service, FIELD_BYTES, out);
	if (event_has(event, EVENT_COMPONENT_KEY)) {
		buf_add_char(out, '/');
		add_cut(field(event, EVENT_COMPONENT_KEY, &scratch),
			FIELD_BYTES, out);
	}
	pad(out, start, SERVICE_WIDTH);
	buf_add_text(out, "  ");
	start = out->n;
	add_cut(field(event, EVENT_HOST_ADDRESS, &scratch), FIELD_BYTES, out);
	pad(out, start, 15);
}

static void add_first(struct timeline *t, const struct event *event,
		      struct buf *out)
{
	AUTO(buf_release) struct buf scratch = { 0 };

	t->first_ns = event->time_ns;
	buf_add_text(out, "request ");
	timeline_escape(field(event, EVENT_REQUEST_KEY, &scratch), out);
	buf_add_text(out, " from ");
	timeline_escape(field(event, EVENT_TIME_STAMP_UTC, &scratch), out);
	buf_add_char(out, '\n');
}

void timeline_add(struct timeline *t, const struct event *event,
		  struct buf *out)
{
	AUTO(buf_release) struct buf scratch = { 0 };
	bool error = event->level == LEVEL_ERROR;
	const char *tint = error ? RED : event->level == LEVEL_DEBUG ? DIM : "";

	if (t->events++ == 0)
		add_first(t, event, out);
	t->errors += error;
	t->last_ns = event->time_ns;
	add_offset(out, event->time_ns - t->first_ns);
	buf_add_format(out, "  %s%-5s  ", t->colour ? tint : "",
		       event_level_name(event->level));
	add_origin(t, event, out);
	buf_add_text(out, "  ");
	add_cut(field(event, EVENT_TITLE, &scratch), FIELD_BYTES, out);
	if (event_has(event, EVENT_ADDITIONAL)) {
		buf_add_text(out, "  ");
		add_cut(field(event, EVENT_ADDITIONAL, &scratch),
			ADDITIONAL_BYTES, out);
	}
	buf_add_text(out, t->colour && *tint ? PLAIN "\n" : "\n");
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

void timeline_end(const struct timeline *t, struct buf *out)
{
	int64_t ns = t->last_ns - t->first_ns;

	buf_add_format(out,
		       "%zu event%s of %zu service%s in %" PRId64 ".%03" PRId64
		       " ms, %zu error%s\n",
		       t->events, plural(t->events), t->services.n,
		       plural(t->services.n), ns / 1000000, ns / 1000 % 1000,
		       t->errors, plural(t->errors));
}
