/* settings.c - the rows alert.*, receivers and route */
#include "alert/settings.h"

#include "alert/alert.h"
#include "alert/dashboard.h"
#include "core/clock.h"
#include "core/kafka.h"
#include "event/time.h"

#define HOUR_MS INT64_C(3600000)

static const struct setting rows[] = {
	{ .path = "alert.rules",
	  .type = SETTING_STRINGS | LIVE_IN_ALERT,
	  .fallback = "/etc/tocsin/rules/*.conf",
	  .sentence = "Rule files, as paths or globs." },
	{ .path = "alert.http",
	  .type = SETTING_STRING,
	  .fallback = "127.0.0.1:9603",
	  .sentence = "Where /metrics, /health, /ready, /status and the API "
		      "of alerts and silences are served; \"\" for nowhere. "
		      "Whoever reaches it may set silences: there is no "
		      "password, so keep it from strangers." },
	{ .path = "alert.start",
	  .type = SETTING_STRING | LIVE_IN_ALERT,
	  .fallback = "latest",
	  .sentence = "Where a new installation begins to read: \"earliest\", "
		      "\"latest\" or a time such as "
		      "\"2026-11-23T09:00:00Z\"." },
	{ .path = "alert.lateness",
	  .type = SETTING_DURATION | LIVE_IN_ALERT,
	  .fallback = "5s",
	  .min = 0,
	  .max = HOUR_MS,
	  .sentence = "How late an event may come before its absence counts: "
		      "resolves and conditions on too few events wait so "
		      "long." },
	{ .path = "alert.late_limit",
	  .type = SETTING_DURATION | LIVE_IN_ALERT,
	  .fallback = "1h",
	  .min = 0,
	  .max = 24 * HOUR_MS,
	  .sentence = "How far behind the clock an event still counts in its "
		      "own place; later ones are counted in "
		      "tocsin_alert_late_total. At least alert.lateness." },
	{ .path = "alert.buffer_bytes",
	  .type = SETTING_BYTES | LIVE_IN_ALERT,
	  .fallback = "32MiB",
	  .min = 1 << 20,
	  .max = 1 << 30,
	  .sentence = "How much each stage reads ahead." },
	{ .path = "dashboard_url",
	  .type = SETTING_STRING | LIVE,
	  .fallback = "",
	  .sentence = "The address that notifications link to, with {{query}}, "
		      "{{from}} and {{to}} for the events of the alert; "
		      "{{rison_query}} goes between the quotes of an address "
		      "of Kibana or OpenSearch Dashboards." },
	{ .path = "alert.builtin",
	  .type = SETTING_BOOL | LIVE_IN_ALERT,
	  .fallback = "true",
	  .sentence = "Raise alerts about Tocsin itself: TocsinBehind, "
		      "TocsinBlocked, TocsinDeadLetters, TocsinGroupsDropped, "
		      "TocsinReloadRefused. They go by the route tree, label "
		      "severity = \"critical\" or \"warning\"." },
	{ .path = "alert.behind_after",
	  .type = SETTING_DURATION | LIVE_IN_ALERT,
	  .fallback = "2m",
	  .min = 1000,
	  .max = 24 * HOUR_MS,
	  .sentence = "A record that index or a stage has not read for so long "
		      "raises TocsinBehind." },
	{ .path = "alert.blocked_after",
	  .type = SETTING_DURATION | LIVE_IN_ALERT,
	  .fallback = "2m",
	  .min = 1000,
	  .max = 24 * HOUR_MS,
	  .sentence = "A receiver that takes nothing for so long raises "
		      "TocsinBlocked." },
	{ .path = "alert.builtin_for",
	  .type = SETTING_DURATION | LIVE_IN_ALERT,
	  .fallback = "10m",
	  .min = 1000,
	  .max = 24 * HOUR_MS,
	  .sentence = "How long after the last dead letter or dropped group "
		      "TocsinDeadLetters and TocsinGroupsDropped resolve." },
	{ .path = "alert.keep_resolved",
	  .type = SETTING_DURATION | LIVE_IN_ALERT,
	  .fallback = "7d",
	  .min = 1000,
	  .max = 366 * 24 * HOUR_MS,
	  .sentence = "How long after it resolved an alert stays on "
		      "<prefix>.alerts, with what receivers were told of it. "
		      "The indices of alerts keep it." },
	{ .path = "receivers",
	  .type = SETTING_TREE | LIVE,
	  .fallback = "",
	  .sentence = "Where notifications go: a list of groups with name, "
		      "type and what the type needs." },
	{ .path = "route",
	  .type = SETTING_TREE | LIVE,
	  .fallback = "",
	  .sentence = "Which alert goes to which receiver: a tree of groups "
		      "with match, receiver and routes." },
	{ .path = "inhibit",
	  .type = SETTING_TREE | LIVE,
	  .fallback = "",
	  .sentence = "Alerts that hold back messages about others while they "
		      "fire: a list of groups with source and target "
		      "(matchers) and equal (labels)." },
	{ .path = "mute_times",
	  .type = SETTING_TREE | LIVE,
	  .fallback = "",
	  .sentence = "Named intervals of the calendar that routes may name: a "
		      "list of groups with name and intervals (times, "
		      "weekdays, days_of_month, months, years, location)." },
};

const struct settings alert_settings = { rows, ARRAY_LENGTH(rows) };

bool alert_start(const struct config *config, int64_t *start, struct error *err)
{
	const char *text = config_string(config, "alert.start");
	struct time_read time;

	if (strcmp(text, "earliest") == 0) {
		*start = KAFKA_OFFSET_BEGINNING;
	} else if (strcmp(text, "latest") == 0) {
		/* Now, not "wherever the end is once Kafka has given us
		 * partitions": what comes in between counts. */
		*start = clock_wall_ms();
	} else if (time_parse_any(str_of(text), &time) && time.ns >= 0) {
		*start = time.ns / 1000000;
	} else {
		return error_set(err, ERROR_CONFIG,
				 "\"alert.start\" must be \"earliest\", "
				 "\"latest\" or a time, not \"%s\"",
				 text);
	}
	return true;
}

static void check_rule_files(const struct config *config,
			     struct problems *problems)
{
	const struct strings *files = config_strings(config, "alert.rules");

	for (size_t i = 0; i < files->n; i++)
		if (files->item[i][0] == '\0')
			problems_at(problems, PROBLEM_ERROR,
				    config_item_node(config, "alert.rules", i),
				    "an empty text in \"alert.rules\" names no "
				    "file, take it out");
}

void alert_check(const struct config *config, struct problems *problems)
{
	int64_t start;
	struct error err;

	check_rule_files(config, problems);
	if (!alert_start(config, &start, &err))
		problems_at(problems, PROBLEM_ERROR,
			    config_node(config, "alert.start"), "%s", err.text);
	dashboard_check(config, problems);
}

struct query_options alert_fields(const struct config *config)
{
	const struct strings *fields = config_strings(config, "fields");

	return (struct query_options){ .fields = fields->item,
				       .n_fields = fields->n };
}

char *alert_name(const char *prefix, const char *suffix)
{
	struct buf text = { 0 };

	buf_add_format(&text, "%s%s", prefix, suffix);
	return buf_take(&text);
}

const char *alert_topic(const char *prefix, const char *name, struct buf *out)
{
	buf_clear(out);
	buf_add_format(out, "%s.%s", prefix, name);
	return buf_text(out);
}
