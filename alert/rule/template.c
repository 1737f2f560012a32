/* template.c - checks and fills in the templates of annotations
 *
 * Pure; owns nothing; safe on any thread. */
#include "alert/rule/template.h"

static const char *const plain_names[] = { "rule", "value", "reference",
					   "count" };

/* A piece of a template: text, or a name without its braces. */
struct piece {
	struct str text;
	bool is_name;
};

enum cut { CUT_END, CUT_PIECE, CUT_OPEN /* braces that are not closed */ };

/* Cut the next piece off `rest`. */
static enum cut cut_piece(struct str *rest, struct piece *out)
{
	const char *open = memmem(rest->s, rest->n, "{{", 2), *close;
	size_t n;

	if (rest->n == 0)
		return CUT_END;
	if (open != rest->s) {
		n = open ? (size_t)(open - rest->s) : rest->n;
		*out = (struct piece){ str_slice(rest->s, n), false };
	} else {
		close = memmem(rest->s, rest->n, "}}", 2);
		if (!close)
			return CUT_OPEN;
		n = (size_t)(close - rest->s) + 2;
		*out = (struct piece){ str_trim(str_slice(rest->s + 2, n - 4)),
				       true };
	}
	*rest = str_slice(rest->s + n, rest->n - n);
	return CUT_PIECE;
}

/* The name behind "group." and its like; false if it begins otherwise. */
static bool after(struct str name, const char *prefix, struct str *rest)
{
	size_t n = strlen(prefix);

	if (!str_has_prefix(name, str_of(prefix)))
		return false;
	*rest = str_slice(name.s + n, name.n - n);
	return true;
}

static bool in_strings(struct str name, const struct strings *list)
{
	for (size_t i = 0; list && i < list->n; i++) {
		if (str_is(name, list->item[i]))
			return true;
	}
	return false;
}

static bool unknown_name(struct str name, struct error *err)
{
	return error_set(err, ERROR_CONFIG,
			 "unknown name \"{{%.*s}}\": there are {{rule}} "
			 "{{value}} {{reference}} {{count}} {{group.FIELD}} "
			 "{{labels.NAME}} {{event.FIELD}}",
			 STR_ARG(name));
}

static bool check_event(struct str name, const struct template_names *names,
			struct error *err)
{
	struct query_field field;

	if (!query_field_parse(name, names->fields, &field, err))
		return false;
	query_field_release(&field);
	return true;
}

static bool check_name(struct str name, const struct template_names *names,
		       struct error *err)
{
	struct str rest;

	for (size_t i = 0; i < ARRAY_LENGTH(plain_names); i++) {
		if (str_is(name, plain_names[i]))
			return true;
	}
	if (after(name, "event.", &rest))
		return check_event(rest, names, err) ||
		       error_prefix(err, "in \"{{%.*s}}\"", STR_ARG(name));
	if (after(name, "group.", &rest))
		return in_strings(rest, names->group) ||
		       error_set(err, ERROR_CONFIG,
				 "unknown name \"{{%.*s}}\": \"%.*s\" is not "
				 "in group_by",
				 STR_ARG(name), STR_ARG(rest));
	if (after(name, "labels.", &rest))
		return in_strings(rest, names->labels) ||
		       error_set(err, ERROR_CONFIG,
				 "unknown name \"{{%.*s}}\": the rule has no "
				 "label \"%.*s\"",
				 STR_ARG(name), STR_ARG(rest));
	return unknown_name(name, err);
}

bool template_check(struct str text, const struct template_names *names,
		    struct error *err)
{
	struct piece piece;
	enum cut cut;

	while ((cut = cut_piece(&text, &piece)) == CUT_PIECE) {
		if (piece.is_name && !check_name(piece.text, names, err))
			return false;
	}
	if (cut == CUT_OPEN)
		return error_set(err, ERROR_CONFIG,
				 "\"{{\" is not closed by \"}}\"");
	return true;
}

static struct str find_pair(struct str name, const struct template_pair pair[],
			    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (str_equal(pair[i].name, name))
			return pair[i].value;
	}
	return STR("");
}

static struct str event_value(struct str name,
			      const struct template_values *values,
			      struct buf *scratch)
{
	struct query_field field;
	struct str text;

	if (!values->event ||
	    !query_field_parse(name, values->fields, &field, NULL))
		return STR("");
	text = query_field_text(&field, values->event, scratch);
	query_field_release(&field);
	return text;
}

static struct str value_of(struct str name,
			   const struct template_values *values,
			   struct buf *scratch)
{
	struct str rest;

	if (str_is(name, "rule"))
		return values->rule;
	if (str_is(name, "value"))
		return values->value;
	if (str_is(name, "reference"))
		return values->reference;
	if (str_is(name, "count"))
		return values->count;
	if (after(name, "group.", &rest))
		return find_pair(rest, values->group, values->n_group);
	if (after(name, "labels.", &rest))
		return find_pair(rest, values->label, values->n_labels);
	if (after(name, "event.", &rest))
		return event_value(rest, values, scratch);
	return STR("");
}

bool template_render(struct str text, const struct template_values *values,
		     template_escape escape, struct buf *out)
{
	struct buf scratch = { 0 };
	struct piece piece;
	bool fits = true;

	while (fits && cut_piece(&text, &piece) == CUT_PIECE) {
		struct str value = piece.text;

		if (!piece.is_name) {
			fits = buf_add(out, value);
			continue;
		}
		buf_clear(&scratch);
		value = value_of(value, values, &scratch);
		fits = escape ? escape(out, value) : buf_add(out, value);
	}
	buf_release(&scratch);
	return fits;
}
