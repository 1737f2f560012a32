/* query_words.c - clauses about words, and clauses without a field
 *
 * A clause without a field asks the documents' default fields, each in its own
 * way, as Elasticsearch's query_string does: Title for the whole text, the
 * texts for its words (any of them, in a row if quoted).
 *
 * Source: Elasticsearch 7.17, QueryStringQueryParser, with analyze_wildcard as
 * Kibana sends it. Pure; owns nothing; safe on any thread. */
#include <stdlib.h>

#include "event/query_internal.h"
#include "event/words.h"

/* index.query.default_field of the template. */
static const char *const default_fields[] = { "Title", "Title.text",
					      "AdditionalText" };

/* Released with query_field_release(). */
static struct query_field default_field(size_t i)
{
	struct query_field field;
	struct error err;

	ENSURE(query_field_parse(str_of(default_fields[i]), NULL, &field,
				 &err));
	return field;
}

static void add_value(struct node *parent, enum node_kind kind,
		      const struct query_field *field, struct str value)
{
	struct node *node = query_leaf_node(kind, field);

	node->value = str_dup(value);
	node->value_n = value.n;
	node_add(parent, node);
}

/* Any of the words, each with its marks; of `prefix` the last is but the
 * beginning of one. */
static void add_any_word(struct node *parent, const struct query_field *field,
			 struct str words, bool prefix)
{
	struct str word;
	size_t at = 0;

	while (words_next(words, &at, &word)) {
		if (prefix && at + 1 == words.n)
			add_value(parent, NODE_PREFIX, field, word);
		else
			add_value(parent, NODE_WORDS, field,
				  str_slice(word.s - 1, word.n + 2));
	}
}

/* Nothing is added if the text has no words. */
static void add_text(struct node *parent, const struct query_field *field,
		     struct str text, bool quoted, bool prefix)
{
	struct buf words = { 0 };

	if (field->kind == FIELD_KEYWORD)
		add_value(parent, prefix ? NODE_PREFIX : NODE_EQUAL, field,
			  text);
	else if (words_add(text, &words) > 0 && quoted)
		add_value(parent, NODE_WORDS, field, buf_str(&words));
	else
		add_any_word(parent, field, buf_str(&words), prefix);
	buf_release(&words);
}

/* The one child, or the OR of all. */
static struct node *finish(struct parser *parser, struct node *some, size_t at)
{
	struct node *only;

	if (some->n == 0)
		query_error(parser->report, at,
			    "there is no word in this, so Elasticsearch leaves "
			    "the clause out: write a letter or digit, or ask "
			    "Title");
	if (some->n > 1)
		return some;
	only = some->n == 1 ? some->child[0] : node_new(NODE_ALL);
	some->n = 0;
	node_free(some);
	return only;
}

static struct node *text_node(struct parser *parser,
			      const struct query_field *field, struct str text,
			      size_t at, bool quoted, bool prefix)
{
	struct node *some = node_new(NODE_OR);

	if (field)
		add_text(some, field, text, quoted, prefix);
	for (size_t i = 0; !field && i < ARRAY_LENGTH(default_fields); i++) {
		struct query_field one = default_field(i);

		add_text(some, &one, text, quoted, prefix);
		query_field_release(&one);
	}
	return finish(parser, some, at);
}

struct node *query_words(struct parser *parser, const struct query_field *field,
			 struct str text, size_t at, bool quoted)
{
	return text_node(parser, field, text, at, quoted, false);
}

static struct node *literal(struct parser *parser,
			    const struct query_field *field,
			    const struct token *token, bool prefix)
{
	struct str raw = str_slice(token->raw.s, token->raw.n - prefix);
	struct buf text = { 0 };
	struct node *node;

	if (query_unescape(parser->report, raw, token->at, &text))
		node = text_node(parser, field, buf_str(&text), token->at,
				 token->kind == TOKEN_QUOTED, prefix);
	else
		node = node_new(NODE_ALL);
	buf_release(&text);
	return node;
}

static bool add_pattern(struct parser *parser, struct node *parent,
			const struct query_field *field,
			const struct token *token)
{
	bool words = field->kind == FIELD_TEXT;
	struct pattern *pattern =
		token->kind == TOKEN_REGEX
			? pattern_regex(parser->report, token->raw, token->at)
			: pattern_wildcard(parser->report, token->raw,
					   token->at, words);
	struct node *node;

	if (!pattern)
		return false;
	if (!words && token->kind == TOKEN_WILDCARD &&
	    query_is_stars(token->raw)) {
		pattern_free(pattern);
		node_add(parent, query_leaf_node(NODE_EXISTS, field));
		return true;
	}
	node = query_leaf_node(NODE_PATTERN, field);
	node->pattern = pattern;
	node_add(parent, node);
	return true;
}

static bool has_capital(struct str raw)
{
	for (size_t i = 0; i < raw.n; i++) {
		if (raw.s[i] >= 'A' && raw.s[i] <= 'Z')
			return true;
	}
	return false;
}

static struct node *pattern(struct parser *parser,
			    const struct query_field *field,
			    const struct token *token)
{
	struct node *some = node_new(NODE_OR);
	bool ok = true;

	if (field && token->kind == TOKEN_REGEX && has_capital(token->raw))
		query_lint(parser->report, token->at,
			   "words are lower case, and a regular expression is "
			   "taken as it is written: a capital letter in it "
			   "finds none");
	if (field)
		ok = add_pattern(parser, some, field, token);
	for (size_t i = 0; !field && ok && i < ARRAY_LENGTH(default_fields);
	     i++) {
		struct query_field one = default_field(i);

		ok = add_pattern(parser, some, &one, token);
		query_field_release(&one);
	}
	if (ok)
		return finish(parser, some, token->at);
	node_free(some);
	return node_new(NODE_ALL);
}

static struct node *refused(struct parser *parser,
			    const struct query_field *field,
			    const struct token *token)
{
	if (field)
		query_error(parser->report, token->at,
			    "words have no order: %s takes no ranges%s",
			    field->name,
			    field->event_field == EVENT_TITLE
				    ? ", Title itself does"
				    : "");
	else
		query_error(parser->report, token->at,
			    "name a field before a range, such as "
			    "AdditionalNum.elapsed_ms:");
	return node_new(NODE_ALL);
}

/* "<" and ">" are comparisons only behind a field. */
static bool is_comparison(const struct query_field *field,
			  const struct token *token)
{
	return field && query_is_comparison(token);
}

struct node *query_words_leaf(struct parser *parser,
			      const struct query_field *field,
			      const struct token *token)
{
	bool word = token->kind == TOKEN_WORD || token->kind == TOKEN_WILDCARD;

	if (token->kind == TOKEN_WILDCARD && str_is(token->raw, "*"))
		return field ? query_leaf_node(NODE_EXISTS, field)
			     : node_new(NODE_ALL);
	if (token->kind == TOKEN_RANGE || (word && is_comparison(field, token)))
		return refused(parser, field, token);
	if (token->kind == TOKEN_REGEX)
		return pattern(parser, field, token);
	if (token->kind == TOKEN_WILDCARD && !query_is_prefix(token->raw))
		return pattern(parser, field, token);
	return literal(parser, field, token, token->kind == TOKEN_WILDCARD);
}
