/* query_parse.c - the grammar of queries, as Lucene's QueryParser.jj has it
 *
 * Reads tokens, two ahead, and builds the tree. Syntax errors end the parse;
 * wrong fields and values are reported and read as "*", so that one run shows
 * all of them.
 *
 * Pure; one thread at a time for one parser. */
#include "event/query_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "event/utf8.h"

static struct node *parse_group(struct parser *parser,
				const struct query_field *field, int depth);

static void advance(struct parser *parser)
{
	parser->token = parser->next;
	if (parser->next.kind != TOKEN_END && parser->next.kind != TOKEN_WRONG)
		lexer_next(&parser->lexer, &parser->next);
	if (parser->token.kind == TOKEN_WRONG)
		parser->stop = true;
}

/* A syntax error at the current token; a placeholder to return. */
static struct node *__attribute__((format(printf, 2, 3)))
wrong(struct parser *parser, const char *format, ...)
{
	char text[200];
	va_list args;

	if (!parser->stop) {
		va_start(args, format);
		vsnprintf(text, sizeof(text), format, args);
		va_end(args);
		query_error(parser->report, parser->token.at, "%s", text);
	}
	parser->stop = true;
	return node_new(NODE_ALL);
}

/* What a person calls the current token. */
static const char *token_name(const struct token *token)
{
	static const char *const names[] = {
		[TOKEN_WRONG] = "an error",
		[TOKEN_END] = "the end",
		[TOKEN_AND] = "AND",
		[TOKEN_OR] = "OR",
		[TOKEN_NOT] = "NOT",
		[TOKEN_PLUS] = "\"+\"",
		[TOKEN_MINUS] = "\"-\"",
		[TOKEN_OPEN] = "\"(\"",
		[TOKEN_CLOSE] = "\")\"",
		[TOKEN_COLON] = "\":\"",
		[TOKEN_WORD] = "a word",
		[TOKEN_WILDCARD] = "a word",
		[TOKEN_QUOTED] = "a quoted text",
		[TOKEN_REGEX] = "a regular expression",
		[TOKEN_RANGE] = "a range",
	};
	return names[token->kind];
}

/* The field named by the current word; FIELD_UNKNOWN after an error. */
static struct query_field parse_field(struct parser *parser)
{
	struct query_field field = { .kind = FIELD_UNKNOWN };
	const struct token *token = &parser->token;
	struct buf name = { 0 };
	struct error err;

	if (query_unescape(parser->report, token->raw, token->at, &name)) {
		if (str_is(buf_str(&name), "_exists_"))
			field.kind = FIELD_EXISTS;
		else if (!query_field_parse(buf_str(&name), parser->options,
					    &field, &err))
			query_error(parser->report, token->at, "%s", err.text);
	}
	buf_release(&name);
	return field;
}

static struct node *parse_parentheses(struct parser *parser,
				      const struct query_field *field,
				      int depth)
{
	size_t open = parser->token.at;
	struct node *node;

	if (depth >= QUERY_DEPTH_MAX)
		return wrong(parser, "parentheses are nested deeper than %d",
			     QUERY_DEPTH_MAX);
	advance(parser);
	node = parse_group(parser, field, depth + 1);
	if (!parser->stop && parser->token.kind != TOKEN_CLOSE) {
		query_error(parser->report, open,
			    "this parenthesis is not closed");
		parser->stop = true;
	}
	advance(parser);
	return node;
}

/* One value or a group, in `field`. */
static struct node *parse_value(struct parser *parser,
				const struct query_field *field, int depth)
{
	struct node *node;

	switch (parser->token.kind) {
	case TOKEN_OPEN: return parse_parentheses(parser, field, depth);
	case TOKEN_WORD:
	case TOKEN_WILDCARD:
	case TOKEN_QUOTED:
	case TOKEN_REGEX:
	case TOKEN_RANGE: break;
	case TOKEN_PLUS:
	case TOKEN_MINUS:
		if (field)
			return wrong(parser,
				     "a value cannot begin with %s: put it in "
				     "quotes",
				     token_name(&parser->token));
		/* fall through */
	default:
		return wrong(parser, "a %s is expected here, not %s",
			     field ? "value" : "clause",
			     token_name(&parser->token));
	}
	if (++parser->clauses > QUERY_CLAUSES_MAX)
		return wrong(parser, "more than %d clauses", QUERY_CLAUSES_MAX);
	node = query_leaf(parser, field, &parser->token);
	advance(parser);
	if (parser->token.kind == TOKEN_COLON) {
		node_free(node);
		return wrong(parser, "unexpected \":\": in a value write "
				     "\"\\:\" or put the value in quotes");
	}
	return node;
}

static struct node *parse_clause(struct parser *parser,
				 const struct query_field *field, int depth)
{
	struct query_field named;
	struct node *node;

	if (parser->next.kind != TOKEN_COLON)
		return parse_value(parser, field, depth);
	if (parser->token.kind == TOKEN_WILDCARD) {
		if (!str_is(parser->token.raw, "*"))
			return wrong(parser, "wildcards in field names are "
					     "not in the subset");
		advance(parser);
		advance(parser);
		if (!str_is(parser->token.raw, "*"))
			return wrong(parser, "\"*:\" takes only \"*\": "
					     "name a field");
		advance(parser);
		return node_new(NODE_ALL);
	}
	if (parser->token.kind != TOKEN_WORD)
		return wrong(parser, "a field name is expected before \":\"");
	named = parse_field(parser);
	advance(parser);
	advance(parser);
	node = parser->stop ? node_new(NODE_ALL)
			    : parse_value(parser, &named, depth);
	query_field_release(&named);
	return node;
}

static bool is_mark(const struct token *token)
{
	return token->kind == TOKEN_NOT || token->kind == TOKEN_PLUS ||
	       token->kind == TOKEN_MINUS;
}

/* What stands before a clause. */
static void parse_marks(struct parser *parser, struct clause *clause)
{
	if (parser->token.kind == TOKEN_AND || parser->token.kind == TOKEN_OR) {
		clause->join =
			parser->token.kind == TOKEN_AND ? JOIN_AND : JOIN_OR;
		advance(parser);
	}
	clause->at = parser->token.at;
	if (!is_mark(&parser->token))
		return;
	clause->mark = parser->token.kind == TOKEN_PLUS ? MARK_REQUIRED
							: MARK_PROHIBITED;
	clause->spelt_not = parser->token.kind == TOKEN_NOT;
	advance(parser);
	if (is_mark(&parser->token))
		node_free(wrong(parser, "only one of NOT, \"!\", \"+\", \"-\" "
					"may stand before a clause"));
}

/* Two bare words beside each other in F:( ) are one value to Elasticsearch. */
static void check_words(struct parser *parser, const struct clause *clause,
			const struct token *before, const struct token *word)
{
	bool lower = str_is(word->raw, "and") || str_is(word->raw, "or") ||
		     str_is(word->raw, "not");

	if (clause->join != JOIN_BLANK || clause->mark != MARK_NONE ||
	    before->kind != TOKEN_WORD || word->kind != TOKEN_WORD)
		return;
	query_error(parser->report, before->at,
		    "Elasticsearch reads \"%.*s %.*s\" as one value: %s",
		    STR_ARG(before->raw), STR_ARG(word->raw),
		    lower ? "operators are upper case, write AND, OR, NOT"
			  : "write (A OR B), or quotes");
}

static bool is_word(const struct token *token)
{
	return token->kind == TOKEN_WORD;
}

/* The token after parser->next. */
static struct token third_token(const struct parser *parser)
{
	struct query_report silent = { 0 };
	struct lexer lexer = parser->lexer;
	struct token token = { .kind = TOKEN_END };

	lexer.report = &silent;
	if (parser->next.kind != TOKEN_END && parser->next.kind != TOKEN_WRONG)
		lexer_next(&lexer, &token);
	return token;
}

/* The next word is one more of the same text: what follows it leaves it so. */
static bool goes_on(const struct parser *parser)
{
	struct token third;

	if (!is_word(&parser->token) || !is_word(&parser->next))
		return false;
	third = third_token(parser);
	return third.kind != TOKEN_COLON && third.kind != TOKEN_AND &&
	       third.kind != TOKEN_OR &&
	       !(third.kind == TOKEN_WILDCARD && str_is(third.raw, "*"));
}

static bool is_lower_operator(const struct token *word)
{
	return is_word(word) &&
	       (str_is(word->raw, "and") || str_is(word->raw, "or") ||
		str_is(word->raw, "not"));
}

static void check_operator(struct parser *parser, const struct token *word)
{
	if (is_lower_operator(word))
		query_lint(parser->report, word->at,
			   "operators are upper case: \"%.*s\" is a word like "
			   "others here; write AND, OR, NOT, or quotes",
			   STR_ARG(word->raw));
}

/* Title:A B. `named` is the word behind the colon. */
static void check_left_out(struct parser *parser, const struct token *named,
			   const struct clause *clause)
{
	const struct token *word = &parser->token;

	if (!is_word(named) || is_lower_operator(word) ||
	    clause->join != JOIN_BLANK || clause->mark != MARK_NONE ||
	    parser->next.kind == TOKEN_COLON ||
	    (!is_word(word) && word->kind != TOKEN_QUOTED))
		return;
	query_lint(parser->report, word->at,
		   "this is searched for in all default fields, not in the one "
		   "named before: write \"%.*s %.*s\" in quotes, or "
		   "(%.*s OR %.*s)",
		   STR_ARG(named->raw), STR_ARG(word->raw), STR_ARG(named->raw),
		   STR_ARG(word->raw));
}

/* Words beside each other are one text to Elasticsearch. */
static struct node *parse_words(struct parser *parser,
				const struct query_field *field)
{
	struct buf text = { 0 };
	size_t at = parser->token.at;
	struct node *node = NULL;
	bool ok, more;

	do {
		check_operator(parser, &parser->token);
		if (text.n > 0)
			buf_add_char(&text, ' ');
		more = goes_on(parser);
		ok = query_unescape(parser->report, parser->token.raw,
				    parser->token.at, &text);
		if (++parser->clauses > QUERY_CLAUSES_MAX) {
			query_error(parser->report, at, "more than %d clauses",
				    QUERY_CLAUSES_MAX);
			parser->stop = true;
			ok = false;
		}
		advance(parser);
	} while (ok && more);
	if (ok)
		node = query_words(parser, field, buf_str(&text), at, false);
	buf_release(&text);
	return node ? node : node_new(NODE_ALL);
}

/* A clause behind its marks. *named is set to its word if it is NAME:WORD. */
static struct node *parse_marked(struct parser *parser,
				 const struct clause *clause,
				 const struct query_field *field, int depth,
				 struct token *named)
{
	bool plain = clause->join == JOIN_BLANK && clause->mark == MARK_NONE;

	if (!field)
		check_left_out(parser, named, clause);
	*named = (struct token){ 0 };
	if (parser->next.kind == TOKEN_COLON)
		*named = third_token(parser);
	if (parser->stop)
		return node_new(NODE_ALL);
	if (plain && (!field || field->kind == FIELD_TEXT) && goes_on(parser))
		return parse_words(parser, field);
	if (parser->next.kind != TOKEN_COLON)
		check_operator(parser, &parser->token);
	return parse_clause(parser, field, depth);
}

static struct node *parse_group(struct parser *parser,
				const struct query_field *field, int depth)
{
	struct clause *clause = NULL;
	struct token before = { 0 }, named = { 0 }, first;
	size_t n = 0, cap = 0;
	struct node *node;

	if (parser->token.kind == TOKEN_CLOSE)
		return wrong(parser, "there is nothing in the parentheses");
	if (parser->token.kind == TOKEN_AND || parser->token.kind == TOKEN_OR)
		return wrong(parser, "%s needs a clause before it",
			     token_name(&parser->token));
	while (!parser->stop && parser->token.kind != TOKEN_END &&
	       parser->token.kind != TOKEN_CLOSE) {
		struct clause *at = ARRAY_PUSH(clause, n, cap);

		*at = (struct clause){ 0 };
		parse_marks(parser, at);
		first = parser->token;
		if (field && field->kind != FIELD_TEXT &&
		    parser->next.kind != TOKEN_COLON)
			check_words(parser, at, &before, &first);
		else
			first.kind = TOKEN_END;
		before = first;
		at->node = parse_marked(parser, at, field, depth, &named);
	}
	node = n ? query_combine(parser->report, clause, n)
		 : node_new(NODE_ALL);
	free(clause);
	return node;
}

static struct node *parse_text(struct parser *parser)
{
	struct node *node;

	lexer_next(&parser->lexer, &parser->next);
	advance(parser);
	if (parser->token.kind == TOKEN_END)
		return wrong(parser, "an empty query: write \"*\" for all "
				     "events");
	node = parse_group(parser, NULL, 0);
	if (!parser->stop && parser->token.kind == TOKEN_CLOSE) {
		node_free(node);
		return wrong(parser, "no parenthesis is open here");
	}
	return node;
}

struct query *query_parse(struct str text, const struct query_options *options,
			  struct query_problem problems[], size_t max,
			  size_t *n_problems)
{
	static const struct query_options none;
	struct query_report report = { .item = problems, .max = max };
	struct parser parser = {
		.lexer = { .text = text, .report = &report },
		.options = options ? options : &none,
		.report = &report,
	};
	struct node *root = NULL;
	struct query *query;

	if (text.n > QUERY_BYTES_MAX)
		query_error(&report, 0, "longer than %d bytes",
			    QUERY_BYTES_MAX);
	else if (!utf8_valid(text))
		query_error(&report, 0, "not valid UTF-8");
	else
		root = parse_text(&parser);
	*n_problems = report.n;
	if (report.errors > 0) {
		node_free(root);
		return NULL;
	}
	query = xmalloc(sizeof(*query));
	query->root = root;
	return query;
}
