/* matcher.c - events against the queries of all series
 *
 * Owns scratch memory only. Loop thread. */
#include "alert/match/matcher.h"

#include <stdlib.h>

#include "event/query_field.h"
#include "event/utf8.h"

struct matcher {
	const struct ruleset *rules;
	struct query_field **field; /* by series, of group_by */
	uint64_t *id;
	struct buf scratch; /* of the query's cache */
	struct buf text[ENVELOPE_VALUES_MAX];
	uint64_t limited;
};

static int compare_ids(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static struct query_field *fields_of(const struct series *series,
				     const struct query_options *options)
{
	size_t n = series->group_by->n;
	struct query_field *field = xcalloc(n, sizeof(*field));

	ENSURE(n <= ENVELOPE_VALUES_MAX);
	/* The rule has been checked; what is unknown now reads as missing. */
	for (size_t i = 0; i < n; i++)
		if (!query_field_parse(str_of(series->group_by->item[i]),
				       options, &field[i], NULL))
			field[i] =
				(struct query_field){ .kind = FIELD_UNKNOWN };
	return field;
}

struct matcher *matcher_open(const struct ruleset *rules,
			     const struct query_options *fields)
{
	struct matcher *m = xcalloc(1, sizeof(*m));

	m->rules = rules;
	m->field = xcalloc(rules->n_series, sizeof(struct query_field *));
	for (size_t i = 0; i < rules->n_series; i++)
		m->field[i] = fields_of(rules->series[i], fields);
	m->id = xcalloc(rules->n_series, sizeof(*m->id));
	for (size_t i = 0; i < rules->n_series; i++)
		m->id[i] = rules->series[i]->id;
	qsort(m->id, rules->n_series, sizeof(*m->id), compare_ids);
	return m;
}

void matcher_close(struct matcher *m)
{
	if (!m)
		return;
	buf_release(&m->scratch);
	for (size_t i = 0; i < ARRAY_LENGTH(m->text); i++)
		buf_release(&m->text[i]);
	for (size_t i = 0; i < m->rules->n_series; i++) {
		for (size_t k = 0; k < m->rules->series[i]->group_by->n; k++)
			query_field_release(&m->field[i][k]);
		free(m->field[i]);
	}
	free(m->field);
	free(m->id);
	free(m);
}

const uint64_t *matcher_series(const struct matcher *m, size_t *n)
{
	*n = m->rules->n_series;
	return m->id;
}

uint64_t matcher_limited(const struct matcher *m)
{
	return m->limited;
}

static struct str group_value(const struct query_field *field,
			      const struct event *event, struct buf *scratch)
{
	struct str text;

	if (field->kind == FIELD_UNKNOWN)
		return STR("");
	buf_clear(scratch);
	text = query_field_text(field, event, scratch);
	if (text.n <= GROUP_VALUE_MAX)
		return text;
	struct buf AUTO(buf_release) cut = { 0 };
	buf_add(&cut, utf8_cut(text, 1000));
	buf_add_format(&cut, "#%016llx", (unsigned long long)str_hash(text));
	buf_clear(scratch);
	buf_add(scratch, buf_str(&cut));
	return buf_str(scratch);
}

size_t matcher_match(struct matcher *m, const struct event *event,
		     void (*found)(void *arg, const struct series *series,
				   const struct envelope_entry *entry),
		     void *arg)
{
	struct query_event seen = { .event = event, .scratch = &m->scratch };
	struct str value[ENVELOPE_VALUES_MAX];
	size_t n = 0;

	buf_clear(&m->scratch);
	for (size_t i = 0; i < m->rules->n_series; i++) {
		const struct series *series = m->rules->series[i];
		struct envelope_entry entry = { .series = series->id,
						.value = value };
		if (!query_matches(series->query, &seen, &m->limited))
			continue;
		entry.n_values = series->group_by->n;
		for (size_t k = 0; k < entry.n_values; k++)
			value[k] = group_value(&m->field[i][k], event,
					       &m->text[k]);
		found(arg, series, &entry);
		n++;
	}
	return n;
}
