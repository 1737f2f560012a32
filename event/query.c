/* query.c - a query's end, and its canonical form
 *
 * Pure; one thread at a time for one buffer. */
#include "event/query_internal.h"

#include <stdlib.h>

#include "event/words.h"

static void write_node(const struct node *node, bool inside, struct buf *out);

void query_free(struct query *q)
{
	if (!q)
		return;
	node_free(q->root);
	free(q);
}

static void write_children(const struct node *node, const char *between,
			   bool inside, struct buf *out)
{
	if (inside)
		buf_add_char(out, '(');
	for (size_t i = 0; i < node->n; i++) {
		if (i > 0)
			buf_add_text(out, between);
		write_node(node->child[i], true, out);
	}
	if (inside)
		buf_add_char(out, ')');
}

/* Beside OR a NOT needs parentheses; beside AND it may have them. */
static void write_not(const struct node *node, bool inside, struct buf *out)
{
	if (inside)
		buf_add_char(out, '(');
	buf_add_text(out, "NOT ");
	write_node(node->child[0], true, out);
	if (inside)
		buf_add_char(out, ')');
}

static void write_field(const struct node *node, struct buf *out)
{
	query_add_escaped(out, str_of(node->field.name));
	buf_add_char(out, ':');
}

static void write_bound(const struct bound *bound, struct buf *out)
{
	if (bound->open)
		buf_add_char(out, '*');
	else
		query_add_quoted(out, str_slice(bound->text, bound->text_n));
}

static void write_range(const struct node *node, struct buf *out)
{
	buf_add_char(out, node->low.inclusive ? '[' : '{');
	write_bound(&node->low, out);
	buf_add_text(out, " TO ");
	write_bound(&node->high, out);
	buf_add_char(out, node->high.inclusive ? ']' : '}');
}

static void write_words(struct str words, struct buf *out)
{
	struct buf text = { 0 };
	struct str word;
	size_t at = 0;

	while (words_next(words, &at, &word)) {
		if (text.n > 0)
			buf_add_char(&text, ' ');
		buf_add(&text, word);
	}
	query_add_quoted(out, buf_str(&text));
	buf_release(&text);
}

static void write_leaf(const struct node *node, struct buf *out)
{
	struct str value = str_slice(node->value, node->value_n);

	if (node->kind == NODE_EXISTS) {
		buf_add_text(out, "_exists_:");
		query_add_escaped(out, str_of(node->field.name));
		return;
	}
	write_field(node, out);
	switch (node->kind) {
	case NODE_EQUAL: query_add_quoted(out, value); break;
	case NODE_WORDS: write_words(value, out); break;
	case NODE_PREFIX:
		query_add_escaped(out, value);
		buf_add_char(out, '*');
		break;
	case NODE_PATTERN: pattern_write(node->pattern, out); break;
	default: write_range(node, out); break;
	}
}

static void write_node(const struct node *node, bool inside, struct buf *out)
{
	switch (node->kind) {
	case NODE_ALL: buf_add_char(out, '*'); break;
	case NODE_AND: write_children(node, " AND ", inside, out); break;
	case NODE_OR: write_children(node, " OR ", inside, out); break;
	case NODE_NOT: write_not(node, inside, out); break;
	default: write_leaf(node, out); break;
	}
}

void query_canonical(const struct query *q, struct buf *out)
{
	write_node(q->root, false, out);
}
