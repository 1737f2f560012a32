/* labels.c - an alert's labels: sorted name-value pairs
 *
 * Sets are small (tens), so a sorted array does. Pure; any thread. */
#include "alert/notify/labels.h"

#include <stdlib.h>

void labels_release(struct labels *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->item[i].name);
		free(l->item[i].value);
	}
	free(l->item);
	*l = (struct labels){ 0 };
}

/* Where `name` stands or would stand. */
static size_t place(const struct labels *l, struct str name, bool *found)
{
	size_t i = 0;
	int order = 1;

	while (i < l->n &&
	       (order = str_compare(str_of(l->item[i].name), name)) < 0)
		i++;
	*found = i < l->n && order == 0;
	return i;
}

void labels_set(struct labels *l, struct str name, struct str value)
{
	bool found;
	size_t i = place(l, name, &found);

	if (found) {
		free(l->item[i].value);
		l->item[i].value = str_dup(value);
		return;
	}
	l->item = array_grow(l->item, l->n, &l->cap, sizeof(*l->item));
	memmove(&l->item[i + 1], &l->item[i], (l->n - i) * sizeof(*l->item));
	l->item[i] = (struct label){ str_dup(name), str_dup(value) };
	l->n++;
}

const char *labels_get(const struct labels *l, const char *name)
{
	bool found;
	size_t i = place(l, str_of(name), &found);

	return found ? l->item[i].value : "";
}

bool labels_contain(const struct labels *l, const struct labels *wanted)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (strcmp(labels_get(l, wanted->item[i].name),
			   wanted->item[i].value) != 0)
			return false;
	return true;
}

void labels_intersect(struct labels *common, const struct labels *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < common->n; i++) {
		struct label item = common->item[i];
		bool found;
		size_t at = place(l, str_of(item.name), &found);

		if (found && strcmp(l->item[at].value, item.value) == 0) {
			common->item[kept++] = item;
			continue;
		}
		free(item.name);
		free(item.value);
	}
	common->n = kept;
}

void labels_copy(struct labels *to, const struct labels *from)
{
	for (size_t i = 0; i < from->n; i++)
		labels_set(to, str_of(from->item[i].name),
			   str_of(from->item[i].value));
}

void labels_json(const struct labels *l, struct buf *out)
{
	buf_add_char(out, '{');
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		buf_add_json_string(out, str_of(l->item[i].name));
		buf_add_char(out, ':');
		buf_add_json_string(out, str_of(l->item[i].value));
	}
	buf_add_char(out, '}');
}

void labels_text(const struct labels *l, struct buf *out)
{
	buf_add_char(out, '{');
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0)
			buf_add_text(out, ", ");
		buf_add_text(out, l->item[i].name);
		buf_add_char(out, '=');
		buf_add_json_string(out, str_of(l->item[i].value));
	}
	buf_add_char(out, '}');
}
