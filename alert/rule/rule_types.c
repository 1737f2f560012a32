/* rule_types.c - the keys of a rule that are more than a value: groups that
 * flatline expects, the stages of a sequence, bounds, `of` of ratio
 *
 * Copies all it keeps into the rule. Runs on the caller's thread. */
#include "alert/rule/rule_internal.h"

#include <stdlib.h>

/* ---- expect ---- */

static char *text_of(const struct conf *node, struct problems *problems)
{
	if (node->kind == CONF_STRING)
		return xstrdup(node->text);
	problems_at(problems, PROBLEM_ERROR, node,
		    "\"expect\": a value must be a string, not %s",
		    conf_kind_name(node->kind));
	return NULL;
}

/* { ServiceKey = "A"; HostAddress = "h"; } */
static bool read_named(const struct conf *node, const struct rule *rule,
		       struct rule_expect *out, struct problems *problems)
{
	for (size_t i = 0; i < rule->group_by.n; i++) {
		const char *name = rule->group_by.item[i];
		const struct conf *value = conf_get(node, name);

		if (!value) {
			problems_at(problems, PROBLEM_ERROR, node,
				    "\"expect\": \"%s\" of group_by is missing "
				    "here",
				    name);
			return false;
		}
		out->value[i] = text_of(value, problems);
		if (!out->value[i])
			return false;
	}
	if (node->n == rule->group_by.n)
		return true;
	problems_at(problems, PROBLEM_ERROR, node,
		    "\"expect\" names what group_by does not");
	return false;
}

/* ["A", "h"]: a field with a dot cannot be a name in the file. */
static bool read_listed(const struct conf *node, const struct rule *rule,
			struct rule_expect *out, struct problems *problems)
{
	if (node->n != rule->group_by.n) {
		problems_at(problems, PROBLEM_ERROR, node,
			    "\"expect\" has %zu values here, group_by %zu "
			    "fields",
			    node->n, rule->group_by.n);
		return false;
	}
	conf_for_each (node, i) {
		out->value[i] = text_of(node->child[i], problems);
		if (!out->value[i])
			return false;
	}
	return true;
}

static void expect_release(struct rule_expect *expect)
{
	for (size_t i = 0; i < ARRAY_LENGTH(expect->value); i++)
		free(expect->value[i]);
}

static void read_expect(const struct conf *tree, struct rule *rule,
			struct problems *problems)
{
	if (!tree)
		return;
	if (tree->kind != CONF_LIST || tree->n > RULE_EXPECT_MAX ||
	    rule->group_by.n == 0) {
		problems_at(problems, PROBLEM_ERROR, tree,
			    rule->group_by.n == 0
				    ? "\"expect\" needs group_by: without it "
				      "the one group is always expected"
				    : "\"expect\" must be a list of at most "
				      "10000 groups such as ( { ServiceKey = "
				      "\"A\"; } )");
		return;
	}
	rule->expect = xcalloc(tree->n, sizeof(*rule->expect));
	conf_for_each (tree, i) {
		const struct conf *node = tree->child[i];
		struct rule_expect *out = &rule->expect[rule->n_expect];

		if (node->kind == CONF_GROUP
			    ? read_named(node, rule, out, problems)
			    : read_listed(node, rule, out, problems)) {
			rule->n_expect++;
		} else {
			expect_release(out);
			*out = (struct rule_expect){ 0 };
		}
	}
}

/* ---- stages ---- */

static const struct setting stage_rows[] = {
	{ "query", SETTING_STRING, NULL, 0, 0, NULL, NULL,
	  "Which events fill the stage." },
	{ "within", SETTING_DURATION, "0s", 1, INT64_C(86400000), NULL, NULL,
	  "So long after the stage before, at the latest." },
	{ "absent", SETTING_BOOL, "false", 0, 0, NULL, NULL,
	  "The last stage only: it holds if none came in time." },
};

static const struct settings stage_settings = { stage_rows,
						ARRAY_LENGTH(stage_rows) };

static void read_stage(struct rules_load *load, const struct conf *node,
		       bool first, bool last, struct rule_stage *out)
{
	struct problems *problems = load->problems;
	struct config *config =
		config_check(node, &stage_settings, 1, problems);
	const struct conf *at = config_node(config, "query");

	if (at)
		out->query = rule_query(load, config_string(config, "query"),
					at, "query of a stage");
	out->within_ms = config_int(config, "within");
	out->absent = config_bool(config, "absent");
	if (first && config_is_set(config, "within"))
		problems_at(problems, PROBLEM_ERROR,
			    config_node(config, "within"),
			    "the first stage has no stage before it that "
			    "\"within\" could count from");
	if (!first && !config_is_set(config, "within"))
		problems_at(problems, PROBLEM_ERROR, node,
			    "\"within\" is missing: every stage but the first "
			    "needs it");
	if (out->absent && (first || !last))
		problems_at(problems, PROBLEM_ERROR, node,
			    "only the last of at least two stages may be "
			    "\"absent\"");
	config_close(config);
}

static void read_stages(struct rules_load *load, const struct conf *tree,
			struct rule *rule)
{
	if (!tree)
		return;
	if (tree->kind != CONF_LIST || tree->n < 2 ||
	    tree->n > RULE_STAGES_MAX) {
		problems_at(load->problems, PROBLEM_ERROR, tree,
			    "\"stages\" must be a list of 2 to %d groups such "
			    "as { query = \"...\"; within = \"30s\"; }",
			    RULE_STAGES_MAX);
		return;
	}
	rule->stage = xcalloc(tree->n, sizeof(*rule->stage));
	conf_for_each (tree, i) {
		if (tree->child[i]->kind != CONF_GROUP) {
			problems_at(load->problems, PROBLEM_ERROR,
				    tree->child[i],
				    "a stage must be a group { }, not %s",
				    conf_kind_name(tree->child[i]->kind));
			continue;
		}
		read_stage(load, tree->child[i], i == 0, i + 1 == tree->n,
			   &rule->stage[rule->n_stages++]);
	}
}

/* ---- the rest ---- */

static struct rule_bound bound_of(const struct config *config, const char *key,
				  bool whole)
{
	return (struct rule_bound){
		.set = config_is_set(config, key),
		.value = whole ? (double)config_int(config, key)
			       : config_real(config, key),
	};
}

static void read_bounds(const struct config *config, struct rule *rule)
{
	switch (rule->type) {
	case RULE_CARDINALITY:
		rule->upper = bound_of(config, "max_cardinality", true);
		rule->lower = bound_of(config, "min_cardinality", true);
		break;
	case RULE_RATIO:
		rule->upper = bound_of(config, "max_percentage", false);
		rule->lower = bound_of(config, "min_percentage", false);
		break;
	case RULE_METRIC:
		rule->upper = bound_of(config, "max_threshold", false);
		rule->lower = bound_of(config, "min_threshold", false);
		break;
	default: break;
	}
}

void rule_read_types(struct rules_load *load, const struct config *config,
		     struct rule *rule)
{
	rule->threshold = config_int(config, "threshold");
	rule->forget_after_ms = config_int(config, "forget_after");
	rule->min_events = config_int(config, "min_events");
	rule->aggregate = (enum aggregate)config_choice(config, "aggregate");
	rule->window_ms = config_int(config, "window");
	rule->learn_ms = config_int(config, "learn");
	if (config_is_set(config, "field"))
		rule->field = xstrdup(config_string(config, "field"));
	read_bounds(config, rule);
	if (rule->type == RULE_RATIO && config_is_set(config, "of")) {
		rule->of_text = xstrdup(config_string(config, "of"));
		rule->of = rule_query(load, rule->of_text,
				      config_node(config, "of"), "of");
	}
	if (rule->type == RULE_FLATLINE)
		read_expect(config_tree(config, "expect"), rule,
			    load->problems);
	if (rule->type == RULE_SEQUENCE)
		read_stages(load, config_tree(config, "stages"), rule);
}

void rule_free_types(struct rule *rule)
{
	for (size_t i = 0; i < rule->n_expect; i++)
		expect_release(&rule->expect[i]);
	for (size_t i = 0; i < rule->n_stages; i++)
		query_free(rule->stage[i].query);
	free(rule->expect);
	free(rule->stage);
	free(rule->field);
	query_free(rule->of);
	free(rule->of_text);
}
