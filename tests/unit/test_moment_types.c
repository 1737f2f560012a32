/* test_moment_types.c - change, sequence and new_term, sentence by sentence;
 * what is remembered of terms when nothing is left to be read */
#include "tests/unit/test_support.h"

#include "alert/window/engine.h"
#include "alert/window/memory.h"

#define BASE_MS INT64_C(1764000000000)
#define DAY     86400

struct kept {
	struct str key, value;
};

struct bench {
	struct ruleset *rules;
	struct engine *engine;
	int64_t live_from, offset, next;
	char said[4000];
	struct kept memory[100];
	size_t n_memory;
	struct buf last; /* transition, encoded */
};

static void on_emit(void *arg, const struct transition *t)
{
	struct bench *b = arg;
	size_t n = strlen(b->said);
	int64_t at_ms = t->updated_at_ms != ALERT_TIME_NONE ? t->updated_at_ms
							    : t->at_ms;
	int at = (int)((at_ms - BASE_MS) / 1000);
	const char *value =
		t->value.kind == ALERT_VALUE_TEXT ? t->value.text : "";
	const char *reference =
		t->reference.kind == ALERT_VALUE_TEXT ? t->reference.text : "";

	buf_clear(&b->last);
	transition_encode(t, &b->last);
	if (t->state == ALERT_FIRING)
		snprintf(b->said + n, sizeof(b->said) - n, "%s%s%s%s@%d;",
			 value, reference[0] ? "<" : "", reference,
			 t->updated_at_ms != ALERT_TIME_NONE ? "+" : "", at);
}

static struct str copy(struct str s)
{
	return s.s ? str_slice(str_dup(s), s.n) : STR_NONE;
}

static void kept_release(struct kept *k)
{
	free((void *)(uintptr_t)k->key.s);
	free((void *)(uintptr_t)k->value.s);
}

/* As the topic, compacted. */
static void on_memory(void *arg, struct str key, struct str value)
{
	struct bench *b = arg;
	size_t i = 0;

	while (i < b->n_memory && !str_equal(b->memory[i].key, key))
		i++;
	if (i < b->n_memory)
		kept_release(&b->memory[i]);
	else
		b->n_memory++;
	assert_true(i < 100);
	b->memory[i] = (struct kept){ copy(key), copy(value) };
}

static size_t remembered(const struct bench *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n_memory; i++)
		n += b->memory[i].value.s != NULL;
	return n;
}

static void open_engine(struct bench *b, const char *text)
{
	struct problems problems = { 0 };
	struct error err = { 0 };
	struct engine_options options = {
		.partitions = 1,
		.live_from = b->live_from,
		.lateness_ms = 5000,
		.late_limit_ms = 60000,
		.samples_bytes = 1000,
		.emit = on_emit,
		.memory = on_memory,
		.arg = b,
	};

	options.rules = b->rules = rules_parse(
		"test", text, &(struct rules_options){ 0 }, &problems);
	if (!problems_ok(&problems, &err))
		fail_msg("%s", err.text);
	problems_release(&problems);
	b->engine = engine_open(&options);
}

static void begin(struct bench *b, const char *text)
{
	*b = (struct bench){ 0 };
	open_engine(b, text);
	engine_go_live(b->engine);
}

static void close_bench(struct bench *b)
{
	engine_close(b->engine);
	rules_free(b->rules);
}

static void end(struct bench *b)
{
	close_bench(b);
	buf_release(&b->last);
	for (size_t i = 0; i < b->n_memory; i++)
		kept_release(&b->memory[i]);
}

/* The worker dies and nothing of the matches is left but its own offset: it
 * knows what the memory holds. With the rules of `text`. */
static void die(struct bench *b, const char *text)
{
	struct error err;
	size_t n = b->n_memory;

	close_bench(b);
	b->live_from = b->offset;
	open_engine(b, text);
	for (size_t i = 0; i < n; i++)
		assert_true(engine_recall(b->engine, b->memory[i].key,
					  b->memory[i].value, &err));
	engine_go_live(b->engine);
}

static void said(struct bench *b, const char *wanted)
{
	assert_string_equal(b->said, wanted);
	b->said[0] = '\0';
}

struct match {
	int time;
	const char *group[2];
	const char *field;
	const char *stages; /* "0", "01", ... */
	size_t n;           /* bytes of field; 0: a text */
};

/* One envelope of one match at its time; the clock goes to `clock`. */
static void send(struct bench *b, int clock, const struct match *m)
{
	const struct series *series = b->rules->series[0];
	struct str value[2] = { STR("") };
	struct envelope_entry entry = {
		.series = series->id,
		.offset = b->next,
		.value = value,
		.n_values = rule_group_values(series->rule[0]),
	};
	struct envelope_head head = { .logs_partitions = 1,
				      .first = b->next,
				      .next = b->next + (m != NULL),
				      .time_ms =
					      BASE_MS + INT64_C(1000) * clock,
				      .fresh = true,
				      .announces = true,
				      .series = &series->id,
				      .n_series = 1 };
	struct envelope_writer writer = { 0 };
	struct buf AUTO(buf_release) bytes = { 0 };
	struct envelope envelope;
	struct error err;

	envelope_begin(&writer, b->next);
	if (m) {
		entry.record_ms = head.time_ms;
		entry.time_ns = (BASE_MS + INT64_C(1000) * m->time) * 1000000;
		for (size_t i = 0; i < entry.n_values; i++)
			value[i] = str_of(m->group[i] ? m->group[i] : "");
		if (m->field)
			entry.field = str_slice(m->field,
						m->n ? m->n : strlen(m->field));
		for (const char *s = m->stages; s && *s; s++)
			entry.marks |= UINT64_C(1) << (*s - '0');
		envelope_add(&writer, &entry);
	}
	envelope_write(&writer, &head, &bytes);
	envelope_writer_release(&writer);
	assert_true(envelope_read(&envelope, buf_str(&bytes), &err));
	assert_int_equal(engine_apply(b->engine, b->offset++, &envelope),
			 ENGINE_APPLIED);
	envelope_release(&envelope);
	b->next = head.next;
}

static void clock_to(struct bench *b, int clock)
{
	send(b, clock, NULL);
}

#define HEAD "rules = ( { name = \"R\"; keep_firing_for = \"0s\"; "

/* ---- sequence ---- */

#define TWO                                                                    \
	HEAD "type = \"sequence\"; stages = ( { query = \"Title:A\"; }, { "    \
	     "query = \"Title:B\"; within = \"10s\"; } ); } );"
#define THREE                                                                  \
	HEAD "type = \"sequence\"; stages = ( { query = \"Title:A\"; }, { "    \
	     "query = \"Title:B\"; within = \"10s\"; }, { query = "            \
	     "\"Title:C\"; within = \"20s\"; } ); } );"
#define SILENT                                                                 \
	HEAD "type = \"sequence\"; stages = ( { query = \"Title:A\"; }, { "    \
	     "query = \"Title:B\"; within = \"10s\"; absent = true; } ); } );"

struct play {
	const char *what;
	const char *rule;
	/* time:stages, in the order of arrival */
	const char *events;
	const char *said;
};

static const struct play plays[] = {
	{ "in order", TWO, "100:0 105:1", "@105;" },
	{ "not in order", TWO, "100:1 105:0", "" },
	{ "within is in time", TWO, "100:0 109:1", "@109;" },
	{ "exactly within later is too late", TWO, "100:0 110:1", "" },
	{ "within counts from the stage before", THREE, "100:0 109:1 128:2",
	  "@128;" },
	{ "and not from the first", THREE, "100:0 101:1 121:2", "" },
	{ "an event fills one stage", TWO, "100:01", "" },
	{ "the next stage has precedence over the current one", THREE,
	  "100:0 105:01 106:2", "@106;" },
	{ "a match of the stage filled last replaces it", TWO,
	  "100:0 108:0 117:1", "@117;" },
	{ "of a later stage too", THREE, "100:0 105:1 109:1 128:2", "@128;" },
	{ "but only if itself in time", THREE, "100:0 105:1 110:1 126:2", "" },
	{ "earlier stages are ignored while the run lives", THREE,
	  "100:0 101:1 110:0 111:1 120:2", "@120;" },
	{ "a run whose next stage is late is dead, the event at hand begins "
	  "anew",
	  THREE, "100:0 101:1 121:0 122:1 123:2", "@123;" },
	{ "a late next stage that is no first one begins nothing", TWO,
	  "100:0 110:1 111:1", "" },
	{ "after completing it starts anew", TWO,
	  "100:0 101:1 102:1 103:0 "
	  "104:1",
	  "@101;@104;" },
	{ "one run a group: two beginnings complete once", TWO,
	  "100:0 101:0 102:1 103:1", "@102;" },
	{ "equal times go by offset", TWO, "100:0 100:1", "@100;" },
	{ "and not otherwise", TWO, "100:1 100:0", "" },
	{ "an event that came late counts in its place", TWO, "105:1 100:0",
	  "@105;" },
	{ "what was told is not taken back", TWO, "100:0 105:1 103:1",
	  "@105;" },
	{ "nor told twice", TWO, "100:0 105:1 99:0 101:0", "@105;" },
	{ "silence holds when its time is over", SILENT, "100:0", "@110;" },
	{ "an event in time prevents it", SILENT, "100:0 109:1", "" },
	{ "exactly within later is too late to prevent it", SILENT,
	  "100:0 110:1", "@110;" },
	{ "a first stage that repeats faster never gets there", SILENT,
	  "100:0 109:0 118:0 127:1", "" },
	{ "an event that prevents it begins nothing", SILENT, "100:0 105:01",
	  "" },
	{ "one that comes late prevents it as long as it is not settled",
	  SILENT, "100:0 112:0 109:1", "@122;" },
};

static void play(const struct play *p)
{
	struct bench b;
	const char *at = p->events;
	int latest = 0;

	begin(&b, p->rule);
	clock_to(&b, 0);
	while (*at) {
		struct match m = { 0 };
		char stages[8], *rest;
		size_t n = 0;
		m.time = (int)strtol(at, &rest, 10);
		for (at = rest + 1; *at && *at != ' '; at++)
			stages[n++] = *at;
		stages[n] = '\0';
		at += *at == ' ';
		m.stages = stages;
		latest = m.time > latest ? m.time : latest;
		send(&b, latest, &m);
	}
	clock_to(&b, 1000);
	if (strcmp(b.said, p->said) != 0)
		fail_msg("%s: said \"%s\", wanted \"%s\"", p->what, b.said,
			 p->said);
	end(&b);
}

static void sequences_hold_to_every_sentence(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(plays); i++)
		play(&plays[i]);
}

static void silence_waits_until_it_is_settled(void **state)
{
	struct bench b;
	const struct match first = { 100, .stages = "0" };

	(void)state;
	begin(&b, SILENT);
	send(&b, 100, &first);
	clock_to(&b, 114);
	said(&b, "");
	clock_to(&b, 115);
	said(&b, "@110;");
	end(&b);
}

#define LONG                                                                   \
	HEAD "type = \"sequence\"; stages = ( { query = \"Title:A\"; }, { "    \
	     "query = \"Title:B\"; within = \"10s\"; }, { query = "            \
	     "\"Title:C\"; within = \"1d\"; } ); } );"

static void a_run_outlives_the_events_that_are_no_longer_kept(void **state)
{
	struct bench b;
	struct match match = { .time = 100, .stages = "0" };

	(void)state;
	begin(&b, LONG);
	send(&b, 100, &match);
	match = (struct match){ .time = 101, .stages = "1" };
	send(&b, 101, &match);
	/* Earlier stages, so many that half of them are dropped. */
	for (int i = 0; i < 20000; i++) {
		match = (struct match){ .time = 102 + i, .stages = "0" };
		send(&b, 102 + i, &match);
	}
	/* Right after the last of those that were. */
	match = (struct match){ .time = 10099, .stages = "2" };
	send(&b, 20200, &match);
	said(&b, "@10099;");
	end(&b);
}

/* ---- change ---- */

#define CHANGE                                                                 \
	HEAD "type = \"change\"; field = \"Level\"; timeframe = \"60s\"; } );"

static void change_tells_new_and_old(void **state)
{
	struct bench b;
	static const struct match match[] = {
		{ 100, .field = "x" },
		{ 101, .field = "x" },
		{ 102, .field = "y" },
		/* Exactly timeframe later the value before does not count. */
		{ 162, .field = "z" },
		{ 221, .field = "x" },
	};

	(void)state;
	begin(&b, CHANGE);
	for (size_t i = 0; i < ARRAY_LENGTH(match); i++)
		send(&b, match[i].time, &match[i]);
	clock_to(&b, 1000);
	said(&b, "y<x@102;x<z@221;");
	end(&b);
}

static void a_late_value_is_a_change_in_its_own_place(void **state)
{
	struct bench b;
	static const struct match match[] = {
		{ 100, .field = "x" },
		{ 110, .field = "x" },
		{ 105, .field = "y" },
		{ 107, .field = "y" },
	};

	(void)state;
	begin(&b, CHANGE);
	for (size_t i = 0; i < ARRAY_LENGTH(match); i++)
		send(&b, match[i].time > 110 ? match[i].time : 110, &match[i]);
	clock_to(&b, 1000);
	said(&b, "y<x@105;x<y@110;");
	end(&b);
}

/* ---- new_term ---- */

#define TERM(more)                                                             \
	HEAD "type = \"new_term\"; field = \"Title\"; window = \"30d\"; " more \
	     "} );"
#define BY_SERVICE "group_by = \"ServiceKey\"; "

static void see(struct bench *b, int time, const char *service,
		const char *term)
{
	const struct match m = { .time = time, .group = { service, term } };

	send(b, time, &m);
}

static void a_combination_learns_from_its_first_event_on(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, TERM(BY_SERVICE "learn = \"1h\";"));
	clock_to(&b, 0);
	see(&b, 10000, "A", "x");
	see(&b, 10000 + 3599, "A", "y");
	said(&b, "");
	see(&b, 10000 + 3600, "A", "z");
	said(&b, "z@13600;");
	/* Another one begins by itself; what is known is no news. */
	see(&b, 13700, "B", "z");
	see(&b, 13701, "A", "y");
	said(&b, "");
	end(&b);
}

static void without_group_by_it_learns_since_it_is_watched(void **state)
{
	struct bench b;
	const struct match early = { .time = 3599, .group = { "x" } };
	const struct match late = { .time = 3600, .group = { "y" } };

	(void)state;
	begin(&b, TERM("learn = \"1h\";"));
	clock_to(&b, 0);
	send(&b, 3599, &early);
	said(&b, "");
	send(&b, 3600, &late);
	said(&b, "y@3600;");
	end(&b);
}

static void a_term_is_news_again_after_the_window(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, TERM(BY_SERVICE "learn = \"0s\";"));
	see(&b, 100, "A", "x");
	said(&b, "x@100;");
	see(&b, 100 + 30 * DAY - 1, "A", "x");
	said(&b, "");
	see(&b, 100 + 60 * DAY - 1, "A", "x");
	said(&b, "x@5184099;");
	end(&b);
}

static void terms_outlive_a_death_by_the_memory_alone(void **state)
{
	const char *rule = TERM(BY_SERVICE "learn = \"1h\";");
	struct bench b;

	(void)state;
	begin(&b, rule);
	see(&b, 100, "A", "x");
	die(&b, rule);
	/* Neither is x news nor does it learn once more. */
	see(&b, 5 * DAY, "A", "x");
	said(&b, "");
	see(&b, 5 * DAY, "A", "y");
	said(&b, "y@432000;");
	die(&b, rule);
	see(&b, 6 * DAY, "A", "y");
	said(&b, "");
	end(&b);
}

static void an_ungrouped_rule_remembers_since_when_it_learns(void **state)
{
	const char *rule = TERM("learn = \"1h\";");
	const struct match first = { .time = 20 * DAY, .group = { "x" } };
	struct bench b;

	(void)state;
	begin(&b, rule);
	clock_to(&b, 0);
	die(&b, rule);
	send(&b, 20 * DAY, &first);
	said(&b, "x@1728000;");
	end(&b);
}

static void
a_sighting_is_written_anew_every_twentieth_of_the_window(void **state)
{
	const char *rule = TERM(BY_SERVICE "learn = \"0s\";");
	const int refresh = 30 * DAY / 20;
	struct bench b;
	struct memory memory;
	struct error err;

	(void)state;
	begin(&b, rule);
	see(&b, 100, "A", "x");
	see(&b, 100 + refresh - 1, "A", "x");
	assert_int_equal(b.n_memory, 1);
	assert_true(memory_read(b.memory[0].value, &memory, &err));
	assert_int_equal(memory.last, (BASE_MS + 100000) * 1000000);
	see(&b, 100 + refresh, "A", "x");
	assert_true(memory_read(b.memory[0].value, &memory, &err));
	assert_int_equal(memory.last,
			 (BASE_MS + INT64_C(1000) * (100 + refresh)) * 1000000);
	assert_int_equal(memory.first, (BASE_MS + 100000) * 1000000);
	end(&b);
}

static void a_forgotten_term_is_forgotten_by_the_memory(void **state)
{
	const char *rule = TERM(BY_SERVICE "learn = \"0s\";");
	struct bench b;

	(void)state;
	begin(&b, rule);
	see(&b, 100, "A", "x");
	see(&b, 200, "A", "y");
	assert_int_equal(remembered(&b), 2);
	clock_to(&b, 100 + 30 * DAY + 60);
	assert_int_equal(remembered(&b), 1);
	/* What was over while nobody worked, too. */
	die(&b, rule);
	clock_to(&b, 100 + 31 * DAY);
	assert_int_equal(remembered(&b), 0);
	end(&b);
}

static void an_edit_of_the_field_begins_anew(void **state)
{
	struct bench b;

	(void)state;
	begin(&b, TERM(BY_SERVICE "learn = \"0s\";"));
	see(&b, 100, "A", "x");
	said(&b, "x@100;");
	die(&b, HEAD "type = \"new_term\"; field = \"ComponentKey\"; "
		     "window = \"30d\"; learn = \"0s\"; " BY_SERVICE "} );");
	see(&b, 2 * DAY, "A", "x");
	said(&b, "x@172800;");
	/* Another worker may still have the old rule. */
	assert_int_equal(remembered(&b), 2);
	end(&b);
}

static void a_text_with_nul_stays_whole(void **state)
{
	const struct match before = { 100, .field = "a\0b", .n = 3 };
	const struct match after = { 101, .field = "a\0c", .n = 3 };
	struct bench b;

	(void)state;
	begin(&b, HEAD "annotations = { s = \"<{{reference}}{{value}}>\"; }; "
		       "type = \"change\"; field = \"Title\"; } );");
	send(&b, 100, &before);
	send(&b, 101, &after);
	assert_non_null(strstr(buf_text(&b.last),
			       ":\"a\\u0000c\",\"reference\":\"a\\u0000b\""));
	assert_non_null(strstr(buf_text(&b.last), "<a\\u0000ba\\u0000c>"));
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sequences_hold_to_every_sentence),
		cmocka_unit_test(silence_waits_until_it_is_settled),
		cmocka_unit_test(
			a_run_outlives_the_events_that_are_no_longer_kept),
		cmocka_unit_test(change_tells_new_and_old),
		cmocka_unit_test(a_late_value_is_a_change_in_its_own_place),
		cmocka_unit_test(a_combination_learns_from_its_first_event_on),
		cmocka_unit_test(
			without_group_by_it_learns_since_it_is_watched),
		cmocka_unit_test(a_term_is_news_again_after_the_window),
		cmocka_unit_test(terms_outlive_a_death_by_the_memory_alone),
		cmocka_unit_test(
			an_ungrouped_rule_remembers_since_when_it_learns),
		cmocka_unit_test(
			a_sighting_is_written_anew_every_twentieth_of_the_window),
		cmocka_unit_test(a_forgotten_term_is_forgotten_by_the_memory),
		cmocka_unit_test(an_edit_of_the_field_begins_anew),
		cmocka_unit_test(a_text_with_nul_stays_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
