/* config_values.h - the inside of a config, shared by core/config*.c only */
#ifndef TOCSIN_CORE_CONFIG_VALUES_H
#define TOCSIN_CORE_CONFIG_VALUES_H

#include "core/config.h"

static inline enum setting_type type_of(const struct setting *row)
{
	return (enum setting_type)(row->type & 0xff);
}

/* What one row reads as. */
struct value {
	const struct setting *row;
	const struct conf *node; /* where it was written, or NULL */
	int64_t number;          /* INT, DURATION, BYTES, BOOL, CHOICE */
	double real;
	const char *text; /* borrowed from the node or the row */
	struct strings list;
	char *split; /* owns the texts of a default list */
};

/* Fill in *v from v->node, which is a node of v->row; what is wrong with it
 * goes to `problems` and v stays as it was. `path` is the name for messages. */
void value_read(struct value *v, const char *path, struct problems *problems);
/* Fill in *v from the default of its row. A default that does not fit its own
 * row is a bug. */
void value_default(struct value *v);
void value_release(struct value *v);
/* Of the same row, wherever they were written. */
bool value_same(const struct value *a, const struct value *b);
/* The values of a config, in the order of its tables. */
const struct value *config_values(const struct config *c, size_t *n);

/* Put `node` (taken) into the tree at the path, making the groups on the way
 * and replacing what was there. false, node freed, where a step of the path is
 * no group. */
MUST_CHECK bool conf_put(struct conf *root, const char *path,
			 struct conf *node);

/* Apply one `-s path=value` to the tree. */
void override_apply(struct conf *root, const char *text,
		    const struct settings tables[], size_t n,
		    struct problems *problems);

/* The row with this path, or NULL. */
const struct setting *settings_find(const struct settings tables[], size_t n,
				    struct str path);

#endif
