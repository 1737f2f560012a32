/* commands.c - the one table of commands and their options
 *
 * Constant data. Order is the order of `tocsin help`. */
#include <stdint.h>

#include "cli/cli.h"

const struct cli_option global_options[] = {
	{ "--config", 'c', "FILE",
	  "The configuration (default $TOCSIN_CONFIG, else "
	  "/etc/tocsin/tocsin.conf)." },
	{ "--set", 's', "KEY.PATH=VALUE",
	  "A setting that wins over the file; may be given many times." },
	{ "--help", 'h', NULL, "This text." },
};
const size_t n_global_options = ARRAY_LENGTH(global_options);

static const struct cli_option check_options[] = {
	{ "--strict", 0, NULL, "Warnings count as errors." },
	{ "--servers", 0, NULL,
	  "Also connect to Kafka and Elasticsearch, step by step." },
};

static const struct cli_option index_options[] = {
	{ "--from", 0, "TIME",
	  "Index the records since this time once more, and end." },
	{ "--to", 0, "TIME", "Up to this time, instead of now." },
};

static const struct cli_option grep_options[] = {
	{ "--invert", 'v', NULL, "The events that the query does not find." },
	{ "--count", 0, NULL, "Only how many there are." },
	{ "--fields", 0, "NAME,...",
	  "These fields of each event, between tabs." },
};

static const struct cli_option trace_options[] = {
	{ "--json", 0, NULL, "One event a line instead of the timeline." },
};

static const struct cli_option dead_options[] = {
	{ "--reason", 0, "TEXT", "Letters whose reason holds this text." },
	{ "--id", 0, "ID", "The letter that was to have this _id." },
	{ "--from", 0, "TIME", "Letters that died then or later." },
	{ "--to", 0, "TIME", "Letters that died before then." },
	{ "--all", 0, NULL, "Replay every dead letter." },
	{ "--json", 0, NULL, "List one JSON object a line." },
};

static const struct cli_option alerts_options[] = {
	{ "--json", 0, NULL, "One JSON object a line." },
};

static const struct cli_option silence_options[] = {
	{ "--for", 0, "DURATION", "add: how long it holds, such as 2h." },
	{ "--start", 0, "TIME", "add: from then on, instead of now." },
	{ "--author", 0, "NAME", "add: who sets it (default $USER)." },
	{ "--comment", 0, "TEXT", "add: why." },
	{ "--all", 0, NULL, "list: also those that have ended." },
	{ "--json", 0, NULL, "One JSON object a line." },
};

static const struct cli_option route_options[] = {
	{ "--json", 0, NULL, "One JSON object a line." },
};

static const struct cli_option notify_options[] = {
	{ "--test", 0, NULL, "Send a test message." },
};

static const struct cli_option prune_options[] = {
	{ "--keep", 0, "DURATION",
	  "How long days are kept, from 1d to 36500d." },
	{ "--apply", 0, NULL, "Delete; without it, say what would be." },
};

static const struct cli_option top_options[] = {
	{ "--once", 0, NULL, "One table, after a second." },
};

static const struct cli_option help_options[] = {
	{ "--mdoc", 0, NULL, "As the source of a man page." },
	{ "--completion", 0, NULL, "A completion script for bash." },
};

#define OPTIONS(array) (array), ARRAY_LENGTH(array)

const struct command commands[] = {
	{ "ship", "follow files and send their events to Kafka", "", 0, 0, NULL,
	  0, command_ship },
	{ "index", "write events from Kafka to Elasticsearch", "", 0, 0,
	  OPTIONS(index_options), command_index },
	{ "alert", "watch events and notify people when rules hold", "", 0, 0,
	  NULL, 0, command_alert },
	{ "setup", "create topics and index templates", "", 0, 0, NULL, 0,
	  command_setup },
	{ "check", "check the configuration and rules", "[FILE ...]", 0,
	  SIZE_MAX, OPTIONS(check_options), command_check },
	{ "grep", "show the events of files that a query finds",
	  "QUERY [FILE ...]", 1, SIZE_MAX, OPTIONS(grep_options),
	  command_grep },
	{ "trace", "show everything that belongs to one request", "REQUESTKEY",
	  1, 1, OPTIONS(trace_options), command_trace },
	{ "link", "make FILE.structoutv1, which ship follows", "FILE", 1, 1,
	  NULL, 0, command_link },
	{ "dead", "list or replay what Elasticsearch would not take",
	  "list | replay", 1, 1, OPTIONS(dead_options), command_dead },
	{ "alerts", "list the alerts that fire", "[MATCHER ...]", 0, SIZE_MAX,
	  OPTIONS(alerts_options), command_alerts },
	{ "silence", "set, list or end silences",
	  "add MATCHER ... | list [MATCHER ...] | expire ID", 1, SIZE_MAX,
	  OPTIONS(silence_options), command_silence },
	{ "route", "show where an alert would go", "LABEL=VALUE ...", 1,
	  SIZE_MAX, OPTIONS(route_options), command_route },
	{ "notify", "send a test message to a receiver", "RECEIVER", 1, 1,
	  OPTIONS(notify_options), command_notify },
	{ "prune", "delete daily indices that are too old", "", 0, 0,
	  OPTIONS(prune_options), command_prune },
	{ "top", "show the daemons live", "", 0, 0, OPTIONS(top_options),
	  command_top },
	{ "help", "explain a command, the settings, rules or queries",
	  "[COMMAND | config | rules | queries]", 0, 1, OPTIONS(help_options),
	  command_help },
};
const size_t n_commands = ARRAY_LENGTH(commands);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < n_commands; i++) {
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	}
	return NULL;
}
