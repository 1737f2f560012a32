/* Producing, and reading a topic whole. */
#include "tests/unit/kafka_world.h"

static void the_loop_serves_delivery_reports(void **state)
{
	struct world *w = *state;
	struct sender s;
	struct error err;
	int64_t end = clock_mono_ms() + WAIT_MS;
	int n = 3000;

	new_topic(w, 2);
	open_sender(w, &s);
	for (int i = 0; i < n; i++)
		assert_true(
			produce(&s,
				&(struct kafka_message){ .topic = w->topic,
							 .partition = -1,
							 .key = STR("key"),
							 .value = STR("value"),
							 .opaque = &s },
				&err));
	assert_int_equal(kafka_producer_in_flight(s.p), n);
	while (s.delivered < n && clock_mono_ms() < end)
		loop_turn(w->loop, 100);
	assert_int_equal(s.delivered, n);
	assert_int_equal(s.called_inside, 0);
	assert_ptr_equal(s.last, &s);
	assert_int_equal(kafka_producer_in_flight(s.p), 0);
	kafka_producer_close(s.p);
}

static void too_large_is_rejected_and_a_full_queue_is_not(void **state)
{
	struct world *w = *state;
	struct sender s;
	struct kafka_producer_config c = sender_config(w, &s);
	struct kafka_message m = { .partition = 0, .key = STR("k") };
	struct error err;
	char *big = xcalloc(1, 200000);

	new_topic(w, 1);
	m.topic = w->topic;
	c.queue_messages = 2;
	c.message_bytes = 100000;
	c.linger_ms = 60000;
	s.p = kafka_producer_open(w->loop, &c, &err);
	assert_non_null(s.p);
	m.value = str_slice(big, 200000);
	assert_false(produce(&s, &m, &err));
	assert_int_equal(err.kind, ERROR_REJECT);
	m.value = str_slice(big, 100000);
	assert_true(produce(&s, &m, &err));
	assert_true(produce(&s, &m, &err));
	assert_false(produce(&s, &m, &err));
	assert_int_equal(err.kind, ERROR_RETRY);
	assert_true(kafka_producer_flush(s.p, WAIT_MS));
	assert_int_equal(s.delivered, 2);
	kafka_producer_close(s.p);
	free(big);
}

static void closing_gives_up_what_is_in_flight(void **state)
{
	struct world *w = *state;
	struct sender s;
	struct kafka_producer_config c = sender_config(w, &s);
	struct error err;

	new_topic(w, 1);
	c.linger_ms = 60000;
	s.p = kafka_producer_open(w->loop, &c, &err);
	assert_non_null(s.p);
	assert_true(produce(&s,
			    &(struct kafka_message){ .topic = w->topic,
						     .key = STR("k"),
						     .value = STR("v") },
			    &err));
	assert_false(kafka_producer_flush(s.p, 0));
	kafka_producer_close(s.p);
	assert_int_equal(s.delivered + s.failed, 0);
}

static void a_property_that_is_wrong_is_named(void **state)
{
	struct world *w = *state;
	static const struct {
		const char *property, *said;
	} row[] = {
		{ "no.such.thing=1", "no.such.thing" },
		{ "linger.ms=soon", "linger.ms" },
		{ "linger.ms", "name=value" },
		{ "=1", "name=value" },
		{ "acks=1", "acks" }, /* not with an idempotent producer */
	};

	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		const char *item = row[i].property;
		struct strings list = { &item, 1 };
		struct sender s;
		struct kafka_producer_config c = sender_config(w, &s);
		struct error err;

		c.options.properties = &list;
		assert_null(kafka_producer_open(w->loop, &c, &err));
		assert_int_equal(err.kind, ERROR_CONFIG);
		if (!strstr(err.text, row[i].said))
			fail_msg("\"%s\": %s", item, err.text);
	}
}

static void properties_of_the_user_win(void **state)
{
	struct world *w = *state;
	const char *item = "message.max.bytes=1000";
	struct strings list = { &item, 1 };
	struct sender s;
	struct kafka_producer_config c = sender_config(w, &s);
	struct error err;
	char value[2000] = { 0 };

	new_topic(w, 1);
	c.options.properties = &list;
	s.p = kafka_producer_open(w->loop, &c, &err);
	assert_non_null(s.p);
	assert_false(produce(&s,
			     &(struct kafka_message){
				     .topic = w->topic,
				     .key = STR("k"),
				     .value = str_slice(value, sizeof(value)) },
			     &err));
	assert_int_equal(err.kind, ERROR_REJECT);
	kafka_producer_close(s.p);
}

/* ---- reading a topic whole ---- */

struct whole {
	int n;
	bool seen[MOST];
	char value[64], header[64], second[64];
	bool tombstone;
	int64_t time_ms;
};

static void on_whole(void *arg, const struct kafka_record *r)
{
	struct whole *all = arg;
	struct str header = STR_NONE;
	struct kafka_header at;
	int64_t number;

	all->n++;
	all->tombstone = !r->value.s;
	all->time_ms = r->time_ms;
	snprintf(all->value, sizeof(all->value), "%.*s", STR_ARG(r->value));
	if (kafka_record_header(r, "tocsin-source", &header))
		snprintf(all->header, sizeof(all->header), "%.*s",
			 STR_ARG(header));
	if (kafka_record_header_at(r, 1, &at))
		snprintf(all->second, sizeof(all->second), "%s", at.name);
	assert_false(kafka_record_header_at(r, 2, &at));
	if (str_to_int64(r->value, 0, MOST - 1, &number)) {
		assert_false(all->seen[number]);
		all->seen[number] = true;
	}
}

static void a_topic_is_read_to_its_end_of_now(void **state)
{
	struct world *w = *state;
	static struct whole all;
	struct error err;

	all = (struct whole){ 0 };
	new_topic(w, 3);
	send_numbers(w, 0, 0, 1000);
	send_numbers(w, 2, 1000, 500);
	if (!kafka_read_topic(&w->options, w->topic, -1, on_whole, &all,
			      WAIT_MS, &err))
		fail_msg("%s", err.text);
	assert_int_equal(all.n, 1500);
	for (int i = 0; i < 1500; i++)
		assert_true(all.seen[i]);
	all = (struct whole){ 0 };
	assert_true(kafka_read_topic(&w->options, w->topic, 2, on_whole, &all,
				     WAIT_MS, &err));
	assert_int_equal(all.n, 500);
	assert_true(kafka_read_topic(&w->options, w->topic, 1, on_whole, &all,
				     WAIT_MS, &err));
	assert_int_equal(all.n, 500);
}

static void headers_keys_times_and_tombstones_survive(void **state)
{
	struct world *w = *state;
	static const struct kafka_header headers[] = {
		{ "tocsin-source", { "old", 3 } },
		{ "tocsin-source", { "00ff:12", 7 } },
	};
	static struct whole all;
	struct kafka_message m = { .key = STR("k"),
				   .headers = headers,
				   .n_headers = ARRAY_LENGTH(headers) };
	struct sender s;
	struct error err;

	all = (struct whole){ 0 };
	new_topic(w, 1);
	m.topic = w->topic;
	open_sender(w, &s);
	assert_true(produce(&s, &m, &err));
	assert_true(kafka_producer_flush(s.p, WAIT_MS));
	kafka_producer_close(s.p);
	assert_true(kafka_read_topic(&w->options, w->topic, 0, on_whole, &all,
				     WAIT_MS, &err));
	assert_int_equal(all.n, 1);
	assert_true(all.tombstone);
	assert_string_equal(all.header, "00ff:12");
	assert_string_equal(all.second, "tocsin-source");
	assert_true(all.time_ms > clock_wall_ms() - 60000);
}

static void partitions_are_counted(void **state)
{
	struct world *w = *state;
	struct error err;
	int n = -1;

	new_topic(w, 7);
	assert_true(kafka_topic_partitions(&w->options, w->topic, &n, WAIT_MS,
					   &err));
	assert_int_equal(n, 7);
}

static void brokers_out_of_reach_are_an_error_in_time(void **state)
{
	struct kafka_options nowhere = { .brokers = "127.0.0.1:1",
					 .client_id = "test" };
	int64_t before = clock_mono_ms();
	struct error err;
	int n;

	(void)state;
	assert_false(kafka_topic_partitions(&nowhere, "t", &n, 500, &err));
	assert_int_equal(err.kind, ERROR_RETRY);
	assert_false(
		kafka_read_topic(&nowhere, "t", -1, NULL, NULL, 500, &err));
	assert_true(clock_mono_ms() - before < 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_loop_serves_delivery_reports),
		cmocka_unit_test(too_large_is_rejected_and_a_full_queue_is_not),
		cmocka_unit_test(closing_gives_up_what_is_in_flight),
		cmocka_unit_test(a_property_that_is_wrong_is_named),
		cmocka_unit_test(properties_of_the_user_win),
		cmocka_unit_test(a_topic_is_read_to_its_end_of_now),
		cmocka_unit_test(headers_keys_times_and_tombstones_survive),
		cmocka_unit_test(partitions_are_counted),
		cmocka_unit_test(brokers_out_of_reach_are_an_error_in_time),
	};

	return cmocka_run_group_tests(tests, start_world, stop_world);
}
