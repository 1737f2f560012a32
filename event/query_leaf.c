/* query_leaf.c - one value in one field: what is allowed, and its node
 *
 * Pure; owns nothing; safe on any thread. */
#include "event/query_internal.h"

#include <stdlib.h>

static struct query_field copy_field(const struct query_field *field)
{
	struct query_field copy = *field;

	copy.name = xstrdup(field->name);
	return copy;
}

struct node *query_leaf_node(enum node_kind kind,
			     const struct query_field *field)
{
	struct node *node = node_new(kind);

	node->field = copy_field(field);
	return node;
}

static bool is_kibana_blind(const struct query_field *field)
{
	return field->kind == FIELD_LEAF;
}

/* _exists_:NAME */
static struct node *exists_named(struct parser *parser,
				 const struct token *token)
{
	struct query_field field = { 0 };
	struct buf name = { 0 };
	struct node *node;
	struct error err;

	if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED) {
		query_error(parser->report, token->at,
			    "_exists_ takes the name of one field");
		return node_new(NODE_ALL);
	}
	if (!query_unescape(parser->report, token->raw, token->at, &name)) {
		node = node_new(NODE_ALL);
	} else if (!query_field_parse(buf_str(&name), parser->options, &field,
				      &err)) {
		query_error(parser->report, token->at, "%s", err.text);
		node = node_new(NODE_ALL);
	} else {
		if (field.kind == FIELD_ADDITIONAL)
			query_lint(parser->report, token->at,
				   "Elasticsearch never finds Additional "
				   "itself: ask for AdditionalText or a leaf "
				   "of AdditionalFlat");
		node = node_new(NODE_EXISTS);
		node->field = field;
	}
	buf_release(&name);
	return node;
}

/* Fields that have no values to be found by. */
static bool has_values(struct parser *parser, const struct query_field *field,
		       const struct token *token)
{
	if (field->kind != FIELD_ADDITIONAL)
		return true;
	query_error(parser->report, token->at,
		    "Additional is stored, not indexed: name a leaf, such as "
		    "AdditionalFlat.user, or AdditionalText");
	return false;
}

static struct node *equal(struct parser *parser,
			  const struct query_field *field,
			  const struct token *token)
{
	struct token_bound bound = { .raw = token->raw,
				     .at = token->at,
				     .quoted = token->kind == TOKEN_QUOTED,
				     .inclusive = true };
	struct buf value = { 0 };
	struct node *node;

	if (field->kind == FIELD_NUMBER || field->kind == FIELD_TIME)
		return query_range(parser, field, &bound, &bound);
	if (!query_unescape(parser->report, token->raw, token->at, &value)) {
		buf_release(&value);
		return node_new(NODE_ALL);
	}
	if (field->kind == FIELD_KEYWORD && field->event_field == EVENT_LEVEL &&
	    !str_is(buf_str(&value), "DEBUG") &&
	    !str_is(buf_str(&value), "INFO") &&
	    !str_is(buf_str(&value), "ERROR"))
		query_lint(parser->report, token->at,
			   "Level is DEBUG, INFO or ERROR, so this matches "
			   "nothing");
	node = query_leaf_node(NODE_EQUAL, field);
	node->value_n = value.n;
	node->value = buf_take(&value);
	return node;
}

/* The value of a word that begins with < or >, "\" before it or not:
 * Elasticsearch looks only after it has taken the escapes out. */
static struct node *comparison(struct parser *parser,
			       const struct query_field *field,
			       const struct token *token)
{
	struct token_bound none = { .raw = STR("*") }, bound = none;
	char sign = token->raw.s[0];
	size_t n = 1;

	if (sign == '\\') {
		query_error(parser->report, token->at,
			    "Elasticsearch reads this as a comparison all the "
			    "same: put the value in quotes");
		return node_new(NODE_ALL);
	}
	if (token->raw.n > 1 && token->raw.s[1] == '=') {
		bound.inclusive = true;
		n = 2;
	}
	bound.raw = str_slice(token->raw.s + n, token->raw.n - n);
	bound.at = token->at + n;
	if (bound.raw.n == 0 || token->kind == TOKEN_WILDCARD) {
		query_error(parser->report, token->at,
			    "a value must follow \"%.*s\" directly; quotes "
			    "or brackets if it has special characters",
			    (int)n, token->raw.s);
		return node_new(NODE_ALL);
	}
	return sign == '>' ? query_range(parser, field, &bound, &none)
			   : query_range(parser, field, &none, &bound);
}

bool query_is_prefix(struct str raw)
{
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.s[i] == '\\')
			i++;
		else if (raw.s[i] == '?' || raw.s[i] == '*')
			return raw.s[i] == '*' && i + 1 == raw.n;
	}
	return false;
}

bool query_is_stars(struct str raw)
{
	size_t i = 0;

	while (i < raw.n && raw.s[i] == '*')
		i++;
	return i == raw.n;
}

static struct node *prefix(struct parser *parser,
			   const struct query_field *field,
			   const struct token *token)
{
	struct str raw = str_slice(token->raw.s, token->raw.n - 1);
	struct buf value = { 0 };
	struct node *node;

	if (!query_unescape(parser->report, raw, token->at, &value)) {
		buf_release(&value);
		return node_new(NODE_ALL);
	}
	node = query_leaf_node(NODE_PREFIX, field);
	node->value_n = value.n;
	node->value = buf_take(&value);
	return node;
}

/* Wildcards and regular expressions. */
static struct node *pattern(struct parser *parser,
			    const struct query_field *field,
			    const struct token *token)
{
	struct pattern *made;
	struct node *node;

	if (field->kind == FIELD_NUMBER || field->kind == FIELD_TIME) {
		query_error(parser->report, token->at,
			    "%s takes no wildcards or regular expressions",
			    field->name);
		return node_new(NODE_ALL);
	}
	if (token->kind == TOKEN_WILDCARD && query_is_prefix(token->raw))
		return prefix(parser, field, token);
	if (is_kibana_blind(field))
		query_lint(parser->report, token->at,
			   "Kibana cannot show this: on AdditionalFlat it "
			   "knows whole values and \"prefix*\" only");
	if (token->kind == TOKEN_WILDCARD && query_is_stars(token->raw))
		return query_leaf_node(NODE_EXISTS, field);
	made = token->kind == TOKEN_WILDCARD
		       ? pattern_wildcard(parser->report, token->raw, token->at,
					  false)
		       : pattern_regex(parser->report, token->raw, token->at);
	if (!made)
		return node_new(NODE_ALL);
	node = query_leaf_node(NODE_PATTERN, field);
	node->pattern = made;
	return node;
}

bool query_is_comparison(const struct token *token)
{
	size_t at = token->raw.n > 1 && token->raw.s[0] == '\\' &&
		    token->kind == TOKEN_WORD;

	return token->raw.s[at] == '<' || token->raw.s[at] == '>';
}

struct node *query_leaf(struct parser *parser, const struct query_field *field,
			const struct token *token)
{
	bool word = token->kind == TOKEN_WORD || token->kind == TOKEN_WILDCARD;

	if (!field)
		return query_words_leaf(parser, NULL, token);
	if (field->kind == FIELD_UNKNOWN)
		return node_new(NODE_ALL);
	if (field->kind == FIELD_EXISTS)
		return exists_named(parser, token);
	if (token->kind == TOKEN_WILDCARD && str_is(token->raw, "*"))
		return query_leaf_node(NODE_EXISTS, field);
	if (field->kind == FIELD_TEXT)
		return query_words_leaf(parser, field, token);
	if (!has_values(parser, field, token))
		return node_new(NODE_ALL);
	if (word && query_is_comparison(token))
		return comparison(parser, field, token);
	if (token->kind == TOKEN_RANGE)
		return query_range(parser, field, &token->low, &token->high);
	if (token->kind == TOKEN_WILDCARD || token->kind == TOKEN_REGEX)
		return pattern(parser, field, token);
	return equal(parser, field, token);
}
