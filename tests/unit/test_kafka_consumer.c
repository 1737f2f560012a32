/* Consuming: positions, pauses, groups. */
#include "core/kafka_consumer.h"
#include "tests/unit/kafka_world.h"

struct taker {
	struct world *w;
	struct kafka_consumer *c;
	int n;
	int count[MOST]; /* how often each number came */
	int batches;
	int pause_at;        /* pause after so many records */
	int64_t start_at;    /* replaces parts[].offset unless -1 */
	int64_t first, last; /* offsets seen */
	int64_t assigned_offset;
	int assigned, revoked, lost_parts;
	bool defer; /* answer revoked() later */
	bool held;  /* ... and that is still to be done */
	int64_t end;
	int ends;
	int64_t lost_from, lost_to;
	int failures;
};

static void on_record(void *arg, const struct kafka_record *borrowed)
{
	struct taker *t = arg;
	struct kafka_record r = *borrowed;
	int64_t number;

	if (t->n++ == 0)
		t->first = r.offset;
	t->last = r.offset;
	if (str_to_int64(r.value, 0, MOST - 1, &number))
		t->count[number]++;
	kafka_record_release(&r);
	assert_null(r.owner);
	if (t->pause_at && t->n == t->pause_at)
		kafka_consumer_pause(t->c);
}

static void on_batch_end(void *arg)
{
	((struct taker *)arg)->batches++;
}

static void on_assigned(void *arg, struct kafka_partition parts[], size_t n)
{
	struct taker *t = arg;

	t->assigned += (int)n;
	t->assigned_offset = parts[0].offset;
	for (size_t i = 0; t->start_at != -1 && i < n; i++)
		parts[i].offset = t->start_at;
}

static void on_revoked(void *arg, const struct kafka_partition parts[],
		       size_t n, bool lost)
{
	struct taker *t = arg;

	assert_non_null(parts[n - 1].topic);
	t->revoked += (int)n;
	t->lost_parts += lost ? (int)n : 0;
	if (t->defer)
		t->held = true;
	else
		kafka_consumer_revoke_done(t->c);
}

static void on_end(void *arg, const char *topic, int32_t partition,
		   int64_t offset)
{
	struct taker *t = arg;

	(void)topic;
	(void)partition;
	t->end = offset;
	t->ends++;
}

static void on_lost(void *arg, const char *topic, int32_t partition,
		    int64_t from, int64_t to)
{
	struct taker *t = arg;

	(void)topic;
	(void)partition;
	t->lost_from = from;
	t->lost_to = to;
}

static void on_failure(void *arg, const struct error *err)
{
	assert_true(err->text[0]);
	((struct taker *)arg)->failures++;
}

static void open_heir(struct world *w, struct taker *t, const char *group,
		      const char *elder, int64_t start)
{
	const char *topics[] = { w->topic };
	struct kafka_consumer_config c = {
		.options = w->options,
		.group = group,
		.elder = elder,
		.topics = topics,
		.n_topics = 1,
		.start = start,
		.prefetch_bytes = 1 << 20,
		.record = on_record,
		.batch_end = on_batch_end,
		.assigned = on_assigned,
		.revoked = on_revoked,
		.end = on_end,
		.offsets_lost = on_lost,
		.failed = on_failure,
		.arg = t,
	};
	struct error err;

	memset(t, 0, sizeof(*t));
	t->w = w;
	t->start_at = -1;
	t->lost_from = t->lost_to = t->end = -1;
	t->c = kafka_consumer_open(w->loop, &c, &err);
	if (!t->c)
		fail_msg("%s", err.text);
}

static void open_taker(struct world *w, struct taker *t, const char *group,
		       int64_t start)
{
	open_heir(w, t, group, NULL, start);
}

static void turn_for(struct world *w, int64_t ms)
{
	int64_t end = clock_mono_ms() + ms;

	while (clock_mono_ms() < end)
		loop_turn(w->loop, 20);
}

#define TURN_UNTIL(w, condition)                                               \
	do {                                                                   \
		int64_t until_ = clock_mono_ms() + WAIT_MS;                    \
		while (!(condition) && clock_mono_ms() < until_)               \
			loop_turn((w)->loop, 20);                              \
		assert_true(condition);                                        \
	} while (0)

static void assert_once(const struct taker *t, int from, int to)
{
	for (int i = from; i < to; i++)
		if (t->count[i] != 1)
			fail_msg("number %d came %d times", i, t->count[i]);
}

static void assign(struct taker *t, int64_t offset)
{
	struct kafka_partition part = { t->w->topic, 0, offset };
	struct error err;

	if (!kafka_consumer_assign(t->c, &part, 1, &err))
		fail_msg("%s", err.text);
}

static void one_partition_is_read_from_an_offset_to_its_end(void **state)
{
	struct world *w = *state;
	static struct taker t;

	new_topic(w, 1);
	send_numbers(w, 0, 0, 3000);
	open_taker(w, &t, NULL, KAFKA_OFFSET_BEGINNING);
	assign(&t, 100);
	TURN_UNTIL(w, t.ends > 0);
	assert_int_equal(t.n, 2900);
	assert_int_equal(t.first, 100);
	assert_int_equal(t.end, 3000);
	assert_once(&t, 100, 3000);
	assert_true(t.batches > 0 && t.batches < 300);
	assert_int_equal(kafka_consumer_end_offset(t.c, w->topic, 0), 3000);
	assert_int_equal(kafka_consumer_end_offset(t.c, w->topic, 5), -1);
	assert_int_equal(t.lost_from, -1);
	assert_int_equal(t.failures, 0);
	kafka_consumer_close(t.c, WAIT_MS);
}

static void marks_become_offsets(void **state)
{
	struct world *w = *state;
	static struct taker t;
	struct error err;
	int64_t low, high;

	new_topic(w, 1);
	send_numbers(w, 0, 0, 10);
	open_taker(w, &t, NULL, KAFKA_OFFSET_BEGINNING);
	assert_true(kafka_consumer_bounds(t.c, w->topic, 0, &low, &high,
					  WAIT_MS, &err));
	assert_int_equal(low, 0);
	assert_int_equal(high, 10);
	assign(&t, KAFKA_OFFSET_END);
	TURN_UNTIL(w, t.ends > 0);
	assert_int_equal(t.n, 0);
	send_numbers(w, 0, 10, 5);
	TURN_UNTIL(w, t.n == 5);
	assert_int_equal(t.first, 10);
	assign(&t, KAFKA_OFFSET_STORED);
	TURN_UNTIL(w, t.n == 20);
	kafka_consumer_close(t.c, WAIT_MS);
}

static void a_pause_holds_back_and_loses_nothing(void **state)
{
	struct world *w = *state;
	static struct taker t;

	new_topic(w, 1);
	send_numbers(w, 0, 0, 5000);
	open_taker(w, &t, NULL, KAFKA_OFFSET_BEGINNING);
	assign(&t, 0);
	for (int at = 1; at < 5000; at += 1234) {
		t.pause_at = at;
		TURN_UNTIL(w, t.n == at);
		assert_true(kafka_consumer_paused(t.c));
		turn_for(w, 300);
		assert_int_equal(t.n, at);
		kafka_consumer_resume(t.c);
	}
	TURN_UNTIL(w, t.n >= 5000);
	turn_for(w, 200);
	assert_int_equal(t.n, 5000);
	assert_once(&t, 0, 5000);
	kafka_consumer_close(t.c, WAIT_MS);
}

static void what_is_assigned_while_paused_is_paused(void **state)
{
	struct world *w = *state;
	static struct taker t;

	new_topic(w, 1);
	send_numbers(w, 0, 0, 100);
	open_taker(w, &t, NULL, KAFKA_OFFSET_BEGINNING);
	kafka_consumer_pause(t.c);
	assign(&t, 0);
	turn_for(w, 700);
	assert_int_equal(t.n, 0);
	kafka_consumer_resume(t.c);
	TURN_UNTIL(w, t.n == 100);
	assert_once(&t, 0, 100);
	kafka_consumer_close(t.c, WAIT_MS);
}

static void seeking_goes_back_and_on_also_while_paused(void **state)
{
	struct world *w = *state;
	static struct taker t;
	struct error err;

	new_topic(w, 1);
	send_numbers(w, 0, 0, 100);
	open_taker(w, &t, NULL, KAFKA_OFFSET_BEGINNING);
	assign(&t, 0);
	TURN_UNTIL(w, t.n == 100);
	assert_true(kafka_consumer_seek(t.c, w->topic, 0, 40, &err));
	TURN_UNTIL(w, t.n == 160);
	kafka_consumer_pause(t.c);
	assert_true(kafka_consumer_seek(t.c, w->topic, 0, 90, &err));
	turn_for(w, 300);
	assert_int_equal(t.n, 160);
	kafka_consumer_resume(t.c);
	TURN_UNTIL(w, t.n == 170);
	assert_int_equal(t.failures, 0);
	assert_int_equal(t.lost_from, -1);
	assert_false(kafka_consumer_seek(t.c, "other", 0, 0, &err));
	kafka_consumer_close(t.c, WAIT_MS);
}

static void offsets_that_are_gone_are_reported(void **state)
{
	struct world *w = *state;
	static struct taker t;
	struct sender s;
	struct error err;
	char *big = xcalloc(1, 100000);

	new_topic(w, 1);
	open_sender(w, &s);
	/* The mock keeps 5 MiB a partition; bytes that lz4 cannot shrink. */
	for (int i = 0; i < 100000; i++)
		big[i] = (char)(rand() & 0xff);
	for (int i = 0; i < 120; i++) {
		assert_true(produce(&s,
				    &(struct kafka_message){
					    .topic = w->topic,
					    .key = STR("k"),
					    .value = str_slice(big, 100000) },
				    &err));
		assert_true(kafka_producer_flush(s.p, WAIT_MS));
	}
	kafka_producer_close(s.p);
	free(big);
	open_taker(w, &t, NULL, KAFKA_OFFSET_BEGINNING);
	assign(&t, 3);
	TURN_UNTIL(w, t.ends > 0);
	assert_int_equal(t.lost_from, 3);
	assert_true(t.lost_to > 50);
	assert_int_equal(t.first, t.lost_to);
	assert_int_equal(t.n, 120 - t.lost_to);
	assert_int_equal(t.failures, 0);
	kafka_consumer_close(t.c, WAIT_MS);
}

static void a_group_goes_on_at_what_was_stored(void **state)
{
	struct world *w = *state;
	static struct taker t;
	struct kafka_partition part = { .partition = 0 };
	struct error err;

	new_topic(w, 1);
	part.topic = w->topic;
	send_numbers(w, 0, 0, 100);
	open_taker(w, &t, "resume", KAFKA_OFFSET_BEGINNING);
	TURN_UNTIL(w, t.n == 100);
	assert_int_equal(t.assigned_offset, 0);
	kafka_consumer_store(t.c, w->topic, 0, 40);
	if (!kafka_consumer_commit(t.c, &err))
		fail_msg("%s", err.text);
	assert_true(kafka_consumer_committed(t.c, &part, 1, WAIT_MS, &err));
	assert_int_equal(part.offset, 40);
	kafka_consumer_store(t.c, w->topic, 0, 60);
	kafka_consumer_close(t.c, WAIT_MS);
	assert_int_equal(t.revoked, 1);
	assert_int_equal(t.lost_parts, 0);

	open_taker(w, &t, "resume", KAFKA_OFFSET_BEGINNING);
	TURN_UNTIL(w, t.n == 40);
	assert_int_equal(t.assigned_offset, 60);
	assert_int_equal(t.first, 60);
	kafka_consumer_close(t.c, WAIT_MS);
}

static void a_start_at_the_end_is_remembered(void **state)
{
	struct world *w = *state;
	static struct taker t;

	new_topic(w, 1);
	send_numbers(w, 0, 0, 50);
	open_taker(w, &t, "latest", KAFKA_OFFSET_END);
	TURN_UNTIL(w, t.ends > 0);
	kafka_consumer_close(t.c, WAIT_MS);
	assert_int_equal(t.n, 0);
	send_numbers(w, 0, 50, 7);
	open_taker(w, &t, "latest", KAFKA_OFFSET_END);
	TURN_UNTIL(w, t.n == 7);
	assert_int_equal(t.first, 50);
	kafka_consumer_close(t.c, WAIT_MS);
}

static void a_partition_added_later_is_read_from_its_beginning(void **state)
{
	struct world *w = *state;
	static struct taker t;

	new_topic(w, 2);
	send_numbers(w, 0, 0, 20);
	send_numbers(w, 1, 20, 30);
	commit_as(w, "grown", 0, 15); /* the group knew one partition */
	open_taker(w, &t, "grown", KAFKA_OFFSET_END);
	TURN_UNTIL(w, t.ends >= 2);
	assert_int_equal(t.n, 35);
	assert_once(&t, 15, 50);
	kafka_consumer_close(t.c, WAIT_MS);

	new_topic(w, 2);
	send_numbers(w, 0, 0, 20);
	send_numbers(w, 1, 20, 30);
	commit_as(w, "uneven", 1, 25); /* not the first one: it is new */
	open_taker(w, &t, "uneven", KAFKA_OFFSET_END);
	TURN_UNTIL(w, t.ends >= 2);
	assert_int_equal(t.n, 5);
	kafka_consumer_close(t.c, WAIT_MS);
}

static void a_group_goes_on_where_its_elder_stood(void **state)
{
	struct world *w = *state;
	static struct taker t;

	new_topic(w, 2);
	send_numbers(w, 0, 0, 20);
	send_numbers(w, 1, 20, 30);
	commit_as(w, "elder", 0, 15); /* of partition 1 it has nothing */
	open_heir(w, &t, "heir", "elder", KAFKA_OFFSET_BEGINNING);
	TURN_UNTIL(w, t.ends >= 2);
	assert_int_equal(t.n, 35);
	assert_once(&t, 15, 50);
	kafka_consumer_close(t.c, WAIT_MS);

	commit_as(w, "elder", 0, 3); /* its own offsets count from now on */
	open_heir(w, &t, "heir", "elder", KAFKA_OFFSET_BEGINNING);
	TURN_UNTIL(w, t.ends >= 2);
	assert_int_equal(t.n, 35);
	kafka_consumer_close(t.c, WAIT_MS);
}

static void the_user_may_start_elsewhere(void **state)
{
	struct world *w = *state;
	static struct taker t;

	new_topic(w, 1);
	send_numbers(w, 0, 0, 50);
	open_taker(w, &t, "elsewhere", KAFKA_OFFSET_END);
	t.start_at = 45;
	TURN_UNTIL(w, t.n == 5);
	assert_int_equal(t.assigned_offset, 50);
	assert_int_equal(t.first, 45);
	kafka_consumer_close(t.c, WAIT_MS);
}

static void a_partition_is_given_up_when_its_owner_says_so(void **state)
{
	struct world *w = *state;
	static struct taker a, b;
	int seen;

	new_topic(w, 2);
	send_numbers(w, 0, 0, 100);
	send_numbers(w, 1, 100, 100);
	open_taker(w, &a, "shared", KAFKA_OFFSET_BEGINNING);
	a.defer = true;
	TURN_UNTIL(w, a.n == 200);
	assert_int_equal(a.assigned, 2);
	kafka_consumer_store(a.c, w->topic, 0, 100);
	kafka_consumer_store(a.c, w->topic, 1, 90);
	open_taker(w, &b, "shared", KAFKA_OFFSET_BEGINNING);
	TURN_UNTIL(w, a.held);
	assert_int_equal(a.revoked, 1);
	turn_for(w, 1500);
	assert_int_equal(b.assigned, 0);
	/* Finished while the loop went on: the last of both. */
	kafka_consumer_store(a.c, w->topic, 0, 99);
	kafka_consumer_store(a.c, w->topic, 1, 99);
	a.held = false;
	kafka_consumer_revoke_done(a.c);
	TURN_UNTIL(w, b.assigned == 1);
	TURN_UNTIL(w, b.n > 0);
	turn_for(w, 300);
	assert_int_equal(b.n, 1);
	assert_int_equal(b.first, 99);
	assert_int_equal(a.n, 200);
	/* What the first kept goes on. */
	seen = a.n + b.n;
	send_numbers(w, 0, 200, 10);
	send_numbers(w, 1, 210, 10);
	TURN_UNTIL(w, a.n + b.n == seen + 20);
	assert_int_equal(a.n, 210);
	a.defer = false;
	kafka_consumer_close(a.c, WAIT_MS);
	kafka_consumer_close(b.c, WAIT_MS);
	assert_int_equal(a.lost_parts + b.lost_parts, 0);
	assert_int_equal(a.failures + b.failures, 0);
}

/* A bound of the user's own, below or above ours. */
static void the_user_may_bound_a_fetch(void **state)
{
	struct world *w = *state;
	static const char *const bound[] = { "fetch.max.bytes=50000",
					     "fetch.max.bytes=100000000" };
	static const char *item[3];
	static const struct strings properties = { item, ARRAY_LENGTH(item) };
	static struct taker t;

	item[0] = quick_item[0];
	item[1] = quick_item[1];
	for (size_t i = 0; i < ARRAY_LENGTH(bound); i++) {
		item[2] = bound[i];
		w->options.properties = &properties;
		new_topic(w, 1);
		send_numbers(w, 0, 0, 10);
		open_taker(w, &t, "bounded", KAFKA_OFFSET_BEGINNING);
		w->options.properties = &quick;
		TURN_UNTIL(w, t.n == 10);
		kafka_consumer_close(t.c, WAIT_MS);
	}
}

static void hang(struct world *w, bool hangs)
{
	rd_kafka_mock_broker_set_rtt(w->cluster, 1, hangs ? 60000 : 0);
}

static char *member_of(const struct taker *t)
{
	char *borrowed = rd_kafka_memberid(t->c->rk);
	char *member = xstrdup(borrowed);

	rd_kafka_mem_free(t->c->rk, borrowed);
	assert_true(member[0]);
	return member;
}

/* Somebody new would wait for the old one, for a session. */
static void a_member_is_who_it_was_after_its_broker_hung(void **state)
{
	struct world *w = *state;
	static struct taker t;
	char *before, *after;

	new_topic(w, 1);
	send_numbers(w, 0, 0, 10);
	open_taker(w, &t, "hung", KAFKA_OFFSET_BEGINNING);
	TURN_UNTIL(w, t.n == 10);
	kafka_consumer_store(t.c, w->topic, 0, 10);
	turn_for(w, 3000);
	before = member_of(&t);
	hang(w, true);
	TURN_UNTIL(w, t.revoked == 1);
	assert_int_equal(t.lost_parts, 0);
	assert_false(kafka_consumer_joined(t.c));
	assert_int_equal(t.failures, 1);
	hang(w, false);
	TURN_UNTIL(w, t.assigned == 2);
	after = member_of(&t);
	assert_string_equal(before, after);
	free(before);
	free(after);
	kafka_consumer_close(t.c, WAIT_MS);
}

static void closing_waits_for_the_owner_but_not_for_ever(void **state)
{
	struct world *w = *state;
	static struct taker t;
	int64_t before;

	new_topic(w, 1);
	open_taker(w, &t, "stuck", KAFKA_OFFSET_BEGINNING);
	t.defer = true;
	TURN_UNTIL(w, t.ends > 0);
	before = clock_mono_ms();
	kafka_consumer_close(t.c, 300);
	assert_true(t.held);
	assert_in_range(clock_mono_ms() - before, 300, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			one_partition_is_read_from_an_offset_to_its_end),
		cmocka_unit_test(marks_become_offsets),
		cmocka_unit_test(a_pause_holds_back_and_loses_nothing),
		cmocka_unit_test(what_is_assigned_while_paused_is_paused),
		cmocka_unit_test(seeking_goes_back_and_on_also_while_paused),
		cmocka_unit_test(offsets_that_are_gone_are_reported),
		cmocka_unit_test(a_group_goes_on_at_what_was_stored),
		cmocka_unit_test(a_start_at_the_end_is_remembered),
		cmocka_unit_test(
			a_partition_added_later_is_read_from_its_beginning),
		cmocka_unit_test(a_group_goes_on_where_its_elder_stood),
		cmocka_unit_test(the_user_may_start_elsewhere),
		cmocka_unit_test(
			a_partition_is_given_up_when_its_owner_says_so),
		cmocka_unit_test(the_user_may_bound_a_fetch),
		cmocka_unit_test(a_member_is_who_it_was_after_its_broker_hung),
		cmocka_unit_test(closing_waits_for_the_owner_but_not_for_ever),
	};

	return cmocka_run_group_tests(tests, start_world, stop_world);
}
