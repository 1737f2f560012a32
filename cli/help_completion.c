/* help_completion.c - a completion script for bash from the table of commands
 *
 * Pure. */
#include "cli/cli.h"

static void add_options(const struct cli_option options[], size_t n,
			struct buf *out)
{
	for (size_t i = 0; i < n; i++)
		buf_add_format(out, " %s", options[i].name);
}

void help_completion(struct buf *out)
{
	buf_add_text(out, "# bash completion for tocsin\n"
			  "_tocsin()\n{\n"
			  "\tlocal word=${COMP_WORDS[COMP_CWORD]} list=\n"
			  "\tcase ${COMP_WORDS[1]} in\n");
	for (size_t i = 0; i < n_commands; i++) {
		buf_add_format(out, "\t%s) list='", commands[i].name);
		add_options(global_options, n_global_options, out);
		add_options(commands[i].option, commands[i].n_options, out);
		buf_add_text(out, "' ;;\n");
	}
	buf_add_text(out, "\tesac\n\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
			  "\t\tlist='--version");
	for (size_t i = 0; i < n_commands; i++)
		buf_add_format(out, " %s", commands[i].name);
	buf_add_text(out, "'\n"
			  "\telif [ \"${COMP_WORDS[1]}\" = help ]; then\n"
			  "\t\tlist=\"$list config rules queries");
	for (size_t i = 0; i < n_commands; i++)
		buf_add_format(out, " %s", commands[i].name);
	buf_add_text(out, "\"\n\tfi\n"
			  "\tmapfile -t COMPREPLY < <(compgen -W \"$list\" "
			  "-- \"$word\")\n"
			  "}\n"
			  "complete -o default -F _tocsin tocsin\n");
}
