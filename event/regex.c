/* regex.c - a regular expression that must match a whole text
 *
 * Owns the compiled pattern. Pure; one thread at a time for one regex. */
#include "event/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

enum {
	STEPS_MAX = 100000,
	DEPTH_MAX = 1000,
	HEAP_KIB_MAX = 1024,
};

struct regex {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
};

static pcre2_code *compile(struct str pattern, struct error *err)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	PCRE2_UCHAR text[160];
	pcre2_code *code;
	PCRE2_SIZE at = 0;
	int status = 0;

	ENSURE(context);
	pcre2_set_parens_nest_limit(context, 100);
	code = pcre2_compile((PCRE2_SPTR)(pattern.s ? pattern.s : ""),
			     pattern.n,
			     PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED |
				     PCRE2_NEVER_BACKSLASH_C,
			     &status, &at, context);
	pcre2_compile_context_free(context);
	if (code)
		return code;
	pcre2_get_error_message(status, text, sizeof(text));
	error_set(err, ERROR_REJECT,
		  "could not read the regular expression \"%.*s\": %s, at "
		  "character %zu",
		  STR_ARG(pattern), (const char *)text, (size_t)at + 1);
	return NULL;
}

struct regex *regex_open(struct str pattern, struct error *err)
{
	struct regex *r;
	pcre2_code *code;

	if (pattern.n > REGEX_PATTERN_MAX) {
		error_set(err, ERROR_REJECT,
			  "a regular expression has at most %d bytes",
			  REGEX_PATTERN_MAX);
		return NULL;
	}
	code = compile(pattern, err);
	if (!code)
		return NULL;
	r = xcalloc(1, sizeof(*r));
	r->code = code;
	/* Without a JIT the interpreter does it. */
	(void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
	r->data = pcre2_match_data_create(1, NULL);
	r->context = pcre2_match_context_create(NULL);
	ENSURE(r->data && r->context);
	pcre2_set_match_limit(r->context, STEPS_MAX);
	pcre2_set_depth_limit(r->context, DEPTH_MAX);
	pcre2_set_heap_limit(r->context, HEAP_KIB_MAX);
	return r;
}

void regex_close(struct regex *r)
{
	if (!r)
		return;
	pcre2_code_free(r->code);
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->context);
	free(r);
}

bool regex_matches(const struct regex *r, struct str text)
{
	PCRE2_SPTR subject = (PCRE2_SPTR)(text.s ? text.s : "");
	int result = pcre2_match(r->code, subject, text.n, 0, 0, r->data,
				 r->context);

	if (result == PCRE2_ERROR_JIT_STACKLIMIT)
		result = pcre2_match(r->code, subject, text.n, 0, PCRE2_NO_JIT,
				     r->data, r->context);
	return result >= 0;
}
