/* help.c - `tocsin help`: commands, options and settings, from their tables
 *
 * Main thread. */
#include <stdio.h>

#include "cli/cli.h"

#define NAME_WIDTH   10
#define OPTION_WIDTH 28

void help_overview(struct buf *out)
{
	buf_add_text(out, "Usage: tocsin COMMAND [options]\n\nCommands:\n");
	for (size_t i = 0; i < n_commands; i++)
		buf_add_format(out, "  %-*s %s\n", NAME_WIDTH, commands[i].name,
			       commands[i].summary);
	buf_add_text(out,
		     "\n`tocsin help COMMAND` explains one, `tocsin help "
		     "config` all settings,\n`tocsin help rules` what a rule "
		     "may say, `tocsin help queries` what its\nquery. `tocsin "
		     "--version` says which version this is.\n");
}

static void add_option(const struct cli_option *o, struct buf *out)
{
	struct buf left = { 0 };

	if (o->letter)
		buf_add_format(&left, "-%c, ", o->letter);
	else
		buf_add_text(&left, "    ");
	buf_add_text(&left, o->name);
	if (o->value)
		buf_add_format(&left, " %s", o->value);
	buf_add_format(out, "  %-*s %s\n", OPTION_WIDTH, buf_text(&left),
		       o->sentence);
	buf_release(&left);
}

void help_command(const struct command *command, struct buf *out)
{
	buf_add_format(out, "tocsin %s - %s\n\n", command->name,
		       command->summary);
	buf_add_format(out, "Usage: tocsin %s [options]%s%s\n\nOptions:\n",
		       command->name, *command->operands ? " " : "",
		       command->operands);
	for (size_t i = 0; i < command->n_options; i++)
		add_option(&command->option[i], out);
	for (size_t i = 0; i < n_global_options; i++)
		add_option(&global_options[i], out);
}

static bool write_help(const struct cli *cli, struct buf *out)
{
	const char *topic = cli->argc > 0 ? cli->argv[0] : NULL;
	bool mdoc = cli_value(cli, "--mdoc") != NULL;
	const struct command *command;

	if (cli_value(cli, "--completion")) {
		help_completion(out);
		return true;
	}
	if (!topic) {
		(mdoc ? help_overview_mdoc : help_overview)(out);
		return true;
	}
	if (help_settings(topic, mdoc, out))
		return true;
	command = command_find(topic);
	if (!command)
		return false;
	if (mdoc)
		help_command_mdoc(command, out);
	else
		help_command(command, out);
	return true;
}

int command_help(struct cli *cli)
{
	struct buf out = { 0 };

	if (!write_help(cli, &out)) {
		cli_complain_unknown_command(cli->argv[0]);
		return EXIT_STATUS_USAGE;
	}
	fputs(buf_text(&out), stdout);
	buf_release(&out);
	return EXIT_STATUS_DONE;
}
