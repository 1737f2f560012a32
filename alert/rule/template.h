/* template.h - the texts of annotations, with names filled in
 *
 * "{{ServiceKey}}" is text; {{rule}} {{value}} {{reference}} {{count}},
 * {{group.FIELD}}, {{labels.NAME}} and {{event.FIELD}} (of the newest sample)
 * are names; blanks inside the braces are ignored. What has no value is
 * filled in as nothing.
 *
 * Pure; safe on any thread. */
#ifndef TOCSIN_ALERT_RULE_TEMPLATE_H
#define TOCSIN_ALERT_RULE_TEMPLATE_H

#include "core/config.h"
#include "event/query_field.h"

/* Which names there are. */
struct template_names {
	const struct strings *group; /* fields of group_by, as written */
	const struct strings *labels;
	const struct query_options *fields; /* of events; NULL: no further */
};

/* False (ERROR_CONFIG): the text is no template, or a name in it is unknown. */
MUST_CHECK bool template_check(struct str text,
			       const struct template_names *names,
			       struct error *err);

struct template_pair {
	struct str name, value;
};

/* What the names stand for; zeroed parts are empty. All is borrowed. */
struct template_values {
	struct str rule;
	struct str value, reference, count; /* as people read them */
	const struct template_pair *group;
	size_t n_group;
	const struct template_pair *label;
	size_t n_labels;
	const struct event *event;          /* scanned; NULL: none */
	const struct query_options *fields; /* as in template_check() */
};

/* Appends `value` so that it can do no harm where the text goes; false if
 * `out` is full. */
typedef bool (*template_escape)(struct buf *out, struct str value);

/* Append the text with its values, each through `escape` (NULL: as it is), the
 * text around them unchanged. `text` has passed template_check(). False: the
 * limit of `out` was reached; it holds what fitted. */
bool template_render(struct str text, const struct template_values *values,
		     template_escape escape, struct buf *out);

#endif
