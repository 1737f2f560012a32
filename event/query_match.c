/* query_match.c - does an event match a query?
 *
 * Walks the tree; owns nothing. Equality compares the raw bytes of the scanned
 * field; other tests decode what holds escapes into the caller's scratch.
 * One thread at a time for one query. */
#include "event/query_internal.h"
#include "event/words.h"

enum {
	/* What the documents' keyword fields ignore when longer. */
	KEYWORD_UNITS_MAX = 8191,
};

struct match {
	const struct node *node;
	struct query_event *event;
	uint64_t *limited;
};

/* In UTF-16 code units, which is how Elasticsearch counts. */
static bool is_too_long(struct str text)
{
	const char *p = text.s, *end = text.s + text.n;
	size_t units = 0;

	if (text.n <= KEYWORD_UNITS_MAX)
		return false;
	for (; p < end; p++) {
		unsigned char c = (unsigned char)*p;

		units += (size_t)((c & 0xc0) != 0x80) + (c >= 0xf0);
	}
	return units > KEYWORD_UNITS_MAX;
}

/* The value is one that the field of a document would hold. */
static bool is_indexed(enum query_field_kind kind, struct str text)
{
	double number;

	switch (kind) {
	case FIELD_LEAF: return text.n <= QUERY_LEAF_BYTES_MAX;
	case FIELD_NUMBER: return query_number(text, &number);
	case FIELD_KEYWORD:
	case FIELD_KEY: return !is_too_long(text);
	default: return true;
	}
}

static bool in_numbers(const struct node *node, struct str text)
{
	const struct bound *low = &node->low, *high = &node->high;
	double n;

	if (!query_number(text, &n))
		return false;
	if (!low->open && (low->inclusive ? n < low->number : n <= low->number))
		return false;
	return high->open ||
	       (high->inclusive ? n <= high->number : n < high->number);
}

static bool in_text(const struct node *node, struct str text)
{
	const struct bound *low = &node->low, *high = &node->high;
	int side;

	if (!low->open) {
		side = str_compare(text, str_slice(low->text, low->text_n));
		if (low->inclusive ? side < 0 : side <= 0)
			return false;
	}
	if (high->open)
		return true;
	side = str_compare(text, str_slice(high->text, high->text_n));
	return high->inclusive ? side <= 0 : side < 0;
}

static bool fits_pattern(const struct match *match, struct str text)
{
	switch (pattern_match(match->node->pattern, text)) {
	case PATTERN_YES: return true;
	case PATTERN_NO: break;
	case PATTERN_LIMIT:
		if (match->limited)
			++*match->limited;
		break;
	}
	return false;
}

static bool test_text(const struct match *match, struct str text)
{
	const struct node *node = match->node;
	struct str value = str_slice(node->value, node->value_n);

	if (!is_indexed(node->field.kind, text))
		return false;
	switch (node->kind) {
	case NODE_EXISTS: return true;
	case NODE_EQUAL: return str_equal(text, value);
	case NODE_PREFIX: return str_has_prefix(text, value);
	case NODE_PATTERN: return fits_pattern(match, text);
	case NODE_TEXT_RANGE: return in_text(node, text);
	case NODE_NUMBER_RANGE: return in_numbers(node, text);
	default: return false;
	}
}

static bool test_value(void *arg, struct str raw)
{
	const struct match *match = arg;
	const struct node *node = match->node;
	struct buf *scratch = match->event->scratch;
	size_t before = scratch->n;
	bool matched;

	switch (json_kind(raw)) {
	case JSON_ABSENT:
	case JSON_NULL:
	case JSON_OBJECT:
	case JSON_ARRAY: return false;
	default: break;
	}
	/* Never equal if not even the bytes with escapes are as many. */
	if (node->kind == NODE_EQUAL && raw.n < node->value_n)
		return false;
	matched = test_text(match, json_text(raw, scratch));
	buf_truncate(scratch, before);
	return matched;
}

static bool exists(struct match *match)
{
	const struct query_field *field = &match->node->field;
	const struct event *event = match->event->event;

	if (field->kind == FIELD_TIME)
		return event->has_time;
	if (field->kind == FIELD_TEXT)
		return event->field[field->event_field].kind == JSON_STRING;
	return query_field_visit(field, event, test_value, match);
}

/* What an exclusive bound leaves out is the whole unit that it names. */
static int64_t low_ns(const struct bound *bound, int64_t now_ms)
{
	if (!bound->from_now)
		return bound->ns;
	return query_now_ns(&bound->now, now_ms, !bound->inclusive) +
	       !bound->inclusive;
}

static int64_t high_ns(const struct bound *bound, int64_t now_ms)
{
	if (!bound->from_now)
		return bound->ns;
	return query_now_ns(&bound->now, now_ms, bound->inclusive) -
	       !bound->inclusive;
}

static bool in_time(const struct node *node, const struct query_event *asked)
{
	const struct event *event = asked->event;

	return event->has_time &&
	       (node->low.open ||
		event->time_ns >= low_ns(&node->low, asked->now_ms)) &&
	       (node->high.open ||
		event->time_ns <= high_ns(&node->high, asked->now_ms));
}

/* Cut at most once an event. */
static struct str words_of(struct query_event *asked, enum event_field field)
{
	const struct event_value *value = &asked->event->field[field];
	struct query_event_words *words = &asked->words[field != EVENT_TITLE];
	struct buf *scratch = asked->scratch;
	size_t at = scratch->n;
	struct str text;

	if (!words->known && value->kind == JSON_STRING) {
		text = json_text(value->raw, scratch);
		(void)!buf_room(scratch, words_room(text.n));
		if (scratch->n > at)
			text.s = scratch->p + at;
		words->at = scratch->n;
		words_add(text, scratch);
		words->n = scratch->n - words->at;
	}
	words->known = true;
	return str_slice(scratch->p + words->at, words->n);
}

static bool any_word_fits(const struct match *match, struct str words)
{
	struct str word;
	size_t at = 0;

	while (words_next(words, &at, &word)) {
		if (fits_pattern(match, word))
			return true;
	}
	return false;
}

static bool has_prefix(const struct node *node, struct str words)
{
	struct str prefix = str_slice(node->value, node->value_n), word;
	size_t at = 0;

	while (words_next(words, &at, &word)) {
		if (str_has_prefix(word, prefix))
			return true;
	}
	return false;
}

static bool test_words(struct match *match)
{
	const struct node *node = match->node;
	struct str words = words_of(match->event, node->field.event_field);

	if (words.n == 0)
		return false;
	switch (node->kind) {
	case NODE_WORDS:
		return memmem(words.s, words.n, node->value, node->value_n);
	case NODE_PREFIX: return has_prefix(node, words);
	case NODE_PATTERN: return any_word_fits(match, words);
	default: return false;
	}
}

/* The common case, without decoding and without a visit. */
static bool equals(struct match *match)
{
	const struct node *node = match->node;
	const struct event_value *value;

	if (node->field.kind == FIELD_KEYWORD) {
		value = &match->event->event->field[node->field.event_field];
		if (value->kind == JSON_STRING && !value->escaped)
			return value->raw.n == node->value_n + 2 &&
			       memcmp(value->raw.s + 1, node->value,
				      node->value_n) == 0 &&
			       node->value_n <= KEYWORD_UNITS_MAX;
	}
	return query_field_visit(&node->field, match->event->event, test_value,
				 match);
}

static bool matches(const struct node *node, struct query_event *event,
		    uint64_t *limited)
{
	struct match match = { node, event, limited };

	switch (node->kind) {
	case NODE_ALL: return true;
	case NODE_AND:
		for (size_t i = 0; i < node->n; i++) {
			if (!matches(node->child[i], event, limited))
				return false;
		}
		return true;
	case NODE_OR:
		for (size_t i = 0; i < node->n; i++) {
			if (matches(node->child[i], event, limited))
				return true;
		}
		return false;
	case NODE_NOT: return !matches(node->child[0], event, limited);
	case NODE_EXISTS: return exists(&match);
	case NODE_TIME_RANGE: return in_time(node, event);
	case NODE_EQUAL: return equals(&match);
	default:
		if (node->field.kind == FIELD_TEXT)
			return test_words(&match);
		return query_field_visit(&node->field, event->event, test_value,
					 &match);
	}
}

bool query_matches(const struct query *q, struct query_event *event,
		   uint64_t *limited)
{
	return matches(q->root, event, limited);
}
