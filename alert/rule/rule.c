/* rule.c - one rule: the table of its keys, and how it is read
 *
 * A rule owns copies of all it needs; the file's tree is gone after loading.
 * Runs on the caller's thread. */
#include "alert/rule/rule.h"

#include <stdlib.h>

#include "alert/builtin.h"
#include "alert/rule/rule_internal.h"

/* In the order of enum rule_type, enum spike_type and enum aggregate. */
static const char *const type_names[] = { "any",      "frequency",   "spike",
					  "flatline", "cardinality", "new_term",
					  "change",   "ratio",       "metric",
					  "sequence", NULL };
static const char *const spike_names[] = { "up", "down", "both", NULL };
static const char *const aggregate_names[] = { "sum", "avg", "min",
					       "max", "p50", "p90",
					       "p95", "p99", NULL };

#define DAY_MS INT64_C(86400000)

static const struct setting rows[] = {
	{ "name", SETTING_STRING, NULL, 0, 0, NULL, NULL,
	  "The rule's name, unique over all files." },
	{ "type", SETTING_CHOICE, NULL, 0, 0, type_names, NULL,
	  "When it holds. any: an event matches. frequency: num_events within "
	  "timeframe. spike: timeframe against the one before it. flatline: "
	  "fewer than threshold in timeframe. cardinality: distinct values of "
	  "field in timeframe. new_term: a value of field not seen for window. "
	  "change: field differs from the value before it. ratio: the share "
	  "of events that match `of`. metric: an aggregate of the numbers in "
	  "field. sequence: stages in this order." },
	{ "query", SETTING_STRING, "*", 0, 0, NULL, NULL,
	  "Which events count: a Lucene query string, as in Kibana." },
	{ "group_by", SETTING_STRINGS, "", 0, RULE_GROUP_FIELDS_MAX, NULL, NULL,
	  "Fields whose combinations of values are counted apart." },
	{ "timeframe", SETTING_DURATION, "0s", 1, DAY_MS, NULL, NULL,
	  "The length of a window; change: older values do not count (24h if "
	  "not given)." },
	{ "num_events", SETTING_INT, "0", 1, INT64_MAX, NULL, "events",
	  "frequency: at least so many events in timeframe." },
	{ "spike_type", SETTING_CHOICE, "up", 0, 0, spike_names, NULL,
	  "spike: which direction counts." },
	{ "spike_height", SETTING_REAL, "0", 0, 0, NULL, NULL,
	  "spike: how many times the reference, more than 1." },
	{ "threshold_cur", SETTING_INT, "0", 0, 0, NULL, "events",
	  "spike: at least so many in the current window; needed, and at "
	  "least 1, for up and both." },
	{ "threshold_ref", SETTING_INT, "0", 0, 0, NULL, "events",
	  "spike: at least so many in the window before; at least 1 for down "
	  "and both; 0 says that a rise from nothing counts." },
	{ "threshold", SETTING_INT, "0", 1, INT64_MAX, NULL, "events",
	  "flatline: fewer than so many in timeframe." },
	{ "expect", SETTING_TREE, "", 0, 0, NULL, NULL,
	  "flatline: groups that are watched even if never seen, a list of "
	  "{ ServiceKey = \"A\"; } or of lists of values in the order of "
	  "group_by." },
	{ "forget_after", SETTING_DURATION, "7d", 1, 3660 * DAY_MS, NULL, NULL,
	  "flatline: a group without events for so long resolves and is "
	  "forgotten, unless it is expected." },
	{ "field", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "cardinality, new_term, change, metric: whose values count. Events "
	  "without it do not." },
	{ "max_cardinality", SETTING_INT, "0", 0, 9999, NULL, "values",
	  "cardinality: it holds over so many distinct values." },
	{ "min_cardinality", SETTING_INT, "0", 1, 9999, NULL, "values",
	  "cardinality: it holds under so many, if there is any event." },
	{ "of", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "ratio: a query; the share of its events among those of query." },
	{ "max_percentage", SETTING_REAL, "0", 0, 0, NULL, "%",
	  "ratio: it holds over this share." },
	{ "min_percentage", SETTING_REAL, "0", 0, 0, NULL, "%",
	  "ratio: it holds under this share." },
	{ "min_events", SETTING_INT, "1", 1, INT64_MAX, NULL, "events",
	  "ratio (needed), metric: with fewer in timeframe it does not hold." },
	{ "aggregate", SETTING_CHOICE, "sum", 0, 0, aggregate_names, NULL,
	  "metric: what is made of the numbers." },
	{ "max_threshold", SETTING_REAL, "0", 0, 0, NULL, NULL,
	  "metric: it holds over this." },
	{ "min_threshold", SETTING_REAL, "0", 0, 0, NULL, NULL,
	  "metric: it holds under this." },
	{ "window", SETTING_DURATION, "30d", 1000, 366 * DAY_MS, NULL, NULL,
	  "new_term: a value is new if it was not seen for so long." },
	{ "learn", SETTING_DURATION, "1d", 0, 366 * DAY_MS, NULL, NULL,
	  "new_term: a group is silent for so long from its first event on." },
	{ "stages", SETTING_TREE, "", 0, 0, NULL, NULL,
	  "sequence: a list of { query = ...; within = \"30s\"; }; within "
	  "counts from the stage before; absent = true in the last one: it "
	  "holds if none came in time." },
	{ "for", SETTING_DURATION, "0s", 0, DAY_MS, NULL, NULL,
	  "It must hold so long before it fires; not for momentary types "
	  "(any, new_term, change, sequence)." },
	{ "keep_firing_for", SETTING_DURATION, "0s", 0, 0, NULL, NULL,
	  "It stays firing so long after it last held; 5m for momentary types "
	  "if not given." },
	{ "realert", SETTING_DURATION, "5m", 0, 0, NULL, NULL,
	  "Momentary types: further matches while firing are announced at "
	  "most this often." },
	{ "labels", SETTING_TREE, "", 0, 0, NULL, NULL,
	  "Name and text pairs that route the alert; severity by convention "
	  "critical, warning or info." },
	{ "annotations", SETTING_TREE, "", 0, 0, NULL, NULL,
	  "Name and text pairs for people: summary, description, "
	  "runbook_url; templates such as {{group.ServiceKey}}." },
	{ "receivers", SETTING_STRINGS, "", 0, 0, NULL, NULL,
	  "Who is told; without it the route tree decides." },
	{ "samples", SETTING_INT, "3", 0, RULE_SAMPLES_MAX, NULL, "events",
	  "So many matching events are attached." },
	{ "top", SETTING_STRINGS, "", 0, RULE_GROUP_FIELDS_MAX, NULL, NULL,
	  "Fields whose commonest values are attached." },
	{ "max_groups", SETTING_INT, "100000", 1, 10000000, NULL, "groups",
	  "Past it, on each partition of the topic of matches, the group least "
	  "recently seen is dropped, and counted." },
	{ "enabled", SETTING_BOOL, "true", 0, 0, NULL, NULL,
	  "false: checked, but not run." },
	{ "staging", SETTING_BOOL, "false", 0, 0, NULL, NULL,
	  "true: evaluated and recorded, but nobody is told." },
};

const struct settings rule_settings = { rows, ARRAY_LENGTH(rows) };

static const int64_t momentary_keep_ms = INT64_C(300000);

bool rule_type_is_momentary(enum rule_type type)
{
	return type == RULE_ANY || type == RULE_NEW_TERM ||
	       type == RULE_CHANGE || type == RULE_SEQUENCE;
}

const char *rule_type_name(enum rule_type type)
{
	return type_names[type];
}

size_t rule_group_values(const struct rule *rule)
{
	return rule->group_by.n + (rule->type == RULE_NEW_TERM);
}

const char *rule_group_name(const struct rule *rule, size_t i)
{
	return i < rule->group_by.n ? rule->group_by.item[i] : rule->field;
}

static struct strings strings_copy(const struct strings *from)
{
	struct strings copy = { xcalloc(from->n, sizeof(char *)), from->n };

	for (size_t i = 0; i < from->n; i++)
		copy.item[i] = xstrdup(from->item[i]);
	return copy;
}

static void strings_release(struct strings *strings)
{
	for (size_t i = 0; i < strings->n; i++)
		free((void *)(uintptr_t)strings->item[i]);
	free(strings->item);
}

static void pairs_free(struct rule_pair *pair, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(pair[i].name);
		free(pair[i].value);
	}
	free(pair);
}

void rule_free(struct rule *rule)
{
	if (!rule)
		return;
	free(rule->name);
	free(rule->file);
	query_free(rule->query);
	free(rule->query_text);
	rule_free_types(rule);
	strings_release(&rule->group_by);
	pairs_free(rule->label, rule->n_labels);
	pairs_free(rule->annotation, rule->n_annotations);
	strings_release(&rule->receivers);
	strings_release(&rule->top);
	free(rule);
}

/* A name that every receiver takes as a label: [A-Za-z_][A-Za-z0-9_]*. */
static bool is_label_name(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && !(name[0] >= '0' && name[0] <= '9') &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == n;
}

/* The pairs of a group such as labels; NULL if it is not there. */
static struct rule_pair *read_pairs(const struct conf *group, const char *key,
				    size_t *n, struct problems *problems)
{
	struct rule_pair *pair;

	*n = 0;
	if (!group)
		return NULL;
	if (group->kind != CONF_GROUP) {
		problems_at(problems, PROBLEM_ERROR, group,
			    "\"%s\" must be a group such as { name = "
			    "\"text\"; }",
			    key);
		return NULL;
	}
	pair = xcalloc(group->n, sizeof(*pair));
	conf_for_each (group, i) {
		const struct conf *child = group->child[i];

		if (child->kind != CONF_STRING)
			problems_at(problems, PROBLEM_ERROR, child,
				    "\"%s.%s\" must be a string, not %s", key,
				    child->name, conf_kind_name(child->kind));
		else if (!is_label_name(child->name))
			problems_at(problems, PROBLEM_ERROR, child,
				    "\"%s.%s\": the name must be letters, "
				    "digits and \"_\"",
				    key, child->name);
		else
			pair[(*n)++] =
				(struct rule_pair){ xstrdup(child->name),
						    xstrdup(child->text) };
	}
	return pair;
}

/* Where a text of the rule stands: its own line if it was written. */
static const struct conf *place(const struct config *config, const char *key,
				const struct conf *node)
{
	const struct conf *own = config_node(config, key);

	return own ? own : node;
}

struct query *rule_query(struct rules_load *load, const char *text,
			 const struct conf *at, const char *key)
{
	struct query_problem problem[8];
	struct query *query;
	size_t n;

	query = query_parse(str_of(text), &load->fields, problem,
			    ARRAY_LENGTH(problem), &n);
	for (size_t i = 0; i < n; i++)
		problems_at(load->problems,
			    problem[i].warning ? PROBLEM_WARNING
					       : PROBLEM_ERROR,
			    at, "%s, column %d: %s", key, problem[i].column,
			    problem[i].text);
	return query;
}

static void read_name(struct rules_load *load, const struct config *config,
		      const struct conf *node, struct rule *rule)
{
	const char *name = config_string(config, "name");
	const struct rule *other;

	rule->name = xstrdup(name ? name : "");
	if (!config_is_set(config, "name"))
		return;
	if (rule->name[0] == '\0' || strlen(rule->name) > 200) {
		problems_at(load->problems, PROBLEM_ERROR,
			    place(config, "name", node),
			    "\"name\" must have 1 to 200 bytes");
		return;
	}
	other = map_get(&load->names, str_of(rule->name));
	if (builtin_is_name(rule->name))
		problems_at(load->problems, PROBLEM_ERROR,
			    place(config, "name", node),
			    "\"%s\" is the name of an alert that Tocsin raises "
			    "about itself",
			    rule->name);
	else if (other)
		problems_at(load->problems, PROBLEM_ERROR,
			    place(config, "name", node),
			    "the name \"%s\" is taken by the rule at %s:%d",
			    rule->name, other->file, other->line);
	else
		map_set(&load->names, str_of(rule->name), rule);
}

static void read_values(const struct config *config, struct rule *rule)
{
	bool momentary = rule_type_is_momentary(rule->type);

	rule->timeframe_ms = config_int(config, "timeframe");
	if (rule->type == RULE_CHANGE && !config_is_set(config, "timeframe"))
		rule->timeframe_ms = DAY_MS;
	rule->for_ms = config_int(config, "for");
	rule->keep_firing_for_ms = config_int(config, "keep_firing_for");
	if (momentary && !config_is_set(config, "keep_firing_for"))
		rule->keep_firing_for_ms = momentary_keep_ms;
	rule->realert_ms = config_int(config, "realert");
	rule->num_events = config_int(config, "num_events");
	rule->spike_type = (enum spike_type)config_choice(config, "spike_type");
	rule->spike_height = config_real(config, "spike_height");
	rule->threshold_cur = config_int(config, "threshold_cur");
	rule->threshold_ref = config_int(config, "threshold_ref");
	rule->samples = (int)config_int(config, "samples");
	rule->max_groups = config_int(config, "max_groups");
	rule->enabled = config_bool(config, "enabled");
	rule->staging = config_bool(config, "staging");
	rule->group_by = strings_copy(config_strings(config, "group_by"));
	rule->receivers = strings_copy(config_strings(config, "receivers"));
	rule->top = strings_copy(config_strings(config, "top"));
}

static void read_texts(struct rules_load *load, const struct config *config,
		       struct rule *rule)
{
	const struct conf *annotations = config_tree(config, "annotations");

	rule->label = read_pairs(config_tree(config, "labels"), "labels",
				 &rule->n_labels, load->problems);
	rule_check_labels(load, rule, config_tree(config, "labels"));
	rule->annotation = read_pairs(annotations, "annotations",
				      &rule->n_annotations, load->problems);
	rule_check_templates(load, rule, annotations);
}

/* The type was written, and is one that there is. */
static bool type_is_known(const struct config *config)
{
	const struct conf *node = config_node(config, "type");

	for (size_t i = 0; node && node->text && type_names[i]; i++) {
		if (strcmp(type_names[i], node->text) == 0)
			return true;
	}
	return false;
}

struct rule *rule_read(struct rules_load *load, const struct conf *node)
{
	struct config *config;
	struct rule *rule;

	if (node->kind != CONF_GROUP) {
		problems_at(load->problems, PROBLEM_ERROR, node,
			    "a rule must be a group { }, not %s",
			    conf_kind_name(node->kind));
		return NULL;
	}
	if (!rule_check_utf8(node, load->problems))
		return NULL;
	config = config_check(node, &rule_settings, 1, load->problems);
	rule = xcalloc(1, sizeof(*rule));
	rule->file = xstrdup(node->file);
	rule->line = node->line;
	rule->type = (enum rule_type)config_choice(config, "type");
	read_name(load, config, node, rule);
	rule->query_text = xstrdup(config_string(config, "query"));
	rule->query = rule_query(load, rule->query_text,
				 place(config, "query", node), "query");
	read_values(config, rule);
	rule_read_types(load, config, rule);
	read_texts(load, config, rule);
	if (type_is_known(config))
		rule_check_type(load, config, node, rule);
	rule_check_fields(load, config, "group_by");
	rule_check_fields(load, config, "top");
	rule_check_receivers(load, config);
	config_close(config);
	rule_set_hash(rule);
	return rule;
}
