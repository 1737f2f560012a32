/* query_range.c - ranges and comparisons: of numbers, of times, of text
 *
 * Numbers compare as doubles. A time that names a day, or a second without a
 * fraction, stands for its whole span. Text compares by its UTF-8 bytes.
 *
 * Pure; owns nothing; safe on any thread. */
#include "event/query_internal.h"

#include <stdlib.h>

#include "event/time.h"

/* The first and last nanosecond that a text names. */
struct span {
	int64_t first, last;
};

static bool digits_at(struct str text, const char *shape)
{
	for (size_t i = 0; shape[i]; i++) {
		char c = i < text.n ? text.s[i] : '\0';

		if (shape[i] == '0' ? c < '0' || c > '9' : c != shape[i])
			return false;
	}
	return true;
}

/* YYYY-MM-DD, or with Thh:mm:ss[.f] and Z, +hh:mm, or nothing (UTC). */
static bool parse_span(struct str text, struct span *out)
{
	char midnight[] = "0000-00-00T00:00:00Z";
	struct time_read time;
	size_t at = 19;

	if (text.n == 10 && digits_at(text, "0000-00-00")) {
		memcpy(midnight, text.s, 10);
		if (!time_parse_normal(str_of(midnight), &out->first))
			return false;
		out->last = out->first + TIME_DAY - 1;
		return true;
	}
	if (!digits_at(text, "0000-00-00T00:00:00") || text.s[17] > '5')
		return false;
	if (at < text.n && text.s[at] == '.') {
		size_t start = ++at;

		while (at < text.n && text.s[at] >= '0' && text.s[at] <= '9')
			at++;
		if (at == start || at - start > 9)
			return false;
	}
	struct str zone = str_slice(text.s + at, text.n - at);
	if (zone.n > 0 && !str_is(zone, "Z") &&
	    !(zone.n == 6 &&
	      (digits_at(zone, "+00:00") || digits_at(zone, "-00:00"))))
		return false;
	if (!time_parse_any(text, &time))
		return false;
	out->first = time.ns;
	out->last = at == 19 ? time.ns + TIME_SECOND - 1 : time.ns;
	return true;
}

static bool time_bound(struct parser *parser, const struct token_bound *token,
		       struct bound *bound, bool low)
{
	struct str text = str_slice(bound->text, bound->text_n);
	struct span span;

	bound->from_now = query_now_parse(text, &bound->now);
	if (bound->from_now)
		return true;
	if (parse_span(text, &span)) {
		if (low)
			bound->ns =
				token->inclusive ? span.first : span.last + 1;
		else
			bound->ns =
				token->inclusive ? span.last : span.first - 1;
		return true;
	}
	if (str_has_prefix(text, STR("now")))
		query_error(parser->report, token->at,
			    "\"%s\" is no time: write now-5m, now-1d/d and "
			    "the like, units y M w d h m s, at most 9999 of "
			    "one",
			    bound->text);
	else
		query_error(parser->report, token->at,
			    "\"%s\" is no time: write \"2026-11-23T09:00:00Z\" "
			    "or \"2026-11-23\"",
			    bound->text);
	return false;
}

static bool number_bound(struct parser *parser, const struct query_field *field,
			 const struct token_bound *token, struct bound *bound)
{
	if (query_number(str_slice(bound->text, bound->text_n), &bound->number))
		return true;
	query_error(parser->report, token->at,
		    "\"%s\" is no number, and %s takes only numbers here",
		    bound->text, field->name);
	return false;
}

/* Quoted bounds hold no backslash: Lucene's two lexers of them disagree. */
static bool text_bound(struct parser *parser, const struct token_bound *token,
		       struct bound *bound)
{
	if (!memchr(bound->text, '\\', bound->text_n))
		return true;
	query_error(parser->report, token->at,
		    "a range cannot end at a text with a backslash");
	return false;
}

static enum node_kind range_kind(const struct query_field *field)
{
	switch (field->kind) {
	case FIELD_TIME: return NODE_TIME_RANGE;
	case FIELD_NUMBER:
	case FIELD_LEAF: return NODE_NUMBER_RANGE;
	default: return NODE_TEXT_RANGE;
	}
}

static bool read_bound(struct parser *parser, struct node *node,
		       const struct token_bound *token, bool low)
{
	struct bound *bound = low ? &node->low : &node->high;
	struct buf text = { 0 };

	bound->open = !token->quoted && str_is(token->raw, "*");
	bound->inclusive = token->inclusive;
	if (bound->open)
		return true;
	if (!query_unescape(parser->report, token->raw, token->at, &text)) {
		buf_release(&text);
		return false;
	}
	bound->text_n = text.n;
	bound->text = buf_take(&text);
	switch (node->kind) {
	case NODE_TIME_RANGE: return time_bound(parser, token, bound, low);
	case NODE_NUMBER_RANGE:
		return number_bound(parser, &node->field, token, bound);
	default: return text_bound(parser, token, bound);
	}
}

/* Ranges that no query should have. */
static void check_range(struct parser *parser, const struct node *node,
			const struct token_bound *low,
			const struct token_bound *high)
{
	const struct query_field *field = &node->field;

	if (field->kind == FIELD_KEYWORD && field->event_field == EVENT_LEVEL)
		query_error(parser->report, low->at ? low->at : high->at,
			    "levels have no order to Elasticsearch: write "
			    "Level:(INFO OR ERROR)");
	else if (field->kind == FIELD_LEAF && low != high)
		query_lint(parser->report, low->at ? low->at : high->at,
			   "Kibana cannot show this: list the leaf in "
			   "index.numbers and write AdditionalNum.%s",
			   field->name + field->path_at);
}

struct node *query_range(struct parser *parser, const struct query_field *field,
			 const struct token_bound *low,
			 const struct token_bound *high)
{
	struct node *node = node_new(range_kind(field));

	node->field = *field;
	node->field.name = xstrdup(field->name);
	check_range(parser, node, low, high);
	if (!read_bound(parser, node, low, true) ||
	    !read_bound(parser, node, high, false)) {
		node_free(node);
		return node_new(NODE_ALL);
	}
	if (node->low.open && node->high.open)
		node->kind = NODE_EXISTS;
	return node;
}
