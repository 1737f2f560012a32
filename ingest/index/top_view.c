/* top_view.c - the three daemons as a table of text
 *
 * Pure. */
#include "ingest/index/top_view.h"

#include "event/time.h"
#include "event/utf8.h"

#define RED   "\033[1;31m"
#define BOLD  "\033[1m"
#define PLAIN "\033[0m"

/* A number that short keeps one digit behind the point. */
#define SMALL 99.95

static void add_number(struct buf *out, double value, int width,
		       const char *unit)
{
	AUTO(buf_release) struct buf text = { 0 };

	buf_add_format(&text, "%.*f%s", value > 0 && value < SMALL ? 1 : 0,
		       value, unit);
	buf_add_format(out, "%*s", width, buf_text(&text));
}

static void add_bytes(struct buf *out, double value, int width)
{
	static const char *const units[] = { "B",   "KiB", "MiB",
					     "GiB", "TiB", "PiB" };
	size_t i = 0;

	while (value >= 1024 && i + 1 < ARRAY_LENGTH(units)) {
		value /= 1024;
		i++;
	}
	add_number(out, value, width, units[i]);
}

static void add_lag(struct buf *out, enum top_daemon which, double lag)
{
	if (which == TOP_SHIP)
		add_bytes(out, lag, 10);
	else if (which == TOP_ALERT)
		add_number(out, lag, 10, "s");
	else
		buf_add_format(out, "%10.0f", lag);
}

/* Events a second between two samples; a daemon that began anew has none. */
static void add_rate(struct buf *out, const struct top_sample *now,
		     const struct top_sample *before)
{
	int64_t ms = before ? now->mono_ms - before->mono_ms : 0;

	if (!before || !before->answered || ms <= 0 || now->done < before->done)
		buf_add_format(out, "%10s", "-");
	else
		add_number(out, (now->done - before->done) * 1000 / (double)ms,
			   10, "");
}

static void add_blocked(struct buf *out, const struct top_view *v,
			const struct top_sample *s)
{
	char since[TIME_TEXT_BYTES];
	struct str text;

	if (s->blocked_seconds <= 0) {
		buf_add_text(out, "-");
		return;
	}
	/* More would be before any time that can be written. */
	text = str_slice(
		since,
		time_format(
			s->blocked_seconds > 1e9
				? 0
				: v->wall_ns -
					  (int64_t)(s->blocked_seconds * 1e9),
			0, since));
	buf_add_format(out, "since %.*s", STR_ARG(text));
	if (s->why.n > 0)
		buf_add_format(out, ": %.*s", STR_ARG(buf_str(&s->why)));
}

static void add_answered(struct buf *out, const struct top_view *v,
			 enum top_daemon which)
{
	const struct top_sample *s = v->now[which];
	bool blocked = s->blocked_seconds > 0;

	buf_add_format(out, "%-8s", blocked ? "blocked" : "up");
	add_rate(out, s, v->before[which]);
	if (which == TOP_ALERT)
		buf_add_format(out, "%11s", "-");
	else
		buf_add_format(out, "%11.0f", s->in_flight);
	add_lag(out, which, s->lag);
	buf_add_format(out, "%8.0f  ", s->errors);
	add_blocked(out, v, s);
	if (s->firing > 0)
		buf_add_format(out, "  %.0f firing", s->firing);
	if (!blocked && s->why.n > 0)
		buf_add_format(out, "  %.*s", STR_ARG(buf_str(&s->why)));
}

static void add_line(const struct top_view *v, const struct buf *line,
		     const char *tint, const char *line_end, struct buf *out)
{
	struct str text = buf_str(line);

	if (v->width > 0)
		text = utf8_cut(text, v->width);
	if (v->colour)
		buf_add_text(out, tint);
	buf_add(out, text);
	if (v->colour && *tint)
		buf_add_text(out, PLAIN);
	buf_add_text(out, line_end);
}

static void add_daemon(const struct top_view *v, enum top_daemon which,
		       const char *line_end, struct buf *out)
{
	AUTO(buf_release) struct buf line = { 0 };
	const struct top_sample *s = v->now[which];
	const char *tint = "";

	buf_add_format(&line, "%-7s", top_daemon_name(which));
	if (!s) {
		buf_add_format(&line, "off     %s is empty",
			       top_daemon_setting(which));
	} else if (!s->answered) {
		buf_add_format(&line, "away    %.*s",
			       STR_ARG(buf_str(&s->why)));
		tint = RED;
	} else {
		add_answered(&line, v, which);
		tint = s->blocked_seconds > 0 ? RED : "";
	}
	add_line(v, &line, tint, line_end, out);
}

void top_view_render(const struct top_view *view, const char *line_end,
		     struct buf *out)
{
	AUTO(buf_release) struct buf head = { 0 };

	buf_add_format(&head, "%-7s%-8s%10s%11s%10s%8s  %s", "", "STATE",
		       "EVENTS/S", "IN FLIGHT", "LAG", "ERRORS", "BLOCKED");
	add_line(view, &head, BOLD, line_end, out);
	for (int i = 0; i < TOP_DAEMONS; i++)
		add_daemon(view, (enum top_daemon)i, line_end, out);
}
