/* query_pattern.c - wildcards and regular expressions
 *
 * Owns the compiled patterns; the only file that knows PCRE2. A regular
 * expression runs in PCRE2's JIT, with its interpreter where the JIT's stack
 * is too small; both within limits, so no value can stall it. Wildcards have
 * their own matcher, bounded by steps.
 *
 * One thread at a time for one pattern (PCRE2's match data). */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "event/query_internal.h"

#include <pcre2.h>
#include <stdlib.h>

#include "event/utf8.h"
#include "event/words.h"

/* About 10 ms at the worst. */
#define WILDCARD_STEPS_MAX 4000000
#define REGEX_STEPS_MAX    1000000
#define REGEX_DEPTH_MAX    100000
#define REGEX_HEAP_KIB_MAX 16384

/* One place of a wildcard: a code point, or */
enum { ANY_ONE = 0x110000, ANY_MANY = 0x110001 };

struct pattern {
	char *raw; /* between the slashes, or NULL: a wildcard */
	size_t raw_n;
	uint32_t *place;
	size_t n, cap;
	bool words; /* a wildcard of words */
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
};

/* The code point of a valid character of n bytes. */
static uint32_t decode(const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	uint32_t code = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	for (size_t i = 1; i < n; i++)
		code = code << 6 | (p[i] & 0x3f);
	return code;
}

static void add_place(struct pattern *pattern, uint32_t place)
{
	if (place == ANY_MANY && pattern->n > 0 &&
	    pattern->place[pattern->n - 1] == ANY_MANY)
		return;
	*ARRAY_PUSH(pattern->place, pattern->n, pattern->cap) = place;
}

/* Elasticsearch leaves what is escaped as it is, and no word has capitals. */
static bool check_lower(struct query_report *report, uint32_t code, size_t at)
{
	if (words_lower(code) == code)
		return true;
	query_error(report, at,
		    "a backslash before a capital letter keeps it "
		    "one, and words are lower case: leave the "
		    "backslash out");
	return false;
}

struct pattern *pattern_wildcard(struct query_report *report, struct str raw,
				 size_t at, bool lower)
{
	struct pattern *pattern = xcalloc(1, sizeof(*pattern));
	const char *p = raw.s, *end = raw.s + raw.n;

	pattern->words = lower;
	while (p < end) {
		bool literal = *p == '\\';
		size_t n;

		p += literal;
		n = utf8_length(p, end);
		ENSURE(n > 0);
		if (literal && *p == 'u') {
			query_error(report, at + (size_t)(p - 1 - raw.s),
				    "\"\\u\" beside wildcards is not in the "
				    "subset: write the character itself");
			pattern_free(pattern);
			return NULL;
		}
		if (literal && lower &&
		    !check_lower(report, decode(p, n),
				 at + (size_t)(p - 1 - raw.s))) {
			pattern_free(pattern);
			return NULL;
		}
		if (!literal && (*p == '*' || *p == '?'))
			add_place(pattern, *p == '*' ? ANY_MANY : ANY_ONE);
		else
			add_place(pattern, lower ? words_lower(decode(p, n))
						 : decode(p, n));
		p += n;
	}
	return pattern;
}

static bool compile(struct pattern *pattern, struct str source,
		    struct query_report *report, size_t at)
{
	PCRE2_UCHAR text[160];
	PCRE2_SIZE offset;
	int status;

	pattern->code =
		pcre2_compile((PCRE2_SPTR)source.s, source.n,
			      PCRE2_UTF | PCRE2_DOTALL | PCRE2_ANCHORED |
				      PCRE2_ENDANCHORED | PCRE2_NO_AUTO_CAPTURE,
			      &status, &offset, NULL);
	if (!pattern->code) {
		pcre2_get_error_message(status, text, sizeof(text));
		query_error(report, at,
			    "could not compile the regular "
			    "expression: %s",
			    (const char *)text);
		return false;
	}
	/* Without a JIT the interpreter does it. */
	(void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
	pattern->data = pcre2_match_data_create(1, NULL);
	pattern->context = pcre2_match_context_create(NULL);
	ENSURE(pattern->data && pattern->context);
	pcre2_set_match_limit(pattern->context, REGEX_STEPS_MAX);
	pcre2_set_depth_limit(pattern->context, REGEX_DEPTH_MAX);
	pcre2_set_heap_limit(pattern->context, REGEX_HEAP_KIB_MAX);
	return true;
}

struct pattern *pattern_regex(struct query_report *report, struct str raw,
			      size_t at)
{
	struct pattern *pattern = xcalloc(1, sizeof(*pattern));
	struct buf source = { 0 };

	pattern->raw = str_dup(raw);
	pattern->raw_n = raw.n;
	if (!query_regex(report, raw, at, &source) ||
	    !compile(pattern, buf_str(&source), report, at)) {
		pattern_free(pattern);
		pattern = NULL;
	}
	buf_release(&source);
	return pattern;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	free(pattern->raw);
	free(pattern->place);
	pcre2_code_free(pattern->code);
	pcre2_match_data_free(pattern->data);
	pcre2_match_context_free(pattern->context);
	free(pattern);
}

static enum pattern_result match_regex(const struct pattern *pattern,
				       struct str text)
{
	PCRE2_SPTR subject = (PCRE2_SPTR)(text.s ? text.s : "");
	int result = pcre2_match(pattern->code, subject, text.n, 0,
				 PCRE2_NO_UTF_CHECK, pattern->data,
				 pattern->context);

	if (result == PCRE2_ERROR_JIT_STACKLIMIT)
		result = pcre2_match(pattern->code, subject, text.n, 0,
				     PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
				     pattern->data, pattern->context);
	if (result == PCRE2_ERROR_NOMATCH)
		return PATTERN_NO;
	return result >= 0 ? PATTERN_YES : PATTERN_LIMIT;
}

/* Greedy, going back to the last * only: what an earlier one could take, a
 * later one can take too. */
static enum pattern_result match_wildcard(const struct pattern *pattern,
					  struct str text)
{
	const char *p = text.s, *end = text.s + text.n, *again = NULL;
	size_t at = 0, star = 0;

	for (long steps = 0;; steps++) {
		size_t n = p < end ? utf8_length(p, end) : 0;
		uint32_t place = at < pattern->n ? pattern->place[at] : 0;

		if (steps > WILDCARD_STEPS_MAX)
			return PATTERN_LIMIT;
		if (at < pattern->n && place == ANY_MANY) {
			star = ++at;
			again = p;
			if (at == pattern->n)
				return PATTERN_YES;
		} else if (n > 0 && at < pattern->n &&
			   (place == ANY_ONE || place == decode(p, n))) {
			at++;
			p += n;
		} else if (n == 0) {
			return at == pattern->n ? PATTERN_YES : PATTERN_NO;
		} else if (again) {
			again += utf8_length(again, end);
			p = again;
			at = star;
		} else {
			return PATTERN_NO;
		}
	}
}

enum pattern_result pattern_match(const struct pattern *pattern,
				  struct str text)
{
	return pattern->raw ? match_regex(pattern, text)
			    : match_wildcard(pattern, text);
}

/* Of words, "x*" is cut into words first, and "*" asks whether the field is
 * there; two stars are a pattern. */
static bool needs_two_stars(const struct pattern *pattern)
{
	for (size_t i = 0; i < pattern->n; i++) {
		if (pattern->place[i] >= ANY_ONE)
			return pattern->words && i + 1 == pattern->n &&
			       pattern->place[i] == ANY_MANY;
	}
	return false;
}

void pattern_write(const struct pattern *pattern, struct buf *out)
{
	char utf8[4];

	if (pattern->raw) {
		buf_add_char(out, '/');
		buf_add(out, str_slice(pattern->raw, pattern->raw_n));
		buf_add_char(out, '/');
		return;
	}
	for (size_t i = 0; i < pattern->n; i++) {
		uint32_t place = pattern->place[i];

		if (place == ANY_ONE || place == ANY_MANY)
			buf_add_char(out, place == ANY_ONE ? '?' : '*');
		else
			query_add_escaped(
				out, str_slice(utf8, utf8_encode(place, utf8)));
	}
	if (needs_two_stars(pattern))
		buf_add_char(out, '*');
}
