/* scan_value.c - the grammar of JSON values (RFC 8259), strictly
 *
 * Recursive descent, at most JSON_DEPTH_MAX deep. Owns nothing but what is in
 * the scanner; the scanner's thread. */
#include "event/scan_private.h"

#include "event/json_bytes.h"
#include "event/utf8.h"

const char *scan_fail(struct scanner *s, const char *at, const char *reason)
{
	if (!s->reason) {
		s->reason = reason;
		s->reason_at = at;
	}
	return NULL;
}

/* The rare rest of scan_blanks(). */
static const char *scan_long_blanks(struct scanner *s, const char *p)
{
	for (; p < s->end && json_is_blank(*p); p++)
		s->has_newline |= *p == '\n' || *p == '\r';
	return p;
}

const char *scan_blanks(struct scanner *s, const char *p)
{
	if (p<s->end && * p> ' ')
		return p;
	return scan_long_blanks(s, p);
}

/* A backslash in a string. */
static const char *scan_escape(struct scanner *s, const char *p)
{
	char out[4];
	size_t width;
	bool lone = false;
	size_t n = json_escape(p, s->end, out, &width, &lone);

	if (!n)
		return scan_fail(s, p, "bad escape in a string");
	if (lone)
		s->repairs |= REPAIR_UTF8;
	return p + n;
}

/* A character of two bytes, the commonest, told without a call. */
static inline bool is_two_bytes(const char *p, const char *end)
{
	return end - p >= 2 && (unsigned char)p[0] >= 0xc2 &&
	       (unsigned char)p[0] <= 0xdf &&
	       ((unsigned char)p[1] & 0xc0) == 0x80;
}

/* Bytes above ASCII: all that follow each other. */
static const char *scan_wide(struct scanner *s, const char *p)
{
	while (p < s->end && (unsigned char)*p >= 0x80) {
		size_t n = is_two_bytes(p, s->end) ? 2 : utf8_length(p, s->end);
		if (!n) {
			s->repairs |= REPAIR_UTF8;
			n = 1;
		}
		p += n;
	}
	return p;
}

const char *scan_string(struct scanner *s, const char *p, bool *escaped)
{
	const char *open = p++;

	*escaped = false;
	while ((p = json_plain_end(p, s->end)) < s->end) {
		unsigned char c = (unsigned char)*p;
		if (c == '"')
			return p + 1;
		if (c >= 0x80) {
			p = scan_wide(s, p);
			continue;
		}
		if (c != '\\')
			return scan_fail(s, p, "control byte in a string");
		*escaped = true;
		p = scan_escape(s, p);
		if (!p)
			return NULL;
	}
	return scan_fail(s, open, "string does not end");
}

static const char *scan_digits(struct scanner *s, const char *p)
{
	const char *from = p;

	while (p < s->end && *p >= '0' && *p <= '9')
		p++;
	return p == from ? scan_fail(s, p, "digit expected") : p;
}

static const char *scan_number(struct scanner *s, const char *p)
{
	if (*p == '-')
		p++;
	if (p < s->end && *p == '0')
		p++;
	else if (!(p = scan_digits(s, p)))
		return NULL;

	if (p < s->end && *p == '.' && !(p = scan_digits(s, p + 1)))
		return NULL;
	if (p < s->end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < s->end && (*p == '+' || *p == '-'))
			p++;
		return scan_digits(s, p);
	}
	return p;
}

static const char *scan_word(struct scanner *s, const char *p, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(s->end - p) < n || memcmp(p, word, n) != 0)
		return scan_fail(s, p, "unknown word");
	return p + n;
}

const char *scan_separator(struct scanner *s, const char *p, char close,
			   bool *more)
{
	p = scan_blanks(s, p);
	if (p == s->end)
		return scan_fail(s, p, "object or array does not end");
	*more = *p == ',';
	if (*more)
		return scan_blanks(s, p + 1);
	if (*p == close)
		return p + 1;
	return scan_fail(s, p, "comma or closing bracket expected");
}

static struct str decode_key(struct scanner *s, struct str body)
{
	bool lone = false;

	/* Decoded keys are never longer than the line, so this buffer does
	 * not move under the keys that are kept. */
	if (!s->decoded.n)
		ENSURE(buf_room(&s->decoded, (size_t)(s->end - s->begin)));
	ENSURE(s->decoded.cap - s->decoded.n > body.n);
	char *room = s->decoded.p + s->decoded.n;
	size_t n = json_decode(body, room, &lone);
	s->decoded.n += n;
	return str_slice(room, n);
}

const char *scan_key(struct scanner *s, const char *p, struct str *key,
		     bool *readable)
{
	unsigned repairs = s->repairs;
	const char *open = p;
	bool escaped;

	if (p == s->end || *p != '"')
		return scan_fail(s, p, "key expected");
	s->repairs = 0;
	p = scan_string(s, p, &escaped);
	if (!p)
		return NULL;
	*readable = !(s->repairs & REPAIR_UTF8);
	s->repairs |= repairs;
	*key = str_slice(open + 1, (size_t)(p - open) - 2);
	if (escaped)
		*key = decode_key(s, *key);

	p = scan_blanks(s, p);
	if (p == s->end || *p != ':')
		return scan_fail(s, p, "colon expected");
	return scan_blanks(s, p + 1);
}

static const char *scan_member(struct scanner *s, const char *p,
			       uint32_t object, unsigned depth)
{
	struct event_value value;
	bool readable, known;
	struct str key;

	p = scan_key(s, p, &key, &readable);
	if (!p)
		return NULL;
	if (readable) {
		(void)key_table_add(&s->keys, object, key, &known);
		if (known)
			s->repairs |= REPAIR_DUPLICATE;
	}
	return scan_value(s, p, depth, &value);
}

static const char *scan_object(struct scanner *s, const char *p, unsigned depth)
{
	uint32_t object = ++s->objects;
	bool more = true;

	p = scan_blanks(s, p + 1);
	if (p < s->end && *p == '}')
		return p + 1;
	while (p && more) {
		p = scan_member(s, p, object, depth);
		if (p)
			p = scan_separator(s, p, '}', &more);
	}
	return p;
}

static const char *scan_array(struct scanner *s, const char *p, unsigned depth)
{
	struct event_value value;
	bool more = true;

	p = scan_blanks(s, p + 1);
	if (p < s->end && *p == ']')
		return p + 1;
	while (p && more) {
		p = scan_value(s, p, depth, &value);
		if (p)
			p = scan_separator(s, p, ']', &more);
	}
	return p;
}

static const char *scan_any(struct scanner *s, const char *p, unsigned depth,
			    struct event_value *out)
{
	switch (*p) {
	case '"': return scan_string(s, p, &out->escaped);
	case '{':
	case '[':
		if (depth == JSON_DEPTH_MAX)
			return scan_fail(s, p, "nested too deep");
		return *p == '{' ? scan_object(s, p, depth + 1)
				 : scan_array(s, p, depth + 1);
	case 't': return scan_word(s, p, "true");
	case 'f': return scan_word(s, p, "false");
	case 'n': return scan_word(s, p, "null");
	default: break;
	}
	if (*p == '-' || (*p >= '0' && *p <= '9')) {
		out->kind = JSON_NUMBER;
		return scan_number(s, p);
	}
	return scan_fail(s, p, "value expected");
}

const char *scan_value(struct scanner *s, const char *p, unsigned depth,
		       struct event_value *out)
{
	const char *from = p;

	if (p == s->end)
		return scan_fail(s, p, "value expected");
	out->kind = *p;
	out->escaped = false;
	p = scan_any(s, p, depth, out);
	if (p)
		out->raw = str_slice(from, (size_t)(p - from));
	return p;
}
