/* text.c - a text for a service: no longer than it takes, nothing but text
 *
 * Owns nothing but the text's bytes. Pure. */
#include "alert/notify/text.h"

#include "event/utf8.h"

#define ELLIPSIS "\xe2\x80\xa6"

void text_init(struct text *t, size_t max_units)
{
	*t = (struct text){ .left = max_units };
}

void text_release(struct text *t)
{
	buf_release(&t->out);
}

size_t text_units(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.s[i];

		n += (c & 0xc0) != 0x80;
		n += c >= 0xf0;
	}
	return n;
}

bool text_ours(struct text *t, const char *piece)
{
	size_t units = text_units(str_of(piece));

	if (units > t->left)
		return false;
	t->left -= units;
	buf_add_text(&t->out, piece);
	return true;
}

static uint32_t decode(const char *p, size_t n)
{
	unsigned char first = (unsigned char)p[0];
	uint32_t code = n == 1 ? first : first & (0x7fU >> n);

	for (size_t i = 1; i < n; i++)
		code = code << 6 | ((unsigned char)p[i] & 0x3f);
	return code;
}

/* Invisible, and able to make a text look like another. */
static bool is_harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c ||
	       c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static bool is_line_end(uint32_t c)
{
	return c == '\n' || c == 0x2028 || c == 0x2029;
}

struct piece {
	struct str text;
	uint32_t code;
	size_t eaten; /* bytes of the stranger's text */
};

/* The next character of a stranger's text, clean. */
static struct piece next_piece(struct str rest, bool lines)
{
	const char *end = rest.s + rest.n;
	size_t n = utf8_length(rest.s, end);
	struct piece p = { STR(UTF8_REPLACEMENT), 0xfffd, n };

	if (n == 0) {
		p.eaten = utf8_bad_length(rest.s, end);
		return p;
	}
	if (rest.n > 1 && rest.s[0] == '\r' && rest.s[1] == '\n')
		p = (struct piece){ STR("\n"), '\n', 2 };
	else
		p.code = decode(rest.s, n);
	if (is_line_end(p.code)) {
		p.code = lines ? '\n' : ' ';
		p.text = lines ? STR("\n") : STR(" ");
	} else if (p.code == '\t') {
		p.code = ' ';
		p.text = STR(" ");
	} else if (is_harmful(p.code)) {
		p.code = 0xfffd;
	} else {
		p.text = str_slice(rest.s, n);
	}
	return p;
}

void text_theirs(struct text *t, struct str stranger, size_t max_units,
		 bool lines, text_escape escape)
{
	size_t limit = max_units < t->left ? max_units : t->left;
	size_t used = 0;
	size_t whole = t->out.n; /* bytes after which '…' still fits */
	size_t whole_units = 0;
	uint32_t before = ' ';

	while (stranger.n > 0) {
		struct piece p = next_piece(stranger, lines);
		const char *other = escape ? escape(before, p.code) : NULL;
		struct str text = other ? str_of(other) : p.text;
		size_t units = text_units(text);

		if (used + units > limit) {
			if (limit == 0)
				return;
			buf_truncate(&t->out, whole);
			buf_add_text(&t->out, ELLIPSIS);
			t->left -= whole_units + 1;
			return;
		}
		buf_add(&t->out, text);
		used += units;
		if (used < limit) {
			whole = t->out.n;
			whole_units = used;
		}
		before = p.code;
		stranger =
			str_slice(stranger.s + p.eaten, stranger.n - p.eaten);
	}
	t->left -= used;
}

void text_json(struct buf *out, struct str stranger, size_t max_units)
{
	struct text t;

	text_init(&t, max_units);
	text_theirs(&t, stranger, max_units, true, NULL);
	buf_add_json_string(out, buf_str(&t.out));
	text_release(&t);
}

static bool is_unreserved(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || (c != '\0' && strchr("-._~", c));
}

bool text_is_url(const char *text)
{
	if (strncmp(text, "http://", 7) != 0 &&
	    strncmp(text, "https://", 8) != 0)
		return false;
	for (; *text; text++)
		if (!is_unreserved(*text) &&
		    !strchr(":/?#[]@!$&'()*+,;=%", *text))
			return false;
	return true;
}

void text_percent(struct buf *out, const char *text)
{
	for (; *text; text++)
		if (is_unreserved(*text))
			buf_add_char(out, *text);
		else
			buf_add_format(out, "%%%02X", (unsigned char)*text);
}
