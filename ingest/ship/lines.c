/* lines.c - splits a file's bytes into lines
 *
 * Pure: owns nothing but the numbers in struct lines. See lines.h. */
#include "ingest/ship/lines.h"

static const struct str bom = { "\xef\xbb\xbf", 3 };

void lines_init(struct lines *l, uint64_t start, size_t limit, size_t chunk)
{
	ENSURE(limit > 0 && chunk > 0);
	*l = (struct lines){ .start = start, .limit = limit, .chunk = chunk };
}

/* What a line of `limit` bytes may take with its CR and LF. */
static size_t window(size_t limit)
{
	return limit + 2;
}

size_t lines_room(size_t limit, size_t chunk)
{
	return chunk > window(limit) ? chunk : window(limit);
}

struct lines_range lines_want(struct lines *l)
{
	l->loaded = STR_NONE;
	if (l->end)
		return (struct lines_range){ l->start, l->limit };
	if (l->searched >= window(l->limit))
		return (struct lines_range){ l->start + l->searched, l->chunk };
	if (l->searched >= l->chunk)
		return (struct lines_range){ l->start, window(l->limit) };
	return (struct lines_range){ l->start, l->chunk };
}

void lines_load(struct lines *l, uint64_t offset, struct str bytes)
{
	ENSURE(offset >= l->start);
	l->loaded = bytes;
	l->loaded_at = offset;
}

static struct str strip(struct str text, uint64_t offset)
{
	if (text.n > 0 && text.s[text.n - 1] == '\r')
		text.n--;
	if (offset == 0 && str_has_prefix(text, bom))
		text = str_slice(text.s + bom.n, text.n - bom.n);
	return text;
}

/* Hand out the line from l->start to `end`, of which `text` is loaded. */
static void hand_out(const struct lines *l, struct str text, uint64_t end,
		     struct line *out)
{
	text = strip(text, l->start);
	*out = (struct line){ .text = text, .offset = l->start, .end = end };
	if (text.n > l->limit) {
		out->text.n = l->limit;
		out->cut = true;
	}
}

/* The loaded bytes from l->start on; none if they lie further back. */
static struct str at_start(const struct lines *l)
{
	size_t skip = (size_t)(l->start - l->loaded_at);

	if (l->start < l->loaded_at || skip > l->loaded.n)
		return STR_NONE;
	return str_slice(l->loaded.s + skip, l->loaded.n - skip);
}

/* Look for the end of a line too long to be loaded whole. */
static void search(struct lines *l)
{
	const char *lf;

	if (l->loaded.n == 0)
		return;
	lf = memchr(l->loaded.s, '\n', l->loaded.n);
	if (lf)
		l->end = l->loaded_at + (uint64_t)(lf - l->loaded.s) + 1;
	else
		l->searched = l->loaded_at + l->loaded.n - l->start;
	l->loaded = STR_NONE;
}

/* The beginning of a line whose end is known. */
static bool next_overlong(const struct lines *l, struct line *out)
{
	struct str text = at_start(l);

	if (text.n < l->limit)
		return false;
	hand_out(l, str_slice(text.s, l->limit), l->end, out);
	out->cut = true;
	return true;
}

bool lines_next(struct lines *l, struct line *out)
{
	struct str text;
	const char *lf;

	if (l->end)
		return next_overlong(l, out);
	if (l->loaded_at > l->start) {
		search(l);
		return false;
	}
	text = at_start(l);
	if (text.n == 0)
		return false;
	lf = memchr(text.s, '\n', text.n);
	if (!lf) {
		l->searched = text.n;
		return false;
	}
	text.n = (size_t)(lf - text.s);
	hand_out(l, text, l->start + text.n + 1, out);
	return true;
}

void lines_accept(struct lines *l, const struct line *line)
{
	ENSURE(line->offset == l->start && line->end > l->start);
	l->start = line->end;
	l->searched = 0;
	l->end = 0;
}

bool lines_found_end(const struct lines *l)
{
	return l->end != 0;
}

bool lines_last(struct lines *l, uint64_t size, struct line *out)
{
	struct str text = at_start(l);

	if (l->end)
		return next_overlong(l, out);
	if (size <= l->start || l->searched < size - l->start)
		return false;
	if (l->searched >= window(l->limit)) {
		l->end = size;
		return false;
	}
	if (text.n != size - l->start)
		return false;
	hand_out(l, text, size, out);
	return true;
}
