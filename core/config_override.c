/* config_override.c - `-s path=value`: one setting put over those of the file
 *
 * Changes the tree that config_load read. Never puts the value into a message:
 * it may be a secret. Runs on the caller's thread. */
#include "core/config_values.h"

#include <stdlib.h>

static struct conf *new_node(enum conf_kind kind, struct str name,
			     const char *file)
{
	struct conf *node = xcalloc(1, sizeof(*node));

	node->kind = kind;
	node->name = str_dup(name);
	node->file = xstrdup(file);
	return node;
}

static void add_child(struct conf *group, struct conf *node)
{
	group->child =
		xrealloc(group->child, (group->n + 1) * sizeof(*group->child));
	group->child[group->n++] = node;
}

static struct conf **find_child(struct conf *group, struct str name)
{
	for (size_t i = 0; i < group->n; i++) {
		if (str_is(name, group->child[i]->name))
			return &group->child[i];
	}
	return NULL;
}

bool conf_put(struct conf *root, const char *path, struct conf *node)
{
	struct conf *group = root;
	struct conf **found;
	size_t n;

	for (; path[n = strcspn(path, ".")]; path += n + 1) {
		struct str name = str_slice(path, n);

		found = find_child(group, name);
		if (!found) {
			add_child(group,
				  new_node(CONF_GROUP, name, node->file));
			found = &group->child[group->n - 1];
		}
		group = *found;
		if (group->kind != CONF_GROUP) {
			conf_free(node);
			return false;
		}
	}
	found = find_child(group, str_of(path));
	if (found) {
		conf_free(*found);
		*found = node;
	} else {
		add_child(group, node);
	}
	return true;
}

/* Every node of an override says where it comes from. */
static void relabel(struct conf *node, const char *file)
{
	free(node->file);
	node->file = xstrdup(file);
	node->line = 0;
	for (size_t i = 0; i < node->n; i++)
		relabel(node->child[i], file);
}

/* The value in libconfig syntax, or NULL if it is not. */
static struct conf *parse_value(const char *value)
{
	struct buf text = { 0 };
	struct conf *root, *node = NULL;

	buf_add_format(&text, "value = %s;", value);
	root = conf_read_text("-s", buf_text(&text), NULL);
	buf_release(&text);
	if (root && root->n == 1) {
		node = root->child[0];
		root->n = 0;
	}
	conf_free(root);
	return node;
}

static bool takes_bare_text(const struct setting *row)
{
	return row && (type_of(row) == SETTING_STRING ||
		       type_of(row) == SETTING_DURATION ||
		       type_of(row) == SETTING_CHOICE);
}

static struct conf *value_node(const struct setting *row, struct str name,
			       const char *value, const char *file)
{
	struct conf *node = NULL;

	if (*value == '"' || !takes_bare_text(row))
		node = parse_value(value);
	if (node) {
		free(node->name);
		node->name = str_dup(name);
		relabel(node, file);
		return node;
	}
	node = new_node(CONF_STRING, name, file);
	node->text = xstrdup(value);
	return node;
}

static bool name_is_valid(struct str name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789_-*";

	for (size_t i = 0; i < name.n; i++) {
		if (!memchr(letters, name.s[i], sizeof(letters) - 1))
			return false;
	}
	return name.n > 0;
}

static bool path_is_valid(const char *path)
{
	for (;;) {
		size_t n = strcspn(path, ".");

		if (!name_is_valid(str_slice(path, n)))
			return false;
		if (!path[n])
			return true;
		path += n + 1;
	}
}

void override_apply(struct conf *root, const char *text,
		    const struct settings tables[], size_t n,
		    struct problems *problems)
{
	const char *equals = strchr(text, '=');
	struct buf file = { 0 };
	const char *last;
	char *path;

	if (!equals) {
		problems_add(problems, PROBLEM_ERROR, "-s", 0, 0,
			     "\"%s\" must be key.path=value", text);
		return;
	}
	path = str_dup(str_slice(text, (size_t)(equals - text)));
	last = strrchr(path, '.');
	last = last ? last + 1 : path;
	buf_add_format(&file, "-s %s", path);
	if (!path_is_valid(path))
		problems_add(problems, PROBLEM_ERROR, "-s", 0, 0,
			     "\"%s\" is no key.path", path);
	else if (!conf_put(root, path,
			   value_node(settings_find(tables, n, str_of(path)),
				      str_of(last), equals + 1,
				      buf_text(&file))))
		problems_add(problems, PROBLEM_ERROR, buf_text(&file), 0, 0,
			     "a part of the path is not a group { }");
	buf_release(&file);
	free(path);
}
