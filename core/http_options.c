/* http_options.c - who we are to the servers, and whom we trust
 *
 * Owns the copies of a client's options. Runs on the loop thread. */
#include "core/http.h"
#include "core/http_call.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/http_sign.h"
#include "core/secret.h"

enum { MOST_SIGNED = 5 };

static bool is_given(const char *text)
{
	return text && text[0] != '\0';
}

static bool check_file(const char *path, struct error *err)
{
	if (!is_given(path) || access(path, R_OK) == 0)
		return true;
	return error_set(err, ERROR_CONFIG, "could not read '%s': %s", path,
			 strerror(errno));
}

/* A line end would begin another header. */
static bool is_one_line(const char *text)
{
	return !text || strpbrk(text, "\r\n") == NULL;
}

static const char *what_is_wrong(const struct http_options *o)
{
	if (!is_one_line(o->user) || !is_one_line(o->password) ||
	    !is_one_line(o->authorization) || !is_one_line(o->aws_access_key) ||
	    !is_one_line(o->aws_session_token) || !is_one_line(o->aws_region) ||
	    !is_one_line(o->aws_service))
		return "a text holds a line end";
	if (is_given(o->user) && strchr(o->user, ':'))
		return "the user holds a colon";
	if (is_given(o->client_cert_file) != is_given(o->client_key_file))
		return "a client certificate needs its key, and a key its "
		       "certificate";
	if (is_given(o->aws_region) != is_given(o->aws_access_key) ||
	    is_given(o->aws_region) != is_given(o->aws_secret_key) ||
	    is_given(o->aws_region) != is_given(o->aws_service))
		return "a signature needs region, service, access key and "
		       "secret key";
	return NULL;
}

static char *copy(const char *text)
{
	return xstrdup(text ? text : "");
}

void http_options_release(struct http_owned *o)
{
	char **const text[] = {
		&o->ca_file,        &o->client_cert_file,  &o->client_key_file,
		&o->user,           &o->password,          &o->authorization,
		&o->aws_region,     &o->aws_service,       &o->aws_access_key,
		&o->aws_secret_key, &o->aws_session_token,
	};

	for (size_t i = 0; i < ARRAY_LENGTH(text); i++)
		secret_release(text[i]);
}

bool http_options_check(const struct http_options *o, struct error *err)
{
	const char *wrong = what_is_wrong(o);

	if (wrong)
		return error_set(err, ERROR_CONFIG, "%s", wrong);
	return check_file(o->ca_file, err) &&
	       check_file(o->client_cert_file, err) &&
	       check_file(o->client_key_file, err);
}

bool http_configure(struct http *h, const struct http_options *o,
		    struct error *err)
{
	if (!http_options_check(o, err))
		return false;
	http_options_release(&h->options);
	h->options = (struct http_owned){
		.ca_file = copy(o->ca_file),
		.client_cert_file = copy(o->client_cert_file),
		.client_key_file = copy(o->client_key_file),
		.user = copy(o->user),
		.password = copy(o->password),
		.authorization = copy(o->authorization),
		.aws_region = copy(o->aws_region),
		.aws_service = copy(o->aws_service),
		.aws_access_key = copy(o->aws_access_key),
		.aws_secret_key = copy(o->aws_secret_key),
		.aws_session_token = copy(o->aws_session_token),
	};
	return true;
}

/* libcurl copies the texts. */
static void set_text(CURL *e, CURLoption option, const char *text)
{
	if (is_given(text))
		curl_easy_setopt(e, option, text);
}

static void add_header(struct http_call *call, const char *name,
		       const char *value)
{
	struct buf line = { 0 };

	buf_add_format(&line, "%s: %s", name, value);
	http_call_add_header(call, buf_text(&line));
	explicit_bzero(line.p, line.n);
	buf_release(&line);
}

void http_options_apply(const struct http_owned *o, struct http_call *call)
{
	CURL *e = call->easy;

	curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
	set_text(e, CURLOPT_CAINFO, o->ca_file);
	set_text(e, CURLOPT_SSLCERT, o->client_cert_file);
	set_text(e, CURLOPT_SSLKEY, o->client_key_file);
	if (is_given(o->user)) {
		curl_easy_setopt(e, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		curl_easy_setopt(e, CURLOPT_USERNAME, o->user);
		curl_easy_setopt(e, CURLOPT_PASSWORD, o->password);
	}
	if (is_given(o->authorization))
		add_header(call, "Authorization", o->authorization);
}

/* ---- AWS ---- */

struct place { /* parts of a URL, as they are sent */
	char *host, *port, *path, *query;
};

static void place_of(const char *url, struct place *p)
{
	CURLU *parts = curl_url();

	*p = (struct place){ 0 };
	ENSURE(parts);
	ENSURE(!curl_url_set(parts, CURLUPART_URL, url, 0)); /* it was checked
							      */
	ENSURE(!curl_url_get(parts, CURLUPART_HOST, &p->host, 0));
	ENSURE(!curl_url_get(parts, CURLUPART_PATH, &p->path, 0));
	/* Absent ones stay NULL. */
	curl_url_get(parts, CURLUPART_PORT, &p->port, CURLU_NO_DEFAULT_PORT);
	curl_url_get(parts, CURLUPART_QUERY, &p->query, 0);
	curl_url_cleanup(parts);
}

static void place_release(struct place *p)
{
	curl_free(p->host);
	curl_free(p->port);
	curl_free(p->path);
	curl_free(p->query);
}

static void add_signature(const struct http_owned *o, struct http_call *call,
			  struct sign_request *r, const char *date)
{
	const struct sign_keys keys = {
		.region = o->aws_region,
		.service = o->aws_service,
		.access_key = o->aws_access_key,
		.secret_key = o->aws_secret_key,
	};
	struct buf value = { 0 };

	sign_add(&value, &keys, r, date);
	for (size_t i = 0; i < r->n; i++) {
		char *text = str_dup(r->header[i].value);

		if (strcmp(r->header[i].name, "content-type") != 0)
			add_header(call, r->header[i].name, text);
		secret_release(&text);
	}
	add_header(call, "Authorization", buf_text(&value));
	buf_release(&value);
}

void http_options_sign(const struct http_owned *o, struct http_call *call,
		       const struct http_request *r, struct str body,
		       struct str type)
{
	struct sign_header header[MOST_SIGNED];
	struct sign_request request = { .method = r->method, .header = header };
	char date[SIGN_DATE_SIZE], sha256[SIGN_SHA256_SIZE];
	struct buf host = { 0 };
	struct place p;

	if (!is_given(o->aws_region))
		return;
	place_of(r->url, &p);
	buf_add_text(&host, p.host);
	if (p.port)
		buf_add_format(&host, ":%s", p.port);
	sign_date(clock_wall_ms(), date);
	sign_sha256(body, sha256);
	request.path = str_of(p.path);
	request.query = str_of(p.query);
	request.body_sha256 = sha256;
	if (type.n > 0)
		header[request.n++] =
			(struct sign_header){ "content-type", type };
	header[request.n++] = (struct sign_header){ "host", buf_str(&host) };
	header[request.n++] =
		(struct sign_header){ "x-amz-content-sha256", str_of(sha256) };
	header[request.n++] =
		(struct sign_header){ "x-amz-date", str_of(date) };
	if (is_given(o->aws_session_token))
		header[request.n++] =
			(struct sign_header){ "x-amz-security-token",
					      str_of(o->aws_session_token) };
	add_signature(o, call, &request, date);
	buf_release(&host);
	place_release(&p);
}
