/* core/http.h against a thread that accepts, reads and answers as told. */
#include "core/http.h"
#include "tests/unit/test_support.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "core/clock.h"

enum { MOST_REQUEST = 1 << 20 };

struct fake {
	int socket;
	int port;
	pthread_t thread;
	const char *reply; /* NULL: say nothing, hold the connection */
	int accepts;       /* connections to serve */
	int replies;       /* on each of them */
	_Atomic int accepted;
	struct buf got; /* the last request */
	char url[64];
};

static size_t body_bytes(const struct buf *got, size_t head)
{
	const char *at = strcasestr(got->p, "content-length:");

	if (!at || at > got->p + head)
		return 0;
	return (size_t)strtoul(at + 15, NULL, 10);
}

static bool read_request(struct fake *f, int fd)
{
	char piece[65536];
	bool first = true;

	for (;;) {
		ssize_t n = recv(fd, piece, sizeof(piece), 0);
		const char *end;

		if (n <= 0)
			return false;
		/* Only now: the test may look at the one before. */
		if (first)
			buf_clear(&f->got);
		first = false;
		buf_add(&f->got, str_slice(piece, (size_t)n));
		end = strstr(f->got.p, "\r\n\r\n");
		if (end &&
		    f->got.n >= (size_t)(end + 4 - f->got.p) +
					body_bytes(&f->got,
						   (size_t)(end - f->got.p)))
			return true;
	}
}

static void *serve(void *arg)
{
	struct fake *f = arg;

	for (int i = 0; i < f->accepts; i++) {
		int fd = accept(f->socket, NULL, NULL);
		char byte;

		if (fd < 0)
			return NULL;
		f->accepted++;
		for (int k = 0; k < f->replies && read_request(f, fd); k++) {
			if (f->reply)
				send(fd, f->reply, strlen(f->reply),
				     MSG_NOSIGNAL);
			else
				while (recv(fd, &byte, 1, 0) > 0)
					;
		}
		close(fd);
	}
	return NULL;
}

static void fake_open(struct fake *f, const char *reply)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t n = sizeof(a);

	*f = (struct fake){ .reply = reply, .accepts = 1, .replies = 1 };
	buf_init(&f->got, MOST_REQUEST);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->socket = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(f->socket, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(f->socket, 8), 0);
	getsockname(f->socket, (struct sockaddr *)&a, &n);
	f->port = ntohs(a.sin_port);
	snprintf(f->url, sizeof(f->url), "http://127.0.0.1:%d/path", f->port);
}

static void fake_start(struct fake *f)
{
	assert_int_equal(pthread_create(&f->thread, NULL, serve, f), 0);
}

static void fake_close(struct fake *f)
{
	shutdown(f->socket, SHUT_RDWR);
	pthread_join(f->thread, NULL);
	close(f->socket);
	buf_release(&f->got);
}

struct client {
	struct loop *loop;
	struct http *http;
};

static void client_open(struct client *c)
{
	struct error err;

	c->loop = loop_open(&err);
	assert_non_null(c->loop);
	c->http = http_open(c->loop, &err);
	assert_non_null(c->http);
}

static void client_close(struct client *c)
{
	http_close(c->http);
	loop_close(c->loop);
}

struct seen {
	int calls;
	int status;
	char body[256], type[64];
	int64_t retry_after_ms;
	struct error err;
};

static void on_done(void *arg, const struct http_answer *a)
{
	struct seen *s = arg;

	s->calls++;
	s->status = a->status;
	s->err = a->err;
	s->retry_after_ms = a->retry_after_ms;
	snprintf(s->body, sizeof(s->body), "%.*s", STR_ARG(a->body));
	snprintf(s->type, sizeof(s->type), "%.*s", STR_ARG(a->content_type));
}

static struct http_request get(const char *url, struct seen *s)
{
	*s = (struct seen){ 0 };
	return (struct http_request){ .method = "GET",
				      .url = url,
				      .timeout_ms = 3000,
				      .answer_limit = 100,
				      .done = on_done,
				      .arg = s };
}

static void call(struct client *c, const struct http_request *r)
{
	struct seen *s = r->arg;
	struct error err;

	s->calls = 0;
	if (!http_start(c->http, r, &err))
		fail_msg("%s", err.text);
	assert_int_equal(s->calls, 0);
	while (!s->calls)
		loop_turn(c->loop, 100);
}

#define TEN     "0123456789"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG    "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" HUNDRED "0"

/* One request, answered by `reply`. */
static void ask(struct client *c, const char *reply, bool may_be_cut,
		struct seen *s)
{
	struct fake f;
	struct http_request r;

	fake_open(&f, reply);
	fake_start(&f);
	r = get(f.url, s);
	r.answer_may_be_cut = may_be_cut;
	call(c, &r);
	fake_close(&f);
}

static void answers_are_judged(void **state)
{
	static const struct {
		const char *reply;
		int status; /* 0: no answer */
		const char *body;
		int64_t retry_after_ms;
	} row[] = {
		{ "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi",
		  -1 },
		{ "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 404, "", -1 },
		{ "HTTP/1.1 204 No Content\r\n\r\n", 204, "", -1 },
		{ "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
		  "Content-Length: 0\r\n\r\n",
		  302, "", -1 },
		{ "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\n"
		  "Content-Length: 0\r\n\r\n",
		  429, "", 7000 },
		{ "HTTP/1.1 429 Slow\r\nRetry-After: 0\r\n"
		  "Content-Length: 0\r\n\r\n",
		  429, "", -1 },
		{ "HTTP/1.1 503 Slow\r\nRetry-After: 99999999999\r\n"
		  "Content-Length: 0\r\n\r\n",
		  503, "", 86400000 },
		{ "HTTP/1.1 503 Slow\r\nRetry-After: soon\r\n"
		  "Content-Length: 0\r\n\r\n",
		  503, "", -1 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "2\r\nhi\r\n0\r\n\r\n",
		  200, "hi", -1 },
		/* torn: in the body, in a chunk, in the head, before it */
		{ "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", 0, "", -1 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		  "9\r\nhi",
		  0, "", -1 },
		{ "HTTP/1.1 200 OK\r\nContent-Len", 0, "", -1 },
		{ "", 0, "", -1 },
		{ "nonsense\r\n\r\n", 0, "", -1 },
		/* longer than the limit of 100 */
		{ LONG, 0, "", -1 },
	};
	struct client c;
	struct seen cut;

	(void)state;
	client_open(&c);
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		struct seen s;

		ask(&c, row[i].reply, false, &s);
		if (s.status != row[i].status ||
		    strcmp(s.body, row[i].body) != 0 ||
		    s.retry_after_ms != row[i].retry_after_ms)
			fail_msg("row %zu: %d \"%s\" %d %s", i, s.status,
				 s.body, (int)s.retry_after_ms, s.err.text);
		assert_true(s.status ||
			    (s.err.kind == ERROR_RETRY && s.err.text[0]));
		assert_int_equal(s.calls, 1);
	}
	ask(&c, LONG, true, &cut);
	assert_int_equal(cut.status, 200);
	assert_string_equal(cut.body, HUNDRED);
	client_close(&c);
}

static void a_date_in_retry_after_is_a_wait(void **state)
{
	struct client c;
	struct seen s;
	time_t then = time(NULL) + 60;
	struct tm tm;
	char date[64], reply[256];

	(void)state;
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT",
		 gmtime_r(&then, &tm));
	snprintf(reply, sizeof(reply),
		 "HTTP/1.1 503 Slow\r\nRetry-After: %s\r\n"
		 "Content-Length: 0\r\n\r\n",
		 date);
	client_open(&c);
	ask(&c, reply, false, &s);
	assert_in_range(s.retry_after_ms, 50000, 60000);
	client_close(&c);
}

static void silence_ends_with_the_timeout(void **state)
{
	struct client c;
	struct fake f;
	struct seen s;
	struct http_request r;
	int64_t before = clock_mono_ms();

	(void)state;
	client_open(&c);
	fake_open(&f, NULL);
	fake_start(&f);
	r = get(f.url, &s);
	r.timeout_ms = 200;
	call(&c, &r);
	assert_int_equal(s.status, 0);
	assert_int_equal(s.err.kind, ERROR_RETRY);
	assert_in_range(clock_mono_ms() - before, 190, 2000);
	fake_close(&f);
	client_close(&c);
}

static void a_cancelled_call_is_never_done(void **state)
{
	struct client c;
	struct fake f;
	struct seen s;
	struct http_request r;
	struct http_call *under_way;
	struct error err;

	(void)state;
	client_open(&c);
	fake_open(&f, NULL);
	fake_start(&f);
	r = get(f.url, &s);
	under_way = http_start(c.http, &r, &err);
	assert_non_null(under_way);
	while (!f.accepted)
		loop_turn(c.loop, 10);
	http_cancel(under_way);
	loop_turn(c.loop, 50);
	/* Closing cancels the rest. */
	assert_non_null(http_start(c.http, &r, &err));
	loop_turn(c.loop, 20);
	client_close(&c);
	assert_int_equal(s.calls, 0);
	fake_close(&f);
}

static void requests_say_what_was_asked_and_no_more(void **state)
{
	static const char *const headers[] = { "Content-Type: text/x", "X-A: b",
					       NULL };
	struct client c;
	struct fake f;
	struct seen s;
	struct http_request r;

	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	client_open(&c);
	fake_open(&f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	f.replies = 10;
	fake_start(&f);
	r = get(f.url, &s);
	r.method = "PUT";
	r.headers = headers;
	r.body = STR("some body");
	call(&c, &r);
	assert_int_equal(s.status, 200);
	assert_str(str_slice(f.got.p, 20), "PUT /path HTTP/1.1\r\n");
	assert_non_null(strstr(f.got.p, "\r\nContent-Type: text/x\r\n"));
	assert_non_null(strstr(f.got.p, "\r\nX-A: b\r\n"));
	assert_non_null(strstr(f.got.p, "\r\nContent-Length: 9\r\n"));
	assert_non_null(strstr(f.got.p, "\r\n\r\nsome body"));
	assert_null(strcasestr(f.got.p, "expect:"));
	r.headers = NULL;
	r.method = "POST";
	r.body = STR_NONE;
	call(&c, &r);
	assert_non_null(strstr(f.got.p, "POST /path"));
	assert_non_null(strstr(f.got.p, "\r\nContent-Length: 0\r\n"));
	assert_null(strcasestr(f.got.p, "content-type:"));
	r.method = "DELETE";
	call(&c, &r);
	assert_non_null(strstr(f.got.p, "DELETE /path"));
	r.method = "HEAD";
	call(&c, &r);
	assert_non_null(strstr(f.got.p, "HEAD /path"));
	/* All over one connection. */
	assert_int_equal(f.accepted, 1);
	unsetenv("http_proxy");
	client_close(&c);
	fake_close(&f);
}

static void a_body_is_sent_gzipped(void **state)
{
	static char big[300000], back[300001];
	z_stream z = { 0 };
	struct client c;
	struct fake f;
	struct seen s;
	struct http_request r;
	char *body;

	(void)state;
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)('a' + i * i % 26);
	client_open(&c);
	fake_open(&f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	fake_start(&f);
	r = get(f.url, &s);
	r.method = "POST";
	r.body = str_slice(big, sizeof(big));
	r.gzip_level = 1;
	call(&c, &r);
	assert_int_equal(s.status, 200);
	assert_non_null(strstr(f.got.p, "\r\nContent-Encoding: gzip\r\n"));
	body = strstr(f.got.p, "\r\n\r\n") + 4;
	assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
	z.next_in = (Bytef *)body;
	z.avail_in = (uInt)(f.got.n - (size_t)(body - f.got.p));
	z.next_out = (Bytef *)back;
	z.avail_out = sizeof(back);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.total_out, sizeof(big));
	assert_memory_equal(back, big, sizeof(big));
	inflateEnd(&z);
	client_close(&c);
	fake_close(&f);
}

static void unusable_urls_are_refused(void **state)
{
	static const char *const url[] = { "",
					   "nonsense:",
					   "ftp://x/",
					   "file:///etc/passwd",
					   "http://a b/",
					   "http://x:99999/" };
	struct client c;
	struct seen s;

	(void)state;
	client_open(&c);
	for (size_t i = 0; i < ARRAY_LENGTH(url); i++) {
		struct http_request r = get(url[i], &s);
		struct error err = { 0 };

		if (http_start(c.http, &r, &err))
			fail_msg("\"%s\" was taken", url[i]);
		assert_int_equal(err.kind, ERROR_CONFIG);
	}
	client_close(&c);
}

static void nobody_there_is_an_answer_of_status_0(void **state)
{
	struct client c;
	struct seen s;
	struct http_request r = get("http://127.0.0.1:1/", &s);
	int status = 5;
	struct buf body = { 0 };
	struct error err;

	(void)state;
	client_open(&c);
	call(&c, &r);
	assert_int_equal(s.status, 0);
	assert_int_equal(s.err.kind, ERROR_RETRY);
	assert_false(http_do(c.loop, c.http, &r, &status, &body, &err));
	assert_int_equal(err.kind, ERROR_RETRY);
	assert_int_equal(status, 5);
	client_close(&c);
}

static void names_are_resolved_and_calls_run_side_by_side(void **state)
{
	enum { N = 20 };
	struct client c;
	struct fake f;
	struct seen s[N];
	char url[64];
	struct error err;
	int done = 0;

	(void)state;
	client_open(&c);
	fake_open(&f, "HTTP/1.1 200 OK\r\nConnection: close\r\n"
		      "Content-Length: 2\r\n\r\nhi");
	f.accepts = N;
	fake_start(&f);
	snprintf(url, sizeof(url), "http://localhost:%d/", f.port);
	for (int i = 0; i < N; i++) {
		struct http_request r = get(url, &s[i]);

		assert_non_null(http_start(c.http, &r, &err));
	}
	while (done < N) {
		loop_turn(c.loop, 100);
		done = 0;
		for (int i = 0; i < N; i++)
			done += s[i].calls;
	}
	for (int i = 0; i < N; i++)
		assert_int_equal(s[i].status, 200);
	client_close(&c);
	fake_close(&f);
}

/* What the server saw of a request under these options. */
static void see_request(const struct http_options *o, struct fake *f)
{
	static const char *const headers[] = { "Content-Type: text/x", NULL };
	struct client c;
	struct seen s;
	struct http_request r;
	struct error err;

	client_open(&c);
	if (!http_configure(c.http, o, &err))
		fail_msg("%s", err.text);
	fake_open(f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	fake_start(f);
	r = get(f->url, &s);
	r.headers = headers;
	call(&c, &r);
	assert_int_equal(s.status, 200);
	client_close(&c);
}

static void requests_say_who_we_are(void **state)
{
	static const struct {
		struct http_options o;
		const char *line;
	} row[] = {
		{ { .user = "bob", .password = "x:y" },
		  "\r\nAuthorization: Basic Ym9iOng6eQ==\r\n" },
		{ { .authorization = "ApiKey a2V5" },
		  "\r\nAuthorization: ApiKey a2V5\r\n" },
		{ { .aws_region = "eu-west-1",
		    .aws_service = "es",
		    .aws_access_key = "AK",
		    .aws_secret_key = "SK",
		    .aws_session_token = "ST" },
		  "/eu-west-1/es/aws4_request, SignedHeaders=content-type;host;"
		  "x-amz-content-sha256;x-amz-date;x-amz-security-token, "
		  "Signature=" },
		{ { .user = "" }, "\r\nAccept: */*\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		bool named = i + 1 < ARRAY_LENGTH(row);
		struct fake f;

		see_request(&row[i].o, &f);
		if (!strstr(f.got.p, row[i].line))
			fail_msg("row %zu: %s", i, f.got.p);
		assert_int_equal(strstr(f.got.p, "Authorization") != NULL,
				 named);
		fake_close(&f);
	}
}

static void unusable_options_are_refused_without_their_texts(void **state)
{
	static const struct http_options row[] = {
		{ .ca_file = "/nowhere/ca.pem" },
		{ .client_cert_file = "/dev/null" },
		{ .client_key_file = "/dev/null" },
		{ .user = "bob:x", .password = "hunter2" },
		{ .user = "bob", .password = "hunter2\nX: y" },
		{ .authorization = "ApiKey hunter2\r\nX: y" },
		{ .aws_region = "eu-west-1", .aws_service = "es" },
		{ .aws_access_key = "hunter2", .aws_secret_key = "hunter2" },
	};
	struct client c;

	(void)state;
	client_open(&c);
	for (size_t i = 0; i < ARRAY_LENGTH(row); i++) {
		struct error err = { 0 };

		if (http_configure(c.http, &row[i], &err))
			fail_msg("row %zu was taken", i);
		assert_int_equal(err.kind, ERROR_CONFIG);
		assert_null(strstr(err.text, "hunter2"));
	}
	client_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_judged),
		cmocka_unit_test(a_date_in_retry_after_is_a_wait),
		cmocka_unit_test(silence_ends_with_the_timeout),
		cmocka_unit_test(a_cancelled_call_is_never_done),
		cmocka_unit_test(requests_say_what_was_asked_and_no_more),
		cmocka_unit_test(a_body_is_sent_gzipped),
		cmocka_unit_test(unusable_urls_are_refused),
		cmocka_unit_test(requests_say_who_we_are),
		cmocka_unit_test(
			unusable_options_are_refused_without_their_texts),
		cmocka_unit_test(nobody_there_is_an_answer_of_status_0),
		cmocka_unit_test(names_are_resolved_and_calls_run_side_by_side),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
