/* loop.h - the one loop of a daemon: timers, descriptors, signals
 *
 * A thin layer over libuv so that nothing else includes it. All callbacks run
 * on the thread that calls loop_run. */
#ifndef TOCSIN_CORE_LOOP_H
#define TOCSIN_CORE_LOOP_H

#include "core/base.h"

struct loop;
struct loop_timer;
struct loop_fd;

/* Ignores SIGPIPE. Open before any library starts a thread. */
MUST_CHECK struct loop *loop_open(struct error *err);
/* Everything opened on it must be closed before. */
void loop_close(struct loop *loop);
/* Until loop_stop; at once if that was called before. Neither this nor
 * loop_turn may be called from inside a callback of the loop: a bug. */
void loop_run(struct loop *loop);
/* One turn, waiting at most wait_ms (0: do not wait, -1: no limit). */
void loop_turn(struct loop *loop, int64_t wait_ms);
void loop_stop(struct loop *loop);

/* A timer is one-shot; starting it again replaces the deadline. The callback
 * may start, stop or close it. Close is immediate for the caller: the callback
 * does not run afterwards. NULL is allowed for close. */
struct loop_timer *loop_timer_open(struct loop *loop, void (*fire)(void *arg),
				   void *arg);
void loop_timer_start(struct loop_timer *t, int64_t delay_ms);
void loop_timer_stop(struct loop_timer *t);
bool loop_timer_active(const struct loop_timer *t);
void loop_timer_close(struct loop_timer *t);

enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2 };

/* Watch a descriptor (the caller's; closed by the caller after loop_fd_close).
 * `events` is a mask; level-triggered. */
MUST_CHECK struct loop_fd *
loop_fd_open(struct loop *loop, int fd, unsigned events,
	     void (*ready)(void *arg, unsigned events), void *arg,
	     struct error *err);
void loop_fd_set(struct loop_fd *f, unsigned events);
void loop_fd_close(struct loop_fd *f);

/* SIGTERM, SIGINT, SIGHUP, ...; watched until loop_close. */
void loop_on_signal(struct loop *loop, int signal_number,
		    void (*caught)(void *arg, int signal_number), void *arg);

#endif
