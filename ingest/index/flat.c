/* flat.c - what of an object Elasticsearch can search
 *
 * Pure; the loop thread calls it. */
#include "ingest/index/flat.h"

#include <math.h>
#include <stdlib.h>

#include "event/json.h"

enum { NUMBERS_MAX = 1000, NUMBER_BYTES = 64, ESCAPE_BYTES = 6 };

struct flat {
	struct buf *scratch;
	struct buf *out;
};

static bool add_value(const struct flat *f, struct str value, unsigned depth,
		      size_t path_bytes);

static bool key_fits(const struct flat *f, struct str key)
{
	struct str text;

	buf_clear(f->scratch);
	text = json_text(key, f->scratch);
	return !memchr(text.s ? text.s : "", '\0', text.n);
}

static bool string_fits(const struct flat *f, struct str raw)
{
	if (raw.n <= FLAT_LEAF_BYTES + 2)
		return true;
	if (raw.n > ESCAPE_BYTES * FLAT_LEAF_BYTES + 2)
		return false;
	buf_clear(f->scratch);
	return json_text(raw, f->scratch).n <= FLAT_LEAF_BYTES;
}

static void add_object(const struct flat *f, struct str raw, unsigned depth,
		       size_t path_bytes)
{
	struct json_cursor cursor = json_enter(raw);
	struct json_member member;
	bool first = true;

	buf_add_char(f->out, '{');
	while (json_next_member(&cursor, &member)) {
		size_t before = f->out->n;
		size_t path = path_bytes + member.key.n;

		if (path > FLAT_PATH_BYTES || !key_fits(f, member.key))
			continue;
		if (!first)
			buf_add_char(f->out, ',');
		buf_add(f->out, member.key);
		buf_add_char(f->out, ':');
		if (add_value(f, member.value, depth, path))
			first = false;
		else
			buf_truncate(f->out, before);
	}
	buf_add_char(f->out, '}');
}

static void add_array(const struct flat *f, struct str raw, unsigned depth,
		      size_t path_bytes)
{
	struct json_cursor cursor = json_enter(raw);
	struct str element;
	bool first = true;

	buf_add_char(f->out, '[');
	while (json_next_element(&cursor, &element)) {
		size_t before = f->out->n;

		if (!first)
			buf_add_char(f->out, ',');
		if (add_value(f, element, depth, path_bytes))
			first = false;
		else
			buf_truncate(f->out, before);
	}
	buf_add_char(f->out, ']');
}

/* False: it does not fit. `depth` is that of the object or array around it. */
static bool add_value(const struct flat *f, struct str value, unsigned depth,
		      size_t path_bytes)
{
	switch (json_kind(value)) {
	case JSON_OBJECT:
	case JSON_ARRAY:
		if (depth == FLAT_DEPTH)
			return false;
		if (json_kind(value) == JSON_OBJECT)
			add_object(f, value, depth + 1, path_bytes);
		else
			add_array(f, value, depth + 1, path_bytes);
		return true;
	case JSON_STRING:
		if (!string_fits(f, value))
			return false;
		break;
	default:
		if (value.n > FLAT_LEAF_BYTES)
			return false;
		break;
	}
	return buf_add(f->out, value);
}

void flat_object(struct str object, struct buf *scratch, struct buf *out)
{
	struct flat f = { scratch, out };

	add_object(&f, object, 1, 0);
}

/* JSON's grammar, since strtod takes more: hex, "inf", blanks. */
static bool is_json_number(const char *p)
{
	p += *p == '-';
	if (*p == '0')
		p++;
	else if (*p >= '1' && *p <= '9')
		p += strspn(p, "0123456789");
	else
		return false;
	if (*p == '.') {
		size_t digits = strspn(p + 1, "0123456789");

		if (digits == 0)
			return false;
		p += 1 + digits;
	}
	if (*p == 'e' || *p == 'E') {
		p++;
		p += *p == '-' || *p == '+';
		if (strspn(p, "0123456789") == 0)
			return false;
		p += strspn(p, "0123456789");
	}
	return *p == '\0';
}

struct numbers {
	struct buf *scratch;
	struct buf *out;
	size_t n;
};

static bool add_number(void *arg, struct str value)
{
	struct numbers *numbers = arg;
	char text[NUMBER_BYTES + 1];
	struct str number;

	buf_clear(numbers->scratch);
	if (json_kind(value) != JSON_NUMBER && json_kind(value) != JSON_STRING)
		return false;
	if (value.n > NUMBER_BYTES)
		return false;
	number = json_text(value, numbers->scratch);
	if (memchr(number.s, '\0', number.n))
		return false;
	memcpy(text, number.s, number.n);
	text[number.n] = '\0';
	if (!is_json_number(text) || !isfinite(strtod(text, NULL)))
		return false;
	if (numbers->n++ > 0)
		buf_add_char(numbers->out, ',');
	buf_add(numbers->out, number);
	return numbers->n == NUMBERS_MAX;
}

/* False: nothing appended. */
static bool add_path(struct str object, const char *path, struct buf *scratch,
		     struct buf *out)
{
	struct numbers numbers = { scratch, out, 0 };

	buf_add_json_string(out, str_of(path));
	buf_add_text(out, ":[");
	(void)json_visit(object, str_of(path), add_number, &numbers);
	buf_add_char(out, ']');
	return numbers.n > 0;
}

void flat_numbers(struct str object, const struct strings *paths,
		  struct buf *scratch, struct buf *out)
{
	size_t start = out->n;
	bool any = false;

	buf_add_text(out, ",\"AdditionalNum\":{");
	for (size_t i = 0; i < paths->n; i++) {
		size_t before = out->n;

		if (any)
			buf_add_char(out, ',');
		if (add_path(object, paths->item[i], scratch, out))
			any = true;
		else
			buf_truncate(out, before);
	}
	buf_add_char(out, '}');
	if (!any)
		buf_truncate(out, start);
}
