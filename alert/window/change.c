/* change.c - a field differs from the value before it
 *
 * Presence: judged at each event, against the value before it in event time;
 * of one instant, by offset. An event that comes late counts in its own place:
 * it may be a change, and so may the event after it, unless that was told
 * already; what was told is never taken back.
 *
 * Keeps the values that an event may still be compared with: by record time,
 * so that they are those which a worker reads back, however old their events.
 * Values never count for longer than a day (`timeframe`), so reading back
 * brings all of them, and nothing needs to be remembered beyond it. Of a group
 * with very many events, only where runs of one value began and ended is kept
 * of the older ones.
 *
 * Owns the values of one tracker. Pure. */
#include "alert/window/moments.h"

#include <stdlib.h>

enum { EXACT_VALUES = 1000, VALUES_MAX = 10000 };

struct sighting {
	int64_t time, offset;
	int64_t record_ms;
	int32_t partition;
	bool told;
	struct str value; /* owned */
};

struct changes {
	struct moments moments;
	struct sighting *item; /* by time, offset, partition */
	size_t n, cap;
	size_t squeeze_at;
	/* Those not judged yet lie in [from, to). */
	size_t from, to;
};

static struct changes *own(const struct tracker *t)
{
	return (struct changes *)(void *)(uintptr_t)t->own;
}

static int64_t reach(const struct rule *rule)
{
	return rule_ns(rule->timeframe_ms);
}

static void open(struct tracker *t)
{
	own(t)->squeeze_at = 2 * EXACT_VALUES;
}

static void drop_values(struct changes *c, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		free((void *)(uintptr_t)c->item[i].value.s);
}

static void close(struct tracker *t)
{
	struct changes *c = own(t);

	drop_values(c, 0, c->n);
	free(c->item);
	moments_close(t);
}

/* ---- keeping ---- */

static void drop_first(struct changes *c, size_t n)
{
	drop_values(c, 0, n);
	memmove(c->item, c->item + n, (c->n - n) * sizeof(*c->item));
	c->n -= n;
}

/* Inside a run of one value only that value is compared with. */
static bool is_inside(const struct changes *c, size_t i, size_t kept)
{
	return str_equal(c->item[i].value, c->item[kept - 1].value) &&
	       str_equal(c->item[i].value, c->item[i + 1].value);
}

/* After judging only. */
static void squeeze(struct changes *c)
{
	size_t kept = 1, old = c->n - EXACT_VALUES;

	for (size_t i = 1; i < c->n; i++)
		if (i < old && is_inside(c, i, kept))
			drop_values(c, i, i + 1);
		else
			c->item[kept++] = c->item[i];
	c->n = kept;
	if (c->n > VALUES_MAX)
		drop_first(c, c->n - VALUES_MAX);
	c->squeeze_at = c->n + EXACT_VALUES;
}

static bool is_after(const struct sighting *s, const struct window_event *event)
{
	if (s->time != event->time)
		return s->time > event->time;
	if (s->offset != event->offset)
		return s->offset > event->offset;
	return s->partition > event->partition;
}

static void add(struct tracker *t, const struct window_event *event)
{
	struct changes *c = own(t);
	bool waiting = c->from < c->to;
	size_t at = c->n;

	while (at > 0 && is_after(&c->item[at - 1], event))
		at--;
	(void)ARRAY_PUSH(c->item, c->n, c->cap);
	memmove(&c->item[at + 1], &c->item[at],
		(c->n - 1 - at) * sizeof(*c->item));
	c->item[at] = (struct sighting){
		.time = event->time,
		.offset = event->offset,
		.record_ms = event->record_ms,
		.partition = event->partition,
		.value = str_slice(str_dup(event->field), event->field.n),
	};
	if (waiting && at <= c->to)
		c->to++;
	if (!waiting || at < c->from)
		c->from = at;
	if (!waiting || at >= c->to)
		c->to = at + 1;
}

static void trim(struct tracker *t, int64_t moment)
{
	struct changes *c = own(t);
	int64_t keep_ms = moment / 1000000 - t->rule->timeframe_ms;
	size_t n = 0;

	if (c->n >= c->squeeze_at)
		squeeze(c);
	while (n < c->n && c->item[n].record_ms < keep_ms)
		n++;
	/* Moving the rest is worth it once it is less than what goes. */
	if (n > 0 && n >= c->n - n)
		drop_first(c, n);
}

/* ---- judging ---- */

static void judge_one(struct tracker *t, size_t i)
{
	struct changes *c = own(t);
	struct sighting *s = &c->item[i];
	const struct sighting *before = s - 1;

	if (i == 0 || s->told ||
	    before->time <= s->time - rule_ns(t->rule->timeframe_ms) ||
	    str_equal(s->value, before->value))
		return;
	s->told = true;
	moments_add(t, s->time, s->value, before->value);
}

static void step(struct tracker *t, const struct judge *judge)
{
	struct changes *c = own(t);

	/* The one after them has another before it now. */
	if (c->from < c->to)
		for (size_t i = c->from; i < c->n && i <= c->to; i++)
			judge_one(t, i);
	c->from = c->to = 0;
	moments_step(t, judge);
}

const struct window_type window_type_change = {
	.reach = reach,
	.own_bytes = sizeof(struct changes),
	.takes_any_age = true,
	.open = open,
	.close = close,
	.add = add,
	.step = step,
	.wake = moments_wake,
	.trim = trim,
	.force = moments_force,
	.now = moments_now,
};
