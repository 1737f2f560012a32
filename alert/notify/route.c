/* route.c - the route tree: which receivers get an alert, grouped how
 *
 * Owns the tree read from the configuration. Pure; loop thread. */
#include "alert/notify/route.h"

#include <stdlib.h>

#define HOUR_MS INT64_C(3600000)
#define YEAR_MS (365 * 24 * HOUR_MS)

static const struct setting rows[] = {
	{ "receiver", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "Name of the receiver that gets what this route takes. Children "
	  "inherit it." },
	{ "match", SETTING_TREE, "", 0, 0, NULL, NULL,
	  "Labels that an alert must carry: { severity = \"critical\"; }. "
	  "alertname is the rule's name." },
	{ "continue", SETTING_BOOL, "false", 0, 0, NULL, NULL,
	  "Go on to the next sibling after this route took an alert." },
	{ "group_by", SETTING_STRINGS, "alertname", 0, 0, NULL, NULL,
	  "Labels whose values put alerts into one message; \"...\" sends each "
	  "alert by itself. Children inherit it." },
	{ "group_wait", SETTING_DURATION, "200ms", 0, HOUR_MS, NULL, NULL,
	  "How long the first alert of a group waits for others." },
	{ "group_interval", SETTING_DURATION, "1m", 0, 24 * HOUR_MS, NULL, NULL,
	  "The least time between two messages about one group: the next alert "
	  "of the group, and a resolve, wait for it. Lower it, or group less, "
	  "to be told of them sooner." },
	{ "repeat_interval", SETTING_DURATION, "4h", 1000, YEAR_MS, NULL, NULL,
	  "How often a group that still fires is announced again." },
	{ "mute_times", SETTING_STRINGS, "", 0, 0, NULL, NULL,
	  "Names of mute times in which this route tells nobody. Children do "
	  "not inherit it." },
	{ "routes", SETTING_TREE, "", 0, 0, NULL, NULL,
	  "Child routes, tried in order." },
};

const struct settings route_settings = { rows, ARRAY_LENGTH(rows) };

void route_free(struct route *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_children; i++)
		route_free(r->child[i]);
	for (size_t i = 0; i < r->n_group_by; i++)
		free(r->group_by[i]);
	for (size_t i = 0; i < r->n_mute_times; i++)
		free(r->mute_times[i]);
	labels_release(&r->match);
	free(r->mute_times);
	free(r->child);
	free(r->group_by);
	free(r->receiver);
	free(r->key);
	free(r);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void set_group_by(struct route *r, const char *const names[], size_t n)
{
	r->group_by = xcalloc(n, sizeof(*r->group_by));
	for (size_t i = 0; i < n; i++) {
		if (strcmp(names[i], "...") == 0)
			r->group_by_all = true;
		r->group_by[r->n_group_by++] = xstrdup(names[i]);
	}
	qsort(r->group_by, r->n_group_by, sizeof(*r->group_by), by_text);
}

static void read_mute_times(struct route *r, const struct strings *names)
{
	r->mute_times = xcalloc(names->n, sizeof(*r->mute_times));
	for (size_t i = 0; i < names->n; i++)
		r->mute_times[r->n_mute_times++] = xstrdup(names->item[i]);
}

static void read_match(struct route *r, const struct conf *tree,
		       struct problems *problems)
{
	if (!tree)
		return;
	if (tree->kind != CONF_GROUP) {
		problems_at(problems, PROBLEM_ERROR, tree,
			    "'match' must be a group of labels: "
			    "{ severity = \"critical\"; }");
		return;
	}
	conf_for_each (tree, i) {
		const struct conf *node = tree->child[i];

		if (node->kind != CONF_STRING) {
			problems_at(problems, PROBLEM_ERROR, node,
				    "label '%s' must be matched against a "
				    "string",
				    node->name);
			continue;
		}
		labels_set(&r->match, str_of(node->name), str_of(node->text));
	}
}

static bool is_known(const struct strings *receivers, const char *name)
{
	for (size_t i = 0; i < receivers->n; i++)
		if (strcmp(receivers->item[i], name) == 0)
			return true;
	return false;
}

static void read_receiver(struct route *r, const struct config *c,
			  const struct route *parent,
			  const struct strings *receivers,
			  struct problems *problems)
{
	const char *name = config_string(c, "receiver");

	if (!config_is_set(c, "receiver")) {
		r->receiver = xstrdup(parent ? parent->receiver : "");
		return;
	}
	r->receiver = xstrdup(name);
	if (!is_known(receivers, name)) {
		const char *near =
			nearest_word(name, (const char *const *)receivers->item,
				     receivers->n);

		problems_at(problems, PROBLEM_ERROR, config_node(c, "receiver"),
			    "no receiver is named '%s'%s%s%s", name,
			    near ? "; did you mean '" : "", near ? near : "",
			    near ? "'?" : "");
	}
}

static void read_timing(struct route *r, const struct config *c,
			const struct route *parent)
{
	const struct {
		const char *path;
		int64_t *to;
		const int64_t *inherited;
	} table[] = {
		{ "group_wait", &r->group_wait_ms,
		  parent ? &parent->group_wait_ms : NULL },
		{ "group_interval", &r->group_interval_ms,
		  parent ? &parent->group_interval_ms : NULL },
		{ "repeat_interval", &r->repeat_interval_ms,
		  parent ? &parent->repeat_interval_ms : NULL },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		*table[i].to =
			table[i].inherited && !config_is_set(c, table[i].path)
				? *table[i].inherited
				: config_int(c, table[i].path);
}

static struct route *read_node(const struct conf *tree,
			       const struct route *parent, const char *key,
			       const struct strings *receivers,
			       struct problems *problems);

static void read_children(struct route *r, const struct conf *list,
			  const struct strings *receivers,
			  struct problems *problems)
{
	if (!list)
		return;
	if (list->kind != CONF_LIST) {
		problems_at(problems, PROBLEM_ERROR, list,
			    "'routes' must be a list: ( { ... }, { ... } )");
		return;
	}
	r->child = xcalloc(list->n, sizeof(struct route *));
	conf_for_each (list, i) {
		struct buf key = { 0 };

		if (list->child[i]->kind != CONF_GROUP) {
			problems_at(problems, PROBLEM_ERROR, list->child[i],
				    "a route must be a group: { receiver = "
				    "...; }");
			continue;
		}
		buf_add_format(&key, "%s/%zu", r->key, i);
		r->child[r->n_children++] = read_node(
			list->child[i], r, buf_text(&key), receivers, problems);
		buf_release(&key);
	}
}

static struct route *read_node(const struct conf *tree,
			       const struct route *parent, const char *key,
			       const struct strings *receivers,
			       struct problems *problems)
{
	struct route *r = xcalloc(1, sizeof(*r));
	struct config *c = config_check(tree, &route_settings, 1, problems);
	const struct strings *names = config_strings(c, "group_by");
	struct buf text = { 0 };

	read_match(r, config_tree(c, "match"), problems);
	buf_add_text(&text, key);
	labels_text(&r->match, &text);
	r->key = buf_take(&text);
	r->go_on = config_bool(c, "continue");
	read_receiver(r, c, parent, receivers, problems);
	read_timing(r, c, parent);
	read_mute_times(r, config_strings(c, "mute_times"));
	if (parent && !config_is_set(c, "group_by"))
		set_group_by(r, (const char *const *)parent->group_by,
			     parent->n_group_by);
	else
		set_group_by(r, names->item, names->n);
	read_children(r, config_tree(c, "routes"), receivers, problems);
	config_close(c);
	return r;
}

struct route *route_read(const struct conf *tree,
			 const struct strings *receivers,
			 struct problems *problems)
{
	static const struct conf empty = { .kind = CONF_GROUP };
	struct route *root;

	if (tree && tree->kind != CONF_GROUP) {
		problems_at(problems, PROBLEM_ERROR, tree,
			    "'route' must be a group: { receiver = ...; }");
		tree = NULL;
	}
	root = read_node(tree ? tree : &empty, NULL, "", receivers, problems);
	if (tree && root->match.n > 0)
		problems_at(problems, PROBLEM_ERROR, tree,
			    "the root route takes every alert: it can have no "
			    "'match'");
	return root;
}

struct route *route_direct(const struct route *root, const char *receiver)
{
	struct route *r = xcalloc(1, sizeof(*r));
	struct buf key = { 0 };

	buf_add_format(&key, "=%s", receiver);
	r->key = buf_take(&key);
	r->receiver = xstrdup(receiver);
	r->group_wait_ms = root->group_wait_ms;
	r->group_interval_ms = root->group_interval_ms;
	r->repeat_interval_ms = root->repeat_interval_ms;
	set_group_by(r, (const char *const *)root->group_by, root->n_group_by);
	return r;
}

static bool match_node(const struct route *node, const struct labels *labels,
		       void (*take)(void *arg, const struct route *node),
		       void *arg)
{
	bool taken = false;

	if (!labels_contain(labels, &node->match))
		return false;
	for (size_t i = 0; i < node->n_children; i++) {
		if (!match_node(node->child[i], labels, take, arg))
			continue;
		taken = true;
		if (!node->child[i]->go_on)
			break;
	}
	if (!taken && node->receiver[0] != '\0')
		take(arg, node);
	return true;
}

void route_match(const struct route *root, const struct labels *labels,
		 void (*take)(void *arg, const struct route *node), void *arg)
{
	match_node(root, labels, take, arg);
}

void route_group(const struct route *node, const struct labels *labels,
		 struct labels *out)
{
	if (node->group_by_all) {
		labels_copy(out, labels);
		return;
	}
	for (size_t i = 0; i < node->n_group_by; i++) {
		const char *value = labels_get(labels, node->group_by[i]);

		if (value[0] != '\0')
			labels_set(out, str_of(node->group_by[i]),
				   str_of(value));
	}
}
