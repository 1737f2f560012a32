/* types.c - which functions lead the rules of a type */
#include "alert/window/tracker.h"

const struct window_type *window_type_of(enum rule_type type)
{
	switch (type) {
	case RULE_ANY: return &window_type_any;
	case RULE_FREQUENCY: return &window_type_frequency;
	case RULE_SPIKE: return &window_type_spike;
	case RULE_TYPES: break;
	}
	ENSURE(type < RULE_TYPES);
	return NULL;
}
