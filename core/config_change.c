/* config_change.c - which settings a running daemon does not take anew
 *
 * Pure. */
#include "core/config_values.h"

/* What stands in none of these groups is read by every daemon. */
static const struct {
	const char *group;
	enum setting_live daemon;
} owners[] = {
	{ "ship.", LIVE_IN_SHIP },
	{ "index.", LIVE_IN_INDEX },
	{ "elasticsearch.", LIVE_IN_INDEX },
	{ "alert.", LIVE_IN_ALERT },
};

static bool reads(enum setting_live daemon, const char *path)
{
	struct str text = str_of(path);

	for (size_t i = 0; i < ARRAY_LENGTH(owners); i++) {
		if (str_has_prefix(text, str_of(owners[i].group)))
			return owners[i].daemon == daemon;
	}
	return true;
}

void config_needs_restart(const struct config *now, const struct config *next,
			  enum setting_live daemon,
			  void (*tell)(void *arg, const char *path), void *arg)
{
	size_t n, m;
	const struct value *a = config_values(now, &n);
	const struct value *b = config_values(next, &m);

	ENSURE(n == m);
	for (size_t i = 0; i < n; i++) {
		const struct setting *row = a[i].row;

		if (!(row->type & ((unsigned)daemon | COMMANDS_ONLY)) &&
		    reads(daemon, row->path) && !value_same(&a[i], &b[i]))
			tell(arg, row->path);
	}
}
