/* types.c - which functions lead the rules of a type */
#include "alert/window/tracker.h"

static const struct window_type *const types[RULE_TYPES] = {
	[RULE_ANY] = &window_type_any,
	[RULE_FREQUENCY] = &window_type_frequency,
	[RULE_SPIKE] = &window_type_spike,
	[RULE_FLATLINE] = &window_type_flatline,
	[RULE_CARDINALITY] = &window_type_cardinality,
	[RULE_NEW_TERM] = &window_type_new_term,
	[RULE_CHANGE] = &window_type_change,
	[RULE_RATIO] = &window_type_ratio,
	[RULE_METRIC] = &window_type_metric,
	[RULE_SEQUENCE] = &window_type_sequence,
};

const struct window_type *window_type_of(enum rule_type type)
{
	ENSURE(type < RULE_TYPES && types[type]);
	return types[type];
}
