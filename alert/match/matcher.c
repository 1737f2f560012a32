/* matcher.c - events against the queries of all series
 *
 * Owns scratch memory only. Loop thread. */
#include "alert/match/matcher.h"

#include <stdio.h>
#include <stdlib.h>

#include "event/json.h"
#include "event/utf8.h"

struct matcher {
	const struct ruleset *rules;
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

struct matcher *matcher_open(const struct ruleset *rules)
{
	struct matcher *m = xcalloc(1, sizeof(*m));

	m->rules = rules;
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

/* Below an object: the whole path as one key first, then split at each dot. */
static bool find_path(struct str object, struct str path, struct str *value)
{
	if (json_kind(object) != JSON_OBJECT)
		return false;
	if (json_find(object, path, value))
		return true;
	for (size_t i = 1; i + 1 < path.n; i++) {
		struct str below;
		if (path.s[i] != '.' ||
		    !json_find(object, str_slice(path.s, i), &below))
			continue;
		if (find_path(below, str_slice(path.s + i + 1, path.n - i - 1),
			      value))
			return true;
	}
	return false;
}

static bool below_additional(struct str path, struct str *rest)
{
	static const char *const root[] = { "Additional.", "AdditionalFlat.",
					    "AdditionalNum." };

	for (size_t i = 0; i < ARRAY_LENGTH(root); i++) {
		struct str prefix = str_of(root[i]);
		if (!str_has_prefix(path, prefix))
			continue;
		*rest = str_slice(path.s + prefix.n, path.n - prefix.n);
		return true;
	}
	return false;
}

struct str event_path_text(const struct event *event, struct str path,
			   struct buf *scratch)
{
	enum event_field field = event_field_of(path);
	struct str rest, raw;
	bool found;

	if (field < EVENT_FIELDS)
		return event_has(event, field)
			       ? event_text(&event->field[field], scratch)
			       : STR("");
	if (below_additional(path, &rest))
		found = find_path(event->field[EVENT_ADDITIONAL].raw, rest,
				  &raw);
	else
		found = find_path(event->line, path, &raw);
	if (!found || json_kind(raw) == JSON_NULL)
		return STR("");
	return json_text(raw, scratch);
}

static struct str bounded(struct str text, struct buf *scratch)
{
	struct str head;

	if (text.n <= GROUP_VALUE_MAX)
		return text;
	struct buf AUTO(buf_release) cut = { 0 };
	head = utf8_cut(text, 1000);
	buf_add(&cut, head);
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
		ENSURE(entry.n_values <= ENVELOPE_VALUES_MAX);
		for (size_t k = 0; k < entry.n_values; k++) {
			struct str path = str_of(series->group_by->item[k]);
			buf_clear(&m->text[k]);
			value[k] = bounded(
				event_path_text(event, path, &m->text[k]),
				&m->text[k]);
		}
		found(arg, series, &entry);
		n++;
	}
	return n;
}
