#include "ingest/index/top.h"
#include "ingest/index/top_view.h"
#include "tests/unit/test_support.h"

#define SECOND_NS INT64_C(1000000000)

static const char index_metrics[] =
	"# HELP tocsin_index_received_total Records.\n"
	"# TYPE tocsin_index_received_total counter\n"
	"tocsin_index_received_total 1500\n"
	"tocsin_index_received_total_more 7\n"
	"tocsin_index_in_flight 100\n"
	"tocsin_kafka_lag{topic=\"a} 9\",partition=\"0\"} 40\n"
	"tocsin_kafka_lag{topic=\"a\",partition=\"1\"} 2\n"
	"tocsin_index_dead_total 3\n"
	"tocsin_kafka_lost_total{topic=\"a\",partition=\"1\"} 4\n"
	"tocsin_index_blocked_seconds 48";

static void metrics_are_added_up_by_name(void **state)
{
	struct str text = STR(
		"m{r=\"a\",result=\"refused\"} 1\nm{r=\"b\",result=\"refused\"}"
		" 2.5\nm{r=\"b\",result=\"accepted\"} 10\nmm 100\n m 100\n"
		"m{} nan\nm inf\nm -5\nm 1e999\nm x\nm\nm 3 \nm{\n\n"
		"m 00000000000000000000000000000000000000000000000000001\n");

	(void)state;
	assert_true(top_metric_sum(text, "m", "result=\"refused\"") == 3.5);
	assert_true(top_metric_sum(text, "m", "") == 13.5);
	assert_true(top_metric_max(text, "m", "") == 10);
	assert_true(top_metric_sum(text, "none", "") == 0);
	assert_true(top_metric_sum(STR_NONE, "m", "") == 0);
}

static void an_answer_becomes_numbers_and_harmless_text(void **state)
{
	struct top_sample s = { 0 };

	(void)state;
	top_sample_read(TOP_INDEX, str_of(index_metrics),
			STR("{\"blocked\":{\"since\":1,\"why\":\"no\\u001b[2J "
			    "\\u202ex\"},\"partitions\":[]}"),
			&s);
	assert_true(s.answered);
	assert_true(s.done == 1500 && s.in_flight == 100 && s.lag == 42);
	assert_true(s.errors == 7 && s.blocked_seconds == 48);
	assert_str(buf_str(&s.why), "no\\u001b[2J \\u202ex");
	top_sample_read(TOP_INDEX, STR("x"), STR("{\"blocked\":null}"), &s);
	assert_true(s.done == 0 && s.blocked_seconds == 0 && s.why.n == 0);
	top_sample_read(TOP_SHIP, STR(""), STR("{\"why\":7,"), &s);
	assert_int_equal(s.why.n, 0);
	top_sample_read(TOP_ALERT,
			STR("tocsin_alert_clock_behind_seconds{"
			    "partition=\"0\"} 0.5\n"
			    "tocsin_alert_clock_behind_seconds{"
			    "partition=\"1\"} 2\n"),
			STR("{\"waiting\":\"topics\"}"), &s);
	assert_true(s.lag == 2);
	assert_str(buf_str(&s.why), "topics");
	top_sample_away(&s, STR("could not connect\n"));
	assert_false(s.answered);
	assert_str(buf_str(&s.why), "could not connect\\u000a");
	top_sample_release(&s);
}

static void a_table_says_what_flows_and_what_does_not(void **state)
{
	struct top_sample ship = { .answered = true,
				   .mono_ms = 3000,
				   .done = 2468,
				   .in_flight = 12,
				   .lag = 1258291 };
	struct top_sample ship_before = { .answered = true, .mono_ms = 1000 };
	struct top_sample index = { .answered = true,
				    .done = 5,
				    .lag = 1234,
				    .errors = 2,
				    .blocked_seconds = 48 };
	struct top_sample alert = { 0 };
	struct top_view view = {
		.now = { &ship, &index, &alert },
		.before = { &ship_before, NULL, NULL },
		.wall_ns = 1795424448 * SECOND_NS,
	};
	AUTO(buf_release) struct buf out = { 0 };

	(void)state;
	buf_add_text(&index.why, "status 503");
	buf_add_text(&alert.why, "could not connect");
	top_view_render(&view, "\n", &out);
	assert_str(buf_str(&out),
		   "       STATE     EVENTS/S  IN FLIGHT       LAG  ERRORS  "
		   "BLOCKED\n"
		   "ship   up            1234         12    1.2MiB       0  -\n"
		   "index  blocked          -          0      1234       2  "
		   "since 2026-11-23T09:00:00Z: status 503\n"
		   "alert  away    could not connect\n");
	/* A daemon that began anew has no rate; without an address it is off.
	 */
	ship_before.done = 1e9;
	view.now[TOP_INDEX] = view.now[TOP_ALERT] = NULL;
	view.width = 28;
	view.colour = true;
	buf_clear(&out);
	top_view_render(&view, "|", &out);
	assert_str(buf_str(&out), "\033[1m       STATE     EVENTS/S  I\033[0m|"
				  "ship   up               -   |"
				  "index  off     index.http is|"
				  "alert  off     alert.http is|");
	buf_release(&index.why);
	buf_release(&alert.why);
}

static void numbers_of_any_size_are_shown(void **state)
{
	struct top_sample s = { .answered = true,
				.done = 1.7e308,
				.in_flight = 1.7e308,
				.lag = 1.7e308,
				.errors = 1.7e308,
				.blocked_seconds = 1.7e308 };
	struct top_view view = { .now = { &s, &s, &s },
				 .before = { &s, &s, &s } };
	AUTO(buf_release) struct buf out = { 0 };

	(void)state;
	top_view_render(&view, "\n", &out);
	assert_true(out.n > 0);
}

static void a_listening_address_is_reached_on_this_machine(void **state)
{
	static const char *const table[][2] = {
		{ "127.0.0.1:9602", "http://127.0.0.1:9602/status" },
		{ "0.0.0.0:9602", "http://127.0.0.1:9602/status" },
		{ ":9602", "http://127.0.0.1:9602/status" },
		{ "[::]:9602", "http://[::1]:9602/status" },
		{ "[::1]:9602", "http://[::1]:9602/status" },
		{ "host-7:9602", "http://host-7:9602/status" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		AUTO(buf_release) struct buf out = { 0 };

		top_url(table[i][0], "/status", &out);
		assert_str(buf_str(&out), table[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_are_added_up_by_name),
		cmocka_unit_test(an_answer_becomes_numbers_and_harmless_text),
		cmocka_unit_test(a_table_says_what_flows_and_what_does_not),
		cmocka_unit_test(numbers_of_any_size_are_shown),
		cmocka_unit_test(
			a_listening_address_is_reached_on_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
