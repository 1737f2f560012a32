/* flatline.c - fewer than threshold events in timeframe
 *
 * Absence, for groups that were seen and for those that are expected. A group
 * that is not expected is watched until forget_after has gone by without an
 * event; then its alert resolves, and it is forgotten. Pure. */
#include "alert/window/tracker.h"

/* A group is remembered anew so many times in forget_after. */
enum { REFRESHES = 20 };

struct flatline {
	struct sustained sustained;
	int64_t last; /* event; MOMENT_START: not known */
	/* It is known from the memory: its windows are whole only from where
	 * the matches are read. */
	bool recalled;
};

static int64_t span(const struct tracker *t)
{
	return rule_ns(t->rule->timeframe_ms);
}

static int64_t reach(const struct rule *rule)
{
	return rule_ns(rule->timeframe_ms);
}

static int64_t keep(const struct rule *rule)
{
	return rule_ns(rule->forget_after_ms);
}

static int64_t refresh(const struct rule *rule)
{
	return rule_ns(rule->forget_after_ms) / REFRESHES;
}

static int64_t forgotten_at(const struct tracker *t)
{
	const struct flatline *f = TRACKER_OWN(t, const struct flatline);

	if (t->expected || f->last == MOMENT_START)
		return MOMENT_NEVER;
	return moment_plus(f->last, rule_ns(t->rule->forget_after_ms));
}

/* From then on it is judged. */
static int64_t warm_at(const struct tracker *t, const struct judge *judge)
{
	const struct flatline *f = TRACKER_OWN(t, const struct flatline);
	bool by_rule = t->expected || f->recalled;

	return moment_plus(by_rule ? judge->watched : t->first_event, span(t));
}

static bool begins(const struct tracker *t, const struct judge *judge,
		   const struct tally_walk *walk)
{
	/* That partitions were added to the logs takes nothing back. */
	bool warm = t->state != ALERT_RESOLVED || walk->at >= warm_at(t, judge);

	return warm && walk->at < forgotten_at(t) &&
	       walk->cur < t->rule->threshold;
}

static int64_t extra(const struct tracker *t, const struct judge *judge,
		     int64_t at)
{
	int64_t warm = warm_at(t, judge), forgotten = forgotten_at(t);

	if (warm <= at)
		warm = MOMENT_NEVER;
	if (forgotten <= at)
		forgotten = MOMENT_NEVER;
	return warm < forgotten ? warm : forgotten;
}

static enum holding continues(struct tracker *t, const struct judge *judge,
			      const struct tally_walk *walk)
{
	(void)judge;
	if (walk->at >= forgotten_at(t))
		return ENDS_NOW;
	return walk->cur < t->rule->threshold ? HOLDS : ENDS;
}

static void measure(const struct tracker *t, const struct tally_walk *walk,
		    struct change *change)
{
	change->count = walk->cur;
	change->value.kind = change->reference.kind = ALERT_VALUE_NUMBER;
	change->value.number = (double)walk->cur;
	change->reference.number = (double)t->rule->threshold;
	if (change->state == ALERT_RESOLVED && walk->at >= forgotten_at(t))
		change->reason = "forgotten";
}

/* What is not known of a group that fires already: its last event is told by
 * when it became silent. */
static void restore(struct tracker *t, const struct transition *last)
{
	struct flatline *f = TRACKER_OWN(t, struct flatline);

	if (f->last != MOMENT_START)
		return;
	f->last = rule_ns(last->starts_at_ms);
	if (t->rule->threshold > 1)
		return;
	f->last -= span(t);
	if (last->state == ALERT_FIRING)
		f->last -= rule_ns(t->rule->for_ms);
}

static const struct sustained_type flatline = {
	.begins = { NULL, begins },
	.extra = extra,
	.continues = continues,
	.measure = measure,
	.restore = restore,
};

static void open(struct tracker *t)
{
	TRACKER_OWN(t, struct flatline)->last = MOMENT_START;
	sustained_open(t, &flatline, span(t));
}

static void add(struct tracker *t, const struct window_event *event)
{
	struct flatline *f = TRACKER_OWN(t, struct flatline);

	if (event->time > f->last)
		f->last = event->time;
	sustained_add(t, event);
}

static bool remember(const struct tracker *t, struct memory *out)
{
	const struct flatline *f = TRACKER_OWN(t, const struct flatline);

	if (f->last == MOMENT_START || t->first_event == MOMENT_NEVER)
		return false;
	out->since = t->first_event;
	out->first = out->last = f->last;
	return true;
}

static void recall(struct tracker *t, const struct memory *memory)
{
	struct flatline *f = TRACKER_OWN(t, struct flatline);

	f->recalled = true;
	t->first_event = memory->since;
	if (memory->last > f->last)
		f->last = memory->last;
}

static double now(const struct tracker *t, int64_t clock)
{
	return (double)sustained_count(t, clock);
}

const struct window_type window_type_flatline = {
	.reach = reach,
	.keep = keep,
	.own_bytes = sizeof(struct flatline),
	.refuses_groups = true,
	.open = open,
	.close = sustained_close,
	.add = add,
	.step = sustained_step,
	.wake = sustained_wake,
	.trim = sustained_trim,
	.force = sustained_force,
	.remember = remember,
	.refresh = refresh,
	.recall = recall,
	.now = now,
};
