/* What groups have not read: asked of librdkafka's mock cluster, which knows no
 * times, so that nothing in it is young; the arithmetic with times by itself.
 */
#include "tests/unit/kafka_world.h"

#include "core/kafka_watch.h"

enum { QUESTIONS = 2 };

struct asked {
	struct kafka_watch *watch;
	struct kafka_answer answer[QUESTIONS];
	int rounds;
};

static void on_answers(void *arg, const struct kafka_answer answers[])
{
	struct asked *a = arg;

	memcpy(a->answer, answers, sizeof(a->answer));
	a->rounds++;
}

static void open_watch(struct world *w, struct asked *a, const char *one,
		       const char *other)
{
	const struct kafka_question questions[QUESTIONS] = {
		{ w->topic, one, 1000 }, { w->topic, other, 1000 }
	};
	const struct kafka_watch_config config = { .options = w->options,
						   .questions = questions,
						   .n = QUESTIONS,
						   .every_ms = 1000,
						   .answered = on_answers,
						   .arg = a };
	struct error err;

	*a = (struct asked){ 0 };
	a->watch = kafka_watch_open(w->loop, &config, &err);
	if (!a->watch)
		fail_msg("%s", err.text);
}

/* What is answered from now on; a round may be under way. */
static void await(struct world *w, struct asked *a, int rounds)
{
	int64_t deadline = clock_mono_ms() + WAIT_MS;

	for (rounds += a->rounds; a->rounds < rounds;) {
		assert_true(clock_mono_ms() < deadline);
		loop_turn(w->loop, 100);
	}
}

static void expect(const struct kafka_answer *answer, int partitions,
		   int64_t records)
{
	if (!answer->known)
		fail_msg("%s", answer->err.text);
	assert_int_equal(answer->partitions, partitions);
	assert_int_equal(answer->records, records);
}

static void what_a_group_has_not_committed_is_counted(void **state)
{
	struct world *w = *state;
	struct asked a;

	new_topic(w, 3);
	send_numbers(w, 0, 0, 10);
	send_numbers(w, 1, 0, 20);
	send_numbers(w, 2, 0, 5);
	commit_as(w, "reader", 0, 4);
	commit_as(w, "reader", 1, 20);
	open_watch(w, &a, "reader", "newcomer");
	await(w, &a, 1);
	/* Of the third partition nothing has been committed. */
	expect(&a.answer[0], 1, 6);
	expect(&a.answer[1], 0, 0);
	commit_as(w, "reader", 2, 0);
	commit_as(w, "newcomer", 1, 19);
	await(w, &a, 2);
	expect(&a.answer[0], 2, 11);
	expect(&a.answer[1], 1, 1);
	commit_as(w, "reader", 0, 10);
	commit_as(w, "reader", 2, 5);
	await(w, &a, 2);
	expect(&a.answer[0], 0, 0);
	kafka_watch_close(a.watch);
}

static void without_a_group_only_the_young_are_counted(void **state)
{
	struct world *w = *state;
	struct asked a;

	new_topic(w, 1);
	send_numbers(w, 0, 0, 10);
	open_watch(w, &a, NULL, "nobody");
	await(w, &a, 1);
	expect(&a.answer[0], 0, 0);
	kafka_watch_close(a.watch);
}

static void a_topic_that_is_not_there_has_nothing_unread(void **state)
{
	struct world *w = *state;
	struct asked a;

	rd_kafka_mock_topic_set_error(w->cluster, "none",
				      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
	snprintf(w->topic, sizeof(w->topic), "none");
	open_watch(w, &a, "reader", NULL);
	await(w, &a, 1);
	expect(&a.answer[0], 0, 0);
	expect(&a.answer[1], 0, 0);
	kafka_watch_close(a.watch);
}

static void what_brokers_do_not_say_is_not_known_until_they_do(void **state)
{
	struct world *w = *state;
	struct asked a;

	new_topic(w, 1);
	send_numbers(w, 0, 0, 10);
	commit_as(w, "reader", 0, 4);
	rd_kafka_mock_broker_set_down(w->cluster, 1);
	open_watch(w, &a, "reader", "reader");
	await(w, &a, 1);
	assert_false(a.answer[0].known);
	assert_int_equal(a.answer[0].err.kind, ERROR_RETRY);
	assert_non_null(strstr(a.answer[0].err.text, w->topic));
	rd_kafka_mock_broker_set_up(w->cluster, 1);
	for (int i = 0; i < 10 && !a.answer[0].known; i++)
		await(w, &a, 1);
	expect(&a.answer[0], 1, 6);
	kafka_watch_close(a.watch);
}

static void one_refused_answer_leaves_the_question_open(void **state)
{
	enum { LIST_OFFSETS = 2, TIMES = 20 };
	rd_kafka_resp_err_t refused[TIMES];
	struct world *w = *state;
	struct asked a;

	for (size_t i = 0; i < TIMES; i++)
		refused[i] = RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
	new_topic(w, 1);
	send_numbers(w, 0, 0, 10);
	commit_as(w, "reader", 0, 4);
	rd_kafka_mock_push_request_errors_array(w->cluster, LIST_OFFSETS, TIMES,
						refused);
	open_watch(w, &a, "reader", "reader");
	await(w, &a, 1);
	assert_false(a.answer[0].known);
	assert_non_null(strstr(a.answer[0].err.text, w->topic));
	rd_kafka_mock_clear_request_errors(w->cluster, LIST_OFFSETS);
	await(w, &a, 2);
	expect(&a.answer[0], 1, 6);
	kafka_watch_close(a.watch);
}

static void closing_ends_a_wait_between_two_rounds(void **state)
{
	struct world *w = *state;
	struct asked a;

	new_topic(w, 1);
	open_watch(w, &a, "reader", NULL);
	kafka_watch_close(a.watch);
	assert_int_equal(a.rounds, 0);
	kafka_watch_close(NULL);
}

/* A partition holds the records 100 to 199. */
static void
what_counts_lies_between_what_is_committed_and_what_is_young(void **state)
{
	static const struct {
		bool group;
		int64_t young, committed, records;
	} table[] = {
		/* Older than its age and not committed. */
		{ true, 150, 120, 30 },
		{ true, 150, 150, 0 },
		{ true, 150, 170, 0 },
		{ true, 100, 100, 0 },
		{ true, -1, 120, 80 },
		{ true, -1, 200, 0 },
		/* Retention has taken what it had not read. */
		{ true, 150, 10, 50 },
		/* A group that has committed nothing does not count. */
		{ true, 150, -1, 0 },
		{ true, -1, -1001, 0 },
		/* The topic was made anew, and is shorter. */
		{ true, 300, 120, 80 },
		{ true, 300, 250, 0 },
		/* Whatever is young. */
		{ false, 150, 0, 50 },
		{ false, 100, 0, 100 },
		{ false, -1, 0, 0 },
		{ false, 300, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		if (kafka_question_count(
			    &(struct kafka_question){
				    "t", table[i].group ? "g" : NULL, 1 },
			    100, 200, table[i].young,
			    table[i].committed) != table[i].records)
			fail_msg("line %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_group_has_not_committed_is_counted),
		cmocka_unit_test(without_a_group_only_the_young_are_counted),
		cmocka_unit_test(a_topic_that_is_not_there_has_nothing_unread),
		cmocka_unit_test(
			what_brokers_do_not_say_is_not_known_until_they_do),
		cmocka_unit_test(one_refused_answer_leaves_the_question_open),
		cmocka_unit_test(closing_ends_a_wait_between_two_rounds),
		cmocka_unit_test(
			what_counts_lies_between_what_is_committed_and_what_is_young),
	};

	return cmocka_run_group_tests(tests, start_world, stop_world);
}
