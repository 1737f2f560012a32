/* grep_print.h - how tocsin grep shows an event
 *
 * In a pipe the line's own bytes; on a terminal one line for people, with what
 * could move the cursor escaped; with a list of fields their values between
 * tabs, in either.
 *
 * One thread at a time for one struct. */
#ifndef TOCSIN_CLI_GREP_PRINT_H
#define TOCSIN_CLI_GREP_PRINT_H

#include <stdio.h>

#include "event/query_field.h"

struct grep_print {
	bool terminal, colour;
	struct query_field *field; /* n of them */
	const char **keys;         /* their top-level keys, n, owned */
	size_t n, cap, keys_cap;
	struct buf out, scratch;
};

/* `fields` is "Title,AdditionalFlat.user" or NULL; any top-level key may be
 * named. Released either way with grep_print_release(). */
MUST_CHECK bool grep_print_open(struct grep_print *print, const char *fields,
				bool terminal, struct error *err);
void grep_print_release(struct grep_print *print);

/* `line` is what was read, without its end; `event` what it was read as. */
void grep_print(struct grep_print *print, struct str line,
		const struct event *event, FILE *file);

#endif
