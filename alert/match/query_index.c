/* query_index.c - queries filed under (field, value)
 *
 * Which equality of an AND is the rarest is guessed from how many of the
 * queries ask for it: what all rules have in common tells them apart badly.
 *
 * Owns the maps and scratch memory. Loop thread. */
#include "alert/match/query_index.h"

#include <stdlib.h>

#include "core/map.h"
#include "event/json.h"

struct numbers {
	uint32_t *item;
	size_t n, cap;
};

struct indexed_field {
	const struct query_field *field; /* of a query */
	struct map values;               /* text -> struct numbers */
};

struct query_index {
	struct indexed_field *field;
	size_t n_fields, fields_cap;
	struct numbers unfiled;
	struct numbers found;
	uint32_t *seen; /* by query: the last turn that found it */
	uint32_t turn;
	size_t n;
	struct buf scratch;
};

/* ---- how rare ---- */

static void add_key(struct buf *out, const struct query_equality *equality)
{
	buf_add(out, str_of(equality->field->name));
	buf_add_char(out, ':');
	buf_add(out, equality->value);
}

/* Every value of an event's own field counts the same at first; then those
 * that many queries ask for weigh more. */
static unsigned weight_of(const struct query_equality *equality,
			  uintptr_t asked)
{
	unsigned weight = 50;

	if (equality->field->kind != FIELD_KEYWORD)
		weight = 60;
	else if (equality->field->event_field == EVENT_REQUEST_KEY)
		weight = 1;
	else if (equality->field->event_field == EVENT_TITLE)
		weight = 10;
	else if (equality->field->event_field == EVENT_LEVEL)
		weight = str_is(equality->value, "ERROR") ? 300 : 1000;
	return asked > 10000 ? weight * 10000 : weight * (unsigned)asked;
}

static unsigned count(void *arg, const struct query_equality *equality)
{
	struct map *asked = arg;
	struct buf AUTO(buf_release) key = { 0 };
	uintptr_t n;

	add_key(&key, equality);
	n = (uintptr_t)map_get(asked, buf_str(&key)) + 1;
	map_set(asked, buf_str(&key), (void *)n);
	return 1;
}

static unsigned weigh(void *arg, const struct query_equality *equality)
{
	struct buf AUTO(buf_release) key = { 0 };

	add_key(&key, equality);
	return weight_of(equality, (uintptr_t)map_get(arg, buf_str(&key)));
}

/* ---- filing ---- */

static struct map *values_of(struct query_index *x,
			     const struct query_field *field)
{
	struct indexed_field *new;

	for (size_t i = 0; i < x->n_fields; i++)
		if (strcmp(x->field[i].field->name, field->name) == 0)
			return &x->field[i].values;
	new = ARRAY_PUSH(x->field, x->n_fields, x->fields_cap);
	*new = (struct indexed_field){ .field = field };
	return &new->values;
}

static void file(struct query_index *x, uint32_t number,
		 const struct query_required *required)
{
	for (size_t i = 0; i < required->n; i++) {
		const struct query_equality *equality = &required->item[i];
		struct map *values = values_of(x, equality->field);
		struct numbers *list = map_get(values, equality->value);

		if (!list) {
			list = xcalloc(1, sizeof(*list));
			map_set(values, equality->value, list);
		}
		*ARRAY_PUSH(list->item, list->n, list->cap) = number;
	}
}

/* What one of the list needs, all together. False: nothing narrows it. */
static bool require_any(const struct query_index_item *item, struct map *asked,
			struct query_required out[])
{
	for (size_t i = 0; i < item->n_any; i++) {
		if (query_required(item->any[i], weigh, asked, &out[i]))
			continue;
		while (i-- > 0)
			query_required_release(&out[i]);
		return false;
	}
	return item->n_any > 0;
}

static void file_item(struct query_index *x, uint32_t number,
		      const struct query_index_item *item, struct map *asked)
{
	struct query_required all, *any;

	if (item->all && query_required(item->all, weigh, asked, &all)) {
		file(x, number, &all);
		query_required_release(&all);
		return;
	}
	any = xcalloc(item->n_any, sizeof(*any));
	if (!require_any(item, asked, any)) {
		*ARRAY_PUSH(x->unfiled.item, x->unfiled.n, x->unfiled.cap) =
			number;
		free(any);
		return;
	}
	for (size_t i = 0; i < item->n_any; i++) {
		file(x, number, &any[i]);
		query_required_release(&any[i]);
	}
	free(any);
}

static void count_query(const struct query *query, struct map *asked)
{
	struct query_required required;

	if (query && query_required(query, count, asked, &required))
		query_required_release(&required);
}

struct query_index *query_index_open(const struct query_index_item item[],
				     size_t n)
{
	struct query_index *x = xcalloc(1, sizeof(*x));
	struct map asked = { 0 };

	ENSURE(n < UINT32_MAX);
	x->n = n;
	x->seen = xcalloc(n, sizeof(*x->seen));
	for (size_t i = 0; i < n; i++) {
		count_query(item[i].all, &asked);
		for (size_t k = 0; k < item[i].n_any; k++)
			count_query(item[i].any[k], &asked);
	}
	for (size_t i = 0; i < n; i++)
		file_item(x, (uint32_t)i, &item[i], &asked);
	map_release(&asked, NULL);
	return x;
}

static void numbers_free(void *value)
{
	struct numbers *list = value;

	free(list->item);
	free(list);
}

void query_index_close(struct query_index *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->n_fields; i++)
		map_release(&x->field[i].values, numbers_free);
	free(x->field);
	free(x->unfiled.item);
	free(x->found.item);
	free(x->seen);
	buf_release(&x->scratch);
	free(x);
}

/* ---- finding ---- */

struct lookup {
	struct query_index *index;
	const struct map *values;
};

static void take(struct query_index *x, const struct numbers *list)
{
	for (size_t i = 0; i < list->n; i++) {
		uint32_t number = list->item[i];

		if (x->seen[number] == x->turn)
			continue;
		x->seen[number] = x->turn;
		*ARRAY_PUSH(x->found.item, x->found.n, x->found.cap) = number;
	}
}

static bool look_up(void *arg, struct str raw)
{
	struct lookup *l = arg;
	struct buf *scratch = &l->index->scratch;
	enum json_kind kind = json_kind(raw);
	const struct numbers *list;

	if (kind == JSON_ABSENT || kind == JSON_NULL || kind == JSON_OBJECT ||
	    kind == JSON_ARRAY)
		return false;
	buf_clear(scratch);
	list = map_get(l->values, json_text(raw, scratch));
	if (list)
		take(l->index, list);
	return false;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

const uint32_t *query_index_find(struct query_index *x,
				 const struct event *event, size_t *n)
{
	if (++x->turn == 0) {
		memset(x->seen, 0, x->n * sizeof(*x->seen));
		x->turn = 1;
	}
	x->found.n = 0;
	take(x, &x->unfiled);
	for (size_t i = 0; i < x->n_fields; i++) {
		struct lookup l = { x, &x->field[i].values };

		query_field_visit(x->field[i].field, event, look_up, &l);
	}
	*n = x->found.n;
	if (x->found.n > x->unfiled.n)
		qsort(x->found.item, x->found.n, sizeof(*x->found.item),
		      compare);
	return x->found.item;
}

size_t query_index_unfiled(const struct query_index *x)
{
	return x->unfiled.n;
}
