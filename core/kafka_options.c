/* kafka_options.c - settings kafka.*, librdkafka configurations, errors, and
 * the descriptor by which librdkafka wakes the loop
 *
 * Owns nothing that outlives a call but the wake descriptors. Loop thread;
 * only log_line runs on librdkafka's threads. */
#include "core/kafka.h"
#include "core/kafka_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/log.h"
#include "core/secret.h"

static const struct setting rows[] = {
	{ .path = "kafka.brokers",
	  .type = SETTING_STRING,
	  .fallback = "localhost:9092",
	  .sentence = "Brokers to start from, \"host:port,host:port\"; the "
		      "others are learned from them." },
	{ .path = "kafka.properties",
	  .type = SETTING_STRINGS,
	  .fallback = "",
	  .sentence = "Properties of librdkafka as \"name=value\", such as "
		      "\"security.protocol=SASL_SSL\"; they win over ours, but "
		      "those that Tocsin's promises rest on, such as acks or "
		      "group.id, are refused. A value that is \"${NAME}\" is "
		      "taken from the "
		      "environment." },
	{ .path = "kafka.sasl_password",
	  .type = SETTING_STRING | LIVE_IN_ALERT,
	  .fallback = "",
	  .sentence = "The property sasl.password; \"${NAME}\" takes it from "
		      "the environment." },
	{ .path = "kafka.sasl_password_file",
	  .type = SETTING_STRING | LIVE_IN_ALERT,
	  .fallback = "",
	  .sentence = "A file whose first line is that password." },
	{ .path = "kafka.ssl_key_password",
	  .type = SETTING_STRING | LIVE_IN_ALERT,
	  .fallback = "",
	  .sentence = "The property ssl.key.password: of our own key, where "
		      "brokers ask for a certificate; \"${NAME}\" takes it "
		      "from the environment." },
	{ .path = "kafka.ssl_key_password_file",
	  .type = SETTING_STRING | LIVE_IN_ALERT,
	  .fallback = "",
	  .sentence = "A file whose first line is that password." },
	{ .path = "kafka.partitions",
	  .type = SETTING_INT | COMMANDS_ONLY,
	  .fallback = "12",
	  .min = 1,
	  .max = 10000,
	  .sentence = "Partitions of the topics that setup creates." },
	{ .path = "kafka.replication",
	  .type = SETTING_INT | COMMANDS_ONLY,
	  .fallback = "0",
	  .min = 0,
	  .max = 100,
	  .sentence = "Copies of each partition of the topics that setup "
		      "creates; 0 leaves it to the brokers "
		      "(default.replication.factor)." },
};

/* Secrets that have settings of their own, so that they may lie in a file. */
static const struct {
	const char *property, *setting, *file;
} secret_rows[] = {
	{ "sasl.password", "kafka.sasl_password", "kafka.sasl_password_file" },
	{ "ssl.key.password", "kafka.ssl_key_password",
	  "kafka.ssl_key_password_file" },
};

const struct settings kafka_settings = { rows, ARRAY_LENGTH(rows) };

struct kafka_options kafka_options_of(const struct config *c,
				      const char *client_id)
{
	return (struct kafka_options){
		.brokers = config_string(c, "kafka.brokers"),
		.properties = config_strings(c, "kafka.properties"),
		.secrets = c,
		.client_id = client_id,
	};
}

/* ---- configurations ---- */

/* librdkafka's own lines repeat what the callbacks report; they are for whoever
 * sets its property `debug`. */
static void log_line(const rd_kafka_t *rk, int level, const char *facility,
		     const char *text)
{
	(void)rk;
	(void)level;
	log_debug("librdkafka", KV_TEXT("facility", facility),
		  KV_TEXT("text", text));
}

/* What librdkafka says may quote the value: not shown if it is a secret. */
static bool set_property(rd_kafka_conf_t *conf, const char *name,
			 const char *value, bool is_secret, struct error *err)
{
	char reason[512];
	rd_kafka_conf_res_t result =
		rd_kafka_conf_set(conf, name, value, reason, sizeof(reason));

	if (result == RD_KAFKA_CONF_OK)
		return true;
	if (is_secret && result == RD_KAFKA_CONF_INVALID)
		return error_set(err, ERROR_CONFIG,
				 "could not set kafka property \"%s\": the "
				 "value is not one that it takes",
				 name);
	return error_set(err, ERROR_CONFIG,
			 "could not set kafka property \"%s\": %s", name,
			 reason);
}

static bool names_a_secret(const char *name)
{
	static const char *const part[] = { "password", "secret", "pem", "jaas",
					    "token" };

	for (size_t i = 0; i < ARRAY_LENGTH(part); i++) {
		if (strstr(name, part[i]))
			return true;
	}
	return false;
}

static bool set_user_property(rd_kafka_conf_t *conf, const char *property,
			      size_t place, struct error *err)
{
	const char *equals = strchr(property, '=');
	AUTO(free_text) char *name = NULL;
	AUTO(secret_release) char *value = NULL;
	AUTO(buf_release) struct buf setting = { 0 };
	bool from_env;

	/* Not quoted: it may be a password that lost its name. */
	if (!equals || equals == property)
		return error_set(err, ERROR_CONFIG,
				 "could not read kafka.properties: number %zu "
				 "is not \"name=value\"",
				 place + 1);
	name = str_dup(str_slice(property, (size_t)(equals - property)));
	buf_add_format(&setting, "kafka.properties: %s", name);
	if (!secret_expand(equals + 1, buf_text(&setting), &value, err))
		return false;
	from_env = strcmp(value, equals + 1) != 0;
	return set_property(conf, name, value, from_env || names_a_secret(name),
			    err);
}

static bool set_secrets(rd_kafka_conf_t *conf, const struct config *c,
			struct error *err)
{
	for (size_t i = 0; c && i < ARRAY_LENGTH(secret_rows); i++) {
		AUTO(secret_release) char *secret = NULL;

		if (!secret_read(c, secret_rows[i].setting, secret_rows[i].file,
				 &secret, err))
			return false;
		if (secret[0] != '\0' &&
		    !set_property(conf, secret_rows[i].property, secret, true,
				  err))
			return false;
	}
	return true;
}

/* Skips what this version lacks (lz4 left out, a newer name). */
static void set_our_property(rd_kafka_conf_t *conf, const char *name,
			     const char *value)
{
	char reason[512];

	rd_kafka_conf_set(conf, name, value, reason, sizeof(reason));
}

rd_kafka_conf_t *kafka_conf(const struct kafka_options *o,
			    const struct kafka_property ours[], size_t n,
			    struct error *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	size_t users = o->properties ? o->properties->n : 0;

	ENSURE(o->brokers && o->client_id);
	rd_kafka_conf_set_log_cb(conf, log_line);
	set_our_property(conf, "bootstrap.servers", o->brokers);
	set_our_property(conf, "client.id", o->client_id);
	set_our_property(conf, "socket.keepalive.enable", "true");
	/* A broker that is back is found at once; a connection that its host
	 * does not answer is given up before TCP asks only each 8 s. */
	set_our_property(conf, "reconnect.backoff.max.ms", "1000");
	set_our_property(conf, "socket.connection.setup.timeout.ms", "10000");
	for (size_t i = 0; i < n; i++)
		set_our_property(conf, ours[i].name, ours[i].value);
	for (size_t i = 0; i < users; i++) {
		if (!set_user_property(conf, o->properties->item[i], i, err))
			goto failed;
	}
	if (set_secrets(conf, o->secrets, err))
		return conf;
failed:
	rd_kafka_conf_destroy(conf);
	return NULL;
}

bool kafka_options_check(const struct kafka_options *o, struct error *err)
{
	rd_kafka_conf_t *conf = kafka_conf(o, NULL, 0, err);

	if (conf)
		rd_kafka_conf_destroy(conf);
	return conf != NULL;
}

static const char *value_in(const struct strings *properties, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; properties && i < properties->n; i++) {
		const char *p = properties->item[i];

		if (strncmp(p, name, n) == 0 && p[n] == '=')
			return p;
	}
	return NULL;
}

static void check_brokers(const struct config *c, struct problems *problems)
{
	const char *brokers = config_string(c, "kafka.brokers");

	if (brokers[strspn(brokers, ", \t")] == '\0')
		problems_at(problems, PROBLEM_ERROR,
			    config_node(c, "kafka.brokers"),
			    "\"kafka.brokers\" names no broker: write "
			    "\"host:port,host:port\"");
}

static void check_secrets(const struct config *c, struct problems *problems)
{
	const struct strings *properties =
		config_strings(c, "kafka.properties");

	for (size_t i = 0; i < ARRAY_LENGTH(secret_rows); i++) {
		const struct conf *text =
			config_node(c, secret_rows[i].setting);
		const struct conf *file = config_node(c, secret_rows[i].file);

		if (text && file)
			problems_at(problems, PROBLEM_ERROR, file,
				    "\"%s\" and \"%s\" are both set: keep "
				    "one",
				    secret_rows[i].setting,
				    secret_rows[i].file);
		else if ((text || file) &&
			 value_in(properties, secret_rows[i].property))
			problems_at(problems, PROBLEM_ERROR, text ? text : file,
				    "\"%s\" and %s in \"kafka.properties\" "
				    "are both set: keep one",
				    text ? secret_rows[i].setting
					 : secret_rows[i].file,
				    secret_rows[i].property);
	}
}

void kafka_settings_check(const struct config *c, struct problems *problems)
{
	check_brokers(c, problems);
	kafka_reserved_check(c, problems);
	check_secrets(c, problems);
}

void kafka_secrets_check(const struct config *c, struct problems *problems)
{
	for (size_t i = 0; i < ARRAY_LENGTH(secret_rows); i++)
		secret_check(c, secret_rows[i].setting, secret_rows[i].file,
			     problems);
}

/* It answers with a nonce too many, which brokers let pass until Kafka 4.
 * https://github.com/confluentinc/librdkafka/pull/4895 */
void kafka_lint(const struct config *c, struct problems *problems)
{
	const struct strings *properties =
		config_strings(c, "kafka.properties");
	const struct conf *node = config_node(c, "kafka.properties");
	const char *mechanism = value_in(properties, "sasl.mechanism");

	if (!mechanism)
		mechanism = value_in(properties, "sasl.mechanisms");
	if (node && mechanism && strstr(mechanism, "SCRAM") &&
	    rd_kafka_version() < 0x02060100)
		problems_at(problems, PROBLEM_WARNING, node,
			    "Kafka 4 refuses SCRAM from librdkafka before "
			    "2.6.1, and this is %s: use PLAIN over TLS or "
			    "certificates, or a newer library",
			    rd_kafka_version_str());
}

rd_kafka_t *kafka_handle(rd_kafka_type_t type, rd_kafka_conf_t *conf,
			 struct error *err)
{
	char reason[512];
	rd_kafka_t *rk = rd_kafka_new(type, conf, reason, sizeof(reason));

	if (rk)
		return rk;
	rd_kafka_conf_destroy(conf);
	error_set(err, ERROR_CONFIG, "could not open a kafka client: %s",
		  reason);
	return NULL;
}

/* What says most of why brokers are out of reach. */
static void note_trouble(rd_kafka_t *rk, int code, const char *reason,
			 void *arg)
{
	struct kafka_trouble *t = arg;
	bool says_more = code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
			 code == RD_KAFKA_RESP_ERR__SSL;

	(void)rk;
	if (t && code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN &&
	    (says_more || !t->reason[0]))
		snprintf(t->reason, sizeof(t->reason), "%s", reason);
}

rd_kafka_t *kafka_open_client(const struct kafka_options *o,
			      const struct kafka_property ours[], size_t n,
			      struct kafka_trouble *trouble, struct error *err)
{
	rd_kafka_conf_t *conf = kafka_conf(o, ours, n, err);

	if (!conf)
		return NULL;
	rd_kafka_conf_set_error_cb(conf, note_trouble);
	rd_kafka_conf_set_opaque(conf, trouble);
	return kafka_handle(RD_KAFKA_CONSUMER, conf, err);
}

/* ---- errors ---- */

enum error_kind kafka_error_kind(rd_kafka_resp_err_t code)
{
	switch (code) {
	case RD_KAFKA_RESP_ERR_NO_ERROR: return ERROR_NONE;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_INVALID_MSG:
	case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
	case RD_KAFKA_RESP_ERR_INVALID_RECORD: return ERROR_REJECT;
	case RD_KAFKA_RESP_ERR__INVALID_ARG:
	case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
	case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
	case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION: return ERROR_CONFIG;
	case RD_KAFKA_RESP_ERR__FATAL: return ERROR_FATAL;
	default: return ERROR_RETRY;
	}
}

bool kafka_trouble_report(struct kafka_trouble *t, rd_kafka_t *rk, int code,
			  const char *reason, struct error *err)
{
	char fatal[256];

	switch (code) {
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__TIMED_OUT:
		snprintf(t->reason, sizeof(t->reason), "%s", reason);
		return false;
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
		error_set(err, ERROR_RETRY, "could not reach kafka: %s%s%s",
			  reason, t->reason[0] ? ", last: " : "", t->reason);
		return true;
	case RD_KAFKA_RESP_ERR__FATAL:
		rd_kafka_fatal_error(rk, fatal, sizeof(fatal));
		error_set(err, ERROR_FATAL, "could not go on with kafka: %s",
			  fatal);
		return true;
	default:
		error_set(err, ERROR_RETRY, "could not work with kafka: %s",
			  reason);
		return true;
	}
}

/* ---- waking the loop ---- */

static void wake_ready(void *arg, unsigned events)
{
	struct kafka_wake *w = arg;
	uint64_t count;

	(void)events;
	/* Cleared first: what comes while the queue is served wakes again. */
	if (read(w->fd, &count, sizeof(count)) < 0)
		ENSURE(errno == EAGAIN || errno == EINTR);
	w->ready(w->arg);
}

bool kafka_wake_open(struct kafka_wake *w, struct loop *loop,
		     rd_kafka_queue_t *queue, void (*ready)(void *arg),
		     void *arg, struct error *err)
{
	static const uint64_t one = 1;

	*w = (struct kafka_wake){
		.queue = queue,
		.ready = ready,
		.arg = arg,
		.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC),
	};
	if (w->fd < 0)
		return error_set(err, ERROR_FATAL,
				 "could not open an event descriptor: %s",
				 strerror(errno));
	w->watch = loop_fd_open(loop, w->fd, LOOP_READABLE, wake_ready, w, err);
	if (!w->watch)
		return false;
	rd_kafka_queue_io_event_enable(queue, w->fd, &one, sizeof(one));
	kafka_wake_again(w); /* something may be in it already */
	return true;
}

void kafka_wake_again(struct kafka_wake *w)
{
	static const uint64_t one = 1;

	/* Full (EAGAIN) means that it is awake already. */
	if (write(w->fd, &one, sizeof(one)) < 0)
		ENSURE(errno == EAGAIN || errno == EINTR);
}

void kafka_wake_close(struct kafka_wake *w)
{
	if (w->queue) {
		rd_kafka_queue_io_event_enable(w->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(w->queue);
	}
	loop_fd_close(w->watch);
	if (w->fd >= 0)
		close(w->fd);
	*w = (struct kafka_wake){ .fd = -1 };
}
