/* registry_text.c - the registry as text, and back
 *
 * Pure. Format: registry.h. An entry is its numbers and two paths divided by
 * blanks; bytes of a path that are blanks, control bytes or '%' are written as
 * %XX. */
#include "ingest/ship/registry.h"

#include <stdlib.h>

static const char magic[] = "tocsin-registry ";

enum { FORMAT = 3, FORMAT_WITHOUT_MARK = 2, FORMAT_WITHOUT_SIZE = 1 };

static void add_hex(struct buf *out, uint64_t value)
{
	char digits[FILE_ID_DIGITS];

	file_id_format(value, digits);
	buf_add(out, str_slice(digits, sizeof(digits)));
	buf_add_char(out, ' ');
}

static void add_path(struct buf *out, const char *path, char after)
{
	for (const char *c = path; *c; c++) {
		if ((unsigned char)*c <= ' ' || *c == '%' || *c == 0x7f)
			buf_add_format(out, "%%%02X", (unsigned char)*c);
		else
			buf_add_char(out, *c);
	}
	buf_add_char(out, after);
}

static void render_entry(const struct registry_entry *e, struct buf *out)
{
	add_hex(out, e->id);
	buf_add_format(out, "%u %llu %lld ", e->generation,
		       (unsigned long long)e->offset, (long long)e->time_ns);
	add_hex(out, e->head);
	buf_add_format(out, "%u ", e->mark.bytes);
	add_hex(out, e->mark.hash);
	add_hex(out, e->inode);
	buf_add_format(out, "%lld %lld %llu %d ", (long long)e->birth_ns,
		       (long long)e->seen_ms, (unsigned long long)e->size,
		       e->followed);
	add_path(out, e->path, ' ');
	add_path(out, e->target, '\n');
}

void registry_render(const struct registry *r, struct buf *out)
{
	struct map_entry entry;
	uint64_t hash;

	buf_clear(out);
	buf_add_format(out, "%s%d %zu\n", magic, FORMAT, r->by_id.n);
	map_for_each (&r->by_id, entry)
		render_entry(entry.value, out);
	hash = str_hash(buf_str(out));
	buf_add_text(out, "end ");
	add_hex(out, hash);
	out->p[out->n - 1] = '\n';
}

/* Cut the part before the next `divider` off *rest. */
static bool word(struct str *rest, char divider, struct str *out)
{
	const char *at = rest->n ? memchr(rest->s, divider, rest->n) : NULL;

	if (!at)
		return false;
	*out = str_slice(rest->s, (size_t)(at - rest->s));
	*rest = str_slice(at + 1, rest->n - out->n - 1);
	return true;
}

static bool take_hex(struct str *rest, uint64_t *out)
{
	struct str w;

	return word(rest, ' ', &w) && file_id_parse(w, out);
}

static bool take_int(struct str *rest, int64_t min, int64_t max, int64_t *out)
{
	struct str w;

	return word(rest, ' ', &w) && str_to_int64(w, min, max, out);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789ABCDEF";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static bool decode_path(struct str w, char **out)
{
	AUTO(buf_release) struct buf b = { 0 };

	for (size_t i = 0; i < w.n; i++) {
		int high, low;

		if (w.s[i] != '%') {
			buf_add_char(&b, w.s[i]);
			continue;
		}
		if (w.n - i < 3)
			return false;
		high = hex_digit(w.s[i + 1]);
		low = hex_digit(w.s[i + 2]);
		if (high < 0 || low < 0 || high + low == 0)
			return false;
		buf_add_char(&b, (char)(high << 4 | low));
		i += 2;
	}
	*out = xstrdup(buf_text(&b));
	return true;
}

static bool take_size(struct str *rest, struct registry_entry *e)
{
	int64_t size = 0, followed = 0;

	if (!take_int(rest, 0, INT64_MAX, &size) ||
	    !take_int(rest, 0, 1, &followed))
		return false;
	e->size = (uint64_t)size;
	e->followed = followed == 1;
	return true;
}

static bool take_mark(struct str *rest, struct registry_entry *e)
{
	int64_t bytes = 0;

	if (!take_int(rest, 0, FILE_MARK_BYTES, &bytes) ||
	    !take_hex(rest, &e->mark.hash))
		return false;
	e->mark.bytes = (uint32_t)bytes;
	return true;
}

static bool parse_entry(struct str text, int64_t format, struct registry *r)
{
	AUTO(free_text) char *path = NULL;
	AUTO(free_text) char *target = NULL;
	struct registry_entry e = { 0 };
	int64_t generation = 0, offset = 0;
	struct str w;

	if (!take_hex(&text, &e.id) ||
	    !take_int(&text, 0, UINT32_MAX, &generation) ||
	    !take_int(&text, 0, INT64_MAX, &offset) ||
	    !take_int(&text, INT64_MIN, INT64_MAX, &e.time_ns) ||
	    !take_hex(&text, &e.head) ||
	    (format > FORMAT_WITHOUT_MARK && !take_mark(&text, &e)) ||
	    !take_hex(&text, &e.inode) ||
	    !take_int(&text, INT64_MIN, INT64_MAX, &e.birth_ns) ||
	    !take_int(&text, INT64_MIN, INT64_MAX, &e.seen_ms) ||
	    (format != FORMAT_WITHOUT_SIZE && !take_size(&text, &e)) ||
	    !word(&text, ' ', &w) || !decode_path(w, &path) ||
	    !decode_path(text, &target))
		return false;
	e.generation = (uint32_t)generation;
	e.offset = (uint64_t)offset;
	e.path = path;
	e.target = target;
	registry_put(r, &e);
	return true;
}

/* The bytes that the last line vouches for, or false. */
static bool check_hash(struct str text, struct str *body)
{
	size_t end = strlen("end \n") + FILE_ID_DIGITS;
	uint64_t hash;

	if (text.n < end || text.s[text.n - 1] != '\n')
		return false;
	*body = str_slice(text.s, text.n - end);
	return str_has_prefix(str_slice(text.s + body->n, end), STR("end ")) &&
	       file_id_parse(str_slice(text.s + body->n + 4, FILE_ID_DIGITS),
			     &hash) &&
	       hash == str_hash(*body);
}

static bool parse_first(struct str line, int64_t *format, int64_t *count)
{
	if (!str_has_prefix(line, str_of(magic)))
		return false;
	line = str_slice(line.s + strlen(magic), line.n - strlen(magic));
	return take_int(&line, FORMAT_WITHOUT_SIZE, FORMAT, format) &&
	       str_to_int64(line, 0, INT64_MAX, count);
}

bool registry_parse(struct registry *r, struct str text, struct error *err)
{
	struct str rest, line;
	int64_t count = 0, format = 0;

	if (!check_hash(text, &rest))
		return error_set(err, ERROR_REJECT,
				 "could not read the registry: its bytes are "
				 "not those that were written");
	if (!word(&rest, '\n', &line) || !parse_first(line, &format, &count))
		return error_set(err, ERROR_REJECT,
				 "could not read the registry: unknown format");
	for (int64_t i = 0; i < count; i++) {
		if (!word(&rest, '\n', &line) || !parse_entry(line, format, r))
			return error_set(err, ERROR_REJECT,
					 "could not read the registry: entry "
					 "%lld is malformed",
					 (long long)i + 1);
	}
	r->dirty = false;
	return true;
}
