/* unwrap.c - reads the line formats of Docker and of CRI
 *
 * Pure: owns nothing. See unwrap.h. */
#include "ingest/ship/unwrap.h"

#include "event/time.h"

/* "2026-11-23T09:00:00Z" */
enum { CRI_TIME_BYTES_MIN = 20 };

static bool stream_of(struct str name, enum stream *out)
{
	if (str_is(name, "stdout"))
		*out = STREAM_STDOUT;
	else if (str_is(name, "stderr"))
		*out = STREAM_STDERR;
	else
		return false;
	return true;
}

static bool time_of(struct str text, int64_t *out)
{
	struct time_read time;

	if (text.n < CRI_TIME_BYTES_MIN || text.s[4] != '-' ||
	    text.s[10] != 'T' || !time_parse_any(text, &time))
		return false;
	*out = time.ns;
	return true;
}

/* ---- Docker ---- */

/* Before the whole line is proved: its first key is one of Docker's. */
static bool may_be_docker(struct str line)
{
	static const char *const keys[] = { "\"log\"", "\"stream\"", "\"time\"",
					    "\"attrs\"" };
	struct str rest;

	if (line.n < 2 || line.s[0] != '{' || line.s[line.n - 1] != '}')
		return false;
	rest = str_trim(str_slice(line.s + 1, line.n - 1));
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		if (str_has_prefix(rest, str_of(keys[i])))
			return true;
	}
	return false;
}

struct docker {
	struct str log, stream, time, attrs; /* raw; nothing if not there */
};

/* The object's members, if they are the right ones, each once. */
static bool docker_members(struct str line, struct docker *out)
{
	struct json_cursor cursor = json_enter(line);
	struct json_member m;

	*out = (struct docker){ 0 };
	while (json_next_member(&cursor, &m)) {
		struct str *at = str_is(m.key, "\"log\"")      ? &out->log
				 : str_is(m.key, "\"stream\"") ? &out->stream
				 : str_is(m.key, "\"time\"")   ? &out->time
				 : str_is(m.key, "\"attrs\"")  ? &out->attrs
							       : NULL;

		if (!at || at->n > 0)
			return false;
		*at = m.value;
	}
	return json_kind(out->log) == JSON_STRING &&
	       json_kind(out->stream) == JSON_STRING &&
	       json_kind(out->time) == JSON_STRING &&
	       (out->attrs.n == 0 || json_kind(out->attrs) == JSON_OBJECT);
}

static struct str unquoted(struct str raw)
{
	return str_slice(raw.s + 1, raw.n - 2);
}

static bool unwrap_docker(struct scanner *scanner, struct str line,
			  struct buf *scratch, struct piece *out)
{
	struct event event;
	struct docker docker;

	if (!may_be_docker(line))
		return false;
	event_scan(scanner, line, &event);
	if ((event.repairs & REPAIR_UNPARSED) ||
	    !docker_members(line, &docker) ||
	    !stream_of(unquoted(docker.stream), &out->stream) ||
	    !time_of(unquoted(docker.time), &out->time_ns))
		return false;
	buf_clear(scratch);
	out->text = json_text(docker.log, scratch);
	out->partial = out->text.n == 0 || out->text.s[out->text.n - 1] != '\n';
	if (!out->partial)
		out->text.n--;
	if (!out->partial && out->text.n > 0 &&
	    out->text.s[out->text.n - 1] == '\r')
		out->text.n--;
	return true;
}

/* ---- CRI ---- */

/* Cut the word before the next blank off *rest; the last one ends with it. */
static struct str word(struct str *rest)
{
	const char *at = rest->n ? memchr(rest->s, ' ', rest->n) : NULL;
	struct str w = *rest;

	if (!at) {
		*rest = STR_NONE;
		return w;
	}
	w.n = (size_t)(at - rest->s);
	*rest = str_slice(at + 1, rest->n - w.n - 1);
	return w;
}

static bool unwrap_cri(struct str line, struct piece *out)
{
	struct str rest = line, tags;

	if (line.n < CRI_TIME_BYTES_MIN || line.s[10] != 'T' ||
	    !time_of(word(&rest), &out->time_ns) ||
	    !stream_of(word(&rest), &out->stream))
		return false;
	tags = word(&rest);
	if (tags.n == 0 || (tags.n > 1 && tags.s[1] != ':') ||
	    (tags.s[0] != 'P' && tags.s[0] != 'F'))
		return false;
	out->partial = tags.s[0] == 'P';
	out->text = rest;
	return true;
}

void unwrap(struct scanner *scanner, struct str line, struct buf *scratch,
	    struct piece *out)
{
	struct piece piece = { 0 };

	if (!unwrap_docker(scanner, line, scratch, &piece) &&
	    !unwrap_cri(line, &piece))
		piece = (struct piece){ .text = line,
					.stream = STREAM_PLAIN,
					.time_ns = TIME_NONE };
	*out = piece;
}
