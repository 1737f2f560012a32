/* moment_world.c - see the header */
#include "tests/unit/moment_world.h"

#include "tests/unit/test_support.h"

enum {
	BEGIN = 80, /* the first record's unit */
	LAST = 340,
	AFTER = 60,
};

static uint64_t seed;

unsigned draw(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return n > 0 ? (unsigned)(seed >> 33) % n : 0;
}

static void write_rule(struct world *w)
{
	static const char *const type[] = { "change", "sequence", "new_term" };
	const struct moment_rule *r = &w->rule;
	struct buf AUTO(buf_release) text = { 0 };

	buf_add_format(&text,
		       "rules = ( { name = \"R\"; type = \"%s\"; "
		       "keep_firing_for = \"%ds\"; realert = \"%ds\"; samples "
		       "= 0; ",
		       type[r->type], r->keep, r->realert);
	if (r->grouped)
		buf_add_text(&text, "group_by = \"ServiceKey\"; ");
	if (r->type == MOMENT_CHANGE)
		buf_add_format(&text, "field = \"Level\"; timeframe = \"%ds\";",
			       r->timeframe);
	if (r->type == MOMENT_NEW_TERM)
		buf_add_format(&text,
			       "field = \"Title\"; window = \"%ds\"; learn = "
			       "\"%ds\";",
			       r->window, r->learn);
	for (int i = 0; i < r->stages; i++) {
		buf_add_format(&text, "%s { query = \"Title:S%d\"; ",
			       i ? "," : "stages = (", i);
		if (i > 0)
			buf_add_format(&text, "within = \"%ds\"; ",
				       r->within[i]);
		buf_add_text(&text, r->absent && i + 1 == r->stages
					    ? "absent = true; }"
					    : "}");
	}
	buf_add_text(&text, r->stages ? "); } );" : " } );");
	snprintf(w->text, sizeof(w->text), "%s", buf_text(&text));
}

static void draw_rule(struct world *w, enum moment_type type, bool absent)
{
	struct moment_rule *r = &w->rule;

	*r = (struct moment_rule){
		.type = type,
		.keep = draw(2) ? 0 : (int)draw(10),
		.realert = (int)draw(6),
		.timeframe = 1 + (int)draw(30),
		.window = 1 + (int)draw(60),
		.learn = draw(3) ? (int)draw(60) : 0,
		.grouped = type != MOMENT_NEW_TERM || draw(3) > 0,
		.absent = absent,
	};
	if (type == MOMENT_SEQUENCE)
		r->stages = 2 + (int)draw(MOMENT_STAGES - 1);
	for (int i = 1; i < r->stages; i++)
		r->within[i] = 1 + (int)draw(15);
	w->groups = type == MOMENT_NEW_TERM ? GROUPS : 3;
	write_rule(w);
}

static void draw_records(struct world *w, int partition, bool very_late)
{
	int n = (int)draw(RECORDS_MAX), at = BEGIN;
	/* Marks of single stages mostly, sometimes of more. */
	unsigned marks = (1u << w->rule.stages) - 1;

	w->n_records[partition] = 0;
	for (int i = 0; i < n; i++) {
		struct record *r = &w->record[partition][i];
		at += draw(4) ? (int)draw(3) : (int)draw(25);
		if (at > LAST)
			break;
		r->record = at;
		r->event = (struct moment_event){
			.time = at -
				(draw(2) ? 0
					 : (int)draw((unsigned)w->lateness)),
			.offset = i,
			.partition = partition,
			.value = "xyz"[draw(3)],
			.marks = 1u << draw((unsigned)w->rule.stages),
		};
		if (very_late && draw(8) == 0)
			r->event.time -= (int)draw(50);
		if (draw(6) == 0)
			r->event.marks = 1 + draw(marks);
		r->group = (int)draw((unsigned)w->groups);
		w->n_records[partition]++;
	}
}

static int most_behind(const struct world *w, const int told[])
{
	int behind = 0;

	for (int p = 1; p < w->partitions; p++)
		if (told[p] < told[behind])
			behind = p;
	return behind;
}

static void deliver(struct world *w, bool evenly)
{
	int next[PARTITIONS_MAX] = { 0 }, told[PARTITIONS_MAX] = { 0 };
	int open = w->partitions;

	w->n_steps = 0;
	while (open > 0 && w->n_steps < STEPS_MAX) {
		int p = (int)draw((unsigned)w->partitions);
		int n, first;
		if (evenly && draw(4))
			p = most_behind(w, told);
		if (told[p] >= LAST + AFTER)
			continue;
		n = w->n_records[p];
		first = next[p];
		next[p] += (int)draw(4);
		if (next[p] > n)
			next[p] = n;
		if (next[p] > first &&
		    w->record[p][next[p] - 1].record > told[p])
			told[p] = w->record[p][next[p] - 1].record;
		if (next[p] == first) {
			/* The end, up to just before the next record. */
			int limit = first < n ? w->record[p][first].record - 1
					      : LAST + AFTER;
			int claim = told[p] + (int)draw(20);
			if (claim > limit)
				claim = limit;
			if (claim > told[p])
				told[p] = claim;
		}
		w->step[w->n_steps] =
			(struct step){ p, first, next[p], told[p],
				       w->n_steps < 20 || draw(5) == 0 };
		w->n_steps++;
		if (told[p] >= LAST + AFTER)
			open--;
	}
}

void draw_world(struct world *w, uint64_t number, enum moment_type type,
		bool absent, enum manner manner)
{
	struct problems problems = { 0 };
	struct error err = { 0 };

	seed = number * 2654435761u + 12345;
	memset(w, 0, sizeof(*w));
	w->lateness = 1 + (int)draw(6);
	w->late_limit_ms = 3600000;
	w->partitions = 1 + (int)draw(PARTITIONS_MAX);
	draw_rule(w, type, absent);
	for (int p = 0; p < w->partitions; p++)
		draw_records(w, p, manner == SOME_VERY_LATE);
	deliver(w, manner == EVENLY);
	w->rules = rules_parse("test", w->text, &(struct rules_options){ 0 },
			       &problems);
	if (!problems_ok(&problems, &err))
		fail_msg("%s in %s", err.text, w->text);
	problems_release(&problems);
}
