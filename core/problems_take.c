/* problems_take.c - an error that names its own place, among the problems
 *
 * Part of conf.h. Pure; any thread. */
#include "core/conf.h"

#include <limits.h>
#include <string.h>

#include "core/buf.h"

/* The end of the place that a text begins with, at its ": ", or NULL; `line`
 * of it, 0 if it has none. */
static const char *place_end(const char *text, int64_t *line)
{
	const char *end = strstr(text, ": ");
	const char *digits = end;

	*line = 0;
	if (!end || strncmp(text, "-s ", 3) == 0)
		return end;
	while (digits > text && digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	if (digits == text || digits[-1] != ':' ||
	    !str_to_int64(str_slice(digits, (size_t)(end - digits)), 1, INT_MAX,
			  line))
		return NULL;
	return end;
}

void problems_take(struct problems *p, const char *file,
		   const struct error *err)
{
	int64_t line;
	const char *end = place_end(err->text, &line);
	AUTO(free_text) char *place = NULL;
	const char *at = err->text;

	if (!end) {
		problems_add(p, PROBLEM_ERROR, file, 0, 0, "%s", err->text);
		return;
	}
	place = str_dup(str_slice(at, (size_t)(end - at)));
	if (line > 0)
		*strrchr(place, ':') = '\0';
	problems_add(p, PROBLEM_ERROR, place, (int)line, 0, "%s", end + 2);
}
