/* alert_labels.c - the labels and annotations of an alert
 *
 * Pure; any thread. */
#include "alert/notify/alert_labels.h"

static void set_pairs(struct labels *l, const struct alert_pairs *pairs)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < pairs->n; i++) {
		const struct alert_pair *pair = &pairs->item[i];

		buf_clear(&text);
		for (size_t k = 0; k < pair->n; k++)
			if (pair->value[k])
				buf_add_char(&text, pair->value[k]);
			else
				buf_add_text(&text, "\xe2\x90\x80");
		labels_set(l, str_of(pair->name), buf_str(&text));
	}
	buf_release(&text);
}

void alert_labels(const struct transition *t, struct labels *out)
{
	labels_release(out);
	labels_set(out, STR("alertname"), str_of(t->rule));
	set_pairs(out, &t->group);
	set_pairs(out, &t->labels);
}

void alert_annotations(const struct transition *t, struct labels *out)
{
	labels_release(out);
	set_pairs(out, &t->annotations);
}
