/* answer_silences.c - silences over HTTP
 *
 * Pure but for the source's put; loop thread. */
#include "alert/api/answer_internal.h"

#include <stdlib.h>

int answer_silences(const struct answer_source *s,
		    const struct status_request *r, struct buf *body)
{
	const struct silence **all;
	struct matchers filter = { 0 };
	struct error err;
	size_t n, shown = 0;

	if (!answer_filters(r, &filter, &err)) {
		matchers_release(&filter);
		return answer_refuse(body, HTTP_BAD_REQUEST, err.text);
	}
	all = silences_sorted(s->silences, &n);
	buf_add_char(body, '[');
	for (size_t i = 0; i < n; i++) {
		if (!silence_is_asked_for(all[i], &filter))
			continue;
		if (shown++ > 0)
			buf_add_char(body, ',');
		silence_encode_state(all[i], s->wall_ms, body);
	}
	buf_add_text(body, "]\n");
	free(all);
	matchers_release(&filter);
	return HTTP_OK;
}

static int refuse(struct buf *body, const struct error *err)
{
	switch (err->kind) {
	case ERROR_REJECT:
		return answer_refuse(body, HTTP_BAD_REQUEST, err->text);
	case ERROR_USAGE: return answer_refuse(body, HTTP_NOT_FOUND, err->text);
	case ERROR_NONE:
	case ERROR_RETRY:
	case ERROR_CONFIG:
	case ERROR_FATAL: break;
	}
	return answer_refuse(body, HTTP_NOT_NOW, err->text);
}

/* The new one first: between the two both hold, never none. */
static bool put_change(const struct answer_source *s,
		       const struct silence_change *change, struct error *err)
{
	return s->put(s->arg, &change->set, err) &&
	       (!change->ended.id[0] || s->put(s->arg, &change->ended, err));
}

int answer_post_silence(const struct answer_source *s,
			const struct status_request *r, struct buf *body)
{
	struct silence_change change = { 0 };
	struct silence wanted;
	struct error err;
	bool ok;

	if (!status_is_json(r))
		return answer_refuse(body, HTTP_WRONG_TYPE,
				     "the content type must be "
				     "application/json");
	if (!silence_decode(r->body, &wanted, &err))
		return refuse(body, &err);
	ok = silences_change(s->silences, &wanted, s->wall_ms, &change, &err) &&
	     put_change(s, &change, &err);
	if (ok) {
		buf_add_text(body, "{\"silenceID\":");
		buf_add_json_string(body, str_of(change.set.id));
		buf_add_text(body, "}\n");
	}
	silence_release(&change.set);
	silence_release(&change.ended);
	return ok ? HTTP_OK : refuse(body, &err);
}

static const struct silence *named(const struct answer_source *s,
				   const struct status_request *r)
{
	return silences_find(s->silences, strrchr(r->path, '/') + 1);
}

int answer_silence(const struct answer_source *s,
		   const struct status_request *r, struct buf *body)
{
	const struct silence *found = named(s, r);

	if (!found)
		return answer_refuse(body, HTTP_NOT_FOUND,
				     "there is no such silence");
	silence_encode_state(found, s->wall_ms, body);
	buf_add_char(body, '\n');
	return HTTP_OK;
}

int answer_delete_silence(const struct answer_source *s,
			  const struct status_request *r, struct buf *body)
{
	const struct silence *found = named(s, r);
	struct silence ended;
	struct error err;
	bool ok = true;

	if (!found)
		return answer_refuse(body, HTTP_NOT_FOUND,
				     "there is no such silence");
	/* Asked for twice is no error: it has ended. */
	if (silence_state(found, s->wall_ms) == SILENCE_EXPIRED)
		return HTTP_OK;
	silence_end(found, s->wall_ms, &ended);
	ok = s->put(s->arg, &ended, &err);
	silence_release(&ended);
	return ok ? HTTP_OK : refuse(body, &err);
}
