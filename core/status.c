/* status.c - the status server of a daemon, over libmicrohttpd
 *
 * Owns the listening socket, libmicrohttpd's daemon without threads, whose
 * epoll descriptor the loop watches, and a list of the open connections by
 * which each is ended after its time. One connection serves one request.
 * Runs on the loop thread. */
#include "core/status.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"

enum {
	MOST_CONNECTIONS = 64,
	/* One that opens many and says nothing leaves room for others. */
	MOST_OF_ONE_ADDRESS = 32,
	CONNECTION_MS = 10000,
	CONNECTION_MEMORY = 32 << 10, /* request line and headers */
	MOST_BODY = 1 << 20,
	SWEEP_MS = 1000,
	MOST_REASON = 4096, /* why not ready */
	MOST_ARGUMENTS = 200,
};

struct connection {
	struct MHD_Connection *mhd;
	struct connection *next, *previous;
	int64_t deadline_ms;
	struct buf body;
	bool begun;    /* the head of the request was seen */
	bool too_long; /* its body is */
};

struct status {
	struct status_source source;
	struct loop *loop;
	int socket;
	int port;
	struct MHD_Daemon *daemon;
	struct loop_fd *watch;
	struct loop_timer *timer;
	struct connection *connections;
};

/* ---- what is served ---- */

static int serve_ready(struct status *s, struct buf *body)
{
	struct buf why = { .limit = MOST_REASON };
	bool ready = !s->source.ready || s->source.ready(s->source.arg, &why);

	if (ready)
		buf_add_text(body, "ready\n");
	else
		buf_add_format(body, "not ready: %s\n", buf_text(&why));
	buf_release(&why);
	return ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
}

static int serve_own(struct status *s, const char *path, struct buf *body,
		     const char **type)
{
	*type = "text/plain; charset=utf-8";
	if (strcmp(path, "/health") == 0) {
		buf_add_text(body, "ok\n");
		return MHD_HTTP_OK;
	}
	if (strcmp(path, "/ready") == 0)
		return serve_ready(s, body);
	if (strcmp(path, "/metrics") == 0 && s->source.metrics) {
		*type = "text/plain; version=0.0.4; charset=utf-8";
		metrics_render(s->source.metrics, body);
		return MHD_HTTP_OK;
	}
	if (strcmp(path, "/status") == 0 && s->source.describe) {
		*type = "application/json";
		s->source.describe(s->source.arg, body);
		return MHD_HTTP_OK;
	}
	return 0; /* not one of ours */
}

static bool only_reads(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static int serve_request(struct status *s, const struct status_request *r,
			 struct buf *body, const char **type)
{
	int code = 0;

	if (only_reads(r->method))
		code = serve_own(s, r->path, body, type);
	if (code)
		return code;
	*type = "application/json";
	if (s->source.serve)
		code = s->source.serve(s->source.arg, r, body, type);
	else
		code = MHD_HTTP_NOT_FOUND;
	if (code == MHD_HTTP_NOT_FOUND && body->n == 0) {
		*type = "text/plain; charset=utf-8";
		buf_add_text(body, "not found\n");
	}
	return code;
}

static enum MHD_Result answer(struct MHD_Connection *mhd, int code,
			      struct buf *body, const char *type)
{
	size_t n = body->n;
	struct MHD_Response *response = MHD_create_response_from_buffer(
		n, buf_take(body), MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result;

	ENSURE(response);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	result = MHD_queue_response(mhd, (unsigned)code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse(struct MHD_Connection *mhd, int code,
			      const char *text)
{
	struct buf body = { 0 };

	buf_add_text(&body, text);
	return answer(mhd, code, &body, "text/plain; charset=utf-8");
}

const char *status_argument(const struct status_request *r, const char *name)
{
	for (size_t i = 0; i < r->n_arguments; i++)
		if (strcmp(r->argument[i].name, name) == 0)
			return r->argument[i].value;
	return NULL;
}

bool status_is_json(const struct status_request *r)
{
	struct str type = str_of(r->content_type);
	const char *end = memchr(type.s, ';', type.n);

	if (end)
		type.n = (size_t)(end - type.s);
	return str_equal_nocase(str_trim(type), STR("application/json"));
}

struct arguments {
	struct status_argument item[MOST_ARGUMENTS];
	size_t n;
};

static enum MHD_Result take_argument(void *arg, enum MHD_ValueKind kind,
				     const char *name, const char *value)
{
	struct arguments *a = arg;

	(void)kind;
	if (a->n == MOST_ARGUMENTS)
		return MHD_NO;
	a->item[a->n++] = (struct status_argument){ name, value ? value : "" };
	return MHD_YES;
}

static enum MHD_Result serve_whole(struct status *s, struct connection *c,
				   const char *method, const char *path)
{
	struct arguments arguments = { .n = 0 };
	const char *content_type = MHD_lookup_connection_value(
		c->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
	struct status_request r = {
		.method = method,
		.path = path,
		.content_type = content_type ? content_type : "",
		.argument = arguments.item,
		.body = buf_str(&c->body),
	};
	struct buf body = { 0 };
	const char *type;
	int code;

	MHD_get_connection_values(c->mhd, MHD_GET_ARGUMENT_KIND, take_argument,
				  &arguments);
	r.n_arguments = arguments.n;
	code = serve_request(s, &r, &body, &type);
	return answer(c->mhd, code, &body, type);
}

/* libmicrohttpd calls this with the head, then with each piece of the body,
 * then once more. */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *mhd,
				  const char *url, const char *method,
				  const char *version, const char *piece,
				  size_t *piece_bytes, void **request_state)
{
	struct status *s = arg;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct connection *c = info->socket_context;

	(void)version;
	(void)request_state;
	if (!c->begun) {
		c->begun = true;
		return MHD_YES;
	}
	if (*piece_bytes > 0) {
		if (!c->too_long &&
		    !buf_add(&c->body, str_slice(piece, *piece_bytes)))
			c->too_long = true;
		*piece_bytes = 0;
		return MHD_YES;
	}
	if (c->too_long)
		return refuse(mhd, MHD_HTTP_CONTENT_TOO_LARGE,
			      "longer than 1 MiB\n");
	return serve_whole(s, c, method, url);
}

/* ---- connections and their time ---- */

static void on_connection(void *arg, struct MHD_Connection *mhd,
			  void **socket_state,
			  enum MHD_ConnectionNotificationCode code)
{
	struct status *s = arg;
	struct connection *c = *socket_state;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		c = xcalloc(1, sizeof(*c));
		c->mhd = mhd;
		c->deadline_ms = clock_mono_ms() + CONNECTION_MS;
		buf_init(&c->body, MOST_BODY);
		c->next = s->connections;
		if (c->next)
			c->next->previous = c;
		s->connections = c;
		*socket_state = c;
		return;
	}
	if (c->next)
		c->next->previous = c->previous;
	if (c->previous)
		c->previous->next = c->next;
	else
		s->connections = c->next;
	buf_release(&c->body);
	free(c);
	*socket_state = NULL;
}

/* A byte now and then keeps libmicrohttpd's own timeout away; this does not
 * care. It sees the end of the connection and closes it. */
static void end_overdue(struct status *s)
{
	int64_t now = clock_mono_ms();

	for (struct connection *c = s->connections; c; c = c->next) {
		const union MHD_ConnectionInfo *info;

		if (c->deadline_ms > now)
			continue;
		info = MHD_get_connection_info(
			c->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
		if (info)
			shutdown(info->connect_fd, SHUT_RDWR);
	}
}

static void run(struct status *s)
{
	unsigned MHD_LONG_LONG wait_ms = SWEEP_MS;
	bool idle = !s->connections;

	end_overdue(s);
	MHD_run(s->daemon);
	/* One more run after the last connection: only then does libmicrohttpd
	 * listen again, if there were too many. */
	if (idle && !s->connections) {
		loop_timer_stop(s->timer);
		return;
	}
	if (MHD_get_timeout(s->daemon, &wait_ms) != MHD_YES ||
	    wait_ms > SWEEP_MS)
		wait_ms = SWEEP_MS;
	loop_timer_start(s->timer, (int64_t)wait_ms);
}

static void socket_ready(void *arg, unsigned events)
{
	(void)events;
	run(arg);
}

static void time_over(void *arg)
{
	run(arg);
}

/* ---- opening ---- */

/* "[::1]:9601" to "::1" and "9601". */
static bool split_address(const char *address, char **host, char **port,
			  struct error *err)
{
	const char *colon = strrchr(address, ':');
	struct str name =
		str_slice(address, colon ? (size_t)(colon - address) : 0);
	int64_t number;

	if (name.n > 2 && name.s[0] == '[' && name.s[name.n - 1] == ']')
		name = str_slice(name.s + 1, name.n - 2);
	else if (memchr(address, ':', name.n))
		name.n = 0;
	if (name.n == 0 || !str_to_int64(str_of(colon + 1), 0, 65535, &number))
		return error_set(err, ERROR_CONFIG,
				 "could not read address \"%s\": wanted "
				 "\"HOST:PORT\", such as \"127.0.0.1:9601\"",
				 address);
	*host = str_dup(name);
	*port = xstrdup(colon + 1);
	return true;
}

void status_address_check(const struct config *c, const char *path,
			  struct problems *problems)
{
	const char *address = config_string(c, path);
	const struct conf *node = config_node(c, path);
	char *host AUTO(free_text) = NULL;
	char *port AUTO(free_text) = NULL;
	struct error err;

	if (node && *address && !split_address(address, &host, &port, &err))
		problems_at(problems, PROBLEM_ERROR, node, "%s: %s", path,
			    err.text);
}

static int listen_on(const struct addrinfo *a)
{
	int one = 1;
	int fd = socket(a->ai_family,
			a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
			a->ai_protocol);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 &&
	    listen(fd, MOST_CONNECTIONS) == 0)
		return fd;
	one = errno;
	close(fd);
	errno = one;
	return -1;
}

static bool open_socket(struct status *s, const char *address,
			struct error *err)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
				  .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE };
	struct addrinfo *list = NULL;
	char *host AUTO(free_text) = NULL;
	char *port AUTO(free_text) = NULL;
	int rc;

	if (!split_address(address, &host, &port, err))
		return false;
	rc = getaddrinfo(host, port, &hints, &list);
	if (rc != 0)
		return error_set(err, ERROR_CONFIG,
				 "could not listen on \"%s\": %s", address,
				 gai_strerror(rc));
	for (struct addrinfo *a = list; a && s->socket < 0; a = a->ai_next)
		s->socket = listen_on(a);
	rc = errno;
	freeaddrinfo(list);
	if (s->socket >= 0)
		return true;
	return error_set(err, rc == EADDRINUSE ? ERROR_RETRY : ERROR_CONFIG,
			 "could not listen on \"%s\": %s", address,
			 strerror(rc));
}

static int port_of(int fd)
{
	struct sockaddr_storage bound = { 0 };
	socklen_t n = sizeof(bound);
	char port[NI_MAXSERV];
	int64_t number = 0;

	ENSURE(getsockname(fd, (struct sockaddr *)&bound, &n) == 0);
	if (getnameinfo((struct sockaddr *)&bound, n, NULL, 0, port,
			sizeof(port), NI_NUMERICSERV) ||
	    !str_to_int64(str_of(port), 0, 65535, &number))
		return 0;
	return (int)number;
}

static bool start(struct status *s, const char *address, struct error *err)
{
	const union MHD_DaemonInfo *info;

	if (!open_socket(s, address, err))
		return false;
	s->port = port_of(s->socket);
	s->timer = loop_timer_open(s->loop, time_over, s);
	s->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, on_request, s,
		MHD_OPTION_LISTEN_SOCKET, s->socket,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)MOST_CONNECTIONS,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT,
		(unsigned)MOST_OF_ONE_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)CONNECTION_MS / 1000,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
		MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
	if (!s->daemon)
		return error_set(err, ERROR_FATAL,
				 "could not start the status server");
	info = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	ENSURE(info);
	s->watch = loop_fd_open(s->loop, info->epoll_fd, LOOP_READABLE,
				socket_ready, s, err);
	return s->watch != NULL;
}

struct status *status_open(struct loop *loop, const char *address,
			   const struct status_source *source,
			   struct error *err)
{
	struct status *s = xcalloc(1, sizeof(*s));

	s->source = *source;
	s->loop = loop;
	s->socket = -1;
	if (!*address || start(s, address, err))
		return s;
	status_close(s);
	return NULL;
}

int status_port(const struct status *s)
{
	return s->port;
}

void status_close(struct status *s)
{
	if (!s)
		return;
	loop_fd_close(s->watch);
	loop_timer_close(s->timer);
	if (s->daemon)
		MHD_stop_daemon(s->daemon); /* closes the socket */
	else if (s->socket >= 0)
		close(s->socket);
	free(s);
}
