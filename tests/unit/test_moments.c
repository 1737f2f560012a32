/* test_moments.c - change, sequence and new_term against a plain recount, on
 * random streams
 *
 * Events of three groups lie in a few partitions of logs and are delivered in
 * random pieces. The engine must say what the oracle says, envelope by
 * envelope; and say it again, and nothing else, after a death at any moment,
 * with nothing but what a worker reads back and what the memory holds. */
#include "tests/unit/test_support.h"

#include <inttypes.h>

#include "alert/window/engine.h"
#include "tests/unit/moment_oracle.h"
#include "tests/unit/moment_world.h"

enum { TOLD_MAX = 4000, WORLDS = 1000 };
#define BASE_MS INT64_C(1764000000000)

/* ---- envelopes ---- */

/* The values of a group: of new_term, service and term. */
static size_t values_of(const struct world *w, int group, struct str value[2])
{
	static const char *const service[] = { "A", "B", "C" };
	static const char *const term[] = { "x", "y", "z" };

	if (w->rule.type != MOMENT_NEW_TERM) {
		value[0] = str_of(service[group]);
		return 1;
	}
	if (!w->rule.grouped) {
		value[0] = str_of(term[group % 3]);
		return 1;
	}
	value[0] = str_of(service[group / 3]);
	value[1] = str_of(term[group % 3]);
	return 2;
}

static void add_entry(const struct world *w, const struct record *r,
		      struct envelope_writer *writer)
{
	struct str value[2];
	struct envelope_entry entry = {
		.series = w->rules->series[0]->id,
		.offset = r->event.offset,
		.record_ms = BASE_MS + 1000 * r->record,
		.time_ns = (BASE_MS + 1000 * r->event.time) * 1000000,
		.value = value,
		.n_values = values_of(w, r->group, value),
	};

	if (w->rule.type == MOMENT_CHANGE)
		entry.field = str_slice(&r->event.value, 1);
	if (w->rule.type == MOMENT_SEQUENCE)
		entry.marks = r->event.marks;
	envelope_add(writer, &entry);
}

static void apply(struct engine *e, const struct world *w, int i)
{
	const struct step *s = &w->step[i];
	struct envelope_writer writer = { 0 };
	struct envelope_head head = {
		.logs_partition = s->partition,
		.logs_partitions = w->partitions,
		.first = s->first,
		.next = s->next,
		.time_ms = BASE_MS + 1000 * s->time,
		.announces = s->announces,
		.series = &w->rules->series[0]->id,
		.n_series = 1,
	};
	struct buf AUTO(buf_release) bytes = { 0 };
	struct envelope envelope;
	struct error err;

	envelope_begin(&writer, s->first);
	for (int k = s->first; k < s->next; k++)
		add_entry(w, &w->record[s->partition][k], &writer);
	envelope_write(&writer, &head, &bytes);
	envelope_writer_release(&writer);
	assert_true(envelope_read(&envelope, buf_str(&bytes), &err));
	assert_int_not_equal(engine_apply(e, i, &envelope), ENGINE_GAP);
	envelope_release(&envelope);
}

/* ---- what the engine says ---- */

struct memory_record {
	int offset; /* of the envelope being applied */
	struct str key, value;
};

struct told {
	struct transition item[TOLD_MAX];
	size_t n;
	struct memory_record memory[TOLD_MAX];
	size_t n_memory;
	int offset;
};

static void on_emit(void *arg, const struct transition *t)
{
	struct told *told = arg;
	struct buf AUTO(buf_release) json = { 0 };
	struct error err;

	assert_true(told->n < TOLD_MAX);
	/* By way of the wire. */
	transition_encode(t, &json);
	assert_true(
		transition_decode(buf_str(&json), &told->item[told->n], &err));
	told->n++;
}

static struct str copy(struct str s)
{
	return s.s ? str_slice(str_dup(s), s.n) : STR_NONE;
}

static void on_memory(void *arg, struct str key, struct str value)
{
	struct told *told = arg;

	assert_true(told->n_memory < TOLD_MAX);
	told->memory[told->n_memory++] =
		(struct memory_record){ told->offset, copy(key), copy(value) };
}

static void told_release(struct told *told)
{
	for (size_t i = 0; i < told->n; i++)
		transition_release(&told->item[i]);
	for (size_t i = 0; i < told->n_memory; i++) {
		free((void *)(uintptr_t)told->memory[i].key.s);
		free((void *)(uintptr_t)told->memory[i].value.s);
	}
	told->n = told->n_memory = 0;
}

static struct engine *open_engine(const struct world *w, struct told *told,
				  int64_t live_from)
{
	const struct engine_options options = {
		.rules = w->rules,
		.partition = 0,
		.partitions = 1,
		.live_from = live_from,
		.lateness_ms = 1000 * w->lateness,
		.late_limit_ms = w->late_limit_ms,
		.samples_bytes = 100000,
		.emit = on_emit,
		.memory = on_memory,
		.arg = told,
	};

	return engine_open(&options);
}

static void run_all(const struct world *w, struct told *told)
{
	struct engine *e = open_engine(w, told, 0);

	engine_go_live(e);
	for (int i = 0; i < w->n_steps; i++) {
		told->offset = i;
		apply(e, w, i);
	}
	engine_close(e);
}

/* ---- against the oracle ---- */

static struct moment_oracle oracle[GROUPS];

/* Without group_by the groups of one term are one. */
static int oracle_of(const struct world *w, int group)
{
	return w->rule.type == MOMENT_NEW_TERM && !w->rule.grouped ? group % 3
								   : group;
}

/* The first event of each combination that came. */
static int first_seen[GROUPS / 3];

/* Since when the combination of a group learns. */
static int learning_since(const struct world *w, int group, int watched)
{
	return w->rule.grouped ? first_seen[group / 3] : watched;
}

static void judge_oracles(const struct world *w, int step, int clock,
			  int watched)
{
	for (int g = 0; g < w->groups; g++)
		moment_oracle_judge(&oracle[g], step, clock, w->lateness,
				    w->rule.type == MOMENT_NEW_TERM
					    ? learning_since(w, g, watched)
					    : 0,
				    "xyz"[g % 3]);
}

static void run_oracle(const struct world *w)
{
	int time[PARTITIONS_MAX], clock = MOMENT_UNKNOWN;

	for (int p = 0; p < PARTITIONS_MAX; p++)
		time[p] = MOMENT_UNKNOWN;
	for (int g = 0; g < GROUPS; g++)
		moment_oracle_init(&oracle[g], &w->rule);
	first_seen[0] = first_seen[1] = MOMENT_UNKNOWN;
	for (int i = 0; i < w->n_steps; i++) {
		const struct step *s = &w->step[i];
		int least = INT32_MAX;
		for (int k = s->first; k < s->next; k++) {
			const struct record *r = &w->record[s->partition][k];
			moment_oracle_event(&oracle[oracle_of(w, r->group)],
					    &r->event);
			if (first_seen[r->group / 3] == MOMENT_UNKNOWN)
				first_seen[r->group / 3] = r->event.time;
		}
		time[s->partition] = s->time;
		for (int p = 0; p < w->partitions; p++)
			least = time[p] < least ? time[p] : least;
		if (least > clock)
			clock = least;
		/* The rule was watched from the first envelope on. */
		judge_oracles(w, i, clock, w->step[0].time);
	}
}

static int unit_of(int64_t ms)
{
	assert_int_equal((ms - BASE_MS) % 1000, 0);
	return (int)((ms - BASE_MS) / 1000);
}

static char letter_of(const struct alert_value *value)
{
	return value->kind == ALERT_VALUE_TEXT ? value->text[0] : '-';
}

static struct moment_change change_of(const struct transition *t)
{
	bool update = t->updated_at_ms != ALERT_TIME_NONE;

	return (struct moment_change){
		.state = update ? 'u' : "pfr"[t->state],
		.at = unit_of(update ? t->updated_at_ms : t->at_ms),
		.starts = unit_of(t->starts_at_ms),
		.episode = (int)t->episode,
		.count = (int)t->count,
		.value = letter_of(&t->value),
		.reference = letter_of(&t->reference),
		.step = (int)t->cause.offset,
	};
}

static bool same_change(const struct moment_change *a,
			const struct moment_change *b)
{
	return a->state == b->state && a->at == b->at &&
	       a->starts == b->starts && a->episode == b->episode &&
	       a->count == b->count && a->value == b->value &&
	       a->reference == b->reference && a->step == b->step;
}

static bool is_of(const struct world *w, const struct transition *t, int group)
{
	struct str value[2];
	size_t n = values_of(w, group, value);

	for (size_t i = 0; i < n; i++)
		if (!str_is(value[i], t->group.item[i].value))
			return false;
	return true;
}

static void compare_group(const struct world *w, uint64_t number,
			  const struct told *told, int group)
{
	const struct moment_oracle *o = &oracle[group];
	int at = 0;

	for (size_t i = 0; i <= told->n; i++) {
		struct moment_change got = { .state = '.' };
		struct moment_change wanted = { .state = '.' };
		if (i < told->n && !is_of(w, &told->item[i], group))
			continue;
		if (i < told->n)
			got = change_of(&told->item[i]);
		if (at < o->n_changes)
			wanted = o->change[at++];
		if (same_change(&got, &wanted))
			continue;
		fail_msg("world %" PRIu64 " group %d change %d: got %c at %d "
			 "starts %d episode %d count %d %c/%c step %d, wanted "
			 "%c at %d starts %d episode %d count %d %c/%c step "
			 "%d; lateness %d, %s",
			 number, group, at, got.state, got.at, got.starts,
			 got.episode, got.count, got.value, got.reference,
			 got.step, wanted.state, wanted.at, wanted.starts,
			 wanted.episode, wanted.count, wanted.value,
			 wanted.reference, wanted.step, w->lateness, w->text);
	}
}

static struct told first_life, second_life;

static size_t check_worlds(enum moment_type type, bool absent, uint64_t from)
{
	static struct world w;
	size_t changes = 0;

	for (uint64_t i = from; i < from + WORLDS; i++) {
		draw_world(&w, i, type, absent,
			   i % 3 ? SOME_LATE : SOME_VERY_LATE);
		run_all(&w, &first_life);
		run_oracle(&w);
		for (int g = 0; g < (w.rule.grouped ? w.groups : 3); g++)
			compare_group(&w, i, &first_life, g);
		changes += first_life.n;
		told_release(&first_life);
		rules_free(w.rules);
	}
	return changes;
}

static void change_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(MOMENT_CHANGE, false, 1) > 10 * WORLDS);
}

static void a_sequence_of_events_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(MOMENT_SEQUENCE, false, 10000) > 5 * WORLDS);
}

static void
a_sequence_that_ends_in_silence_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(MOMENT_SEQUENCE, true, 20000) > 5 * WORLDS);
}

static void new_term_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(MOMENT_NEW_TERM, false, 30000) > 5 * WORLDS);
}

/* ---- deaths ---- */

/* The first step that a worker reads again which must speak from `live_from`
 * on, found by record times as the window stage does. */
static int rebuild_start(const struct world *w, int live_from)
{
	int64_t reach_ms =
		engine_reach_ms(w->rules, 1000 * w->lateness, w->late_limit_ms);
	int time[PARTITIONS_MAX] = { 0 }, least = INT32_MAX, i;

	for (i = 0; i < live_from; i++)
		time[w->step[i].partition] = w->step[i].time;
	for (int p = 0; p < w->partitions; p++)
		least = time[p] < least ? time[p] : least;
	/* Some more, until every partition has told its time once. */
	least -= (int)(reach_ms / 1000) + 60;
	for (i = 0; i < live_from && w->step[i].time < least; i++)
		;
	return i;
}

static void second_run(const struct world *w, int live_from, int death)
{
	struct engine *e = open_engine(w, &second_life, live_from);
	struct error err;

	for (size_t i = 0; i < first_life.n; i++)
		if (first_life.item[i].cause.offset < death)
			engine_remember(e, &first_life.item[i]);
	for (size_t i = 0; i < first_life.n_memory; i++)
		if (first_life.memory[i].offset < death)
			assert_true(engine_recall(e, first_life.memory[i].key,
						  first_life.memory[i].value,
						  &err));
	for (int i = rebuild_start(w, live_from); i < live_from; i++)
		apply(e, w, i);
	engine_go_live(e);
	for (int i = live_from; i < w->n_steps; i++)
		apply(e, w, i);
	engine_close(e);
}

static void as_text(const struct transition *t, struct buf *out)
{
	buf_clear(out);
	if (t)
		transition_encode(t, out);
}

static const struct transition *next_of(const struct world *w,
					const struct told *told, size_t *at,
					int group, int death)
{
	while (*at < told->n) {
		const struct transition *t = &told->item[(*at)++];
		if (t->cause.offset >= death && is_of(w, t, group))
			return t;
	}
	return NULL;
}

/* After the death: exactly what the first life would have said, and before it
 * nothing. */
static void compare_lives(const struct world *w, uint64_t number, int group,
			  int live_from, int death)
{
	struct buf AUTO(buf_release) got = { 0 };
	struct buf AUTO(buf_release) wanted = { 0 };
	size_t first_at = 0, second_at = 0;

	do {
		as_text(next_of(w, &first_life, &first_at, group, death),
			&wanted);
		as_text(next_of(w, &second_life, &second_at, group, 0), &got);
		if (!str_equal(buf_str(&got), buf_str(&wanted)))
			fail_msg("world %" PRIu64 " live from %d, dead at %d: "
				 "got \"%s\", wanted \"%s\"; lateness %d, %s",
				 number, live_from, death, buf_text(&got),
				 buf_text(&wanted), w->lateness, w->text);
	} while (wanted.n > 0);
}

static void die(const struct world *w, uint64_t number)
{
	int death = (int)draw((unsigned)w->n_steps);
	int back = (int)draw(30);
	int live_from = death > back ? death - back : 0;

	second_run(w, live_from, death);
	for (int g = 0; g < (w->rule.grouped ? w->groups : 3); g++)
		compare_lives(w, number, g, live_from, death);
	told_release(&second_life);
}

static void a_death_changes_nothing(void **state)
{
	static struct world w;

	(void)state;
	for (uint64_t i = 0; i < WORLDS; i++) {
		draw_world(&w, 40000 + i, (enum moment_type)(i % 3), i % 2 == 0,
			   EVENLY);
		w.late_limit_ms = 1000 * w.lateness;
		for (int k = 0; k < w.n_steps; k++)
			w.step[k].announces = true;
		run_all(&w, &first_life);
		for (int k = 0; k < 5; k++)
			die(&w, 40000 + i);
		told_release(&first_life);
		rules_free(w.rules);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(change_agrees_with_the_recount),
		cmocka_unit_test(a_sequence_of_events_agrees_with_the_recount),
		cmocka_unit_test(
			a_sequence_that_ends_in_silence_agrees_with_the_recount),
		cmocka_unit_test(new_term_agrees_with_the_recount),
		cmocka_unit_test(a_death_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
