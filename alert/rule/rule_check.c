/* rule_check.c - what of a rule the rows of the table cannot say
 *
 * Pure; problems are collected. Runs on the caller's thread. */
#include "alert/rule/rule_internal.h"

#include <stdlib.h>

#include "alert/rule/template.h"
#include "event/utf8.h"

#define BIT(type) (1u << (type))

enum {
	HAVE_TIMEFRAME = BIT(RULE_FREQUENCY) | BIT(RULE_SPIKE) |
			 BIT(RULE_FLATLINE) | BIT(RULE_CARDINALITY) |
			 BIT(RULE_RATIO) | BIT(RULE_METRIC),
	IS_MOMENTARY = BIT(RULE_ANY) | BIT(RULE_NEW_TERM) | BIT(RULE_CHANGE) |
		       BIT(RULE_SEQUENCE),
	HAVE_FIELD = BIT(RULE_CARDINALITY) | BIT(RULE_NEW_TERM) |
		     BIT(RULE_CHANGE) | BIT(RULE_METRIC),
};

/* Keys that not every type has. */
static const struct {
	const char *key;
	unsigned types;
	unsigned required; /* by these of them */
	const char *owners;
} type_keys[] = {
	{ "timeframe", HAVE_TIMEFRAME | BIT(RULE_CHANGE), HAVE_TIMEFRAME,
	  "types with a window" },
	{ "num_events", BIT(RULE_FREQUENCY), BIT(RULE_FREQUENCY), "frequency" },
	{ "spike_type", BIT(RULE_SPIKE), 0, "spike" },
	{ "spike_height", BIT(RULE_SPIKE), BIT(RULE_SPIKE), "spike" },
	{ "threshold_cur", BIT(RULE_SPIKE), 0, "spike" },
	{ "threshold_ref", BIT(RULE_SPIKE), BIT(RULE_SPIKE), "spike" },
	{ "threshold", BIT(RULE_FLATLINE), BIT(RULE_FLATLINE), "flatline" },
	{ "expect", BIT(RULE_FLATLINE), 0, "flatline" },
	{ "forget_after", BIT(RULE_FLATLINE), 0, "flatline" },
	{ "field", HAVE_FIELD, HAVE_FIELD,
	  "cardinality, new_term, change and metric" },
	{ "max_cardinality", BIT(RULE_CARDINALITY), 0, "cardinality" },
	{ "min_cardinality", BIT(RULE_CARDINALITY), 0, "cardinality" },
	{ "of", BIT(RULE_RATIO), BIT(RULE_RATIO), "ratio" },
	{ "max_percentage", BIT(RULE_RATIO), 0, "ratio" },
	{ "min_percentage", BIT(RULE_RATIO), 0, "ratio" },
	{ "min_events", BIT(RULE_RATIO) | BIT(RULE_METRIC), BIT(RULE_RATIO),
	  "ratio and metric" },
	{ "aggregate", BIT(RULE_METRIC), BIT(RULE_METRIC), "metric" },
	{ "max_threshold", BIT(RULE_METRIC), 0, "metric" },
	{ "min_threshold", BIT(RULE_METRIC), 0, "metric" },
	{ "window", BIT(RULE_NEW_TERM), 0, "new_term" },
	{ "learn", BIT(RULE_NEW_TERM), 0, "new_term" },
	{ "stages", BIT(RULE_SEQUENCE), BIT(RULE_SEQUENCE), "sequence" },
	{ "for", HAVE_TIMEFRAME, 0,
	  "types that hold for a time (not momentary ones)" },
	{ "realert", IS_MOMENTARY, 0, "momentary types" },
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
				    type_keys[i].owners, rule_type_name(type));
		else if (!own && (type_keys[i].required & BIT(type)))
			problems_at(problems, PROBLEM_ERROR, node,
				    "\"%s\" is missing: type \"%s\" needs it",
				    key, rule_type_name(type));
	}
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

static bool is_of_group(const struct rule *rule, const char *label)
{
	for (size_t i = 0; i < rule_group_values(rule); i++)
		if (strcmp(rule_group_name(rule, i), label) == 0)
			return true;
	return false;
}

void rule_check_labels(const struct rules_load *load, const struct rule *rule,
		       const struct conf *labels)
{
	for (size_t i = 0; i < rule->n_labels; i++) {
		const char *name = rule->label[i].name;

		if (is_of_group(rule, name))
			problems_at(load->problems, PROBLEM_WARNING,
				    conf_get(labels, name),
				    "\"labels.%s\" hides the group's \"%s\": "
				    "routes, silences and Alertmanager cannot "
				    "tell its groups apart",
				    name, name);
		else if (strcmp(name, "alertname") == 0)
			problems_at(
				load->problems, PROBLEM_WARNING,
				conf_get(labels, name),
				"\"labels.alertname\" hides the name of the "
				"rule");
	}
}

void rule_check_templates(const struct rules_load *load,
			  const struct rule *rule,
			  const struct conf *annotations)
{
	struct strings labels = { xcalloc(rule->n_labels, sizeof(char *)),
				  rule->n_labels };
	struct strings group = { xcalloc(rule_group_values(rule),
					 sizeof(char *)),
				 rule_group_values(rule) };
	struct template_names names = { .group = &group,
					.labels = &labels,
					.fields = &load->fields };
	struct error err;

	for (size_t i = 0; i < group.n; i++)
		group.item[i] = rule_group_name(rule, i);
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
	free(group.item);
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
