/* rule_check_types.c - what a type asks of its keys' values
 *
 * Pure; problems are collected. Runs on the caller's thread. */
#include "alert/rule/rule_internal.h"

#include "event/query_field.h"

/* The node of a key, or the rule's. */
static const struct conf *place(const struct config *config,
				const struct conf *node, const char *key)
{
	const struct conf *own = config_node(config, key);

	return own ? own : node;
}

static void check_spike(const struct config *config, const struct conf *node,
			struct problems *problems)
{
	enum spike_type type =
		(enum spike_type)config_choice(config, "spike_type");

	if (config_is_set(config, "spike_height") &&
	    config_real(config, "spike_height") <= 1)
		problems_at(problems, PROBLEM_ERROR,
			    place(config, node, "spike_height"),
			    "\"spike_height\" must be more than 1");
	if (type != SPIKE_DOWN && config_int(config, "threshold_cur") < 1)
		problems_at(problems, PROBLEM_ERROR,
			    place(config, node, "threshold_cur"),
			    "\"threshold_cur\" must be at least 1 for "
			    "spike_type up and both, so that nothing against "
			    "nothing is no spike");
	if (type == SPIKE_DOWN && config_is_set(config, "threshold_cur"))
		problems_at(problems, PROBLEM_WARNING,
			    place(config, node, "threshold_cur"),
			    "\"threshold_cur\" decides nothing for spike_type "
			    "down");
	if (type != SPIKE_UP && config_is_set(config, "threshold_ref") &&
	    config_int(config, "threshold_ref") < 1)
		problems_at(problems, PROBLEM_ERROR,
			    place(config, node, "threshold_ref"),
			    "\"threshold_ref\" must be at least 1 for "
			    "spike_type down and both");
}

/* ---- field ---- */

/* Within a group it has one value only. */
static void check_field_in_group(struct rules_load *load,
				 const struct conf *node,
				 const struct rule *rule)
{
	const char *what = NULL;
	size_t i = 0;

	while (i < rule->group_by.n &&
	       strcmp(rule->group_by.item[i], rule->field) != 0)
		i++;
	if (i == rule->group_by.n)
		return;
	if (rule->type == RULE_NEW_TERM)
		problems_at(load->problems, PROBLEM_ERROR, node,
			    "\"field\" may not be in group_by: each of its "
			    "values is a group already");
	else if (rule->type == RULE_CHANGE)
		what = "it never changes there";
	else if (rule->type == RULE_CARDINALITY)
		what = "there is always 1 distinct value";
	if (what)
		problems_at(load->problems, PROBLEM_WARNING, node,
			    "\"field\" is in group_by too, so each of its "
			    "values is a group and %s: take \"%s\" out of "
			    "group_by, or name another field",
			    what, rule->field);
}

static void check_field(struct rules_load *load, const struct config *config,
			const struct rule *rule)
{
	const struct conf *node = config_node(config, "field");
	struct query_field field;
	struct error err;

	if (!rule->field)
		return;
	if (!query_field_parse(str_of(rule->field), &load->fields, &field,
			       &err)) {
		problems_at(load->problems, PROBLEM_ERROR, node,
			    "\"field\": %s", err.text);
		return;
	}
	if (!query_field_groups(&field))
		problems_at(load->problems, PROBLEM_ERROR, node,
			    "\"field\": \"%s\" has no single values: name a "
			    "key such as HostAddress, or a leaf such as "
			    "AdditionalFlat.user",
			    rule->field);
	query_field_release(&field);
	check_field_in_group(load, node, rule);
}

/* ---- bounds ---- */

static const struct {
	enum rule_type type;
	const char *upper, *lower;
} bound_keys[] = {
	{ RULE_CARDINALITY, "max_cardinality", "min_cardinality" },
	{ RULE_RATIO, "max_percentage", "min_percentage" },
	{ RULE_METRIC, "max_threshold", "min_threshold" },
};

static void check_share(const struct config *config, const char *key,
			struct problems *problems)
{
	double value = config_real(config, key);

	if (config_is_set(config, key) && !(value >= 0 && value <= 100))
		problems_at(problems, PROBLEM_ERROR, config_node(config, key),
			    "\"%s\" must be between 0 and 100", key);
}

static void check_bounds(const struct config *config, const struct conf *node,
			 const struct rule *rule, struct problems *problems)
{
	const char *upper = NULL, *lower = NULL;

	for (size_t i = 0; i < ARRAY_LENGTH(bound_keys); i++)
		if (bound_keys[i].type == rule->type) {
			upper = bound_keys[i].upper;
			lower = bound_keys[i].lower;
		}
	if (!upper)
		return;
	if (!rule->upper.set && !rule->lower.set)
		problems_at(problems, PROBLEM_ERROR, node,
			    "\"%s\" or \"%s\" is missing: type \"%s\" needs "
			    "one of them",
			    upper, lower, rule_type_name(rule->type));
	if (rule->upper.set && rule->lower.set &&
	    rule->lower.value > rule->upper.value)
		problems_at(problems, PROBLEM_ERROR, config_node(config, lower),
			    "\"%s\" is more than \"%s\": it would always hold",
			    lower, upper);
	if (rule->type == RULE_RATIO) {
		check_share(config, upper, problems);
		check_share(config, lower, problems);
	}
}

static void check_flatline(const struct config *config, const struct conf *node,
			   const struct rule *rule, struct problems *problems)
{
	if (rule->forget_after_ms < rule->timeframe_ms)
		problems_at(problems, PROBLEM_ERROR,
			    place(config, node, "forget_after"),
			    "\"forget_after\" must be at least \"timeframe\"");
}

void rule_check_type(struct rules_load *load, const struct config *config,
		     const struct conf *node, const struct rule *rule)
{
	rule_check_keys(config, node, rule->type, load->problems);
	if (rule->type == RULE_SPIKE)
		check_spike(config, node, load->problems);
	if (rule->type == RULE_FLATLINE)
		check_flatline(config, node, rule, load->problems);
	check_field(load, config, rule);
	check_bounds(config, node, rule, load->problems);
}
