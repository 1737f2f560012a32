/* transition.c - ids, causes, pairs and copies of transitions
 *
 * Owns nothing. Pure; any thread. */
#include "alert/transition.h"

#include <stdlib.h>

bool cause_follows(struct cause next, struct cause last)
{
	if (last.offset < 0 || next.partition != last.partition)
		return true;
	if (next.offset != last.offset)
		return next.offset > last.offset;
	return next.step > last.step;
}

bool cause_parse(struct str text, struct cause *out)
{
	int64_t partition, offset, step = 0;
	const char *colon = text.n ? memchr(text.s, ':', text.n) : NULL;

	if (!colon)
		return false;
	struct str head = str_slice(text.s, (size_t)(colon - text.s));
	struct str tail = str_slice(colon + 1, text.n - head.n - 1);
	const char *dot = tail.n ? memchr(tail.s, '.', tail.n) : NULL;
	if (dot) {
		size_t n = (size_t)(dot - tail.s);
		if (!str_to_int64(str_slice(dot + 1, tail.n - n - 1), 0,
				  INT32_MAX, &step))
			return false;
		tail.n = n;
	}
	if (!str_to_int64(head, 0, INT32_MAX, &partition) ||
	    !str_to_int64(tail, 0, INT64_MAX, &offset))
		return false;
	*out = (struct cause){ (int32_t)partition, offset, (int32_t)step };
	return true;
}

void cause_format(struct cause cause, struct buf *out)
{
	buf_add_int(out, cause.partition);
	buf_add_char(out, ':');
	buf_add_int(out, cause.offset);
	if (cause.step > 0) {
		buf_add_char(out, '.');
		buf_add_int(out, cause.step);
	}
}

void alert_pairs_add(struct alert_pairs *pairs, struct str name,
		     struct str value)
{
	struct alert_pair *pair = ARRAY_PUSH(pairs->item, pairs->n, pairs->cap);

	pair->name = str_dup(name);
	pair->value = str_dup(value);
	pair->n = value.n;
}

struct str alert_pairs_get(const struct alert_pairs *pairs, const char *name)
{
	for (size_t i = 0; i < pairs->n; i++) {
		const struct alert_pair *pair = &pairs->item[i];
		if (strcmp(pair->name, name) == 0)
			return str_slice(pair->value, pair->n);
	}
	return STR_NONE;
}

static void pairs_release(struct alert_pairs *pairs)
{
	for (size_t i = 0; i < pairs->n; i++) {
		free(pairs->item[i].name);
		free(pairs->item[i].value);
	}
	free(pairs->item);
	*pairs = (struct alert_pairs){ 0 };
}

static void pairs_copy(const struct alert_pairs *from, struct alert_pairs *to)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct alert_pair *pair = &from->item[i];
		alert_pairs_add(to, str_of(pair->name),
				str_slice(pair->value, pair->n));
	}
}

struct str alert_value_text(const struct alert_value *v)
{
	return v->kind == ALERT_VALUE_TEXT ? str_slice(v->text, v->n)
					   : STR_NONE;
}

void alert_value_set(struct alert_value *v, struct str text)
{
	struct alert_value set = { ALERT_VALUE_NONE, 0, NULL, 0 };

	if (text.s) {
		set.kind = ALERT_VALUE_TEXT;
		set.text = str_dup(text);
		set.n = text.n;
	}
	free(v->text);
	*v = set;
}

struct alert_value alert_value_copy(const struct alert_value *v)
{
	struct alert_value copy = *v;

	if (v->text)
		copy.text = str_dup(str_slice(v->text, v->n));
	return copy;
}

void alert_value_release(struct alert_value *v)
{
	free(v->text);
	*v = (struct alert_value){ 0 };
}

void transition_release(struct transition *t)
{
	free(t->rule);
	free(t->reason);
	free(t->link);
	alert_value_release(&t->value);
	alert_value_release(&t->reference);
	pairs_release(&t->group);
	pairs_release(&t->labels);
	pairs_release(&t->annotations);
	pairs_release(&t->samples);
	pairs_release(&t->top);
	pairs_release(&t->receivers);
	*t = (struct transition){ 0 };
}

static char *text_copy(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

void transition_copy(const struct transition *from, struct transition *to)
{
	*to = *from;
	to->rule = text_copy(from->rule);
	to->reason = text_copy(from->reason);
	to->link = text_copy(from->link);
	to->value = alert_value_copy(&from->value);
	to->reference = alert_value_copy(&from->reference);
	to->group = (struct alert_pairs){ 0 };
	to->labels = to->annotations = to->group;
	to->samples = to->receivers = to->top = to->group;
	pairs_copy(&from->group, &to->group);
	pairs_copy(&from->labels, &to->labels);
	pairs_copy(&from->annotations, &to->annotations);
	pairs_copy(&from->samples, &to->samples);
	pairs_copy(&from->top, &to->top);
	pairs_copy(&from->receivers, &to->receivers);
}

static void add_part(struct buf *out, struct str part)
{
	buf_add_uint(out, part.n);
	buf_add_char(out, ':');
	buf_add(out, part);
}

void alert_id(struct str rule, const struct alert_pairs *group,
	      char out[ALERT_ID_BYTES + 1])
{
	static const char digit[] = "0123456789abcdef";
	struct buf AUTO(buf_release) parts = { 0 };

	add_part(&parts, rule);
	for (size_t i = 0; i < group->n; i++) {
		const struct alert_pair *pair = &group->item[i];
		add_part(&parts, str_of(pair->name));
		add_part(&parts, str_slice(pair->value, pair->n));
	}
	uint64_t hash = str_hash(buf_str(&parts));
	for (int i = ALERT_ID_BYTES - 1; i >= 0; i--, hash >>= 4)
		out[i] = digit[hash & 15];
	out[ALERT_ID_BYTES] = '\0';
}

const char *alert_state_name(enum alert_state state)
{
	static const char *const name[] = { "pending", "firing", "resolved" };

	return name[state];
}
