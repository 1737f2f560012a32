/* test_query_match.c - which events a query finds
 *
 * The verdicts are those of Elasticsearch 7.17 on the documents' mapping. */
#include "event/query.h"
#include "event/query_field.h"

#include "tests/unit/test_support.h"

/* 2026-11-23T10:00:00Z */
#define NOW_MS INT64_C(1795428000000)

/* Letters name the events in the table of verdicts. */
static const struct {
	char name;
	const char *json;
} events[] = {
	{ 'a', "{\"ServiceKey\":\"PAY\",\"ComponentKey\":\"DB\","
	       "\"RequestKey\":\"r-1\",\"HostAddress\":\"10.0.0.1\","
	       "\"TimeStampUTC\":\"2026-11-23T09:00:00Z\","
	       "\"Title\":\"PAYMENT REFUSED\",\"Level\":\"ERROR\","
	       "\"Additional\":{\"user\":\"bob\",\"ms\":512,\"order\":"
	       "{\"id\":\"x-1\",\"tags\":[\"red\",\"blue\"]},\"ok\":false,"
	       "\"none\":null,\"list\":[],\"blank\":\"\"}}" },
	{ 'b', "{\"ServiceKey\":\"FORUM\",\"ComponentKey\":\"\","
	       "\"HostAddress\":\"10.0.0.2\","
	       "\"TimeStampUTC\":\"2026-11-23T09:00:00.5Z\","
	       "\"Title\":\"PAY_IN\",\"Level\":\"INFO\",\"Region\":\"eu\","
	       "\"Additional\":\"some text\",\"Repaired\":[\"time\","
	       "\"level\"],\"LevelRaw\":\"warn\"}" },
	{ 'c', "{\"ServiceKey\":\"FORUM\",\"ComponentKey\":\"A\\u0042\","
	       "\"RequestKey\":\"\",\"HostAddress\":\"\","
	       "\"TimeStampUTC\":\"2026-11-24T00:00:00Z\","
	       "\"Title\":\"a\\\"b\\\\c*?\",\"Level\":\"DEBUG\","
	       "\"Region\":{\"zone\":[1,\"z\"]},"
	       "\"Additional\":{\"user.name\":\"eve\",\"ms\":\"99.5\","
	       "\"order\":{},\"user\":{\"name\":\"al\"}}}" },
};

static const struct {
	const char *query, *finds;
} verdicts[] = {
	{ "*", "abc" },
	{ "Level:ERROR", "a" },
	{ "Level:\"ERROR\"", "a" },
	{ "ServiceKey:pay", "" },
	{ "ServiceKey:(PAY OR FORUM)", "abc" },
	{ "ServiceKey:FORUM AND NOT Level:INFO", "c" },
	{ "ServiceKey:FORUM -Level:INFO", "c" },
	{ "Level:ERROR OR Level:INFO", "ab" },
	{ "Level:ERROR Level:INFO", "ab" },
	{ "NOT ServiceKey:PAY", "bc" },
	{ "Level:ERROR OR (NOT ServiceKey:FORUM)", "a" },
	{ "Level:ERROR AND NOT (Title:x OR ServiceKey:FORUM)", "a" },
	{ "ServiceKey:(NOT PAY)", "bc" },
	{ "+ServiceKey:FORUM +Level:INFO", "b" },
	{ "+ServiceKey:FORUM Level:INFO", "bc" },
	{ "!ServiceKey:FORUM", "a" },

	/* escapes on either side */
	{ "ComponentKey:AB", "c" },
	{ "ComponentKey:A?", "c" },
	{ "Title:\"a\\\"b\\\\c*?\"", "c" },
	{ "Title:a\\\"b\\\\c\\*\\?", "c" },
	{ "Title:\"PAYMENT REFUSED\"", "a" },
	{ "Title:PAYMENT\\ REFUSED", "a" },
	{ "Title:PAYMENT", "" },
	{ "Title:\"PAY*\"", "" },
	{ "Title:PAY*", "ab" },
	{ "Title:PAY?IN", "b" },
	{ "Title:*FUSED", "a" },
	{ "Title:/PAY_(IN|OUT)/", "b" },
	{ "Title:/PAY.*/", "ab" },
	{ "Title:/PAY/", "" },
	{ "RequestKey:r-1", "a" },

	/* there or not */
	{ "_exists_:RequestKey", "ac" },
	{ "RequestKey:*", "ac" },
	{ "RequestKey:?*", "a" },
	{ "RequestKey:\"\"", "c" },
	{ "ComponentKey:\"\"", "b" },
	{ "NOT _exists_:RequestKey", "b" },
	{ "_exists_:AdditionalText", "b" },
	{ "_exists_:TimeStampUTC", "abc" },
	{ "_exists_:AdditionalFlat.ok", "a" },
	{ "_exists_:AdditionalFlat.blank", "a" },
	{ "_exists_:AdditionalFlat.none", "" },
	{ "_exists_:AdditionalFlat.list", "" },
	{ "_exists_:AdditionalFlat.order", "" },
	{ "_exists_:AdditionalFlat.order.tags", "a" },
	{ "_exists_:AdditionalNum.ms", "ac" },
	{ "_exists_:AdditionalNum.user", "" },

	/* leaves */
	{ "AdditionalFlat.user:bob", "a" },
	{ "Additional.user:bob", "a" },
	{ "AdditionalFlat.user.name:(al OR eve)", "c" },
	{ "AdditionalFlat.user.name:al", "c" },
	{ "AdditionalFlat.user.name:eve", "c" },
	{ "AdditionalFlat.order.tags:blue", "a" },
	{ "AdditionalFlat.order.id:x-*", "a" },
	{ "AdditionalFlat.ok:false", "a" },
	{ "AdditionalFlat.ms:512", "a" },
	{ "AdditionalFlat.ms:512.0", "" },
	{ "AdditionalFlat.ms:>100", "a" },
	{ "AdditionalFlat.ms:<100", "c" },
	{ "AdditionalFlat.user:>0", "" },
	{ "AdditionalFlat.order.tags:*u*", "a" },

	/* numbers */
	{ "AdditionalNum.ms:512", "a" },
	{ "AdditionalNum.ms:5.12e2", "a" },
	{ "AdditionalNum.ms:>=512", "a" },
	{ "AdditionalNum.ms:>512", "" },
	{ "AdditionalNum.ms:<512", "c" },
	{ "AdditionalNum.ms:[99.5 TO 512}", "c" },
	{ "AdditionalNum.ms:{99.5 TO *]", "a" },

	/* text */
	{ "ServiceKey:>FORUM", "a" },
	{ "ServiceKey:[A TO FORUM]", "bc" },
	{ "ServiceKey:[* TO FORUM}", "" },

	/* times */
	{ "TimeStampUTC:\"2026-11-23\"", "ab" },
	{ "TimeStampUTC:\"2026-11-23T09:00:00Z\"", "ab" },
	{ "TimeStampUTC:\"2026-11-23T09:00:00.0Z\"", "a" },
	{ "TimeStampUTC:\"2026-11-23T10:00:00.5+01:00\"", "b" },
	{ "TimeStampUTC:>2026-11-23", "c" },
	{ "TimeStampUTC:>=2026-11-23", "abc" },
	{ "TimeStampUTC:<2026-11-24", "ab" },
	{ "TimeStampUTC:{\"2026-11-23T09:00:00Z\" TO *]", "c" },
	{ "TimeStampUTC:[* TO \"2026-11-23T09:00:00.4Z\"]", "a" },

	{ "TimeStampUTC:>now-1h", "bc" },
	{ "TimeStampUTC:>=now-1h", "abc" },
	{ "TimeStampUTC:<=now-1h", "a" },
	{ "TimeStampUTC:<now-1h", "" },
	{ "TimeStampUTC:[now TO *]", "c" },
	{ "TimeStampUTC:\"now/d\"", "ab" },
	{ "TimeStampUTC:<now+1d\\/d", "ab" },
	{ "TimeStampUTC:<=now+1d\\/d", "abc" },
	{ "TimeStampUTC:>now\\/d", "c" },
	{ "TimeStampUTC:{now-1d/d TO now/d]", "ab" },

	/* words; clauses without a field */
	{ "Title.text:refused", "a" },
	{ "Title.text:(Payment AND REFUSED)", "a" },
	{ "Title.text:\"payment refused\"", "a" },
	{ "Title.text:\"refused payment\"", "" },
	{ "Title.text:pay*", "ab" },
	{ "Title.text:P?Y*", "ab" },
	{ "Title.text:/re.*/", "a" },
	{ "Title.text:pay", "" },
	{ "Title.text:b", "c" },
	{ "Title.text:\"b c\"", "c" },
	{ "AdditionalText:text", "b" },
	{ "AdditionalText:\"some text\"", "b" },
	{ "AdditionalText:som", "" },
	{ "Title.text:* AND NOT AdditionalText:*", "ac" },
	{ "refused", "a" },
	{ "REFUSED", "a" },
	{ "PAY_IN", "b" },
	{ "text", "b" },
	{ "refused text", "ab" },
	{ "\"refused text\"", "" },
	{ "\"PAYMENT REFUSED\"", "a" },
	{ "*me*", "ab" },
	{ "re* OR te*", "ab" },
	{ "NOT refused", "bc" },
	{ "Level:ERROR AND refused", "a" },
	{ "Level:INFO AND refused", "" },

	/* other keys, arrays */
	{ "Repaired:level", "b" },
	{ "Repaired:(time AND level)", "b" },
	{ "NOT Repaired:*", "ac" },
	{ "LevelRaw:warn", "b" },
	{ "Region:eu", "b" },
	{ "Region:*", "b" },
	{ "Region.zone:1", "c" },
	{ "Region.zone:z", "c" },
};

struct fixture {
	struct scanner *scanner;
	struct event event[ARRAY_LENGTH(events)];
	struct buf scratch;
};

static int set_up(void **state)
{
	struct fixture *f = xcalloc(1, sizeof(*f));

	f->scanner = scanner_open();
	for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
		event_scan(f->scanner, str_of(events[i].json), &f->event[i]);
		assert_int_equal(f->event[i].repairs, 0);
	}
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	scanner_close(f->scanner);
	buf_release(&f->scratch);
	free(f);
	return 0;
}

static const char *const further[] = { "Region" };
static const struct query_options options = { further, 1 };

static struct query *parse(const char *text)
{
	struct query_problem problem[2];
	size_t n;
	struct query *q = query_parse(str_of(text), &options, problem, 2, &n);

	if (!q)
		fail_msg("\"%s\": %d: %s", text, problem[0].column,
			 problem[0].text);
	return q;
}

static void find(struct fixture *f, const struct query *q, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(events); i++) {
		struct query_event event = { .event = &f->event[i],
					     .scratch = &f->scratch,
					     .now_ms = NOW_MS };

		if (query_matches(q, &event, NULL))
			buf_add_char(out, events[i].name);
	}
}

static void queries_find_what_elasticsearch_finds(void **state)
{
	struct buf found = { 0 }, canonical = { 0 };

	for (size_t i = 0; i < ARRAY_LENGTH(verdicts); i++) {
		struct query *q = parse(verdicts[i].query);

		buf_clear(&found);
		find(*state, q, &found);
		if (!str_is(buf_str(&found), verdicts[i].finds))
			fail_msg("%s finds \"%s\", wanted \"%s\"",
				 verdicts[i].query, buf_text(&found),
				 verdicts[i].finds);
		buf_clear(&canonical);
		query_canonical(q, &canonical);
		query_free(q);

		q = parse(buf_text(&canonical));
		buf_clear(&found);
		find(*state, q, &found);
		assert_str(buf_str(&found), verdicts[i].finds);
		query_free(q);
	}
	buf_release(&found);
	buf_release(&canonical);
}

/* An event with this title; true if the query finds it. */
static bool finds_title(const char *text, struct str title, uint64_t *limited)
{
	struct scanner *scanner = scanner_open();
	struct buf line = { 0 }, scratch = { 0 };
	struct query *q = parse(text);
	struct event event;
	bool found;

	buf_add_text(&line, "{\"ServiceKey\":\"A\",\"HostAddress\":\"\","
			    "\"TimeStampUTC\":\"2026-11-23T09:00:00Z\","
			    "\"Level\":\"INFO\",\"Title\":");
	buf_add_json_string(&line, title);
	buf_add_text(&line, "}");
	event_scan(scanner, buf_str(&line), &event);
	assert_int_equal(event.repairs, 0);
	found = query_matches(
		q,
		&(struct query_event){ .event = &event, .scratch = &scratch },
		limited);
	query_free(q);
	scanner_close(scanner);
	buf_release(&line);
	buf_release(&scratch);
	return found;
}

static void keywords_longer_than_the_index_keeps_are_not_found(void **state)
{
	struct buf title = { 0 };

	(void)state;
	for (int i = 0; i < 8191; i++)
		buf_add_text(&title, "\xc3\xa4");
	assert_true(finds_title("Title:*", buf_str(&title), NULL));
	buf_add_text(&title, "b");
	assert_false(finds_title("Title:*", buf_str(&title), NULL));
	assert_false(finds_title("Title:\xc3\xa4*", buf_str(&title), NULL));
	assert_true(finds_title("Level:INFO", buf_str(&title), NULL));
	buf_release(&title);
}

static void a_value_that_passes_a_limit_is_counted_and_no_match(void **state)
{
	struct buf title = { 0 };
	uint64_t limited = 0;

	(void)state;
	for (int i = 0; i < 8000; i++)
		buf_add_char(&title, 'a');
	assert_false(finds_title("Title:/(a*)*(a*)*(a*)*(b|c)/",
				 buf_str(&title), &limited));
	assert_int_equal(limited, 1);
	buf_release(&title);
}

static void a_field_gives_its_text(void **state)
{
	static const struct {
		const char *name;
		size_t event;
		const char *text;
	} table[] = {
		{ "ServiceKey", 0, "PAY" },
		{ "ComponentKey", 2, "AB" },
		{ "RequestKey", 1, "" },
		{ "Additional", 1, "some text" },
		{ "AdditionalFlat.user", 0, "bob" },
		{ "Additional.order.tags", 0, "[\"red\",\"blue\"]" },
		{ "Additional.order.id", 0, "x-1" },
		{ "Additional.user.name", 2, "eve" },
		{ "Additional.none", 0, "" },
		{ "Additional.user", 1, "" },
		{ "AdditionalNum.ms", 0, "512" },
		{ "Region", 1, "eu" },
		{ "Region.zone", 2, "[1,\"z\"]" },
		{ "TimeStampUTC", 0, "2026-11-23T09:00:00Z" },
	};
	struct fixture *f = *state;
	struct query_field field;
	struct error err;

	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		assert_true(query_field_parse(str_of(table[i].name), &options,
					      &field, &err));
		assert_str(query_field_text(&field, &f->event[table[i].event],
					    &f->scratch),
			   table[i].text);
		query_field_release(&field);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			queries_find_what_elasticsearch_finds, set_up,
			tear_down),
		cmocka_unit_test(
			keywords_longer_than_the_index_keeps_are_not_found),
		cmocka_unit_test(
			a_value_that_passes_a_limit_is_counted_and_no_match),
		cmocka_unit_test_setup_teardown(a_field_gives_its_text, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
