/* core/status.h, asked by our own client and by bare sockets. */
#include "core/status.h"
#include "tests/unit/test_support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/http.h"

struct daemon {
	struct loop *loop;
	struct http *http;
	struct metrics *metrics;
	struct status *status;
	bool ready;
	char method[16], path[64];
	size_t body_bytes;
};

static bool is_ready(void *arg, struct buf *why)
{
	struct daemon *d = arg;

	if (!d->ready)
		buf_add_text(why, "kafka is away");
	return d->ready;
}

static void describe(void *arg, struct buf *json)
{
	(void)arg;
	buf_add_text(json, "{\"lag\":0}");
}

static int serve(void *arg, const struct status_request *r, struct buf *body,
		 const char **type)
{
	struct daemon *d = arg;

	snprintf(d->method, sizeof(d->method), "%s", r->method);
	snprintf(d->path, sizeof(d->path), "%s", r->path);
	d->body_bytes = r->body.n;
	if (strcmp(r->path, "/silences") != 0)
		return 404;
	*type = "application/json";
	buf_add_text(body, "[]");
	return 201;
}

static void open_at(struct daemon *d, const char *address)
{
	struct status_source source = {
		.ready = is_ready,
		.describe = describe,
		.serve = serve,
		.arg = d,
	};
	struct error err;

	*d = (struct daemon){ .metrics = metrics_open() };
	source.metrics = d->metrics;
	metric_add(metrics_counter(d->metrics, "tocsin_test_total", "Tests.",
				   NULL),
		   3);
	d->loop = loop_open(&err);
	d->http = http_open(d->loop, &err);
	assert_non_null(d->http);
	d->status = status_open(d->loop, address, &source, &err);
	if (!d->status)
		fail_msg("%s: %s", address, err.text);
}

static void close_all(struct daemon *d)
{
	http_close(d->http);
	status_close(d->status);
	loop_close(d->loop);
	metrics_close(d->metrics);
}

static int ask_at(struct daemon *d, const char *host, const char *method,
		  const char *path, struct str sent, struct buf *body)
{
	char url[128];
	int status = 0;
	struct error err = { 0 };
	struct http_request r = { .method = method,
				  .url = url,
				  .body = sent,
				  .timeout_ms = 5000,
				  .answer_limit = 10000 };

	buf_clear(body);
	snprintf(url, sizeof(url), "http://%s:%d%s", host,
		 status_port(d->status), path);
	if (!http_do(d->loop, d->http, &r, &status, body, &err))
		print_message("%s\n", err.text);
	return status;
}

static int ask(struct daemon *d, const char *path, struct buf *body)
{
	return ask_at(d, "127.0.0.1", "GET", path, STR_NONE, body);
}

static void the_four_pages_are_served(void **state)
{
	struct daemon d;
	struct buf body = { 0 };

	(void)state;
	open_at(&d, "127.0.0.1:0");
	assert_int_equal(ask(&d, "/health", &body), 200);
	assert_str(buf_str(&body), "ok\n");
	assert_int_equal(ask(&d, "/ready", &body), 503);
	assert_non_null(strstr(buf_text(&body), "kafka is away"));
	d.ready = true;
	assert_int_equal(ask(&d, "/ready", &body), 200);
	assert_int_equal(ask(&d, "/status", &body), 200);
	assert_str(buf_str(&body), "{\"lag\":0}");
	assert_int_equal(ask(&d, "/metrics", &body), 200);
	assert_non_null(strstr(buf_text(&body), "tocsin_test_total 3"));
	assert_int_equal(
		ask_at(&d, "127.0.0.1", "HEAD", "/health", STR_NONE, &body),
		200);
	assert_int_equal(body.n, 0);
	buf_release(&body);
	close_all(&d);
}

static void other_paths_and_methods_are_the_daemons(void **state)
{
	struct daemon d;
	struct buf body = { 0 };

	(void)state;
	open_at(&d, "127.0.0.1:0");
	assert_int_equal(ask_at(&d, "127.0.0.1", "POST", "/silences",
				STR("{\"a\":1}"), &body),
			 201);
	assert_string_equal(d.method, "POST");
	assert_int_equal(d.body_bytes, 7);
	assert_str(buf_str(&body), "[]");
	assert_int_equal(ask(&d, "/nothing?x=1", &body), 404);
	assert_string_equal(d.path, "/nothing");
	assert_int_equal(
		ask_at(&d, "127.0.0.1", "DELETE", "/health", STR_NONE, &body),
		404);
	buf_release(&body);
	close_all(&d);
}

static void bodies_are_bounded(void **state)
{
	struct daemon d;
	struct buf body = { 0 };
	size_t limit = 1 << 20;
	char *big = xcalloc(1, limit + 1);

	(void)state;
	open_at(&d, "127.0.0.1:0");
	assert_int_equal(ask_at(&d, "127.0.0.1", "POST", "/silences",
				str_slice(big, limit), &body),
			 201);
	assert_int_equal(d.body_bytes, limit);
	assert_int_equal(ask_at(&d, "127.0.0.1", "POST", "/silences",
				str_slice(big, limit + 1), &body),
			 413);
	free(big);
	buf_release(&body);
	close_all(&d);
}

static void addresses_of_all_kinds_are_taken(void **state)
{
	static const struct {
		const char *address, *host;
	} row[] = {
		{ "127.0.0.1:0", "127.0.0.1" },
		{ "0.0.0.0:0", "127.0.0.1" },
		{ "localhost:0", "localhost" },
		{ "[::1]:0", "[::1]" },
	};
	struct buf body = { 0 };
	int v6 = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 loopback = { .sin6_family = AF_INET6,
					 .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	bool has_v6 = v6 >= 0 && bind(v6, (struct sockaddr *)&loopback,
				      sizeof(loopback)) == 0;

	(void)state;
	if (v6 >= 0)
		close(v6);
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		struct daemon d;

		if (row[i].host[0] == '[' && !has_v6)
			continue;
		open_at(&d, row[i].address);
		assert_true(status_port(d.status) > 0);
		assert_int_equal(ask_at(&d, row[i].host, "GET", "/health",
					STR_NONE, &body),
				 200);
		close_all(&d);
	}
	buf_release(&body);
}

static void unusable_addresses_are_errors(void **state)
{
	static const char *const address[] = {
		"127.0.0.1", ":9601",       "127.0.0.1:", "127.0.0.1:65536",
		"::1:9601",  "192.0.2.1:0", "[]:1",       "127.0.0.1:http",
	};
	struct status_source source = { 0 };
	struct error err;
	struct loop *loop = loop_open(&err);

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(address); i++) {
		if (status_open(loop, address[i], &source, &err))
			fail_msg("\"%s\" was taken", address[i]);
		assert_int_equal(err.kind, ERROR_CONFIG);
		assert_non_null(strstr(err.text, address[i]));
	}
	loop_close(loop);
}

static void an_address_in_use_may_become_free(void **state)
{
	struct daemon d;
	struct status_source source = { 0 };
	struct error err;
	char address[64];

	(void)state;
	open_at(&d, "127.0.0.1:0");
	snprintf(address, sizeof(address), "127.0.0.1:%d",
		 status_port(d.status));
	assert_null(status_open(d.loop, address, &source, &err));
	assert_int_equal(err.kind, ERROR_RETRY);
	close_all(&d);
}

static void without_an_address_nothing_is_served(void **state)
{
	struct daemon d;

	(void)state;
	open_at(&d, "");
	assert_int_equal(status_port(d.status), 0);
	close_all(&d);
}

static int connect_to(struct daemon *d)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	a.sin_port = htons((uint16_t)status_port(d->status));
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static bool ended(int fd)
{
	char bytes[4096];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		;
	return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

static void hostile_requests_end_and_others_are_served(void **state)
{
	static const char *const bytes[] = {
		"",
		"\r\n\r\n\r\n",
		"nonsense\r\n\r\n",
		"GET /health HTTP/9.9\r\n\r\n",
		"POST /silences HTTP/1.1\r\nHost: x\r\n"
		"Content-Length: -5\r\n\r\n",
		"POST /silences HTTP/1.1\r\nHost: x\r\n"
		"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
		"POST /silences HTTP/1.1\r\nHost: x\r\n"
		"Content-Length: 99999999999999999999999\r\n\r\n",
	};
	struct daemon d;
	struct buf body = { 0 };

	(void)state;
	open_at(&d, "127.0.0.1:0");
	for (size_t i = 0; i < ARRAY_LENGTH(bytes); i++) {
		int fd = connect_to(&d);

		send(fd, bytes[i], strlen(bytes[i]), MSG_NOSIGNAL);
		loop_turn(d.loop, 20);
		assert_int_equal(ask(&d, "/health", &body), 200);
		close(fd);
	}
	buf_release(&body);
	close_all(&d);
}

static void a_slow_sender_is_ended_after_ten_seconds(void **state)
{
	struct daemon d;
	int64_t before = clock_mono_ms(), next = 0;
	int fd;

	(void)state;
	open_at(&d, "127.0.0.1:0");
	fd = connect_to(&d);
	while (!ended(fd) && clock_mono_ms() - before < 20000) {
		if (clock_mono_ms() >= next) {
			send(fd, "G", 1, MSG_NOSIGNAL);
			next = clock_mono_ms() + 300;
		}
		loop_turn(d.loop, 50);
	}
	assert_in_range(clock_mono_ms() - before, 9000, 12500);
	close(fd);
	close_all(&d);
}

static void more_than_64_connections_wait_or_are_refused(void **state)
{
	struct daemon d;
	struct buf body = { 0 };
	int fd[80];

	(void)state;
	open_at(&d, "127.0.0.1:0");
	for (size_t i = 0; i < ARRAY_LENGTH(fd); i++) {
		fd[i] = connect_to(&d);
		loop_turn(d.loop, 1);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(fd); i++)
		close(fd[i]);
	for (int i = 0; i < 50; i++)
		loop_turn(d.loop, 5);
	assert_int_equal(ask(&d, "/health", &body), 200);
	buf_release(&body);
	close_all(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_four_pages_are_served),
		cmocka_unit_test(other_paths_and_methods_are_the_daemons),
		cmocka_unit_test(bodies_are_bounded),
		cmocka_unit_test(addresses_of_all_kinds_are_taken),
		cmocka_unit_test(unusable_addresses_are_errors),
		cmocka_unit_test(an_address_in_use_may_become_free),
		cmocka_unit_test(without_an_address_nothing_is_served),
		cmocka_unit_test(hostile_requests_end_and_others_are_served),
		cmocka_unit_test(a_slow_sender_is_ended_after_ten_seconds),
		cmocka_unit_test(more_than_64_connections_wait_or_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
