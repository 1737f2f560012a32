/* rule_series.c - what rules share, and the hashes that name it
 *
 * Pure; a series borrows from the first of its rules. Runs on the caller's
 * thread. */
#include "alert/rule/rule_internal.h"

#include <stdlib.h>

/* Each part with its length before it, so that no two lists of parts are the
 * same bytes. */
static void add_part(struct buf *out, struct str part)
{
	buf_add_uint(out, part.n);
	buf_add_char(out, ':');
	buf_add(out, part);
}

static void add_text(struct buf *out, const char *text)
{
	add_part(out, str_of(text));
}

static void add_number(struct buf *out, int64_t number)
{
	buf_add_int(out, number);
	buf_add_char(out, ';');
}

static void add_strings(struct buf *out, const struct strings *strings)
{
	add_number(out, (int64_t)strings->n);
	for (size_t i = 0; i < strings->n; i++)
		add_text(out, strings->item[i]);
}

static void add_pairs(struct buf *out, const struct rule_pair pair[], size_t n)
{
	add_number(out, (int64_t)n);
	for (size_t i = 0; i < n; i++) {
		add_text(out, pair[i].name);
		add_text(out, pair[i].value);
	}
}

static void add_query(struct buf *out, const struct query *query)
{
	struct buf text = { 0 };

	query_canonical(query, &text);
	add_part(out, buf_str(&text));
	buf_release(&text);
}

static enum series_field field_as(const struct rule *rule)
{
	switch (rule->type) {
	case RULE_CARDINALITY:
	case RULE_METRIC: return SERIES_FIELD_ELEMENTS;
	case RULE_NEW_TERM: return SERIES_FIELD_TERM;
	case RULE_CHANGE: return SERIES_FIELD_TEXT;
	default: return SERIES_FIELD_NONE;
	}
}

/* What makes rules share a series. Series without field and marks keep the
 * name that they had before there were such. */
static void add_series(struct buf *out, const struct rule *rule)
{
	enum series_field as = field_as(rule);

	add_query(out, rule->query);
	add_strings(out, &rule->group_by);
	if (as != SERIES_FIELD_NONE) {
		add_number(out, (int64_t)as);
		add_text(out, rule->field);
	}
	if (rule->of) {
		add_text(out, "of");
		add_query(out, rule->of);
	}
	for (size_t i = 0; i < rule->n_stages; i++) {
		add_text(out, "stage");
		add_query(out, rule->stage[i].query);
	}
}

static void add_bound(struct buf *out, const struct rule_bound *bound)
{
	if (bound->set)
		buf_add_format(out, "%.17g", bound->value);
	buf_add_char(out, ';');
}

/* Keys of the types that came later; nothing for the others, whose hashes
 * stay. */
static void add_later_keys(struct buf *out, const struct rule *rule)
{
	if (rule->type <= RULE_SPIKE)
		return;
	add_number(out, rule->threshold);
	add_number(out, rule->forget_after_ms);
	add_bound(out, &rule->upper);
	add_bound(out, &rule->lower);
	add_number(out, rule->min_events);
	add_number(out, (int64_t)rule->aggregate);
	add_number(out, rule->window_ms);
	add_number(out, rule->learn_ms);
	for (size_t i = 0; i < rule->n_stages; i++) {
		add_number(out, rule->stage[i].within_ms);
		add_number(out, rule->stage[i].absent);
	}
	for (size_t i = 0; i < rule->n_expect; i++)
		for (size_t k = 0; k < rule->group_by.n; k++)
			add_text(out, rule->expect[i].value[k]);
}

/* Everything that a series is made of was right. */
static bool is_whole(const struct rule *rule)
{
	if (!rule->query || (rule->type == RULE_RATIO && !rule->of) ||
	    (field_as(rule) != SERIES_FIELD_NONE && !rule->field))
		return false;
	for (size_t i = 0; i < rule->n_stages; i++)
		if (!rule->stage[i].query)
			return false;
	return true;
}

void rule_set_hash(struct rule *rule)
{
	struct buf text = { 0 };

	if (!is_whole(rule))
		return;
	add_text(&text, rule->name);
	add_series(&text, rule);
	add_number(&text, (int64_t)rule->type);
	add_number(&text, rule->timeframe_ms);
	add_number(&text, rule->for_ms);
	add_number(&text, rule->keep_firing_for_ms);
	add_number(&text, rule->realert_ms);
	add_number(&text, rule->num_events);
	add_number(&text, (int64_t)rule->spike_type);
	buf_add_format(&text, "%.17g;", rule->spike_height);
	add_number(&text, rule->threshold_cur);
	add_number(&text, rule->threshold_ref);
	add_number(&text, rule->max_groups);
	add_later_keys(&text, rule);
	rule->hash = str_hash(buf_str(&text));
	buf_release(&text);
}

/* What a rule says beyond when it fires. */
static void add_rest(struct buf *out, const struct rule *rule)
{
	add_number(out, (int64_t)rule->hash);
	add_pairs(out, rule->label, rule->n_labels);
	add_pairs(out, rule->annotation, rule->n_annotations);
	add_strings(out, &rule->receivers);
	add_strings(out, &rule->top);
	add_number(out, rule->samples);
	add_number(out, rule->staging);
}

static int64_t reach_ms(const struct rule *rule)
{
	/* A spike holds against the window before its own, and is over at the
	 * latest two windows after it fired. */
	int64_t windows = rule->type == RULE_SPIKE ? 4 : 1;
	int64_t run_ms = 0;

	for (size_t i = 0; i < rule->n_stages; i++)
		run_ms += rule->stage[i].within_ms;
	return windows * rule->timeframe_ms + run_ms + rule->for_ms;
}

static void set_marks(struct series *series, const struct rule *rule)
{
	if (rule->of)
		series->mark[series->n_marks++] = rule->of;
	for (size_t i = 0; i < rule->n_stages; i++)
		series->mark[series->n_marks++] = rule->stage[i].query;
	series->marked_only = rule->n_stages > 0;
}

static struct series *series_new(struct ruleset *rules, const struct rule *rule,
				 uint64_t id)
{
	struct series *series = xcalloc(1, sizeof(*series));

	series->id = id;
	series->query = rule->query;
	series->group_by = &rule->group_by;
	series->field_as = field_as(rule);
	series->field = rule->field;
	set_marks(series, rule);
	series->rule = xcalloc(rules->n, sizeof(struct rule *));
	rules->series[rules->n_series++] = series;
	return series;
}

void series_free(struct series *series)
{
	free(series->rule);
	free(series->top);
	free(series);
}

static void want_top(struct series *series, const char *field)
{
	for (size_t i = 0; i < series->n_top; i++)
		if (strcmp(series->top[i], field) == 0)
			return;
	series->top =
		xrealloc(series->top, (series->n_top + 1) * sizeof(char *));
	series->top[series->n_top++] = field;
}

static void join_series(struct ruleset *rules, struct map *known,
			struct rule *rule)
{
	struct buf key = { 0 };
	struct series *series;

	add_series(&key, rule);
	series = map_get(known, buf_str(&key));
	if (!series) {
		series = series_new(rules, rule, str_hash(buf_str(&key)));
		map_set(known, buf_str(&key), series);
	}
	buf_release(&key);
	series->rule[series->n_rules++] = rule;
	if (rule->samples > series->samples)
		series->samples = rule->samples;
	for (size_t i = 0; i < rule->top.n; i++)
		want_top(series, rule->top.item[i]);
	rule->series = series;
}

void rules_share(struct ruleset *rules)
{
	struct map known = { 0 };
	struct buf text = { 0 };

	rules->series = xcalloc(rules->n, sizeof(struct series *));
	for (size_t i = 0; i < rules->n; i++) {
		struct rule *rule = rules->rule[i];

		if (!is_whole(rule))
			continue;
		join_series(rules, &known, rule);
		add_rest(&text, rule);
		if (reach_ms(rule) > rules->longest_ms)
			rules->longest_ms = reach_ms(rule);
	}
	rules->hash = str_hash(buf_str(&text));
	buf_release(&text);
	map_release(&known, NULL);
}
