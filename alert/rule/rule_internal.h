/* rule_internal.h - what the files of the rule module share
 *
 * Not for others; rule.h is the interface. */
#ifndef TOCSIN_ALERT_RULE_RULE_INTERNAL_H
#define TOCSIN_ALERT_RULE_RULE_INTERNAL_H

#include "alert/rule/rule.h"
#include "core/map.h"

/* What a load carries from file to file. */
struct rules_load {
	struct ruleset *rules;
	const struct rules_options *options;
	struct query_options fields; /* of options->fields */
	struct problems *problems;
	struct rule **rule; /* all, the disabled ones too */
	size_t n, cap;
	size_t cap_enabled;
	struct map names; /* of rules; values are the rules */
	struct map files; /* already read */
};

/* --- rule.c --- */

/* Check one group of a rule file; NULL if it is so wrong that nothing can be
 * said about it. Wrong values are reported and read as their defaults. */
struct rule *rule_read(struct rules_load *load, const struct conf *node);
void rule_free(struct rule *rule);
/* Parse; what is wrong is told as of `key`, at `at`. NULL if it is wrong. */
struct query *rule_query(struct rules_load *load, const char *text,
			 const struct conf *at, const char *key);

/* --- rule_types.c: the keys of flatline, cardinality, new_term, change, ratio,
 * metric and sequence --- */

/* After name, type, query and group_by. */
void rule_read_types(struct rules_load *load, const struct config *config,
		     struct rule *rule);
void rule_free_types(struct rule *rule);

/* --- rule_check.c: what goes beyond a row of the table --- */

/* Keys that the type needs, and keys that belong to other types. */
void rule_check_keys(const struct config *config, const struct conf *node,
		     enum rule_type type, struct problems *problems);
/* What the type asks of its keys' values. */
void rule_check_type(struct rules_load *load, const struct config *config,
		     const struct conf *node, const struct rule *rule);
/* Names of event fields (group_by, top): each known, each once. */
void rule_check_fields(const struct rules_load *load,
		       const struct config *config, const char *key);
void rule_check_receivers(const struct rules_load *load,
			  const struct config *config);
/* Labels that take the place of the group's or of the rule's name. */
void rule_check_labels(const struct rules_load *load, const struct rule *rule,
		       const struct conf *labels);
void rule_check_templates(const struct rules_load *load,
			  const struct rule *rule,
			  const struct conf *annotations);
/* Every text in the group is UTF-8 (it goes into JSON). */
bool rule_check_utf8(const struct conf *node, struct problems *problems);

/* --- rule_series.c --- */

/* Sets rule->hash. */
void rule_set_hash(struct rule *rule);
/* Gives each rule of the set its series, and the set its hash and longest_ms.
 * Rules without a query are passed over. */
void rules_share(struct ruleset *rules);
void series_free(struct series *series);

#endif
