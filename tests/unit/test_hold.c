#include "tests/unit/plan_setup.h"

/* One receiver "ops" that gets each alert by itself and at once; messages are
 * accepted at once. Wall time and monotonic time are the same. */
struct bench {
	struct plan_setup setup;
	struct silences silences;
	struct inhibit *inhibit;
	struct mute *mute;
	struct plan *plan;
	struct plan_message *under_way[64];
	size_t n_under_way;
	int64_t offset;
	struct buf sent; /* "1+ 2- " */
};

static const char text[] =
	"receivers = ( { name = \"ops\"; type = \"webhook\"; url = "
	"\"http://x\"; } );\n"
	"mute_times = ( { name = \"nights\"; intervals = ( { times = "
	"[\"00:10-00:12\", \"00:20-00:21\"]; } ); } );\n"
	"inhibit = ( { source = { n = \"0\"; }; target = (\"n =~ [12]\"); } "
	");\n"
	"route = { receiver = \"ops\"; group_by = [\"...\"]; group_wait = "
	"\"0s\";\n"
	"  group_interval = \"0s\"; repeat_interval = \"300d\"; mute_times = "
	"[\"nights\"]; };\n";

static void begin(struct bench *b)
{
	b->plan = plan_open(b->setup.root, &b->setup.receivers);
	plan_set_holds(b->plan,
		       &(struct holds){ &b->silences, b->inhibit, b->mute });
}

static void bench_open(struct bench *b)
{
	struct problems problems = { 0 };

	*b = (struct bench){ .offset = 10 };
	setup_read(&b->setup, text);
	b->inhibit =
		inhibit_read(conf_get(b->setup.conf, "inhibit"), &problems);
	b->mute = mute_read(conf_get(b->setup.conf, "mute_times"), &problems);
	mute_check_routes(b->mute, conf_get(b->setup.conf, "route"), &problems);
	assert_int_equal(problems.n, 0);
	begin(b);
}

static void bench_close(struct bench *b)
{
	plan_close(b->plan);
	silences_release(&b->silences);
	inhibit_close(b->inhibit);
	mute_close(b->mute);
	setup_release(&b->setup);
	buf_release(&b->sent);
}

static void apply(struct bench *b, int id, enum alert_state state,
		  int64_t episode, int64_t wall_ms)
{
	struct transition t = { .state = state,
				.episode = episode,
				.cause = { 0, b->offset, 0 },
				.count = 1,
				.starts_at_ms = wall_ms,
				.at_ms = wall_ms,
				.updated_at_ms = ALERT_TIME_NONE,
				.record_time_ms = ALERT_TIME_NONE };
	char n[2] = { (char)('0' + id), '\0' };

	snprintf(t.id, sizeof(t.id), "000000000000000%d", id);
	t.rule = xstrdup("rule");
	t.reason = xstrdup("");
	alert_pairs_add(&t.group, STR("n"), str_of(n));
	plan_set_wall(b->plan, wall_ms);
	plan_apply(b->plan, &t, b->offset++, wall_ms);
}

static bool has_room(void *arg, const struct receiver *r)
{
	(void)arg;
	(void)r;
	return true;
}

static void send_message(void *arg, struct plan_message *m,
			 const struct message *view)
{
	struct bench *b = arg;

	assert_true(view->n > 0);
	for (size_t i = 0; i < view->n; i++)
		buf_add_format(&b->sent, "%s%s ",
			       labels_get(view->alert[i].labels, "n"),
			       view->alert[i].firing ? "+" : "-");
	assert_true(b->n_under_way < ARRAY_LENGTH(b->under_way));
	b->under_way[b->n_under_way++] = m;
}

/* What is sent at that time, and accepted. */
static const char *run(struct bench *b, int64_t wall_ms)
{
	buf_clear(&b->sent);
	plan_judge(b->plan, wall_ms, wall_ms);
	plan_run(b->plan, wall_ms, has_room, send_message, b);
	for (size_t i = 0; i < b->n_under_way; i++) {
		plan_done(b->plan, b->under_way[i], true, wall_ms, wall_ms);
		plan_message_free(b->under_way[i]);
	}
	b->n_under_way = 0;
	return buf_text(&b->sent);
}

static void silence(struct bench *b, int number, const char *matcher,
		    int64_t from_ms, int64_t to_ms, int64_t now_ms)
{
	struct silence s = { .starts_ms = from_ms,
			     .ends_ms = to_ms,
			     .updated_ms = now_ms,
			     .author = xstrdup("a"),
			     .comment = xstrdup("b") };
	struct error err;

	snprintf(s.id, sizeof(s.id), "00000000-0000-4000-8000-%012d", number);
	assert_true(matchers_parse(&s.matchers, str_of(matcher), &err));
	silences_apply(&b->silences, &s);
	plan_holds_changed(b->plan);
}

enum what { FIRE, RESOLVE, SILENCE, END, AGAIN };

struct step {
	int64_t at_s;
	enum what what;
	int id; /* of the alert, or of the silence */
	int64_t until_s;
	const char *sent; /* at that moment */
};

struct life {
	const char *name;
	struct step step[10];
};

/* AGAIN: only time passes. Silence 1 is on alert 3, silence 2 on all. */
static const struct life lives[] = {
	{ "nothing is held",
	  { { 1, FIRE, 3, 0, "3+ " }, { 2, RESOLVE, 3, 0, "3- " } } },
	{ "still firing when the silence ends: announced then",
	  { { 1, SILENCE, 1, 100, "" },
	    { 2, FIRE, 3, 0, "" },
	    { 99, AGAIN, 0, 0, "" },
	    { 100, AGAIN, 0, 0, "3+ " },
	    { 101, AGAIN, 0, 0, "" } } },
	{ "still firing when it is ended early: announced then",
	  { { 1, SILENCE, 1, 100, "" },
	    { 2, FIRE, 3, 0, "" },
	    { 50, END, 1, 0, "3+ " },
	    { 100, AGAIN, 0, 0, "" },
	    { 120, RESOLVE, 3, 0, "3- " } } },
	{ "fired and resolved inside: never",
	  { { 1, SILENCE, 1, 100, "" },
	    { 2, FIRE, 3, 0, "" },
	    { 50, RESOLVE, 3, 0, "" },
	    { 100, AGAIN, 0, 0, "" },
	    { 200, AGAIN, 0, 0, "" } } },
	{ "fired and resolved inside and fired again after: only that",
	  { { 1, SILENCE, 1, 100, "" },
	    { 2, FIRE, 3, 0, "" },
	    { 50, RESOLVE, 3, 0, "" },
	    { 100, AGAIN, 0, 0, "" },
	    { 110, FIRE, 3, 0, "3+ " },
	    { 120, RESOLVE, 3, 0, "3- " } } },
	{ "who got the firing before gets the resolve during",
	  { { 1, FIRE, 3, 0, "3+ " },
	    { 2, SILENCE, 1, 100, "" },
	    { 50, RESOLVE, 3, 0, "3- " },
	    { 100, AGAIN, 0, 0, "" } } },
	{ "told before, still firing after: nothing new",
	  { { 1, FIRE, 3, 0, "3+ " },
	    { 2, SILENCE, 1, 100, "" },
	    { 100, AGAIN, 0, 0, "" },
	    { 150, RESOLVE, 3, 0, "3- " } } },
	{ "another alert is not held",
	  { { 1, SILENCE, 1, 100, "" }, { 2, FIRE, 4, 0, "4+ " } } },
	{ "two silences: the later end counts",
	  { { 1, SILENCE, 1, 50, "" },
	    { 2, SILENCE, 2, 100, "" },
	    { 3, FIRE, 3, 0, "" },
	    { 50, AGAIN, 0, 0, "" },
	    { 100, AGAIN, 0, 0, "3+ " } } },
	{ "told, held, resolved and fired again inside: told after",
	  { { 1, FIRE, 3, 0, "3+ " },
	    { 2, SILENCE, 1, 100, "" },
	    { 50, RESOLVE, 3, 0, "3- " },
	    { 60, FIRE, 3, 0, "" },
	    { 100, AGAIN, 0, 0, "3+ " } } },
	{ "an inhibited one is told when its source ends",
	  { { 1, FIRE, 0, 0, "0+ " },
	    { 2, FIRE, 1, 0, "" },
	    { 3, FIRE, 3, 0, "3+ " },
	    { 4, RESOLVE, 0, 0, "0- 1+ " } } },
	{ "an inhibited one that resolves is never told",
	  { { 1, FIRE, 0, 0, "0+ " },
	    { 2, FIRE, 1, 0, "" },
	    { 3, RESOLVE, 1, 0, "" },
	    { 4, RESOLVE, 0, 0, "0- " } } },
	{ "a silenced source inhibits",
	  { { 1, SILENCE, 2, 100, "" },
	    { 2, FIRE, 0, 0, "" },
	    { 3, FIRE, 1, 0, "" },
	    { 4, END, 2, 0, "0+ " },
	    { 5, RESOLVE, 0, 0, "0- 1+ " } } },
	{ "a mute time ends: told then",
	  { { 599, FIRE, 3, 0, "3+ " },
	    { 600, FIRE, 4, 0, "" },
	    { 601, FIRE, 5, 0, "" },
	    { 610, RESOLVE, 3, 0, "3- " },
	    { 620, RESOLVE, 5, 0, "" },
	    { 719, AGAIN, 0, 0, "" },
	    { 720, AGAIN, 0, 0, "4+ " } } },
};

static void apply_step(struct bench *b, const struct step *s, int64_t episode[])
{
	static const char *const matcher[] = { "", "n=3", "n=~.+" };
	int64_t now = s->at_s * 1000;

	switch (s->what) {
	case FIRE: apply(b, s->id, ALERT_FIRING, ++episode[s->id], now); break;
	case RESOLVE:
		apply(b, s->id, ALERT_RESOLVED, episode[s->id], now);
		break;
	case SILENCE:
		silence(b, s->id, matcher[s->id], now, s->until_s * 1000, now);
		break;
	case END: silence(b, s->id, matcher[s->id], 0, now, now); break;
	case AGAIN: break;
	}
}

/* The words of both, in any order. */
static bool same_words(const char *a, const char *b)
{
	if (strlen(a) != strlen(b))
		return false;
	for (const char *p = a; *p; p += 3)
		if (!strstr(b, (char[]){ p[0], p[1], ' ', '\0' }))
			return false;
	return true;
}

static void a_hold_holds_messages_and_not_alerts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(lives); i++) {
		int64_t episode[10] = { 0 };
		struct bench b;

		bench_open(&b);
		run(&b, 0);
		for (const struct step *s = lives[i].step; s->sent; s++) {
			apply_step(&b, s, episode);
			run(&b, s->at_s * 1000);
			if (!same_words(buf_text(&b.sent), s->sent))
				fail_msg("%s: at %d sent \"%s\", not \"%s\"",
					 lives[i].name, (int)s->at_s,
					 buf_text(&b.sent), s->sent);
		}
		bench_close(&b);
	}
}

/* The worker dies; another reads all alerts again, late. */
static void
what_fired_and_resolved_inside_stays_untold_after_a_restart(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	silence(&b, 1, "n=3", 1000, 100000, 1000);
	apply(&b, 3, ALERT_FIRING, 1, 2000);
	apply(&b, 3, ALERT_RESOLVED, 1, 50000);
	apply(&b, 4, ALERT_FIRING, 1, 60000);
	apply(&b, 4, ALERT_RESOLVED, 1, 70000);
	/* Loaded when the silence is long over. */
	assert_string_equal(run(&b, 500000), "4- ");
	assert_int_equal(plan_settled(b.plan, b.offset), b.offset);
	bench_close(&b);
}

static void a_held_alert_does_not_keep_the_offset_back(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	run(&b, 0);
	silence(&b, 1, "n=3", 1000, 100000, 1000);
	apply(&b, 3, ALERT_FIRING, 1, 2000);
	assert_string_equal(run(&b, 2000), "");
	assert_int_equal(plan_settled(b.plan, b.offset), b.offset);
	bench_close(&b);
}

static void a_repeat_leaves_out_what_is_held(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	b.setup.root->repeat_interval_ms = 10000;
	run(&b, 0);
	apply(&b, 3, ALERT_FIRING, 1, 1000);
	assert_string_equal(run(&b, 1000), "3+ ");
	assert_string_equal(run(&b, 11000), "3+ ");
	silence(&b, 1, "n=3", 12000, 100000, 12000);
	assert_string_equal(run(&b, 21000), "");
	assert_string_equal(run(&b, 50000), "");
	assert_string_equal(run(&b, 100000), "3+ ");
	bench_close(&b);
}

/* ---- against a plain model ---- */

enum { ALERTS = 7, SILENCES = 4, STEPS = 120 };

struct model {
	bool fires[ALERTS];
	int64_t episode[ALERTS], told_episode[ALERTS];
	bool told_firing[ALERTS];
	struct {
		int id; /* of the alert; -1: all */
		int64_t from, to;
	} silence[SILENCES];
};

static bool model_holds(const struct model *m, int id, int64_t now_ms)
{
	int64_t minute = now_ms / 60000 % 1440;

	if ((minute >= 10 && minute < 12) || minute == 20)
		return true;
	if ((id == 1 || id == 2) && m->fires[0])
		return true;
	for (int i = 0; i < SILENCES; i++)
		if ((m->silence[i].id == id || m->silence[i].id < 0) &&
		    now_ms >= m->silence[i].from && now_ms < m->silence[i].to)
			return true;
	return false;
}

static void model_tell(struct model *m, int id, bool firing, struct buf *out)
{
	m->told_episode[id] = m->episode[id];
	m->told_firing[id] = firing;
	buf_add_format(out, "%d%s ", id, firing ? "+" : "-");
}

/* `ended`: what resolved at this moment. */
static void model_run(struct model *m, const bool ended[], int64_t now_ms,
		      struct buf *out)
{
	buf_clear(out);
	for (int i = 0; i < ALERTS; i++) {
		bool held = model_holds(m, i, now_ms);

		if (m->fires[i] && !held && m->told_episode[i] < m->episode[i])
			model_tell(m, i, true, out);
		else if (ended[i] && m->told_firing[i])
			model_tell(m, i, false, out);
	}
}

static uint64_t dice(uint64_t *seed, uint64_t sides)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*seed >> 33) % sides;
}

static void random_silence(struct bench *b, struct model *m, uint64_t *seed,
			   int64_t now)
{
	int i = (int)dice(seed, SILENCES);
	int id = (int)dice(seed, ALERTS + 1) - 1;
	int64_t from = now + 1000 * (int64_t)dice(seed, 60);
	int64_t to = now + 1000 * (int64_t)dice(seed, 300);
	char matcher[16] = "n=~.*.";

	if (id >= 0)
		snprintf(matcher, sizeof(matcher), "n=\"%d\"", id);
	m->silence[i].id = id;
	m->silence[i].from = from;
	m->silence[i].to = to;
	silence(b, i, matcher, from, to, now);
}

static void random_step(struct bench *b, struct model *m, uint64_t *seed,
			int64_t now, bool ended[])
{
	int id = (int)dice(seed, ALERTS);

	if (dice(seed, 3) == 0) {
		random_silence(b, m, seed, now);
	} else if (!m->fires[id]) {
		m->fires[id] = true;
		apply(b, id, ALERT_FIRING, ++m->episode[id], now);
	} else {
		m->fires[id] = false;
		ended[id] = true;
		apply(b, id, ALERT_RESOLVED, m->episode[id], now);
	}
}

static void random_lives_agree_with_a_plain_model(void **state)
{
	struct buf wanted = { 0 };

	(void)state;
	for (uint64_t round = 0; round < 300; round++) {
		uint64_t seed = round;
		int64_t now = 0;
		struct model m = { .silence = { { 0, 0, 0 } } };
		struct bench b;

		bench_open(&b);
		run(&b, now);
		for (int i = 0; i < STEPS; i++) {
			bool ended[ALERTS] = { false };

			now += 1000 * (int64_t)dice(&seed, 30) + 1;
			/* Time first: what ends by itself is told then. */
			run(&b, now);
			model_run(&m, ended, now, &wanted);
			if (!same_words(buf_text(&b.sent), buf_text(&wanted)))
				fail_msg("round %d step %d: time: \"%s\", "
					 "model \"%s\"",
					 (int)round, i, buf_text(&b.sent),
					 buf_text(&wanted));
			random_step(&b, &m, &seed, now, ended);
			run(&b, now);
			model_run(&m, ended, now, &wanted);
			if (!same_words(buf_text(&b.sent), buf_text(&wanted)))
				fail_msg("round %d step %d: \"%s\", model "
					 "\"%s\"",
					 (int)round, i, buf_text(&b.sent),
					 buf_text(&wanted));
		}
		bench_close(&b);
	}
	buf_release(&wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hold_holds_messages_and_not_alerts),
		cmocka_unit_test(
			what_fired_and_resolved_inside_stays_untold_after_a_restart),
		cmocka_unit_test(a_held_alert_does_not_keep_the_offset_back),
		cmocka_unit_test(a_repeat_leaves_out_what_is_held),
		cmocka_unit_test(random_lives_agree_with_a_plain_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
