/* sequence.c - events fill stages, one after the other
 *
 * One run a group: the stage filled last, and when. The next event, in order
 * of event time (then offset, then partition of the logs), fills the next
 * stage, or replaces the one filled last, or is ignored; a run whose next
 * stage is late is dead, and the event at hand may begin a new one. A last
 * stage that is `absent` is filled by silence.
 *
 * Events arrive out of order. Each is put in its place and the runs after it
 * are gone through anew, until they are as they were: whatever then completes
 * a run is a match, once for each event (or moment, if by silence) that does.
 * Completing by an event is told at once, as the events at hand say; silence
 * when it is settled. What was told is never taken back, though a later
 * arrival may show that another event completes the run.
 *
 * Keeps the events by record time: those that a worker reads back. Of what is
 * older only the run that they left behind. A worker that reads back begins
 * without one and sees the same runs as soon as a run ends before both, which
 * is why it reads twice as far as a run may last.
 *
 * Owns the events of one tracker. Pure. */
#include "alert/window/moments.h"

#include <stdlib.h>

enum { EVENTS_MAX = 10000 };

struct run {
	int stage;      /* filled last; -1: there is no run */
	int64_t time;   /* of its event */
	int64_t before; /* of the event of the stage before */
};

struct place {
	int64_t time, offset;
	int32_t partition;
};

struct filler {
	struct place place;
	int64_t record_ms;
	uint64_t marks;
	bool told;      /* that it completes a run */
	struct run run; /* after it */
};

struct sequence {
	struct moments moments;
	struct filler *item; /* by place */
	size_t n, cap;
	/* Those not judged yet lie in [from, to). */
	size_t from, to;
	/* Where what is no longer kept ended, and its run. Before it, `behind`
	 * events that came very late go their own way. */
	struct place base;
	struct run base_run;
	size_t behind;
	/* Silences are judged up to after the first `walked` events. */
	size_t walked;
	int64_t *silent; /* moments that completed a run, told */
	size_t n_silent, silent_cap;
};

static const struct run no_run = { -1, 0, 0 };

static struct sequence *own(const struct tracker *t)
{
	return (struct sequence *)(void *)(uintptr_t)t->own;
}

static int64_t longest_ms(const struct rule *rule)
{
	int64_t ms = 0;

	for (size_t i = 0; i < rule->n_stages; i++)
		ms += rule->stage[i].within_ms;
	return ms;
}

static int64_t reach(const struct rule *rule)
{
	return 2 * rule_ns(longest_ms(rule));
}

static void open(struct tracker *t)
{
	struct sequence *s = own(t);

	s->base.time = MOMENT_START;
	s->base_run = no_run;
}

static void close(struct tracker *t)
{
	free(own(t)->item);
	free(own(t)->silent);
	moments_close(t);
}

/* ---- one event ---- */

static bool fills(const struct filler *event, size_t stage)
{
	return event->marks >> stage & 1;
}

/* When the stage must have been filled, counted from `from`. */
static int64_t late_at(const struct rule *rule, size_t stage, int64_t from)
{
	return moment_plus(from, rule_ns(rule->stage[stage].within_ms));
}

static struct run next_run(const struct rule *rule, struct run run,
			   const struct filler *event, bool *completes)
{
	size_t now = (size_t)run.stage, next = now + 1;
	int64_t time = event->place.time;

	*completes = false;
	if (run.stage >= 0 && time < late_at(rule, next, run.time)) {
		if (fills(event, next)) {
			/* The absent one came: there is nothing to tell. */
			bool last = next + 1 == rule->n_stages;
			*completes = last && !rule->stage[next].absent;
			return last ? no_run
				    : (struct run){ run.stage + 1, time,
						    run.time };
		}
		if (fills(event, now) &&
		    (now == 0 || time < late_at(rule, now, run.before)))
			run.time = time;
		return run;
	}
	return fills(event, 0) ? (struct run){ 0, time, time } : no_run;
}

static bool same_run(struct run a, struct run b)
{
	return a.stage == b.stage && a.time == b.time && a.before == b.before;
}

/* ---- events in their places ---- */

static bool is_after(const struct place *a, const struct place *b)
{
	if (a->time != b->time)
		return a->time > b->time;
	if (a->offset != b->offset)
		return a->offset > b->offset;
	return a->partition > b->partition;
}

/* The run that the first n events leave behind. */
static struct run run_after(const struct sequence *s, size_t n)
{
	if (n == s->behind)
		return s->base_run;
	return n > 0 ? s->item[n - 1].run : no_run;
}

static void add(struct tracker *t, const struct window_event *event)
{
	struct sequence *s = own(t);
	const struct place place = { event->time, event->offset,
				     event->partition };
	bool waiting = s->from < s->to;
	size_t at = s->n;

	while (at > 0 && is_after(&s->item[at - 1].place, &place))
		at--;
	(void)ARRAY_PUSH(s->item, s->n, s->cap);
	memmove(&s->item[at + 1], &s->item[at],
		(s->n - 1 - at) * sizeof(*s->item));
	s->item[at] = (struct filler){ .place = place,
				       .record_ms = event->record_ms,
				       .marks = event->marks,
				       .run = no_run };
	if (is_after(&s->base, &place))
		s->behind++;
	if (at < s->walked)
		s->walked = at;
	if (waiting && at <= s->to)
		s->to++;
	if (!waiting || at < s->from)
		s->from = at;
	if (!waiting || at >= s->to)
		s->to = at + 1;
}

static void judge_events(struct tracker *t)
{
	struct sequence *s = own(t);
	bool completes, same = false;

	for (size_t i = s->from; i < s->n && s->from < s->to && !same; i++) {
		struct filler *event = &s->item[i];
		struct run run =
			next_run(t->rule, run_after(s, i), event, &completes);
		same = i >= s->to && same_run(run, event->run);
		event->run = run;
		if (!completes || event->told)
			continue;
		event->told = true;
		moments_add(t, event->place.time, STR_NONE, STR_NONE);
	}
	s->from = s->to = 0;
}

/* ---- silence ---- */

/* When silence completes the run that the first n events left behind, if none
 * of the events at hand comes before; else MOMENT_NEVER. */
static int64_t silence_at(const struct tracker *t, size_t n)
{
	const struct sequence *s = own(t);
	struct run run;
	int64_t at;

	/* What else there was behind the base is not known any more. */
	if (n < s->behind)
		return MOMENT_NEVER;
	run = run_after(s, n);
	if (run.stage < 0 || !t->rule->stage[run.stage + 1].absent)
		return MOMENT_NEVER;
	at = late_at(t->rule, (size_t)run.stage + 1, run.time);
	return n < s->n && s->item[n].place.time < at ? MOMENT_NEVER : at;
}

static bool note_silence(struct sequence *s, int64_t at)
{
	for (size_t i = s->n_silent; i-- > 0;)
		if (s->silent[i] == at)
			return false;
	*ARRAY_PUSH(s->silent, s->n_silent, s->silent_cap) = at;
	return true;
}

static void judge_silences(struct tracker *t, const struct judge *judge)
{
	struct sequence *s = own(t);
	int64_t at;

	for (;; s->walked++) {
		at = silence_at(t, s->walked);
		if (at != MOMENT_NEVER && at > judge->settled)
			return;
		if (at != MOMENT_NEVER && note_silence(s, at))
			moments_add(t, at, STR_NONE, STR_NONE);
		if (s->walked == s->n)
			return;
	}
}

static void step(struct tracker *t, const struct judge *judge)
{
	judge_events(t);
	judge_silences(t, judge);
	moments_step(t, judge);
}

static int64_t wake(const struct tracker *t, const struct judge *judge)
{
	int64_t alert = moments_wake(t, judge);
	int64_t at = silence_at(t, own(t)->walked);
	int64_t silence = MOMENT_NEVER;

	if (at > judge->settled)
		silence = moment_plus(at, judge->clock - judge->settled);
	return silence < alert ? silence : alert;
}

/* ---- forgetting ---- */

static void drop_first(struct sequence *s, size_t n)
{
	size_t kept = 0;

	if (n > s->behind) {
		s->base = s->item[n - 1].place;
		s->base_run = s->item[n - 1].run;
	}
	s->behind = n > s->behind ? 0 : s->behind - n;
	s->walked -= n;
	s->n -= n;
	memmove(s->item, s->item + n, s->n * sizeof(*s->item));
	for (size_t i = 0; i < s->n_silent; i++)
		if (s->silent[i] > s->base.time)
			s->silent[kept++] = s->silent[i];
	s->n_silent = kept;
}

static void trim(struct tracker *t, int64_t moment)
{
	struct sequence *s = own(t);
	int64_t keep_ms = moment / 1000000 - longest_ms(t->rule);
	size_t n = 0;

	while (n < s->walked && s->item[n].record_ms < keep_ms)
		n++;
	if (s->n > EVENTS_MAX && n < s->n - EVENTS_MAX)
		n = s->n - EVENTS_MAX < s->walked ? s->n - EVENTS_MAX
						  : s->walked;
	/* Moving the rest is worth it once it is less than what goes. */
	if (n > 0 && (n >= s->n - n || s->n >= 2 * EVENTS_MAX))
		drop_first(s, n);
}

const struct window_type window_type_sequence = {
	.reach = reach,
	.own_bytes = sizeof(struct sequence),
	.takes_any_age = true,
	.open = open,
	.close = close,
	.add = add,
	.step = step,
	.wake = wake,
	.trim = trim,
	.force = moments_force,
	.now = moments_now,
};
