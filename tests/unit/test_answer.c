#include "alert/api/answer.h"
#include "tests/unit/test_support.h"

/* The API over a view of four alerts: n 0 inhibits n 1; a silence on n 2. */
struct bench {
	struct conf *conf;
	struct policy policy;
	struct view view;
	struct silences silences;
	bool kafka_away;
	struct buf body;
};

static const char text[] =
	"inhibit = ( { source = { n = \"0\"; }; target = { n = \"1\"; }; } );\n"
	"route = { receiver = \"ops\"; group_by = [\"team\"]; routes = ( { "
	"match "
	"= { n = \"3\"; }; receiver = \"pager\"; continue = true; }, { match = "
	"{ n = \"3\"; }; } ); };\n";

static void add_alert(struct bench *b, int n, enum alert_state state,
		      int64_t offset)
{
	struct transition t = { .state = state,
				.episode = 1,
				.cause = { 0, offset, 0 },
				.count = 1,
				.starts_at_ms = 1000 * n,
				.at_ms = 1000 * n,
				.updated_at_ms = ALERT_TIME_NONE,
				.record_time_ms = ALERT_TIME_NONE };
	char digit[2] = { (char)('0' + n), '\0' };
	struct buf AUTO(buf_release) json = { 0 };
	struct error err = { 0 };

	snprintf(t.id, sizeof(t.id), "000000000000000%s", digit);
	t.rule = xstrdup("rule \"x\"");
	t.reason = xstrdup("");
	alert_pairs_add(&t.group, STR("n"), str_of(digit));
	alert_pairs_add(&t.labels, STR("team"), STR("web"));
	alert_pairs_add(&t.annotations, STR("summary"), STR("it\nbroke"));
	transition_encode(&t, &json);
	if (!view_apply(&b->view, b->policy.inhibit, str_of(t.id),
			buf_str(&json), 5000, &err))
		fail_msg("%s", err.text);
	transition_release(&t);
}

static void bench_open(struct bench *b)
{
	static const char *names[] = { "ops", "pager" };
	struct problems problems = { 0 };
	struct silence s = { .ends_ms = 100000,
			     .author = xstrdup("a"),
			     .comment = xstrdup("b") };
	struct error err;

	*b = (struct bench){ .conf = conf_read_text("t", text, &err) };
	assert_non_null(b->conf);
	b->policy.receivers = (struct strings){ xcalloc(2, sizeof(char *)), 2 };
	memcpy(b->policy.receivers.item, names, sizeof(names));
	b->policy.root = route_read(conf_get(b->conf, "route"),
				    &b->policy.receivers, &problems);
	b->policy.inhibit =
		inhibit_read(conf_get(b->conf, "inhibit"), &problems);
	b->policy.mute = mute_read(NULL, &problems);
	assert_int_equal(problems.n, 0);
	for (int n = 0; n < 5; n++)
		add_alert(b, n, n == 4 ? ALERT_RESOLVED : ALERT_FIRING, 10 + n);
	memcpy(s.id, "11111111-1111-4111-8111-111111111111", sizeof(s.id));
	assert_true(matchers_parse(&s.matchers, STR("n=2"), &err));
	silences_apply(&b->silences, &s);
}

static void bench_close(struct bench *b)
{
	policy_release(&b->policy);
	view_release(&b->view);
	silences_release(&b->silences);
	conf_free(b->conf);
	buf_release(&b->body);
}

static bool put(void *arg, const struct silence *s, struct error *err)
{
	struct bench *b = arg;
	struct buf AUTO(buf_release) json = { 0 };
	struct silence copy;

	if (b->kafka_away)
		return error_set(err, ERROR_RETRY, "no kafka");
	silence_encode(s, &json);
	assert_true(silence_decode(buf_str(&json), &copy, err));
	silences_apply(&b->silences, &copy);
	return true;
}

static int ask(struct bench *b, const char *method, const char *path,
	       const char *name, const char *value, const char *body)
{
	const struct status_argument argument = { name, value };
	const struct answer_source source = { .policy = &b->policy,
					      .view = &b->view,
					      .silences = &b->silences,
					      .prefix = "tocsin",
					      .wall_ms = 10000,
					      .put = put,
					      .arg = b };

	buf_clear(&b->body);
	return answer_request(
		&source,
		&(struct status_request){ .method = method,
					  .path = path,
					  .content_type = "application/json",
					  .argument = &argument,
					  .n_arguments = name ? 1 : 0,
					  .body = str_of(body) },
		&b->body);
}

/* The alerts' labels n in the order of the answer. */
static void numbers(struct bench *b, char out[])
{
	size_t n = 0;

	for (const char *at = buf_text(&b->body);
	     (at = strstr(at, "\"n\":\"")) && n < 15; at += 5)
		out[n++] = at[5];
	out[n] = '\0';
}

static void alerts_are_chosen_as_alertmanager_chooses(void **state)
{
	static const struct {
		const char *name, *value;
		int code;
		const char *numbers;
	} table[] = {
		{ NULL, NULL, 200, "0123" },
		{ "active", "false", 200, "12" },
		{ "silenced", "false", 200, "013" },
		{ "inhibited", "false", 200, "023" },
		{ "filter", "n=~[13]", 200, "13" },
		{ "filter", "n=~\"1.\"", 200, "" },
		{ "filter", "{team=web,n!=0}", 200, "123" },
		{ "receiver", "pager", 200, "3" },
		{ "receiver", "ops", 200, "0123" },
		{ "receiver", "op", 200, "" },
		{ "unknown", "x", 200, "0123" },
		{ "active", "perhaps", 400, NULL },
		{ "filter", "n", 400, NULL },
		{ "filter", "n=~(", 400, NULL },
		{ "receiver", "(", 400, NULL },
	};
	struct bench b;

	(void)state;
	bench_open(&b);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		char found[16];
		int code = ask(&b, "GET", "/api/v2/alerts", table[i].name,
			       table[i].value, "");

		if (code != table[i].code)
			fail_msg("row %zu: %d", i, code);
		if (code != 200) {
			assert_int_equal(b.body.p[0], '"');
			continue;
		}
		numbers(&b, found);
		if (strcmp(found, table[i].numbers) != 0)
			fail_msg("row %zu: \"%s\"", i, found);
	}
	bench_close(&b);
}

static void an_alert_says_who_holds_it(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b);
	ask(&b, "GET", "/api/v2/alerts", "filter", "n=2", "");
	assert_string_equal(
		buf_text(&b.body),
		"[{\"fingerprint\":\"0000000000000002\",\"labels\":{"
		"\"alertname\":\"rule \\\"x\\\"\",\"n\":\"2\",\"team\":\"web\"}"
		",\"annotations\":{\"summary\":\"it\\nbroke\"},\"startsAt\":"
		"\"1970-01-01T00:00:02.000Z\",\"updatedAt\":"
		"\"1970-01-01T00:00:05.000Z\",\"endsAt\":"
		"\"1970-01-01T00:05:10.000Z\",\"receivers\":[{\"name\":\"ops\"}"
		"],\"status\":{\"state\":\"suppressed\",\"inhibitedBy\":[],"
		"\"silencedBy\":[\"11111111-1111-4111-8111-111111111111\"]}}]"
		"\n");
	ask(&b, "GET", "/api/v2/alerts", "filter", "n=1", "");
	assert_non_null(strstr(buf_text(&b.body),
			       "\"inhibitedBy\":[\"0000000000000000\"]"));
	/* Its source resolves. */
	add_alert(&b, 0, ALERT_RESOLVED, 20);
	ask(&b, "GET", "/api/v2/alerts", "filter", "n=1", "");
	assert_non_null(strstr(buf_text(&b.body), "\"state\":\"active\""));
	bench_close(&b);
}

static void what_an_old_worker_writes_late_is_dropped(void **state)
{
	struct bench b;
	char found[16];

	(void)state;
	bench_open(&b);
	add_alert(&b, 4, ALERT_FIRING, 3);
	add_alert(&b, 3, ALERT_RESOLVED, 2);
	ask(&b, "GET", "/api/v2/alerts", NULL, NULL, "");
	numbers(&b, found);
	assert_string_equal(found, "0123");
	bench_close(&b);
}

static void groups_are_those_of_the_routes(void **state)
{
	struct bench b;
	char found[16];

	(void)state;
	bench_open(&b);
	assert_int_equal(
		ask(&b, "GET", "/api/v2/alerts/groups", NULL, NULL, ""), 200);
	numbers(&b, found);
	/* ops by the root; then pager and ops by the two children. */
	assert_string_equal(found, "01233");
	assert_non_null(strstr(buf_text(&b.body),
			       "{\"receiver\":{\"name\":\"pager\"},\"labels\":{"
			       "\"team\":\"web\"},\"alerts\":[{"));
	ask(&b, "GET", "/api/v2/alerts/groups", "receiver", "pager", "");
	numbers(&b, found);
	assert_string_equal(found, "3");
	bench_close(&b);
}

static const char post[] =
	"{\"matchers\":[{\"name\":\"n\",\"value\":\"3\"}],\"startsAt\":"
	"\"1970-01-01T00:00:10Z\",\"endsAt\":\"1970-01-01T01:00:00Z\"}";

static void silences_are_set_shown_and_ended(void **state)
{
	struct bench b;
	char path[80];
	char found[16];

	(void)state;
	bench_open(&b);
	assert_int_equal(ask(&b, "POST", "/api/v2/silences", NULL, NULL, post),
			 200);
	snprintf(path, sizeof(path), "/api/v2/silence/%.36s",
		 buf_text(&b.body) + strlen("{\"silenceID\":\""));
	assert_int_equal(ask(&b, "GET", path, NULL, NULL, ""), 200);
	assert_non_null(
		strstr(buf_text(&b.body), "\"status\":{\"state\":\"active\"}"));
	ask(&b, "GET", "/api/v2/alerts", "silenced", "false", "");
	numbers(&b, found);
	assert_string_equal(found, "01");
	ask(&b, "GET", "/api/v2/silences", "filter", "n=3", "");
	assert_null(strstr(buf_text(&b.body), "11111111"));
	b.kafka_away = true;
	assert_int_equal(ask(&b, "DELETE", path, NULL, NULL, ""), 503);
	b.kafka_away = false;
	assert_int_equal(ask(&b, "DELETE", path, NULL, NULL, ""), 200);
	assert_int_equal(ask(&b, "DELETE", path, NULL, NULL, ""), 200);
	ask(&b, "GET", path, NULL, NULL, "");
	assert_non_null(strstr(buf_text(&b.body), "expired"));
	bench_close(&b);
}

static void what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char *method, *path, *body;
		int code;
	} table[] = {
		{ "POST", "/api/v2/silences", "", 400 },
		{ "POST", "/api/v2/silences", "{}", 400 },
		{ "POST", "/api/v2/alerts", "[]", 405 },
		{ "PUT", "/api/v2/silences", post, 405 },
		{ "GET", "/api/v2/silence/x", "", 404 },
		{ "GET", "/api/v2/silence/", "", 404 },
		{ "DELETE", "/api/v2/silence/../silences", "", 404 },
		{ "GET", "/api/v2/nothing", "", 404 },
		{ "GET", "/api/v2/status", "", 200 },
		{ "HEAD", "/api/v2/receivers", "", 200 },
	};
	struct bench b;

	(void)state;
	bench_open(&b);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		int code = ask(&b, table[i].method, table[i].path, NULL, NULL,
			       table[i].body);

		if (code != table[i].code)
			fail_msg("%s %s: %d", table[i].method, table[i].path,
				 code);
	}
	assert_int_equal(b.silences.by_id.n, 1);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts_are_chosen_as_alertmanager_chooses),
		cmocka_unit_test(an_alert_says_who_holds_it),
		cmocka_unit_test(what_an_old_worker_writes_late_is_dropped),
		cmocka_unit_test(groups_are_those_of_the_routes),
		cmocka_unit_test(silences_are_set_shown_and_ended),
		cmocka_unit_test(what_cannot_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
