#include "event/scan.h"
#include "ingest/index/index.h"
#include "ingest/index/template.h"
#include "tests/unit/test_support.h"

static struct config *load(const char *numbers)
{
	const char *overrides[] = { numbers };
	struct problems problems = { 0 };
	struct config *c =
		config_load(NULL, overrides, 1, &index_settings, 1, &problems);

	assert_int_equal(problems.errors, 0);
	problems_release(&problems);
	return c;
}

static struct str find(struct str object, const char *const path[], size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_true(json_find(object, str_of(path[i]), &object));
	return object;
}

static void render_kind(struct config *c, enum template_kind kind,
			enum template_engine engine, struct buf *out)
{
	struct scanner *scanner = scanner_open();
	struct event event;

	template_body(c, kind, engine, out);
	event_scan(scanner, buf_str(out), &event);
	assert_false(event.repairs & REPAIR_UNPARSED);
	assert_false(event.repairs & REPAIR_DUPLICATE);
	scanner_close(scanner);
}

static void render(struct config *c, enum template_engine engine,
		   struct buf *out)
{
	render_kind(c, TEMPLATE_EVENTS, engine, out);
}

static void alerts_have_a_template_of_their_own(void **state)
{
	static const char *const path[] = { "template", "mappings",
					    "properties", "labels", "type" };
	struct config *c = load("index.alerts_prefix=\"ops\"");
	AUTO(buf_release) struct buf a = { 0 };
	AUTO(buf_release) struct buf b = { 0 };
	struct str patterns;

	(void)state;
	render_kind(c, TEMPLATE_ALERTS, TEMPLATE_ELASTICSEARCH, &a);
	assert_true(json_find(buf_str(&a), STR("index_patterns"), &patterns));
	assert_str(patterns, "[\"ops-*\"]");
	assert_str(find(buf_str(&a), path, 5), "\"flattened\"");
	render_kind(c, TEMPLATE_ALERTS, TEMPLATE_OPENSEARCH, &b);
	assert_str(find(buf_str(&b), path, 5), "\"flat_object\"");
	config_close(c);
}

static void each_engine_gets_the_type_that_it_knows(void **state)
{
	static const char *const path[] = { "template", "mappings",
					    "properties", "AdditionalFlat",
					    "type" };
	struct config *c = load("index.numbers=[]");
	AUTO(buf_release) struct buf a = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	(void)state;
	render(c, TEMPLATE_ELASTICSEARCH, &a);
	assert_str(find(buf_str(&a), path, 5), "\"flattened\"");
	render(c, TEMPLATE_OPENSEARCH, &b);
	assert_str(find(buf_str(&b), path, 5), "\"flat_object\"");
	config_close(c);
}

static void the_mark_changes_with_the_settings(void **state)
{
	static const char *const path[] = { "_meta", "tocsin" };
	struct config *c = load("index.numbers=[]");
	struct config *d = load("index.numbers=[\"elapsed_ms\"]");
	AUTO(buf_release) struct buf a = { 0 };
	AUTO(buf_release) struct buf b = { 0 };
	AUTO(buf_release) struct buf again = { 0 };

	(void)state;
	render(c, TEMPLATE_ELASTICSEARCH, &a);
	render(c, TEMPLATE_ELASTICSEARCH, &again);
	render(d, TEMPLATE_ELASTICSEARCH, &b);
	assert_true(str_equal(buf_str(&a), buf_str(&again)));
	assert_false(str_equal(find(buf_str(&a), path, 2),
			       find(buf_str(&b), path, 2)));
	config_close(c);
	config_close(d);
}

static void numbers_are_mapped_as_doubles(void **state)
{
	static const char *const path[] = { "template",   "mappings",
					    "properties", "AdditionalNum",
					    "properties", "elapsed_ms" };
	struct config *c = load("index.numbers=[\"elapsed_ms\"]");
	AUTO(buf_release) struct buf out = { 0 };

	(void)state;
	render(c, TEMPLATE_ELASTICSEARCH, &out);
	assert_str(find(buf_str(&out), path, 6),
		   "{\"type\":\"double\",\"ignore_malformed\":true}");
	config_close(c);
}

static void a_data_stream_has_a_template_for_it_alone(void **state)
{
	struct config *c = load("index.data_stream=true");
	AUTO(buf_release) struct buf a = { 0 };
	AUTO(buf_release) struct buf b = { 0 };
	char name[TEMPLATE_NAME_BYTES];
	struct str value;

	(void)state;
	render(c, TEMPLATE_ELASTICSEARCH, &a);
	assert_true(json_find(buf_str(&a), STR("index_patterns"), &value));
	assert_str(value, "[\"structout-stream\"]");
	assert_true(json_find(buf_str(&a), STR("data_stream"), &value));
	assert_true(json_find(buf_str(&a), STR("priority"), &value));
	assert_str(value, "502");
	assert_string_equal(template_name(c, TEMPLATE_EVENTS, name),
			    "structout-stream");
	render_kind(c, TEMPLATE_ALERTS, TEMPLATE_ELASTICSEARCH, &b);
	assert_false(json_find(buf_str(&b), STR("data_stream"), &value));
	assert_string_equal(template_name(c, TEMPLATE_ALERTS, name), "alerts");
	config_close(c);
}

static void a_lifecycle_policy_is_for_events(void **state)
{
	static const char *const path[] = { "template", "settings", "index",
					    "lifecycle", "name" };
	struct config *c = load("index.lifecycle=\"keep \\\"30d\\\"\"");
	AUTO(buf_release) struct buf a = { 0 };
	AUTO(buf_release) struct buf b = { 0 };

	(void)state;
	render(c, TEMPLATE_ELASTICSEARCH, &a);
	assert_str(find(buf_str(&a), path, 5), "\"keep \\\"30d\\\"\"");
	render_kind(c, TEMPLATE_ALERTS, TEMPLATE_ELASTICSEARCH, &b);
	assert_false(memmem(b.p, b.n, "lifecycle", 9) != NULL);
	config_close(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts_have_a_template_of_their_own),
		cmocka_unit_test(each_engine_gets_the_type_that_it_knows),
		cmocka_unit_test(the_mark_changes_with_the_settings),
		cmocka_unit_test(numbers_are_mapped_as_doubles),
		cmocka_unit_test(a_data_stream_has_a_template_for_it_alone),
		cmocka_unit_test(a_lifecycle_policy_is_for_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
