/* silence.c - tocsin silence add|list|expire
 *
 * Main thread. */
#include <stdio.h>
#include <stdlib.h>

#include "alert/api/ask.h"
#include "cli/cli.h"
#include "core/clock.h"
#include "event/time.h"

static int wrong_usage(const char *text)
{
	cli_complain("%s", text);
	fputs("Try: tocsin help silence\n", stderr);
	return EXIT_STATUS_USAGE;
}

/* The operands behind "add" or "list". */
static bool read_matchers(const struct cli *cli, struct matchers *out)
{
	struct error err;
	bool ok = true;

	for (int i = 1; ok && i < cli->argc; i++)
		ok = matchers_parse(out, str_of(cli->argv[i]), &err);
	if (!ok)
		wrong_usage(err.text);
	return ok;
}

static bool read_start(const struct cli *cli, int64_t *ms)
{
	const char *text = cli_value(cli, "--start");
	struct time_read time;

	*ms = clock_wall_ms();
	if (!text)
		return true;
	if (!time_parse_any(str_of(text), &time)) {
		wrong_usage("\"--start\" must be a time up to 2261 such as "
			    "\"2026-11-23T09:00:00Z\"");
		return false;
	}
	*ms = time.ns / 1000000;
	return true;
}

static bool read_silence(const struct cli *cli, struct silence *out)
{
	const char *length = cli_value(cli, "--for");
	const char *author = cli_value(cli, "--author");
	const char *comment = cli_value(cli, "--comment");
	int64_t ms;

	*out = (struct silence){ 0 };
	if (!length || !duration_parse(str_of(length), &ms) || ms <= 0) {
		wrong_usage("\"silence add\" needs --for DURATION, such as "
			    "\"2h\"");
		return false;
	}
	if (!read_start(cli, &out->starts_ms) ||
	    !read_matchers(cli, &out->matchers)) {
		matchers_release(&out->matchers);
		return false;
	}
	if (ms > SILENCE_LAST_MS - out->starts_ms)
		ms = SILENCE_LAST_MS - out->starts_ms;
	out->ends_ms = out->starts_ms + ms;
	if (!author)
		author = getenv("USER");
	out->author = xstrdup(author ? author : "");
	out->comment = xstrdup(comment ? comment : "");
	return true;
}

static int add(struct cli *cli, const struct ask *ask)
{
	struct silence s;
	struct error err;

	if (!read_silence(cli, &s))
		return EXIT_STATUS_USAGE;
	return ask_silence_add(ask, &s, &err) ? EXIT_STATUS_DONE
					      : cli_fail(&err);
}

static int list(struct cli *cli, const struct ask *ask)
{
	struct matchers filter = { 0 };
	struct error err;
	size_t shown = 0;
	bool ok;

	if (!read_matchers(cli, &filter)) {
		matchers_release(&filter);
		return EXIT_STATUS_USAGE;
	}
	ok = ask_silences(ask, &filter, cli_value(cli, "--all") != NULL, &shown,
			  &err);
	matchers_release(&filter);
	if (!ok)
		return cli_fail(&err);
	return shown > 0 ? EXIT_STATUS_DONE : EXIT_STATUS_FINDINGS;
}

static int expire(struct cli *cli, const struct ask *ask)
{
	struct error err;
	bool found;

	if (cli->argc != 2)
		return wrong_usage("\"silence expire\" needs one ID");
	if (!ask_silence_expire(ask, cli->argv[1], &found, &err))
		return cli_fail(&err);
	if (found)
		return EXIT_STATUS_DONE;
	cli_complain("there is no such silence that has not ended");
	return EXIT_STATUS_FINDINGS;
}

int command_silence(struct cli *cli)
{
	static const struct {
		const char *name;
		int (*run)(struct cli *cli, const struct ask *ask);
	} actions[] = { { "add", add },
			{ "list", list },
			{ "expire", expire } };
	int (*run)(struct cli * cli, const struct ask *ask) = NULL;
	struct ask ask = { .json = cli_value(cli, "--json") != NULL,
			   .out = stdout };
	struct config *config;
	int status;

	for (size_t i = 0; i < ARRAY_LENGTH(actions); i++)
		if (strcmp(cli->argv[0], actions[i].name) == 0)
			run = actions[i].run;
	if (!run)
		return wrong_usage("\"silence\" needs \"add\", \"list\" or "
				   "\"expire\"");
	config = cli_open_config(cli);
	if (!config)
		return EXIT_STATUS_CONFIG;
	ask.config = config;
	status = run(cli, &ask);
	config_close(config);
	return status;
}
