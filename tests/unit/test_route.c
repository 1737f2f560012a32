#include "alert/notify/route.h"
#include "tests/unit/test_support.h"

static const char *const names[] = { "ops", "chat", "pager" };

static struct strings receivers(void)
{
	static const char *item[ARRAY_LENGTH(names)];

	memcpy(item, names, sizeof(names));
	return (struct strings){ item, ARRAY_LENGTH(names) };
}

struct tree {
	struct conf *conf;
	struct route *root;
	struct problems problems;
};

static struct tree read_tree(const char *text)
{
	struct tree t = { 0 };
	struct strings known = receivers();
	struct error err;

	t.conf = conf_read_text("t.conf", text, &err);
	assert_non_null(t.conf);
	t.root = route_read(conf_get(t.conf, "route"), &known, &t.problems);
	return t;
}

static void release_tree(struct tree *t)
{
	route_free(t->root);
	conf_free(t->conf);
	problems_release(&t->problems);
}

static void collect(void *arg, const struct route *node)
{
	struct buf *out = arg;

	if (out->n > 0)
		buf_add_char(out, ' ');
	buf_add_text(out, node->receiver);
}

static const char tree_text[] =
	"route = { receiver = \"ops\"; group_by = [\"alertname\"];\n"
	"  group_interval = \"10s\";\n"
	"  routes = (\n"
	"    { match = { severity = \"critical\"; }; receiver = \"pager\";\n"
	"      continue = true; },\n"
	"    { match = { team = \"forum\"; }; receiver = \"chat\";\n"
	"      routes = ( { match = { severity = \"info\"; };\n"
	"                   group_by = [\"...\"]; } ); }\n"
	"  ); };\n";

static void
alerts_reach_the_receivers_that_alertmanager_would_choose(void **state)
{
	static const struct {
		const char *severity, *team, *receivers;
	} table[] = {
		{ "warning", "news", "ops" },
		{ "critical", "news", "pager" },
		{ "critical", "forum", "pager chat" },
		{ "warning", "forum", "chat" },
		{ "info", "forum", "chat" },
		{ "", "", "ops" },
	};
	struct tree t = read_tree(tree_text);

	(void)state;
	assert_int_equal(t.problems.n, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct labels l = { 0 };
		struct buf got = { 0 };

		labels_set(&l, STR("severity"), str_of(table[i].severity));
		labels_set(&l, STR("team"), str_of(table[i].team));
		route_match(t.root, &l, collect, &got);
		assert_str(buf_str(&got), table[i].receivers);
		buf_release(&got);
		labels_release(&l);
	}
	release_tree(&t);
}

static void children_inherit_what_they_do_not_say(void **state)
{
	struct tree t = read_tree(tree_text);
	const struct route *forum = t.root->child[1];

	(void)state;
	assert_int_equal(forum->group_interval_ms, 10000);
	assert_int_equal(forum->group_wait_ms, 200);
	assert_int_equal(forum->n_group_by, 1);
	assert_false(forum->group_by_all);
	assert_true(forum->child[0]->group_by_all);
	assert_string_equal(forum->child[0]->receiver, "chat");
	release_tree(&t);
}

static void a_group_is_the_values_of_group_by(void **state)
{
	struct tree t = read_tree(tree_text);
	struct labels l = { 0 }, group = { 0 };
	struct buf text = { 0 };

	(void)state;
	labels_set(&l, STR("alertname"), STR("a"));
	labels_set(&l, STR("team"), STR("x\"y"));
	route_group(t.root, &l, &group);
	labels_text(&group, &text);
	assert_str(buf_str(&text), "{alertname=\"a\"}");
	buf_clear(&text);
	labels_release(&group);
	route_group(t.root->child[1]->child[0], &l, &group);
	labels_text(&group, &text);
	assert_str(buf_str(&text), "{alertname=\"a\", team=\"x\\\"y\"}");
	labels_release(&group);
	labels_release(&l);
	buf_release(&text);
	release_tree(&t);
}

static void mistakes_are_named_with_their_place(void **state)
{
	static const struct {
		const char *text, *problem;
		int line;
	} table[] = {
		{ "route = { receiver = \"opps\"; };",
		  "no receiver is named 'opps'; did you mean 'ops'?", 1 },
		{ "route = 5;", "'route' must be a group: { receiver = ...; }",
		  1 },
		{ "route = { receiver = \"ops\";\n match = { a = \"b\"; }; };",
		  "the root route takes every alert: it can have no 'match'",
		  1 },
		{ "route = { receiver = \"ops\";\n routes = ( 5 ); };",
		  "a route must be a group: { receiver = ...; }", 2 },
		{ "route = { receiver = \"ops\"; routes = ( {\n"
		  "match = { a = 5; }; } ); };",
		  "label 'a' must be matched against a string", 2 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct tree t = read_tree(table[i].text);

		assert_int_equal(t.problems.errors, 1);
		assert_string_equal(t.problems.item[0].text, table[i].problem);
		assert_int_equal(t.problems.item[0].line, table[i].line);
		release_tree(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			alerts_reach_the_receivers_that_alertmanager_would_choose),
		cmocka_unit_test(children_inherit_what_they_do_not_say),
		cmocka_unit_test(a_group_is_the_values_of_group_by),
		cmocka_unit_test(mistakes_are_named_with_their_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
