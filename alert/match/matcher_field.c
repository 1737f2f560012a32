/* matcher_field.c - what of the rules' `field` and `top` goes along with a
 * match
 *
 * Uses the matcher's scratch. Loop thread. */
#include "alert/match/matcher_internal.h"

#include "alert/match/packed.h"
#include "event/json.h"
#include "event/utf8.h"

/* A field of many megabytes in one event is nobody's number; what is beyond
 * does not count. */
enum { PACKED_BYTES_MAX = 64 * 1024, TOP_BYTES_MAX = 200 };

struct visit {
	struct matcher *m;
	struct buf *scratch;
	const struct series *series;
	struct envelope_entry *entry;
	struct str *value;
	matcher_found *found;
	void *arg;
	size_t told;
};

/* null, [], {} and an object are no values. */
static bool is_value(struct str raw)
{
	switch (json_kind(raw)) {
	case JSON_STRING:
	case JSON_NUMBER:
	case JSON_TRUE:
	case JSON_FALSE: return true;
	default: return false;
	}
}

static bool pack(void *arg, struct str raw)
{
	struct visit *v = arg;
	struct buf *packed = &v->m->field_text;
	struct str text;

	if (!is_value(raw))
		return false;
	buf_clear(v->scratch);
	text = matcher_group_value(json_text(raw, v->scratch), v->scratch);
	if (packed->n + text.n > PACKED_BYTES_MAX)
		return true;
	packed_add(packed, text);
	return false;
}

static bool tell_term(void *arg, struct str raw)
{
	struct visit *v = arg;
	struct envelope_entry *entry = v->entry;

	if (!is_value(raw))
		return false;
	buf_clear(v->scratch);
	v->value[entry->n_values - 1] =
		matcher_group_value(json_text(raw, v->scratch), v->scratch);
	v->found(v->arg, v->series, entry);
	v->told++;
	return false;
}

struct str matcher_top(struct matcher *m, const struct matched_series *s,
		       const struct event *event)
{
	struct buf *packed = &m->top_text;

	if (s->series->n_top == 0)
		return STR_NONE;
	buf_clear(packed);
	for (size_t i = 0; i < s->series->n_top; i++) {
		struct str text = STR("");

		buf_clear(&m->top_value);
		if (s->top[i].kind != FIELD_UNKNOWN)
			text = query_field_text(&s->top[i], event,
						&m->top_value);
		packed_add(packed, utf8_cut(text, TOP_BYTES_MAX));
	}
	return buf_str(packed);
}

size_t matcher_tell_field(struct matcher *m, const struct matched_series *s,
			  const struct event *event,
			  struct envelope_entry *entry, struct str value[],
			  matcher_found *found, void *arg)
{
	struct visit v = { .m = m,
			   .scratch = &m->text[entry->n_values],
			   .series = s->series,
			   .entry = entry,
			   .value = value,
			   .found = found,
			   .arg = arg };

	buf_clear(&m->field_text);
	buf_clear(v.scratch);
	switch (s->series->field_as) {
	case SERIES_FIELD_TERM:
		entry->n_values++;
		query_field_visit(&s->field, event, tell_term, &v);
		return v.told;
	case SERIES_FIELD_ELEMENTS:
		query_field_visit(&s->field, event, pack, &v);
		entry->field = buf_str(&m->field_text);
		if (entry->field.n == 0)
			return 0;
		break;
	case SERIES_FIELD_TEXT:
		if (!query_field_value(&s->field, event, v.scratch,
				       &entry->field))
			return 0;
		entry->field = matcher_group_value(entry->field, v.scratch);
		break;
	case SERIES_FIELD_NONE: break;
	}
	found(arg, s->series, entry);
	return 1;
}
