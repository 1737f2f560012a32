#include "alert/notify/mute.h"
#include "core/zone.h"
#include "tests/unit/test_support.h"

#include <time.h>

#include "event/time.h"

static struct mute *read(const char *text, struct problems *problems,
			 struct conf **conf)
{
	struct error err = { 0 };

	*conf = conf_read_text("t.conf", text, &err);
	if (!*conf)
		fail_msg("%s", err.text);
	return mute_read(conf_get(*conf, "mute_times"), problems);
}

static int64_t ms_of(const char *text)
{
	struct time_read t;

	assert_true(time_parse_any(str_of(text), &t));
	return t.ns / 1000000;
}

static const struct interval_case {
	const char *interval, *time;
	bool holds;
} cases[] = {
	/* 2026-11-23 is a Monday */
	{ "", "2026-11-23T09:00:00Z", true },
	{ "times = [\"09:00-17:00\"];", "2026-11-23T09:00:00Z", true },
	{ "times = [\"09:00-17:00\"];", "2026-11-23T08:59:59.999Z", false },
	{ "times = [\"09:00-17:00\"];", "2026-11-23T16:59:59.999Z", true },
	{ "times = [\"09:00-17:00\"];", "2026-11-23T17:00:00Z", false },
	{ "times = [\"00:00-01:00\", \"23:00-24:00\"];", "2026-11-23T23:59:59Z",
	  true },
	{ "weekdays = [\"monday:friday\"];", "2026-11-23T09:00:00Z", true },
	{ "weekdays = [\"Monday\"];", "2026-11-23T09:00:00Z", true },
	{ "weekdays = [\"saturday\", \"sunday\"];", "2026-11-23T09:00:00Z",
	  false },
	{ "weekdays = [\"sunday\"];", "2026-11-22T09:00:00Z", true },
	{ "days_of_month = [\"1:5\"];", "2026-11-05T09:00:00Z", true },
	{ "days_of_month = [\"1:5\"];", "2026-11-06T09:00:00Z", false },
	{ "days_of_month = [\"-1\"];", "2026-11-30T09:00:00Z", true },
	{ "days_of_month = [\"-1\"];", "2026-12-30T09:00:00Z", false },
	{ "days_of_month = [\"-3:-1\"];", "2028-02-27T09:00:00Z", true },
	{ "days_of_month = [\"-3:-1\"];", "2028-02-26T09:00:00Z", false },
	{ "days_of_month = [\"20:-1\"];", "2026-11-23T09:00:00Z", true },
	{ "days_of_month = [\"31\"];", "2026-11-30T09:00:00Z", false },
	{ "months = [\"november\"];", "2026-11-23T09:00:00Z", true },
	{ "months = [\"1:3\"];", "2026-11-23T09:00:00Z", false },
	{ "months = [\"january:march\", \"11\"];", "2026-11-23T09:00:00Z",
	  true },
	{ "years = [\"2026:2028\"];", "2026-11-23T09:00:00Z", true },
	{ "years = [\"2027\"];", "2026-11-23T09:00:00Z", false },
	/* all that is said must hold */
	{ "weekdays = [\"monday\"]; times = [\"09:00-10:00\"];",
	  "2026-11-23T10:00:00Z", false },
	/* the zone decides the day as well as the hour */
	{ "location = \"Europe/Berlin\"; times = [\"09:00-10:00\"];",
	  "2026-11-23T08:30:00Z", true },
	{ "location = \"Europe/Berlin\"; times = [\"09:00-10:00\"];",
	  "2026-07-23T08:30:00Z", false },
	{ "location = \"Europe/Berlin\"; times = [\"09:00-10:00\"];",
	  "2026-07-23T07:30:00Z", true },
	{ "location = \"Asia/Tokyo\"; weekdays = [\"tuesday\"];",
	  "2026-11-23T15:00:00Z", true },
	{ "location = \"America/New_York\"; weekdays = [\"sunday\"];",
	  "2026-11-23T04:59:59Z", true },
};

static void an_interval_holds_what_the_calendar_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct problems problems = { 0 };
		struct buf text = { 0 };
		struct conf *conf;
		struct mute *m;

		buf_add_format(&text,
			       "mute_times = ( { name = \"m\"; intervals = ( { "
			       "%s } ); } );",
			       cases[i].interval);
		m = read(buf_text(&text), &problems, &conf);
		if (problems.n > 0)
			fail_msg("%s: %s", cases[i].interval,
				 problems.item[0].text);
		if (mute_holds(m, "m", ms_of(cases[i].time)) != cases[i].holds)
			fail_msg("%s at %s", cases[i].interval, cases[i].time);
		assert_false(mute_holds(m, "x", ms_of(cases[i].time)));
		mute_close(m);
		conf_free(conf);
		buf_release(&text);
		problems_release(&problems);
	}
}

static void what_is_no_interval_is_refused(void **state)
{
	static const char *const table[] = {
		"times = [\"9:00-17:00\"];",
		"times = [\"17:00-09:00\"];",
		"times = [\"09:00\"];",
		"times = [\"09:00-24:01\"];",
		"times = [\"09:00-17:60\"];",
		"weekdays = [\"mon\"];",
		"weekdays = [\"friday:monday\"];",
		"weekdays = [\"1\"];",
		"days_of_month = [\"0\"];",
		"days_of_month = [\"5:1\"];",
		"days_of_month = [\"-1:5\"];",
		"days_of_month = [\"32\"];",
		"months = [\"13\"];",
		"months = [\"\"];",
		"years = [\"2028:2026\"];",
		"location = \"Europe/Atlantis\";",
		"location = \"../../../etc/passwd\";",
		"location = \"/etc/localtime\";",
		"wekdays = [\"monday\"];",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct problems problems = { 0 };
		struct buf text = { 0 };
		struct conf *conf;

		buf_add_format(&text,
			       "mute_times = ( { name = \"m\"; intervals = ( { "
			       "%s } ); } );",
			       table[i]);
		mute_close(read(buf_text(&text), &problems, &conf));
		if (problems.errors != 1)
			fail_msg("%s: %zu errors", table[i], problems.errors);
		conf_free(conf);
		buf_release(&text);
		problems_release(&problems);
	}
}

static void a_route_may_only_name_what_there_is(void **state)
{
	struct problems problems = { 0 };
	struct conf *conf;
	struct mute *m = read(
		"mute_times = ( { name = \"m\"; intervals = ( { } ); } );\n"
		"route = { mute_times = [\"m\"]; routes = (\n"
		"  { mute_times = [\"x\"]; } ); };",
		&problems, &conf);

	(void)state;
	mute_check_routes(m, conf_get(conf, "route"), &problems);
	assert_int_equal(problems.errors, 1);
	assert_int_equal(problems.item[0].line, 3);
	mute_close(m);
	conf_free(conf);
	problems_release(&problems);
}

/* Every zone reads as the C library reads it, from 1950 to 2150: in steps of
 * some weeks, and around each change. */
static void a_zone_is_what_the_c_library_says(void **state)
{
	static const char *const names[] = {
		"Europe/Berlin",       "America/New_York",  "Asia/Kolkata",
		"Australia/Lord_Howe", "Europe/Dublin",     "America/Sao_Paulo",
		"Asia/Tokyo",          "Africa/Casablanca", "Pacific/Apia",
		"Asia/Kathmandu",      "America/St_Johns",  "Etc/GMT+7",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		struct error err = { 0 };
		struct zone *z = zone_open(names[i], &err);

		if (!z)
			fail_msg("%s", err.text);
		setenv("TZ", names[i], 1);
		tzset();
		for (time_t t = -631152000; t < 5680281600; t += 1000003) {
			struct tm tm;

			assert_non_null(localtime_r(&t, &tm));
			if (zone_offset_s(z, t) != tm.tm_gmtoff)
				fail_msg("%s at %lld: %lld, not %ld", names[i],
					 (long long)t,
					 (long long)zone_offset_s(z, t),
					 tm.tm_gmtoff);
		}
		zone_close(z);
	}
}

static void the_rule_after_the_last_change_turns_to_the_second(void **state)
{
	struct error err = { 0 };
	struct zone *z = zone_open("Europe/Berlin", &err);
	int64_t spring = ms_of("2090-03-26T01:00:00Z") / 1000;
	int64_t autumn = ms_of("2090-10-29T01:00:00Z") / 1000;

	(void)state;
	assert_non_null(z);
	assert_int_equal(zone_offset_s(z, spring - 1), 3600);
	assert_int_equal(zone_offset_s(z, spring), 7200);
	assert_int_equal(zone_offset_s(z, autumn - 1), 7200);
	assert_int_equal(zone_offset_s(z, autumn), 3600);
	zone_close(z);
}

static void a_broken_zone_file_is_refused(void **state)
{
	static char big[100000];
	FILE *f = fopen("/usr/share/zoneinfo/Europe/Berlin", "re");
	struct error err;
	size_t n;

	(void)state;
	assert_non_null(f);
	n = fread(big, 1, sizeof(big), f);
	fclose(f);
	for (size_t cut = 0; cut < n; cut++) {
		char *copy = str_dup(str_slice(big, cut));

		assert_null(zone_read(str_slice(copy, cut), &err));
		free(copy);
	}
	for (size_t at = 0; at < n && at < 3000; at++) {
		char before = big[at];
		struct zone *z;

		big[at] = (char)~before;
		z = zone_read(str_slice(big, n), &err);
		if (z)
			zone_offset_s(z, 4000000000);
		zone_close(z);
		big[at] = before;
	}
}

static void a_date_is_what_the_c_library_says(void **state)
{
	(void)state;
	for (time_t t = -100000000000; t < 100000000000; t += 77777771) {
		struct tm tm;
		struct date d;

		assert_non_null(gmtime_r(&t, &tm));
		date_of(t, &d);
		assert_int_equal(d.year, tm.tm_year + 1900);
		assert_int_equal(d.month, tm.tm_mon + 1);
		assert_int_equal(d.day, tm.tm_mday);
		assert_int_equal(d.weekday, tm.tm_wday);
		assert_int_equal(d.second, tm.tm_hour * 3600 + tm.tm_min * 60 +
						   tm.tm_sec);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interval_holds_what_the_calendar_says),
		cmocka_unit_test(what_is_no_interval_is_refused),
		cmocka_unit_test(a_route_may_only_name_what_there_is),
		cmocka_unit_test(a_zone_is_what_the_c_library_says),
		cmocka_unit_test(
			the_rule_after_the_last_change_turns_to_the_second),
		cmocka_unit_test(a_broken_zone_file_is_refused),
		cmocka_unit_test(a_date_is_what_the_c_library_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
