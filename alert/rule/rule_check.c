/* rule_check.c - what of a rule the rows of the table cannot say
 *
 * Pure; problems are collected. Runs on the caller's thread. */
#include "alert/rule/rule_internal.h"

#include <stdlib.h>

#include "alert/rule/template.h"
#include "event/utf8.h"

#define BIT(type) (1u << (type))

/* Keys that not every type has. */
static const struct {
	const char *key;
	unsigned types;
	unsigned required; /* by these of them */
	const char *owners;
} type_keys[] = {
	{ "timeframe", BIT(RULE_FREQUENCY) | BIT(RULE_SPIKE),
	  BIT(RULE_FREQUENCY) | BIT(RULE_SPIKE), "frequency and spike" },
	{ "num_events", BIT(RULE_FREQUENCY), BIT(RULE_FREQUENCY), "frequency" },
	{ "spike_type", BIT(RULE_SPIKE), 0, "spike" },
	{ "spike_height", BIT(RULE_SPIKE), BIT(RULE_SPIKE), "spike" },
	{ "threshold_cur", BIT(RULE_SPIKE), 0, "spike" },
	{ "threshold_ref", BIT(RULE_SPIKE), BIT(RULE_SPIKE), "spike" },
	{ "for", BIT(RULE_FREQUENCY) | BIT(RULE_SPIKE), 0,
	  "types that hold for a time, frequency and spike" },
	{ "realert", BIT(RULE_ANY), 0, "momentary types, any" },
};

static const char *const type_name[RULE_TYPES] = {
	[RULE_ANY] = "any",
	[RULE_FREQUENCY] = "frequency",
	[RULE_SPIKE] = "spike",
};

void rule_check_keys(const struct config *config, const struct conf *node,
		     enum rule_type type, struct problems *problems)
{
	for (size_t i = 0; i < ARRAY_LENGTH(type_keys); i++) {
		const char *key = type_keys[i].key;
		const struct conf *own = config_node(config, key);

		if (own && !(type_keys[i].types & BIT(type)))
			problems_at(problems, PROBLEM_ERROR, own,
				    "\"%s\" belongs to %s, not to \"%s\"", key,
				    type_keys[i].owners, type_name[type]);
		else if (!own && (type_keys[i].required & BIT(type)))
			problems_at(problems, PROBLEM_ERROR, node,
				    "\"%s\" is missing: type \"%s\" needs it",
				    key, type_name[type]);
	}
}

/* The node of a key, or the rule's. */
static const struct conf *place(const struct config *config,
				const struct conf *node, const char *key)
{
	const struct conf *own = config_node(config, key);

	return own ? own : node;
}

void rule_check_spike(const struct config *config, const struct conf *node,
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

static bool is_repeated(const struct strings *list, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (strcmp(list->item[i], list->item[at]) == 0)
			return true;
	}
	return false;
}

void rule_check_fields(const struct rules_load *load,
		       const struct config *config, const char *key)
{
	const struct strings *list = config_strings(config, key);
	const struct conf *node = config_node(config, key);
	struct query_field field;
	struct error err;

	for (size_t i = 0; i < list->n; i++) {
		const char *name = list->item[i];

		if (!query_field_parse(str_of(name), &load->fields, &field,
				       &err)) {
			problems_at(load->problems, PROBLEM_ERROR, node,
				    "\"%s\": %s", key, err.text);
			continue;
		}
		if (!query_field_groups(&field))
			problems_at(load->problems, PROBLEM_ERROR, node,
				    "\"%s\": \"%s\" has no single values: name "
				    "a key such as ServiceKey, or a leaf such "
				    "as AdditionalFlat.user",
				    key, name);
		else if (is_repeated(list, i))
			problems_at(load->problems, PROBLEM_ERROR, node,
				    "\"%s\": \"%s\" is named twice", key, name);
		query_field_release(&field);
	}
}

void rule_check_receivers(const struct rules_load *load,
			  const struct config *config)
{
	const struct strings *list = config_strings(config, "receivers");
	const struct strings *known = load->options->receivers;

	for (size_t i = 0; known && i < list->n; i++) {
		const char *near;
		size_t k = 0;

		while (k < known->n &&
		       strcmp(known->item[k], list->item[i]) != 0)
			k++;
		if (k < known->n)
			continue;
		near = nearest_word(list->item[i], known->item, known->n);
		problems_at(load->problems, PROBLEM_ERROR,
			    config_node(config, "receivers"),
			    "unknown receiver \"%s\"%s%s%s", list->item[i],
			    near ? "; did you mean \"" : "", near ? near : "",
			    near ? "\"?" : "");
	}
}

void rule_check_templates(const struct rules_load *load,
			  const struct rule *rule,
			  const struct conf *annotations)
{
	struct strings labels = { xcalloc(rule->n_labels, sizeof(char *)),
				  rule->n_labels };
	struct template_names names = { .group = &rule->group_by,
					.labels = &labels,
					.fields = &load->fields };
	struct error err;

	for (size_t i = 0; i < rule->n_labels; i++)
		labels.item[i] = rule->label[i].name;
	for (size_t i = 0; i < rule->n_annotations; i++) {
		const struct rule_pair *pair = &rule->annotation[i];

		if (template_check(str_of(pair->value), &names, &err))
			continue;
		problems_at(load->problems, PROBLEM_ERROR,
			    conf_get(annotations, pair->name),
			    "\"annotations.%s\": %s", pair->name, err.text);
	}
	free(labels.item);
}

bool rule_check_utf8(const struct conf *node, struct problems *problems)
{
	bool valid = true;

	if (node->kind == CONF_STRING && !utf8_valid(str_of(node->text))) {
		problems_at(problems, PROBLEM_ERROR, node,
			    "the text is not valid UTF-8");
		return false;
	}
	conf_for_each (node, i)
		valid = rule_check_utf8(node->child[i], problems) && valid;
	return valid;
}
