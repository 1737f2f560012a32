/* test_window.c - the engine against a plain recount, on random streams
 *
 * A world is a few partitions of logs with events of three groups, delivered
 * in random pieces. The engine must say what the oracle says, envelope by
 * envelope; say it again, and nothing else, after a death at any moment; and
 * not be moved by envelopes that come twice. */
#include "tests/unit/test_support.h"

#include <inttypes.h>
#include <math.h>

#include "alert/window/readback.h"
#include "event/scan.h"
#include "tests/unit/window_world.h"

enum { TOLD_MAX = 4000 };

static void apply(struct engine *e, const struct world *w, int i,
		  struct readback *readback)
{
	struct buf AUTO(buf_release) bytes = { 0 };
	struct envelope envelope;
	struct error err;

	write_envelope(w, &w->step[i], &bytes);
	assert_true(envelope_read(&envelope, buf_str(&bytes), &err));
	if (readback)
		readback_note(readback, e, &envelope.head);
	assert_int_not_equal(engine_apply(e, i, &envelope), ENGINE_GAP);
	envelope_release(&envelope);
}

/* ---- what the engine says ---- */

struct told {
	struct transition item[TOLD_MAX];
	size_t n;
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

static void told_release(struct told *told)
{
	for (size_t i = 0; i < told->n; i++)
		transition_release(&told->item[i]);
	told->n = 0;
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
		.arg = told,
	};

	return engine_open(&options);
}

static void run_all(const struct world *w, struct told *told)
{
	struct engine *e = open_engine(w, told, 0);

	engine_go_live(e);
	for (int i = 0; i < w->n_steps; i++)
		apply(e, w, i, NULL);
	engine_close(e);
}

/* ---- against the oracle ---- */

static struct oracle oracle[GROUPS];

static void run_oracle(const struct world *w)
{
	int time[PARTITIONS_MAX], since[PARTITIONS_MAX];
	int clock = ORACLE_UNKNOWN;

	ENSURE(w->partitions <= PARTITIONS_MAX);
	for (int p = 0; p < PARTITIONS_MAX; p++)
		time[p] = since[p] = ORACLE_UNKNOWN;
	for (int g = 0; g < GROUPS; g++)
		oracle_init(&oracle[g], &w->rule);
	oracle[GROUPS - 1].expected = true;
	for (int i = 0; i < w->n_steps; i++) {
		const struct step *s = &w->step[i];
		int least = INT32_MAX, watched = INT32_MIN;
		ENSURE(s->partition >= 0 && s->partition < PARTITIONS_MAX);
		for (int k = s->first; k < s->next; k++) {
			const struct record *r = &w->record[s->partition][k];
			struct oracle_event event = { .time = r->time,
						      .n_values = r->n_values,
						      .words = r->words,
						      .marked = r->marked };
			memcpy(event.value, r->value, sizeof(event.value));
			oracle_event(&oracle[r->group], &event);
		}
		time[s->partition] = s->time;
		if (s->announces && since[s->partition] == ORACLE_UNKNOWN)
			since[s->partition] = s->time;
		for (int p = 0; p < w->partitions; p++) {
			least = time[p] < least ? time[p] : least;
			if (since[p] == ORACLE_UNKNOWN)
				watched = INT32_MAX;
			else if (since[p] > watched)
				watched = since[p];
		}
		if (least > clock)
			clock = least;
		for (int g = 0; g < GROUPS; g++)
			oracle_judge(&oracle[g], i, clock, w->lateness,
				     watched == INT32_MAX ? ORACLE_UNKNOWN
							  : watched);
	}
}

static int unit_of(int64_t ms)
{
	assert_int_equal((ms - BASE_MS) % 1000, 0);
	return (int)((ms - BASE_MS) / 1000);
}

static struct oracle_change change_of(const struct transition *t)
{
	bool update = t->updated_at_ms != ALERT_TIME_NONE;

	return (struct oracle_change){
		.state = update ? 'u' : "pfr"[t->state],
		.at = unit_of(update ? t->updated_at_ms : t->at_ms),
		.starts = unit_of(t->starts_at_ms),
		.episode = (int)t->episode,
		.value = t->value.number,
		.reference = t->reference.number,
		.step = (int)t->cause.offset,
	};
}

static bool same_change(const struct oracle_change *a,
			const struct oracle_change *b)
{
	return a->state == b->state && a->at == b->at &&
	       a->starts == b->starts && a->episode == b->episode &&
	       fabs(a->value - b->value) < 1e-9 &&
	       fabs(a->reference - b->reference) < 1e-9 && a->step == b->step;
}

static void compare_group(const struct world *w, uint64_t number,
			  const struct told *told, int group)
{
	static const char *const name[GROUPS] = { "A", "B", "C" };
	const struct oracle *o = &oracle[group];
	int at = 0;

	for (size_t i = 0; i <= told->n; i++) {
		struct oracle_change got = { .state = '-' };
		struct oracle_change wanted = { .state = '-' };
		if (i < told->n) {
			const struct transition *t = &told->item[i];
			if (strcmp(t->group.item[0].value, name[group]) != 0)
				continue;
			got = change_of(t);
		}
		if (at < o->n_changes)
			wanted = o->change[at++];
		if (same_change(&got, &wanted))
			continue;
		fail_msg("world %" PRIu64 " group %s change %d: got %c at %d "
			 "starts %d episode %d value %g/%g step %d, wanted %c "
			 "at %d starts %d episode %d value %g/%g step %d; "
			 "lateness %d, %s",
			 number, name[group], at, got.state, got.at, got.starts,
			 got.episode, got.value, got.reference, got.step,
			 wanted.state, wanted.at, wanted.starts, wanted.episode,
			 wanted.value, wanted.reference, wanted.step,
			 w->lateness, w->text);
	}
}

static struct told first_life, second_life;

/* How often what was told had overtaken what has to be told. */
static int overtaken;

static size_t check_worlds(enum oracle_type type, uint64_t from, uint64_t n)
{
	static struct world w;
	size_t changes = 0;

	overtaken = 0;
	for (uint64_t i = from; i < from + n; i++) {
		told_release(&first_life);
		draw_world(&w, i, type);
		run_all(&w, &first_life);
		run_oracle(&w);
		for (int g = 0; g < GROUPS; g++) {
			compare_group(&w, i, &first_life, g);
			overtaken += oracle[g].overtaken;
		}
		changes += first_life.n;
		told_release(&first_life);
		rules_free(w.rules);
	}
	return changes;
}

enum {
	WORLDS = 200,
	/* Of types that are many in one: bounds, aggregates, classes; and of
	 * those that look back. */
	MORE_WORLDS = 1000,
};

static void any_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(ORACLE_ANY, 1, WORLDS) > WORLDS);
}

static void frequency_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(ORACLE_FREQUENCY, 60000, MORE_WORLDS) >
		    MORE_WORLDS);
	assert_true(overtaken > MORE_WORLDS / 10);
}

static void spike_up_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(ORACLE_UP, 2000, WORLDS) > WORLDS);
}

static void spike_down_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(ORACLE_DOWN, 3000, WORLDS) > WORLDS);
}

static void spike_both_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(ORACLE_BOTH, 4000, WORLDS) > WORLDS);
}

static void cardinality_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(ORACLE_CARDINALITY, 20000, MORE_WORLDS) >
		    MORE_WORLDS);
	assert_true(overtaken > MORE_WORLDS / 10);
}

static void ratio_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(ORACLE_RATIO, 30000, MORE_WORLDS) >
		    MORE_WORLDS);
}

static void metric_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(ORACLE_METRIC, 40000, MORE_WORLDS) >
		    MORE_WORLDS);
	assert_true(overtaken > MORE_WORLDS / 10);
}

static void flatline_agrees_with_the_recount(void **state)
{
	(void)state;
	assert_true(check_worlds(ORACLE_FLATLINE, 50000, MORE_WORLDS) >
		    MORE_WORLDS);
}

/* ---- cuts ---- */

static const struct transition *next_of(const struct told *told, size_t *at,
					const char *group, int death)
{
	while (*at < told->n) {
		const struct transition *t = &told->item[(*at)++];
		if (t->cause.offset >= death &&
		    strcmp(t->group.item[0].value, group) == 0)
			return t;
	}
	return NULL;
}

/* But for what it was that brought them about. */
static bool same_step(const struct transition *a, const struct transition *b)
{
	struct oracle_change x = change_of(a), y = change_of(b);

	y.step = x.step;
	return same_change(&x, &y);
}

/* Of one partition whose events come in time. */
static void make_plain(struct world *w)
{
	w->partitions = 1;
	for (int i = 0; i < w->n_records[0]; i++)
		w->record[0][i].time = w->record[0][i].record;
}

/* The same records in other envelopes. What is of one instant stays together:
 * it is counted together. */
static void cut(struct world *w)
{
	int n = w->n_records[0], at = 0, time;

	/* It is watched since then. */
	w->step[0] = (struct step){ 0, 0, 0, BEGIN - 1, true };
	w->n_steps = 1;
	while (at < n) {
		int first = at, limit = LAST + 60;
		at += 1 + (int)draw(6);
		at = at < n ? at : n;
		while (at < n &&
		       w->record[0][at].record == w->record[0][at - 1].record)
			at++;
		time = w->record[0][at - 1].record;
		if (at < n)
			limit = w->record[0][at].record - 1;
		if (draw(3) == 0)
			time += (int)draw((unsigned)(limit - time) + 1);
		w->step[w->n_steps++] =
			(struct step){ 0, first, at, time, true };
	}
	w->step[w->n_steps++] = (struct step){ 0, at, at, LAST + 60, true };
}

static void compare_cuts(const struct world *w, uint64_t number,
			 const char *group)
{
	const struct transition *a, *b;
	size_t first_at = 0, second_at = 0;

	do {
		a = next_of(&first_life, &first_at, group, 0);
		b = next_of(&second_life, &second_at, group, 0);
		if (!a && !b)
			continue;
		if (!a || !b || !same_step(a, b))
			fail_msg("world %" PRIu64 " group %s: %s at %d, cut "
				 "otherwise %s at %d; lateness %d, %s",
				 number, group,
				 a ? alert_state_name(a->state) : "-",
				 a ? unit_of(a->at_ms) : 0,
				 b ? alert_state_name(b->state) : "-",
				 b ? unit_of(b->at_ms) : 0, w->lateness,
				 w->text);
	} while (a && b);
}

static void how_records_are_cut_into_envelopes_changes_nothing(void **state)
{
	static const enum oracle_type type[] = { ORACLE_BOTH,
						 ORACLE_CARDINALITY,
						 ORACLE_RATIO, ORACLE_METRIC };
	static struct world w;

	(void)state;
	for (uint64_t i = 0; i < MORE_WORLDS; i++) {
		draw_world(&w, 70000 + i, type[i % ARRAY_LENGTH(type)]);
		make_plain(&w);
		cut(&w);
		run_all(&w, &first_life);
		for (int k = 0; k < 5; k++) {
			cut(&w);
			run_all(&w, &second_life);
			compare_cuts(&w, 70000 + i, "A");
			compare_cuts(&w, 70000 + i, "B");
			compare_cuts(&w, 70000 + i, "C");
			told_release(&second_life);
		}
		told_release(&first_life);
		rules_free(w.rules);
	}
}

/* ---- deaths ---- */

/* As window_part.c has it. */
enum { SLACK_MS = 60000 };

/* An engine that must speak from `live_from` on and has read from `from` on;
 * NULL: that is not far enough back. */
static struct engine *rebuild(const struct world *w, int live_from, int death,
			      int from)
{
	struct engine *e = open_engine(w, &second_life, live_from);
	struct readback readback = { 0 };
	int64_t reach_ms =
		SLACK_MS +
		engine_reach_ms(w->rules, 1000 * w->lateness, w->late_limit_ms);

	for (size_t i = 0; i < first_life.n; i++)
		if (first_life.item[i].cause.offset < death)
			engine_remember(e, &first_life.item[i]);
	for (int i = from; i < live_from; i++)
		apply(e, w, i, &readback);
	if (from == 0 || readback_suffices(&readback, e, reach_ms))
		return e;
	engine_close(e);
	return NULL;
}

/* Reads back as far as the window stage does. */
static void second_run(const struct world *w, int live_from, int death)
{
	struct engine *e = NULL;

	for (int back = 20; !e; back *= 2)
		e = rebuild(w, live_from, death,
			    back < live_from ? live_from - back : 0);
	engine_go_live(e);
	for (int i = live_from; i < w->n_steps; i++)
		apply(e, w, i, NULL);
	engine_close(e);
}

static void as_text(const struct transition *t, struct buf *out)
{
	buf_clear(out);
	if (t)
		transition_encode(t, out);
}

/* After the death: exactly what the first life would have said, and before it
 * nothing. */
static void compare_lives(const struct world *w, uint64_t number,
			  const char *group, int live_from, int death)
{
	struct buf AUTO(buf_release) got = { 0 };
	struct buf AUTO(buf_release) wanted = { 0 };
	size_t first_at = 0, second_at = 0;

	do {
		as_text(next_of(&first_life, &first_at, group, death), &wanted);
		as_text(next_of(&second_life, &second_at, group, 0), &got);
		if (!str_equal(buf_str(&got), buf_str(&wanted)))
			fail_msg("world %" PRIu64 " live from %d, dead at %d: "
				 "got \"%s\", wanted \"%s\"; lateness %d, %s",
				 number, live_from, death, buf_text(&got),
				 buf_text(&wanted), w->lateness, w->text);
	} while (wanted.n > 0);
}

static void a_death_changes_nothing(void **state)
{
	static struct world w;

	(void)state;
	for (uint64_t i = 0; i < 3 * WORLDS; i++) {
		enum oracle_type type = (enum oracle_type)(i % ORACLE_TYPES);
		draw_world(&w, 10000 + i, type);
		w.late_limit_ms = 1000 * (w.lateness + (int)draw(60));
		run_all(&w, &first_life);
		for (int k = 0; k < 10; k++) {
			int death = (int)draw((unsigned)w.n_steps);
			int back = (int)draw(30);
			int live_from = death > back ? death - back : 0;
			second_run(&w, live_from, death);
			compare_lives(&w, 10000 + i, "A", live_from, death);
			compare_lives(&w, 10000 + i, "B", live_from, death);
			compare_lives(&w, 10000 + i, "C", live_from, death);
			told_release(&second_life);
		}
		told_release(&first_life);
		rules_free(w.rules);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_agrees_with_the_recount),
		cmocka_unit_test(frequency_agrees_with_the_recount),
		cmocka_unit_test(spike_up_agrees_with_the_recount),
		cmocka_unit_test(spike_down_agrees_with_the_recount),
		cmocka_unit_test(spike_both_agrees_with_the_recount),
		cmocka_unit_test(cardinality_agrees_with_the_recount),
		cmocka_unit_test(ratio_agrees_with_the_recount),
		cmocka_unit_test(metric_agrees_with_the_recount),
		cmocka_unit_test(flatline_agrees_with_the_recount),
		cmocka_unit_test(
			how_records_are_cut_into_envelopes_changes_nothing),
		cmocka_unit_test(a_death_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
