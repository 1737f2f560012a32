/* settings.c - all settings of the main file, and how commands open it
 *
 * Each table lies with the code that it steers; here are the few that belong
 * to the whole program. Main thread. */
#include <stdio.h>
#include <string.h>

#include "alert/alert.h"
#include "cli/cli.h"
#include "core/kafka.h"
#include "core/log.h"
#include "core/status.h"
#include "ingest/index/access.h"
#include "ingest/index/elastic.h"
#include "ingest/index/index.h"
#include "ingest/ship/ship.h"

static const char *const log_levels[] = { "debug", "info", "warn", "error",
					  NULL };

static const struct setting rows[] = {
	{ "prefix", SETTING_STRING, "tocsin", 0, 0, NULL, NULL,
	  "Begins the names of topics and consumer groups, so that two "
	  "environments can share a Kafka cluster." },
	{ "max_event_bytes", SETTING_BYTES | LIVE_IN_ALERT, "1MiB", 4096,
	  64 << 20, NULL, NULL,
	  "The longest event after mending. What is longer is cut." },
	{ "fields", SETTING_STRINGS | LIVE, "", 0, 1000, NULL, NULL,
	  "Further top-level fields that queries may name." },
	{ "log.level", SETTING_CHOICE | LIVE, "info", 0, 0, log_levels, NULL,
	  "Which log lines are printed: this level and those above it." },
};

size_t all_settings(struct settings out[SETTINGS_TABLES])
{
	const struct settings tables[SETTINGS_TABLES] = {
		{ rows, ARRAY_LENGTH(rows) },
		kafka_settings,
		elastic_settings,
		access_settings,
		ship_settings,
		index_settings,
		alert_settings,
	};

	memcpy(out, tables, sizeof(tables));
	return SETTINGS_TABLES;
}

/* Kafka's rule for names of topics, with room for what is added. */
static bool prefix_is_valid(const char *prefix)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789._-";
	size_t n = strlen(prefix);

	return n > 0 && n <= 200 && strspn(prefix, letters) == n;
}

struct config *cli_load(const struct cli *cli, const char *path,
			struct problems *problems)
{
	static const char *const addresses[] = { "ship.http", "index.http",
						 "alert.http" };
	struct settings tables[SETTINGS_TABLES];
	size_t n = all_settings(tables);
	struct config *c = config_load(path, cli->override, cli->n_overrides,
				       tables, n, problems);

	if (!prefix_is_valid(config_string(c, "prefix")))
		problems_at(problems, PROBLEM_ERROR, config_node(c, "prefix"),
			    "\"prefix\" must be 1 to 200 letters, digits, "
			    "dots, underscores or hyphens");
	for (size_t i = 0; i < ARRAY_LENGTH(addresses); i++)
		status_address_check(c, addresses[i], problems);
	kafka_settings_check(c, problems);
	access_check(c, problems);
	return c;
}

void cli_print_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		const struct problem *p = &problems->item[i];

		fputs(p->file, stderr);
		if (p->line > 0)
			fprintf(stderr, ":%d", p->line);
		if (p->line > 0 && p->column > 0)
			fprintf(stderr, ":%d", p->column);
		fprintf(stderr, ": %s%s\n",
			p->level == PROBLEM_WARNING ? "warning: " : "",
			p->text);
	}
}

struct config *cli_open_config(const struct cli *cli)
{
	struct problems problems = { 0 };
	struct config *c = cli_load(cli, cli->config_path, &problems);

	cli_print_problems(&problems);
	if (problems.errors > 0) {
		config_close(c);
		c = NULL;
	} else {
		log_set_level((enum log_level)config_choice(c, "log.level"));
	}
	problems_release(&problems);
	return c;
}
