/* test_envelope.c - envelopes there and back, and bytes that are none */
#include "tests/unit/test_support.h"

#include "alert/match/envelope.h"

static void write_some(struct buf *out)
{
	static const uint64_t series[] = { 3, 7, UINT64_MAX };
	const struct str values[] = { STR("A"), STR(""), STR("A") };
	struct envelope_writer writer = { 0 };
	struct envelope_entry entry = {
		.series = 7,
		.offset = 1000,
		.record_ms = 1764000000123,
		.time_ns = 1764000000122999999,
		.value = values,
		.n_values = 3,
		.sample = STR("{\"Title\":\"X\"}"),
	};
	const struct envelope_head head = {
		.logs_partition = 2,
		.logs_partitions = 12,
		.first = 990,
		.next = 1003,
		.fresh = true,
		.time_ms = 1764000000456,
		.announces = true,
		.series = series,
		.n_series = 3,
	};

	envelope_begin(&writer, 990);
	envelope_add(&writer, &entry);
	entry.series = 3;
	entry.offset = 1002;
	entry.record_ms -= 5000;
	entry.time_ns = entry.record_ms * 1000000;
	entry.n_values = 0;
	entry.sample = STR_NONE;
	entry.field = STR("");
	envelope_add(&writer, &entry);
	envelope_write(&writer, &head, out);
	envelope_writer_release(&writer);
}

static void what_is_written_is_read(void **state)
{
	struct buf AUTO(buf_release) bytes = { 0 };
	struct envelope e;
	struct envelope_entry entry;
	struct error err;

	(void)state;
	write_some(&bytes);
	assert_true(envelope_read(&e, buf_str(&bytes), &err));
	assert_int_equal(e.head.logs_partition, 2);
	assert_int_equal(e.head.logs_partitions, 12);
	assert_int_equal(e.head.first, 990);
	assert_int_equal(e.head.next, 1003);
	assert_true(e.head.fresh);
	assert_int_equal(e.head.time_ms, 1764000000456);
	assert_true(e.head.announces);
	assert_int_equal(e.head.n_series, 3);
	assert_true(e.head.series[2] == UINT64_MAX);
	assert_true(envelope_next(&e, &entry));
	assert_int_equal(entry.offset, 1000);
	assert_int_equal(entry.record_ms, 1764000000123);
	assert_int_equal(entry.time_ns, 1764000000122999999);
	assert_int_equal(entry.n_values, 3);
	assert_str(entry.value[0], "A");
	assert_str(entry.value[1], "");
	assert_str(entry.sample, "{\"Title\":\"X\"}");
	assert_null(entry.field.s);
	assert_true(envelope_next(&e, &entry));
	assert_int_equal(entry.series, 3);
	assert_int_equal(entry.record_ms, 1763999995123);
	assert_int_equal(entry.time_ns, 1763999995123000000);
	assert_null(entry.sample.s);
	assert_non_null(entry.field.s);
	assert_int_equal(entry.field.n, 0);
	assert_false(envelope_next(&e, &entry));
	envelope_release(&e);
}

static void an_envelope_without_entries_tells_time_alone(void **state)
{
	struct buf AUTO(buf_release) bytes = { 0 };
	struct envelope_writer writer = { 0 };
	const struct envelope_head head = {
		.logs_partitions = 1, .first = 5, .next = 5, .time_ms = 99
	};
	struct envelope e;
	struct envelope_entry entry;
	struct error err;

	(void)state;
	envelope_begin(&writer, 5);
	envelope_write(&writer, &head, &bytes);
	envelope_writer_release(&writer);
	assert_true(envelope_read(&e, buf_str(&bytes), &err));
	assert_int_equal(e.head.next, 5);
	assert_false(e.head.announces);
	assert_false(e.head.fresh);
	assert_false(envelope_next(&e, &entry));
	envelope_release(&e);
}

static void every_cut_is_refused(void **state)
{
	struct buf AUTO(buf_release) bytes = { 0 };
	struct envelope e;
	struct error err;

	(void)state;
	write_some(&bytes);
	for (size_t n = 0; n < bytes.n; n++) {
		/* In memory of its own, so that a sanitizer sees the end. */
		char *cut = str_dup(str_slice(bytes.p, n));
		assert_false(envelope_read(&e, str_slice(cut, n), &err));
		assert_int_equal(err.kind, ERROR_REJECT);
		envelope_release(&e);
		free(cut);
	}
	buf_add_char(&bytes, 0);
	assert_false(envelope_read(&e, buf_str(&bytes), &err));
	envelope_release(&e);
}

static void a_changed_byte_never_leads_astray(void **state)
{
	struct buf AUTO(buf_release) bytes = { 0 };
	struct envelope e;
	struct envelope_entry entry;
	struct error err;

	(void)state;
	write_some(&bytes);
	for (size_t i = 0; i < bytes.n; i++) {
		char was = bytes.p[i];
		for (int change = 1; change < 256; change++) {
			bytes.p[i] = (char)(was ^ change);
			if (envelope_read(&e, buf_str(&bytes), &err)) {
				size_t n = 0;
				while (envelope_next(&e, &entry))
					n++;
				assert_int_equal(n, e.n_entries);
			}
			envelope_release(&e);
		}
		bytes.p[i] = was;
	}
}

static void a_group_always_lies_on_one_partition(void **state)
{
	const struct str a[] = { STR("A"), STR("B") };
	const struct str b[] = { STR("AB"), STR("") };
	int used[12] = { 0 };
	size_t n_used = 0;

	(void)state;
	assert_int_equal(envelope_partition(7, a, 2, 12),
			 envelope_partition(7, a, 2, 12));
	for (uint64_t series = 0; series < 100; series++) {
		used[envelope_partition(series, a, 2, 12)]++;
		used[envelope_partition(series, b, 2, 12)]++;
	}
	for (size_t i = 0; i < 12; i++)
		n_used += used[i] > 0;
	assert_int_equal(n_used, 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(an_envelope_without_entries_tells_time_alone),
		cmocka_unit_test(every_cut_is_refused),
		cmocka_unit_test(a_changed_byte_never_leads_astray),
		cmocka_unit_test(a_group_always_lies_on_one_partition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
