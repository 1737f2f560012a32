/* top.c - the three daemons live
 *
 * Owns the requests under way, the last two samples of each daemon and, while
 * it is drawn on, the terminal's modes.
 *
 * Loop thread only. */
#include "ingest/index/top.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/http.h"
#include "event/time.h"
#include "ingest/index/top_view.h"

enum {
	EVERY_MS = 1000,
	ANSWER_MS = 2000,
	ANSWER_BYTES = 64 << 20,
	ONCE_SAMPLES = 2,
	CTRL_C = 3,
};

#define ENTER "\033[?1049h\033[?25l" /* other screen, no cursor */
#define LEAVE "\033[?25h\033[?1049l"
#define HOME  "\033[H"
#define BELOW "\033[J" /* clear what is below */

struct watched {
	struct top *top;
	const char *address; /* "": none */
	struct buf metrics, status;
	bool failed;
	struct error err;
	struct top_sample sample[2]; /* by turn */
};

struct top {
	struct loop *loop;
	struct http *http;
	struct loop_timer *timer;
	const struct top_options *options;
	FILE *out;
	struct watched daemon[TOP_DAEMONS];
	size_t pending; /* requests */
	size_t turns;   /* samples taken */
	bool stopped;
	struct buf screen;
	struct termios modes; /* as they were */
	struct loop_fd *keys;
};

void top_url(const char *address, const char *path, struct buf *out)
{
	struct str host = str_of(address);
	const char *port = strrchr(address, ':');

	if (port)
		host.n = (size_t)(port - address);
	if (str_is(host, "0.0.0.0") || str_is(host, "*") || host.n == 0)
		host = STR("127.0.0.1");
	else if (str_is(host, "[::]"))
		host = STR("[::1]");
	buf_add_format(out, "http://%.*s%s%s", STR_ARG(host), port ? port : "",
		       path);
}

/* ---- drawing ---- */

static size_t columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}

static void make_view(const struct top *t, struct top_view *v)
{
	size_t now = (t->turns - 1) % 2;

	*v = (struct top_view){
		.wall_ns = clock_wall_ns(),
		.width = t->options->once ? 0 : columns(),
		.colour = t->options->colour,
	};
	for (size_t i = 0; i < TOP_DAEMONS; i++) {
		const struct watched *w = &t->daemon[i];

		if (!*w->address)
			continue;
		v->now[i] = &w->sample[now];
		v->before[i] = t->turns > 1 ? &w->sample[1 - now] : NULL;
	}
}

static void draw(struct top *t)
{
	struct top_view view;
	char now[TIME_TEXT_BYTES];

	make_view(t, &view);
	buf_clear(&t->screen);
	if (t->options->once) {
		top_view_render(&view, "\n", &t->screen);
	} else {
		size_t n = time_format(view.wall_ns, 0, now);

		buf_add_format(&t->screen,
			       HOME "tocsin top  %.*s  q ends it\033[K\n"
				    "\033[K\n",
			       (int)n, now);
		top_view_render(&view, "\033[K\n", &t->screen);
		buf_add_text(&t->screen, BELOW);
	}
	fwrite(t->screen.p, 1, t->screen.n, t->out);
	fflush(t->out);
}

/* ---- asking ---- */

static void take_sample(struct top *t, enum top_daemon which)
{
	struct watched *w = &t->daemon[which];
	struct top_sample *s = &w->sample[t->turns % 2];

	if (!*w->address)
		top_sample_away(s, STR_NONE);
	else if (w->failed)
		top_sample_away(s, str_of(w->err.text));
	else
		top_sample_read(which, buf_str(&w->metrics),
				buf_str(&w->status), s);
	s->mono_ms = clock_mono_ms();
}

static void all_answered(struct top *t)
{
	for (int i = 0; i < TOP_DAEMONS; i++)
		take_sample(t, (enum top_daemon)i);
	t->turns++;
	if (!t->options->once || t->turns == ONCE_SAMPLES)
		draw(t);
	if (t->options->once && t->turns == ONCE_SAMPLES)
		t->stopped = true;
	else
		loop_timer_start(t->timer, EVERY_MS);
}

static void fail(struct watched *w, const struct error *err)
{
	w->failed = true;
	w->err = *err;
}

static void keep_answer(struct watched *w, struct buf *body,
			const struct http_answer *answer)
{
	struct error err;

	buf_clear(body);
	if (answer->status == 200) {
		buf_add(body, answer->body);
	} else if (answer->status == 0) {
		fail(w, &answer->err);
	} else {
		error_set(&err, ERROR_RETRY, "%s answers with status %d",
			  w->address, answer->status);
		fail(w, &err);
	}
	if (--w->top->pending == 0)
		all_answered(w->top);
}

static void on_metrics(void *arg, const struct http_answer *answer)
{
	struct watched *w = arg;

	keep_answer(w, &w->metrics, answer);
}

static void on_status(void *arg, const struct http_answer *answer)
{
	struct watched *w = arg;

	keep_answer(w, &w->status, answer);
}

static void ask(struct top *t, struct watched *w, const char *path,
		void (*done)(void *arg, const struct http_answer *answer))
{
	AUTO(buf_release) struct buf url = { 0 };
	struct http_request request = {
		.method = "GET",
		.timeout_ms = ANSWER_MS,
		.answer_limit = ANSWER_BYTES,
		.done = done,
		.arg = w,
	};
	struct error err;

	top_url(w->address, path, &url);
	request.url = buf_text(&url);
	if (http_start(t->http, &request, &err))
		t->pending++;
	else
		fail(w, &err);
}

static void ask_all(void *arg)
{
	struct top *t = arg;

	for (size_t i = 0; i < TOP_DAEMONS; i++) {
		struct watched *w = &t->daemon[i];

		w->failed = false;
		if (!*w->address)
			continue;
		ask(t, w, "/metrics", on_metrics);
		ask(t, w, "/status", on_status);
	}
	if (t->pending == 0)
		all_answered(t);
}

/* ---- the terminal ---- */

static void on_signal(void *arg, int signal_number)
{
	struct top *t = arg;

	(void)signal_number;
	t->stopped = true;
}

static void on_key(void *arg, unsigned events)
{
	struct top *t = arg;
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	(void)events;
	if (n <= 0)
		t->stopped = true;
	for (ssize_t i = 0; i < n; i++)
		t->stopped = t->stopped || keys[i] == 'q' || keys[i] == 'Q' ||
			     keys[i] == CTRL_C;
}

static bool take_terminal(struct top *t, struct error *err)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &t->modes) == 0) {
		t->keys = loop_fd_open(t->loop, STDIN_FILENO, LOOP_READABLE,
				       on_key, t, err);
		if (!t->keys)
			return false;
		raw = t->modes;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 1;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	fputs(ENTER, t->out);
	return true;
}

static void give_terminal_back(struct top *t)
{
	fputs(LEAVE, t->out);
	fflush(t->out);
	if (!t->keys)
		return;
	tcsetattr(STDIN_FILENO, TCSANOW, &t->modes);
	loop_fd_close(t->keys);
}

/* ---- the whole ---- */

static void watch(struct top *t)
{
	loop_timer_start(t->timer, 0);
	while (!t->stopped)
		loop_turn(t->loop, -1);
}

static bool run(struct top *t, struct error *err)
{
	t->http = http_open(t->loop, err);
	if (!t->http)
		return false;
	t->timer = loop_timer_open(t->loop, ask_all, t);
	loop_on_signal(t->loop, SIGINT, on_signal, t);
	loop_on_signal(t->loop, SIGTERM, on_signal, t);
	loop_on_signal(t->loop, SIGHUP, on_signal, t);
	if (t->options->once) {
		watch(t);
		return true;
	}
	if (!take_terminal(t, err))
		return false;
	watch(t);
	give_terminal_back(t);
	return true;
}

static size_t count_answered(const struct top *t)
{
	size_t n = 0;

	for (size_t i = 0; t->turns > 0 && i < TOP_DAEMONS; i++)
		n += t->daemon[i].sample[(t->turns - 1) % 2].answered;
	return n;
}

static void release(struct top *t)
{
	if (t->http)
		http_close(t->http);
	loop_timer_close(t->timer);
	for (size_t i = 0; i < TOP_DAEMONS; i++) {
		buf_release(&t->daemon[i].metrics);
		buf_release(&t->daemon[i].status);
		top_sample_release(&t->daemon[i].sample[0]);
		top_sample_release(&t->daemon[i].sample[1]);
	}
	buf_release(&t->screen);
	loop_close(t->loop);
}

bool top_run(const struct config *config, const struct top_options *options,
	     FILE *out, size_t *answered, struct error *err)
{
	struct top t = { .options = options, .out = out };
	bool ok;

	t.loop = loop_open(err);
	if (!t.loop)
		return false;
	for (int i = 0; i < TOP_DAEMONS; i++) {
		t.daemon[i].top = &t;
		t.daemon[i].address = config_string(
			config, top_daemon_setting((enum top_daemon)i));
	}
	ok = run(&t, err);
	*answered = count_answered(&t);
	release(&t);
	return ok;
}
