/* mend_cut.c - make a JSON value shorter and keep it valid
 *
 * Owns nothing; any thread. */
#include "event/json_bytes.h"
#include "event/mend_private.h"
#include "event/utf8.h"

struct cutter {
	struct buf *out;
	size_t limit; /* of out->n when all is closed */
	size_t open;  /* brackets still to be closed */
	const char *end;
};

/* What may still be written. */
static size_t room(const struct cutter *c)
{
	size_t used = c->out->n + c->open;

	return used < c->limit ? c->limit - used : 0;
}

/* Bytes of the character or escape at p. */
static size_t unit_length(const char *p, const char *end)
{
	char out[4];
	size_t width;
	bool lone;
	size_t n = *p == '\\' ? json_escape(p, end, out, &width, &lone)
			      : utf8_length(p, end);

	return n ? n : 1;
}

/* The string `raw` cut to `max` bytes, quotes included. */
static void add_cut_string(struct buf *out, struct str raw, size_t max)
{
	const char *p = raw.s + 1, *end = raw.s + raw.n - 1;
	const char *stop = raw.n > max ? raw.s + max - 1 : end;

	while (p < stop) {
		size_t n = unit_length(p, end);
		if (n > (size_t)(stop - p))
			break;
		p += n;
	}
	buf_add(out, str_slice(raw.s, (size_t)(p - raw.s)));
	buf_add_char(out, '"');
}

/* The scalar at p behind `lead` (comma, key, colon), if it fits or is a string
 * that can be cut to fit. Returns the place after it, NULL when full. */
static const char *add_scalar(struct cutter *c, struct str lead, const char *p)
{
	const char *after = json_skip(p, c->end);
	struct str raw = str_slice(p, (size_t)(after - p));
	size_t free_bytes = room(c);

	if (lead.n + raw.n <= free_bytes) {
		buf_add(c->out, lead);
		buf_add(c->out, raw);
		return after;
	}
	if (*p == '"' && lead.n + 2 <= free_bytes) {
		buf_add(c->out, lead);
		add_cut_string(c->out, raw, room(c));
	}
	return NULL;
}

static const char *add_container(struct cutter *c, struct str lead,
				 const char *p);

/* One value with the comma and key before it. The text is ours, so without
 * blanks. */
static const char *add_member(struct cutter *c, const char *from, bool keyed)
{
	const char *p = from + (*from == ',');

	if (keyed)
		p = json_skip(p, c->end) + 1;

	struct str lead = str_slice(from, (size_t)(p - from));
	if (*p == '{' || *p == '[')
		return add_container(c, lead, p);
	return add_scalar(c, lead, p);
}

static const char *add_container(struct cutter *c, struct str lead,
				 const char *p)
{
	char close = *p == '{' ? '}' : ']';

	if (room(c) < lead.n + 2)
		return NULL;
	buf_add(c->out, lead);
	buf_add_char(c->out, *p++);
	c->open++;
	while (p && *p != close)
		p = add_member(c, p, close == '}');
	c->open--;
	buf_add_char(c->out, close);
	return p ? p + 1 : NULL;
}

void cut_value(struct str raw, size_t max, struct buf *out)
{
	struct cutter c = { .out = out,
			    .limit = out->n + max,
			    .end = raw.s + raw.n };

	if (*raw.s == '"')
		add_cut_string(out, raw, max);
	else
		(void)add_container(&c, STR_NONE, raw.s);
}
