/* conf.c - reads libconfig text into plain nodes
 *
 * libconfig parses, then its tree is copied and thrown away: nothing else in
 * the program sees its types. Owns nothing after it returns; runs on the
 * caller's thread. */
#include "core/conf.h"

#include <libconfig.h>
#include <stdlib.h>

#include "core/conf_text.h"

#define DEPTH_LIMIT 64

void conf_free(struct conf *root)
{
	if (!root)
		return;
	for (size_t i = 0; i < root->n; i++)
		conf_free(root->child[i]);
	free(root->child);
	free(root->name);
	free(root->file);
	free(root->text);
	free(root);
}

static struct conf *copy_setting(const config_setting_t *from,
				 const struct conf_text *text, int depth);

static bool copy_children(struct conf *to, const config_setting_t *from,
			  const struct conf_text *text, int depth)
{
	int n = config_setting_length(from);

	if (n <= 0)
		return true;
	if (depth >= DEPTH_LIMIT)
		return false;
	to->child = xcalloc((size_t)n, sizeof(*to->child));
	for (int i = 0; i < n; i++) {
		config_setting_t *e =
			config_setting_get_elem(from, (unsigned)i);

		to->child[i] = copy_setting(e, text, depth + 1);
		if (!to->child[i])
			return false;
		to->n++;
	}
	return true;
}

static void copy_scalar(struct conf *to, const config_setting_t *from)
{
	switch (config_setting_type(from)) {
	case CONFIG_TYPE_BOOL:
		to->kind = CONF_BOOL;
		to->flag = config_setting_get_bool(from) != 0;
		break;
	case CONFIG_TYPE_FLOAT:
		to->kind = CONF_REAL;
		to->real = config_setting_get_float(from);
		break;
	case CONFIG_TYPE_STRING:
		to->kind = CONF_STRING;
		to->text = xstrdup(config_setting_get_string(from));
		break;
	default:
		to->kind = CONF_INT;
		to->integer = config_setting_get_int64(from);
		break;
	}
}

/* NULL if it nests too deeply. */
static struct conf *copy_setting(const config_setting_t *from,
				 const struct conf_text *text, int depth)
{
	struct conf *to = xcalloc(1, sizeof(*to));
	const char *name = config_setting_name(from);
	const char *file;

	to->name = name ? xstrdup(name) : NULL;
	conf_text_place(text, config_setting_source_line(from), &file,
			&to->line);
	to->file = xstrdup(file);
	if (config_setting_is_aggregate(from)) {
		to->kind =
			config_setting_is_group(from) ? CONF_GROUP : CONF_LIST;
		if (!copy_children(to, from, text, depth)) {
			conf_free(to);
			return NULL;
		}
	} else {
		copy_scalar(to, from);
	}
	return to;
}

static struct conf *parse(struct conf_text *text, struct problems *problems)
{
	struct conf *root = NULL;
	const char *file;
	config_t parsed;
	int line;

	config_init(&parsed);
	if (!config_read_string(&parsed, buf_text(&text->text))) {
		const char *reason = config_error_text(&parsed);

		conf_text_place(text, (unsigned)config_error_line(&parsed),
				&file, &line);
		problems_add(problems, PROBLEM_ERROR, file, line, 0, "%s",
			     reason ? reason : "syntax error");
	} else {
		root = copy_setting(config_root_setting(&parsed), text, 0);
		conf_text_place(text, 1, &file, &line);
		if (!root)
			problems_add(problems, PROBLEM_ERROR, file, line, 0,
				     "groups and lists nest more than %d deep",
				     DEPTH_LIMIT);
	}
	config_destroy(&parsed);
	return root;
}

struct conf *conf_load(const char *path, struct problems *problems)
{
	struct conf_text text = { 0 };
	struct conf *root = NULL;

	if (conf_text_read_file(&text, path, problems))
		root = parse(&text, problems);
	conf_text_release(&text);
	return root;
}

struct conf *conf_read_file(const char *path, struct error *err)
{
	struct problems problems = { 0 };
	struct conf *root = conf_load(path, &problems);

	if (!root)
		problems_ok(&problems, err);
	problems_release(&problems);
	return root;
}

struct conf *conf_read_text(const char *name, const char *text,
			    struct error *err)
{
	struct conf_text whole = { 0 };
	struct problems problems = { 0 };
	struct conf *root = NULL;

	if (conf_text_read(&whole, name, str_of(text), &problems))
		root = parse(&whole, &problems);
	if (!root)
		problems_ok(&problems, err);
	conf_text_release(&whole);
	problems_release(&problems);
	return root;
}

const struct conf *conf_get(const struct conf *group, const char *name)
{
	if (!group || group->kind != CONF_GROUP)
		return NULL;
	for (size_t i = 0; i < group->n; i++) {
		if (strcmp(group->child[i]->name, name) == 0)
			return group->child[i];
	}
	return NULL;
}

static bool texts_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool children_same(const struct conf *a, const struct conf *b)
{
	size_t i = 0;

	while (i < a->n && i < b->n && conf_same(a->child[i], b->child[i]))
		i++;
	return i == a->n && i == b->n;
}

bool conf_same(const struct conf *a, const struct conf *b)
{
	if (!a || !b)
		return a == b;
	return a->kind == b->kind && texts_same(a->name, b->name) &&
	       a->flag == b->flag && a->integer == b->integer &&
	       !(a->real < b->real || a->real > b->real) &&
	       texts_same(a->text, b->text) && children_same(a, b);
}

const char *conf_kind_name(enum conf_kind kind)
{
	switch (kind) {
	case CONF_BOOL: return "true or false";
	case CONF_INT: return "a whole number";
	case CONF_REAL: return "a number";
	case CONF_STRING: return "a string";
	case CONF_GROUP: return "a group { }";
	case CONF_LIST: return "a list ( )";
	}
	return "nothing";
}
