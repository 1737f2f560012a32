/* progress.c - how far long work is, shown to whoever looks
 *
 * Owns nothing. Runs on the caller's thread. */
#include "core/progress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/clock.h"

enum {
	DRAW_MS = 200,
	COLUMNS = 80, /* of a terminal that does not say */
	BAR_MOST = 40,
	BAR_LEAST = 10,
};

static bool is_screen(FILE *out)
{
	const char *kind = getenv("TERM");

	return isatty(fileno(out)) == 1 &&
	       !(kind && str_is(str_of(kind), "dumb"));
}

static size_t width_of(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return COLUMNS;
	return size.ws_col;
}

void progress_begin(struct progress *p, FILE *out, const char *unit)
{
	const char *no_colour = getenv("NO_COLOR");

	*p = (struct progress){ .unit = unit, .begin_ms = clock_mono_ms() };
	if (!is_screen(out))
		return;
	p->out = out;
	p->colour = !no_colour || *no_colour == '\0';
	p->columns = width_of(out);
}

bool progress_is_seen(const struct progress *p)
{
	return p && p->out;
}

void progress_tell(struct progress *p, int64_t done, int64_t total)
{
	AUTO(buf_release) struct buf line = { 0 };
	int64_t now_ms = clock_mono_ms();

	if (!progress_is_seen(p) ||
	    (p->drawn && done < total && now_ms - p->drawn_ms < DRAW_MS))
		return;
	progress_line(p, done, total, now_ms - p->begin_ms, &line);
	/* Whatever else is written begins at the left again. */
	fprintf(p->out, "\r\033[K%s\r", buf_text(&line));
	fflush(p->out);
	p->drawn = true;
	p->drawn_ms = now_ms;
}

void progress_end(struct progress *p)
{
	if (p->out && p->drawn)
		fputc('\n', p->out);
	p->out = NULL;
}

/* Two units at most: "7 s", "2 min 5 s", "3 h 20 min", "4 d 1 h". */
static void add_duration(struct buf *out, double seconds)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} unit[] = { { "d", 86400 }, { "h", 3600 }, { "min", 60 }, { "s", 1 } };
	int64_t left = seconds < 1e9 ? (int64_t)(seconds + 0.5) : 1000000000;
	size_t i = 0;

	while (i + 1 < ARRAY_LENGTH(unit) && left < unit[i].seconds)
		i++;
	buf_add_format(out, "%" PRId64 " %s", left / unit[i].seconds,
		       unit[i].name);
	left %= unit[i].seconds;
	if (i + 1 < ARRAY_LENGTH(unit) && left >= unit[i + 1].seconds)
		buf_add_format(out, " %" PRId64 " %s",
			       left / unit[i + 1].seconds, unit[i + 1].name);
}

static void add_text(const struct progress *p, int64_t done, int64_t total,
		     int64_t elapsed_ms, struct buf *out)
{
	double rate =
		elapsed_ms > 0 ? (double)done / ((double)elapsed_ms / 1000) : 0;

	buf_add_format(out, "%" PRId64 " of %" PRId64 " %s, %.0f/s", done,
		       total, p->unit, rate);
	if (done >= total || rate <= 0)
		return;
	buf_add_text(out, ", ");
	add_duration(out, (double)(total - done) / rate);
	buf_add_text(out, " left");
}

/* Nothing where there is no room for one. */
static void add_bar(const struct progress *p, double share, size_t room,
		    struct buf *out)
{
	size_t width = room < BAR_MOST ? room : BAR_MOST;
	size_t full;

	if (room < BAR_LEAST)
		return;
	width -= 3; /* brackets, blank */
	full = (size_t)(share * (double)width);
	buf_add_char(out, '[');
	if (p->colour)
		buf_add_text(out, "\033[32m");
	for (size_t i = 0; i < width; i++)
		buf_add_char(out, i < full ? '=' : i == full ? '>' : ' ');
	if (p->colour)
		buf_add_text(out, "\033[0m");
	buf_add_text(out, "] ");
}

void progress_line(const struct progress *p, int64_t done, int64_t total,
		   int64_t elapsed_ms, struct buf *out)
{
	AUTO(buf_release) struct buf text = { 0 };
	size_t room;
	double share;

	if (done > total)
		done = total;
	share = total > 0 ? (double)done / (double)total : 1;
	buf_add_format(&text, "%3d%%  ", (int)(share * 100));
	add_text(p, done, total, elapsed_ms, &text);
	room = p->columns > text.n ? p->columns - text.n : 0;
	add_bar(p, share, room, out);
	buf_add(out,
		str_slice(text.p, text.n < p->columns ? text.n : p->columns));
}
