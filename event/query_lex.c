/* query_lex.c - cuts a query into tokens, as Lucene's QueryParser.jj does
 *
 * Stricter than Lucene in one thing: a value must be followed by a blank, a
 * parenthesis or the end. Lucene reads `a!b` as `a NOT b` and `x:a/b/` as two
 * clauses, which nobody means.
 *
 * Pure; owns nothing; safe on any thread. */
#include "event/query_internal.h"

#include "event/utf8.h"

static const char *text_end(const struct lexer *lexer)
{
	return lexer->text.s + lexer->text.n;
}

static const char *here(const struct lexer *lexer)
{
	return lexer->text.s + lexer->at;
}

/* The byte at the lexer, NUL at the end (also for a NUL byte, which no token
 * begins with or is ended by). */
static char peek(const struct lexer *lexer)
{
	return lexer->at < lexer->text.n ? lexer->text.s[lexer->at] : '\0';
}

static bool at_end(const struct lexer *lexer)
{
	return lexer->at >= lexer->text.n;
}

static bool at_blank(const struct lexer *lexer)
{
	return query_blank(here(lexer), text_end(lexer)) > 0;
}

static void skip_blanks(struct lexer *lexer)
{
	size_t n;

	while ((n = query_blank(here(lexer), text_end(lexer))) > 0)
		lexer->at += n;
}

/* Past a backslash and the character behind it. */
static bool skip_escape(struct lexer *lexer)
{
	if (lexer->at + 1 >= lexer->text.n) {
		query_error(lexer->report, lexer->at,
			    "nothing follows the backslash: write \"\\\\\" for "
			    "a backslash");
		return false;
	}
	lexer->at++;
	lexer->at += utf8_length(here(lexer), text_end(lexer));
	return true;
}

/* What may follow a value. `also` is one more byte that may. */
static bool check_follow(struct lexer *lexer, char also)
{
	char c = peek(lexer);

	if (at_end(lexer) || at_blank(lexer) || c == ')' || (also && c == also))
		return true;
	if (c == '~' || c == '^')
		query_error(
			lexer->report, lexer->at,
			"\"%c\" (%s) is not in the subset of queries that "
			"rules know: leave it out, or escape it as \"\\%c\"",
			c, c == '~' ? "fuzzy" : "boost", c);
	else if (strchr("!([{}]\"/:", c))
		query_error(lexer->report, lexer->at,
			    "unexpected \"%c\": in a value write \"\\%c\" or "
			    "put the value in quotes; between clauses put a "
			    "blank",
			    c, c);
	else
		query_error(lexer->report, lexer->at,
			    "a blank is missing here");
	return false;
}

/* An operator glued to words: "a||b" is one word to Elasticsearch. */
static bool check_glued(struct lexer *lexer, const struct token *token)
{
	for (size_t i = 0; i + 1 < token->raw.n; i++) {
		char c = token->raw.s[i];

		if (c == '\\') {
			i++;
			continue;
		}
		if ((c != '&' && c != '|') || token->raw.s[i + 1] != c)
			continue;
		query_error(lexer->report, token->at + i,
			    "put blanks around \"%c%c\" (Elasticsearch reads "
			    "\"%.*s\" as one word), or escape it",
			    c, c, STR_ARG(token->raw));
		return false;
	}
	return true;
}

static enum token_kind word_kind(struct str word, bool wildcard)
{
	if (str_is(word, "AND") || str_is(word, "&&"))
		return TOKEN_AND;
	if (str_is(word, "OR") || str_is(word, "||"))
		return TOKEN_OR;
	if (str_is(word, "NOT"))
		return TOKEN_NOT;
	return wildcard ? TOKEN_WILDCARD : TOKEN_WORD;
}

static bool lex_word(struct lexer *lexer, struct token *out)
{
	size_t start = lexer->at;
	bool wildcard = false;
	enum token_kind kind;

	while (!at_end(lexer) && !at_blank(lexer)) {
		char c = peek(lexer);

		if (c == '\\') {
			if (!skip_escape(lexer))
				return false;
			continue;
		}
		if (c != '\0' && strchr("!():^[]\"{}~/", c))
			break;
		if (c == '*' || c == '?')
			wildcard = true;
		lexer->at++;
	}
	if (lexer->at == start)
		return check_follow(lexer, '\0');
	out->raw = str_slice(lexer->text.s + start, lexer->at - start);
	kind = word_kind(out->raw, wildcard);
	if (kind == TOKEN_WORD || kind == TOKEN_WILDCARD) {
		if (!check_glued(lexer, out) ||
		    !check_follow(lexer, lexer->in_value ? '\0' : ':'))
			return false;
	} else if (!check_follow(lexer, '(')) {
		return false;
	}
	out->kind = kind;
	return true;
}

/* A quoted text or a regular expression, delimiters taken off. */
static bool lex_delimited(struct lexer *lexer, struct token *out, char mark)
{
	size_t start = ++lexer->at;

	while (!at_end(lexer) && peek(lexer) != mark) {
		if (peek(lexer) == '\\') {
			if (!skip_escape(lexer))
				return false;
		} else {
			lexer->at++;
		}
	}
	if (at_end(lexer)) {
		query_error(lexer->report, out->at,
			    "this \"%c\" is not closed: a literal one is "
			    "written \"\\%c\"",
			    mark, mark);
		return false;
	}
	out->raw = str_slice(lexer->text.s + start, lexer->at - start);
	lexer->at++;
	out->kind = mark == '"' ? TOKEN_QUOTED : TOKEN_REGEX;
	return check_follow(lexer, '\0');
}

static bool range_wrong(struct lexer *lexer, size_t at)
{
	query_error(lexer->report, at,
		    "a range is written [LOW TO HIGH] or {LOW TO HIGH}, "
		    "with * for no bound");
	return false;
}

static bool lex_bound(struct lexer *lexer, struct token_bound *out)
{
	size_t start;
	bool quoted;

	skip_blanks(lexer);
	out->at = lexer->at;
	quoted = peek(lexer) == '"';
	if (quoted)
		lexer->at++;
	start = lexer->at;
	while (!at_end(lexer)) {
		char c = peek(lexer);

		if (quoted ? c == '"'
			   : (at_blank(lexer) || c == ']' || c == '}'))
			break;
		if (c != '\\')
			lexer->at++;
		else if (!skip_escape(lexer))
			return false;
	}
	out->raw = str_slice(lexer->text.s + start, lexer->at - start);
	out->quoted = quoted;
	if (at_end(lexer) || out->raw.n == 0)
		return range_wrong(lexer, out->at);
	if (quoted)
		lexer->at++;
	if (at_end(lexer) ||
	    (!at_blank(lexer) && peek(lexer) != ']' && peek(lexer) != '}'))
		return range_wrong(lexer, lexer->at);
	return true;
}

static bool lex_range(struct lexer *lexer, struct token *out)
{
	struct token_bound to;

	out->low.inclusive = peek(lexer) == '[';
	lexer->at++;
	if (!lex_bound(lexer, &out->low) || !lex_bound(lexer, &to))
		return false;
	if (to.quoted || !str_is(to.raw, "TO"))
		return range_wrong(lexer, to.at);
	if (!lex_bound(lexer, &out->high))
		return false;
	skip_blanks(lexer);
	if (peek(lexer) != ']' && peek(lexer) != '}')
		return range_wrong(lexer, lexer->at);
	out->high.inclusive = peek(lexer) == ']';
	lexer->at++;
	out->raw = str_slice(lexer->text.s + out->at, lexer->at - out->at);
	out->kind = TOKEN_RANGE;
	return check_follow(lexer, '\0');
}

/* + - and !: glued to what they mark. */
static bool lex_mark(struct lexer *lexer, struct token *out, char mark)
{
	lexer->at++;
	out->raw = str_slice(here(lexer) - 1, 1);
	if (at_end(lexer) || at_blank(lexer)) {
		query_error(lexer->report, out->at,
			    "\"%c\" needs its clause without a blank between "
			    "(Elasticsearch reads a lone \"%c\" as a word)",
			    mark, mark);
		return false;
	}
	out->kind = mark == '+'   ? TOKEN_PLUS
		    : mark == '-' ? TOKEN_MINUS
				  : TOKEN_NOT;
	return true;
}

static bool lex_single(struct lexer *lexer, struct token *out,
		       enum token_kind kind)
{
	out->raw = str_slice(here(lexer), 1);
	out->kind = kind;
	lexer->at++;
	return kind != TOKEN_CLOSE || check_follow(lexer, '\0');
}

static bool lex_one(struct lexer *lexer, struct token *out)
{
	char c = peek(lexer);

	switch (c) {
	case '(': return lex_single(lexer, out, TOKEN_OPEN);
	case ')': return lex_single(lexer, out, TOKEN_CLOSE);
	case ':': return lex_single(lexer, out, TOKEN_COLON);
	case '+':
	case '-':
	case '!': return lex_mark(lexer, out, c);
	case '"':
	case '/': return lex_delimited(lexer, out, c);
	case '[':
	case '{': return lex_range(lexer, out);
	default: return lex_word(lexer, out);
	}
}

void lexer_next(struct lexer *lexer, struct token *out)
{
	skip_blanks(lexer);
	*out = (struct token){ .kind = TOKEN_END, .at = lexer->at };
	if (!at_end(lexer) && !lex_one(lexer, out))
		out->kind = TOKEN_WRONG;
	lexer->in_value = out->kind == TOKEN_COLON;
}
