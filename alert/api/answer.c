/* answer.c - what the HTTP API of the alert worker answers: its paths
 *
 * Pure; loop thread. */
#include "alert/api/answer.h"

#include "alert/api/answer_internal.h"
#include "alert/notify/message.h"
#include "event/utf8.h"

int answer_refuse(struct buf *body, int code, const char *text)
{
	struct buf AUTO(buf_release) clean = { 0 };

	/* It may quote what was asked. */
	utf8_clean(str_of(text), &clean);
	buf_clear(body);
	buf_add_json_string(body, buf_str(&clean));
	buf_add_char(body, '\n');
	return code;
}

bool answer_filters(const struct status_request *r, struct matchers *out,
		    struct error *err)
{
	for (size_t i = 0; i < r->n_arguments; i++)
		if (strcmp(r->argument[i].name, "filter") == 0 &&
		    !matchers_parse(out, str_of(r->argument[i].value), err))
			return false;
	return true;
}

static int answer_status(const struct answer_source *s,
			 const struct status_request *r, struct buf *body)
{
	(void)r;
	buf_add_text(body, "{\"cluster\":{\"name\":");
	buf_add_json_string(body, str_of(s->prefix));
	buf_add_text(body, ",\"peers\":[],\"status\":\"disabled\"},"
			   "\"config\":{\"original\":\"\"},\"uptime\":\"");
	message_add_time(s->started_ms, body);
	buf_add_text(body, "\",\"versionInfo\":{\"branch\":\"tocsin\","
			   "\"buildDate\":\"\",\"buildUser\":\"\","
			   "\"goVersion\":\"\",\"revision\":\"\","
			   "\"version\":\"" TOCSIN_VERSION "\"}}\n");
	return HTTP_OK;
}

static int answer_receivers(const struct answer_source *s,
			    const struct status_request *r, struct buf *body)
{
	(void)r;
	buf_add_char(body, '[');
	for (size_t i = 0; i < s->policy->receivers.n; i++) {
		buf_add_text(body, i ? ",{\"name\":" : "{\"name\":");
		buf_add_json_string(body, str_of(s->policy->receivers.item[i]));
		buf_add_char(body, '}');
	}
	buf_add_text(body, "]\n");
	return HTTP_OK;
}

static const struct {
	const char *method;
	const char *path; /* ends in '/': what follows is an id */
	int (*answer)(const struct answer_source *s,
		      const struct status_request *r, struct buf *body);
} paths[] = {
	{ "GET", "/api/v2/status", answer_status },
	{ "GET", "/api/v2/receivers", answer_receivers },
	{ "GET", "/api/v2/alerts", answer_alerts },
	{ "GET", "/api/v2/alerts/groups", answer_groups },
	{ "GET", "/api/v2/silences", answer_silences },
	{ "POST", "/api/v2/silences", answer_post_silence },
	{ "GET", "/api/v2/silence/", answer_silence },
	{ "DELETE", "/api/v2/silence/", answer_delete_silence },
	{ "GET", "/api/alerts", answer_transitions },
};

static bool path_is(const char *wanted, const char *path)
{
	size_t n = strlen(wanted);

	if (wanted[n - 1] == '/')
		return strncmp(path, wanted, n) == 0;
	return strcmp(path, wanted) == 0;
}

int answer_request(const struct answer_source *source,
		   const struct status_request *request, struct buf *body)
{
	const char *method =
		strcmp(request->method, "HEAD") == 0 ? "GET" : request->method;
	bool known = false;

	for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
		if (!path_is(paths[i].path, request->path))
			continue;
		known = true;
		if (strcmp(paths[i].method, method) == 0)
			return paths[i].answer(source, request, body);
	}
	if (known)
		return answer_refuse(body, HTTP_NO_SUCH_METHOD,
				     "this path has no such method");
	return HTTP_NOT_FOUND;
}
