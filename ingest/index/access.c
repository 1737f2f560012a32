/* access.c - who we are to Elasticsearch, and whom we trust
 *
 * Owns secrets only while it hands them on. Loop thread. */
#include "ingest/index/access.h"

#include <errno.h>
#include <unistd.h>

#include "core/secret.h"

#define FROM_ENV " \"${NAME}\" takes it from the environment."

static const struct setting rows[] = {
	{ "elasticsearch.ca_file", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "A PEM file with the certificate authorities to trust; empty: those "
	  "of the system. The servers' certificates are verified in any "
	  "case." },
	{ "elasticsearch.client_cert_file", SETTING_STRING, "", 0, 0, NULL,
	  NULL,
	  "A PEM file with our own certificate, where the servers ask "
	  "for one." },
	{ "elasticsearch.client_key_file", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "A PEM file with the key of that certificate." },
	{ "elasticsearch.user", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "Who we are, by Basic authentication." },
	{ "elasticsearch.password", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "The user's password;" FROM_ENV },
	{ "elasticsearch.password_file", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "A file whose first line is the password. It is read again when the "
	  "servers refuse us, as are the other files of secrets here." },
	{ "elasticsearch.api_key", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "An API key instead of user and password: the value \"encoded\" of "
	  "Elasticsearch's answer when it was made;" FROM_ENV },
	{ "elasticsearch.api_key_file", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "A file whose first line is the API key." },
	{ "elasticsearch.aws_region", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "Sign requests with AWS Signature Version 4, for this region: for "
	  "Amazon OpenSearch Service." },
	{ "elasticsearch.aws_service", SETTING_STRING, "es", 0, 0, NULL, NULL,
	  "The service signed for: \"es\", or \"aoss\" for OpenSearch "
	  "Serverless." },
	{ "elasticsearch.aws_access_key", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "The id of the access key;" FROM_ENV },
	{ "elasticsearch.aws_access_key_file", SETTING_STRING, "", 0, 0, NULL,
	  NULL, "A file whose first line is the id of the access key." },
	{ "elasticsearch.aws_secret_key", SETTING_STRING, "", 0, 0, NULL, NULL,
	  "The secret access key;" FROM_ENV },
	{ "elasticsearch.aws_secret_key_file", SETTING_STRING, "", 0, 0, NULL,
	  NULL, "A file whose first line is the secret access key." },
	{ "elasticsearch.aws_session_token", SETTING_STRING, "", 0, 0, NULL,
	  NULL, "The session token of temporary keys;" FROM_ENV },
	{ "elasticsearch.aws_session_token_file", SETTING_STRING, "", 0, 0,
	  NULL, NULL, "A file whose first line is the session token." },
};

const struct settings access_settings = { rows, ARRAY_LENGTH(rows) };

static const char *const secret_names[] = { "password", "api_key",
					    "aws_access_key", "aws_secret_key",
					    "aws_session_token" };

/* ---- settings that contradict each other ---- */

/* Each may be written as itself or as NAME_file. */
static const struct conf *node_of(const struct config *config, const char *name)
{
	AUTO(buf_release) struct buf path = { 0 };
	const struct conf *node;

	buf_add_format(&path, "elasticsearch.%s", name);
	node = config_node(config, buf_text(&path));
	if (node)
		return node;
	buf_add_text(&path, "_file");
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		if (str_is(buf_str(&path), rows[i].path))
			return config_node(config, buf_text(&path));
	}
	return NULL;
}

static void check_both(const struct config *config, const char *name,
		       struct problems *problems)
{
	AUTO(buf_release) struct buf text = { 0 };
	AUTO(buf_release) struct buf file = { 0 };
	const struct conf *node;

	buf_add_format(&text, "elasticsearch.%s", name);
	buf_add_format(&file, "elasticsearch.%s_file", name);
	node = config_node(config, buf_text(&file));
	if (node && config_node(config, buf_text(&text)))
		problems_at(problems, PROBLEM_ERROR, node,
			    "\"%s\" and \"%s\" are both set: keep one",
			    buf_text(&text), buf_text(&file));
}

static void check_needs(const struct config *config, const char *name,
			const char *needed, struct problems *problems)
{
	const struct conf *node = node_of(config, name);

	if (node && !node_of(config, needed))
		problems_at(problems, PROBLEM_ERROR, node,
			    "\"elasticsearch.%s\" needs \"elasticsearch.%s\"",
			    name, needed);
}

static void check_excludes(const struct config *config, const char *name,
			   const char *other, struct problems *problems)
{
	const struct conf *node = node_of(config, name);

	if (node && node_of(config, other))
		problems_at(problems, PROBLEM_ERROR, node,
			    "\"elasticsearch.%s\" and \"elasticsearch.%s\" "
			    "are two ways to say who we are: keep one",
			    name, other);
}

static void check_urls(const struct config *config, struct problems *problems)
{
	const struct strings *urls =
		config_strings(config, "elasticsearch.urls");
	const struct conf *node = config_node(config, "elasticsearch.urls");

	for (size_t i = 0; node && i < urls->n; i++) {
		if (access_in_url(urls->item[i]))
			problems_at(problems, PROBLEM_ERROR, node,
				    "\"elasticsearch.urls\" must not hold a "
				    "user or password: use "
				    "\"elasticsearch.user\" and "
				    "\"elasticsearch.password_file\"");
	}
}

void access_check(const struct config *config, struct problems *problems)
{
	static const struct {
		const char *name, *needed;
	} need[] = {
		{ "user", "password" },
		{ "password", "user" },
		{ "client_cert_file", "client_key_file" },
		{ "client_key_file", "client_cert_file" },
		{ "aws_region", "aws_access_key" },
		{ "aws_region", "aws_secret_key" },
		{ "aws_service", "aws_region" },
		{ "aws_access_key", "aws_region" },
		{ "aws_secret_key", "aws_region" },
		{ "aws_session_token", "aws_region" },
	};

	for (size_t i = 0; i < ARRAY_LENGTH(secret_names); i++)
		check_both(config, secret_names[i], problems);
	for (size_t i = 0; i < ARRAY_LENGTH(need); i++)
		check_needs(config, need[i].name, need[i].needed, problems);
	check_excludes(config, "api_key", "user", problems);
	check_excludes(config, "aws_region", "user", problems);
	check_excludes(config, "aws_region", "api_key", problems);
	check_urls(config, problems);
}

static void check_file(const struct config *config, const char *path,
		       struct problems *problems)
{
	const struct conf *node = config_node(config, path);
	const char *file = config_string(config, path);

	if (node && file[0] != '\0' && access(file, R_OK) != 0)
		problems_at(problems, PROBLEM_ERROR, node,
			    "%s: could not read '%s': %s", path, file,
			    strerror(errno));
}

void access_secrets_check(const struct config *config,
			  struct problems *problems)
{
	static const char *const file[] = { "elasticsearch.ca_file",
					    "elasticsearch.client_cert_file",
					    "elasticsearch.client_key_file" };

	for (size_t i = 0; i < ARRAY_LENGTH(secret_names); i++) {
		AUTO(buf_release) struct buf text = { 0 };
		AUTO(buf_release) struct buf in_file = { 0 };

		buf_add_format(&text, "elasticsearch.%s", secret_names[i]);
		buf_add_format(&in_file, "%s_file", buf_text(&text));
		secret_check(config, buf_text(&text), buf_text(&in_file),
			     problems);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(file); i++)
		check_file(config, file[i], problems);
}

static bool is_in_the_clear(const char *url)
{
	static const char *const own[] = { "127.", "localhost", "[::1]" };
	struct str text = str_of(url);

	if (!str_has_prefix(text, STR("http://")))
		return false;
	text = str_slice(text.s + 7, text.n - 7);
	for (size_t i = 0; i < ARRAY_LENGTH(own); i++) {
		if (str_has_prefix(text, str_of(own[i])))
			return false;
	}
	return true;
}

void access_lint(const struct config *config, struct problems *problems)
{
	const struct strings *urls =
		config_strings(config, "elasticsearch.urls");
	const struct conf *node = node_of(config, "password");

	if (!node)
		node = node_of(config, "api_key");
	for (size_t i = 0; node && i < urls->n; i++) {
		if (is_in_the_clear(urls->item[i]))
			problems_at(problems, PROBLEM_WARNING, node,
				    "this is sent in the clear to \"%s\": use "
				    "https://",
				    urls->item[i]);
	}
}

bool access_in_url(const char *url)
{
	const char *begin = strstr(url, "://");
	size_t host;

	begin = begin ? begin + 3 : url;
	host = strcspn(begin, "/?#");
	return memchr(begin, '@', host) != NULL;
}

/* ---- secrets ---- */

/* As base64 has it, with the signs of its URL form: so that nothing else, such
 * as the form ID:KEY, comes back as an unexplained 401. */
static bool check_api_key(const char *key, struct error *err)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz"
				      "0123456789+/=_-";

	if (key[strspn(key, letters)] == '\0')
		return true;
	return error_set(err, ERROR_CONFIG,
			 "could not use elasticsearch.api_key: it is not the "
			 "value \"encoded\" of the key, which is base64");
}

struct secrets {
	char *password, *api_key, *access_key, *secret_key, *token;
	struct buf authorization;
};

static void secrets_release(struct secrets *s)
{
	secret_release(&s->password);
	secret_release(&s->api_key);
	secret_release(&s->access_key);
	secret_release(&s->secret_key);
	secret_release(&s->token);
	if (s->authorization.p)
		explicit_bzero(s->authorization.p, s->authorization.n);
	buf_release(&s->authorization);
}

static bool secrets_read(const struct config *c, struct secrets *s,
			 struct error *err)
{
	if (!secret_read(c, "elasticsearch.password",
			 "elasticsearch.password_file", &s->password, err) ||
	    !secret_read(c, "elasticsearch.api_key",
			 "elasticsearch.api_key_file", &s->api_key, err) ||
	    !secret_read(c, "elasticsearch.aws_access_key",
			 "elasticsearch.aws_access_key_file", &s->access_key,
			 err) ||
	    !secret_read(c, "elasticsearch.aws_secret_key",
			 "elasticsearch.aws_secret_key_file", &s->secret_key,
			 err) ||
	    !secret_read(c, "elasticsearch.aws_session_token",
			 "elasticsearch.aws_session_token_file", &s->token,
			 err) ||
	    !check_api_key(s->api_key, err))
		return false;
	if (s->api_key[0] != '\0')
		buf_add_format(&s->authorization, "ApiKey %s", s->api_key);
	return true;
}

bool access_apply(const struct config *config, struct http *http,
		  struct error *err)
{
	AUTO(secrets_release) struct secrets s = { 0 };
	struct http_options o;
	bool ok;

	if (!secrets_read(config, &s, err))
		return false;
	o = (struct http_options){
		.ca_file = config_string(config, "elasticsearch.ca_file"),
		.client_cert_file =
			config_string(config, "elasticsearch.client_cert_file"),
		.client_key_file =
			config_string(config, "elasticsearch.client_key_file"),
		.user = config_string(config, "elasticsearch.user"),
		.password = s.password,
		.authorization = buf_text(&s.authorization),
		.aws_region = config_string(config, "elasticsearch.aws_region"),
		.aws_service =
			config_string(config, "elasticsearch.aws_service"),
		.aws_access_key = s.access_key,
		.aws_secret_key = s.secret_key,
		.aws_session_token = s.token,
	};
	if (o.aws_region[0] == '\0')
		o.aws_service = "";
	ok = http ? http_configure(http, &o, err) : http_options_check(&o, err);
	if (!ok)
		error_prefix(err, "could not use the settings elasticsearch.*");
	return ok;
}
