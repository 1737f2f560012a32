#include <unistd.h>

#include <json-c/json.h>

#include "alert/notify/receiver.h"
#include "tests/unit/test_support.h"

/* A message of `n` alerts, all with the same labels; the first fires. */
struct bench {
	struct labels labels, annotations, group;
	struct message_alert alert[100];
	struct message message;
	struct receiver receiver;
};

static void bench_open(struct bench *b, const struct receiver_type *type,
		       size_t n, const char *summary)
{
	*b = (struct bench){ .receiver = { .name = xstrdup("ops"),
					   .type = type } };
	labels_set(&b->labels, STR("alertname"), STR("errors"));
	labels_set(&b->labels, STR("ServiceKey"), STR("A"));
	labels_set(&b->annotations, STR("summary"), str_of(summary));
	labels_set(&b->group, STR("alertname"), STR("errors"));
	for (size_t i = 0; i < n; i++)
		b->alert[i] = (struct message_alert){
			.id = "0123456789abcdef",
			.episode = 3,
			.firing = i == 0,
			.starts_at_ms = 1763888400123,
			.ends_at_ms = 1763888460000,
			.labels = &b->labels,
			.annotations = &b->annotations,
			.value = STR("57"),
			.count = 57,
			.samples = STR("[{\"Title\":\"X\"}]"),
			.top = STR("{\"Title\":[{\"value\":\"X<\",\"count\":"
				   "57},{\"value\":\"Y\",\"count\":3}]}"),
			.link = "",
		};
	b->message = (struct message){ .id = "id1",
				       .group_key = "key",
				       .group = &b->group,
				       .alert = b->alert,
				       .n = n,
				       .firing = n > 0 };
}

static void bench_close(struct bench *b)
{
	labels_release(&b->labels);
	labels_release(&b->annotations);
	labels_release(&b->group);
	free(b->receiver.name);
}

static struct json_object *render(struct bench *b)
{
	struct buf body = { 0 };
	struct json_object *o;

	b->receiver.type->render(&b->receiver, &b->message, &body);
	o = json_tokener_parse(buf_text(&body));
	if (!o)
		fail_msg("not JSON: %s", buf_text(&body));
	buf_release(&body);
	return o;
}

/* The text at a path such as "alerts.0.labels.alertname". */
static const char *at(struct json_object *o, const char *path)
{
	char copy[200];
	char *rest = copy;

	snprintf(copy, sizeof(copy), "%s", path);
	for (char *key = strsep(&rest, "."); key && o;
	     key = strsep(&rest, ".")) {
		struct json_object *next = NULL;

		if (json_object_is_type(o, json_type_array))
			next = json_object_array_get_idx(
				o, (size_t)strtol(key, NULL, 10));
		else
			json_object_object_get_ex(o, key, &next);
		o = next;
	}
	return o ? json_object_get_string(o) : NULL;
}

static void a_webhook_gets_alertmanagers_payload(void **state)
{
	static const struct {
		const char *path, *value;
	} table[] = {
		{ "version", "4" },
		{ "groupKey", "key" },
		{ "truncatedAlerts", "0" },
		{ "status", "firing" },
		{ "receiver", "ops" },
		{ "groupLabels.alertname", "errors" },
		{ "commonLabels.ServiceKey", "A" },
		{ "commonAnnotations.summary", "57 \"errors\"" },
		{ "alerts.0.status", "firing" },
		{ "alerts.0.startsAt", "2025-11-23T09:00:00.123Z" },
		{ "alerts.0.endsAt", "0001-01-01T00:00:00Z" },
		{ "alerts.0.fingerprint", "0123456789abcdef" },
		{ "alerts.0.value", "57" },
		{ "alerts.0.samples.0.Title", "X" },
		{ "alerts.0.top.Title.1.value", "Y" },
		{ "alerts.1.status", "resolved" },
		{ "alerts.1.endsAt", "2025-11-23T09:01:00.000Z" },
		{ "alerts.1.labels.alertname", "errors" },
	};
	struct bench b;
	struct json_object *o;

	(void)state;
	bench_open(&b, &receiver_webhook, 2, "57 \"errors\"");
	o = render(&b);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_string_equal(at(o, table[i].path), table[i].value);
	json_object_put(o);
	bench_close(&b);
}

static void a_webhook_leaves_no_alert_out(void **state)
{
	struct bench b;
	struct json_object *o;

	(void)state;
	bench_open(&b, &receiver_webhook, 10, "s");
	b.receiver.max_alerts = 3; /* the plan sees to it */
	o = render(&b);
	assert_string_equal(at(o, "truncatedAlerts"), "0");
	assert_non_null(at(o, "alerts.9"));
	json_object_put(o);
	bench_close(&b);
}

static void a_webhook_names_its_message_and_signs_it(void **state)
{
	struct buf out = { 0 };
	struct bench b;

	(void)state;
	bench_open(&b, &receiver_webhook, 1, "s");
	receiver_webhook.headers(&b.receiver, "id1", STR("{}"), 1763888400123,
				 &out);
	assert_str(buf_str(&out),
		   "webhook-id: id1\nwebhook-timestamp: 1763888400\n");
	buf_clear(&out);
	b.receiver.secret = xstrdup("k");
	b.receiver.secret_n = 1;
	receiver_webhook.headers(&b.receiver, "id1", STR("{}"), 1763888400123,
				 &out);
	assert_non_null(strstr(buf_text(&out), "webhook-signature: v1,"));
	free(b.receiver.secret);
	buf_release(&out);
	bench_close(&b);
}

static size_t characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void slack_gets_no_more_than_it_takes(void **state)
{
	char summary[20000];
	struct bench b;
	struct json_object *o, *blocks;
	size_t n;

	(void)state;
	for (size_t i = 0; i + 2 < sizeof(summary); i += 2)
		memcpy(summary + i, "\xc3\xa9", 3);
	bench_open(&b, &receiver_slack, 100, summary);
	labels_set(&b.group, STR("x"), str_of(summary));
	o = render(&b);
	assert_true(json_object_object_get_ex(o, "blocks", &blocks));
	n = json_object_array_length(blocks);
	assert_int_equal(n, 50);
	assert_in_range(characters(at(o, "blocks.0.text.text")), 1, 150);
	for (size_t i = 1; i < n; i++) {
		char path[40];

		snprintf(path, sizeof(path), "blocks.%zu.text.text", i);
		assert_in_range(characters(at(o, path)), 1, 3000);
	}
	assert_string_equal(at(o, "blocks.49.text.text"), "+52 more");
	json_object_put(o);
	bench_close(&b);
}

static void event_text_cannot_speak_slack(void **state)
{
	struct bench b;
	struct json_object *o;
	const char *text;

	(void)state;
	bench_open(&b, &receiver_slack, 1,
		   "<!channel> <http://x|y> *b* A_B_C `c` \xff");
	o = render(&b);
	text = at(o, "blocks.1.text.text");
	assert_null(strchr(text, '<'));
	assert_null(strchr(text, '`'));
	assert_null(strstr(text, "*b"));
	assert_non_null(strstr(text, "A_B_C"));
	assert_string_equal(at(o, "blocks.1.text.verbatim"), "true");
	assert_non_null(strstr(text, "\xef\xbf\xbd"));
	json_object_put(o);
	bench_close(&b);
}

static const struct {
	const struct receiver_type *type;
	int status;
	const char *body;
	enum receiver_verdict verdict;
} answers[] = {
	{ &receiver_slack, 200, "ok", RECEIVER_ACCEPTED },
	{ &receiver_slack, 200, "ok\n", RECEIVER_ACCEPTED },
	{ &receiver_slack, 200, "<html>", RECEIVER_RETRY },
	{ &receiver_slack, 400, "invalid_payload", RECEIVER_REFUSED },
	{ &receiver_slack, 404, "no_service", RECEIVER_RETRY },
	{ &receiver_slack, 429, "", RECEIVER_RETRY },
	{ &receiver_pagerduty, 202, "{}", RECEIVER_ACCEPTED },
	{ &receiver_pagerduty, 400, "{}", RECEIVER_REFUSED },
	{ &receiver_pagerduty, 429, "", RECEIVER_RETRY },
	{ &receiver_pagerduty, 500, "", RECEIVER_RETRY },
	{ &receiver_opsgenie, 202, "{}", RECEIVER_ACCEPTED },
	{ &receiver_opsgenie, 401, "{}", RECEIVER_RETRY },
	{ &receiver_opsgenie, 422, "{}", RECEIVER_REFUSED },
	{ &receiver_opsgenie, 429, "{}", RECEIVER_RETRY },
	{ &receiver_discord, 204, "", RECEIVER_ACCEPTED },
	{ &receiver_discord, 400, "{}", RECEIVER_REFUSED },
	{ &receiver_discord, 429, "{}", RECEIVER_RETRY },
	{ &receiver_teams, 202, "", RECEIVER_ACCEPTED },
	{ &receiver_teams, 200, "1", RECEIVER_ACCEPTED },
	{ &receiver_teams, 200,
	  "Webhook message delivery failed with error: Microsoft Teams "
	  "endpoint returned HTTP error 429 with ContextId tcid=0",
	  RECEIVER_RETRY },
	{ &receiver_teams, 413, "", RECEIVER_REFUSED },
	{ &receiver_teams, 429, "", RECEIVER_RETRY },
	{ &receiver_alertmanager, 200, "", RECEIVER_ACCEPTED },
	{ &receiver_alertmanager, 400, "", RECEIVER_REFUSED },
	{ &receiver_alertmanager, 503, "", RECEIVER_RETRY },
	{ &receiver_webhook, 200, "", RECEIVER_ACCEPTED },
	{ &receiver_webhook, 204, "", RECEIVER_ACCEPTED },
	{ &receiver_webhook, 302, "", RECEIVER_RETRY },
	{ &receiver_webhook, 401, "", RECEIVER_RETRY },
	{ &receiver_webhook, 413, "", RECEIVER_REFUSED },
	{ &receiver_webhook, 500, "", RECEIVER_RETRY },
	{ &receiver_webhook, 503, "", RECEIVER_RETRY },
};

static void answers_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(answers); i++)
		assert_int_equal(
			answers[i].type->judge(answers[i].status,
					       str_of(answers[i].body)),
			answers[i].verdict);
}

#define A   "receivers = ( { name = \"a\"; "
#define KEY "0123456789abcdef0123456789abcdef"

static const struct {
	const char *text, *problem;
} mistakes[] = {
	{ "receivers = ( { name = \"a\"; type = \"slak\"; } );",
	  "unknown receiver type 'slak'; did you mean 'slack'?" },
	{ "receivers = ( { name = \"a\"; } );",
	  "a receiver needs a 'type': slack, pagerduty, alertmanager, "
	  "webhook, teams, discord, opsgenie or heartbeat" },
	{ "receivers = ( { name = \"a\"; type = \"slack\"; } );",
	  "receiver 'a': 'url' or 'url_file' is missing" },
	{ "receivers = ( { name = \"a\"; type = \"slack\"; "
	  "url = \"ftp://x\"; } );",
	  "receiver 'a': 'url' must begin with http:// or https://" },
	{ "receivers = ( { name = \"a\"; type = \"slack\"; "
	  "url = \"http://x\"; }, { name = \"a\"; type = \"slack\"; "
	  "url = \"http://x\"; } );",
	  "two receivers are named 'a'" },
	{ A "type = \"pagerduty\"; } );",
	  "receiver 'a': 'routing_key' or 'routing_key_file' is "
	  "missing" },
	{ A "type = \"pagerduty\"; routing_key = \"short\"; } );",
	  "receiver 'a': 'routing_key' must have 32 characters, it "
	  "has 5" },
	{ A "type = \"pagerduty\"; routing_key = \"x\"; "
	    "routing_key_file = \"y\"; } );",
	  "receiver 'a': 'routing_key' and 'routing_key_file' are both "
	  "set: keep one" },
	{ A "type = \"pagerduty\"; routing_key = \"${TOCSIN_NO_KEY}\"; "
	    "} );",
	  "receiver 'a': routing_key: the environment variable "
	  "'TOCSIN_NO_KEY' is not set" },
	{ A "type = \"pagerduty\"; routing_key = \"" KEY "\"; "
	    "max_alerts = 5; } );",
	  "receiver 'a': 'max_alerts' is not for the type pagerduty" },
	{ A "type = \"opsgenie\"; } );",
	  "receiver 'a': 'api_key' or 'api_key_file' is missing" },
	{ A "type = \"opsgenie\"; api_key = \"a b\"; } );",
	  "receiver 'a': 'api_key' may hold only printable ASCII "
	  "without blanks" },
	{ A "type = \"alertmanager\"; } );",
	  "receiver 'a': 'url' or 'url_file' is missing" },
	{ A "type = \"alertmanager\"; urls = [\"h:9093\"]; } );",
	  "receiver 'a': 'urls' must begin with http:// or https://" },
	{ A "type = \"alertmanager\"; url = \"http://x\"; "
	    "urls = [\"http://y\"]; } );",
	  "receiver 'a': 'url' and 'urls' are both set: keep one" },
	{ A "type = \"alertmanager\"; urls = [\"http://x\", "
	    "\"http://y\"]; }, { name = \"a/2\"; type = \"slack\"; "
	    "url = \"http://x\"; } );",
	  "two receivers are named 'a/2'" },
	{ A "type = \"discord\"; } );",
	  "receiver 'a': 'url' or 'url_file' is missing" },
	{ "receivers = { name = \"a\"; };",
	  "'receivers' must be a list: ( { name = ...; type = ...; }, "
	  "... )" },
};

static void mistakes_in_receivers_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(mistakes); i++) {
		struct problems problems = { 0 };
		struct receivers receivers;
		struct error err;
		struct conf *tree =
			conf_read_text("t.conf", mistakes[i].text, &err);

		assert_non_null(tree);
		receivers_read(conf_get(tree, "receivers"), &receivers,
			       &problems);
		assert_int_equal(problems.errors, 1);
		assert_string_equal(problems.item[0].text, mistakes[i].problem);
		assert_string_equal(problems.item[0].file, "t.conf");
		assert_int_equal(problems.item[0].line, 1);
		receivers_release(&receivers);
		problems_release(&problems);
		conf_free(tree);
	}
}

static void secrets_come_from_files_and_the_environment(void **state)
{
	static const char *const keys[] = { "routing_key = \"" KEY "\"",
					    "routing_key = \"${TOCSIN_KEY}\"",
					    "routing_key_file = \"%s\"" };
	char path[] = "/tmp/tocsin-key-XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, KEY "\n", 33), 33);
	close(fd);
	setenv("TOCSIN_KEY", KEY, 1);
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		struct buf key = { 0 }, text = { 0 };
		struct problems problems = { 0 };
		struct receivers receivers;
		struct error err;
		struct conf *tree;

		buf_add_text(&key, keys[i]);
		if (i == 2) {
			buf_truncate(&key, key.n - 3);
			buf_add_format(&key, "%s\"", path);
		}
		buf_add_format(&text, A "type = \"pagerduty\"; %s; } );",
			       buf_text(&key));
		tree = conf_read_text("t.conf", buf_text(&text), &err);
		assert_non_null(tree);
		receivers_read(conf_get(tree, "receivers"), &receivers,
			       &problems);
		assert_int_equal(problems.n, 0);
		assert_string_equal(receivers.item[0]->secret, KEY);
		assert_string_equal(receivers.item[0]->url,
				    "https://events.pagerduty.com/v2/enqueue");
		receivers_release(&receivers);
		problems_release(&problems);
		conf_free(tree);
		buf_release(&key);
		buf_release(&text);
	}
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_webhook_gets_alertmanagers_payload),
		cmocka_unit_test(a_webhook_leaves_no_alert_out),
		cmocka_unit_test(a_webhook_names_its_message_and_signs_it),
		cmocka_unit_test(slack_gets_no_more_than_it_takes),
		cmocka_unit_test(event_text_cannot_speak_slack),
		cmocka_unit_test(answers_are_judged),
		cmocka_unit_test(mistakes_in_receivers_are_named),
		cmocka_unit_test(secrets_come_from_files_and_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
