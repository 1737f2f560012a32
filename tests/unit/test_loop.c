#include "core/loop.h"
#include "tests/unit/test_support.h"

#include <signal.h>
#include <unistd.h>

#include "core/clock.h"

static struct loop *open_loop(void)
{
	struct error err;
	struct loop *loop = loop_open(&err);

	assert_non_null(loop);
	return loop;
}

struct ticks {
	struct loop *loop;
	struct loop_timer *timer;
	int n, again;
	bool close;
};

static void tick(void *arg)
{
	struct ticks *t = arg;

	t->n++;
	if (t->close) {
		loop_timer_close(t->timer);
		t->timer = NULL;
	} else if (t->n < t->again) {
		loop_timer_start(t->timer, 1);
	} else {
		loop_stop(t->loop);
	}
}

static void a_timer_fires_once_unless_started_again(void **state)
{
	struct ticks t = { .loop = open_loop() };
	int64_t before = clock_mono_ms();

	(void)state;
	t.timer = loop_timer_open(t.loop, tick, &t);
	assert_false(loop_timer_active(t.timer));
	loop_timer_start(t.timer, 30);
	assert_true(loop_timer_active(t.timer));
	loop_run(t.loop);
	assert_int_equal(t.n, 1);
	assert_true(clock_mono_ms() - before >= 29);
	assert_false(loop_timer_active(t.timer));
	t.again = 5;
	loop_timer_start(t.timer, 0);
	loop_run(t.loop);
	assert_int_equal(t.n, 5);
	loop_timer_close(t.timer);
	loop_close(t.loop);
}

static void a_stopped_or_closed_timer_does_not_fire(void **state)
{
	struct ticks t = { .loop = open_loop() };

	(void)state;
	t.timer = loop_timer_open(t.loop, tick, &t);
	loop_timer_start(t.timer, 1);
	loop_timer_stop(t.timer);
	loop_turn(t.loop, 20);
	loop_timer_start(t.timer, 0);
	loop_timer_close(t.timer);
	loop_turn(t.loop, 20);
	assert_int_equal(t.n, 0);
	loop_timer_close(NULL);
	loop_close(t.loop);
}

static void a_timer_may_close_itself(void **state)
{
	struct ticks t = { .loop = open_loop(), .close = true };

	(void)state;
	t.timer = loop_timer_open(t.loop, tick, &t);
	loop_timer_start(t.timer, 0);
	loop_turn(t.loop, 100);
	loop_turn(t.loop, 0);
	assert_int_equal(t.n, 1);
	assert_null(t.timer);
	loop_close(t.loop);
}

static void a_deadline_counts_from_now_not_from_the_last_turn(void **state)
{
	struct ticks t = { .loop = open_loop() };
	int64_t before;

	(void)state;
	t.timer = loop_timer_open(t.loop, tick, &t);
	loop_turn(t.loop, 0);
	usleep(60000);
	before = clock_mono_ms();
	loop_timer_start(t.timer, 50);
	loop_run(t.loop);
	assert_true(clock_mono_ms() - before >= 49);
	loop_timer_close(t.timer);
	loop_close(t.loop);
}

static void a_turn_waits_no_longer_than_said(void **state)
{
	struct loop *loop = open_loop();
	int64_t before = clock_mono_ms(), took;

	(void)state;
	loop_turn(loop, 0);
	assert_true(clock_mono_ms() - before < 20);
	before = clock_mono_ms();
	loop_turn(loop, 50);
	took = clock_mono_ms() - before;
	assert_in_range(took, 49, 500);
	loop_close(loop);
}

static void a_stop_before_the_run_ends_it_at_once(void **state)
{
	struct loop *loop = open_loop();

	(void)state;
	loop_stop(loop);
	loop_run(loop);
	loop_close(loop);
}

struct seen {
	int fd;
	struct loop_fd *watch;
	unsigned events;
	int n;
	bool close;
};

static void ready(void *arg, unsigned events)
{
	struct seen *s = arg;
	char byte;

	s->n++;
	s->events = events;
	if ((events & LOOP_READABLE) && read(s->fd, &byte, 1) < 0)
		fail();
	if (s->close) {
		loop_fd_close(s->watch);
		s->watch = NULL;
	}
}

static void a_descriptor_wakes_as_long_as_there_is_something(void **state)
{
	struct loop *loop = open_loop();
	struct seen s = { 0 };
	struct error err;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	s.fd = fds[0];
	s.watch = loop_fd_open(loop, fds[0], LOOP_READABLE, ready, &s, &err);
	assert_non_null(s.watch);
	loop_turn(loop, 10);
	assert_int_equal(s.n, 0);
	assert_int_equal(write(fds[1], "abc", 3), 3);
	loop_turn(loop, 100);
	loop_turn(loop, 100);
	assert_int_equal(s.n, 2);
	assert_int_equal(s.events, LOOP_READABLE);
	loop_fd_set(s.watch, 0);
	loop_turn(loop, 10);
	assert_int_equal(s.n, 2);
	loop_fd_set(s.watch, LOOP_READABLE);
	s.close = true;
	loop_turn(loop, 100);
	assert_int_equal(s.n, 3);
	assert_null(s.watch);
	/* The same descriptor may be watched again at once. */
	s.close = false;
	s.watch = loop_fd_open(loop, fds[0], LOOP_READABLE, ready, &s, &err);
	assert_non_null(s.watch);
	loop_fd_close(s.watch);
	close(fds[0]);
	close(fds[1]);
	loop_close(loop);
}

static void what_cannot_be_watched_is_an_error(void **state)
{
	struct loop *loop = open_loop();
	struct error err;

	(void)state;
	assert_null(loop_fd_open(loop, 999, LOOP_READABLE, ready, NULL, &err));
	assert_int_equal(err.kind, ERROR_FATAL);
	loop_close(loop);
}

static void caught(void *arg, int signal_number)
{
	*(int *)arg = signal_number;
}

static void signals_arrive_as_callbacks(void **state)
{
	struct loop *loop = open_loop();
	int number = 0, other = 0;

	(void)state;
	loop_on_signal(loop, SIGHUP, caught, &number);
	loop_on_signal(loop, SIGTERM, caught, &other);
	raise(SIGHUP);
	loop_turn(loop, 1000);
	assert_int_equal(number, SIGHUP);
	raise(SIGPIPE); /* ignored */
	raise(SIGTERM);
	loop_turn(loop, 1000);
	assert_int_equal(other, SIGTERM);
	loop_close(loop);
}

static void count(void *arg)
{
	++*(int *)arg;
}

/* Without a limit, and with nothing else to wake it: the turn must end with the
 * timer, or it never would. */
static void a_timer_that_is_due_already_ends_the_turn(void **state)
{
	struct loop *loop = open_loop();
	int n = 0;
	struct loop_timer *timer = loop_timer_open(loop, count, &n);

	(void)state;
	loop_timer_start(timer, 1);
	usleep(5000);
	alarm(20);
	loop_turn(loop, -1);
	alarm(0);
	assert_int_equal(n, 1);
	loop_timer_close(timer);
	loop_close(loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_timer_fires_once_unless_started_again),
		cmocka_unit_test(a_stopped_or_closed_timer_does_not_fire),
		cmocka_unit_test(a_timer_may_close_itself),
		cmocka_unit_test(
			a_deadline_counts_from_now_not_from_the_last_turn),
		cmocka_unit_test(a_turn_waits_no_longer_than_said),
		cmocka_unit_test(a_stop_before_the_run_ends_it_at_once),
		cmocka_unit_test(
			a_descriptor_wakes_as_long_as_there_is_something),
		cmocka_unit_test(what_cannot_be_watched_is_an_error),
		cmocka_unit_test(signals_arrive_as_callbacks),
		cmocka_unit_test(a_timer_that_is_due_already_ends_the_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
