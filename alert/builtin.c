/* builtin.c - alerts that a worker raises about itself, by wall clock
 *
 * Owns nothing. Pure; any thread. */
#include "alert/builtin.h"

#include <stdlib.h>

static const struct {
	const char *name;
	const char *severity;
	bool of_worker;
	const char *description;
} known[] = {
	{ "TocsinBehind", "critical", false,
	  "Events wait longer than alert.behind_after. Too few workers, a "
	  "worker that stands still, or what it writes to is away." },
	{ "TocsinBlocked", "critical", false,
	  "The receiver has taken no message for longer than "
	  "alert.blocked_after. What it has not got is kept and tried again." },
	{ "TocsinDeadLetters", "warning", false,
	  "Events that cannot be indexed went to the topic of dead letters: "
	  "tocsin dead list shows them with the reasons." },
	{ "TocsinGroupsDropped", "warning", true,
	  "A rule has more groups than its max_groups; further ones are not "
	  "watched. The worker's log names the rule." },
	{ "TocsinReloadRefused", "warning", true,
	  "The rules on disk are wrong and the worker goes on with those that "
	  "it had: tocsin check names the place." },
};

static size_t find(const char *name)
{
	size_t i = 0;

	while (i < ARRAY_LENGTH(known) && strcmp(known[i].name, name) != 0)
		i++;
	return i;
}

bool builtin_is_name(const char *rule)
{
	return find(rule) < ARRAY_LENGTH(known);
}

bool builtin_is_of_worker(const char *rule)
{
	size_t i = find(rule);

	return i < ARRAY_LENGTH(known) && known[i].of_worker;
}

void builtin_id(const struct builtin_fact *fact, char out[ALERT_ID_BYTES + 1])
{
	struct transition t = { 0 };

	alert_pairs_add(&t.group, str_of(fact->label), str_of(fact->of));
	alert_id(str_of(fact->name), &t.group, out);
	transition_release(&t);
}

static int64_t told_ms(const struct transition *t)
{
	return t->updated_at_ms != ALERT_TIME_NONE ? t->updated_at_ms
						   : t->at_ms;
}

static int64_t above(int64_t value, int64_t last)
{
	return value > last ? value : last + 1;
}

static void fill_in(const struct builtin_fact *fact, struct transition *t)
{
	size_t i = find(fact->name);

	ENSURE(i < ARRAY_LENGTH(known));
	t->rule = xstrdup(fact->name);
	t->reason = xstrdup("");
	builtin_id(fact, t->id);
	alert_pairs_add(&t->group, str_of(fact->label), str_of(fact->of));
	alert_pairs_add(&t->labels, STR("severity"), str_of(known[i].severity));
	alert_pairs_add(&t->annotations, STR("summary"), str_of(fact->summary));
	alert_pairs_add(&t->annotations, STR("description"),
			str_of(known[i].description));
	t->value.kind = ALERT_VALUE_NUMBER;
	t->value.number = fact->value;
	t->count = 1;
}

static void set_times(struct transition *t, const struct transition *last,
		      int64_t wall_ms)
{
	t->at_ms = wall_ms;
	t->updated_at_ms = ALERT_TIME_NONE;
	t->record_time_ms = ALERT_TIME_NONE;
	t->cause = (struct cause){ 0, wall_ms, 0 };
	if (last)
		t->cause.offset = above(wall_ms, last->cause.offset);
}

static void go_on(const struct transition *last, struct transition *t)
{
	t->episode = last->episode;
	t->starts_at_ms = last->starts_at_ms;
}

bool builtin_judge(const struct builtin_fact *fact,
		   const struct transition *last, int64_t wall_ms,
		   struct transition *out)
{
	bool fires = last && last->state == ALERT_FIRING;
	bool renew = fires && builtin_is_of_worker(fact->name) &&
		     wall_ms - told_ms(last) >= BUILTIN_RENEW_MS;

	if (fact->holds == fires && !(fact->holds && renew))
		return false;
	*out = (struct transition){ .state = fact->holds ? ALERT_FIRING
							 : ALERT_RESOLVED };
	fill_in(fact, out);
	set_times(out, last, wall_ms);
	if (fires) {
		go_on(last, out);
	} else {
		out->starts_at_ms = wall_ms;
		out->episode = last ? above(wall_ms / 1000, last->episode)
				    : wall_ms / 1000;
	}
	if (fact->holds && fires)
		out->updated_at_ms = wall_ms;
	return true;
}

bool builtin_expire(const struct transition *last, int64_t wall_ms,
		    struct transition *out)
{
	bool of_worker = builtin_is_of_worker(last->rule);

	if (last->state != ALERT_FIRING ||
	    (of_worker && wall_ms - told_ms(last) < 3 * BUILTIN_RENEW_MS))
		return false;
	transition_copy(last, out);
	set_times(out, last, wall_ms);
	out->state = ALERT_RESOLVED;
	free(out->reason);
	out->reason = xstrdup(of_worker ? "not renewed" : "gone");
	return true;
}
