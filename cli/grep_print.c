/* grep_print.c - how tocsin grep shows an event
 *
 * Owns the fields and its buffers. Main thread. */
#include "cli/grep_print.h"

#include <stdlib.h>

#include "ingest/index/timeline.h"

static bool add_field(struct grep_print *print, struct str name,
		      struct error *err)
{
	const char *dot = memchr(name.s, '.', name.n);
	struct str key = dot ? str_slice(name.s, (size_t)(dot - name.s)) : name;
	const char *own = str_dup(key);
	const struct query_options options = { &own, 1 };
	struct query_field field;

	if (name.n == 0 || !query_field_parse(name, &options, &field, err)) {
		free((void *)(uintptr_t)own);
		return name.n > 0 ? false
				  : error_set(err, ERROR_USAGE,
					      "--fields has an empty name");
	}
	*ARRAY_PUSH(print->keys, print->n, print->keys_cap) = own;
	print->n--;
	*ARRAY_PUSH(print->field, print->n, print->cap) = field;
	return true;
}

bool grep_print_open(struct grep_print *print, const char *fields,
		     bool terminal, struct error *err)
{
	const char *no_colour = getenv("NO_COLOR");

	*print = (struct grep_print){ .terminal = terminal };
	print->colour = terminal && (!no_colour || !*no_colour);
	while (fields) {
		const char *comma = strchr(fields, ',');
		size_t n = comma ? (size_t)(comma - fields) : strlen(fields);

		if (!add_field(print, str_slice(fields, n), err)) {
			err->kind = ERROR_USAGE;
			return false;
		}
		fields = comma ? comma + 1 : NULL;
	}
	return true;
}

void grep_print_release(struct grep_print *print)
{
	for (size_t i = 0; i < print->n; i++) {
		query_field_release(&print->field[i]);
		free((void *)(uintptr_t)print->keys[i]);
	}
	free(print->field);
	free(print->keys);
	buf_release(&print->out);
	buf_release(&print->scratch);
}

static void add_fields(struct grep_print *print, const struct event *event)
{
	for (size_t i = 0; i < print->n; i++) {
		if (i > 0)
			buf_add_char(&print->out, '\t');
		buf_clear(&print->scratch);
		timeline_escape(query_field_text(&print->field[i], event,
						 &print->scratch),
				&print->out);
	}
}

static void add_shown(struct grep_print *print, const struct event *event,
		      enum event_field field, const char *before)
{
	buf_clear(&print->scratch);
	buf_add_text(&print->out, before);
	timeline_escape(event_text(&event->field[field], &print->scratch),
			&print->out);
}

static void add_pretty(struct grep_print *print, const struct event *event)
{
	const struct event_value *more = &event->field[EVENT_ADDITIONAL];
	bool red = print->colour && event->level == LEVEL_ERROR;

	add_shown(print, event, EVENT_TIME_STAMP_UTC, "");
	buf_add_format(&print->out, "  %s%-5s%s  ", red ? "\033[31m" : "",
		       event_level_name(event->level), red ? "\033[0m" : "");
	add_shown(print, event, EVENT_SERVICE_KEY, "");
	if (event_has(event, EVENT_COMPONENT_KEY))
		add_shown(print, event, EVENT_COMPONENT_KEY, "/");
	add_shown(print, event, EVENT_TITLE, "  ");
	if (!event_has(event, EVENT_ADDITIONAL))
		return;
	buf_add_text(&print->out, "  ");
	timeline_json(more->raw, true, &print->out);
}

void grep_print(struct grep_print *print, struct str line,
		const struct event *event, FILE *file)
{
	buf_clear(&print->out);
	if (print->n > 0)
		add_fields(print, event);
	else if (print->terminal)
		add_pretty(print, event);
	else
		buf_add(&print->out, line);
	buf_add_char(&print->out, '\n');
	fwrite(print->out.p, 1, print->out.n, file);
}
