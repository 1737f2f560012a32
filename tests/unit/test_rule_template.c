/* test_rule_template.c - the texts of annotations */
#include "alert/rule/template.h"

#include "tests/unit/test_support.h"

static const char *group_names[] = { "ServiceKey", "Additional.user" };
static const char *label_names[] = { "team" };
static const struct strings group = { group_names, 2 };
static const struct strings labels = { label_names, 1 };
static const struct template_names names = { &group, &labels, NULL };

static const struct {
	const char *text;
	const char *error; /* part of it; NULL: right */
} checks[] = {
	{ "", NULL },
	{ "no names, } and }} and { are text", NULL },
	{ "{{rule}} {{value}} {{ reference }} {{count}}", NULL },
	{ "{{group.ServiceKey}}{{group.Additional.user}}", NULL },
	{ "{{labels.team}}", NULL },
	{ "{{event.Title}} {{event.Additional.order.id}}", NULL },
	{ "{{event.TimeStampUTC}} {{event.Additional}}", NULL },
	{ "{{rul}}", "unknown name \"{{rul}}\"" },
	{ "{{}}", "unknown name" },
	{ "{{group.Title}}", "\"Title\" is not in group_by" },
	{ "{{labels.severity}}", "no label \"severity\"" },
	{ "{{event.Titel}}", "did you mean \"Title\"" },
	{ "a {{rule", "not closed" },
};

static void unknown_names_are_errors(void **state)
{
	struct error err;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(checks); i++) {
		bool right =
			template_check(str_of(checks[i].text), &names, &err);

		if (right != !checks[i].error)
			fail_msg("\"%s\": %s", checks[i].text,
				 right ? "was taken" : err.text);
		if (!right && !strstr(err.text, checks[i].error))
			fail_msg("\"%s\" gives \"%s\"", checks[i].text,
				 err.text);
	}
}

static bool shout(struct buf *out, struct str value)
{
	return buf_add_char(out, '<') && buf_add(out, value) &&
	       buf_add_char(out, '>');
}

static const struct {
	const char *text, *becomes;
} renderings[] = {
	{ "plain", "plain" },
	{ "{{rule}}: {{ value }}/{{reference}}", "<R>: <57>/<12>" },
	{ "{{group.ServiceKey}}", "<PAY>" },
	{ "{{labels.team}}", "<web>" },
	{ "{{event.Title}}", "<a\"b>" },
	{ "{{event.Additional.user.id}}", "<7>" },
	{ "{{event.RequestKey}}", "<>" },
	{ "{{group.Other}}", "<>" },
	{ "}} { {{rule}}}", "}} { <R>}" },
};

static const char line[] =
	"{\"ServiceKey\":\"PAY\",\"HostAddress\":\"\","
	"\"TimeStampUTC\":\"2026-11-23T09:00:00Z\",\"Level\":\"INFO\","
	"\"Title\":\"a\\\"b\",\"Additional\":{\"user\":{\"id\":7}}}";

static void values_are_filled_in_through_the_escape(void **state)
{
	struct template_pair in_group = { STR("ServiceKey"), STR("PAY") };
	struct template_pair label = { STR("team"), STR("web") };
	struct scanner *scanner = scanner_open();
	struct event event;
	struct template_values values = {
		.rule = STR("R"),
		.value = STR("57"),
		.reference = STR("12"),
		.count = STR("57"),
		.group = &in_group,
		.n_group = 1,
		.label = &label,
		.n_labels = 1,
		.event = &event,
	};
	struct buf out = { 0 };

	(void)state;
	event_scan(scanner, str_of(line), &event);
	for (size_t i = 0; i < ARRAY_LENGTH(renderings); i++) {
		buf_clear(&out);
		assert_true(template_render(str_of(renderings[i].text), &values,
					    shout, &out));
		assert_str(buf_str(&out), renderings[i].becomes);
	}
	buf_clear(&out);
	values.event = NULL;
	assert_true(template_render(STR("{{event.Title}}|{{rule}}"), &values,
				    NULL, &out));
	assert_str(buf_str(&out), "|R");
	buf_release(&out);
	scanner_close(scanner);
}

static void a_full_buffer_is_an_ordinary_failure(void **state)
{
	struct template_values values = { .rule = STR("a long name") };
	struct buf out;

	(void)state;
	buf_init(&out, 8);
	assert_false(template_render(STR("is {{rule}}"), &values, NULL, &out));
	assert_str(buf_str(&out), "is ");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_names_are_errors),
		cmocka_unit_test(values_are_filled_in_through_the_escape),
		cmocka_unit_test(a_full_buffer_is_an_ordinary_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
