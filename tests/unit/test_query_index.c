/* test_query_index.c - no match is missed, and few queries are asked */
#include "alert/match/query_index.h"

#include "tests/unit/test_support.h"

enum { QUERIES = 300, ROUNDS = 2000 };

static const char *const leaf[] = {
	"Level:ERROR",
	"Level:INFO",
	"ServiceKey:A",
	"ServiceKey:(A OR B)",
	"Title:T1",
	"Title:\"T 2\"",
	"Title:T*",
	"Title:/T[0-9]/",
	"RequestKey:r1",
	"_exists_:RequestKey",
	"Additional.user:bob",
	"AdditionalNum.ms:>5",
	"Additional.tags:x",
	"*",
};

static uint32_t seed = 1;

static size_t dice(size_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

#define PICK(table) ((table)[dice(ARRAY_LENGTH(table))])

static void draw_query(struct buf *out, int depth)
{
	static const char *const between[] = { " AND ", " OR " };
	const char *word = PICK(between);
	size_t n = 2 + dice(2);

	if (depth == 0 || dice(3) == 0) {
		buf_add_text(out, dice(6) == 0 ? "(NOT " : "(");
		buf_add_text(out, PICK(leaf));
		buf_add_char(out, ')');
		return;
	}
	buf_add_char(out, '(');
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_add_text(out, word);
		draw_query(out, depth - 1);
	}
	buf_add_char(out, ')');
}

static struct query *parse(const char *text)
{
	struct query_problem problem[2];
	size_t n;
	struct query *q = query_parse(str_of(text), NULL, problem, 2, &n);

	if (!q)
		fail_msg("\"%s\": %d: %s", text, problem[0].column,
			 problem[0].text);
	return q;
}

static void draw_event(struct buf *out)
{
	static const char *const service[] = { "A", "B", "C" };
	static const char *const title[] = { "T1", "T\\u0031", "T 2", "U" };
	static const char *const level[] = { "ERROR", "INFO" };
	static const char *const rest[] = {
		"",
		",\"RequestKey\":\"r1\"",
		",\"RequestKey\":null",
		",\"Additional\":{\"user\":\"bob\",\"ms\":7}",
		",\"Additional\":{\"user\":[\"ann\",\"b\\u006fb\"]}",
		",\"Additional\":{\"tags\":[[\"x\"]],\"ms\":\"3\"}",
		",\"Additional\":\"bob\"",
	};

	buf_clear(out);
	buf_add_format(out,
		       "{\"ServiceKey\":\"%s\",\"HostAddress\":\"h\","
		       "\"TimeStampUTC\":\"2026-11-23T09:00:00Z\",\"Title\":"
		       "\"%s\",\"Level\":\"%s\"%s}",
		       PICK(service), PICK(title), PICK(level), PICK(rest));
}

static bool holds(const uint32_t *number, size_t n, uint32_t wanted)
{
	for (size_t i = 0; i < n; i++)
		if (number[i] == wanted)
			return true;
	return false;
}

/* Is the item's verdict on the event what the promise is about? */
static bool matches(const struct query_index_item *item,
		    struct query_event *event)
{
	uint64_t limited = 0;

	if (!query_matches(item->all, event, &limited))
		return false;
	for (size_t i = 0; i < item->n_any; i++)
		if (query_matches(item->any[i], event, &limited))
			return true;
	return item->n_any == 0;
}

static void check_event(struct query_index *x,
			const struct query_index_item item[],
			const struct event *event)
{
	struct buf scratch = { 0 };
	struct query_event seen = { .event = event, .scratch = &scratch };
	size_t n;
	const uint32_t *number = query_index_find(x, event, &n);

	for (size_t i = 1; i < n; i++)
		assert_true(number[i - 1] < number[i]);
	for (uint32_t i = 0; i < QUERIES; i++)
		if (matches(&item[i], &seen) && !holds(number, n, i))
			fail_msg("query %u is missed by %.*s", i,
				 STR_ARG(event->line));
	buf_release(&scratch);
}

static void no_match_is_missed(void **state)
{
	struct query_index_item item[QUERIES];
	const struct query *stage[QUERIES][2];
	struct query *query[QUERIES];
	struct buf text = { 0 };
	struct scanner *scanner = scanner_open();
	struct query_index *x;
	struct event event;

	(void)state;
	for (size_t i = 0; i < QUERIES; i++) {
		buf_clear(&text);
		draw_query(&text, 3);
		query[i] = parse(buf_text(&text));
		item[i] = (struct query_index_item){ .all = query[i] };
		if (i % 3 > 0)
			continue;
		stage[i][0] = query[dice(i + 1)];
		stage[i][1] = query[dice(i + 1)];
		item[i].any = stage[i];
		item[i].n_any = 2;
	}
	x = query_index_open(item, QUERIES);
	for (int i = 0; i < ROUNDS; i++) {
		draw_event(&text);
		event_scan(scanner, buf_str(&text), &event);
		assert_int_equal(event.repairs, 0);
		check_event(x, item, &event);
	}
	query_index_close(x);
	for (size_t i = 0; i < QUERIES; i++)
		query_free(query[i]);
	scanner_close(scanner);
	buf_release(&text);
}

/* All ask for the same Title, so that is no help though Titles are rare. */
static void what_all_ask_for_narrows_nothing(void **state)
{
	struct query_index_item item[QUERIES];
	struct query *query[QUERIES];
	struct scanner *scanner = scanner_open();
	struct query_index *x;
	struct event event;
	char text[100];
	size_t n;

	(void)state;
	for (int i = 0; i < QUERIES; i++) {
		snprintf(text, sizeof(text), "Title:T1 AND ServiceKey:S%d", i);
		query[i] = parse(text);
		item[i] = (struct query_index_item){ .all = query[i] };
	}
	x = query_index_open(item, QUERIES);
	assert_int_equal(query_index_unfiled(x), 0);
	event_scan(scanner,
		   STR("{\"ServiceKey\":\"S7\",\"HostAddress\":\"h\","
		       "\"TimeStampUTC\":\"2026-11-23T09:00:00Z\",\"Title\":"
		       "\"T1\",\"Level\":\"INFO\"}"),
		   &event);
	assert_int_equal(query_index_find(x, &event, &n)[0], 7);
	assert_int_equal(n, 1);
	query_index_close(x);
	for (size_t i = 0; i < QUERIES; i++)
		query_free(query[i]);
	scanner_close(scanner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_match_is_missed),
		cmocka_unit_test(what_all_ask_for_narrows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
