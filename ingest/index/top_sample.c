/* top_sample.c - what a daemon says of itself at one moment, as few numbers
 *
 * Pure. */
#include "ingest/index/top_sample.h"

#include <math.h>
#include <stdlib.h>

#include "event/json.h"
#include "ingest/index/timeline.h"

enum { ERRORS_MAX = 3, NUMBER_BYTES = 40, WHY_BYTES = 400 };

struct source {
	const char *name, *label;
};

/* Where each daemon's numbers come from; those that say how bad it is are
 * taken from the worst series, the others added up. */
static const struct {
	const char *name, *setting;
	struct source done, in_flight, lag;
	bool worst_lag;
	struct source error[ERRORS_MAX];
	struct source blocked, firing;
} daemons[TOP_DAEMONS] = {
	[TOP_SHIP] = {
		.name = "ship",
		.setting = "ship.http",
		.done = { "tocsin_ship_delivered_total", "" },
		.in_flight = { "tocsin_ship_in_flight", "" },
		.lag = { "tocsin_ship_lag_bytes", "" },
		.error = { { "tocsin_ship_rejected_total", "" } },
		.blocked = { "tocsin_ship_blocked_seconds", "" },
	},
	[TOP_INDEX] = {
		.name = "index",
		.setting = "index.http",
		.done = { "tocsin_index_received_total", "" },
		.in_flight = { "tocsin_index_in_flight", "" },
		.lag = { "tocsin_kafka_lag", "" },
		.error = { { "tocsin_index_dead_total", "" },
			   { "tocsin_kafka_lost_total", "" } },
		.blocked = { "tocsin_index_blocked_seconds", "" },
	},
	[TOP_ALERT] = {
		.name = "alert",
		.setting = "alert.http",
		.done = { "tocsin_alert_records_total", "" },
		.lag = { "tocsin_alert_clock_behind_seconds", "" },
		.worst_lag = true,
		.error = { { "tocsin_notify_sent_total", "result=\"refused\"" },
			   { "tocsin_alert_unreadable_total", "" },
			   { "tocsin_kafka_lost_total", "" } },
		.blocked = { "tocsin_notify_blocked_seconds", "" },
		.firing = { "tocsin_alert_firing", "" },
	},
};

void top_sample_release(struct top_sample *s)
{
	buf_release(&s->why);
}

const char *top_daemon_name(enum top_daemon which)
{
	return daemons[which].name;
}

const char *top_daemon_setting(enum top_daemon which)
{
	return daemons[which].setting;
}

static bool next_line(struct str *text, struct str *line)
{
	const char *end;

	if (text->n == 0)
		return false;
	end = memchr(text->s, '\n', text->n);
	*line = str_slice(text->s, end ? (size_t)(end - text->s) : text->n);
	*text = str_slice(text->s + line->n, text->n - line->n);
	if (end)
		*text = str_slice(text->s + 1, text->n - 1);
	return true;
}

static bool contains(struct str text, struct str part)
{
	for (size_t i = 0; i + part.n <= text.n; i++) {
		if (memcmp(text.s + i, part.s, part.n) == 0)
			return true;
	}
	return false;
}

/* A finite number that is not negative; else false. */
static bool read_number(struct str text, double *out)
{
	char number[NUMBER_BYTES + 1];
	char *end;
	double value;

	if (text.n == 0 || text.n > NUMBER_BYTES)
		return false;
	memcpy(number, text.s, text.n);
	number[text.n] = '\0';
	value = strtod(number, &end);
	if (end != number + text.n || !isfinite(value) || value < 0)
		return false;
	*out = value;
	return true;
}

/* `name{labels} value`: the value, if this is the series meant. The value is
 * what follows the last blank, so labels need not be taken apart. */
static bool read_line(struct str line, const char *name, const char *label,
		      double *value)
{
	struct str series = line;
	size_t n = strlen(name);

	while (series.n > 0 && series.s[series.n - 1] != ' ')
		series.n--;
	if (series.n < n + 1 || !str_has_prefix(series, str_of(name)) ||
	    (series.s[n] != ' ' && series.s[n] != '{') ||
	    !contains(series, str_of(label)))
		return false;
	return read_number(str_slice(line.s + series.n, line.n - series.n),
			   value);
}

double top_metric_sum(struct str metrics, const char *name, const char *label)
{
	double sum = 0, value;
	struct str line;

	while (next_line(&metrics, &line)) {
		if (read_line(line, name, label, &value))
			sum += value;
	}
	return isfinite(sum) ? sum : 0;
}

double top_metric_max(struct str metrics, const char *name, const char *label)
{
	double max = 0, value;
	struct str line;

	while (next_line(&metrics, &line)) {
		if (read_line(line, name, label, &value) && value > max)
			max = value;
	}
	return max;
}

static double sum(struct str metrics, const struct source *s)
{
	return s->name ? top_metric_sum(metrics, s->name, s->label) : 0;
}

static double largest(struct str metrics, const struct source *s)
{
	return s->name ? top_metric_max(metrics, s->name, s->label) : 0;
}

static void add_why(struct buf *out, struct str why)
{
	buf_clear(out);
	timeline_escape(str_slice(why.s, why.n < WHY_BYTES ? why.n : WHY_BYTES),
			out);
}

/* ship says "why", index {"blocked":{"why":...}}, alert "waiting". */
static void read_why(struct str status, struct buf *out)
{
	AUTO(buf_release) struct buf scratch = { 0 };
	struct str inner, why;

	buf_clear(out);
	if (!(json_find(status, STR("blocked"), &inner) &&
	      json_find(inner, STR("why"), &why)) &&
	    !json_find(status, STR("why"), &why) &&
	    !json_find(status, STR("waiting"), &why))
		return;
	if (json_kind(why) == JSON_STRING)
		add_why(out, json_text(why, &scratch));
}

void top_sample_read(enum top_daemon which, struct str metrics,
		     struct str status, struct top_sample *out)
{
	out->answered = true;
	out->done = sum(metrics, &daemons[which].done);
	out->in_flight = sum(metrics, &daemons[which].in_flight);
	out->lag = daemons[which].worst_lag
			   ? largest(metrics, &daemons[which].lag)
			   : sum(metrics, &daemons[which].lag);
	out->errors = 0;
	for (size_t i = 0; i < ERRORS_MAX; i++)
		out->errors += sum(metrics, &daemons[which].error[i]);
	out->blocked_seconds = largest(metrics, &daemons[which].blocked);
	out->firing = sum(metrics, &daemons[which].firing);
	read_why(status, &out->why);
}

void top_sample_away(struct top_sample *out, struct str why)
{
	struct buf text = out->why;

	*out = (struct top_sample){ .mono_ms = out->mono_ms, .why = text };
	add_why(&out->why, why);
}
