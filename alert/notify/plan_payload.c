/* plan_payload.c - what of an alert goes to receivers as JSON
 *
 * Pure; loop thread. */
#include "alert/notify/plan_internal.h"

static void add_value(struct buf *out, const struct alert_value *v)
{
	buf_clear(out);
	if (v->kind == ALERT_VALUE_NUMBER)
		buf_add_format(out, "%.15g", v->number);
	else if (v->kind == ALERT_VALUE_TEXT)
		buf_add_json_string(out, alert_value_text(v));
}

static void set_top(struct plan_alert *a)
{
	const struct alert_pairs *top = &a->t.top;

	buf_clear(&a->top);
	for (size_t i = 0; i < top->n; i++) {
		buf_add_char(&a->top, i == 0 ? '{' : ',');
		buf_add_json_string(&a->top, str_of(top->item[i].name));
		buf_add_char(&a->top, ':');
		buf_add(&a->top, str_slice(top->item[i].value, top->item[i].n));
	}
	if (top->n > 0)
		buf_add_char(&a->top, '}');
}

void plan_set_payload(struct plan_alert *a)
{
	const struct alert_pairs *samples = &a->t.samples;

	add_value(&a->value, &a->t.value);
	add_value(&a->reference, &a->t.reference);
	buf_clear(&a->samples);
	for (size_t i = 0; i < samples->n; i++) {
		buf_add_char(&a->samples, i == 0 ? '[' : ',');
		buf_add(&a->samples,
			str_slice(samples->item[i].value, samples->item[i].n));
	}
	if (samples->n > 0)
		buf_add_char(&a->samples, ']');
	set_top(a);
}
