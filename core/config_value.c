/* config_value.c - one setting: from a node or a default to its value
 *
 * Pure but for what it allocates: a value owns its list. Runs on the caller's
 * thread. */
#include "core/config_values.h"

#include <math.h>
#include <stdlib.h>

#define WRONG(...) problems_at(problems, PROBLEM_ERROR, v->node, __VA_ARGS__)

void value_release(struct value *v)
{
	free(v->list.item);
	free(v->split);
}

static void format_bound(const struct setting *row, int64_t bound,
			 struct buf *out)
{
	if (type_of(row) == SETTING_DURATION)
		duration_format(bound, out);
	else if (type_of(row) == SETTING_BYTES)
		bytes_format(bound, out);
	else
		buf_add_int(out, bound);
}

/* "between 1 and 10", "at least 0". */
static void format_range(const struct setting *row, struct buf *out)
{
	bool open = row->max == INT64_MAX || (row->min == 0 && row->max == 0);

	buf_add_text(out, open ? "at least " : "between ");
	format_bound(row, row->min, out);
	if (!open) {
		buf_add_text(out, " and ");
		format_bound(row, row->max, out);
	}
}

static bool in_range(const struct setting *row, int64_t number)
{
	if (row->min == 0 && row->max == 0)
		return number >= 0;
	return number >= row->min && number <= row->max;
}

static void out_of_range(struct value *v, const char *path,
			 struct problems *problems)
{
	struct buf range = { 0 };

	format_range(v->row, &range);
	WRONG("\"%s\" must be %s", path, buf_text(&range));
	buf_release(&range);
}

static void set_number(struct value *v, int64_t number, const char *path,
		       struct problems *problems)
{
	if (in_range(v->row, number))
		v->number = number;
	else
		out_of_range(v, path, problems);
}

static void wrong_type(struct value *v, const char *path, const char *wanted,
		       struct problems *problems)
{
	WRONG("\"%s\" must be %s, not %s", path, wanted,
	      conf_kind_name(v->node->kind));
}

static void read_int(struct value *v, const char *path,
		     struct problems *problems)
{
	if (v->node->kind != CONF_INT)
		wrong_type(v, path, "a whole number", problems);
	else
		set_number(v, v->node->integer, path, problems);
}

static void read_real(struct value *v, const char *path,
		      struct problems *problems)
{
	const struct setting *row = v->row;
	double real = v->node->kind == CONF_INT ? (double)v->node->integer
						: v->node->real;

	if (v->node->kind != CONF_INT && v->node->kind != CONF_REAL)
		wrong_type(v, path, "a number", problems);
	else if (!isfinite(real) ||
		 ((row->min != 0 || row->max != 0) &&
		  (real < (double)row->min || real > (double)row->max)))
		out_of_range(v, path, problems);
	else
		v->real = real;
}

static void read_duration(struct value *v, const char *path,
			  struct problems *problems)
{
	int64_t ms;

	if (v->node->kind != CONF_STRING)
		wrong_type(v, path, "a duration such as \"5s\"", problems);
	else if (!duration_parse(str_of(v->node->text), &ms))
		WRONG("\"%s\" must be one whole number and one of the units "
		      "ms s m h d, such as \"90s\"",
		      path);
	else
		set_number(v, ms, path, problems);
}

static void read_bytes(struct value *v, const char *path,
		       struct problems *problems)
{
	int64_t bytes;

	if (v->node->kind == CONF_INT)
		set_number(v, v->node->integer, path, problems);
	else if (v->node->kind != CONF_STRING)
		wrong_type(v, path, "a size such as \"8MiB\"", problems);
	else if (!bytes_parse(str_of(v->node->text), &bytes))
		WRONG("\"%s\" must be one whole number and one of the units "
		      "B KiB MiB GiB, such as \"8MiB\"",
		      path);
	else
		set_number(v, bytes, path, problems);
}

static bool find_choice(const struct setting *row, const char *text,
			int64_t *number)
{
	for (int64_t i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], text) == 0) {
			*number = i;
			return true;
		}
	}
	return false;
}

static void unknown_choice(struct value *v, const char *path,
			   struct problems *problems)
{
	struct buf list = { 0 };
	const char *near;
	size_t n = 0;

	for (; v->row->choices[n]; n++) {
		buf_add_text(&list, n ? ", " : "");
		buf_add_text(&list, v->row->choices[n]);
	}
	near = nearest_word(v->node->text, v->row->choices, n);
	if (near)
		WRONG("\"%s\" must be one of %s; did you mean \"%s\"?", path,
		      buf_text(&list), near);
	else
		WRONG("\"%s\" must be one of %s", path, buf_text(&list));
	buf_release(&list);
}

static void read_choice(struct value *v, const char *path,
			struct problems *problems)
{
	if (v->node->kind != CONF_STRING)
		wrong_type(v, path, "a string", problems);
	else if (!find_choice(v->row, v->node->text, &v->number))
		unknown_choice(v, path, problems);
}

static bool all_strings(const struct conf *list)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->child[i]->kind != CONF_STRING)
			return false;
	}
	return true;
}

static void set_list(struct value *v, const struct conf *node)
{
	size_t n = node->kind == CONF_LIST ? node->n : 1;

	free(v->list.item);
	v->list = (struct strings){ xcalloc(n, sizeof(char *)), n };
	for (size_t i = 0; i < n; i++)
		v->list.item[i] = node->kind == CONF_LIST ? node->child[i]->text
							  : node->text;
}

static void read_strings(struct value *v, const char *path,
			 struct problems *problems)
{
	const struct conf *node = v->node;
	size_t n = node->kind == CONF_LIST ? node->n : 1;

	if (node->kind != CONF_STRING &&
	    (node->kind != CONF_LIST || !all_strings(node)))
		WRONG("\"%s\" must be a list of strings such as (\"a\", \"b\")",
		      path);
	else if ((int64_t)n < v->row->min ||
		 (v->row->max > 0 && (int64_t)n > v->row->max))
		WRONG("\"%s\" must have between %lld and %lld items", path,
		      (long long)v->row->min, (long long)v->row->max);
	else
		set_list(v, node);
}

void value_read(struct value *v, const char *path, struct problems *problems)
{
	switch (type_of(v->row)) {
	case SETTING_STRING:
		if (v->node->kind == CONF_STRING)
			v->text = v->node->text;
		else
			wrong_type(v, path, "a string", problems);
		break;
	case SETTING_BOOL:
		if (v->node->kind == CONF_BOOL)
			v->number = v->node->flag;
		else
			wrong_type(v, path, "true or false", problems);
		break;
	case SETTING_TREE:
		if (v->node->kind != CONF_GROUP && v->node->kind != CONF_LIST)
			wrong_type(v, path, "a group { } or a list ( )",
				   problems);
		break;
	case SETTING_INT: read_int(v, path, problems); break;
	case SETTING_REAL: read_real(v, path, problems); break;
	case SETTING_DURATION: read_duration(v, path, problems); break;
	case SETTING_BYTES: read_bytes(v, path, problems); break;
	case SETTING_STRINGS: read_strings(v, path, problems); break;
	case SETTING_CHOICE: read_choice(v, path, problems); break;
	}
}

/* "a, b" into its words; v->split holds their bytes. */
static void split_default(struct value *v, const char *text)
{
	size_t cap = 0;
	char *at;

	if (!*text)
		return;
	v->split = xstrdup(text);
	at = v->split;
	for (;;) {
		char *comma = strchr(at, ',');

		if (comma)
			*comma = '\0';
		at += strspn(at, " ");
		*ARRAY_PUSH(v->list.item, v->list.n, cap) = at;
		if (!comma)
			break;
		at = comma + 1;
	}
}

void value_default(struct value *v)
{
	const char *text = v->row->fallback ? v->row->fallback : "";
	bool given = *text != '\0';
	char *end = NULL;

	v->text = text;
	switch (type_of(v->row)) {
	case SETTING_INT:
		ENSURE(!given || str_to_int64(str_of(text), INT64_MIN,
					      INT64_MAX, &v->number));
		break;
	case SETTING_REAL:
		v->real = given ? strtod(text, &end) : 0;
		ENSURE(!given || *end == '\0');
		break;
	case SETTING_BOOL:
		v->number = strcmp(text, "true") == 0;
		ENSURE(!given || v->number || strcmp(text, "false") == 0);
		break;
	case SETTING_DURATION:
		ENSURE(!given || duration_parse(str_of(text), &v->number));
		break;
	case SETTING_BYTES:
		ENSURE(!given || bytes_parse(str_of(text), &v->number));
		break;
	case SETTING_CHOICE:
		ENSURE(!given || find_choice(v->row, text, &v->number));
		break;
	case SETTING_STRINGS: split_default(v, text); break;
	case SETTING_STRING:
	case SETTING_TREE: break;
	}
}

static bool lists_same(const struct strings *a, const struct strings *b)
{
	size_t i = 0;

	while (i < a->n && i < b->n && strcmp(a->item[i], b->item[i]) == 0)
		i++;
	return i == a->n && i == b->n;
}

bool value_same(const struct value *a, const struct value *b)
{
	ENSURE(a->row == b->row);
	switch (type_of(a->row)) {
	case SETTING_STRING: return strcmp(a->text, b->text) == 0;
	case SETTING_STRINGS: return lists_same(&a->list, &b->list);
	case SETTING_REAL: return !(a->real < b->real || a->real > b->real);
	case SETTING_TREE: return conf_same(a->node, b->node);
	case SETTING_INT:
	case SETTING_BOOL:
	case SETTING_DURATION:
	case SETTING_BYTES:
	case SETTING_CHOICE: break;
	}
	return a->number == b->number;
}
