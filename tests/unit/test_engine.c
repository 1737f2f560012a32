/* test_engine.c - the engine where a random stream does not lead it: late and
 * lost and repeated envelopes, backlogs, rules that change, too many groups */
#include "tests/unit/test_support.h"

#include "alert/window/engine.h"

#define BASE_MS INT64_C(1764000000000)

/* ---- a bench: rules, an engine, and what it said as short texts ---- */

struct bench {
	struct ruleset *rules;
	struct engine *engine;
	int64_t live_from;
	int64_t offset;  /* of the next envelope */
	int64_t next[4]; /* by logs partition */
	int partitions;
	char said[4000]; /* "firing A 3 s=12; resolved A ..." */
	struct transition last;
};

static void on_emit(void *arg, const struct transition *t)
{
	struct bench *b = arg;
	size_t n = strlen(b->said);
	const char *group = t->group.n ? t->group.item[0].value : "-";

	snprintf(b->said + n, sizeof(b->said) - n, "%s%s%s %s %d#%d;",
		 n ? " " : "", alert_state_name(t->state),
		 t->updated_at_ms != ALERT_TIME_NONE ? "+" : "", group,
		 (int)((t->updated_at_ms != ALERT_TIME_NONE ? t->updated_at_ms
							    : t->at_ms) -
		       BASE_MS) /
			 1000,
		 (int)t->episode);
	transition_release(&b->last);
	transition_copy(t, &b->last);
}

static struct ruleset *parse(const char *text)
{
	struct problems problems = { 0 };
	struct error err = { 0 };
	struct ruleset *rules = rules_parse(
		"test", text, &(struct rules_options){ 0 }, &problems);

	if (!problems_ok(&problems, &err))
		fail_msg("%s", err.text);
	problems_release(&problems);
	return rules;
}

static void open_engine(struct bench *b, const char *text)
{
	const struct engine_options options = {
		.rules = b->rules = parse(text),
		.partitions = 1,
		.live_from = b->live_from,
		.lateness_ms = 5000,
		.late_limit_ms = 60000,
		.samples_bytes = 1000,
		.dashboard_url = "http://d/{{query}}/{{from}}/{{to}}",
		.emit = on_emit,
		.arg = b,
	};

	b->engine = engine_open(&options);
}

static void begin(struct bench *b, int partitions, const char *text)
{
	*b = (struct bench){ .partitions = partitions };
	open_engine(b, text);
	engine_go_live(b->engine);
}

static void end(struct bench *b)
{
	engine_close(b->engine);
	rules_free(b->rules);
	transition_release(&b->last);
}

static void said(struct bench *b, const char *wanted)
{
	assert_string_equal(b->said, wanted);
	b->said[0] = '\0';
}

struct match {
	const char *group;
	int time, record; /* seconds */
};

/* One envelope; `skip` offsets are left out before it, as if lost. */
static enum engine_verdict send(struct bench *b, int partition, int time,
				const struct match match[], size_t n,
				int64_t first)
{
	const struct series *series = b->rules->series[0];
	struct envelope_writer writer = { 0 };
	struct envelope envelope;
	struct buf AUTO(buf_release) bytes = { 0 };
	struct envelope_head head = {
		.logs_partition = partition,
		.logs_partitions = b->partitions,
		.first = first,
		.next = first + (int64_t)n,
		.time_ms = BASE_MS + 1000 * time,
		.announces = true,
		.series = &series->id,
		.n_series = 1,
	};
	enum engine_verdict verdict;
	struct error err;

	envelope_begin(&writer, first);
	for (size_t i = 0; i < n; i++) {
		struct str value = str_of(match[i].group);
		struct envelope_entry entry = {
			.series = series->id,
			.offset = first + (int64_t)i,
			.record_ms = BASE_MS + 1000 * match[i].record,
			.time_ns = (BASE_MS + 1000 * match[i].time) * 1000000,
			.value = &value,
			.n_values = series->group_by->n,
			.sample = STR("{}"),
			.top = series->n_top > 0 ? STR("\001x") : STR_NONE,
		};
		envelope_add(&writer, &entry);
	}
	envelope_write(&writer, &head, &bytes);
	envelope_writer_release(&writer);
	assert_true(envelope_read(&envelope, buf_str(&bytes), &err));
	verdict = engine_apply(b->engine, b->offset++, &envelope);
	envelope_release(&envelope);
	if (verdict == ENGINE_APPLIED)
		b->next[partition] = head.next;
	return verdict;
}

static void matches(struct bench *b, int partition, int time,
		    const struct match match[], size_t n)
{
	assert_int_equal(send(b, partition, time, match, n, b->next[partition]),
			 ENGINE_APPLIED);
}

/* n events of a group at `time`, then the partition is read up to it. */
static void burst(struct bench *b, int partition, const char *group, int n,
		  int time)
{
	struct match match[100];

	for (int i = 0; i < n; i++)
		match[i] = (struct match){ group, time, time };
	matches(b, partition, time, match, (size_t)n);
}

static void clock_to(struct bench *b, int partition, int time)
{
	matches(b, partition, time, NULL, 0);
}

#define FREQUENCY                                                              \
	"rules = ( { name = \"R\"; type = \"frequency\"; group_by = "          \
	"\"ServiceKey\"; num_events = 3; timeframe = \"10s\"; } );"
#define SPIKE                                                                  \
	"rules = ( { name = \"R\"; type = \"spike\"; group_by = "              \
	"\"ServiceKey\"; timeframe = \"10s\"; spike_height = 3; "              \
	"threshold_cur = 6; threshold_ref = 1; } );"
#define ANY                                                                    \
	"rules = ( { name = \"R\"; type = \"any\"; group_by = "                \
	"\"ServiceKey\"; keep_firing_for = \"30s\"; realert = \"10s\"; } );"

/* ---- tests ---- */

static void a_late_event_counts_in_its_own_place(void **state)
{
	struct bench b;
	const struct match late[] = { { "A", 98, 150 } };

	(void)state;
	begin(&b, 1, FREQUENCY);
	burst(&b, 0, "A", 1, 100);
	burst(&b, 0, "A", 1, 105);
	clock_to(&b, 0, 150);
	said(&b, "");
	matches(&b, 0, 150, late, 1);
	/* Three in (95, 105]: it held at 105 and until 108. */
	said(&b, "firing A 105#1; resolved A 108#1;");
	end(&b);
}

static void what_comes_after_the_late_limit_is_counted_as_late(void **state)
{
	struct bench b;
	const struct match late[] = { { "A", 100, 200 } };

	(void)state;
	begin(&b, 1, FREQUENCY);
	burst(&b, 0, "A", 2, 100);
	clock_to(&b, 0, 200);
	matches(&b, 0, 200, late, 1);
	said(&b, "");
	assert_int_equal(engine_counts(b.engine).late, 1);
	end(&b);
}

static void a_momentary_match_counts_however_late(void **state)
{
	struct bench b;
	const struct match late[] = { { "A", 100, 5000 } };

	(void)state;
	begin(&b, 1, ANY);
	clock_to(&b, 0, 5000);
	matches(&b, 0, 5000, late, 1);
	said(&b, "firing A 100#1; resolved A 130#1;");
	end(&b);
}

static void
a_match_long_before_the_one_that_fires_is_told_after_it(void **state)
{
	struct bench b;
	const struct match now[] = { { "A", 5000, 5000 } };
	const struct match late[] = { { "A", 100, 5001 }, { "A", 4970, 5001 } };

	(void)state;
	begin(&b, 1, ANY);
	matches(&b, 0, 5000, now, 1);
	said(&b, "firing A 5000#1;");
	matches(&b, 0, 5001, late, 2);
	said(&b, "");
	clock_to(&b, 0, 5035);
	said(&b, "resolved A 5030#1; firing A 100#2; resolved A 130#2;");
	assert_int_equal(b.last.count, 1);
	end(&b);
}

static void further_matches_are_announced_with_their_count(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 1, ANY);
	burst(&b, 0, "A", 2, 100);
	burst(&b, 0, "A", 1, 105);
	said(&b, "firing A 100#1;");
	burst(&b, 0, "A", 1, 110);
	said(&b, "firing+ A 110#1;");
	assert_int_equal(b.last.count, 4);
	burst(&b, 0, "A", 1, 112);
	/* At exactly the last match and keep_firing_for it goes on. */
	burst(&b, 0, "A", 1, 142);
	said(&b, "firing+ A 142#1;");
	clock_to(&b, 0, 176);
	said(&b, "");
	clock_to(&b, 0, 177);
	said(&b, "resolved A 172#1;");
	assert_int_equal(b.last.count, 6);
	end(&b);
}

static void a_match_after_the_end_waits_for_the_resolve(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 1, ANY);
	burst(&b, 0, "A", 1, 100);
	burst(&b, 0, "A", 1, 131);
	said(&b, "firing A 100#1;");
	clock_to(&b, 0, 135);
	said(&b, "resolved A 130#1; firing A 131#2;");
	end(&b);
}

static void the_commonest_values_of_the_window_go_along(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 1,
	      "rules = ( { name = \"R\"; type = \"frequency\"; num_events = 3; "
	      "timeframe = \"10s\"; group_by = \"ServiceKey\"; top = "
	      "\"Title\"; } );");
	clock_to(&b, 0, 0);
	burst(&b, 0, "A", 1, 20);
	burst(&b, 0, "A", 3, 40);
	assert_int_equal(b.last.top.n, 1);
	assert_string_equal(b.last.top.item[0].name, "Title");
	assert_string_equal(b.last.top.item[0].value,
			    "[{\"value\":\"x\",\"count\":3}]");
	end(&b);
}

static void a_transition_links_to_its_events(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 1, FREQUENCY);
	clock_to(&b, 0, 0);
	burst(&b, 0, "A", 3, 40);
	/* From a window before it fired to a minute after. */
	assert_string_equal(b.last.link,
			    "http://d/%28%2A%29%20AND%20ServiceKey%3A%22A%22/"
			    "2025-11-24T16%3A00%3A30.000Z/"
			    "2025-11-24T16%3A01%3A40.000Z");
	end(&b);
}

static void an_envelope_that_comes_twice_counts_once(void **state)
{
	struct bench b;
	const struct match two[] = { { "A", 100, 100 }, { "A", 100, 100 } };

	(void)state;
	begin(&b, 1, FREQUENCY);
	matches(&b, 0, 100, two, 2);
	assert_int_equal(send(&b, 0, 101, two, 2, 0), ENGINE_APPLIED);
	assert_int_equal(send(&b, 0, 100, two, 1, 0), ENGINE_REPEATED);
	said(&b, "");
	/* An old owner cut elsewhere: only what is new counts. */
	assert_int_equal(send(&b, 0, 102, two, 2, 1), ENGINE_APPLIED);
	said(&b, "firing A 100#1;");
	end(&b);
}

static void after_a_lost_envelope_nothing_is_applied(void **state)
{
	struct bench b;
	const struct match three[] = { { "A", 100, 100 },
				       { "A", 100, 100 },
				       { "A", 100, 100 } };

	(void)state;
	begin(&b, 1, FREQUENCY);
	clock_to(&b, 0, 90);
	assert_int_equal(send(&b, 0, 100, three, 3, 5), ENGINE_GAP);
	said(&b, "");
	assert_int_equal(engine_clock_ms(b.engine), BASE_MS + 90000);
	matches(&b, 0, 100, three, 3);
	said(&b, "firing A 100#1;");
	end(&b);
}

static void the_clock_is_that_of_the_slowest_partition(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 3, FREQUENCY);
	burst(&b, 0, "A", 3, 100);
	/* Presence does not wait for the clock, the resolve does. */
	said(&b, "firing A 100#1;");
	clock_to(&b, 0, 1000);
	clock_to(&b, 1, 1000);
	assert_int_equal(engine_clock_ms(b.engine), ALERT_TIME_NONE);
	clock_to(&b, 2, 114);
	said(&b, "");
	clock_to(&b, 2, 115);
	said(&b, "resolved A 110#1;");
	end(&b);
}

static void a_backlog_drained_unevenly_is_no_spike(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 2, SPIKE);
	clock_to(&b, 0, 0);
	clock_to(&b, 1, 0);
	/* An hour of four a second in each partition: 0 is read first. */
	for (int t = 1; t <= 100; t++)
		burst(&b, 0, "A", 4, t);
	for (int t = 1; t <= 100; t++)
		burst(&b, 1, "A", 4, t);
	said(&b, "");
	/* A true one. */
	for (int t = 101; t <= 102; t++) {
		burst(&b, 0, "A", 90, t);
		burst(&b, 1, "A", 90, t);
	}
	said(&b, "firing A 101#1;");
	end(&b);
}

static void nothing_is_a_spike_before_two_windows_were_watched(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 1,
	      "rules = ( { name = \"R\"; type = \"spike\"; group_by = "
	      "\"ServiceKey\"; timeframe = \"10s\"; spike_height = 3; "
	      "threshold_cur = 6; threshold_ref = 0; } );");
	clock_to(&b, 0, 100);
	burst(&b, 0, "A", 50, 105);
	said(&b, "");
	clock_to(&b, 0, 120);
	said(&b, "");
	burst(&b, 0, "B", 50, 121);
	said(&b, "firing B 121#1;");
	end(&b);
}

static void spike_edges(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 1, SPIKE);
	clock_to(&b, 0, 0);
	/* 0 against 0 is none, and what follows is not asleep. */
	clock_to(&b, 0, 50);
	burst(&b, 0, "A", 2, 52);
	burst(&b, 0, "A", 5, 62);
	said(&b, "");
	burst(&b, 0, "A", 1, 62);
	said(&b, "firing A 62#1;");
	assert_int_equal(b.last.value.number, 6);
	assert_int_equal(b.last.reference.number, 2);
	clock_to(&b, 0, 77);
	said(&b, "resolved A 72#1;");
	end(&b);
}

static void a_group_is_dropped_a_day_after_its_last_event(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 1, FREQUENCY);
	burst(&b, 0, "A", 3, 100);
	clock_to(&b, 0, 200);
	assert_int_equal(engine_counts(b.engine).groups, 1);
	clock_to(&b, 0, 100 + 86399);
	assert_int_equal(engine_counts(b.engine).groups, 1);
	clock_to(&b, 0, 100 + 86400);
	assert_int_equal(engine_counts(b.engine).groups, 0);
	b.said[0] = '\0';
	/* Its alert goes on with its number. */
	burst(&b, 0, "A", 3, 90000);
	said(&b, "firing A 90000#2;");
	end(&b);
}

static void more_groups_than_max_groups_drop_the_oldest_idle(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, 1,
	      "rules = ( { name = \"R\"; type = \"frequency\"; group_by "
	      "= \"ServiceKey\"; num_events = 3; timeframe = \"10s\"; "
	      "max_groups = 2; } );");
	burst(&b, 0, "A", 3, 100);
	burst(&b, 0, "B", 2, 100);
	burst(&b, 0, "C", 2, 100);
	said(&b, "firing A 100#1;");
	assert_int_equal(engine_counts(b.engine).groups, 2);
	assert_int_equal(engine_counts(b.engine).dropped, 1);
	/* B was forgotten, C not. */
	burst(&b, 0, "C", 1, 100);
	said(&b, "firing C 100#1;");
	/* Both fire: there is no room for a third. */
	burst(&b, 0, "B", 3, 100);
	said(&b, "");
	end(&b);
}

static void who_is_dropped_is_judged_first(void **state)
{
	struct bench b;
	const struct match many[] = { { "A", 100, 100 },
				      { "A", 100, 100 },
				      { "A", 100, 100 },
				      { "B", 100, 100 },
				      { "C", 100, 100 } };

	(void)state;
	begin(&b, 1,
	      "rules = ( { name = \"R\"; type = \"frequency\"; group_by "
	      "= \"ServiceKey\"; num_events = 3; timeframe = \"10s\"; "
	      "max_groups = 1; } );");
	matches(&b, 0, 100, many, 5);
	said(&b, "firing A 100#1;");
	end(&b);
}

static struct transition stored_firing(struct bench *b)
{
	struct transition t = { 0 };

	begin(b, 1, FREQUENCY);
	burst(b, 0, "A", 3, 100);
	transition_copy(&b->last, &t);
	end(b);
	return t;
}

static void an_alert_whose_rule_is_gone_resolves(void **state)
{
	struct bench b;
	struct transition t = stored_firing(&b);

	(void)state;
	b = (struct bench){ .partitions = 1, .live_from = 1, .offset = 1 };
	open_engine(&b, ANY "");
	rules_free(b.rules);
	engine_close(b.engine);
	b.rules = NULL;
	open_engine(&b, "rules = ( { name = \"Other\"; type = \"any\"; } );");
	engine_remember(b.engine, &t);
	engine_go_live(b.engine);
	clock_to(&b, 0, 300);
	said(&b, "resolved A 300#1;");
	assert_string_equal(b.last.reason, "rule changed");
	assert_string_equal(b.last.id, t.id);
	assert_true(cause_follows(b.last.cause, t.cause));
	clock_to(&b, 0, 301);
	said(&b, "");
	transition_release(&t);
	end(&b);
}

static void a_firing_alert_outlives_its_worker(void **state)
{
	struct bench b;
	struct transition t = stored_firing(&b);

	(void)state;
	/* Nothing of its events is left to read. */
	b = (struct bench){ .partitions = 1, .live_from = 1, .offset = 1 };
	open_engine(&b, FREQUENCY);
	engine_remember(b.engine, &t);
	engine_go_live(b.engine);
	said(&b, "");
	clock_to(&b, 0, 300);
	assert_string_equal(b.last.id, t.id);
	said(&b, "resolved A 100#1;");
	burst(&b, 0, "A", 3, 400);
	said(&b, "firing A 400#2;");
	transition_release(&t);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_late_event_counts_in_its_own_place),
		cmocka_unit_test(
			what_comes_after_the_late_limit_is_counted_as_late),
		cmocka_unit_test(a_momentary_match_counts_however_late),
		cmocka_unit_test(
			a_match_long_before_the_one_that_fires_is_told_after_it),
		cmocka_unit_test(
			further_matches_are_announced_with_their_count),
		cmocka_unit_test(a_match_after_the_end_waits_for_the_resolve),
		cmocka_unit_test(the_commonest_values_of_the_window_go_along),
		cmocka_unit_test(a_transition_links_to_its_events),
		cmocka_unit_test(an_envelope_that_comes_twice_counts_once),
		cmocka_unit_test(after_a_lost_envelope_nothing_is_applied),
		cmocka_unit_test(the_clock_is_that_of_the_slowest_partition),
		cmocka_unit_test(a_backlog_drained_unevenly_is_no_spike),
		cmocka_unit_test(
			nothing_is_a_spike_before_two_windows_were_watched),
		cmocka_unit_test(spike_edges),
		cmocka_unit_test(a_group_is_dropped_a_day_after_its_last_event),
		cmocka_unit_test(
			more_groups_than_max_groups_drop_the_oldest_idle),
		cmocka_unit_test(who_is_dropped_is_judged_first),
		cmocka_unit_test(an_alert_whose_rule_is_gone_resolves),
		cmocka_unit_test(a_firing_alert_outlives_its_worker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
