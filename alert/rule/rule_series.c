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

/* What makes rules share a series. */
static void add_series(struct buf *out, const struct rule *rule)
{
	struct buf query = { 0 };

	query_canonical(rule->query, &query);
	add_part(out, buf_str(&query));
	add_strings(out, &rule->group_by);
	buf_release(&query);
}

void rule_set_hash(struct rule *rule)
{
	struct buf text = { 0 };

	if (!rule->query)
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

	return windows * rule->timeframe_ms + rule->for_ms;
}

static struct series *series_new(struct ruleset *rules, const struct rule *rule,
				 uint64_t id)
{
	struct series *series = xcalloc(1, sizeof(*series));

	series->id = id;
	series->query = rule->query;
	series->group_by = &rule->group_by;
	series->rule = xcalloc(rules->n, sizeof(struct rule *));
	rules->series[rules->n_series++] = series;
	return series;
}

void series_free(struct series *series)
{
	free(series->rule);
	free(series);
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
	rule->series = series;
}

void rules_share(struct ruleset *rules)
{
	struct map known = { 0 };
	struct buf text = { 0 };

	rules->series = xcalloc(rules->n, sizeof(struct series *));
	for (size_t i = 0; i < rules->n; i++) {
		struct rule *rule = rules->rule[i];

		if (!rule->query)
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
