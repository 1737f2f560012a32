/* rules_file.c - from globs and files to a set of rules
 *
 * The set owns its rules, the disabled ones too until loading ends. Runs on
 * the caller's thread. */
#include "alert/rule/rule_internal.h"

#include <glob.h>
#include <stdlib.h>

static const struct setting file_rows[] = {
	{ "rules", SETTING_TREE, NULL, 0, 0, NULL, NULL,
	  "The rules of the file: a list of groups." },
};
static const struct settings file_settings = { file_rows,
					       ARRAY_LENGTH(file_rows) };

static void read_rule(struct rules_load *load, const struct conf *node)
{
	struct rule *rule = rule_read(load, node);

	if (!rule)
		return;
	*ARRAY_PUSH(load->rule, load->n, load->cap) = rule;
	if (rule->enabled)
		*ARRAY_PUSH(load->rules->rule, load->rules->n,
			    load->cap_enabled) = rule;
}

static void read_tree(struct rules_load *load, const struct conf *root)
{
	struct config *config =
		config_check(root, &file_settings, 1, load->problems);
	const struct conf *list = config_tree(config, "rules");

	if (list && list->kind != CONF_LIST)
		problems_at(load->problems, PROBLEM_ERROR, list,
			    "\"rules\" must be a list ( { ... }, { ... } )");
	else
		conf_for_each (list, i)
			read_rule(load, list->child[i]);
	config_close(config);
}

static void read_path(struct rules_load *load, const char *path)
{
	struct conf *root;

	if (map_set(&load->files, str_of(path), load))
		return;
	root = conf_load(path, load->problems);
	if (root)
		read_tree(load, root);
	conf_free(root);
}

static bool is_pattern(const char *path)
{
	return strpbrk(path, "*?[") != NULL;
}

static bool is_test(const char *path)
{
	static const char suffix[] = ".test.conf";
	size_t n = strlen(path), m = sizeof(suffix) - 1;

	return n >= m && strcmp(path + n - m, suffix) == 0;
}

static void read_glob(struct rules_load *load, const char *pattern)
{
	glob_t found = { 0 };
	int status = glob(pattern, 0, NULL, &found);
	size_t read = 0;

	for (size_t i = 0; status == 0 && i < found.gl_pathc; i++) {
		if (is_test(found.gl_pathv[i]))
			continue;
		read_path(load, found.gl_pathv[i]);
		read++;
	}
	if (read == 0 && !load->options->may_be_none)
		problems_add(load->problems, PROBLEM_WARNING, pattern, 0, 0,
			     "no rule file matches");
	globfree(&found);
}

static struct ruleset *begin(struct rules_load *load,
			     const struct rules_options *options,
			     struct problems *problems)
{
	static const struct rules_options none;

	*load = (struct rules_load){ .rules = xcalloc(1, sizeof(*load->rules)),
				     .options = options ? options : &none,
				     .problems = problems };
	if (load->options->fields)
		load->fields =
			(struct query_options){ load->options->fields->item,
						load->options->fields->n };
	return load->rules;
}

static void finish(struct rules_load *load)
{
	rules_share(load->rules);
	for (size_t i = 0; i < load->n; i++) {
		if (!load->rule[i]->enabled)
			rule_free(load->rule[i]);
	}
	free(load->rule);
	map_release(&load->names, NULL);
	map_release(&load->files, NULL);
}

struct ruleset *rules_load(const struct strings *globs,
			   const struct rules_options *options,
			   struct problems *problems)
{
	struct rules_load load;
	struct ruleset *rules = begin(&load, options, problems);

	for (size_t i = 0; i < globs->n; i++) {
		if (is_pattern(globs->item[i]))
			read_glob(&load, globs->item[i]);
		else
			read_path(&load, globs->item[i]);
	}
	finish(&load);
	return rules;
}

struct ruleset *rules_parse(const char *name, const char *text,
			    const struct rules_options *options,
			    struct problems *problems)
{
	struct rules_load load;
	struct ruleset *rules = begin(&load, options, problems);
	struct error err;
	struct conf *root = conf_read_text(name, text, &err);

	if (root)
		read_tree(&load, root);
	else
		problems_add(problems, PROBLEM_ERROR, name, 0, 0, "%s",
			     err.text);
	conf_free(root);
	finish(&load);
	return rules;
}

void rules_free(struct ruleset *rules)
{
	if (!rules)
		return;
	for (size_t i = 0; i < rules->n_series; i++)
		series_free(rules->series[i]);
	for (size_t i = 0; i < rules->n; i++)
		rule_free(rules->rule[i]);
	free(rules->series);
	free(rules->rule);
	free(rules);
}
