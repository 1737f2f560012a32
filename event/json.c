/* json.c - walk over valid JSON text
 *
 * Every step is checked against the end of the text, so that invalid text
 * costs sense, not safety. Owns nothing; any thread. */
#include "event/json.h"

#include "event/json_bytes.h"
#include "event/utf8.h"

enum json_kind json_kind(struct str raw)
{
	if (!raw.n)
		return JSON_ABSENT;
	switch (raw.s[0]) {
	case '"': return JSON_STRING;
	case '{': return JSON_OBJECT;
	case '[': return JSON_ARRAY;
	case 't': return JSON_TRUE;
	case 'f': return JSON_FALSE;
	case 'n': return JSON_NULL;
	default: return JSON_NUMBER;
	}
}

/* Past the closing quote of the string that opens at p. */
static const char *skip_string(const char *p, const char *end)
{
	p = json_quote_end(p + 1, end);
	return p < end ? p + 1 : end;
}

static const char *skip_container(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		switch (*p) {
		case '"': p = skip_string(p, end); continue;
		case '{':
		case '[': depth++; break;
		case '}':
		case ']': depth -= depth > 0; break;
		default: break;
		}
		p++;
		if (!depth)
			return p;
	}
	return end;
}

static bool ends_scalar(char c)
{
	return json_is_blank(c) || c == ',' || c == ']' || c == '}';
}

const char *json_skip(const char *at, const char *end)
{
	if (at >= end)
		return end;
	if (*at == '"')
		return skip_string(at, end);
	if (*at == '{' || *at == '[')
		return skip_container(at, end);

	while (at < end && !ends_scalar(*at))
		at++;
	return at;
}

struct json_cursor json_enter(struct str raw)
{
	const char *from = raw.s ? raw.s : ""; /* what an absent value has */
	const char *end = from + raw.n;
	const char *p = json_skip_blanks(from, end);

	if (p == end || (*p != '{' && *p != '['))
		return (struct json_cursor){ end, end };
	return (struct json_cursor){ p + 1, end };
}

/* Past blanks and the comma before a member; false at the closing bracket. */
static bool step(struct json_cursor *c)
{
	c->at = json_skip_blanks(c->at, c->end);
	if (c->at < c->end && *c->at == ',')
		c->at = json_skip_blanks(c->at + 1, c->end);
	return c->at < c->end && *c->at != '}' && *c->at != ']';
}

static struct str take_value(struct json_cursor *c)
{
	const char *from = c->at;

	c->at = json_skip(from, c->end);
	/* A stray byte must not be met again. */
	if (c->at == from && c->at < c->end)
		c->at++;
	return str_slice(from, (size_t)(c->at - from));
}

/* A key and its colon. */
static struct str take_key(struct json_cursor *c)
{
	struct str key = take_value(c);

	c->at = json_skip_blanks(c->at, c->end);
	if (c->at < c->end && *c->at == ':')
		c->at = json_skip_blanks(c->at + 1, c->end);
	return key;
}

bool json_next_member(struct json_cursor *cursor, struct json_member *out)
{
	if (!step(cursor))
		return false;
	out->key = take_key(cursor);
	out->value = take_value(cursor);
	return true;
}

bool json_next_element(struct json_cursor *cursor, struct str *out)
{
	if (!step(cursor))
		return false;
	*out = take_value(cursor);
	return true;
}

bool json_find(struct str object, struct str key, struct str *value)
{
	struct json_cursor cursor = json_enter(object);
	struct json_member member;

	if (json_kind(object) != JSON_OBJECT)
		return false;
	while (json_next_member(&cursor, &member)) {
		if (!json_string_is(member.key, key))
			continue;
		*value = member.value;
		return true;
	}
	return false;
}

/* What a raw string holds between its quotes. */
static struct str body_of(struct str raw)
{
	if (raw.n < 2 || raw.s[0] != '"')
		return STR("");
	return str_slice(raw.s + 1, raw.n - 2);
}

static bool has_escape(struct str body)
{
	return body.n && memchr(body.s, '\\', body.n);
}

static size_t escape_unit(const char *p, const char *end, uint32_t *unit)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

	if (end - p < 2 || p[0] != '\\')
		return 0;
	if (p[1] == 'u') {
		int32_t value = json_hex4(p + 2, end);
		*unit = (uint32_t)value;
		return value < 0 ? 0 : 6;
	}
	const char *found = p[1] ? strchr(from, p[1]) : NULL;
	if (!found)
		return 0;
	*unit = (unsigned char)to[found - from];
	return 2;
}

size_t json_escape(const char *p, const char *end, char out[4], size_t *width,
		   bool *lone)
{
	uint32_t unit, low;
	size_t n = escape_unit(p, end, &unit);

	if (!n)
		return 0;
	if (unit >= 0xd800 && unit <= 0xdbff && escape_unit(p + n, end, &low) &&
	    low >= 0xdc00 && low <= 0xdfff) {
		unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
		n += 6;
	} else if (unit >= 0xd800 && unit <= 0xdfff) {
		unit = 0xfffd;
		*lone = true;
	}
	*width = utf8_encode(unit, out);
	return n;
}

/* The next piece of a string body: a run without escapes, or what an escape
 * stands for (then in `out`). *p moves on. */
static struct str take_piece(const char **p, const char *end, char out[4],
			     bool *lone)
{
	const char *from = *p;
	const char *back = memchr(from, '\\', (size_t)(end - from));
	size_t width = 0;

	if (back != from) {
		*p = back ? back : end;
		return str_slice(from, (size_t)(*p - from));
	}
	size_t n = json_escape(from, end, out, &width, lone);
	*p = from + (n ? n : 1);
	return str_slice(out, width);
}

size_t json_decode(struct str body, char *out, bool *lone)
{
	const char *p = body.s, *end = body.s + body.n;
	char one[4], *to = out;

	while (p < end) {
		struct str piece = take_piece(&p, end, one, lone);
		memcpy(to, piece.s, piece.n);
		to += piece.n;
	}
	return (size_t)(to - out);
}

struct str json_text(struct str raw, struct buf *scratch)
{
	if (json_kind(raw) != JSON_STRING)
		return raw;

	struct str body = body_of(raw);
	if (!has_escape(body))
		return body;

	bool lone = false;
	char *room = buf_room(scratch, body.n);
	if (!room)
		return STR_NONE;
	size_t n = json_decode(body, room, &lone);
	scratch->n += n;
	return str_slice(room, n);
}

/* The decoded raw string is how `text` begins: *rest is what follows. */
static bool is_prefix(struct str raw, struct str text, struct str *rest)
{
	struct str body = body_of(raw);
	const char *p = body.s, *end = body.s + body.n;
	bool lone = false;
	char one[4];

	while (p < end) {
		struct str piece = take_piece(&p, end, one, &lone);
		if (!str_has_prefix(text, piece))
			return false;
		text = str_slice(text.s + piece.n, text.n - piece.n);
	}
	*rest = text;
	return true;
}

bool json_string_is(struct str raw, struct str text)
{
	struct str rest;

	return json_kind(raw) == JSON_STRING && is_prefix(raw, text, &rest) &&
	       rest.n == 0;
}

struct visitor {
	bool (*visit)(void *arg, struct str value);
	void *arg;
	unsigned depth; /* so that no text can exhaust the stack */
};

static bool visit_value(struct visitor *v, struct json_cursor *c,
			struct str path);

static bool visit_elements(struct visitor *v, struct json_cursor *c,
			   struct str path)
{
	const char *from = c->at++;
	bool empty = true;

	while (step(c)) {
		empty = false;
		if (visit_value(v, c, path))
			return true;
	}
	if (c->at < c->end)
		c->at++;
	return empty && !path.n &&
	       v->visit(v->arg, str_slice(from, (size_t)(c->at - from)));
}

/* A key that begins `path` up to its end or a point; *rest is what follows. */
static bool key_leads(struct str key, struct str path, struct str *rest)
{
	if (!is_prefix(key, path, rest))
		return false;
	if (!rest->n)
		return true;
	if (rest->s[0] != '.' || rest->n < 2)
		return false;
	*rest = str_slice(rest->s + 1, rest->n - 1);
	return true;
}

static bool visit_members(struct visitor *v, struct json_cursor *c,
			  struct str path)
{
	struct str rest;

	c->at++;
	while (step(c)) {
		struct str key = take_key(c);
		if (!key_leads(key, path, &rest))
			(void)take_value(c);
		else if (visit_value(v, c, rest))
			return true;
	}
	if (c->at < c->end)
		c->at++;
	return false;
}

/* Consumes one value at the cursor, in one pass whatever the depth. */
static bool visit_value(struct visitor *v, struct json_cursor *c,
			struct str path)
{
	if (c->at == c->end)
		return false;
	if (*c->at != '[' && !path.n)
		return v->visit(v->arg, take_value(c));

	bool array = *c->at == '[';
	if ((!array && *c->at != '{') || v->depth == JSON_DEPTH_MAX) {
		(void)take_value(c);
		return false;
	}
	v->depth++;
	bool found =
		array ? visit_elements(v, c, path) : visit_members(v, c, path);
	v->depth--;
	return found;
}

bool json_visit(struct str raw, struct str path,
		bool (*visit)(void *arg, struct str value), void *arg)
{
	struct visitor visitor = { visit, arg, 0 };
	struct json_cursor cursor = { raw.s, raw.s + raw.n };

	cursor.at = json_skip_blanks(cursor.at, cursor.end);
	return visit_value(&visitor, &cursor, path);
}
