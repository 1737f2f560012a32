/* receiver.c - configured receivers and what their types share
 *
 * Owns the receivers read from the configuration. Loop thread. */
#include "alert/notify/receiver.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "alert/notify/bucket.h"
#include "core/secret.h"

const struct receiver_type *const receiver_types[] = {
	&receiver_slack,    &receiver_pagerduty, &receiver_alertmanager,
	&receiver_webhook,  &receiver_teams,     &receiver_discord,
	&receiver_opsgenie, &receiver_heartbeat, NULL,
};

#define TYPES                                                                  \
	"slack, pagerduty, alertmanager, webhook, teams, discord, opsgenie "   \
	"or heartbeat"

static const struct setting rows[] = {
	{ "name", SETTING_STRING, NULL, 0, 0, NULL, NULL,
	  "The name that routes and rules use." },
	{ "type", SETTING_STRING, NULL, 0, 0, NULL, NULL,
	  "The service: slack, pagerduty, alertmanager, webhook, teams, "
	  "discord, opsgenie or heartbeat." },
	{ "url", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "Where to post; \"${NAME}\" takes it from the environment. PagerDuty "
	  "and Opsgenie have theirs by default." },
	{ "url_file", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "A file whose first line is the url." },
	{ "ca_file", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "A PEM file with the certificate authorities to trust for this "
	  "receiver; empty: those of the system. Certificates are verified in "
	  "any case." },
	{ "timeout", SETTING_DURATION, "10s", 100, 300000, NULL, NULL,
	  "How long one request may take." },
	{ "send_resolved", SETTING_BOOL, "true", 0, 0, NULL, NULL,
	  "Announce the end of an alert too." },
	{ "max_alerts", SETTING_INT, "0", 0, 100000, NULL, NULL,
	  "The most alerts told in one message; further ones are counted for "
	  "a chat service, and go in further messages to a webhook or an "
	  "Alertmanager. 0 = as many as the service takes; a webhook: 500, an "
	  "Alertmanager: 256, and no more than 512 KiB. Not for pagers, which "
	  "get one message an alert." },
	{ "rate", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "How many messages it is sent: \"1/s\", \"30/m\", \"100/h\", "
	  "\"none\" "
	  "for no limit. Empty: what the service is known to take (slack and "
	  "teams 1/s, discord 30/m, pagerduty 120/m; the others no limit). "
	  "Counted from when a message was accepted." },
	{ "burst", SETTING_INT, "0", 0, 1000, NULL, "messages",
	  "How many of them may go at once. 0 = as the service takes." },
	{ "digest", SETTING_INT, "5", 0, 100000, NULL, "messages",
	  "When more messages than this wait for a chat service, they are told "
	  "in one, which lists the first alerts and counts the others. 0 = "
	  "never. Other services always get every message." },
};

const struct settings receiver_settings = { rows, ARRAY_LENGTH(rows) };

static void receiver_free(struct receiver *r)
{
	free(r->name);
	free(r->family);
	free(r->ca_file);
	secret_release(&r->url);
	if (r->secret)
		explicit_bzero(r->secret, r->secret_n);
	free(r->secret);
	free(r);
}

void receivers_release(struct receivers *r)
{
	for (size_t i = 0; i < r->n; i++)
		receiver_free(r->item[i]);
	free(r->item);
	*r = (struct receivers){ 0 };
}

static struct receiver *receivers_find(const struct receivers *r,
				       const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->item[i]->name, name) == 0)
			return r->item[i];
	return NULL;
}

/* The type that a receiver names, or NULL with a problem. */
static const struct receiver_type *type_of(const struct conf *tree,
					   struct problems *problems)
{
	const struct conf *node = conf_get(tree, "type");
	const char *known[ARRAY_LENGTH(receiver_types)];
	const char *near;
	size_t n = 0;

	if (!node || node->kind != CONF_STRING) {
		problems_at(problems, PROBLEM_ERROR, node ? node : tree,
			    "a receiver needs a 'type': " TYPES);
		return NULL;
	}
	for (; receiver_types[n]; n++) {
		known[n] = receiver_types[n]->name;
		if (strcmp(node->text, known[n]) == 0)
			return receiver_types[n];
	}
	near = nearest_word(node->text, known, n);
	problems_at(problems, PROBLEM_ERROR, node,
		    "unknown receiver type '%s'; %s%s%s", node->text,
		    near ? "did you mean '" : "known are " TYPES,
		    near ? near : "", near ? "'?" : "");
	return NULL;
}

static bool check_url(const char *url, const char *setting, struct error *err)
{
	if (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0)
		return true;
	if (!url[0])
		return error_set(err, ERROR_CONFIG,
				 "'url' or 'url_file' is missing");
	return error_set(err, ERROR_CONFIG,
			 "'%s' must begin with http:// or https://", setting);
}

/* What the service takes, unless the configuration says otherwise. */
static bool set_rate(struct receiver *r, const struct config *c,
		     struct error *err)
{
	const char *rate = config_string(c, "rate");
	const char *known = r->type->rate ? r->type->rate : "none";

	if (!rate[0])
		rate = known;
	if (strcmp(rate, "none") != 0 &&
	    !bucket_parse_rate(str_of(rate), &r->token_us))
		return error_set(err, ERROR_CONFIG,
				 "'rate' must be like \"1/s\", \"30/m\", "
				 "\"100/h\" or \"none\", not \"%s\"",
				 rate);
	r->burst = config_int(c, "burst");
	if (r->burst == 0)
		r->burst = r->type->burst > 0 ? r->type->burst : 1;
	if (config_is_set(c, "digest") && !r->type->digests)
		return error_set(err, ERROR_CONFIG,
				 "'digest' is for chat services: \"%s\" gets "
				 "every message",
				 r->type->name);
	r->digest = r->type->digests ? config_int(c, "digest") : 0;
	return true;
}

bool receiver_answers_to(const struct receiver *r, const char *name)
{
	return strcmp(r->name, name) == 0 || strcmp(r->family, name) == 0;
}

/* The first member has the family's name, so that a cluster may grow. */
static void set_name(struct receiver *r, const char *name, size_t member)
{
	struct buf text = { 0 };

	r->family = xstrdup(name);
	buf_add_text(&text, name);
	if (member > 0)
		buf_add_format(&text, "/%zu", member + 1);
	r->name = buf_take(&text);
}

static size_t count_members(const struct receiver_type *type,
			    const struct config *c)
{
	size_t n = type->members ? config_strings(c, type->members)->n : 0;

	return n > 0 ? n : 1;
}

static bool read_url(struct receiver *r, const struct config *c, size_t member,
		     struct error *err)
{
	const struct receiver_type *type = r->type;
	bool single = config_is_set(c, "url") || config_is_set(c, "url_file");
	const struct strings *members =
		type->members ? config_strings(c, type->members) : NULL;

	if (members && members->n > 0 && single)
		return error_set(err, ERROR_CONFIG,
				 "'url' and '%s' are both set: keep one",
				 type->members);
	if (members && members->n > 0) {
		if (!secret_expand(members->item[member], type->members,
				   &r->url, err))
			return false;
	} else if (!single && type->fallback_url) {
		r->url = xstrdup(type->fallback_url);
	} else if (!secret_read(c, "url", "url_file", &r->url, err)) {
		return false;
	}
	return check_url(
		r->url, members && members->n > 0 ? type->members : "url", err);
}

static bool fill_in(struct receiver *r, const struct config *c, size_t member,
		    struct error *err)
{
	set_name(r, config_string(c, "name"), member);
	r->ca_file = xstrdup(config_string(c, "ca_file"));
	r->timeout_ms = config_int(c, "timeout");
	r->max_alerts = config_int(c, "max_alerts");
	r->send_resolved = config_bool(c, "send_resolved");
	if (r->max_alerts > 0 && r->type->each_alert)
		return error_set(err, ERROR_CONFIG,
				 "'max_alerts' is not for the type %s",
				 r->type->name);
	if (!set_rate(r, c, err) || !read_url(r, c, member, err))
		return false;
	if (r->ca_file[0] && access(r->ca_file, R_OK) != 0)
		return error_set(err, ERROR_CONFIG,
				 "could not read 'ca_file' '%s': %s",
				 r->ca_file, strerror(errno));
	return !r->type->configure || r->type->configure(r, c, err);
}

static bool read_member(const struct conf *tree, const struct config *c,
			const struct receiver_type *type, size_t member,
			struct receivers *out, struct problems *problems)
{
	struct receiver *r = xcalloc(1, sizeof(*r));
	struct error err;

	r->type = type;
	if (!fill_in(r, c, member, &err)) {
		problems_at(problems, PROBLEM_ERROR, tree, "receiver '%s': %s",
			    r->name, err.text);
	} else if (receivers_find(out, r->name)) {
		problems_at(problems, PROBLEM_ERROR, tree,
			    "two receivers are named '%s'", r->name);
	} else {
		out->item =
			xrealloc(out->item, (out->n + 1) * sizeof(*out->item));
		out->item[out->n++] = r;
		return true;
	}
	receiver_free(r);
	return false;
}

static void read_one(const struct conf *tree, struct receivers *out,
		     struct problems *problems)
{
	const struct receiver_type *type = type_of(tree, problems);
	size_t errors = problems->errors;
	struct settings tables[2];
	struct config *c;

	if (!type)
		return;
	tables[0] = receiver_settings;
	tables[1] = type->settings;
	c = config_check(tree, tables, 2, problems);
	if (problems->errors == errors)
		for (size_t i = 0; i < count_members(type, c); i++)
			if (!read_member(tree, c, type, i, out, problems))
				break;
	config_close(c);
}

void receivers_read(const struct conf *tree, struct receivers *out,
		    struct problems *problems)
{
	*out = (struct receivers){ 0 };
	if (!tree)
		return;
	if (tree->kind != CONF_LIST) {
		problems_at(problems, PROBLEM_ERROR, tree,
			    "'receivers' must be a list: ( { name = ...; "
			    "type = ...; }, ... )");
		return;
	}
	conf_for_each (tree, i) {
		if (tree->child[i]->kind == CONF_GROUP)
			read_one(tree->child[i], out, problems);
		else
			problems_at(problems, PROBLEM_ERROR, tree->child[i],
				    "a receiver must be a group: { name = "
				    "...; type = ...; }");
	}
}

static bool is_told(const struct conf *tree)
{
	const struct conf *type = conf_get(tree, "type");

	return !type || type->kind != CONF_STRING ||
	       strcmp(type->text, receiver_heartbeat.name) != 0;
}

void receivers_names(const struct conf *tree, struct strings *out)
{
	*out = (struct strings){ 0 };
	if (!tree || tree->kind != CONF_LIST)
		return;
	out->item = xcalloc(tree->n, sizeof(*out->item));
	conf_for_each (tree, i) {
		const struct conf *name = conf_get(tree->child[i], "name");

		if (name && name->kind == CONF_STRING &&
		    is_told(tree->child[i]))
			out->item[out->n++] = name->text;
	}
}

enum receiver_verdict receiver_judge_http(int status, struct str body)
{
	static const int refused[] = { 400, 405, 406, 411, 413, 414, 415, 422 };

	(void)body;
	if (status >= 200 && status < 300)
		return RECEIVER_ACCEPTED;
	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++)
		if (status == refused[i])
			return RECEIVER_REFUSED;
	return RECEIVER_RETRY;
}

size_t receiver_most_alerts(const struct receiver *r)
{
	return r->max_alerts > 0 ? (size_t)r->max_alerts : r->type->most_alerts;
}

void receiver_fill(const struct receiver *r, struct str body, int64_t now_ms,
		   struct buf *out)
{
	size_t from = 0;

	for (size_t i = 0; i < body.n; i++) {
		if (body.s[i] != RECEIVER_BLANK)
			continue;
		buf_add(out, str_slice(body.s + from, i - from));
		r->type->fill(r, now_ms, out);
		from = i + 1;
	}
	buf_add(out, str_slice(body.s + from, body.n - from));
}

/* Header lines to the array that the client wants; texts point into `lines`. */
static void split_lines(struct buf *lines, const char *out[], size_t max)
{
	size_t n = 0;
	char *at = lines->p;

	while (at && *at && n + 1 < max) {
		char *end = strchr(at, '\n');

		out[n++] = at;
		if (!end)
			break;
		*end = '\0';
		at = end + 1;
	}
	out[n] = NULL;
}

void receiver_headers(const struct receiver *r, const char *message_id,
		      struct str body, int64_t now_ms, struct buf *lines,
		      const char *out[RECEIVER_HEADERS])
{
	buf_add_text(lines, "Content-Type: application/json\n"
			    "User-Agent: tocsin/" TOCSIN_VERSION "\n");
	if (r->type->headers)
		r->type->headers(r, message_id, body, now_ms, lines);
	split_lines(lines, out, RECEIVER_HEADERS);
}

bool receiver_secret(struct receiver *r, const struct config *c,
		     const char *path, const char *path_file, struct error *err)
{
	if (!secret_read(c, path, path_file, &r->secret, err))
		return false;
	r->secret_n = strlen(r->secret);
	for (size_t i = 0; i < r->secret_n; i++)
		if (r->secret[i] <= ' ' || r->secret[i] > '~')
			return error_set(err, ERROR_CONFIG,
					 "'%s' may hold only printable ASCII "
					 "without blanks",
					 path);
	return true;
}
