/* mend_rewrite.c - copy JSON, the last of equal keys winning
 *
 * A member is written with the comma behind it, so an earlier one can go
 * without leaving a trace: what replaces it always follows. Owns the list of
 * members. The scanner's thread. */
#include "event/mend_private.h"

#include <stdlib.h>

#include "event/json_bytes.h"

void rewriter_begin(struct rewriter *r, struct scanner *scanner,
		    struct str text, struct buf *out)
{
	*r = (struct rewriter){ .scanner = scanner, .out = out };
	scan_begin(scanner, text);
	/* Top-level keys are read twice, and decoded keys must not move. */
	ENSURE(buf_room(&scanner->decoded, 2 * text.n));
}

struct object rewriter_open(struct rewriter *r)
{
	buf_add_char(r->out, '{');
	return (struct object){ .number = r->scanner->objects++,
				.empty = true };
}

void rewriter_close(struct rewriter *r)
{
	buf_add_char(r->out, '}');
}

void rewriter_member(struct rewriter *r, struct object *object, struct str key,
		     struct str raw_key)
{
	bool known;

	if (!object->empty) {
		buf_add_char(r->out, ',');
		r->members[object->last].end = r->out->n;
	}
	uint32_t *place =
		key_table_add(&r->scanner->keys, object->number, key, &known);
	if (known) {
		r->members[*place].dead = true;
		r->duplicate = true;
	}
	*place = (uint32_t)r->n;
	object->last = r->n;
	object->empty = false;
	*ARRAY_PUSH(r->members, r->n, r->cap) =
		(struct member){ .start = r->out->n };
	buf_add(r->out, raw_key);
	buf_add_char(r->out, ':');
}

void rewriter_undo(struct rewriter *r, size_t out_n, size_t n)
{
	buf_truncate(r->out, out_n);
	r->n = n;
}

/* Past the bracket or comma at p and the blanks behind it. */
static const char *after(struct rewriter *r, const char *p)
{
	return json_skip_blanks(p + 1, r->scanner->end);
}

static const char *copy_object(struct rewriter *r, const char *p,
			       unsigned depth)
{
	struct object object = rewriter_open(r);
	const char *end = r->scanner->end;

	for (p = after(r, p); *p != '}'; p = *p == ',' ? after(r, p) : p) {
		const char *from = p;
		struct str key;
		bool readable;
		p = scan_key(r->scanner, p, &key, &readable);
		rewriter_member(
			r, &object, key,
			str_slice(from, (size_t)(json_skip(from, end) - from)));
		p = json_skip_blanks(rewriter_value(r, p, depth), end);
	}
	rewriter_close(r);
	return p + 1;
}

static const char *copy_array(struct rewriter *r, const char *p, unsigned depth)
{
	const char *end = r->scanner->end;

	buf_add_char(r->out, '[');
	for (p = after(r, p); *p != ']';) {
		p = json_skip_blanks(rewriter_value(r, p, depth), end);
		if (*p != ',')
			continue;
		buf_add_char(r->out, ',');
		p = after(r, p);
	}
	buf_add_char(r->out, ']');
	return p + 1;
}

const char *rewriter_value(struct rewriter *r, const char *p, unsigned depth)
{
	if (*p == '{' || *p == '[') {
		depth++;
		if (depth > r->deepest)
			r->deepest = depth;
		return *p == '{' ? copy_object(r, p, depth)
				 : copy_array(r, p, depth);
	}
	const char *end = json_skip(p, r->scanner->end);
	buf_add(r->out, str_slice(p, (size_t)(end - p)));
	return end;
}

/* Close the gaps that members taken back have left. */
static void close_gaps(struct rewriter *r)
{
	char *text = r->out->p;
	size_t to = 0, from = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct member *m = &r->members[i];
		if (!m->dead || m->start < from)
			continue;
		memmove(text + to, text + from, m->start - from);
		to += m->start - from;
		from = m->end;
	}
	memmove(text + to, text + from, r->out->n - from);
	buf_truncate(r->out, to + r->out->n - from);
}

void rewriter_finish(struct rewriter *r)
{
	if (r->duplicate)
		close_gaps(r);
	free(r->members);
	r->members = NULL;
}
