/* window_world.c - see the header */
#include "tests/unit/window_world.h"

#include "tests/unit/test_support.h"

#include "alert/match/envelope.h"
#include "alert/match/packed.h"

static uint64_t seed;

unsigned draw(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return n > 0 ? (unsigned)(seed >> 33) % n : 0;
}

/* ---- worlds ---- */

static const char *const aggregate_name[] = { "sum", "avg", "min", "max",
					      "p50", "p90", "p95", "p99" };

/* The keys of the types with bounds, and of flatline. */
static void write_later(const struct oracle_rule *r, char *at, size_t room)
{
	static const char *const bound[] = { "cardinality", "percentage",
					     "threshold" };
	const char *name = bound[r->type == ORACLE_RATIO    ? 1
				 : r->type == ORACLE_METRIC ? 2
							    : 0];
	struct buf AUTO(buf_release) text = { 0 };

	buf_add_format(&text, "for = \"%ds\"; timeframe = \"%ds\"; ",
		       r->for_units, r->span);
	if (r->type == ORACLE_FLATLINE)
		buf_add_format(&text,
			       "threshold = %d; forget_after = \"%ds\"; "
			       "expect = ( { ServiceKey = \"C\"; } ); ",
			       r->threshold, r->forget);
	else if (r->type == ORACLE_RATIO)
		buf_add_text(&text, "of = \"Level:ERROR\"; ");
	else
		buf_add_text(&text, "field = \"HostAddress\"; ");
	if (r->type == ORACLE_METRIC)
		buf_add_format(&text, "aggregate = \"%s\"; ",
			       aggregate_name[r->aggregate]);
	if (r->type == ORACLE_METRIC || r->type == ORACLE_RATIO)
		buf_add_format(&text, "min_events = %d; ", r->min_events);
	if (r->has_upper)
		buf_add_format(&text, "max_%s = %d; ", name, r->upper);
	if (r->has_lower)
		buf_add_format(&text, "min_%s = %d; ", name, r->lower);
	snprintf(at, room, "%s} );", buf_text(&text));
}

static void write_rule(struct world *w)
{
	static const char *const type[] = { "any",   "frequency", "spike",
					    "spike", "spike",     "cardinality",
					    "ratio", "metric",    "flatline" };
	static const char *const direction[] = { "", "", "up", "down", "both" };
	const struct oracle_rule *r = &w->rule;
	int n = snprintf(w->text, sizeof(w->text),
			 "rules = ( { name = \"R\"; type = \"%s\"; "
			 "group_by = \"ServiceKey\"; keep_firing_for = "
			 "\"%ds\"; samples = 0; ",
			 type[r->type], r->keep);
	char *at = w->text + n;
	size_t room = sizeof(w->text) - (size_t)n;

	if (r->type >= ORACLE_CARDINALITY)
		write_later(r, at, room);
	else if (r->type == ORACLE_ANY)
		snprintf(at, room, "realert = \"%ds\"; } );", r->realert);
	else if (r->type == ORACLE_FREQUENCY)
		snprintf(at, room,
			 "for = \"%ds\"; timeframe = \"%ds\"; num_events = "
			 "%d; } );",
			 r->for_units, r->span, r->num_events);
	else
		snprintf(at, room,
			 "for = \"%ds\"; timeframe = \"%ds\"; spike_type = "
			 "\"%s\"; spike_height = %d.%d; threshold_cur = %d; "
			 "threshold_ref = %d; } );",
			 r->for_units, r->span, direction[r->type],
			 r->height_tenths / 10, r->height_tenths % 10,
			 r->threshold_cur, r->threshold_ref);
}

static void draw_bounds(struct oracle_rule *r)
{
	/* Of the upper bound, from and up to; then the distance. */
	static const int range[][3] = { [ORACLE_CARDINALITY] = { 1, 6, 3 },
					[ORACLE_RATIO] = { 10, 90, 60 },
					[ORACLE_METRIC] = { -5, 25, 15 } };
	const int *of = range[r->type];
	unsigned which = draw(3);

	r->has_upper = which != 0;
	r->has_lower = which != 1;
	r->upper = of[0] + (int)draw((unsigned)(of[1] - of[0]));
	r->lower = r->upper - (int)draw((unsigned)of[2]);
	if (r->type != ORACLE_METRIC && r->lower < 1)
		r->lower = 1;
	r->min_events = 1 + (int)draw(4);
	r->aggregate = (enum oracle_aggregate)draw(ORACLE_AGGREGATES);
}

static void draw_rule(struct world *w, enum oracle_type type)
{
	struct oracle_rule *r = &w->rule;

	*r = (struct oracle_rule){
		.type = type,
		.span = 1 + (int)draw(12),
		.for_units = draw(2) ? 0 : (int)draw(8),
		.keep = draw(2) ? 0 : (int)draw(10),
		.realert = (int)draw(6),
		.num_events = 1 + (int)draw(5),
		.height_tenths = 11 + (int)draw(30),
		.threshold_cur = 1 + (int)draw(4),
		.threshold_ref =
			type == ORACLE_UP ? (int)draw(3) : 1 + (int)draw(3),
	};
	if (type == ORACLE_FLATLINE) {
		r->threshold = 1 + (int)draw(4);
		r->forget = r->span + (int)draw(30);
	} else if (type >= ORACLE_CARDINALITY) {
		draw_bounds(r);
	}
	write_rule(w);
}

static void draw_values(struct record *r)
{
	r->n_values = 1 + (int)draw(ORACLE_VALUES);
	for (int i = 0; i < r->n_values; i++)
		r->value[i] = draw(5) ? (int)draw(7) : (int)draw(40) - 10;
	r->words = draw(8) == 0;
	r->marked = draw(2);
}

static void draw_records(struct world *w, int partition)
{
	int n = (int)draw(RECORDS_MAX), at = BEGIN;

	w->n_records[partition] = 0;
	for (int i = 0; i < n; i++) {
		struct record *r = &w->record[partition][i];
		/* Bursts and silences. */
		at += draw(4) ? (int)draw(3) : (int)draw(25);
		if (at > LAST)
			break;
		r->record = at;
		r->time = at - (draw(2) ? 0 : (int)draw((unsigned)w->lateness));
		r->group = (int)draw(GROUPS);
		if (w->rule.type >= ORACLE_CARDINALITY)
			draw_values(r);
		w->n_records[partition]++;
	}
}

/* A partition to go on with. In some worlds one is read to its end first, or
 * nearly so: then what the others bring is long past. */
static int draw_partition(const struct world *w, int ahead)
{
	if (ahead >= 0 && draw(10))
		return ahead;
	return (int)draw((unsigned)w->partitions);
}

static void deliver(struct world *w)
{
	int next[PARTITIONS_MAX] = { 0 }, told[PARTITIONS_MAX] = { 0 };
	int open = w->partitions;
	int ahead = draw(2) ? (int)draw((unsigned)w->partitions) : -1;

	w->n_steps = 0;
	while (open > 0 && w->n_steps < STEPS_MAX) {
		int p = draw_partition(w, ahead);
		int n = w->n_records[p], first = next[p];
		struct step *s = &w->step[w->n_steps];
		if (told[p] >= LAST + 60) {
			if (p == ahead)
				ahead = -1;
			continue;
		}
		next[p] += (int)draw(4);
		if (next[p] > n)
			next[p] = n;
		if (next[p] > first &&
		    w->record[p][next[p] - 1].record > told[p])
			told[p] = w->record[p][next[p] - 1].record;
		if (next[p] == first) {
			/* The end, up to just before the next record. */
			int limit = first < n ? w->record[p][first].record - 1
					      : LAST + 60;
			int claim = told[p] + (int)draw(20);
			if (claim > limit)
				claim = limit;
			if (claim > told[p])
				told[p] = claim;
		}
		*s = (struct step){ p, first, next[p], told[p],
				    w->n_steps < 20 || draw(5) == 0 };
		w->n_steps++;
		if (told[p] >= LAST + 60)
			open--;
	}
}

void draw_world(struct world *w, uint64_t number, enum oracle_type type)
{
	struct problems problems = { 0 };
	struct error err = { 0 };

	seed = number * 2654435761u + 12345;
	memset(w, 0, sizeof(*w));
	w->lateness = 1 + (int)draw(6);
	w->late_limit_ms = 3600000;
	w->partitions = 1 + (int)draw(PARTITIONS_MAX);
	draw_rule(w, type);
	for (int p = 0; p < w->partitions; p++)
		draw_records(w, p);
	deliver(w);
	w->rules = rules_parse("test", w->text, &(struct rules_options){ 0 },
			       &problems);
	if (!problems_ok(&problems, &err))
		fail_msg("%s in %s", err.text, w->text);
	problems_release(&problems);
}

/* ---- envelopes ---- */

static void pack(const struct record *r, struct buf *out)
{
	char text[32];

	buf_clear(out);
	for (int i = 0; i < r->n_values; i++) {
		snprintf(text, sizeof(text), "%s%d", r->words ? "w" : "",
			 r->value[i]);
		packed_add(out, str_of(text));
	}
}

void write_envelope(const struct world *w, const struct step *s,
		    struct buf *out)
{
	static const char *const name[GROUPS] = { "A", "B", "C" };
	const struct series *series = w->rules->series[0];
	struct envelope_writer writer = { 0 };
	struct envelope_head head = {
		.logs_partition = s->partition,
		.logs_partitions = w->partitions,
		.first = s->first,
		.next = s->next,
		.time_ms = BASE_MS + 1000 * s->time,
		.announces = s->announces,
		.series = &series->id,
		.n_series = 1,
	};

	struct buf AUTO(buf_release) field = { 0 };

	envelope_begin(&writer, s->first);
	for (int i = s->first; i < s->next; i++) {
		const struct record *r = &w->record[s->partition][i];
		struct str value = str_of(name[r->group]);
		struct envelope_entry entry = {
			.series = series->id,
			.offset = i,
			.record_ms = BASE_MS + 1000 * r->record,
			.time_ns = (BASE_MS + 1000 * r->time) * 1000000,
			.value = &value,
			.n_values = 1,
		};
		if (series->field) {
			pack(r, &field);
			entry.field = buf_str(&field);
		}
		entry.marks = series->n_marks && r->marked;
		envelope_add(&writer, &entry);
	}
	envelope_write(&writer, &head, out);
	envelope_writer_release(&writer);
}
