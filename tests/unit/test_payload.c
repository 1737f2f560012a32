#include <json-c/json.h>

#include "tests/unit/receiver_shape.h"
#include "tests/unit/test_support.h"

#define KEY "0123456789abcdef0123456789abcdef"

/* One message of up to 100 alerts, all alike, to one receiver. */
struct bench {
	struct labels labels, annotations, group;
	struct message_alert alert[100];
	struct message message;
	struct receiver receiver;
	struct buf body;
};

static void bench_open(struct bench *b, const struct receiver_type *type,
		       size_t n, bool firing, struct str text)
{
	*b = (struct bench){ .receiver = { .name = xstrdup("ops"),
					   .type = type,
					   .url = xstrdup("http://h/"),
					   .secret = xstrdup(KEY),
					   .secret_n = strlen(KEY),
					   .fallback = "error" } };
	if (strcmp(type->name, "opsgenie") == 0)
		b->receiver.fallback = "P4";
	labels_set(&b->labels, STR("alertname"), STR("errors"));
	labels_set(&b->labels, STR("ServiceKey"), text);
	labels_set(&b->annotations, STR("summary"), text);
	labels_set(&b->annotations, STR("description"), text);
	labels_set(&b->annotations, STR("runbook_url"), STR("https://w/r"));
	labels_set(&b->group, STR("ServiceKey"), text);
	if (type->each_alert)
		n = 1;
	for (size_t i = 0; i < n; i++)
		b->alert[i] = (struct message_alert){
			.id = "0123456789abcdef",
			.episode = 3,
			.firing = firing,
			.starts_at_ms = 1763888400123,
			.ends_at_ms = 1763888460000,
			.labels = &b->labels,
			.annotations = &b->annotations,
			.value = STR("57"),
			.reference = STR("\"a\""),
			.count = 57,
			.samples = STR("[{\"Title\":\"X\"}]"),
			.link = "",
		};
	b->message = (struct message){ .id = "id1",
				       .group_key = "key",
				       .group = &b->group,
				       .alert = b->alert,
				       .n = n,
				       .firing = firing ? n : 0 };
}

static void bench_close(struct bench *b)
{
	labels_release(&b->labels);
	labels_release(&b->annotations);
	labels_release(&b->group);
	free(b->receiver.name);
	free(b->receiver.url);
	free(b->receiver.secret);
	buf_release(&b->body);
}

/* The body of an attempt at 2025-11-23T10:00:00Z. */
static struct str render(struct bench *b)
{
	const struct receiver_type *type = b->receiver.type;
	struct buf raw = { 0 };

	buf_clear(&b->body);
	type->render(&b->receiver, &b->message, &raw);
	if (type->fill)
		receiver_fill(&b->receiver, buf_str(&raw), 1763892000000,
			      &b->body);
	else
		buf_add(&b->body, buf_str(&raw));
	buf_release(&raw);
	return buf_str(&b->body);
}

static struct json_object *parse(struct bench *b)
{
	struct json_object *o;

	render(b);
	o = json_tokener_parse(buf_text(&b->body));
	if (!o)
		fail_msg("not JSON: %s", buf_text(&b->body));
	return o;
}

/* The text at a path such as "payload.summary" or "0.labels.a". */
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

enum { HOSTILE_BYTES = 100 * 1024 };

/* Each piece repeated up to 100 KB, and once alone. */
static const char *const hostile[] = {
	"a",
	"\xf0\x9f\x94\xa5",
	"\xd7\x90\xe2\x80\xae",
	"\x01\x02\x1b[31m\x7f",
	"<!channel><!here> <@U1> @everyone @here <at>x</at> ",
	"**b** _i_ `c` ```d``` [x](http://evil) # h\n> q\n- l\n",
	"{{DATE(2017-02-14T06:08:39Z,SHORT)}}",
	"\"\\\"}],\"x\":\n\r\t",
	"&<>&amp;",
	"\xe2\x80\xa8\xc2\xa0\xef\xbb\xbf",
	"*_~`|<>[]()#-+:.@\\",
};

static void check_shape(const struct receiver_type *type, size_t n, bool firing,
			struct str text)
{
	struct buf why = { 0 };
	struct bench b;

	bench_open(&b, type, n, firing, text);
	if (!receiver_shape_fits(type->name, render(&b), &why))
		fail_msg("%zu alerts with \"%.20s\": %s", n, text.s,
			 buf_text(&why));
	bench_close(&b);
	buf_release(&why);
}

static void payloads_have_the_shape_that_services_publish(void **state)
{
	struct buf text = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
		struct str once = str_of(hostile[i]);

		buf_clear(&text);
		while (text.n + once.n <= HOSTILE_BYTES)
			buf_add(&text, once);
		for (size_t k = 0; receiver_types[k]; k++) {
			if (!receiver_types[k]->render)
				continue; /* is told no alerts */
			check_shape(receiver_types[k], 1, true, once);
			check_shape(receiver_types[k], 1, false, once);
			check_shape(receiver_types[k], 1, true, buf_str(&text));
			check_shape(receiver_types[k], 3, false,
				    buf_str(&text));
			check_shape(receiver_types[k], 100, true, once);
		}
	}
	buf_release(&text);
}

/* Names of labels come from rules, but from events under `Additional` too. */
static void many_labels_with_long_names_pass_no_limit(void **state)
{
	struct buf name = { 0 }, why = { 0 };

	(void)state;
	for (size_t k = 0; receiver_types[k]; k++) {
		struct bench b;

		if (!receiver_types[k]->render)
			continue;
		bench_open(&b, receiver_types[k], 2, true, STR("x"));
		for (int i = 0; i < 300; i++) {
			buf_clear(&name);
			buf_add_format(&name, "Additional.%d.", i);
			for (int c = 0; c < 300; c++)
				buf_add_text(&name, "\xe2\x82\xac");
			labels_set(&b.labels, buf_str(&name), buf_str(&name));
		}
		if (!receiver_shape_fits(receiver_types[k]->name, render(&b),
					 &why))
			fail_msg("%s", buf_text(&why));
		/* and the alert is told all the same */
		assert_null(strstr(buf_text(&b.body), "+2 more"));
		bench_close(&b);
	}
	buf_release(&name);
	buf_release(&why);
}

static void event_text_stays_text(void **state)
{
	static const struct {
		const struct receiver_type *type;
		const char *in, *out;
	} table[] = {
		{ &receiver_slack, "<!here> *b* A_B `c` & @x",
		  "&lt;!here&gt; *\xe2\x80\x8b"
		  "b* A_B 'c' &amp; @x" },
		{ &receiver_discord, "@everyone <@1> [a](http://b.c) **d** A_B",
		  "\\\\@everyone \\\\<\\\\@1\\\\> "
		  "\\\\[a\\\\]\\\\(http\\\\://b\\\\.c\\\\) "
		  "\\\\*\\\\*d\\\\*\\\\* A\\\\_B" },
		{ &receiver_discord, "a\n# b", "a \\\\# b" },
		{ &receiver_teams, "{{DATE(x)}} **b** [a](http://b)",
		  "{\xe2\x80\x8b{DATE(x)}} **b** [a](http://b)" },
		{ &receiver_opsgenie, "<b>x</b> http://evil",
		  "\"message\":\"\xe2\x80\xb9"
		  "b\xe2\x80\xbax\xe2\x80\xb9/b"
		  "\xe2\x80\xba http:\xe2\x80\x8b//evil\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct bench b;

		bench_open(&b, table[i].type, 1, true, str_of(table[i].in));
		render(&b);
		if (!strstr(buf_text(&b.body), table[i].out))
			fail_msg("%s: no '%s' in %s", table[i].type->name,
				 table[i].out, buf_text(&b.body));
		bench_close(&b);
	}
}

/* Also not through the text that notifications show, nor through a value of
 * the group, nor where a long text is cut. */
static void nothing_in_slack_mentions_or_links_but_our_own(void **state)
{
	struct buf text = { 0 };
	struct bench b;

	(void)state;
	while (text.n < 5000)
		buf_add_text(&text, "<!here><http://x|y>");
	for (size_t skip = 0; skip < 19; skip++) {
		char *at;

		bench_open(&b, &receiver_slack, 2, true,
			   str_slice(text.p + skip, text.n - skip));
		render(&b);
		at = b.body.p;
		/* A header is plain text: Slack reads nothing in it. */
		at = strstr(at, "\"header\"");
		at = strstr(at, "\"section\"");
		assert_null(memchr(
			b.body.p, '<',
			(size_t)(strstr(b.body.p, "\"blocks\"") - b.body.p)));
		while ((at = strchr(at, '<')) != NULL)
			assert_memory_equal(at++, "<https://w/r>", 13);
		bench_close(&b);
	}
	buf_release(&text);
}

static void a_discord_message_pings_nobody(void **state)
{
	struct json_object *o;
	struct bench b;

	(void)state;
	bench_open(&b, &receiver_discord, 30, true, STR("x"));
	o = parse(&b);
	assert_string_equal(at(o, "allowed_mentions"), "{ \"parse\": [ ] }");
	assert_string_equal(at(o, "flags"), "4");
	assert_non_null(strstr(at(o, "content"), " more"));
	json_object_put(o);
	bench_close(&b);
}

static void discord_says_in_its_body_how_long_to_wait(void **state)
{
	static const struct {
		const char *body;
		int64_t ms;
	} table[] = {
		{ "{\"message\":\"x\",\"retry_after\":1.5}", 1501 },
		{ "{\"retry_after\":2}", 2001 },
		{ "{\"retry_after\":-1}", -1 },
		{ "{\"retry_after\":\"2\"}", -1 },
		{ "{\"retry_after\":1e300}", 3600000 },
		{ "{}", -1 },
		{ "[]", -1 },
		{ "<html>", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_int_equal(
			receiver_discord.wait_ms(str_of(table[i].body)),
			table[i].ms);
}

static void an_incident_is_an_episode_and_its_key_is_not_stored(void **state)
{
	struct json_object *o;
	struct buf raw = { 0 };
	struct bench b;

	(void)state;
	bench_open(&b, &receiver_pagerduty, 1, true, STR("A"));
	o = parse(&b);
	assert_string_equal(at(o, "routing_key"), KEY);
	assert_string_equal(at(o, "event_action"), "trigger");
	assert_string_equal(at(o, "dedup_key"), "0123456789abcdef:3");
	assert_string_equal(at(o, "payload.timestamp"),
			    "2025-11-23T09:00:00.123Z");
	assert_string_equal(at(o, "payload.source"), "A");
	assert_string_equal(at(o, "payload.class"), "errors");
	assert_string_equal(at(o, "payload.custom_details.value"), "57");
	assert_string_equal(at(o, "payload.custom_details.samples.0.Title"),
			    "X");
	assert_string_equal(at(o, "links.0.href"), "https://w/r");
	json_object_put(o);
	receiver_pagerduty.render(&b.receiver, &b.message, &raw);
	assert_null(memmem(raw.p, raw.n, KEY, strlen(KEY)));
	buf_release(&raw);
	b.alert[0].firing = false;
	o = parse(&b);
	assert_string_equal(at(o, "event_action"), "resolve");
	assert_string_equal(at(o, "dedup_key"), "0123456789abcdef:3");
	assert_null(at(o, "payload"));
	json_object_put(o);
	bench_close(&b);
}

static void severities_are_the_services_own(void **state)
{
	static const struct {
		const char *severity, *priority, *pagerduty, *opsgenie;
	} table[] = {
		{ "critical", "", "critical", "P1" },
		{ "CRITICAL", "", "critical", "P1" },
		{ "error", "", "error", "P2" },
		{ "warning", "", "warning", "P3" },
		{ "warn", "", "warning", "P3" },
		{ "info", "", "info", "P5" },
		{ "whatever", "", "error", "P4" },
		{ "", "", "error", "P4" },
		{ "critical", "p5", "critical", "P5" },
		{ "critical", "P9", "critical", "P1" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		const struct receiver_type *types[] = { &receiver_pagerduty,
							&receiver_opsgenie };

		for (size_t k = 0; k < 2; k++) {
			struct json_object *o;
			struct bench b;

			bench_open(&b, types[k], 1, true, STR("A"));
			labels_set(&b.labels, STR("severity"),
				   str_of(table[i].severity));
			labels_set(&b.labels, STR("priority"),
				   str_of(table[i].priority));
			o = parse(&b);
			assert_string_equal(
				at(o, k == 0 ? "payload.severity" : "priority"),
				k == 0 ? table[i].pagerduty
				       : table[i].opsgenie);
			json_object_put(o);
			bench_close(&b);
		}
	}
}

static void opsgenie_closes_by_alias(void **state)
{
	struct buf url = { 0 }, headers = { 0 };
	struct bench b;

	(void)state;
	bench_open(&b, &receiver_opsgenie, 1, true, STR("A"));
	receiver_opsgenie.address(&b.receiver, &b.message, &url);
	assert_str(buf_str(&url), "http://h/v2/alerts");
	b.alert[0].firing = false;
	buf_clear(&url);
	receiver_opsgenie.address(&b.receiver, &b.message, &url);
	assert_str(buf_str(&url), "http://h/v2/alerts/0123456789abcdef%3A3/"
				  "close?identifierType=alias");
	receiver_opsgenie.headers(&b.receiver, "id", STR("{}"), 0, &headers);
	assert_str(buf_str(&headers), "Authorization: GenieKey " KEY "\n");
	buf_release(&url);
	buf_release(&headers);
	bench_close(&b);
}

static void alertmanager_gets_an_end_that_is_four_minutes_ahead(void **state)
{
	struct buf url = { 0 };
	struct json_object *o;
	struct bench b;

	(void)state;
	bench_open(&b, &receiver_alertmanager, 2, true, STR("A"));
	b.alert[1].firing = false;
	o = parse(&b);
	assert_string_equal(at(o, "0.startsAt"), "2025-11-23T09:00:00.123Z");
	assert_string_equal(at(o, "0.endsAt"), "2025-11-23T10:04:00.000Z");
	assert_string_equal(at(o, "1.endsAt"), "2025-11-23T09:01:00.000Z");
	json_object_put(o);
	receiver_alertmanager.address(&b.receiver, &b.message, &url);
	assert_str(buf_str(&url), "http://h/api/v2/alerts");
	buf_release(&url);
	bench_close(&b);
}

static void alertmanagers_label_names_are_legal_and_stay_apart(void **state)
{
	struct json_object *o;
	struct bench b;

	(void)state;
	bench_open(&b, &receiver_alertmanager, 1, true, STR("A"));
	labels_set(&b.labels, STR("Additional.user"), STR("1"));
	labels_set(&b.labels, STR("Additional_user"), STR("2"));
	labels_set(&b.labels, STR("9to5"), STR("3"));
	labels_set(&b.labels, STR("empty"), STR(""));
	o = parse(&b);
	assert_string_equal(at(o, "0.labels.Additional_user"), "1");
	assert_string_equal(at(o, "0.labels.Additional_user_"), "2");
	assert_string_equal(at(o, "0.labels._9to5"), "3");
	assert_null(at(o, "0.labels.empty"));
	json_object_put(o);
	bench_close(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payloads_have_the_shape_that_services_publish),
		cmocka_unit_test(many_labels_with_long_names_pass_no_limit),
		cmocka_unit_test(event_text_stays_text),
		cmocka_unit_test(
			nothing_in_slack_mentions_or_links_but_our_own),
		cmocka_unit_test(a_discord_message_pings_nobody),
		cmocka_unit_test(discord_says_in_its_body_how_long_to_wait),
		cmocka_unit_test(
			an_incident_is_an_episode_and_its_key_is_not_stored),
		cmocka_unit_test(severities_are_the_services_own),
		cmocka_unit_test(opsgenie_closes_by_alias),
		cmocka_unit_test(
			alertmanager_gets_an_end_that_is_four_minutes_ahead),
		cmocka_unit_test(
			alertmanagers_label_names_are_legal_and_stay_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
