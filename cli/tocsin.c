/* tocsin.c - the program: finds the command and runs it
 *
 * Owns the parsed command line. Main thread. */
#include <stdio.h>

#include "cli/cli.h"

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	int status;

	if (cli_parse(&cli, argc - 1, argv + 1, &status))
		status = cli.command->run(&cli);
	cli_release(&cli);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		cli_complain("could not write the output");
		return EXIT_STATUS_BUG;
	}
	return status;
}
