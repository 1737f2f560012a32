/* query_require.c - equalities without which a query cannot match
 *
 * Of the parts of an AND the lightest stands for all, an OR needs those of each
 * part, and everything else may hold without an equality. Pure; a set owns its
 * array and borrows from the query. Safe on any thread. */
#include "event/query_require.h"

#include <stdlib.h>

#include "event/query_internal.h"

struct search {
	query_weight *weight;
	void *arg;
};

struct found {
	struct query_required set;
	uint64_t weight;
};

static bool require(const struct search *search, const struct node *node,
		    struct found *out);

/* Guesses of how many of 1000 events hold it. Leaves cost a walk through
 * Additional, so a field of the event's own is preferred to them. */
static unsigned guess(void *arg, const struct query_equality *equality)
{
	(void)arg;
	if (equality->field->kind != FIELD_KEYWORD)
		return 60;
	switch (equality->field->event_field) {
	case EVENT_REQUEST_KEY: return 1;
	case EVENT_TITLE: return 10;
	case EVENT_LEVEL: return str_is(equality->value, "ERROR") ? 300 : 1000;
	default: return 50;
	}
}

static bool same(const struct query_equality *a, const struct query_equality *b)
{
	return str_equal(a->value, b->value) &&
	       strcmp(a->field->name, b->field->name) == 0;
}

static void add(const struct search *search, struct found *out,
		const struct query_equality *equality)
{
	struct query_required *set = &out->set;

	for (size_t i = 0; i < set->n; i++) {
		if (same(&set->item[i], equality))
			return;
	}
	*ARRAY_PUSH(set->item, set->n, set->cap) = *equality;
	out->weight += search->weight(search->arg, equality);
}

static bool require_each(const struct search *search, const struct node *node,
			 struct found *out)
{
	struct found all = { 0 };

	for (size_t i = 0; i < node->n; i++) {
		struct found one;
		bool narrows = require(search, node->child[i], &one);

		if (!narrows) {
			query_required_release(&all.set);
			return false;
		}
		for (size_t k = 0; k < one.set.n; k++)
			add(search, &all, &one.set.item[k]);
		query_required_release(&one.set);
	}
	*out = all;
	return true;
}

static bool require_lightest(const struct search *search,
			     const struct node *node, struct found *out)
{
	bool any = false;

	for (size_t i = 0; i < node->n; i++) {
		struct found one;

		if (!require(search, node->child[i], &one))
			continue;
		if (any && one.weight >= out->weight) {
			query_required_release(&one.set);
			continue;
		}
		if (any)
			query_required_release(&out->set);
		*out = one;
		any = true;
	}
	return any;
}

static bool require(const struct search *search, const struct node *node,
		    struct found *out)
{
	struct query_equality equality = {
		.field = &node->field,
		.value = str_slice(node->value, node->value_n),
	};

	switch (node->kind) {
	case NODE_AND: return require_lightest(search, node, out);
	case NODE_OR: return require_each(search, node, out);
	case NODE_EQUAL:
		*out = (struct found){ 0 };
		add(search, out, &equality);
		return true;
	default: return false;
	}
}

bool query_required(const struct query *q, query_weight *weight, void *arg,
		    struct query_required *out)
{
	struct search search = { weight ? weight : guess, arg };
	struct found found;

	if (!require(&search, q->root, &found))
		return false;
	*out = found.set;
	return true;
}

void query_required_release(struct query_required *required)
{
	free(required->item);
	*required = (struct query_required){ 0 };
}

struct wanted {
	struct str value;
	struct buf *scratch;
};

static bool is_wanted(void *arg, struct str raw)
{
	const struct wanted *wanted = arg;
	enum json_kind kind = json_kind(raw);
	size_t before = wanted->scratch->n;
	bool is;

	if (kind == JSON_ABSENT || kind == JSON_NULL || kind == JSON_OBJECT ||
	    kind == JSON_ARRAY)
		return false;
	is = str_equal(json_text(raw, wanted->scratch), wanted->value);
	buf_truncate(wanted->scratch, before);
	return is;
}

bool query_equality_holds(const struct query_equality *equality,
			  const struct event *event, struct buf *scratch)
{
	struct wanted wanted = { equality->value, scratch };

	return query_field_visit(equality->field, event, is_wanted, &wanted);
}
