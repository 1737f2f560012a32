/* settings.c - the settings of tocsin ship
 *
 * Constant. */
#include "ingest/ship/ship.h"

#include "event/mend.h"
#include "ingest/ship/fields.h"
#include "ingest/ship/host.h"
#include "ingest/ship/masks.h"

static const char *const levels[] = { "DEBUG", "INFO", "ERROR", NULL };
static const char *const begins[] = { "beginning", "end", NULL };

static const struct setting rows[] = {
	{ .path = "ship.paths",
	  .type = SETTING_STRINGS | LIVE_IN_SHIP,
	  .fallback = "/var/log/services/*.structoutv1",
	  .sentence = "Files to follow, as patterns of glob(7). Links are "
		      "followed at every scan; the part of the name before "
		      "its last dot is the service where an event names "
		      "none." },
	{ .path = "ship.exclude",
	  .type = SETTING_STRINGS | LIVE_IN_SHIP,
	  .fallback = "",
	  .sentence = "Files that are left alone although ship.paths names "
		      "them, as patterns of glob(7); the name that was found "
		      "and the one that it leads to are looked at." },
	{ .path = "ship.from",
	  .type = SETTING_CHOICE,
	  .fallback = "beginning",
	  .choices = begins,
	  .sentence = "Where to begin in files that are there at the start "
		      "and that the registry does not know. Files that come "
		      "later are read from the beginning. With \"end\" a lost "
		      "registry loses lines." },
	{ .path = "ship.fields",
	  .type = SETTING_TREE | LIVE_IN_SHIP,
	  .fallback = "",
	  .sentence = "Keys that events get where they lack them: "
		      "{ ServiceKey = \"SHOP\"; datacenter = \"eu-1\"; }." },
	{ .path = "ship.mask",
	  .type = SETTING_TREE | LIVE_IN_SHIP,
	  .fallback = "",
	  .sentence = "What must not leave this host: ( { pattern = "
		      "\"password=\\\\K[^ ]+\"; replacement = \"***\"; } ). "
		      "Each match of the pattern (PCRE2) in a text value of "
		      "an event, or in a line that is none, becomes the "
		      "replacement." },
	{ .path = "ship.state",
	  .type = SETTING_STRING,
	  .fallback = "/var/lib/tocsin/ship",
	  .sentence = "The folder for the registry: how far each file is "
		      "delivered." },
	{ .path = "ship.http",
	  .type = SETTING_STRING,
	  .fallback = "127.0.0.1:9601",
	  .unit = "HOST:PORT",
	  .sentence = "Where /metrics, /health, /ready and /status are served; "
		      "\"\" for nowhere." },
	{ .path = "ship.scan_every",
	  .type = SETTING_DURATION | LIVE_IN_SHIP,
	  .fallback = "1s",
	  .min = 100,
	  .max = 3600000,
	  .sentence = "How often to look for new, rotated and grown files; "
		      "inotify makes most of it quicker." },
	{ .path = "ship.host_address",
	  .type = SETTING_STRING,
	  .fallback = "",
	  .sentence = "HostAddress of events that have none; \"\" for this "
		      "host's first address." },
	{ .path = "ship.host_id",
	  .type = SETTING_STRING,
	  .fallback = "",
	  .sentence = "Tells this host's files from those of others; must be "
		      "unique and never change. \"\" for the machine id; set "
		      "it where hosts are clones or containers." },
	{ .path = "ship.level",
	  .type = SETTING_CHOICE | LIVE_IN_SHIP,
	  .fallback = "INFO",
	  .choices = levels,
	  .sentence = "Level of lines that are not events." },
	{ .path = "ship.max_line_bytes",
	  .type = SETTING_BYTES,
	  .fallback = "8MiB",
	  .min = 4096,
	  .max = 256 << 20,
	  .sentence = "Of a longer line only this much is looked at. Up to "
		      "here an event that is over max_event_bytes keeps its "
		      "fields and has Additional cut." },
	{ .path = "ship.join",
	  .type = SETTING_BOOL | LIVE_IN_SHIP,
	  .fallback = "false",
	  .sentence = "Join lines that continue a line which is no event, such "
		      "as a stack trace: those that begin with a blank or "
		      "tab, \"at \" or \"Caused by\"." },
	{ .path = "ship.join_wait",
	  .type = SETTING_DURATION | LIVE_IN_SHIP,
	  .fallback = "2s",
	  .min = 10,
	  .max = 60000,
	  .sentence = "How long the rest of a partial line of a container "
		      "(and with ship.join a continuation) is waited for." },
	{ .path = "ship.buffer_bytes",
	  .type = SETTING_BYTES,
	  .fallback = "32MiB",
	  .min = 1 << 20,
	  .max = INT64_C(1) << 32,
	  .sentence = "Bytes of events under way to Kafka; reading stops when "
		      "they are full." },
	{ .path = "ship.buffer_events",
	  .type = SETTING_INT,
	  .fallback = "100000",
	  .min = 100,
	  .max = 10000000,
	  .sentence = "Events under way to Kafka; reading stops when they are "
		      "so many." },
	{ .path = "ship.linger",
	  .type = SETTING_DURATION,
	  .fallback = "50ms",
	  .min = 0,
	  .max = 10000,
	  .sentence = "How long an event waits for company before it is sent "
		      "to Kafka." },
	{ .path = "ship.close_after",
	  .type = SETTING_DURATION | LIVE_IN_SHIP,
	  .fallback = "5m",
	  .min = 100,
	  .max = 86400000,
	  .sentence = "A rotated file is closed when it is read and has been "
		      "quiet this long; then a rest without line end is sent "
		      "as a line." },
	{ .path = "ship.hold_deleted",
	  .type = SETTING_DURATION | LIVE_IN_SHIP,
	  .fallback = "1h",
	  .min = 1000,
	  .max = INT64_C(7) * 86400000,
	  .sentence = "A deleted file that is not read yet is held at most "
		      "this long; it takes room on the disk." },
	{ .path = "ship.rotated_within",
	  .type = SETTING_DURATION | LIVE_IN_SHIP,
	  .fallback = "1d",
	  .min = 0,
	  .max = INT64_C(30) * 86400000,
	  .sentence = "Rotated files beside a followed one that the registry "
		      "does not know are read if they were written to within "
		      "this time; 0s for never." },
	{ .path = "ship.forget_after",
	  .type = SETTING_DURATION,
	  .fallback = "30d",
	  .min = 86400000,
	  .max = INT64_C(400) * 86400000,
	  .sentence = "The registry forgets a file that was not seen this "
		      "long." },
};

const struct settings ship_settings = { rows, ARRAY_LENGTH(rows) };

/* Fields and masks can be read, and an event keeps room beside the fields. */
static bool check_trees(const struct config *c, struct error *err)
{
	struct fields fields;
	struct mask *mask = NULL;
	bool ok = fields_read(&fields, config_tree(c, "ship.fields"), err) &&
		  masks_read(config_tree(c, "ship.mask"), &mask, err);

	if (ok && (int64_t)fields.bytes + EVENT_BYTES_MIN >
			  config_int(c, "max_event_bytes"))
		ok = error_set(err, ERROR_CONFIG,
			       "could not start: ship.fields is too long for "
			       "max_event_bytes");
	fields_release(&fields);
	mask_close(mask);
	return ok;
}

static bool check_room(const struct config *c, const char *path,
		       struct error *err)
{
	if (config_int(c, path) >= config_int(c, "max_event_bytes"))
		return true;
	error_set(err, ERROR_CONFIG,
		  "could not start: %s is less than max_event_bytes", path);
	return config_blame(
		c, config_is_set(c, path) ? path : "max_event_bytes", err);
}

/* Each names something; what it names may come later. */
static bool check_paths(const struct config *c, struct error *err)
{
	const struct strings *paths = config_strings(c, "ship.paths");
	size_t i = 0;

	while (i < paths->n && paths->item[i][0] != '\0')
		i++;
	if (paths->n > 0 && i == paths->n)
		return true;
	error_set(err, ERROR_CONFIG,
		  paths->n == 0
			  ? "could not start: ship.paths is empty"
			  : "could not start: an empty text in ship.paths "
			    "names no file, take it out");
	return config_blame_item(c, "ship.paths", i, err);
}

bool ship_check_settings(const struct config *c, struct error *err)
{
	if (!check_paths(c, err))
		return false;
	if (config_string(c, "ship.state")[0] == '\0') {
		error_set(err, ERROR_CONFIG,
			  "could not start: ship.state is empty, it names the "
			  "folder of the registry");
		return config_blame(c, "ship.state", err);
	}
	if (!check_room(c, "ship.max_line_bytes", err) ||
	    !check_room(c, "ship.buffer_bytes", err))
		return false;
	return check_trees(c, err);
}

void ship_lint(const struct config *c, struct problems *problems)
{
	const struct conf *paths = config_node(c, "ship.paths");
	const char *doubt = host_id_doubt();

	if (paths && doubt && config_string(c, "ship.host_id")[0] == '\0')
		problems_at(problems, PROBLEM_WARNING, paths,
			    "%s: set ship.host_id where ship runs", doubt);
}
