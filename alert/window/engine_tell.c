/* engine_tell.c - changes of trackers become transitions
 *
 * Everything a transition says beside the change itself is gathered here:
 * names, episode, cause, labels, samples, filled-in annotations. What the
 * store holds already is not told again. Loop thread. */
#include "alert/dashboard.h"
#include "alert/rule/template.h"
#include "alert/window/engine_internal.h"

#include <stdio.h>

enum { MS_NS = 1000000, ANNOTATION_BYTES_MAX = 16 * 1024 };

static int64_t ms_of(int64_t ns)
{
	return ns / MS_NS - (ns % MS_NS < 0);
}

void engine_group_pairs(const struct group *group, struct alert_pairs *out)
{
	const struct rule *rule = group->series->series->rule[0];

	for (size_t i = 0; i < rule_group_values(rule); i++)
		alert_pairs_add(out, str_of(rule_group_name(rule, i)),
				group->value[i]);
}

void engine_alert_id(const struct tracker *t, char id[ALERT_ID_BYTES + 1])
{
	struct transition only_group = { 0 };

	engine_group_pairs(t->group, &only_group.group);
	alert_id(str_of(t->rule->name), &only_group.group, id);
	transition_release(&only_group);
}

static void value_text(const struct alert_value *value, struct buf *out)
{
	if (value->kind == ALERT_VALUE_TEXT)
		buf_add(out, alert_value_text(value));
	else if (value->kind == ALERT_VALUE_NUMBER)
		buf_add_format(out, "%.12g", value->number);
}

static void add_samples(const struct tracker *t, struct transition *out)
{
	size_t wanted = (size_t)t->rule->samples, skip = 0;
	const struct sample *s;

	if (t->group->n_samples > wanted)
		skip = t->group->n_samples - wanted;
	TAILQ_FOREACH(s, &t->group->samples, group)
	{
		if (skip > 0)
			skip--;
		else
			alert_pairs_add(&out->samples, STR(""),
					str_slice(s->text, s->n));
	}
}

static size_t place_of(const struct series *series, const char *field)
{
	size_t i = 0;

	while (i < series->n_top && strcmp(series->top[i], field) != 0)
		i++;
	return i;
}

/* Of the windows that the alert has been held by so far. */
static void add_top(const struct tracker *t, const struct change *change,
		    struct transition *out)
{
	const struct series *series = t->run->series->series;
	int64_t span = rule_ns(t->rule->timeframe_ms);
	struct buf AUTO(buf_release) json = { 0 };

	for (size_t i = 0; t->group->tops && i < t->rule->top.n; i++) {
		const char *field = t->rule->top.item[i];
		size_t place = place_of(series, field);

		buf_clear(&json);
		if (place < series->n_top &&
		    tops_tell(t->group->tops, place,
			      t->starts_at - (span > 0 ? span : 1), change->at,
			      &json))
			alert_pairs_add(&out->top, str_of(field),
					buf_str(&json));
	}
}

/* A little more than the windows, so that what led to it is seen too. */
static void add_link(const struct engine *e, const struct tracker *t,
		     const struct change *change, struct transition *out)
{
	static const int64_t around_ms = 60000, momentary_ms = 300000;
	int64_t span_ms = t->rule->timeframe_ms;
	struct buf AUTO(buf_release) query = { 0 };
	struct buf AUTO(buf_release) link = { 0 };

	if (!e->options.dashboard_url)
		return;
	(void)dashboard_query(str_of(t->rule->query_text), &out->group, &query);
	dashboard_link(e->options.dashboard_url, buf_str(&query),
		       out->starts_at_ms -
			       (span_ms > 0 ? span_ms : momentary_ms),
		       ms_of(change->at) + around_ms, &link);
	if (link.n > 0)
		out->link = str_dup(buf_str(&link));
}

static void add_annotation(const struct rule_pair *annotation,
			   const struct template_values *values,
			   struct transition *out)
{
	struct buf AUTO(buf_release) text = { .limit = ANNOTATION_BYTES_MAX };

	/* Past the limit it holds what fitted, which is better than nothing. */
	(void)!template_render(str_of(annotation->value), values, NULL, &text);
	alert_pairs_add(&out->annotations, str_of(annotation->name),
			buf_str(&text));
}

static void add_annotations(struct engine *e, const struct tracker *t,
			    struct transition *out)
{
	const struct sample *newest =
		TAILQ_LAST(&t->group->samples, sample_list);
	struct template_pair group[RULE_GROUP_FIELDS_MAX + 1], label[64];
	struct buf AUTO(buf_release) value = { 0 };
	struct buf AUTO(buf_release) reference = { 0 };
	struct buf AUTO(buf_release) count = { 0 };
	struct event event;
	struct template_values values = {
		.rule = str_of(t->rule->name),
		.group = group,
		.label = label,
		.fields = e->options.fields,
	};

	value_text(&out->value, &value);
	value_text(&out->reference, &reference);
	buf_add_int(&count, out->count);
	values.value = buf_str(&value);
	values.reference = buf_str(&reference);
	values.count = buf_str(&count);
	for (size_t i = 0; i < out->group.n && i < RULE_GROUP_FIELDS_MAX; i++)
		group[values.n_group++] =
			(struct template_pair){ str_of(out->group.item[i].name),
						t->group->value[i] };
	for (size_t i = 0; i < t->rule->n_labels && i < 64; i++)
		label[values.n_labels++] = (struct template_pair){
			str_of(t->rule->label[i].name),
			str_of(t->rule->label[i].value)
		};
	if (newest) {
		event_scan(e->scanner, str_slice(newest->text, newest->n),
			   &event);
		values.event = event.repairs ? NULL : &event;
	}
	for (size_t i = 0; i < t->rule->n_annotations; i++)
		add_annotation(&t->rule->annotation[i], &values, out);
}

void engine_add_rule(const struct rule *rule, struct transition *out)
{
	out->rule = xstrdup(rule->name);
	out->staging = rule->staging;
	for (size_t i = 0; i < rule->n_labels; i++)
		alert_pairs_add(&out->labels, str_of(rule->label[i].name),
				str_of(rule->label[i].value));
	for (size_t i = 0; i < rule->receivers.n; i++)
		alert_pairs_add(&out->receivers, STR(""),
				str_of(rule->receivers.item[i]));
}

static void compose(struct engine *e, const struct tracker *t,
		    const struct change *change, struct transition *out)
{
	*out = (struct transition){
		.state = change->state,
		.at_ms = ms_of(change->at),
		.starts_at_ms = ms_of(t->starts_at),
		.updated_at_ms = ALERT_TIME_NONE,
		.episode = t->episode + (change->state == ALERT_PENDING),
		.cause = t->last,
		.value = alert_value_copy(&change->value),
		.reference = alert_value_copy(&change->reference),
		.count = change->count,
		.record_time_ms = t->record_ms,
		.reason = change->reason ? xstrdup(change->reason) : NULL,
	};
	if (change->update) {
		out->at_ms = out->starts_at_ms;
		out->updated_at_ms = ms_of(change->at);
	}
	engine_add_rule(t->rule, out);
	engine_group_pairs(t->group, &out->group);
	alert_id(str_of(t->rule->name), &out->group, out->id);
	add_samples(t, out);
	add_top(t, change, out);
	add_link(e, t, change, out);
	add_annotations(e, t, out);
}

struct cause engine_next_cause(const struct engine *e, struct tracker *t)
{
	struct cause cause = { e->options.partition, e->offset, 0 };

	if (t->last.offset == e->offset)
		cause.step = t->last.step + 1;
	t->last = cause;
	return cause;
}

void engine_tell(void *arg, struct tracker *t, const struct change *change)
{
	struct engine *e = arg;
	struct cause cause = engine_next_cause(e, t);
	struct transition transition;

	if (change->state == ALERT_FIRING && !change->update)
		t->episode++;
	if (!e->live || !cause_follows(cause, t->stored))
		return;
	compose(e, t, change, &transition);
	e->counts.transitions++;
	e->options.emit(e->options.arg, &transition);
	transition_release(&transition);
}
