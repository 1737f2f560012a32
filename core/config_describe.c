/* config_describe.c - tables of settings as text for people
 *
 * `tocsin help config` and the man page both come from here, so neither can
 * forget a setting. Pure. */
#include "core/config_values.h"

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
	if (type_of(row) == SETTING_DURATION)
		duration_format(bound, out);
	else if (type_of(row) == SETTING_BYTES)
		bytes_format(bound, out);
	else
		buf_add_int(out, bound);
}

static void add_range(struct buf *out, const struct setting *row)
{
	if ((row->min == 0 && row->max == 0) || type_of(row) == SETTING_STRINGS)
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
	if (is_quoted(type_of(row)) ||
	    (type_of(row) == SETTING_BYTES && strpbrk(fallback, "BKMG")))
		quote = "\"";
	buf_add_format(out, ", default %s%s%s", quote, fallback, quote);
}

/* Who takes it while running: "on SIGHUP", "on SIGHUP by alert". */
static void add_live(struct buf *out, const struct setting *row)
{
	static const struct {
		enum setting_live live;
		const char *text;
	} who[] = {
		{ LIVE_IN_SHIP, "ship" },
		{ LIVE_IN_INDEX, "index" },
		{ LIVE_IN_ALERT, "alert" },
	};
	const char *before = " by ";

	if (!(row->type & LIVE))
		return;
	buf_add_text(out, ", taken on SIGHUP");
	for (size_t i = 0; i < ARRAY_LENGTH(who); i++) {
		if ((row->type & LIVE) == LIVE || !(row->type & who[i].live))
			continue;
		buf_add_format(out, "%s%s", before, who[i].text);
		before = " and ";
	}
}

/* "duration in ms, default "50ms", 0s to 10s". */
static void add_nature(struct buf *out, const struct setting *row)
{
	buf_add_text(out, type_name(type_of(row)));
	for (size_t i = 0; type_of(row) == SETTING_CHOICE && row->choices[i];
	     i++)
		buf_add_format(out, " %s", row->choices[i]);
	if (row->unit)
		buf_add_format(out, " (%s)", row->unit);
	add_default(out, row);
	add_range(out, row);
	add_live(out, row);
}

/* The words of `text`, wrapped, each line after `indent`. */
static void add_wrapped(struct buf *out, struct str text, const char *indent)
{
	size_t start = *indent ? 8 : 0;
	size_t column = 0; /* 0: nothing written yet */

	for (size_t i = 0; i < text.n;) {
		size_t n = 0;

		while (i + n < text.n && text.s[i + n] != ' ')
			n++;
		if (column == 0 || column + 1 + n > WIDTH) {
			buf_add_text(out, column == 0 ? "" : "\n");
			buf_add_text(out, indent);
			column = start;
		} else {
			buf_add_char(out, ' ');
			column++;
		}
		buf_add(out, str_slice(text.s + i, n));
		column += n;
		i += n + 1;
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
			add_wrapped(out, str_of(row->sentence), "\t");
		}
	}
}

/* One line of mdoc text: backslashes escaped, and a dot or quote that would
 * begin a line made harmless. Blanks are kept, so it can be wrapped after. */
static void add_mdoc(struct buf *out, struct str text)
{
	struct buf escaped = { 0 };

	for (size_t i = 0; i < text.n; i++) {
		bool first = i == 0 || text.s[i - 1] == ' ';

		if (first && (text.s[i] == '.' || text.s[i] == '\''))
			buf_add_text(&escaped, "\\&");
		if (text.s[i] == '\\')
			buf_add_text(&escaped, "\\e");
		else
			buf_add_char(&escaped, text.s[i]);
	}
	add_wrapped(out, buf_str(&escaped), "");
	buf_release(&escaped);
}

/* Each sentence begins a line, as mdoc wants it. */
static void add_mdoc_sentences(struct buf *out, const char *text)
{
	const char *end;

	while ((end = strstr(text, ". "))) {
		add_mdoc(out, str_slice(text, (size_t)(end - text) + 1));
		text = end + 2;
	}
	add_mdoc(out, str_of(text));
}

void config_describe_mdoc(const struct settings tables[], size_t n,
			  struct buf *out)
{
	buf_add_text(out, ".Bl -tag -width Ds\n");
	for (size_t t = 0; t < n; t++) {
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct setting *row = &tables[t].row[i];
			struct buf nature = { 0 };

			buf_add_format(out, ".It Ic %s\n", row->path);
			buf_add_char(&nature, '(');
			add_nature(&nature, row);
			buf_add_char(&nature, ')');
			add_mdoc(out, buf_str(&nature));
			buf_release(&nature);
			buf_add_text(out, ".br\n");
			add_mdoc_sentences(out, row->sentence);
		}
	}
	buf_add_text(out, ".El\n");
}
