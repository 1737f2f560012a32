/* mute.c - mute times
 *
 * Owns the named intervals and their zones. Pure but for mute_read; loop
 * thread. */
#include "alert/notify/mute.h"

#include <stdlib.h>

#include "core/zone.h"

static const struct setting name_rows[] = {
	{ "name", SETTING_STRING, NULL, 0, 0, NULL, NULL,
	  "The name that routes give in mute_times." },
	{ "intervals", SETTING_TREE, NULL, 0, 0, NULL, NULL,
	  "Intervals of the calendar; inside one of them is enough." },
};

static const struct setting interval_rows[] = {
	{ "times", SETTING_STRINGS, "", 0, 0, NULL, NULL,
	  "Times of day: \"09:00-17:00\"; the end is excluded." },
	{ "weekdays", SETTING_STRINGS, "", 0, 0, NULL, NULL,
	  "Days of the week: \"monday:friday\", \"sunday\"." },
	{ "days_of_month", SETTING_STRINGS, "", 0, 0, NULL, NULL,
	  "Days of the month: \"1:5\", \"-3:-1\" for the last three." },
	{ "months", SETTING_STRINGS, "", 0, 0, NULL, NULL,
	  "Months: \"january:march\", \"12\"." },
	{ "years", SETTING_STRINGS, "", 0, 0, NULL, NULL,
	  "Years: \"2026\", \"2026:2028\"." },
	{ "location", SETTING_STRING, "UTC", 0, 0, NULL, NULL,
	  "The time zone of all these: \"Europe/Berlin\"." },
};

struct range {
	int64_t from, to; /* both inside; of times: minutes, `to` outside */
};

struct ranges {
	struct range *item;
	size_t n, cap;
};

enum part { TIMES, WEEKDAYS, DAYS, MONTHS, YEARS, PARTS };

struct interval {
	struct ranges part[PARTS];
	struct zone *zone;
};

struct name {
	char *name;
	struct interval *interval;
	size_t n;
};

struct mute {
	struct name *name;
	size_t n, cap;
};

void mute_close(struct mute *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++) {
		struct name *name = &m->name[i];

		for (size_t k = 0; k < name->n; k++) {
			for (size_t p = 0; p < PARTS; p++)
				free(name->interval[k].part[p].item);
			zone_close(name->interval[k].zone);
		}
		free(name->interval);
		free(name->name);
	}
	free(m->name);
	free(m);
}

/* ---- reading ---- */

static const char *const weekday_names[] = { "sunday",    "monday",   "tuesday",
					     "wednesday", "thursday", "friday",
					     "saturday",  NULL };
static const char *const month_names[] = { "january", "february", "march",
					   "april",   "may",      "june",
					   "july",    "august",   "september",
					   "october", "november", "december",
					   NULL };

/* How each part is written. */
static const struct part_kind {
	const char *path;
	const char *const *names;
	int64_t first_name; /* the number of names[0] */
	int64_t min, max;
	bool numbers;
	const char *example;
} kinds[PARTS] = {
	[TIMES] = { "times", NULL, 0, 0, 1440, false, "09:00-17:00" },
	[WEEKDAYS] = { "weekdays", weekday_names, 0, 0, 6, false,
		       "monday:friday" },
	[DAYS] = { "days_of_month", NULL, 0, -31, 31, true, "1:5" },
	[MONTHS] = { "months", month_names, 1, 1, 12, true, "january:march" },
	[YEARS] = { "years", NULL, 0, 1970, 9999, true, "2026:2028" },
};

static bool read_value(const struct part_kind *kind, struct str text,
		       int64_t *out)
{
	text = str_trim(text);
	for (size_t i = 0; kind->names && kind->names[i]; i++)
		if (str_equal_nocase(text, str_of(kind->names[i]))) {
			*out = kind->first_name + (int64_t)i;
			return true;
		}
	return kind->numbers && str_to_int64(text, kind->min, kind->max, out) &&
	       !(kind->min < 0 && *out == 0);
}

/* "09:30" to minutes; "24:00" is the end of the day. */
static bool read_minutes(struct str text, int64_t *out)
{
	int64_t hours, minutes;

	text = str_trim(text);
	if (text.n != 5 || text.s[2] != ':' ||
	    !str_to_int64(str_slice(text.s, 2), 0, 24, &hours) ||
	    !str_to_int64(str_slice(text.s + 3, 2), 0, 59, &minutes))
		return false;
	*out = hours * 60 + minutes;
	return *out <= 24 * 60;
}

static bool read_end(enum part part, struct str text, int64_t *out)
{
	return part == TIMES ? read_minutes(text, out)
			     : read_value(&kinds[part], text, out);
}

/* Days of both signs cannot be compared before the month is known. */
static bool in_order(enum part part, const struct range *r)
{
	if (part == TIMES)
		return r->from < r->to;
	if (part == DAYS && (r->from < 0) != (r->to < 0))
		return r->from > 0;
	return r->from <= r->to;
}

static bool read_range(enum part part, struct str text, struct range *out)
{
	const char *divider =
		text.n > 0 ? memchr(text.s, part == TIMES ? '-' : ':', text.n)
			   : NULL;
	size_t n = divider ? (size_t)(divider - text.s) : text.n;

	if (!read_end(part, str_slice(text.s, n), &out->from))
		return false;
	out->to = out->from;
	if (!divider)
		return part != TIMES;
	return read_end(part, str_slice(divider + 1, text.n - n - 1),
			&out->to) &&
	       in_order(part, out);
}

static void read_part(struct interval *in, enum part part,
		      const struct config *c, struct problems *problems)
{
	const struct part_kind *kind = &kinds[part];
	const struct strings *texts = config_strings(c, kind->path);
	struct ranges *to = &in->part[part];

	for (size_t i = 0; i < texts->n; i++) {
		struct range r;

		if (read_range(part, str_of(texts->item[i]), &r))
			*ARRAY_PUSH(to->item, to->n, to->cap) = r;
		else
			problems_at(problems, PROBLEM_ERROR,
				    config_node(c, kind->path),
				    "'%s' cannot hold \"%s\": wanted such as "
				    "\"%s\"",
				    kind->path, texts->item[i], kind->example);
	}
}

static void read_interval(struct interval *in, const struct conf *tree,
			  struct problems *problems)
{
	static const struct settings table = { interval_rows,
					       ARRAY_LENGTH(interval_rows) };
	struct config *c = config_check(tree, &table, 1, problems);
	struct error err;

	for (enum part part = TIMES; part < PARTS; part++)
		read_part(in, part, c, problems);
	in->zone = zone_open(config_string(c, "location"), &err);
	if (!in->zone) {
		problems_at(problems, PROBLEM_ERROR, config_node(c, "location"),
			    "%s", err.text);
		in->zone = zone_open("UTC", NULL);
	}
	config_close(c);
}

static void read_intervals(struct name *name, const struct conf *list,
			   struct problems *problems)
{
	if (!list)
		return;
	if (list->kind != CONF_LIST || list->n == 0) {
		problems_at(problems, PROBLEM_ERROR, list,
			    "'intervals' must be a list: ( { times = ...; } )");
		return;
	}
	name->interval = xcalloc(list->n, sizeof(*name->interval));
	conf_for_each (list, i) {
		if (list->child[i]->kind == CONF_GROUP)
			read_interval(&name->interval[name->n++],
				      list->child[i], problems);
		else
			problems_at(problems, PROBLEM_ERROR, list->child[i],
				    "an interval must be a group: { times = "
				    "...; }");
	}
}

static const struct name *find(const struct mute *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->name[i].name, name) == 0)
			return &m->name[i];
	return NULL;
}

static void read_name(struct mute *m, const struct conf *tree,
		      struct problems *problems)
{
	static const struct settings table = { name_rows,
					       ARRAY_LENGTH(name_rows) };
	struct config *c = config_check(tree, &table, 1, problems);
	struct name name = { .name = xstrdup(config_string(c, "name")) };

	if (find(m, name.name))
		problems_at(problems, PROBLEM_ERROR, config_node(c, "name"),
			    "there is a mute time named '%s' already",
			    name.name);
	read_intervals(&name, config_tree(c, "intervals"), problems);
	*ARRAY_PUSH(m->name, m->n, m->cap) = name;
	config_close(c);
}

struct mute *mute_read(const struct conf *tree, struct problems *problems)
{
	struct mute *m = xcalloc(1, sizeof(*m));

	if (!tree)
		return m;
	if (tree->kind != CONF_LIST) {
		problems_at(problems, PROBLEM_ERROR, tree,
			    "'mute_times' must be a list: ( { name = ...; "
			    "intervals = ( ... ); } )");
		return m;
	}
	conf_for_each (tree, i) {
		if (tree->child[i]->kind == CONF_GROUP)
			read_name(m, tree->child[i], problems);
		else
			problems_at(problems, PROBLEM_ERROR, tree->child[i],
				    "a mute time must be a group: { name = "
				    "...; intervals = ( ... ); }");
	}
	return m;
}

bool mute_is_empty(const struct mute *m)
{
	return m->n == 0;
}

static void check_name(const struct mute *m, const struct conf *node,
		       struct problems *problems)
{
	if (node->kind == CONF_STRING && !find(m, node->text))
		problems_at(problems, PROBLEM_ERROR, node,
			    "no mute time is named '%s'", node->text);
}

void mute_check_routes(const struct mute *m, const struct conf *route,
		       struct problems *problems)
{
	const struct conf *names, *routes;

	if (!route || route->kind != CONF_GROUP)
		return;
	names = conf_get(route, "mute_times");
	routes = conf_get(route, "routes");
	if (names && names->kind == CONF_LIST) {
		conf_for_each (names, i)
			check_name(m, names->child[i], problems);
	} else if (names) {
		check_name(m, names, problems);
	}
	if (!routes || routes->kind != CONF_LIST)
		return;
	conf_for_each (routes, i)
		mute_check_routes(m, routes->child[i], problems);
}

/* ---- judging ---- */

static bool holds_value(const struct ranges *ranges, int64_t value)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (value >= ranges->item[i].from &&
		    value <= ranges->item[i].to)
			return true;
	return ranges->n == 0;
}

static bool holds_minute(const struct ranges *ranges, int64_t minute)
{
	for (size_t i = 0; i < ranges->n; i++)
		if (minute >= ranges->item[i].from &&
		    minute < ranges->item[i].to)
			return true;
	return ranges->n == 0;
}

static bool holds_day(const struct ranges *ranges, const struct date *date)
{
	int64_t days = date_month_days(date->year, date->month);

	for (size_t i = 0; i < ranges->n; i++) {
		struct range r = ranges->item[i];

		if (r.from < 0)
			r.from += days + 1;
		if (r.to < 0)
			r.to += days + 1;
		if (date->day >= r.from && date->day <= r.to)
			return true;
	}
	return ranges->n == 0;
}

static bool interval_holds(const struct interval *in, int64_t utc_s)
{
	struct date date;

	date_of(utc_s + zone_offset_s(in->zone, utc_s), &date);
	return holds_minute(&in->part[TIMES], date.second / 60) &&
	       holds_value(&in->part[WEEKDAYS], date.weekday) &&
	       holds_day(&in->part[DAYS], &date) &&
	       holds_value(&in->part[MONTHS], date.month) &&
	       holds_value(&in->part[YEARS], date.year);
}

bool mute_holds(const struct mute *m, const char *name, int64_t wall_ms)
{
	const struct name *found = find(m, name);
	int64_t s = wall_ms / 1000 - (wall_ms % 1000 < 0);

	for (size_t i = 0; found && i < found->n; i++)
		if (interval_holds(&found->interval[i], s))
			return true;
	return false;
}
