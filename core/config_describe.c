/* config_describe.c - tables of settings as text for people
 *
 * `tocsin help config` and the man page both come from here, so neither can
 * forget a setting. Pure. */
#include "core/config.h"

#define WIDTH 78

static const char *type_name(enum setting_type type)
{
	switch (type) {
	case SETTING_STRING: return "string";
	case SETTING_INT: return "whole number";
	case SETTING_REAL: return "number";
	case SETTING_BOOL: return "true or false";
	case SETTING_DURATION: return "duration";
	case SETTING_BYTES: return "size";
	case SETTING_STRINGS: return "list of strings";
	case SETTING_CHOICE: return "one of";
	case SETTING_TREE: return "group or list";
	}
	return "";
}

static void add_bound(struct buf *out, const struct setting *row, int64_t bound)
{
	if (row->type == SETTING_DURATION)
		duration_format(bound, out);
	else if (row->type == SETTING_BYTES)
		bytes_format(bound, out);
	else
		buf_add_int(out, bound);
}

static void add_range(struct buf *out, const struct setting *row)
{
	if ((row->min == 0 && row->max == 0) || row->type == SETTING_STRINGS)
		return;
	if (row->max == INT64_MAX) {
		buf_add_text(out, ", at least ");
		add_bound(out, row, row->min);
		return;
	}
	buf_add_text(out, ", ");
	add_bound(out, row, row->min);
	buf_add_text(out, " to ");
	add_bound(out, row, row->max);
}

static bool is_quoted(enum setting_type type)
{
	return type == SETTING_STRING || type == SETTING_DURATION ||
	       type == SETTING_CHOICE;
}

/* A size is quoted too if it has a unit. */
static void add_default(struct buf *out, const struct setting *row)
{
	const char *fallback = row->fallback;
	const char *quote = "";

	if (!fallback) {
		buf_add_text(out, ", required");
		return;
	}
	if (!*fallback)
		return;
	if (is_quoted(row->type) ||
	    (row->type == SETTING_BYTES && strpbrk(fallback, "BKMG")))
		quote = "\"";
	buf_add_format(out, ", default %s%s%s", quote, fallback, quote);
}

/* "duration in ms, default "50ms", 0s to 10s". */
static void add_nature(struct buf *out, const struct setting *row)
{
	buf_add_text(out, type_name(row->type));
	for (size_t i = 0; row->type == SETTING_CHOICE && row->choices[i]; i++)
		buf_add_format(out, " %s", row->choices[i]);
	if (row->unit)
		buf_add_format(out, " (%s)", row->unit);
	add_default(out, row);
	add_range(out, row);
}

/* The words of `text`, wrapped, each line after eight blanks. */
static void add_wrapped(struct buf *out, const char *text)
{
	size_t column = WIDTH;

	while (*text) {
		size_t n = strcspn(text, " \n");

		if (n > 0 && column + 1 + n > WIDTH) {
			buf_add_text(out, column == WIDTH ? "\t" : "\n\t");
			column = 8;
		} else if (n > 0) {
			buf_add_char(out, ' ');
			column++;
		}
		buf_add(out, str_slice(text, n));
		column += n;
		text += n;
		text += strspn(text, " \n");
	}
	buf_add_char(out, '\n');
}

void config_describe(const struct settings tables[], size_t n, struct buf *out)
{
	for (size_t t = 0; t < n; t++) {
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct setting *row = &tables[t].row[i];

			buf_add_format(out, "%s  (", row->path);
			add_nature(out, row);
			buf_add_text(out, ")\n");
			add_wrapped(out, row->sentence);
		}
	}
}

/* mdoc text: backslashes escaped, and a dot or quote that would begin a line
 * made harmless. */
static void add_mdoc(struct buf *out, struct str text)
{
	if (text.n > 0 && (text.s[0] == '.' || text.s[0] == '\''))
		buf_add_text(out, "\\&");
	for (size_t i = 0; i < text.n; i++) {
		if (text.s[i] == '\\')
			buf_add_text(out, "\\e");
		else
			buf_add_char(out, text.s[i]);
	}
}

/* mandoc wants each sentence to begin a line. */
static void add_mdoc_sentences(struct buf *out, const char *text)
{
	const char *end;

	while ((end = strstr(text, ". "))) {
		add_mdoc(out, str_slice(text, (size_t)(end - text) + 1));
		buf_add_char(out, '\n');
		text = end + 2;
	}
	add_mdoc(out, str_of(text));
	buf_add_char(out, '\n');
}

void config_describe_mdoc(const struct settings tables[], size_t n,
			  struct buf *out)
{
	buf_add_text(out, ".Bl -tag -width Ds\n");
	for (size_t t = 0; t < n; t++) {
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct setting *row = &tables[t].row[i];
			struct buf nature = { 0 };

			buf_add_format(out, ".It Ic %s\n(", row->path);
			add_nature(&nature, row);
			add_mdoc(out, buf_str(&nature));
			buf_release(&nature);
			buf_add_text(out, ")\n.br\n");
			add_mdoc_sentences(out, row->sentence);
		}
	}
	buf_add_text(out, ".El\n");
}
