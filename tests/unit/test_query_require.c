/* test_query_require.c - the equalities that a query requires, by table and,
 * for random queries over random events, by what they promise */
#include "event/query_require.h"

#include "tests/unit/test_support.h"

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

static const struct {
	const char *query;
	const char *required; /* NULL: none */
} table[] = {
	{ "*", NULL },
	{ "Level:ERROR", "Level=ERROR" },
	{ "Title:\"PAY OUT\"", "Title=PAY OUT" },
	{ "Title:PAY*", NULL },
	{ "Title:/PAY/", NULL },
	{ "Title:P?Y", NULL },
	{ "Title:[A TO B]", NULL },
	{ "_exists_:Title", NULL },
	{ "NOT Title:A", NULL },
	{ "AdditionalNum.n:5", NULL },
	{ "TimeStampUTC:\"2026-11-23\"", NULL },
	{ "Additional.user:bob", "AdditionalFlat.user=bob" },
	{ "Region.zone:1", "Region.zone=1" },

	/* the lightest of an AND */
	{ "Level:ERROR AND Title:A", "Title=A" },
	{ "Title:A AND Level:ERROR", "Title=A" },
	{ "Title:A AND RequestKey:r", "RequestKey=r" },
	{ "Level:ERROR AND NOT Title:A", "Level=ERROR" },
	{ "Level:ERROR AND Title:A*", "Level=ERROR" },
	{ "Title:A* AND (NOT Level:INFO)", NULL },
	{ "Level:ERROR AND ServiceKey:(A OR B)", "ServiceKey=A ServiceKey=B" },
	{ "Level:DEBUG AND (Title:A OR Level:INFO)", "Level=DEBUG" },
	{ "+Title:A Level:INFO", "Title=A" },

	/* all of an OR, or none */
	{ "ServiceKey:(A OR B OR A)", "ServiceKey=A ServiceKey=B" },
	{ "Title:A OR ServiceKey:A", "Title=A ServiceKey=A" },
	{ "Title:A OR Title:B*", NULL },
	{ "Title:A OR (NOT Title:B)", NULL },
	{ "(Title:A AND Level:INFO) OR (Title:B AND Level:INFO)",
	  "Title=A Title=B" },
	{ "(Title:A AND Level:INFO) OR (Title:A AND Level:DEBUG)", "Title=A" },
	{ "Title:A OR *", NULL },
};

static void write_required(const struct query *q, query_weight *weight,
			   void *arg, struct buf *out)
{
	struct query_required required;

	buf_clear(out);
	if (!query_required(q, weight, arg, &required)) {
		buf_add_text(out, "none");
		return;
	}
	for (size_t i = 0; i < required.n; i++)
		buf_add_format(out, "%s%s=%.*s", i > 0 ? " " : "",
			       required.item[i].field->name,
			       STR_ARG(required.item[i].value));
	query_required_release(&required);
}

static void a_query_requires_its_rarest_equalities(void **state)
{
	struct buf got = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		const char *want = table[i].required;
		struct query *q = parse(table[i].query);

		write_required(q, NULL, NULL, &got);
		if (!str_is(buf_str(&got), want ? want : "none"))
			fail_msg("%s requires \"%s\"", table[i].query,
				 buf_text(&got));
		query_free(q);
	}
	buf_release(&got);
}

/* `arg` names the field that is rare. */
static unsigned by_name(void *arg, const struct query_equality *equality)
{
	return strcmp(equality->field->name, arg) == 0 ? 1 : 5;
}

static void the_caller_may_know_what_is_rare(void **state)
{
	char level[] = "Level", service[] = "ServiceKey";
	struct query *q = parse("Level:INFO AND ServiceKey:(A OR B)");
	struct buf got = { 0 };

	(void)state;
	write_required(q, by_name, level, &got);
	assert_str(buf_str(&got), "Level=INFO");
	write_required(q, by_name, service, &got);
	assert_str(buf_str(&got), "ServiceKey=A ServiceKey=B");
	query_free(q);
	buf_release(&got);
}

/* --- random queries over random events --- */

static uint32_t seed = 1;

static size_t dice(size_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

#define PICK(table) ((table)[dice(ARRAY_LENGTH(table))])

static const char *const leaves[] = {
	"Title:A",
	"Title:\"\\\"\"",
	"Title:\"A B\"",
	"Title:A*",
	"Title:/A.*/",
	"Title:?",
	"_exists_:Title",
	"Level:INFO",
	"Level:ERROR",
	"ServiceKey:A",
	"ServiceKey:(A OR B)",
	"ServiceKey:[A TO B]",
	"AdditionalFlat.user:bob",
	"AdditionalFlat.user:5",
	"AdditionalFlat.a.b:true",
	"AdditionalNum.user:5",
	"Region:A",
	"Region:(A OR \"\")",
	"Repaired:time",
	"*",
};

static void add_query(struct buf *out, int depth)
{
	static const char *const joins[] = { " AND ", " OR " };
	const char *join = PICK(joins);
	size_t n = 2 + dice(2);

	if (depth == 0 || dice(4) == 0) {
		buf_add_text(out, PICK(leaves));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		buf_add_text(out, i > 0 ? join : "");
		buf_add_text(out, dice(5) == 0 ? "(NOT (" : "((");
		add_query(out, depth - 1);
		buf_add_text(out, "))");
	}
}

static void add_event(struct buf *out)
{
	static const char *const texts[] = { "A",       "B",    "A B",
					     "\\u0041", "\\\"", "" };
	static const char *const levels[] = { "INFO", "ERROR" };
	static const char *const values[] = { "\"bob\"",       "5",
					      "true",          "null",
					      "[5,\"bob\"]",   "{\"b\":true}",
					      "[{\"b\":true}]" };
	static const char *const keys[] = { "user", "a", "a.b" };

	buf_clear(out);
	buf_add_format(out,
		       "{\"HostAddress\":\"\",\"ServiceKey\":\"%s\","
		       "\"TimeStampUTC\":\"2026-11-23T09:00:00Z\","
		       "\"Level\":\"%s\",\"Title\":\"%s\",\"Region\":\"%s\","
		       "\"Additional\":{\"%s\":%s},\"Repaired\":[\"time\"]}",
		       PICK(texts), PICK(levels), PICK(texts), PICK(texts),
		       PICK(keys), PICK(values));
}

static bool any_holds(const struct query_required *required,
		      const struct event *event, struct buf *scratch)
{
	for (size_t i = 0; i < required->n; i++) {
		if (query_equality_holds(&required->item[i], event, scratch))
			return true;
	}
	return false;
}

enum { QUERIES = 2000, EVENTS = 50 };

static void what_matches_holds_a_required_equality(void **state)
{
	struct scanner *scanner = scanner_open();
	struct buf text = { 0 }, line = { 0 }, scratch = { 0 };
	size_t matched = 0, passed_over = 0;

	(void)state;
	for (int i = 0; i < QUERIES; i++) {
		struct query_required required;
		struct query *q;

		buf_clear(&text);
		add_query(&text, 3);
		q = parse(buf_text(&text));
		if (!query_required(q, NULL, NULL, &required)) {
			query_free(q);
			continue;
		}
		for (int k = 0; k < EVENTS; k++) {
			struct event event;
			struct query_event seen = { .event = &event,
						    .scratch = &scratch };

			add_event(&line);
			event_scan(scanner, buf_str(&line), &event);
			assert_int_equal(event.repairs, 0);
			bool holds = any_holds(&required, &event, &scratch);
			bool matches = query_matches(q, &seen, NULL);
			if (matches && !holds)
				fail_msg("%s finds %s", buf_text(&text),
					 buf_text(&line));
			matched += matches;
			passed_over += !holds;
		}
		query_required_release(&required);
		query_free(q);
	}
	/* The promise was put to the test, and it narrows. */
	assert_true(matched > QUERIES);
	assert_true(passed_over > QUERIES);
	scanner_close(scanner);
	buf_release(&text);
	buf_release(&line);
	buf_release(&scratch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_requires_its_rarest_equalities),
		cmocka_unit_test(the_caller_may_know_what_is_rare),
		cmocka_unit_test(what_matches_holds_a_required_equality),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
