/* query_group.c - the tree, and what clauses beside each other mean
 *
 * Lucene's AND and OR are no operators of an expression: AND makes both its
 * neighbours required, NOT makes one prohibited, and a clause that is neither
 * decides only where nothing is required. Groups in which that differs from
 * what the words say are refused.
 *
 * Source: Lucene 8.11, QueryParserBase.addClause(), BooleanQuery.
 * Pure; safe on any thread. */
#include "event/query_internal.h"

#include <stdlib.h>

struct node *node_new(enum node_kind kind)
{
	struct node *node = xcalloc(1, sizeof(*node));

	node->kind = kind;
	return node;
}

void node_free(struct node *node)
{
	if (!node)
		return;
	for (size_t i = 0; i < node->n; i++)
		node_free(node->child[i]);
	free(node->child);
	query_field_release(&node->field);
	free(node->value);
	pattern_free(node->pattern);
	free(node->low.text);
	free(node->high.text);
	free(node);
}

static void push(struct node *parent, struct node *child)
{
	*ARRAY_PUSH(parent->child, parent->n, parent->cap) = child;
}

void node_add(struct node *parent, struct node *child)
{
	if (child->kind != parent->kind || child->kind == NODE_NOT) {
		push(parent, child);
		return;
	}
	for (size_t i = 0; i < child->n; i++)
		push(parent, child->child[i]);
	child->n = 0;
	node_free(child);
}

static struct node *negate(struct node *node)
{
	struct node * not, *inner;

	if (node->kind == NODE_NOT) {
		inner = node->child[0];
		node->n = 0;
		node_free(node);
		return inner;
	}
	not = node_new(NODE_NOT);
	node_add(not, node);
	return not ;
}

/* AND and OR of one child are the child. */
static struct node *unwrap(struct node *node)
{
	struct node *child;

	if (node->n != 1)
		return node;
	child = node->child[0];
	node->n = 0;
	node_free(node);
	return child;
}

struct census {
	bool join_and, join_or;
	size_t optional, required, prohibited;
	const struct clause *first_optional;
};

/* AND requires the clause on either side, unless it is prohibited. */
static struct census mark_required(struct clause clause[], size_t n)
{
	struct census census = { 0 };

	for (size_t i = 0; i < n; i++) {
		bool joined = clause[i].join == JOIN_AND ||
			      (i + 1 < n && clause[i + 1].join == JOIN_AND);

		census.join_and |= i > 0 && clause[i].join == JOIN_AND;
		census.join_or |= i > 0 && clause[i].join == JOIN_OR;
		if (joined && clause[i].mark == MARK_NONE)
			clause[i].mark = MARK_REQUIRED;
		census.required += clause[i].mark == MARK_REQUIRED;
		census.prohibited += clause[i].mark == MARK_PROHIBITED;
		if (clause[i].mark != MARK_NONE)
			continue;
		if (census.optional++ == 0)
			census.first_optional = &clause[i];
	}
	return census;
}

/* NOT beside OR, or behind a blank where it reads like OR NOT. */
static void check_nots(struct query_report *report,
		       const struct clause clause[], size_t n)
{
	for (size_t i = 0; n > 1 && i < n; i++) {
		bool beside_or = clause[i].join == JOIN_OR ||
				 (i + 1 < n && clause[i + 1].join == JOIN_OR);

		if (clause[i].mark != MARK_PROHIBITED)
			continue;
		if (beside_or)
			query_error(report, clause[i].at,
				    "Elasticsearch reads \"a OR NOT b\" as \"a "
				    "AND NOT b\": write \"a OR (NOT b)\", or "
				    "AND NOT");
		else if (clause[i].spelt_not && clause[i].join == JOIN_BLANK)
			query_lint(report, clause[i].at,
				   "\"a NOT b\" means \"a AND NOT b\": write "
				   "AND NOT");
	}
}

static void check_mix(struct query_report *report, const struct census *census)
{
	if (census->optional == 0 || census->required == 0)
		return;
	if (census->join_and || census->join_or)
		query_error(report, census->first_optional->at,
			    "to Elasticsearch this clause is optional here and "
			    "decides nothing: AND and OR (a blank is OR) in "
			    "one group need parentheses, such as "
			    "\"a OR (b AND c)\"");
	else
		query_lint(report, census->first_optional->at,
			   "beside a clause with \"+\" this one decides "
			   "nothing");
}

struct node *query_combine(struct query_report *report, struct clause clause[],
			   size_t n)
{
	struct census census = mark_required(clause, n);
	struct node *all = node_new(NODE_AND), *some = node_new(NODE_OR);

	check_nots(report, clause, n);
	check_mix(report, &census);
	for (size_t i = 0; i < n; i++) {
		if (clause[i].mark == MARK_PROHIBITED)
			node_add(all, negate(clause[i].node));
		else if (clause[i].mark == MARK_REQUIRED)
			node_add(all, clause[i].node);
		else if (census.required == 0)
			node_add(some, clause[i].node);
		else
			node_free(clause[i].node);
	}
	if (some->n > 0)
		node_add(all, unwrap(some));
	else
		node_free(some);
	return unwrap(all);
}
