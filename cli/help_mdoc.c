/* help_mdoc.c - the man page of a command, as far as its table row knows it
 *
 * cli/man/COMMAND.body continues it. Format: mdoc(7). Pure. */
#include "cli/cli.h"

#define MANUAL_DATE "November 23, 2026"

static void add_value(const struct cli_option *o, struct buf *out)
{
	if (o->value)
		buf_add_format(out, " Ar %s", o->value);
}

/* "Fl -strict", "Fl c": mdoc writes the first hyphen itself. */
static void add_synopsis(const struct cli_option *o, struct buf *out)
{
	if (o->letter)
		buf_add_format(out, ".Op Fl %c", o->letter);
	else
		buf_add_format(out, ".Op Fl %s", o->name + 1);
	add_value(o, out);
	buf_add_char(out, '\n');
}

static void add_item(const struct cli_option *o, struct buf *out)
{
	buf_add_text(out, ".It ");
	if (o->letter)
		buf_add_format(out, "Fl %c , ", o->letter);
	buf_add_format(out, "Fl %s", o->name + 1);
	add_value(o, out);
	buf_add_format(out, "\n%s\n", o->sentence);
}

/* "[FILE ...]" is optional; mdoc writes the brackets itself. */
static void add_operands(const char *operands, struct buf *out)
{
	size_t n = strlen(operands);

	if (n == 0)
		return;
	if (operands[0] == '[')
		buf_add_format(out, ".Op Ar %.*s\n", (int)n - 2, operands + 1);
	else
		buf_add_format(out, ".Ar %s\n", operands);
}

static void add_title(const struct command *command, struct buf *out)
{
	buf_add_text(out, ".Dd " MANUAL_DATE "\n.Dt TOCSIN-");
	for (const char *p = command->name; *p; p++)
		buf_add_char(out,
			     (char)(*p >= 'a' && *p <= 'z' ? *p - 32 : *p));
	buf_add_format(out, " 1\n.Os\n.Sh NAME\n.Nm tocsin-%s\n.Nd %s\n",
		       command->name, command->summary);
}

void help_overview_mdoc(struct buf *out)
{
	buf_add_text(out, ".Bl -tag -width Ds\n");
	for (size_t i = 0; i < n_commands; i++)
		buf_add_format(out, ".It Xr tocsin-%s 1\n%s\n",
			       commands[i].name, commands[i].summary);
	buf_add_text(out, ".El\n");
}

void help_command_mdoc(const struct command *command, struct buf *out)
{
	add_title(command, out);
	buf_add_format(out, ".Sh SYNOPSIS\n.Nm tocsin %s\n", command->name);
	for (size_t i = 0; i < command->n_options; i++)
		add_synopsis(&command->option[i], out);
	for (size_t i = 0; i < n_global_options; i++)
		add_synopsis(&global_options[i], out);
	add_operands(command->operands, out);
	buf_add_text(out, ".Sh OPTIONS\n.Bl -tag -width Ds\n");
	for (size_t i = 0; i < command->n_options; i++)
		add_item(&command->option[i], out);
	for (size_t i = 0; i < n_global_options; i++)
		add_item(&global_options[i], out);
	buf_add_text(out, ".El\n");
}
