/* check.c - `tocsin check`: is the configuration right, are the rules?
 *
 * Reads everything that the daemons would read, and starts nothing. Main
 * thread. */
#include <stdio.h>
#include <stdlib.h>

#include "alert/rule/rule.h"
#include "alert/settings.h"
#include "alert/stage.h"
#include "cli/cli.h"
#include "cli/check_servers.h"
#include "core/kafka.h"
#include "ingest/index/access.h"
#include "ingest/index/elastic.h"
#include "ingest/index/options.h"
#include "ingest/ship/ship.h"

/* What was found so far. */
struct check {
	const struct cli *cli;
	struct problems problems;
	size_t rules, receivers;
	int servers; /* the exit status that they deserve */
};

static void count_rules(struct check *check, struct ruleset *rules)
{
	check->rules += rules->n;
	rules_free(rules);
}

static void check_rule_file(struct check *check, const char *path)
{
	const struct strings files = { &path, 1 };
	const struct rules_options options = { NULL, NULL, false };

	count_rules(check, rules_load(&files, &options, &check->problems));
}

/* Files and variables with secrets, then what is made of them. */
static void check_access(struct check *check, const struct config *config,
			 const char *file)
{
	struct kafka_options kafka = kafka_options_of(config, "tocsin-check");
	size_t errors = check->problems.errors;
	struct error err;

	kafka_secrets_check(config, &check->problems);
	access_secrets_check(config, &check->problems);
	if (check->problems.errors > errors)
		return;
	if (!kafka_options_check(&kafka, &err))
		problems_take(&check->problems, file, &err);
	if (!access_apply(config, NULL, &err))
		problems_take(&check->problems, file, &err);
}

/* What no table of settings can express. */
static void check_options(struct check *check, const struct config *config,
			  const char *file)
{
	struct options index;
	struct error err;

	if (!options_read(config, &index, &err))
		problems_take(&check->problems, file, &err);
	if (!elastic_check(config, &err))
		problems_take(&check->problems, file, &err);
	if (!ship_check_settings(config, &err))
		problems_take(&check->problems, file, &err);
	check_access(check, config, file);
	options_check_query(config, file, &check->problems);
}

static void check_config(struct check *check, const char *path)
{
	const char *file = path ? path : "the configuration";
	size_t errors = check->problems.errors;
	struct config *config = cli_load(check->cli, path, &check->problems);
	struct strings receivers = { NULL, 0 };
	struct rules_options options = {
		&receivers,
		config_strings(config, "fields"),
		!config_is_set(config, "alert.rules"),
	};

	alert_check(config, &check->problems);
	notify_check(config, &receivers, &check->problems);
	check->receivers += receivers.n;
	if (check->problems.errors == errors) {
		access_lint(config, &check->problems);
		ship_lint(config, &check->problems);
		kafka_lint(config, &check->problems);
		check_options(check, config, file);
	}
	count_rules(check, rules_load(config_strings(config, "alert.rules"),
				      &options, &check->problems));
	if (check->problems.errors == errors &&
	    cli_value(check->cli, "--servers"))
		check->servers = check_servers(config);
	free(receivers.item);
	config_close(config);
}

/* A list of groups under the name `rules` makes a rule file; the main file has
 * no such setting. */
static void check_file(struct check *check, const char *path)
{
	struct conf *root = conf_load(path, &check->problems);
	bool is_rule_file = conf_get(root, "rules") != NULL;

	conf_free(root);
	if (!root)
		return;
	if (is_rule_file)
		check_rule_file(check, path);
	else
		check_config(check, path);
}

static int report(const struct check *check, bool strict)
{
	const struct problems *p = &check->problems;
	size_t warnings = p->n > p->errors ? p->n - p->errors : 0;

	cli_print_problems(p);
	if (p->errors > 0 || (strict && warnings > 0))
		return EXIT_STATUS_CONFIG;
	printf("ok: %zu rules, %zu receivers, %zu warnings\n", check->rules,
	       check->receivers, warnings);
	return check->servers;
}

int command_check(struct cli *cli)
{
	struct check check = { .cli = cli };
	int status;

	for (int i = 0; i < cli->argc; i++)
		check_file(&check, cli->argv[i]);
	if (cli->argc == 0)
		check_config(&check, cli->config_path);
	status = report(&check, cli_value(cli, "--strict") != NULL);
	problems_release(&check.problems);
	return status;
}
