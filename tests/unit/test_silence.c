#include "alert/notify/silence.h"
#include "tests/unit/test_support.h"

static void set(struct labels *l, const char *name, const char *value)
{
	labels_set(l, str_of(name), str_of(value));
}

static void matchers_read_as_alertmanagers_do(void **state)
{
	static const struct {
		const char *text;
		const char *written; /* NULL: refused */
		bool holds;          /* on {service="A", team="web ops"} */
	} table[] = {
		{ "service=A", "{service=\"A\"}", true },
		{ "service=\"A\"", "{service=\"A\"}", true },
		{ " service = A ", "{service=\"A\"}", true },
		{ "service!=A", "{service!=\"A\"}", false },
		{ "service=~A|B", "{service=~\"A|B\"}", true },
		{ "service=~B|C", "{service=~\"B|C\"}", false },
		{ "service!~B.*", "{service!~\"B.*\"}", true },
		/* anchored on both ends, also over alternatives */
		{ "team=~web", "{team=~\"web\"}", false },
		{ "team=~ops", "{team=~\"ops\"}", false },
		{ "team=~x|web", "{team=~\"x|web\"}", false },
		{ "team=~web.*", "{team=~\"web.*\"}", true },
		{ "team=web ops", "{team=\"web ops\"}", true },
		/* an absent label reads as "" */
		{ "other=", "{other=\"\"}", true },
		{ "other=\"\"", "{other=\"\"}", true },
		{ "other!=x", "{other!=\"x\"}", true },
		{ "other=~.*", "{other=~\".*\"}", true },
		{ "other=~.+", "{other=~\".+\"}", false },
		{ "service!=\"\"", "{service!=\"\"}", true },
		{ "{service=A, team=~\"web.*\"}",
		  "{service=\"A\", team=~\"web.*\"}", true },
		{ "{service=A,team=x,}", "{service=\"A\", team=\"x\"}", false },
		{ "{service=~A{1,2},team=~w.*}",
		  "{service=~\"A{1,2}\", team=~\"w.*\"}", true },
		{ "{}", "{}", true },
		{ "a.b=\"x\\\"y\\\\z\\n\"", "{a.b=\"x\\\"y\\\\z\\n\"}", false },
		{ "service", NULL, false },
		{ "=A", NULL, false },
		{ "service=~(", NULL, false },
		{ "service!A", NULL, false },
		{ "service=\"A", NULL, false },
		{ "service=\"A\" x", NULL, false },
		{ "{service=A", NULL, false },
		{ "{service=A} x", NULL, false },
		{ "service=\xff", NULL, false },
		{ "", NULL, false },
	};
	struct labels labels = { 0 };

	(void)state;
	set(&labels, "service", "A");
	set(&labels, "team", "web ops");
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct matchers m = { 0 };
		struct buf text = { 0 };
		struct error err;
		bool ok = matchers_parse(&m, str_of(table[i].text), &err);

		if (ok != (table[i].written != NULL))
			fail_msg("\"%s\" was %s", table[i].text,
				 ok ? "taken" : err.text);
		if (ok) {
			matchers_text(&m, &text);
			assert_string_equal(buf_text(&text), table[i].written);
			if (matchers_hold(&m, &labels) != table[i].holds)
				fail_msg("\"%s\" judged wrongly",
					 table[i].text);
		}
		buf_release(&text);
		matchers_release(&m);
	}
	labels_release(&labels);
}

static void a_regex_that_would_never_end_does_not_match(void **state)
{
	struct labels labels = { 0 };
	struct matchers m = { 0 };
	struct buf text = { 0 };
	struct error err;

	(void)state;
	for (int i = 0; i < 5000; i++)
		buf_add_char(&text, 'a');
	buf_add_char(&text, '!');
	set(&labels, "a", buf_text(&text));
	assert_true(matchers_parse(&m, STR("a=~(a+a*)+b"), &err));
	assert_false(matchers_hold(&m, &labels));
	buf_release(&text);
	matchers_release(&m);
	labels_release(&labels);
}

static const char post[] =
	"{\"matchers\":[{\"name\":\"service\",\"value\":\"A\",\"isRegex\":"
	"false}],\"startsAt\":\"1970-01-01T00:01:00Z\",\"endsAt\":"
	"\"1970-01-01T00:03:20.000Z\",\"createdBy\":\"x\",\"comment\":"
	"\"y \\\"z\\\"\"}";

static void a_silence_survives_its_json(void **state)
{
	struct silence s, again;
	struct buf json = { 0 }, twice = { 0 };
	struct error err;

	(void)state;
	assert_true(silence_decode(str_of(post), &s, &err));
	assert_int_equal(s.starts_ms, 60000);
	assert_int_equal(s.ends_ms, 200000);
	assert_false(s.matchers.item[0].negative);
	silence_name(&s);
	assert_int_equal(strlen(s.id), SILENCE_ID_BYTES);
	assert_int_equal(s.id[14], '4');
	silence_encode(&s, &json);
	assert_true(silence_decode(buf_str(&json), &again, &err));
	silence_encode(&again, &twice);
	assert_string_equal(buf_text(&json), buf_text(&twice));
	assert_string_equal(again.comment, "y \"z\"");
	silence_release(&s);
	silence_release(&again);
	buf_release(&json);
	buf_release(&twice);
}

static void what_is_no_silence_is_refused(void **state)
{
	static const char *const table[] = {
		"",
		"null",
		"[]",
		"{",
		"{}",
		"{\"matchers\":{}}",
		"{\"matchers\":[1],\"startsAt\":\"1970-01-01T00:01:00Z\","
		"\"endsAt\":\"1970-01-01T00:01:00Z\"}",
		"{\"matchers\":[],\"startsAt\":\"now\",\"endsAt\":"
		"\"1970-01-01T00:01:00Z\"}",
		"{\"matchers\":[],\"startsAt\":\"1970-01-01T00:01:00Z\"}",
		"{\"matchers\":[{\"name\":\"a\",\"value\":\"(\",\"isRegex\":"
		"true}],\"startsAt\":\"1970-01-01T00:01:00Z\",\"endsAt\":"
		"\"1970-01-01T00:01:00Z\"}",
		"{\"id\":\"../../x\",\"matchers\":[],\"startsAt\":"
		"\"1970-01-01T00:01:00Z\",\"endsAt\":\"1970-01-01T00:01:00Z\"}",
	};
	struct error err;
	struct silence s;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		if (silence_decode(str_of(table[i]), &s, &err))
			fail_msg("taken: %s", table[i]);
}

static void an_end_for_ever_is_the_last_time_that_can_be_told(void **state)
{
	static const struct {
		const char *end; /* "" is no time */
		int64_t ms;      /* 0: refused */
	} table[] = {
		{ "2261-12-31T23:59:59.999Z", SILENCE_LAST_MS },
		{ "2262-01-01T00:00:00Z", SILENCE_LAST_MS },
		{ "2261-12-31T23:59:59-05:00", SILENCE_LAST_MS },
		{ "9999-12-31T23:59:59.999999999Z", SILENCE_LAST_MS },
		{ "2264-02-29T00:00:00+02:00", SILENCE_LAST_MS },
		{ "2263-02-29T00:00:00Z", 0 },
		{ "2300-13-01T00:00:00Z", 0 },
		{ "2300-01", 0 },
		{ "22x0-01-01T00:00:00Z", 0 },
		{ "0001-01-01T00:00:00Z", 0 },
		{ "", 0 },
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct buf AUTO(buf_release) json = { 0 };
		struct silence s;
		bool taken;

		buf_add_format(&json,
			       "{\"matchers\":[],\"startsAt\":\"2026-11-23T09:"
			       "00:00Z\",\"endsAt\":\"%s\"}",
			       table[i].end);
		taken = silence_decode(buf_str(&json), &s, &err);
		if (taken != (table[i].ms > 0))
			fail_msg("%s", table[i].end);
		assert_int_equal(s.ends_ms, table[i].ms);
		if (!taken)
			assert_non_null(strstr(err.text, "1678 to 2261"));
		buf_clear(&json);
		silence_encode(&s, &json);
		if (table[i].ms == SILENCE_LAST_MS)
			assert_non_null(strstr(buf_text(&json),
					       "2261-12-31T23:59:59.999Z"));
		silence_release(&s);
	}
}

/* Set what `post` says with other times; the id of what was set. */
static const char *set_silence(struct silences *all, const char *id,
			       const char *matcher, int64_t from, int64_t to,
			       int64_t now, char ended[], struct error *err)
{
	static char name[SILENCE_ID_BYTES + 1];
	struct silence_change change;
	struct silence s;

	assert_true(silence_decode(str_of(post), &s, err));
	matchers_release(&s.matchers);
	if (*matcher)
		assert_true(matchers_parse(&s.matchers, str_of(matcher), err));
	snprintf(s.id, sizeof(s.id), "%s", id);
	s.starts_ms = from;
	s.ends_ms = to;
	ended[0] = '\0';
	if (!silences_change(all, &s, now, &change, err))
		return NULL;
	memcpy(name, change.set.id, sizeof(name));
	if (change.ended.id[0]) {
		memcpy(ended, change.ended.id, sizeof(change.ended.id));
		silences_apply(all, &change.ended);
	}
	silences_apply(all, &change.set);
	silence_release(&change.ended);
	return name;
}

static void a_silence_changes_as_alertmanagers_do(void **state)
{
	struct silences all = { 0 };
	char ended[SILENCE_ID_BYTES + 1], id[SILENCE_ID_BYTES + 1];
	struct error err;
	const char *name;

	(void)state;
	/* a start that is past is now */
	name = set_silence(&all, "", "a=b", 0, 9000, 5000, ended, &err);
	assert_non_null(name);
	snprintf(id, sizeof(id), "%s", name);
	assert_int_equal(silences_find(&all, id)->starts_ms, 5000);
	/* only the end changes: in place */
	name = set_silence(&all, id, "a=b", 5000, 20000, 6000, ended, &err);
	assert_string_equal(name, id);
	assert_string_equal(ended, "");
	assert_int_equal(silences_find(&all, id)->ends_ms, 20000);
	/* another matcher: the old one ends */
	name = set_silence(&all, id, "a=c", 5000, 20000, 7000, ended, &err);
	assert_string_not_equal(name, id);
	assert_string_equal(ended, id);
	assert_int_equal(silences_find(&all, id)->ends_ms, 7000);
	assert_int_equal(silences_live(&all, 8000), 1);
	/* an expired one comes back under another id */
	name = set_silence(&all, id, "a=b", 5000, 20000, 8000, ended, &err);
	assert_string_not_equal(name, id);
	assert_string_equal(ended, "");
	silences_release(&all);
}

static void what_a_person_may_not_ask_for_is_refused(void **state)
{
	static const struct {
		const char *id, *matcher;
		int64_t from, to;
		enum error_kind kind;
	} table[] = {
		{ "", "", 0, 9000, ERROR_REJECT },
		{ "", "a=~.*", 0, 9000, ERROR_REJECT },
		{ "", "a!=b", 0, 9000, ERROR_REJECT },
		{ "", "a=", 0, 9000, ERROR_REJECT },
		{ "", "a=b", 0, 5000, ERROR_REJECT },
		{ "", "a=b", 9000, 9000, ERROR_REJECT },
		{ "", "a=b", 9000, 8000, ERROR_REJECT },
		{ "00000000-0000-4000-8000-000000000000", "a=b", 0, 9000,
		  ERROR_USAGE },
	};
	struct silences all = { 0 };
	char ended[SILENCE_ID_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct error err = { 0 };

		assert_null(set_silence(&all, table[i].id, table[i].matcher,
					table[i].from, table[i].to, 5000, ended,
					&err));
		assert_int_equal(err.kind, table[i].kind);
	}
	assert_int_equal(all.by_id.n, 0);
	silences_release(&all);
}

static void of_two_records_the_later_update_counts(void **state)
{
	struct silences all = { 0 };
	char ended[SILENCE_ID_BYTES + 1];
	struct silence early, late;
	struct error err;
	const char *id =
		set_silence(&all, "", "a=b", 0, 9000, 5000, ended, &err);

	(void)state;
	/* ended by a host whose clock is behind */
	silence_end(silences_find(&all, id), 4000, &late);
	silence_end(silences_find(&all, id), 4000, &early);
	early.updated_ms = 4999;
	early.ends_ms = 100000;
	assert_true(late.updated_ms > 5000);
	assert_true(silences_apply(&all, &late));
	assert_false(silences_apply(&all, &early));
	assert_int_equal(silences_find(&all, id)->ends_ms, 4000);
	silences_release(&all);
}

static void the_next_change_is_a_start_or_an_end(void **state)
{
	struct silences all = { 0 };
	char ended[SILENCE_ID_BYTES + 1];
	struct error err;

	(void)state;
	assert_true(silences_next_change(&all, 0) == INT64_MAX);
	set_silence(&all, "", "a=b", 2000, 9000, 1000, ended, &err);
	set_silence(&all, "", "a=c", 3000, 5000, 1000, ended, &err);
	assert_int_equal(silences_next_change(&all, 1000), 2000);
	assert_int_equal(silences_next_change(&all, 2000), 3000);
	assert_int_equal(silences_next_change(&all, 3000), 5000);
	assert_int_equal(silences_next_change(&all, 5000), 9000);
	assert_true(silences_next_change(&all, 9000) == INT64_MAX);
	silences_release(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matchers_read_as_alertmanagers_do),
		cmocka_unit_test(a_regex_that_would_never_end_does_not_match),
		cmocka_unit_test(a_silence_survives_its_json),
		cmocka_unit_test(what_is_no_silence_is_refused),
		cmocka_unit_test(
			an_end_for_ever_is_the_last_time_that_can_be_told),
		cmocka_unit_test(a_silence_changes_as_alertmanagers_do),
		cmocka_unit_test(what_a_person_may_not_ask_for_is_refused),
		cmocka_unit_test(of_two_records_the_later_update_counts),
		cmocka_unit_test(the_next_change_is_a_start_or_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
