/* loop.c - libuv behind core/loop.h
 *
 * Owns the uv_loop and one small block for each timer, descriptor and signal.
 * libuv lets go of a handle one turn after it was closed, so a closed block
 * frees itself then. Everything runs on the thread that turns the loop. */
#include "core/loop.h"

#include <signal.h>
#include <stdlib.h>
#include <uv.h>

struct loop {
	uv_loop_t uv;
	uv_timer_t limit; /* bounds the wait of one turn */
	uv_async_t hold;  /* keeps a turn waiting when nothing else is open */
	bool turning;
	bool stopped;
	struct signal_watch *signals;
};

struct loop_timer {
	uv_timer_t uv;
	void (*fire)(void *arg);
	void *arg;
};

struct loop_fd {
	uv_poll_t uv;
	void (*ready)(void *arg, unsigned events);
	void *arg;
};

struct signal_watch {
	uv_signal_t uv;
	void (*caught)(void *arg, int signal_number);
	void *arg;
	struct signal_watch *next;
};

static void ignore_async(uv_async_t *handle)
{
	(void)handle;
}

/* libuv runs due timers before it polls, and then polls without a limit if none
 * is left. What a timer did may be all that the caller waits for, so the turn
 * ends with it. */
static void end_turn(struct loop *loop)
{
	uv_async_send(&loop->hold);
}

static void limit_reached(uv_timer_t *handle)
{
	end_turn(CONTAINER_OF(handle, struct loop, limit));
}

static void free_handle(uv_handle_t *handle)
{
	free(handle->data);
}

struct loop *loop_open(struct error *err)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));
	int rc = uv_loop_init(&loop->uv);

	if (rc != 0) {
		error_set(err, ERROR_FATAL, "could not open the event loop: %s",
			  uv_strerror(rc));
		free(loop);
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN);
	rc = uv_async_init(&loop->uv, &loop->hold, ignore_async);
	ENSURE(rc == 0);
	rc = uv_timer_init(&loop->uv, &loop->limit);
	ENSURE(rc == 0);
	return loop;
}

void loop_close(struct loop *loop)
{
	struct signal_watch *next;

	if (!loop)
		return;
	ENSURE(!loop->turning);
	for (struct signal_watch *w = loop->signals; w; w = next) {
		next = w->next;
		uv_close((uv_handle_t *)&w->uv, free_handle);
	}
	uv_close((uv_handle_t *)&loop->limit, NULL);
	uv_close((uv_handle_t *)&loop->hold, NULL);
	uv_run(&loop->uv, UV_RUN_NOWAIT);
	ENSURE(uv_loop_close(&loop->uv) == 0);
	free(loop);
}

void loop_turn(struct loop *loop, int64_t wait_ms)
{
	ENSURE(!loop->turning);
	loop->turning = true;
	if (wait_ms > 0) {
		uv_update_time(&loop->uv);
		uv_timer_start(&loop->limit, limit_reached, (uint64_t)wait_ms,
			       0);
	}
	uv_run(&loop->uv, wait_ms == 0 ? UV_RUN_NOWAIT : UV_RUN_ONCE);
	uv_timer_stop(&loop->limit);
	loop->turning = false;
}

void loop_run(struct loop *loop)
{
	while (!loop->stopped)
		loop_turn(loop, -1);
	loop->stopped = false;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

/* ---- timers ---- */

static void timer_fired(uv_timer_t *handle)
{
	struct loop_timer *t = handle->data;

	end_turn(CONTAINER_OF(handle->loop, struct loop, uv));
	t->fire(t->arg);
}

struct loop_timer *loop_timer_open(struct loop *loop, void (*fire)(void *arg),
				   void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));
	int rc = uv_timer_init(&loop->uv, &t->uv);

	ENSURE(rc == 0);
	t->fire = fire;
	t->arg = arg;
	t->uv.data = t;
	return t;
}

void loop_timer_start(struct loop_timer *t, int64_t delay_ms)
{
	/* libuv counts from its cached time, which is old after long work. */
	uv_update_time(t->uv.loop);
	uv_timer_start(&t->uv, timer_fired,
		       delay_ms > 0 ? (uint64_t)delay_ms : 0, 0);
}

void loop_timer_stop(struct loop_timer *t)
{
	uv_timer_stop(&t->uv);
}

bool loop_timer_active(const struct loop_timer *t)
{
	return uv_is_active((const uv_handle_t *)&t->uv) != 0;
}

void loop_timer_close(struct loop_timer *t)
{
	if (!t)
		return;
	uv_timer_stop(&t->uv);
	uv_close((uv_handle_t *)&t->uv, free_handle);
}

/* ---- descriptors ---- */

static void fd_ready(uv_poll_t *handle, int status, int events)
{
	struct loop_fd *f = handle->data;
	unsigned mask = 0;

	if (events & UV_READABLE)
		mask |= LOOP_READABLE;
	if (events & UV_WRITABLE)
		mask |= LOOP_WRITABLE;
	if (status < 0) /* whoever reads or writes finds the error */
		mask = LOOP_READABLE | LOOP_WRITABLE;
	f->ready(f->arg, mask);
}

struct loop_fd *loop_fd_open(struct loop *loop, int fd, unsigned events,
			     void (*ready)(void *arg, unsigned events),
			     void *arg, struct error *err)
{
	struct loop_fd *f = xcalloc(1, sizeof(*f));
	int rc = uv_poll_init(&loop->uv, &f->uv, fd);

	if (rc != 0) {
		error_set(err, ERROR_FATAL, "could not watch descriptor %d: %s",
			  fd, uv_strerror(rc));
		free(f);
		return NULL;
	}
	f->ready = ready;
	f->arg = arg;
	f->uv.data = f;
	loop_fd_set(f, events);
	return f;
}

void loop_fd_set(struct loop_fd *f, unsigned events)
{
	int mask = 0;

	if (events & LOOP_READABLE)
		mask |= UV_READABLE;
	if (events & LOOP_WRITABLE)
		mask |= UV_WRITABLE;
	if (mask)
		uv_poll_start(&f->uv, mask, fd_ready);
	else
		uv_poll_stop(&f->uv);
}

void loop_fd_close(struct loop_fd *f)
{
	if (!f)
		return;
	uv_poll_stop(&f->uv);
	uv_close((uv_handle_t *)&f->uv, free_handle);
}

/* ---- signals ---- */

static void signal_caught(uv_signal_t *handle, int signal_number)
{
	struct signal_watch *w = handle->data;

	w->caught(w->arg, signal_number);
}

void loop_on_signal(struct loop *loop, int signal_number,
		    void (*caught)(void *arg, int signal_number), void *arg)
{
	struct signal_watch *w = xcalloc(1, sizeof(*w));
	int rc = uv_signal_init(&loop->uv, &w->uv);

	ENSURE(rc == 0);
	w->caught = caught;
	w->arg = arg;
	w->uv.data = w;
	w->next = loop->signals;
	loop->signals = w;
	rc = uv_signal_start(&w->uv, signal_caught, signal_number);
	ENSURE(rc == 0);
}
