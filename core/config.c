/* config.c - checks a conf tree against tables of settings
 *
 * A config owns one value a row and, if it was loaded from a file, the tree.
 * Tables and rows are constant and borrowed. One thread at a time. */
#include "core/config.h"

#include <stdlib.h>

#include "core/config_values.h"

#define PATH_LIMIT 256

struct config {
	struct value *value; /* one a row, in the order of the tables */
	size_t n;
	struct conf *owned; /* the tree of config_load, else NULL */
};

const struct setting *settings_find(const struct settings tables[], size_t n,
				    struct str path)
{
	for (size_t t = 0; t < n; t++) {
		for (size_t i = 0; i < tables[t].n; i++) {
			if (str_is(path, tables[t].row[i].path))
				return &tables[t].row[i];
		}
	}
	return NULL;
}

const struct value *config_values(const struct config *c, size_t *n)
{
	*n = c->n;
	return c->value;
}

static struct value *find_value(const struct config *c, const char *path)
{
	for (size_t i = 0; i < c->n; i++) {
		if (strcmp(c->value[i].row->path, path) == 0)
			return &c->value[i];
	}
	return NULL;
}

/* ---- from tree to values ---- */

static bool is_group_of(const char *row_path, const char *group)
{
	size_t n = strlen(group);

	return strncmp(row_path, group, n) == 0 && row_path[n] == '.';
}

static bool group_is_known(const struct config *c, const char *path)
{
	for (size_t i = 0; i < c->n; i++) {
		if (is_group_of(c->value[i].row->path, path))
			return true;
	}
	return false;
}

/* The names that may stand in the group `prefix` ("" or "kafka."), as full
 * paths; free each and the array. */
static char **names_in(const struct config *c, const char *prefix, size_t *n)
{
	size_t length = strlen(prefix);
	char **names = NULL;
	size_t cap = 0;

	*n = 0;
	for (size_t i = 0; i < c->n; i++) {
		const char *path = c->value[i].row->path;
		size_t end;

		if (strncmp(path, prefix, length) != 0)
			continue;
		end = length + strcspn(path + length, ".");
		*ARRAY_PUSH(names, *n, cap) = str_dup(str_slice(path, end));
	}
	return names;
}

static const char *nearest_path(const struct config *c, const char *path)
{
	const char **paths = xcalloc(c->n, sizeof(*paths));
	const char *near;

	for (size_t i = 0; i < c->n; i++)
		paths[i] = c->value[i].row->path;
	near = nearest_word(path, paths, c->n);
	free(paths);
	return near;
}

/* Suggests among the names of the same group by their last part, so that a
 * long group name does not make everything in it near. */
static void unknown_setting(const struct config *c, const struct conf *node,
			    const char *prefix, const char *path,
			    struct problems *problems)
{
	size_t length = strlen(prefix), n;
	char **names = names_in(c, prefix, &n);
	const char **last = xcalloc(n, sizeof(*last));
	const char *near;

	for (size_t i = 0; i < n; i++)
		last[i] = names[i] + length;
	near = nearest_word(node->name, last, n);
	if (near)
		problems_at(problems, PROBLEM_ERROR, node,
			    "unknown setting \"%s\"; did you mean \"%s%s\"?",
			    path, prefix, near);
	else if ((near = nearest_path(c, path)))
		problems_at(problems, PROBLEM_ERROR, node,
			    "unknown setting \"%s\"; did you mean \"%s\"?",
			    path, near);
	else
		problems_at(problems, PROBLEM_ERROR, node,
			    "unknown setting \"%s\"", path);
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
	free(last);
}

static void check_group(struct config *c, const struct conf *group,
			const char *prefix, struct problems *problems);

static void check_node(struct config *c, const struct conf *node,
		       const char *prefix, struct problems *problems)
{
	struct buf path;
	struct value *v;

	buf_init(&path, PATH_LIMIT);
	if (!buf_add_text(&path, prefix) || !buf_add_text(&path, node->name)) {
		problems_at(problems, PROBLEM_ERROR, node,
			    "the name is too long");
		goto out;
	}
	v = find_value(c, buf_text(&path));
	if (v) {
		v->node = node;
		value_read(v, buf_text(&path), problems);
	} else if (!group_is_known(c, buf_text(&path))) {
		unknown_setting(c, node, prefix, buf_text(&path), problems);
	} else if (node->kind != CONF_GROUP) {
		problems_at(problems, PROBLEM_ERROR, node,
			    "\"%s\" must be a group { }, not %s",
			    buf_text(&path), conf_kind_name(node->kind));
	} else if (buf_add_char(&path, '.')) {
		check_group(c, node, buf_text(&path), problems);
	}
out:
	buf_release(&path);
}

static void check_group(struct config *c, const struct conf *group,
			const char *prefix, struct problems *problems)
{
	conf_for_each (group, i)
		check_node(c, group->child[i], prefix, problems);
}

static void check_required(const struct config *c, const struct conf *group,
			   struct problems *problems)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct value *v = &c->value[i];

		if (!v->row->fallback && !v->node)
			problems_at(problems, PROBLEM_ERROR, group,
				    "\"%s\" is missing", v->row->path);
	}
}

struct config *config_check(const struct conf *group,
			    const struct settings tables[], size_t n,
			    struct problems *problems)
{
	struct config *c = xcalloc(1, sizeof(*c));
	size_t rows = 0;

	for (size_t t = 0; t < n; t++)
		rows += tables[t].n;
	c->value = xcalloc(rows, sizeof(*c->value));
	for (size_t t = 0; t < n; t++) {
		for (size_t i = 0; i < tables[t].n; i++) {
			const struct setting *row = &tables[t].row[i];

			ENSURE(!find_value(c, row->path));
			c->value[c->n].row = row;
			value_default(&c->value[c->n++]);
		}
	}
	if (group->kind == CONF_GROUP)
		check_group(c, group, "", problems);
	else
		problems_at(problems, PROBLEM_ERROR, group,
			    "must be a group { }, not %s",
			    conf_kind_name(group->kind));
	check_required(c, group, problems);
	return c;
}

static struct conf *empty_group(const char *file)
{
	struct conf *root = xcalloc(1, sizeof(*root));

	root->kind = CONF_GROUP;
	root->file = xstrdup(file);
	return root;
}

struct config *config_load(const char *path, const char *const overrides[],
			   size_t n_overrides, const struct settings tables[],
			   size_t n, struct problems *problems)
{
	struct conf *root = path ? conf_load(path, problems) : NULL;
	struct config *c;

	if (!root)
		root = empty_group(path ? path : "the configuration");
	for (size_t i = 0; i < n_overrides; i++)
		override_apply(root, overrides[i], tables, n, problems);
	c = config_check(root, tables, n, problems);
	c->owned = root;
	return c;
}

void config_close(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++)
		value_release(&c->value[i]);
	free(c->value);
	conf_free(c->owned);
	free(c);
}

/* ---- values by path ---- */

static const struct value *value_of(const struct config *c, const char *path)
{
	const struct value *v = find_value(c, path);

	ENSURE(v);
	return v;
}

const char *config_string(const struct config *c, const char *path)
{
	const struct value *v = value_of(c, path);

	ENSURE(type_of(v->row) == SETTING_STRING);
	return v->text;
}

int64_t config_int(const struct config *c, const char *path)
{
	const struct value *v = value_of(c, path);

	ENSURE(type_of(v->row) == SETTING_INT ||
	       type_of(v->row) == SETTING_DURATION ||
	       type_of(v->row) == SETTING_BYTES);
	return v->number;
}

double config_real(const struct config *c, const char *path)
{
	const struct value *v = value_of(c, path);

	ENSURE(type_of(v->row) == SETTING_REAL);
	return v->real;
}

bool config_bool(const struct config *c, const char *path)
{
	const struct value *v = value_of(c, path);

	ENSURE(type_of(v->row) == SETTING_BOOL);
	return v->number != 0;
}

const struct strings *config_strings(const struct config *c, const char *path)
{
	const struct value *v = value_of(c, path);

	ENSURE(type_of(v->row) == SETTING_STRINGS);
	return &v->list;
}

int config_choice(const struct config *c, const char *path)
{
	const struct value *v = value_of(c, path);

	ENSURE(type_of(v->row) == SETTING_CHOICE);
	return (int)v->number;
}

const struct conf *config_tree(const struct config *c, const char *path)
{
	const struct value *v = value_of(c, path);

	ENSURE(type_of(v->row) == SETTING_TREE);
	return v->node;
}

bool config_is_set(const struct config *c, const char *path)
{
	return value_of(c, path)->node != NULL;
}

const struct conf *config_node(const struct config *c, const char *path)
{
	return value_of(c, path)->node;
}

const struct conf *config_item_node(const struct config *c, const char *path,
				    size_t i)
{
	const struct conf *node = config_node(c, path);

	return node && node->kind == CONF_LIST && i < node->n ? node->child[i]
							      : node;
}

static bool blame(const struct conf *node, struct error *err)
{
	if (!node)
		return false;
	if (node->line == 0)
		return error_prefix(err, "%s", node->file);
	return error_prefix(err, "%s:%d", node->file, node->line);
}

bool config_blame(const struct config *c, const char *path, struct error *err)
{
	return blame(config_node(c, path), err);
}

bool config_blame_item(const struct config *c, const char *path, size_t i,
		       struct error *err)
{
	return blame(config_item_node(c, path, i), err);
}
