/* inhibit.c - alerts that fire hold back messages about others
 *
 * Owns the rules and, for each, the alerts that fire on its source side, by
 * the values of its equal labels. Pure; loop thread. */
#include "alert/notify/inhibit.h"

#include <stdlib.h>

#include "core/config.h"
#include "core/map.h"

static const struct setting rows[] = {
	{ "source", SETTING_TREE, NULL, 0, 0, NULL, NULL,
	  "Matchers of the alerts that hold back others while they fire." },
	{ "target", SETTING_TREE, NULL, 0, 0, NULL, NULL,
	  "Matchers of the alerts that are held back." },
	{ "equal", SETTING_STRINGS, "", 0, 0, NULL, NULL,
	  "Labels that must have the same value on both." },
};

struct source {
	char *id;
	bool two_sided; /* it is a target as well */
};

struct bucket { /* sources with the same values of the equal labels */
	struct source *item;
	size_t n, cap;
};

struct rule {
	struct matchers source, target;
	char **equal;
	size_t n_equal;
	struct map buckets;
	struct map keys; /* id of a source -> key of its bucket */
};

struct inhibit {
	struct rule *rule;
	size_t n;
};

static void free_bucket(void *value)
{
	struct bucket *b = value;

	for (size_t i = 0; i < b->n; i++)
		free(b->item[i].id);
	free(b->item);
	free(b);
}

static void free_key(void *value)
{
	free(value);
}

static void forget(struct rule *r)
{
	map_release(&r->buckets, free_bucket);
	map_release(&r->keys, free_key);
	r->buckets = (struct map){ 0 };
	r->keys = (struct map){ 0 };
}

/* ---- reading ---- */

static void read_rule(struct rule *r, const struct conf *tree,
		      struct problems *problems)
{
	static const struct settings table = { rows, ARRAY_LENGTH(rows) };
	struct config *c = config_check(tree, &table, 1, problems);
	const struct strings *equal = config_strings(c, "equal");

	if (config_tree(c, "source"))
		matchers_read(&r->source, config_tree(c, "source"), problems);
	if (config_tree(c, "target"))
		matchers_read(&r->target, config_tree(c, "target"), problems);
	r->equal = xcalloc(equal->n, sizeof(*r->equal));
	for (size_t i = 0; i < equal->n; i++)
		r->equal[r->n_equal++] = xstrdup(equal->item[i]);
	config_close(c);
}

struct inhibit *inhibit_read(const struct conf *tree, struct problems *problems)
{
	struct inhibit *in = xcalloc(1, sizeof(*in));

	if (!tree)
		return in;
	if (tree->kind != CONF_LIST) {
		problems_at(problems, PROBLEM_ERROR, tree,
			    "'inhibit' must be a list: ( { source = ...; "
			    "target = ...; } )");
		return in;
	}
	in->rule = xcalloc(tree->n, sizeof(*in->rule));
	conf_for_each (tree, i) {
		if (tree->child[i]->kind == CONF_GROUP)
			read_rule(&in->rule[in->n++], tree->child[i], problems);
		else
			problems_at(problems, PROBLEM_ERROR, tree->child[i],
				    "an inhibition must be a group: { source "
				    "= ...; target = ...; }");
	}
	return in;
}

void inhibit_close(struct inhibit *in)
{
	if (!in)
		return;
	for (size_t i = 0; i < in->n; i++) {
		struct rule *r = &in->rule[i];

		forget(r);
		matchers_release(&r->source);
		matchers_release(&r->target);
		for (size_t k = 0; k < r->n_equal; k++)
			free(r->equal[k]);
		free(r->equal);
	}
	free(in->rule);
	free(in);
}

/* ---- sources ---- */

static void write_key(const struct rule *r, const struct labels *labels,
		      struct buf *key)
{
	for (size_t i = 0; i < r->n_equal; i++)
		buf_add_json_string(key,
				    str_of(labels_get(labels, r->equal[i])));
}

static bool remove_source(struct rule *r, const char *id)
{
	char AUTO(free_text) *key = map_remove(&r->keys, str_of(id));
	struct bucket *b = key ? map_get(&r->buckets, str_of(key)) : NULL;

	for (size_t i = 0; b && i < b->n; i++) {
		if (strcmp(b->item[i].id, id) != 0)
			continue;
		free(b->item[i].id);
		b->item[i] = b->item[--b->n];
		if (b->n == 0)
			free_bucket(map_remove(&r->buckets, str_of(key)));
		return true;
	}
	return false;
}

static void add_source(struct rule *r, const char *id, struct str key,
		       bool two_sided)
{
	struct bucket *b = map_get(&r->buckets, key);

	if (!b) {
		b = xcalloc(1, sizeof(*b));
		map_set(&r->buckets, key, b);
	}
	*ARRAY_PUSH(b->item, b->n, b->cap) =
		(struct source){ xstrdup(id), two_sided };
	map_set(&r->keys, str_of(id), str_dup(key));
}

static bool is_two_sided(const struct rule *r, const char *key, const char *id)
{
	const struct bucket *b = map_get(&r->buckets, str_of(key));

	for (size_t i = 0; b && i < b->n; i++)
		if (strcmp(b->item[i].id, id) == 0)
			return b->item[i].two_sided;
	return false;
}

/* An edit of its rule may give an alert other labels while it fires. */
static bool note_firing(struct rule *r, const char *id,
			const struct labels *labels)
{
	const char *before = map_get(&r->keys, str_of(id));
	struct buf AUTO(buf_release) key = { 0 };
	bool two_sided;

	if (!matchers_hold(&r->source, labels))
		return before && remove_source(r, id);
	write_key(r, labels, &key);
	two_sided = matchers_hold(&r->target, labels);
	if (before && str_is(buf_str(&key), before) &&
	    is_two_sided(r, before, id) == two_sided)
		return false;
	remove_source(r, id);
	add_source(r, id, buf_str(&key), two_sided);
	return true;
}

bool inhibit_note(struct inhibit *in, const char *id,
		  const struct labels *labels, bool firing)
{
	bool changed = false;

	for (size_t i = 0; i < in->n; i++)
		changed |= firing ? note_firing(&in->rule[i], id, labels)
				  : remove_source(&in->rule[i], id);
	return changed;
}

void inhibit_forget_all(struct inhibit *in)
{
	for (size_t i = 0; i < in->n; i++)
		forget(&in->rule[i]);
}

/* ---- targets ---- */

static const char *find_source(const struct rule *r,
			       const struct labels *labels)
{
	struct buf AUTO(buf_release) key = { 0 };
	const struct bucket *b;
	bool two_sided;

	if (r->buckets.n == 0 || !matchers_hold(&r->target, labels))
		return NULL;
	write_key(r, labels, &key);
	b = map_get(&r->buckets, buf_str(&key));
	if (!b)
		return NULL;
	two_sided = matchers_hold(&r->source, labels);
	for (size_t i = 0; i < b->n; i++)
		if (!two_sided || !b->item[i].two_sided)
			return b->item[i].id;
	return NULL;
}

const char *inhibit_find(const struct inhibit *in, const struct labels *labels)
{
	for (size_t i = 0; i < in->n; i++) {
		const char *id = find_source(&in->rule[i], labels);

		if (id)
			return id;
	}
	return NULL;
}
