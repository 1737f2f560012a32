/* help_settings.c - `tocsin help config`, `help rules` and `help queries`
 *
 * Pure but for reading the constant tables. */
#include "alert/notify/receiver.h"
#include "alert/notify/route.h"
#include "alert/rule/rule.h"
#include "cli/cli.h"

static void add_section(const char *title, const struct settings tables[],
			size_t n, bool mdoc, struct buf *out)
{
	size_t rows = 0;

	for (size_t i = 0; i < n; i++)
		rows += tables[i].n;
	if (rows == 0)
		return;
	if (mdoc) {
		buf_add_format(out, ".Ss %s\n", title);
		config_describe_mdoc(tables, n, out);
	} else {
		buf_add_format(out, "%s# %s\n", out->n > 0 ? "\n" : "", title);
		config_describe(tables, n, out);
	}
}

static void add_config(bool mdoc, struct buf *out)
{
	struct settings tables[SETTINGS_TABLES];
	size_t n = all_settings(tables);

	add_section("The main file", tables, n, mdoc, out);
	add_section("Each group of receivers", &receiver_settings, 1, mdoc,
		    out);
	for (size_t i = 0; receiver_types[i]; i++) {
		struct buf title = { 0 };

		buf_add_format(&title, "Receivers of type \"%s\"",
			       receiver_types[i]->name);
		add_section(buf_text(&title), &receiver_types[i]->settings, 1,
			    mdoc, out);
		buf_release(&title);
	}
	add_section("The group route, and each of its routes", &route_settings,
		    1, mdoc, out);
}

bool help_settings(const char *topic, bool mdoc, struct buf *out)
{
	if (strcmp(topic, "config") == 0)
		add_config(mdoc, out);
	else if (strcmp(topic, "rules") == 0)
		add_section("Each group of rules", &rule_settings, 1, mdoc,
			    out);
	else if (strcmp(topic, "queries") == 0)
		help_queries(mdoc, out);
	else
		return false;
	return true;
}
