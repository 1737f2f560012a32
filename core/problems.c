/* problems.c - collects what is wrong in configuration and rule files
 *
 * Owns the texts it collects. Bounded: of a file with thousands of mistakes
 * the first thousand are kept, the rest are only counted. Runs on the caller's
 * thread. */
#include "core/conf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define PROBLEMS_LIMIT   1000
#define TEXT_LIMIT_BYTES 640

void problems_release(struct problems *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->item[i].file);
		free(p->item[i].text);
	}
	free(p->item);
	*p = (struct problems){ 0 };
}

static void __attribute__((format(printf, 6, 0)))
add(struct problems *p, enum problem_level level, const char *file, int line,
    int column, const char *format, va_list args)
{
	char text[TEXT_LIMIT_BYTES];
	struct problem *problem;

	if (level == PROBLEM_ERROR)
		p->errors++;
	if (p->n >= PROBLEMS_LIMIT)
		return;
	vsnprintf(text, sizeof(text), format, args);
	problem = ARRAY_PUSH(p->item, p->n, p->cap);
	problem->level = level;
	problem->file = xstrdup(file ? file : "");
	problem->line = line;
	problem->column = column;
	problem->text = xstrdup(text);
}

void problems_add(struct problems *p, enum problem_level level,
		  const char *file, int line, int column, const char *format,
		  ...)
{
	va_list args;

	va_start(args, format);
	add(p, level, file, line, column, format, args);
	va_end(args);
}

void problems_at(struct problems *p, enum problem_level level,
		 const struct conf *node, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(p, level, node->file, node->line, 0, format, args);
	va_end(args);
}

static const struct problem *first_error(const struct problems *p)
{
	for (size_t i = 0; i < p->n; i++) {
		if (p->item[i].level == PROBLEM_ERROR)
			return &p->item[i];
	}
	return NULL;
}

bool problems_ok(const struct problems *p, struct error *err)
{
	const struct problem *first = first_error(p);
	char place[16] = "";
	char more[40] = "";

	if (p->errors == 0)
		return true;
	if (!first)
		return error_set(err, ERROR_CONFIG, "%zu errors", p->errors);
	if (first->line > 0)
		snprintf(place, sizeof(place), ":%d", first->line);
	if (p->errors > 1)
		snprintf(more, sizeof(more), " (and %zu more)", p->errors - 1);
	return error_set(err, ERROR_CONFIG, "%s%s: %s%s", first->file, place,
			 first->text, more);
}
