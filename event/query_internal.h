/* query_internal.h - what the files of the query module share: problems,
 * tokens, the tree, patterns
 *
 * Not for others; query.h is the interface. */
#ifndef TOCSIN_EVENT_QUERY_INTERNAL_H
#define TOCSIN_EVENT_QUERY_INTERNAL_H

#include "event/query.h"
#include "event/query_field.h"

/* Where problems go. Offsets are bytes from 0 into the query. */
struct query_report {
	struct query_problem *item;
	size_t max;
	size_t n;
	size_t errors;
};

void query_error(struct query_report *report, size_t at, const char *format,
		 ...) PRINTF_LIKE(3, 4);
void query_lint(struct query_report *report, size_t at, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* --- tokens (query_lex.c) --- */

enum token_kind {
	TOKEN_WRONG, /* reported; there is no going on */
	TOKEN_END,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_PLUS,
	TOKEN_MINUS,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COLON,
	TOKEN_WORD,
	TOKEN_WILDCARD, /* a word with * or ? that is not escaped */
	TOKEN_QUOTED,
	TOKEN_REGEX,
	TOKEN_RANGE,
};

struct token_bound {
	struct str raw; /* without quotes, escapes as written */
	size_t at;
	bool quoted;
	bool inclusive;
};

struct token {
	enum token_kind kind;
	size_t at;
	struct str raw; /* as written, without quotes and slashes */
	struct token_bound low, high; /* RANGE */
};

struct lexer {
	struct str text;
	size_t at;
	bool in_value; /* a colon was last */
	struct query_report *report;
};

void lexer_next(struct lexer *lexer, struct token *out);

/* --- text (query_text.c) --- */

/* Bytes of the blank at p, 0 if there is none. */
size_t query_blank(const char *p, const char *end);

/* Take the escapes out of `raw`, which stands at offset `at`; appended to
 * `out`. False: reported. */
MUST_CHECK bool query_unescape(struct query_report *report, struct str raw,
			       size_t at, struct buf *out);

/* Text as a word, every special character escaped; and in quotes. */
void query_add_escaped(struct buf *out, struct str text);
void query_add_quoted(struct buf *out, struct str text);

/* --- patterns (query_regex.c, query_pattern.c) --- */

/* Lucene's regular expression to PCRE2's, appended to `out`. */
MUST_CHECK bool query_regex(struct query_report *report, struct str raw,
			    size_t at, struct buf *out);

enum pattern_result { PATTERN_NO, PATTERN_YES, PATTERN_LIMIT };

struct pattern;

/* `raw` as in the query. `lower`: for words, so literals become lower case.
 * NULL: reported. */
MUST_CHECK struct pattern *pattern_wildcard(struct query_report *report,
					    struct str raw, size_t at,
					    bool lower);
MUST_CHECK struct pattern *pattern_regex(struct query_report *report,
					 struct str raw, size_t at);
void pattern_free(struct pattern *pattern);
/* The whole of `text` (valid UTF-8). */
enum pattern_result pattern_match(const struct pattern *pattern,
				  struct str text);
/* As a query writes it, slashes included. */
void pattern_write(const struct pattern *pattern, struct buf *out);

/* --- the tree --- */

enum node_kind {
	NODE_ALL,
	NODE_AND,
	NODE_OR,
	NODE_NOT, /* one child */
	NODE_EQUAL,
	NODE_PREFIX,
	NODE_PATTERN,
	NODE_WORDS, /* one word of a text, or several in a row */
	NODE_EXISTS,
	NODE_TEXT_RANGE,   /* by bytes */
	NODE_NUMBER_RANGE, /* equality too */
	NODE_TIME_RANGE,   /* equality too */
};

/* One step of "now-1d/d": so many units further, or down to a whole one. */
struct now_step {
	char unit;
	bool round;
	int n;
};

/* A time that counts from now. */
struct query_now {
	struct now_step step[8];
	size_t n;
};

struct bound {
	bool open;      /* no bound on this side */
	bool inclusive; /* of number, text and now; ns is always inclusive */
	char *text;     /* as written, escapes taken out; NULL if open */
	size_t text_n;
	double number;
	int64_t ns;
	bool from_now; /* `now` instead of ns */
	struct query_now now;
};

struct node {
	enum node_kind kind;
	struct node **child; /* AND, OR, NOT */
	size_t n, cap;
	struct query_field field;
	char *value; /* EQUAL, PREFIX; WORDS: as words_add() writes them */
	size_t value_n;
	struct pattern *pattern;
	struct bound low, high;
};

struct query {
	struct node *root;
};

struct node *node_new(enum node_kind kind);
void node_free(struct node *node);
/* Takes `child`; a child of the same kind (AND, OR) gives its children. */
void node_add(struct node *parent, struct node *child);

/* --- parsing --- */

struct parser {
	struct lexer lexer;
	struct token token, next;
	const struct query_options *options;
	struct query_report *report;
	size_t clauses;
	bool stop; /* a syntax error: nothing more can be said */
};

enum clause_mark { MARK_NONE, MARK_REQUIRED, MARK_PROHIBITED };
enum clause_join { JOIN_BLANK, JOIN_AND, JOIN_OR };

struct clause {
	struct node *node;
	enum clause_join join; /* to the clause before */
	enum clause_mark mark;
	bool spelt_not; /* NOT or !, not - */
	size_t at;
};

/* What `clause`s (at least one, taken) beside each other mean; never NULL. */
struct node *query_combine(struct query_report *report, struct clause clause[],
			   size_t n);

/* The node of one value in `field` (NULL: none was named). Never NULL; wrong
 * values are reported and give NODE_ALL. */
struct node *query_leaf(struct parser *parser, const struct query_field *field,
			const struct token *token);

/* The same for words beside each other, `text` without escapes, in a field of
 * kind TEXT or in no field; `quoted`: all of them in a row. */
struct node *query_words(struct parser *parser, const struct query_field *field,
			 struct str text, size_t at, bool quoted);
/* The node of any token in such a field or in none. */
struct node *query_words_leaf(struct parser *parser,
			      const struct query_field *field,
			      const struct token *token);

/* A node without children in `field`, which is copied. */
struct node *query_leaf_node(enum node_kind kind,
			     const struct query_field *field);
/* "x*" and no other wildcard. */
bool query_is_prefix(struct str raw);
/* A word or wildcard that begins with < or >; of a word also with an escape
 * before it. */
bool query_is_comparison(const struct token *token);
/* Nothing but "*". */
bool query_is_stars(struct str raw);

/* --- times from now (query_now.c) --- */

/* "now" and what may follow; false: it is none. */
MUST_CHECK bool query_now_parse(struct str text, struct query_now *out);
/* In ns; `up`: roundings go to the last millisecond of the unit. */
int64_t query_now_ns(const struct query_now *now, int64_t now_ms, bool up);

/* The range of a token, of a comparison such as ">=5" or of one value. */
struct node *query_range(struct parser *parser, const struct query_field *field,
			 const struct token_bound *low,
			 const struct token_bound *high);

#endif
