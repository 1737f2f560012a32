/* matcher.c - events against the queries of all series
 *
 * Owns scratch memory only. Loop thread. */
#include "alert/match/matcher_internal.h"

#include <stdlib.h>

#include "event/utf8.h"

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* The rule has been checked; what is unknown now reads as missing. */
static struct query_field field_of(const char *name,
				   const struct query_options *options)
{
	struct query_field field = { .kind = FIELD_UNKNOWN };

	if (!query_field_parse(str_of(name), options, &field, NULL))
		field = (struct query_field){ .kind = FIELD_UNKNOWN };
	return field;
}

static void open_series(struct matched_series *out, const struct series *series,
			const struct query_options *options)
{
	size_t n = series->group_by->n;

	ENSURE(n < ENVELOPE_VALUES_MAX);
	out->series = series;
	out->group = xcalloc(n, sizeof(*out->group));
	for (size_t i = 0; i < n; i++)
		out->group[i] = field_of(series->group_by->item[i], options);
	if (series->field)
		out->field = field_of(series->field, options);
	out->top = xcalloc(series->n_top, sizeof(*out->top));
	for (size_t i = 0; i < series->n_top; i++)
		out->top[i] = field_of(series->top[i], options);
}

static void close_series(struct matched_series *s)
{
	for (size_t i = 0; i < s->series->group_by->n; i++)
		query_field_release(&s->group[i]);
	for (size_t i = 0; i < s->series->n_top; i++)
		query_field_release(&s->top[i]);
	free(s->top);
	free(s->group);
	if (s->series->field)
		query_field_release(&s->field);
}

/* Matches without a mark are of no use to a sequence: its stages narrow it
 * where its own query is "*". */
static struct query_index *index_of(const struct ruleset *rules)
{
	size_t n = rules->n_series;
	struct query_index_item *item = xcalloc(n, sizeof(*item));
	struct query_index *index;

	for (size_t i = 0; i < n; i++) {
		const struct series *series = rules->series[i];
		item[i].all = series->query;
		item[i].any = series->mark;
		item[i].n_any = series->marked_only ? series->n_marks : 0;
	}
	index = query_index_open(item, n);
	free(item);
	return index;
}

struct matcher *matcher_open(const struct ruleset *rules,
			     const struct query_options *fields)
{
	struct matcher *m = xcalloc(1, sizeof(*m));

	m->n = rules->n_series;
	m->series = xcalloc(m->n, sizeof(*m->series));
	m->id = xcalloc(m->n, sizeof(*m->id));
	for (size_t i = 0; i < m->n; i++) {
		open_series(&m->series[i], rules->series[i], fields);
		m->id[i] = rules->series[i]->id;
	}
	m->index = index_of(rules);
	qsort(m->id, m->n, sizeof(*m->id), compare_ids);
	return m;
}

void matcher_close(struct matcher *m)
{
	if (!m)
		return;
	query_index_close(m->index);
	buf_release(&m->scratch);
	buf_release(&m->field_text);
	buf_release(&m->top_text);
	buf_release(&m->top_value);
	for (size_t i = 0; i < ARRAY_LENGTH(m->text); i++)
		buf_release(&m->text[i]);
	for (size_t i = 0; i < m->n; i++)
		close_series(&m->series[i]);
	free(m->series);
	free(m->id);
	free(m);
}

const uint64_t *matcher_series(const struct matcher *m, size_t *n)
{
	*n = m->n;
	return m->id;
}

uint64_t matcher_limited(const struct matcher *m)
{
	return m->limited;
}

struct str matcher_group_value(struct str text, struct buf *scratch)
{
	struct buf AUTO(buf_release) cut = { 0 };

	if (text.n <= GROUP_VALUE_MAX)
		return text;
	buf_add(&cut, utf8_cut(text, 1000));
	buf_add_format(&cut, "#%016llx", (unsigned long long)str_hash(text));
	buf_clear(scratch);
	buf_add(scratch, buf_str(&cut));
	return buf_str(scratch);
}

static struct str group_value(const struct query_field *field,
			      const struct event *event, struct buf *scratch)
{
	if (field->kind == FIELD_UNKNOWN)
		return STR("");
	buf_clear(scratch);
	return matcher_group_value(query_field_text(field, event, scratch),
				   scratch);
}

static uint64_t marks_of(struct matcher *m, const struct series *series,
			 struct query_event *seen)
{
	uint64_t marks = 0;

	for (size_t i = 0; i < series->n_marks; i++)
		if (query_matches(series->mark[i], seen, &m->limited))
			marks |= UINT64_C(1) << i;
	return marks;
}

/* One series; how often found() was called. */
static size_t match_series(struct matcher *m, struct matched_series *s,
			   struct query_event *seen, matcher_found *found,
			   void *arg)
{
	const struct series *series = s->series;
	struct str value[ENVELOPE_VALUES_MAX];
	struct envelope_entry entry = { .series = series->id,
					.value = value,
					.n_values = series->group_by->n };

	if (!query_matches(series->query, seen, &m->limited))
		return 0;
	entry.marks = marks_of(m, series, seen);
	if (series->marked_only && entry.marks == 0)
		return 0;
	for (size_t k = 0; k < entry.n_values; k++)
		value[k] = group_value(&s->group[k], seen->event, &m->text[k]);
	entry.top = matcher_top(m, s, seen->event);
	if (series->field_as != SERIES_FIELD_NONE)
		return matcher_tell_field(m, s, seen->event, &entry, value,
					  found, arg);
	found(arg, series, &entry);
	return 1;
}

size_t matcher_match(struct matcher *m, const struct event *event,
		     int64_t now_ms, matcher_found *found, void *arg)
{
	struct query_event seen = { .event = event,
				    .scratch = &m->scratch,
				    .now_ms = now_ms };
	size_t n = 0, candidates;
	const uint32_t *number = query_index_find(m->index, event, &candidates);

	buf_clear(&m->scratch);
	for (size_t i = 0; i < candidates; i++)
		n += match_series(m, &m->series[number[i]], &seen, found, arg);
	return n;
}
