#include "ingest/index/batch.h"
#include "tests/unit/test_support.h"

static struct batch *make(size_t n)
{
	struct batch *b = batch_open(0);

	for (size_t i = 0; i < n; i++) {
		struct kafka_record record = { .offset = (int64_t)i };
		size_t at = b->body.n;

		buf_add_format(&b->body, "<%zu>", i);
		batch_add(b, NULL, &record, at);
	}
	return b;
}

static void assert_body(const struct batch *b, const char *wanted)
{
	size_t at = 0;

	assert_str(buf_str(&b->body), wanted);
	for (size_t i = 0; i < b->n; i++) {
		assert_int_equal(b->item[i].at, at);
		at += b->item[i].n;
	}
	assert_int_equal(at, b->body.n);
}

static void halves_hold_all_in_order(void **state)
{
	struct batch *first = make(5);
	struct batch *second = batch_split(first);

	(void)state;
	assert_body(first, "<0><1><2>");
	assert_body(second, "<3><4>");
	assert_int_equal(second->item[0].record.offset, 3);
	batch_close(first);
	batch_close(second);
}

static void both_halves_hold_something(void **state)
{
	(void)state;
	for (size_t large = 0; large < 2; large++) {
		struct batch *b = batch_open(0);
		struct kafka_record record = { 0 };
		struct batch *second;

		for (size_t i = 0; i < 2; i++) {
			size_t at = b->body.n;

			buf_add_text(&b->body,
				     i == large ? "a very long one" : "x");
			batch_add(b, NULL, &record, at);
		}
		second = batch_split(b);
		assert_int_equal(b->n, 1);
		assert_int_equal(second->n, 1);
		batch_close(b);
		batch_close(second);
	}
}

static void moved_documents_take_their_bytes_along(void **state)
{
	struct batch *from = make(4);
	struct batch *to = make(1);

	(void)state;
	batch_move(to, from, 2);
	batch_move(to, from, 0);
	assert_body(to, "<0><2><0>");
	assert_int_equal(to->item[1].record.offset, 2);
	batch_close(from);
	batch_close(to);
}

static bool is_even(void *arg, const struct item *item)
{
	(void)arg;
	return item->record.offset % 2 == 0;
}

static void sum(void *arg, struct item *item)
{
	*(int64_t *)arg += item->record.offset;
}

static void a_filter_drops_what_it_does_not_keep(void **state)
{
	struct batch *b = make(6);
	int64_t dropped = 0;

	(void)state;
	batch_filter(b, is_even, sum, &dropped);
	assert_body(b, "<0><2><4>");
	assert_int_equal(dropped, 1 + 3 + 5);
	batch_close(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(halves_hold_all_in_order),
		cmocka_unit_test(both_halves_hold_something),
		cmocka_unit_test(moved_documents_take_their_bytes_along),
		cmocka_unit_test(a_filter_drops_what_it_does_not_keep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
