/* tops.c - the commonest values of some fields in a group
 *
 * Owns a ring of the newest events and the texts that they point at. Pure. */
#include "alert/window/tops.h"

#include <stdlib.h>

#include "alert/match/packed.h"
#include "core/map.h"

struct text {
	size_t users;
	char *s;
	size_t n;
};

struct place {
	int64_t time;
	struct text **text; /* one a field; NULL: no value */
};

struct tops {
	size_t n_fields;
	struct place *place;
	size_t n, cap;
	size_t oldest; /* where the ring begins once it is full */
	struct map texts;
};

struct tops *tops_open(size_t n_fields)
{
	struct tops *t = xcalloc(1, sizeof(*t));

	t->n_fields = n_fields;
	return t;
}

static void text_free(void *value)
{
	struct text *text = value;

	free(text->s);
	free(text);
}

void tops_close(struct tops *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		free(t->place[i].text);
	free(t->place);
	map_release(&t->texts, text_free);
	free(t);
}

static struct text *text_use(struct tops *t, struct str s)
{
	struct text *text;

	if (s.n == 0)
		return NULL;
	text = map_get(&t->texts, s);
	if (!text) {
		text = xcalloc(1, sizeof(*text));
		text->s = str_dup(s);
		text->n = s.n;
		map_set(&t->texts, s, text);
	}
	text->users++;
	return text;
}

static void text_leave(struct tops *t, struct text *text)
{
	if (!text || --text->users > 0)
		return;
	map_remove(&t->texts, str_slice(text->s, text->n));
	text_free(text);
}

/* The place for one more event, emptied. */
static struct place *take_place(struct tops *t, bool grow)
{
	struct place *place;

	if (grow) {
		place = ARRAY_PUSH(t->place, t->n, t->cap);
		place->text = xcalloc(t->n_fields, sizeof(struct text *));
		return place;
	}
	place = &t->place[t->oldest];
	t->oldest = (t->oldest + 1) % t->n;
	for (size_t i = 0; i < t->n_fields; i++) {
		text_leave(t, place->text[i]);
		place->text[i] = NULL;
	}
	return place;
}

bool tops_add(struct tops *t, int64_t time_ns, struct str values, bool may_grow)
{
	/* A ring that has begun to turn does not grow: its order would go. */
	bool grow = t->oldest == 0 && t->n < TOPS_EVENTS_MAX &&
		    (may_grow || t->n < TOPS_EVENTS_MIN);
	struct place *place = take_place(t, grow);
	struct str value;

	place->time = time_ns;
	for (size_t i = 0; i < t->n_fields && packed_next(&values, &value); i++)
		place->text[i] = text_use(t, value);
	return grow;
}

size_t tops_n(const struct tops *t)
{
	return t->n;
}

/* ---- counting ---- */

struct counted {
	const struct text *text;
	int64_t n;
};

static int by_text(const void *a, const void *b)
{
	const struct text *x = *(const struct text *const *)a;
	const struct text *y = *(const struct text *const *)b;

	return x == y ? 0 : strcmp(x->s, y->s);
}

static int by_count(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return strcmp(x->text->s, y->text->s);
}

/* The texts of the window, equal ones beside each other. */
static size_t gather(const struct tops *t, size_t field, int64_t from_ns,
		     int64_t to_ns, const struct text **out)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct place *place = &t->place[i];
		if (place->text[field] && place->time > from_ns &&
		    place->time <= to_ns)
			out[n++] = place->text[field];
	}
	qsort(out, n, sizeof(*out), by_text);
	return n;
}

bool tops_tell(const struct tops *t, size_t i, int64_t from_ns, int64_t to_ns,
	       struct buf *json)
{
	const struct text **text = xcalloc(t->n, sizeof(*text));
	struct counted *counted = xcalloc(t->n, sizeof(*counted));
	size_t n = gather(t, i, from_ns, to_ns, text), distinct = 0;

	for (size_t k = 0; k < n; k++) {
		if (k == 0 || text[k] != text[k - 1])
			counted[distinct++].text = text[k];
		counted[distinct - 1].n++;
	}
	qsort(counted, distinct, sizeof(*counted), by_count);
	for (size_t k = 0; k < distinct && k < TOPS_TOLD; k++) {
		buf_add_text(json, k == 0 ? "[{\"value\":" : ",{\"value\":");
		buf_add_json_string(json, str_slice(counted[k].text->s,
						    counted[k].text->n));
		buf_add_format(json, ",\"count\":%lld}",
			       (long long)counted[k].n);
	}
	if (distinct > 0)
		buf_add_char(json, ']');
	free(counted);
	free(text);
	return distinct > 0;
}
