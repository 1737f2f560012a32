/* engine_renew.c - a rule was edited while its alerts fire
 *
 * Who is to be told of an alert stands in its transitions. Where the labels,
 * the receivers or `staging` of a rule are others than in the last record of an
 * alert that fires, that record is written once more with those of now, as an
 * update: so whoever the alert belongs to now hears of it while it fires, and
 * not only that it is over.
 *
 * It is told as soon as a cause may follow that of the record, before anything
 * else. Loop thread. */
#include "alert/window/engine_internal.h"

#include <stdlib.h>

enum { MS_NS = 1000000 };

static bool same_pairs(const struct alert_pairs *a, const struct alert_pairs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->item[i].name, b->item[i].name) != 0 ||
		    a->item[i].n != b->item[i].n ||
		    memcmp(a->item[i].value, b->item[i].value, a->item[i].n) !=
			    0)
			return false;
	return true;
}

static bool is_of_rule(const struct transition *t, const struct rule *rule)
{
	struct transition now = { 0 };
	bool same;

	engine_add_rule(rule, &now);
	same = now.staging == t->staging &&
	       same_pairs(&now.labels, &t->labels) &&
	       same_pairs(&now.receivers, &t->receivers);
	transition_release(&now);
	return same;
}

void engine_renew_later(struct engine *e, const struct transition *last)
{
	if (last->state == ALERT_FIRING)
		*ARRAY_PUSH(e->renewal, e->n_renewals, e->renewals_cap) = last;
}

/* Something that was told since has what the rule says now. */
static bool told_since(const struct engine *e, const struct tracker *t,
		       const struct transition *last)
{
	return t->last.offset >= e->options.live_from &&
	       cause_follows(t->last, last->cause);
}

static void swap_pairs(struct alert_pairs *a, struct alert_pairs *b)
{
	struct alert_pairs kept = *a;

	*a = *b;
	*b = kept;
}

static void renew(struct engine *e, const struct transition *last)
{
	struct tracker *t = engine_stored_tracker(e, last);
	struct transition now = { 0 }, out = { 0 };

	if (!t || t->episode != last->episode || told_since(e, t, last) ||
	    is_of_rule(last, t->rule))
		return;
	transition_copy(last, &out);
	engine_add_rule(t->rule, &now);
	swap_pairs(&out.labels, &now.labels);
	swap_pairs(&out.receivers, &now.receivers);
	out.staging = now.staging;
	out.cause = engine_next_cause(e, t);
	out.updated_at_ms = out.at_ms;
	if (e->clock / MS_NS > out.at_ms)
		out.updated_at_ms = e->clock / MS_NS;
	out.record_time_ms = ALERT_TIME_NONE;
	e->counts.transitions++;
	e->options.emit(e->options.arg, &out);
	transition_release(&now);
	transition_release(&out);
}

void engine_renew(struct engine *e)
{
	size_t kept = 0;

	for (size_t i = 0; i < e->n_renewals; i++) {
		const struct transition *last = e->renewal[i];

		if (last->cause.partition == e->options.partition &&
		    last->cause.offset >= e->offset)
			e->renewal[kept++] = last;
		else
			renew(e, last);
	}
	e->n_renewals = kept;
}
