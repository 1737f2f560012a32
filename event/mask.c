/* mask.c - replaces what patterns match in the strings of an event
 *
 * Owns the compiled patterns and two texts of scratch. One thread at a time for
 * one mask (PCRE2's match data). See mask.h. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "event/mask.h"

#include <pcre2.h>
#include <stdlib.h>

#include "event/utf8.h"

#define STEPS_MAX    1000000
#define DEPTH_MAX    100000
#define HEAP_KIB_MAX 16384
#define GROWTH_BYTES 65536

struct rule {
	pcre2_code *code;
	char *replacement;
	size_t replacement_n;
};

struct mask {
	struct rule *rule;
	size_t n, cap;
	pcre2_match_data *data;
	pcre2_match_context *context;
	struct buf decoded, before, after;
};

struct mask *mask_open(void)
{
	struct mask *m = xcalloc(1, sizeof(*m));

	m->data = pcre2_match_data_create(1, NULL);
	m->context = pcre2_match_context_create(NULL);
	ENSURE(m->data && m->context);
	pcre2_set_match_limit(m->context, STEPS_MAX);
	pcre2_set_depth_limit(m->context, DEPTH_MAX);
	pcre2_set_heap_limit(m->context, HEAP_KIB_MAX);
	return m;
}

void mask_close(struct mask *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++) {
		pcre2_code_free(m->rule[i].code);
		free(m->rule[i].replacement);
	}
	free(m->rule);
	pcre2_match_data_free(m->data);
	pcre2_match_context_free(m->context);
	buf_release(&m->decoded);
	buf_release(&m->before);
	buf_release(&m->after);
	free(m);
}

bool mask_add(struct mask *m, struct str pattern, struct str replacement,
	      struct error *err)
{
	PCRE2_UCHAR text[160];
	PCRE2_SIZE at;
	pcre2_code *code;
	int status;

	code = pcre2_compile((PCRE2_SPTR)pattern.s, pattern.n, PCRE2_UTF,
			     &status, &at, NULL);
	if (!code) {
		pcre2_get_error_message(status, text, sizeof(text));
		return error_set(err, ERROR_CONFIG,
				 "could not compile the pattern \"%.*s\": %s, "
				 "at byte %zu",
				 STR_ARG(pattern), (const char *)text, at);
	}
	/* Without a JIT the interpreter does it. */
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	*ARRAY_PUSH(m->rule, m->n, m->cap) = (struct rule){
		.code = code,
		.replacement = str_dup(replacement),
		.replacement_n = replacement.n,
	};
	return true;
}

/* ---- one text ---- */

static int match(const struct mask *m, const struct rule *rule, struct str text,
		 size_t from, uint32_t options)
{
	PCRE2_SPTR subject = (PCRE2_SPTR)text.s;
	int result;

	options |= PCRE2_NO_UTF_CHECK;
	result = pcre2_match(rule->code, subject, text.n, from, options,
			     m->data, m->context);
	if (result == PCRE2_ERROR_JIT_STACKLIMIT)
		result = pcre2_match(rule->code, subject, text.n, from,
				     options | PCRE2_NO_JIT, m->data,
				     m->context);
	return result;
}

/* Write `text` with every match replaced to `out`. False: a limit was passed.
 * *found: there was a match; without one `out` says nothing. */
static bool replace_all(const struct mask *m, const struct rule *rule,
			struct str text, struct buf *out, bool *found)
{
	const PCRE2_SIZE *span = pcre2_get_ovector_pointer(m->data);
	struct str with = str_slice(rule->replacement, rule->replacement_n);
	size_t from = 0, copied = 0;
	uint32_t options = 0;

	*found = false;
	buf_clear(out);
	out->limit = 2 * text.n + GROWTH_BYTES;
	for (;;) {
		int result = match(m, rule, text, from, options);

		if (result == PCRE2_ERROR_NOMATCH && options == 0)
			break;
		if (result == PCRE2_ERROR_NOMATCH) {
			/* Nothing but the empty match was there: go on behind
			 * the next character. */
			if (from == text.n)
				break;
			from += utf8_length(text.s + from, text.s + text.n);
			options = 0;
			continue;
		}
		if (result < 0 || span[0] < copied || span[1] < span[0])
			return false;
		*found = true;
		if (!buf_add(out,
			     str_slice(text.s + copied, span[0] - copied)) ||
		    !buf_add(out, with))
			return false;
		from = copied = span[1];
		options = span[0] == span[1]
				  ? PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED
				  : 0;
	}
	return !*found ||
	       buf_add(out, str_slice(text.s + copied, text.n - copied));
}

static void swap(struct buf *a, struct buf *b)
{
	struct buf held = *a;

	*a = *b;
	*b = held;
}

/* *text masked; borrowed from the mask unless nothing matched. */
static enum mask_result mask_text(struct mask *m, struct str *text)
{
	enum mask_result result = MASK_NOTHING;
	struct str now = *text;

	if (now.n == 0)
		return MASK_NOTHING;
	if (!utf8_valid(now)) {
		m->before.limit = 0;
		buf_clear(&m->before);
		(void)utf8_clean(now, &m->before);
		now = buf_str(&m->before);
	}
	for (size_t i = 0; i < m->n && now.n > 0; i++) {
		bool found;

		if (!replace_all(m, &m->rule[i], now, &m->after, &found)) {
			*text = STR(MASK_FAILED_TEXT);
			return MASK_FAILED;
		}
		if (!found)
			continue;
		swap(&m->before, &m->after);
		now = buf_str(&m->before);
		result = MASK_DONE;
	}
	if (result == MASK_DONE)
		*text = now;
	return result;
}

/* ---- one line ---- */

static bool is_key(const char *behind, const char *end)
{
	while (behind < end && (*behind == ' ' || *behind == '\t' ||
				*behind == '\n' || *behind == '\r'))
		behind++;
	return behind < end && *behind == ':';
}

static bool is_kept(const struct event *event, const char *at)
{
	return at == event->field[EVENT_TIME_STAMP_UTC].raw.s ||
	       at == event->field[EVENT_LEVEL].raw.s;
}

static enum mask_result mask_strings(struct mask *m, const struct event *event,
				     struct buf *out)
{
	const char *p = event->line.s, *end = p + event->line.n, *at;
	enum mask_result all = MASK_NOTHING;
	const char *copied = p;

	while (p < end && (at = memchr(p, '"', (size_t)(end - p)))) {
		enum mask_result one;
		struct str text;

		p = json_skip(at, end);
		if (is_key(p, end) || is_kept(event, at))
			continue;
		buf_clear(&m->decoded);
		text = json_text(str_slice(at, (size_t)(p - at)), &m->decoded);
		one = mask_text(m, &text);
		if (one == MASK_NOTHING)
			continue;
		buf_add(out, str_slice(copied, (size_t)(at - copied)));
		buf_add_json_string(out, text);
		copied = p;
		all = one > all ? one : all;
	}
	if (all != MASK_NOTHING)
		buf_add(out, str_slice(copied, (size_t)(end - copied)));
	return all;
}

enum mask_result mask_apply(struct mask *m, const struct event *event,
			    struct buf *out)
{
	struct str text = event->line;
	enum mask_result result;

	buf_clear(out);
	if (!(event->repairs & REPAIR_UNPARSED))
		return mask_strings(m, event, out);
	result = mask_text(m, &text);
	if (result != MASK_NOTHING)
		buf_add(out, text);
	return result;
}
