/* test_time.c - reading and writing the times of events */
#include "event/time.h"

#include "tests/unit/test_support.h"

/* 2026-11-23T09:00:00Z */
#define NINE (INT64_C(1795424400) * TIME_SECOND)

static const struct {
	const char *text;
	int64_t ns;
} normal[] = {
	{ "2026-11-23T09:00:00Z", NINE },
	{ "2026-11-23T09:00:00.5Z", NINE + TIME_SECOND / 2 },
	{ "2026-11-23T09:00:00.000000001Z", NINE + 1 },
	{ "1970-01-01T00:00:00Z", 0 },
	{ "1969-12-31T23:59:59.999999999Z", -1 },
	{ "2024-02-29T00:00:00Z", INT64_C(1709164800) * TIME_SECOND },
	{ "2000-02-29T23:59:59Z", INT64_C(951868799) * TIME_SECOND },
	{ "1678-01-01T00:00:00Z", INT64_C(-106650) * TIME_DAY },
	{ "2261-12-31T23:59:59.999999999Z", INT64_C(106651) * TIME_DAY - 1 },
};

static const char *const not_normal[] = {
	"",
	"2026-11-23",
	"2026-11-23T09:00:00",
	"2026-11-23T09:00:00z",
	"2026-11-23t09:00:00Z",
	"2026-11-23 09:00:00Z",
	"2026-11-23T09:00:00+00:00",
	"2026-11-23T09:00:00.Z",
	"2026-11-23T09:00:00,5Z",
	"2026-11-23T09:00:00.1234567890Z",
	"2026-11-23T09:00:60Z",
	"2026-11-23T09:60:00Z",
	"2026-11-23T24:00:00Z",
	"2026-11-31T09:00:00Z",
	"2026-02-29T09:00:00Z",
	"1900-02-29T09:00:00Z",
	"2026-00-23T09:00:00Z",
	"2026-13-23T09:00:00Z",
	"2026-11-00T09:00:00Z",
	"1677-12-31T00:00:00Z",
	"2262-01-01T00:00:00Z",
	"0000-01-01T00:00:00Z",
	"2026-11-23T09:00:00Z ",
	" 2026-11-23T09:00:00Z",
	"2026-11-23T09:00:0\xc2Z",
};

static void normal_form_is_read_exactly(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(normal); i++) {
		int64_t ns = 7;
		assert_true(time_parse_normal(str_of(normal[i].text), &ns));
		assert_int_equal(ns, normal[i].ns);
	}
}

static void what_is_not_normal_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(not_normal); i++) {
		int64_t ns = 7;
		assert_false(time_parse_normal(str_of(not_normal[i]), &ns));
		assert_int_equal(ns, 7);
	}
}

/* Any spelling, and its normal form; NULL: unreadable. */
static const struct {
	const char *text;
	const char *normal;
} spellings[] = {
	{ "2026-11-23T09:00:00Z", "2026-11-23T09:00:00Z" },
	{ "2026-11-23T09:00:00.120Z", "2026-11-23T09:00:00.120Z" },
	{ "2026-11-23t09:00:00z", "2026-11-23T09:00:00Z" },
	{ "2026-11-23 09:00:00", "2026-11-23T09:00:00Z" },
	{ "2026-11-23 09:00:00,123", "2026-11-23T09:00:00.123Z" },
	{ "  2026-11-23T09:00:00.1 ", "2026-11-23T09:00:00.1Z" },
	{ "2026-11-23T09:00:00+01:00", "2026-11-23T08:00:00Z" },
	{ "2026-11-23T09:00:00.25-05:30", "2026-11-23T14:30:00.25Z" },
	{ "2026-11-23T09:00:00+0100", "2026-11-23T08:00:00Z" },
	{ "2026-11-23T09:00:00-05", "2026-11-23T14:00:00Z" },
	{ "2026-11-23T09:00:00-00:00", "2026-11-23T09:00:00Z" },
	{ "2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z" },
	{ "2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z" },
	{ "2026-12-31T23:59:60.5Z", "2027-01-01T00:00:00.5Z" },
	{ "2026-11-23T09:00:00.1234567899Z", "2026-11-23T09:00:00.123456789Z" },
	{ "1795424400", "2026-11-23T09:00:00Z" },
	{ "1795424400.5", "2026-11-23T09:00:00.5Z" },
	{ "1795424400123", "2026-11-23T09:00:00.123Z" },
	{ "1795424400123.4567", "2026-11-23T09:00:00.1234567Z" },
	{ "1795424400123456", "2026-11-23T09:00:00.123456Z" },
	{ "1795424400123456789", "2026-11-23T09:00:00.123456789Z" },
	{ "1795424400000", "2026-11-23T09:00:00.000Z" },
	{ "1.7954244e9", "2026-11-23T09:00:00Z" },
	{ "1.7954244001E+9", "2026-11-23T09:00:00.1Z" },
	{ "17954244000e-1", "2026-11-23T09:00:00.0Z" },
	{ "1.7954244e12", "2026-11-23T09:00:00.000Z" },
	{ "0", "1970-01-01T00:00:00Z" },
	{ "0.25", "1970-01-01T00:00:00.25Z" },
	{ "0.0025", "1970-01-01T00:00:00.0025Z" },
	{ "-1.5", "1969-12-31T23:59:58.5Z" },
	{ "1e-900", "1970-01-01T00:00:00.000000000Z" },
	{ "", NULL },
	{ "yesterday", NULL },
	{ "2026-11-23", NULL },
	{ "2026-11-23T09:00", NULL },
	{ "2026-11-23T09:00:00.", NULL },
	{ "2026-11-23T09:00:61Z", NULL },
	{ "2026-02-30T09:00:00Z", NULL },
	{ "2026-11-23T09:00:00+24:00", NULL },
	{ "2026-11-23T09:00:00+1:00", NULL },
	{ "2026-11-23T09:00:00 UTC", NULL },
	{ "1678-01-01T00:00:00+01:00", NULL },
	{ "2261-12-31T23:59:60Z", NULL },
	{ "99999999999", NULL },
	{ "99999999999999999999", NULL },
	{ "1e400", NULL },
	{ "1e99999999999", NULL },
	{ "1e", NULL },
	{ "-", NULL },
	{ "1.", NULL },
	{ "0x10", NULL },
};

static void any_spelling_gets_its_normal_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(spellings); i++) {
		struct time_read time = { 7, 7 };
		char out[TIME_TEXT_BYTES + 1] = "";
		bool read = time_parse_any(str_of(spellings[i].text), &time);
		assert_int_equal(read, spellings[i].normal != NULL);
		if (!read) {
			assert_int_equal(time.ns, 7);
			continue;
		}
		out[time_format(time.ns, time.digits, out)] = '\0';
		assert_string_equal(out, spellings[i].normal);
	}
}

static void every_day_is_written_and_read(void **state)
{
	(void)state;
	for (int64_t day = -106650; day < 106651; day++) {
		char text[TIME_TEXT_BYTES];
		int64_t ns = day * TIME_DAY + day % 86400 * 1000001, back;
		size_t n = time_format(ns, 9, text);
		if (ns < -106650 * TIME_DAY)
			continue;
		assert_true(time_parse_normal(str_slice(text, n), &back));
		assert_int_equal(back, ns);
	}
}

static void digits_are_cut_not_rounded(void **state)
{
	static const char *const want[] = {
		"2026-11-23T09:00:00Z",
		"2026-11-23T09:00:00.9Z",
		"2026-11-23T09:00:00.99Z",
		"2026-11-23T09:00:00.999Z",
	};
	char out[TIME_TEXT_BYTES + 1] = "";

	(void)state;
	for (unsigned digits = 0; digits < ARRAY_LENGTH(want); digits++) {
		out[time_format(NINE + 999999999, digits, out)] = '\0';
		assert_string_equal(out, want[digits]);
	}
}

static void digits_show_all_of_a_time(void **state)
{
	(void)state;
	assert_int_equal(time_digits(NINE), 3);
	assert_int_equal(time_digits(NINE + 1000000), 3);
	assert_int_equal(time_digits(NINE + 1000), 6);
	assert_int_equal(time_digits(NINE + 1), 9);
}

static void a_day_is_the_utc_day(void **state)
{
	static const struct {
		int64_t ns;
		const char *day;
	} days[] = {
		{ NINE, "2026.11.23" },
		{ NINE + 15 * 3600 * TIME_SECOND - 1, "2026.11.23" },
		{ NINE + 15 * 3600 * TIME_SECOND, "2026.11.24" },
		{ -1, "1969.12.31" },
		{ INT64_MIN, "1678.01.01" },
		{ INT64_MAX, "2261.12.31" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(days); i++) {
		char out[TIME_DAY_BYTES + 1] = "";
		time_format_day(days[i].ns, out);
		assert_string_equal(out, days[i].day);
	}
}

static void bounds_are_400_days_back_and_one_ahead(void **state)
{
	(void)state;
	assert_true(time_in_bounds(NINE, NINE));
	assert_true(time_in_bounds(NINE - 400 * TIME_DAY, NINE));
	assert_false(time_in_bounds(NINE - 400 * TIME_DAY - 1, NINE));
	assert_true(time_in_bounds(NINE + TIME_DAY, NINE));
	assert_false(time_in_bounds(NINE + TIME_DAY + 1, NINE));
	assert_false(time_in_bounds(INT64_MIN + 1, INT64_MAX));
	assert_false(time_in_bounds(INT64_MAX, INT64_MIN + 1));
	assert_true(time_in_bounds(INT64_MAX, TIME_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(normal_form_is_read_exactly),
		cmocka_unit_test(what_is_not_normal_is_refused),
		cmocka_unit_test(any_spelling_gets_its_normal_form),
		cmocka_unit_test(every_day_is_written_and_read),
		cmocka_unit_test(digits_are_cut_not_rounded),
		cmocka_unit_test(digits_show_all_of_a_time),
		cmocka_unit_test(a_day_is_the_utc_day),
		cmocka_unit_test(bounds_are_400_days_back_and_one_ahead),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
