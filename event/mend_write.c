/* mend_write.c - write the mended event
 *
 * Two passes over the top level: what stays, then what moves to Others. Owns
 * nothing beyond a call. The scanner's thread. */
#include <stdlib.h>

#include "event/json_bytes.h"
#include "event/mend_private.h"
#include "event/utf8.h"

enum { NAME_BYTES_MAX = 255 };

struct writer {
	struct plan *plan;
	struct rewriter r;
	struct object top;
	struct str others; /* an Others that is added to; raw */
	const char *first; /* the first member; NULL if there is none */
};

static void add_name(struct buf *out, struct str name)
{
	struct buf clean = { 0 };

	utf8_clean(name, &clean);
	buf_add_json_string(out, utf8_cut(buf_str(&clean), NAME_BYTES_MAX));
	buf_release(&clean);
}

static void add_time(struct buf *out, struct time_read time)
{
	char text[TIME_TEXT_BYTES];
	size_t n = time_format(time.ns, time.digits, text);

	buf_add_json_string(out, str_slice(text, n));
}

static void add_level(struct buf *out, enum event_level level)
{
	buf_add_json_string(out, str_of(event_level_name(level)));
}

/* A string as it is, anything else as its JSON text in a string. */
static void add_as_string(struct buf *out, struct str raw)
{
	if (json_kind(raw) == JSON_STRING)
		buf_add(out, raw);
	else
		buf_add_json_string(out, raw);
}

static void add_words(struct buf *out, unsigned repairs)
{
	char before = '[';

	for (unsigned i = 0; i < REPAIR_WORDS; i++) {
		if (!(repairs & 1U << i))
			continue;
		buf_add_char(out, before);
		buf_add_json_string(out, str_of(repair_words[i]));
		before = ',';
	}
	buf_add_char(out, ']');
}

/* A member of the event that we write ourselves. `name` is a literal with its
 * quotes. */
static struct buf *own_member(struct writer *w, struct str name)
{
	rewriter_member(&w->r, &w->top, str_slice(name.s + 1, name.n - 2),
			name);
	return w->r.out;
}

/* How a key of the top level goes on. */
enum fate {
	FATE_COPY,
	FATE_FIELD,  /* one of the eight */
	FATE_STRING, /* copied, as a string */
	FATE_MOVE,   /* to Others */
	FATE_OTHERS, /* is Others, and moved keys are added */
	FATE_DROP,
};

static enum fate fate_of(const struct plan *plan, struct str key)
{
	if (event_field_of(key) < EVENT_FIELDS)
		return FATE_FIELD;
	if (str_equal(key, STR("TimeStampRaw")))
		return plan->new_time_raw ? FATE_MOVE : FATE_STRING;
	if (str_equal(key, STR("LevelRaw")))
		return plan->new_level_raw ? FATE_MOVE : FATE_STRING;
	if (str_equal(key, STR("Repaired")))
		return plan->listed ? FATE_DROP : FATE_MOVE;
	if (str_equal(key, STR("Others")) && plan->moves)
		return FATE_OTHERS;
	return scan_key_is_refused(key) ? FATE_MOVE : FATE_COPY;
}

/* The text that stands for a field's missing or foreign value; false: what is
 * there stays, as a string. */
static bool write_replaced(struct writer *w, enum event_field field,
			   struct str raw)
{
	const struct plan *plan = w->plan;
	bool null = json_kind(raw) == JSON_NULL;

	if (field == EVENT_TIME_STAMP_UTC && plan->new_time)
		add_time(w->r.out, plan->time);
	else if (field == EVENT_LEVEL && plan->new_level)
		add_level(w->r.out, plan->level);
	else if (field == EVENT_SERVICE_KEY && null)
		add_name(w->r.out, plan->context->service);
	else if (field == EVENT_HOST_ADDRESS && null)
		add_name(w->r.out, plan->context->host);
	else if (null)
		buf_add(w->r.out, raw);
	else
		return false;
	return true;
}

static const char *write_field(struct writer *w, enum event_field field,
			       const char *p)
{
	if (field == EVENT_ADDITIONAL && *p == '{')
		return rewriter_value(&w->r, p, 1);

	const char *end = json_skip(p, w->r.scanner->end);
	struct str raw = str_slice(p, (size_t)(end - p));
	if (!write_replaced(w, field, raw))
		add_as_string(w->r.out, raw);
	return end;
}

/* One member of the first pass. p is its value. */
static const char *write_member(struct writer *w, struct str key,
				struct str raw_key, const char *p)
{
	enum fate fate = fate_of(w->plan, key);
	const char *end = w->r.scanner->end;

	if (fate == FATE_MOVE || fate == FATE_DROP)
		return json_skip(p, end);
	if (fate == FATE_OTHERS) {
		w->r.duplicate |= w->others.n > 0;
		w->others = str_slice(p, (size_t)(json_skip(p, end) - p));
		return p + w->others.n;
	}

	rewriter_member(&w->r, &w->top, key, raw_key);
	if (fate == FATE_FIELD)
		return write_field(w, event_field_of(key), p);
	if (fate == FATE_COPY || *p == 'n')
		return rewriter_value(&w->r, p, 1);
	const char *after = json_skip(p, end);
	add_as_string(w->r.out, str_slice(p, (size_t)(after - p)));
	return after;
}

/* A value that gets one level deeper; its JSON text where that is too deep. */
static void write_moved(struct writer *w, struct object *others, struct str key,
			struct str raw_key, const char *p)
{
	rewriter_member(&w->r, others, key, raw_key);

	size_t out_n = w->r.out->n, members = w->r.n;
	bool duplicate = w->r.duplicate;
	w->r.deepest = 0;
	const char *end = rewriter_value(&w->r, p, 2);
	if (w->r.deepest <= JSON_DEPTH_MAX)
		return;
	rewriter_undo(&w->r, out_n, members);
	w->r.duplicate = duplicate;
	w->plan->repairs |= REPAIR_TYPE;
	buf_add_json_string(w->r.out, str_slice(p, (size_t)(end - p)));
}

/* Step over the members at the top level: a key and where its value begins.
 * False at the end; *p is the place of the member, then of the value. */
static bool next_top(struct writer *w, const char **p, struct str *key,
		     struct str *raw_key)
{
	const char *end = w->r.scanner->end, *from;
	bool readable;

	*p = json_skip_blanks(*p, end);
	if (**p == ',')
		*p = json_skip_blanks(*p + 1, end);
	if (**p == '}')
		return false;
	from = *p;
	*raw_key = str_slice(from, (size_t)(json_skip(from, end) - from));
	*p = scan_key(w->r.scanner, from, key, &readable);
	return true;
}

static void write_others(struct writer *w)
{
	const char *p = w->first;
	struct str key, raw_key;

	own_member(w, STR("\"Others\""));
	struct object others = rewriter_open(&w->r);
	if (json_kind(w->others) == JSON_OBJECT) {
		const char *inner = w->others.s + 1;
		while (next_top(w, &inner, &key, &raw_key)) {
			rewriter_member(&w->r, &others, key, raw_key);
			inner = rewriter_value(&w->r, inner, 2);
		}
	} else if (w->others.n) {
		write_moved(w, &others, STR("Others"), STR("\"Others\""),
			    w->others.s);
	}
	while (next_top(w, &p, &key, &raw_key)) {
		if (fate_of(w->plan, key) == FATE_MOVE)
			write_moved(w, &others, key, raw_key, p);
		p = json_skip(p, w->r.scanner->end);
	}
	rewriter_close(&w->r);
}

static void write_missing(struct writer *w)
{
	const struct plan *plan = w->plan;
	const struct event_value *field = plan->event.field;

	if (field[EVENT_SERVICE_KEY].kind == JSON_ABSENT)
		add_name(own_member(w, STR("\"ServiceKey\"")),
			 plan->context->service);
	if (field[EVENT_HOST_ADDRESS].kind == JSON_ABSENT)
		add_name(own_member(w, STR("\"HostAddress\"")),
			 plan->context->host);
	if (field[EVENT_TIME_STAMP_UTC].kind == JSON_ABSENT)
		add_time(own_member(w, STR("\"TimeStampUTC\"")), plan->time);
	if (field[EVENT_LEVEL].kind == JSON_ABSENT)
		add_level(own_member(w, STR("\"Level\"")), plan->level);
	if (plan->new_time_raw)
		add_as_string(own_member(w, STR("\"TimeStampRaw\"")),
			      field[EVENT_TIME_STAMP_UTC].raw);
	if (plan->new_level_raw)
		add_as_string(own_member(w, STR("\"LevelRaw\"")),
			      field[EVENT_LEVEL].raw);
}

void mend_write(struct scanner *scanner, struct plan *plan, struct buf *out)
{
	struct writer w = { .plan = plan };
	struct str line = plan->event.line, key, raw_key;

	buf_clear(out);
	rewriter_begin(&w.r, scanner, line, out);
	w.first = json_skip_blanks(line.s, line.s + line.n) + 1;
	w.top = rewriter_open(&w.r);

	const char *p = w.first;
	while (next_top(&w, &p, &key, &raw_key))
		p = write_member(&w, key, raw_key, p);
	write_missing(&w);
	if (plan->moves)
		write_others(&w);
	if (w.r.duplicate)
		plan->repairs |= REPAIR_DUPLICATE;
	if (plan->repairs | plan->listed)
		add_words(own_member(&w, STR("\"Repaired\"")),
			  plan->repairs | plan->listed);
	rewriter_close(&w.r);
	rewriter_finish(&w.r);
}

void mend_write_unparsed(const struct plan *plan, struct str text,
			 struct buf *out)
{
	const struct mend_context *context = plan->context;
	enum event_level level = context->unparsed_level;
	int64_t ns = context->fallback_time_ns;

	buf_clear(out);
	buf_add(out, STR("{\"ServiceKey\":"));
	add_name(out, context->service);
	buf_add(out, STR(",\"HostAddress\":"));
	add_name(out, context->host);
	buf_add(out, STR(",\"TimeStampUTC\":"));
	add_time(out, (struct time_read){ ns, time_digits(ns) });
	buf_add(out, STR(",\"Title\":\"UNPARSED_LINE\",\"Additional\":"));
	buf_add_json_string(out, text);
	buf_add(out, STR(",\"Level\":"));
	add_level(out, level == LEVEL_NONE ? LEVEL_INFO : level);
	buf_add(out, STR(",\"Repaired\":"));
	add_words(out, plan->repairs | plan->listed);
	buf_add_char(out, '}');
}
