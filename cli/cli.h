/* cli.h - the command line: what every command is given and what it may call
 *
 * `tocsin COMMAND [options] [operands]`. One static table (commands.c) knows
 * all commands and their options; help, man pages, completion and the parser
 * read it. A command is one file, cli/<command>.c, with one function that
 * returns the exit status. Main thread only. */
#ifndef TOCSIN_CLI_CLI_H
#define TOCSIN_CLI_CLI_H

#include "core/config.h"

struct cli;

struct cli_option {
	const char *name;     /* "--json" */
	char letter;          /* 'j' for -j, or 0 */
	const char *value;    /* "FILE"; NULL: it is a flag */
	const char *sentence; /* what it does */
};

struct command {
	const char *name;
	const char *summary;  /* one line, lower case, no full stop */
	const char *operands; /* "[FILE ...]"; "" = none */
	size_t min_operands, max_operands;
	const struct cli_option *option;
	size_t n_options;
	int (*run)(struct cli *cli);
};

#define CLI_OPTIONS_LIMIT 16

struct cli {
	const struct command *command;
	const char *config_path; /* NULL: there is none, defaults only */
	const char **override;   /* "key.path=value" */
	size_t n_overrides;
	/* By number of command->option: NULL = not given, "" = flag given. */
	const char *value[CLI_OPTIONS_LIMIT];
	char **argv; /* the operands; borrowed from main */
	int argc;
};

extern const struct command commands[];
extern const size_t n_commands;
/* -c, -s, -h, which every command takes. */
extern const struct cli_option global_options[];
extern const size_t n_global_options;

const struct command *command_find(const char *name);

/* Read the arguments after the program's name. False: a message was printed
 * (or help or the version, when asked for) and *status is the exit status. */
MUST_CHECK bool cli_parse(struct cli *cli, int argc, char **argv, int *status);
void cli_release(struct cli *cli);

/* What an option of the command was given: NULL = not given, "" for a flag.
 * A name that is not in the table is a bug. */
const char *cli_value(const struct cli *cli, const char *name);

/* All tables of settings of the main file; returns how many. */
#define SETTINGS_TABLES 7
size_t all_settings(struct settings out[SETTINGS_TABLES]);

/* The main file with all tables and overrides; further checks of values that
 * no table can express. Problems are collected. Never NULL. */
struct config *cli_load(const struct cli *cli, const char *path,
			struct problems *problems);
/* The same, for commands that need one: prints problems, sets the log level.
 * NULL: it is wrong, return EXIT_STATUS_CONFIG. */
MUST_CHECK struct config *cli_open_config(const struct cli *cli);

/* "file:line:column: message" lines on stderr; warnings are marked. */
void cli_print_problems(const struct problems *problems);
/* "tocsin: text" on stderr. */
void cli_complain(const char *format, ...) PRINTF_LIKE(1, 2);
/* "tocsin: unknown command ..." with the nearest one. */
void cli_complain_unknown_command(const char *word);
/* The error's text likewise; returns its exit status. */
int cli_fail(const struct error *err);

/* help.c */
void help_command(const struct command *command, struct buf *out);
void help_overview(struct buf *out);
/* help_mdoc.c: the list of commands for tocsin.1, and the man page of a command
 * up to its hand-written body. */
void help_overview_mdoc(struct buf *out);
void help_command_mdoc(const struct command *command, struct buf *out);
/* help_settings.c: a topic, "config", "rules" or "queries", as text or as
 * mdoc; false: there is no such topic. */
bool help_settings(const char *topic, bool mdoc, struct buf *out);
/* help_queries.c: what a query may say. */
void help_queries(bool mdoc, struct buf *out);
/* help_completion.c: a script for bash. */
void help_completion(struct buf *out);

int command_alert(struct cli *cli);
int command_alerts(struct cli *cli);
int command_check(struct cli *cli);
int command_dead(struct cli *cli);
int command_grep(struct cli *cli);
int command_help(struct cli *cli);
int command_index(struct cli *cli);
int command_link(struct cli *cli);
int command_notify(struct cli *cli);
int command_prune(struct cli *cli);
int command_route(struct cli *cli);
int command_setup(struct cli *cli);
int command_ship(struct cli *cli);
int command_silence(struct cli *cli);
int command_top(struct cli *cli);
int command_trace(struct cli *cli);

#endif
