/* engine_memory.c - what `<prefix>.memory` holds, and what goes there
 *
 * What was recalled is taken in before anything is applied, least recently
 * seen first, so that max_groups drops the right ones. From then on a group is
 * written when it is new or was seen so much later than the record says, and
 * forgotten when its last tracker is dropped. While the windows are rebuilt
 * nothing is written: it lies there already. Loop thread. */
#include "alert/window/engine_internal.h"

#include <stdlib.h>

struct recalled {
	struct str key; /* owned */
	struct memory memory;
};

static struct str str_copy(struct str s)
{
	return str_slice(str_dup(s), s.n);
}

static void str_free(struct str s)
{
	free((void *)(uintptr_t)s.s);
}

static void recalled_free(void *value)
{
	struct recalled *r = value;

	str_free(r->key);
	free(r);
}

void engine_memory_release(struct engine *e)
{
	map_release(&e->recalled, recalled_free);
	for (size_t i = 0; i < e->n_forgotten; i++)
		str_free(e->forgotten[i].key);
	free(e->forgotten);
}

/* ---- recalling ---- */

bool engine_recall(struct engine *e, struct str key, struct str value,
		   struct error *err)
{
	struct recalled *r = map_get(&e->recalled, key);
	struct memory_key parsed;
	struct memory memory;

	ENSURE(!e->recall_done);
	if (!value.s) {
		(void)map_remove(&e->recalled, key);
		if (r)
			recalled_free(r);
		return true;
	}
	if (!memory_key_read(key, &parsed, err) ||
	    !memory_read(value, &memory, err))
		return false;
	if (!r) {
		r = xcalloc(1, sizeof(*r));
		r->key = str_copy(key);
		map_set(&e->recalled, key, r);
	}
	r->memory = memory;
	return true;
}

static void forget_later(struct engine *e, struct str key, int64_t until)
{
	*ARRAY_PUSH(e->forgotten, e->n_forgotten, e->forgotten_cap) =
		(struct forgotten){ str_copy(key), until };
}

static void take_start(struct series_run *series, const struct memory *memory)
{
	series->start_written = true;
	series->start = *memory;
	if (memory->since < series->started)
		series->started = memory->since;
}

static void take_group(struct engine *e, struct series_run *series,
		       const struct memory_key *key,
		       const struct memory *memory)
{
	struct group *group = engine_group(e, series, key->value, true);
	struct tracker *t;

	group->remembered = true;
	group->memory = *memory;
	for (size_t i = 0; i < series->n_runs; i++) {
		if (!series->run[i].type->recall)
			continue;
		t = engine_tracker(e, group, i);
		if (!t)
			continue;
		t->last_event = memory->last;
		t->type->recall(t, memory);
		engine_touch(e, t);
	}
	engine_drop_if_empty(e, group);
}

static void take(struct engine *e, const struct recalled *r)
{
	struct series_run *series;
	struct memory_key key;
	struct error err;

	ENSURE(memory_key_read(r->key, &key, &err));
	series = map_get(&e->series_by_id, str_slice((const char *)&key.series,
						     sizeof(key.series)));
	if (series && key.kind == MEMORY_SERIES && key.n_values == 0)
		take_start(series, &r->memory);
	else if (series && key.kind == MEMORY_GROUP &&
		 key.n_values == rule_group_values(series->series->rule[0]))
		take_group(e, series, &key, &r->memory);
	else
		/* Other workers may have its rule, or this one soon. */
		forget_later(e, r->key, r->memory.until);
}

static int by_last(const void *a, const void *b)
{
	const struct recalled *x = *(struct recalled *const *)a;
	const struct recalled *y = *(struct recalled *const *)b;

	if (x->memory.last != y->memory.last)
		return x->memory.last < y->memory.last ? -1 : 1;
	return str_compare(x->key, y->key);
}

void engine_memory_take(struct engine *e)
{
	size_t n = 0, cap = e->recalled.n;
	struct recalled **all;
	struct map_entry entry;

	if (e->recall_done)
		return;
	e->recall_done = true;
	all = xcalloc(cap + 1, sizeof(struct recalled *));
	map_for_each (&e->recalled, entry)
		all[n++] = entry.value;
	qsort(all, n, sizeof(struct recalled *), by_last);
	for (size_t i = 0; i < n; i++)
		take(e, all[i]);
	free(all);
	map_release(&e->recalled, recalled_free);
}

/* ---- writing ---- */

static void key_of(const struct group *group, struct buf *out)
{
	struct memory_key key = { .kind = MEMORY_GROUP,
				  .series = group->series->series->id };

	key.n_values = rule_group_values(group->series->series->rule[0]);
	for (size_t i = 0; i < key.n_values; i++)
		key.value[i] = group->value[i];
	memory_key_write(&key, out);
}

static void write_record(struct engine *e, struct str key,
			 const struct memory *memory)
{
	struct buf AUTO(buf_release) value = { 0 };

	if (memory)
		memory_write(memory, &value);
	e->options.memory(e->options.arg, key,
			  memory ? buf_str(&value) : STR_NONE);
}

void engine_memory_note(struct engine *e, const struct tracker *t)
{
	struct group *group = t->group;
	struct memory now;
	struct buf AUTO(buf_release) key = { 0 };

	if (!e->live || !e->options.memory || !t->type->remember ||
	    !t->type->remember(t, &now))
		return;
	now.until = now.last + t->run->keep;
	if (group->remembered &&
	    now.last - group->memory.last < t->type->refresh(t->rule) &&
	    now.since >= group->memory.since)
		return;
	/* Several rules may share it. */
	if (group->remembered && group->memory.until > now.until)
		now.until = group->memory.until;
	if (group->remembered && group->memory.since < now.since)
		now.since = group->memory.since;
	group->remembered = true;
	group->memory = now;
	key_of(group, &key);
	write_record(e, buf_str(&key), &now);
}

static int64_t longest_keep(const struct series_run *series)
{
	int64_t keep = 0;

	for (size_t i = 0; i < series->n_runs; i++)
		if (series->run[i].keep > keep)
			keep = series->run[i].keep;
	return keep;
}

static void note_start(struct engine *e, struct series_run *series)
{
	const struct rule_run *run = &series->run[0];
	struct memory_key key = { .kind = MEMORY_SERIES,
				  .series = series->series->id };
	struct memory now = { .since = series->started,
			      .first = series->started,
			      .last = e->clock };
	struct buf AUTO(buf_release) text = { 0 };

	if (series->started == MOMENT_NEVER || now.last < now.first)
		return;
	if (series->start_written && now.since == series->start.since &&
	    now.last - series->start.last < run->type->refresh(run->rule))
		return;
	now.until = now.last + longest_keep(series);
	series->start_written = true;
	series->start = now;
	memory_key_write(&key, &text);
	write_record(e, buf_str(&text), &now);
}

void engine_memory_note_starts(struct engine *e)
{
	if (!e->live || !e->options.memory)
		return;
	for (size_t i = 0; i < e->n_starting; i++)
		note_start(e, e->starting[i]);
}

static bool another_remembers(const struct tracker *t)
{
	const struct group *group = t->group;

	for (size_t i = 0; i < group->series->n_runs; i++)
		if (i != t->slot && group->tracker[i] &&
		    group->tracker[i]->type->remember)
			return true;
	return false;
}

void engine_memory_drop(struct engine *e, const struct tracker *t)
{
	struct buf AUTO(buf_release) key = { 0 };

	if (!t->group->remembered || !t->type->remember || another_remembers(t))
		return;
	t->group->remembered = false;
	key_of(t->group, &key);
	if (!e->live)
		forget_later(e, buf_str(&key), MOMENT_START);
	else if (e->options.memory)
		write_record(e, buf_str(&key), NULL);
}

/* ---- going live ---- */

static void note_all(struct engine *e, const struct tracker_list *list)
{
	const struct tracker *t;

	TAILQ_FOREACH(t, list, link)
	engine_memory_note(e, t);
}

/* Nobody has watched it for so long that all terms are forgotten. */
static void begin_anew_if_over(struct engine *e, struct series_run *series)
{
	if (!series->start_written || series->start.until > e->clock)
		return;
	series->started = MOMENT_NEVER;
	for (int32_t p = 0; p < e->n_logs; p++)
		if (series->since[p] < series->started)
			series->started = series->since[p];
	series->start_written = false;
}

static void forget_all(struct engine *e)
{
	for (size_t i = 0; i < e->n_forgotten; i++) {
		struct forgotten *f = &e->forgotten[i];
		if (e->options.memory && f->until <= e->clock)
			write_record(e, f->key, NULL);
		str_free(f->key);
	}
	e->n_forgotten = 0;
}

void engine_memory_go_live(struct engine *e)
{
	forget_all(e);
	for (size_t i = 0; i < e->n_starting; i++)
		begin_anew_if_over(e, e->starting[i]);
	for (size_t i = 0; i < e->n_series; i++)
		for (size_t k = 0; k < e->series[i].n_runs; k++) {
			note_all(e, &e->series[i].run[k].idle);
			note_all(e, &e->series[i].run[k].active);
		}
}
