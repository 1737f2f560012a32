/* query_regex.c - Lucene's regular expressions, written for PCRE2
 *
 * Only what both read alike passes: literals, . [] () | * + ? {n,m}. All else
 * is an error that shows the spelling for both. What comes out has every
 * literal escaped, so nothing of PCRE2's own syntax can slip through.
 *
 * Source: Lucene 8.11, RegExp.java; pcre2pattern(3).
 * Pure; owns nothing; safe on any thread. */
#include "event/query_internal.h"

#include "event/utf8.h"

#define REPEAT_MAX 1000

struct regex {
	struct query_report *report;
	const char *start; /* of the expression, at offset `offset` */
	const char *p, *end;
	size_t offset;
	int depth;
	struct buf *out;
};

static bool regex_union(struct regex *re);

static char look(const struct regex *re)
{
	return re->p < re->end ? *re->p : '\0';
}

static bool fail(struct regex *re, const char *text)
{
	query_error(re->report, re->offset + (size_t)(re->p - re->start),
		    "in a regular expression %s", text);
	return false;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* One character, whatever it is, as a literal of PCRE2. */
static void add_literal(struct regex *re)
{
	size_t n = utf8_length(re->p, re->end);

	ENSURE(n > 0);
	if (n == 1 && (unsigned char)*re->p > ' ' && !is_alnum(*re->p))
		buf_add_char(re->out, '\\');
	buf_add(re->out, str_slice(re->p, n));
	re->p += n;
}

/* At a backslash. */
static bool escaped(struct regex *re)
{
	static const struct {
		char c;
		const char *text;
	} hints[] = {
		{ 'd', "\"\\d\" is not in the subset: write [0-9]" },
		{ 'D', "\"\\D\" is not in the subset: write [^0-9]" },
		{ 'w', "\"\\w\" is not in the subset: write [A-Za-z0-9_]" },
		{ 'W', "\"\\W\" is not in the subset: write [^A-Za-z0-9_]" },
		{ 's', "\"\\s\" is not in the subset: write a blank, or "
		       "[ ...] with the blanks that are meant" },
		{ 'b', "\"\\b\" is not in the subset: the whole value is "
		       "matched, write .* before or behind" },
	};
	char c = re->p[1]; /* the lexer lets no backslash end the text */

	for (size_t i = 0; i < ARRAY_LENGTH(hints); i++) {
		if (hints[i].c == c)
			return fail(re, hints[i].text);
	}
	if (is_alnum(c))
		return fail(re, "a backslash before a letter or digit is not "
				"in the subset: write the character itself");
	re->p++;
	add_literal(re);
	return true;
}

/* One end of a range in [ ]. */
static bool class_character(struct regex *re)
{
	switch (look(re)) {
	case '\\': return escaped(re);
	case '[': return fail(re, "\"[\" inside [ ] is written \"\\[\"");
	case '-': return fail(re, "\"-\" inside [ ] is written \"\\-\"");
	case '^': return fail(re, "\"^\" inside [ ] is written \"\\^\"");
	case '&':
	case '~':
		if (re->p + 1 < re->end && re->p[1] == re->p[0])
			return fail(re, "\"&&\" and \"~~\" inside [ ] are "
					"written with a backslash before each");
		/* fall through */
	default: add_literal(re); return true;
	}
}

static uint32_t code_at(const struct buf *out, size_t at)
{
	const unsigned char *p = (const unsigned char *)out->p + at;

	if (*p == '\\')
		p++;
	if (*p < 0x80)
		return *p;
	if (*p < 0xe0)
		return (uint32_t)((p[0] & 0x1f) << 6 | (p[1] & 0x3f));
	if (*p < 0xf0)
		return (uint32_t)((p[0] & 0x0f) << 12 | (p[1] & 0x3f) << 6 |
				  (p[2] & 0x3f));
	return (uint32_t)((p[0] & 0x07) << 18 | (p[1] & 0x3f) << 12 |
			  (p[2] & 0x3f) << 6 | (p[3] & 0x3f));
}

static bool class_range(struct regex *re)
{
	size_t low = re->out->n, high;

	if (!class_character(re))
		return false;
	if (look(re) != '-')
		return true;
	re->p++;
	if (look(re) == ']' || re->p == re->end)
		return fail(re, "\"-\" at the end of [ ] is written \"\\-\"");
	buf_add_char(re->out, '-');
	high = re->out->n;
	if (!class_character(re))
		return false;
	if (code_at(re->out, low) > code_at(re->out, high))
		return fail(re, "a range in [ ] goes from low to high");
	return true;
}

static bool regex_class(struct regex *re)
{
	re->p++;
	buf_add_char(re->out, '[');
	if (look(re) == '^') {
		buf_add_char(re->out, '^');
		re->p++;
	}
	if (look(re) == ']')
		return fail(re, "\"[]\" is empty: \"]\" itself is written "
				"\"\\]\"");
	while (re->p < re->end && *re->p != ']') {
		if (!class_range(re))
			return false;
	}
	if (re->p == re->end)
		return fail(re, "\"[\" is not closed");
	re->p++;
	buf_add_char(re->out, ']');
	return true;
}

static bool regex_parentheses(struct regex *re)
{
	re->p++;
	if (look(re) == '?')
		return fail(re, "\"(?\" is not in the subset: write ( )");
	if (++re->depth > QUERY_DEPTH_MAX)
		return fail(re, "parentheses are nested too deep");
	buf_add_text(re->out, "(?:");
	if (!regex_union(re))
		return false;
	if (look(re) != ')')
		return fail(re, "\"(\" is not closed");
	re->p++;
	re->depth--;
	buf_add_char(re->out, ')');
	return true;
}

static bool regex_atom(struct regex *re)
{
	switch (look(re)) {
	case '.':
		re->p++;
		buf_add_char(re->out, '.');
		return true;
	case '[': return regex_class(re);
	case '(': return regex_parentheses(re);
	case '\\': return escaped(re);
	case '^':
	case '$':
		return fail(re, "\"^\" and \"$\" are not in the subset: the "
				"whole value is matched, leave them out; "
				"literal ones are written \"\\^\", \"\\$\"");
	case '~':
	case '@':
	case '#':
	case '&':
	case '<':
	case '>':
	case '"':
		return fail(re, "~ @ # & < > and quotes mean something else "
				"to Elasticsearch: write a backslash before");
	case '*':
	case '+':
	case '?':
	case '{':
		return fail(re, "there is nothing here to repeat: a literal "
				"sign is written with a backslash before");
	case ']':
	case '}':
		return fail(re, "a literal \"]\" or \"}\" is written with a "
				"backslash before");
	default: add_literal(re); return true;
	}
}

static bool repeat_number(struct regex *re, int *out)
{
	const char *start = re->p;
	int n = 0;

	while (look(re) >= '0' && look(re) <= '9') {
		n = n * 10 + (*re->p++ - '0');
		if (n > REPEAT_MAX)
			return fail(re, "a repeat is at most 1000");
	}
	*out = n;
	return re->p > start ||
	       fail(re, "a repeat is written {n}, {n,} or {n,m}");
}

/* At an opening brace. */
static bool repeat_braces(struct regex *re)
{
	const char *start = re->p++;
	int low, high;

	if (!repeat_number(re, &low))
		return false;
	if (look(re) == ',') {
		re->p++;
		if (look(re) != '}') {
			if (!repeat_number(re, &high))
				return false;
			if (high < low)
				return fail(re, "{n,m} goes from low to high");
		}
	}
	if (look(re) != '}')
		return fail(re, "a repeat is written {n}, {n,} or {n,m}");
	re->p++;
	buf_add(re->out, str_slice(start, (size_t)(re->p - start)));
	return true;
}

static bool is_repeat(char c)
{
	return c == '*' || c == '+' || c == '?' || c == '{';
}

static bool regex_repeat(struct regex *re)
{
	if (!regex_atom(re))
		return false;
	if (re->p == re->end || !is_repeat(look(re)))
		return true;
	if (look(re) == '{') {
		if (!repeat_braces(re))
			return false;
	} else {
		buf_add_char(re->out, *re->p++);
	}
	if (re->p < re->end && is_repeat(look(re)))
		return fail(re, "a repeat of a repeat needs parentheses, such "
				"as (a*)?");
	return true;
}

static bool regex_union(struct regex *re)
{
	for (;;) {
		if (re->p == re->end || look(re) == '|' || look(re) == ')')
			return fail(re, "an alternative is empty: write "
					"(a)? where nothing is allowed too");
		while (re->p < re->end && look(re) != '|' && look(re) != ')') {
			if (!regex_repeat(re))
				return false;
		}
		if (re->p == re->end || *re->p != '|')
			return true;
		buf_add_char(re->out, *re->p++);
	}
}

bool query_regex(struct query_report *report, struct str raw, size_t at,
		 struct buf *out)
{
	/* The expression stands behind the slash at `at`. */
	struct regex re = { .report = report,
			    .start = raw.s,
			    .p = raw.s,
			    .end = raw.s + raw.n,
			    .offset = at + 1,
			    .out = out };

	if (raw.n > QUERY_REGEX_BYTES_MAX)
		return fail(&re, "at most 1000 bytes are allowed");
	if (!regex_union(&re))
		return false;
	return re.p == re.end || fail(&re, "\")\" closes nothing");
}
