/* parse.c - the arguments of the program
 *
 * Options may stand before and after the command and between its operands;
 * `--` ends them. `--name=value`, `--name value`, `-n value` and `-nvalue` are
 * the same. Owns only the list of overrides. Main thread. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/cli.h"

#define DEFAULT_CONFIG_PATH "/etc/tocsin/tocsin.conf"

/* Where the parser stands. */
struct parser {
	struct cli *cli;
	int argc;
	char **argv;
	int at;
	bool options_ended;
	int *status;
};

void cli_complain(const char *format, ...)
{
	va_list args;

	fputs("tocsin: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

int cli_fail(const struct error *err)
{
	cli_complain("%s", err->text);
	return (int)error_exit_status(err);
}

const char *cli_value(const struct cli *cli, const char *name)
{
	const struct command *command = cli->command;
	size_t i = 0;

	while (i < command->n_options &&
	       strcmp(command->option[i].name, name) != 0)
		i++;
	ENSURE(i < command->n_options);
	return cli->value[i];
}

void cli_release(struct cli *cli)
{
	free(cli->override);
}

static bool wrong_usage(struct parser *p)
{
	const struct command *c = p->cli->command;

	fprintf(stderr, "Try: tocsin help%s%s\n", c ? " " : "",
		c ? c->name : "");
	*p->status = EXIT_STATUS_USAGE;
	return false;
}

static void complain_with_nearest(const char *what, const char *word,
				  const char *const known[], size_t n)
{
	const char *near = nearest_word(word, known, n);

	if (near)
		cli_complain("unknown %s \"%s\"; did you mean \"%s\"?", what,
			     word, near);
	else
		cli_complain("unknown %s \"%s\"", what, word);
}

static bool unknown_option(struct parser *p, const char *word)
{
	const char *known[CLI_OPTIONS_LIMIT * 2];
	size_t n = 0;

	for (size_t i = 0; i < n_global_options; i++)
		known[n++] = global_options[i].name;
	if (p->cli->command) {
		for (size_t i = 0; i < p->cli->command->n_options; i++)
			known[n++] = p->cli->command->option[i].name;
	} else {
		known[n++] = "--version";
	}
	complain_with_nearest("option", word, known, n);
	return wrong_usage(p);
}

void cli_complain_unknown_command(const char *word)
{
	const char **known = xcalloc(n_commands, sizeof(*known));

	for (size_t i = 0; i < n_commands; i++)
		known[i] = commands[i].name;
	complain_with_nearest("command", word, known, n_commands);
	free(known);
}

/* Does `word` name this option? *value is what is glued to it, or NULL. */
static bool is_option(const struct cli_option *o, const char *word,
		      const char **value)
{
	size_t n = strlen(o->name);

	*value = NULL;
	if (strncmp(word, o->name, n) == 0 &&
	    (word[n] == '\0' || word[n] == '=')) {
		*value = word[n] ? word + n + 1 : NULL;
		return true;
	}
	if (!o->letter || word[0] != '-' || word[1] != o->letter)
		return false;
	*value = word[2] ? word + 2 : NULL;
	return true;
}

/* The option that `word` names, among n; its number in *number. */
static const struct cli_option *find_option(const struct cli_option options[],
					    size_t n, const char *word,
					    const char **glued, size_t *number)
{
	for (size_t i = 0; i < n; i++) {
		if (is_option(&options[i], word, glued)) {
			*number = i;
			return &options[i];
		}
	}
	return NULL;
}

/* The value that belongs to an option; NULL: a message was printed. */
static const char *option_value(struct parser *p, const struct cli_option *o,
				const char *glued)
{
	if (!o->value && !glued)
		return "";
	if (!o->value) {
		cli_complain("option \"%s\" takes no value", o->name);
		return NULL;
	}
	if (glued)
		return glued;
	if (p->at >= p->argc) {
		cli_complain("option \"%s\" needs a value: %s", o->name,
			     o->value);
		return NULL;
	}
	return p->argv[p->at++];
}

/* -h, --help: an answer, not an error. */
static bool give_help(struct parser *p)
{
	struct buf out = { 0 };

	if (p->cli->command)
		help_command(p->cli->command, &out);
	else
		help_overview(&out);
	fputs(buf_text(&out), stdout);
	buf_release(&out);
	*p->status = EXIT_STATUS_DONE;
	return false;
}

static bool take_override(struct parser *p, const char *value)
{
	struct cli *cli = p->cli;

	if (!strchr(value, '=')) {
		cli_complain("option \"-s\" needs KEY.PATH=VALUE, not \"%s\"",
			     value);
		return wrong_usage(p);
	}
	cli->override[cli->n_overrides++] = value;
	return true;
}

static bool take_global(struct parser *p, const struct cli_option *o,
			const char *value)
{
	switch (o->letter) {
	case 'c': p->cli->config_path = value; return true;
	case 's': return take_override(p, value);
	default: return give_help(p);
	}
}

static bool take_option(struct parser *p, const char *word)
{
	const struct command *command = p->cli->command;
	const struct cli_option *o = NULL;
	const char *glued = NULL, *value;
	bool global = false;
	size_t number = 0;

	if (command)
		o = find_option(command->option, command->n_options, word,
				&glued, &number);
	if (!o) {
		o = find_option(global_options, n_global_options, word, &glued,
				&number);
		global = true;
	}
	if (!o)
		return unknown_option(p, word);
	value = option_value(p, o, glued);
	if (!value)
		return wrong_usage(p);
	if (global)
		return take_global(p, o, value);
	p->cli->value[number] = value;
	return true;
}

static bool take_word(struct parser *p, char *word)
{
	struct cli *cli = p->cli;

	if (!cli->command) {
		cli->command = command_find(word);
		if (cli->command)
			return true;
		cli_complain_unknown_command(word);
		return wrong_usage(p);
	}
	/* Operands move to the front of what was read already. */
	cli->argv[cli->argc++] = word;
	return true;
}

static bool check_operands(struct parser *p)
{
	const struct cli *cli = p->cli;

	if ((size_t)cli->argc < cli->command->min_operands)
		cli_complain("\"%s\" needs %s", cli->command->name,
			     cli->command->operands);
	else if ((size_t)cli->argc > cli->command->max_operands)
		cli_complain("unexpected \"%s\"",
			     cli->argv[cli->command->max_operands]);
	else
		return true;
	return wrong_usage(p);
}

/* $TOCSIN_CONFIG is meant; the default path may be missing. */
static const char *default_config_path(void)
{
	const char *path = getenv("TOCSIN_CONFIG");

	if (path && *path)
		return path;
	return access(DEFAULT_CONFIG_PATH, F_OK) == 0 ? DEFAULT_CONFIG_PATH
						      : NULL;
}

static bool no_command(struct parser *p)
{
	struct buf out = { 0 };

	help_overview(&out);
	fputs(buf_text(&out), stderr);
	buf_release(&out);
	*p->status = EXIT_STATUS_USAGE;
	return false;
}

bool cli_parse(struct cli *cli, int argc, char **argv, int *status)
{
	struct parser p = { cli, argc, argv, 0, false, status };

	cli->override = xcalloc((size_t)argc + 1, sizeof(*cli->override));
	cli->argv = argv;
	while (p.at < argc) {
		char *word = argv[p.at++];
		bool is_word = p.options_ended || word[0] != '-' || !word[1];

		if (!p.options_ended && strcmp(word, "--") == 0) {
			p.options_ended = true;
			continue;
		}
		if (!cli->command && strcmp(word, "--version") == 0) {
			puts("tocsin " TOCSIN_VERSION);
			*status = EXIT_STATUS_DONE;
			return false;
		}
		if (!(is_word ? take_word(&p, word) : take_option(&p, word)))
			return false;
	}
	if (!cli->command)
		return no_command(&p);
	if (!cli->config_path)
		cli->config_path = default_config_path();
	return check_operands(&p);
}
