/* matcher.c - matchers of labels
 *
 * Owns names, values and compiled expressions. Pure; loop thread. */
#include "alert/notify/matcher.h"

#include <stdlib.h>

#include "event/regex.h"
#include "event/utf8.h"

void matchers_release(struct matchers *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->item[i].name);
		free(m->item[i].value);
		regex_close(m->item[i].regex);
	}
	free(m->item);
	*m = (struct matchers){ 0 };
}

static bool is_label_text(struct str text)
{
	return text.n <= MATCHER_TEXT_MAX && !memchr(text.s, '\0', text.n) &&
	       utf8_valid(text);
}

static bool check(const struct matchers *m, struct str name, struct str value,
		  struct error *err)
{
	if (m->n >= MATCHERS_MAX)
		return error_set(err, ERROR_REJECT,
				 "at most %d matchers are allowed",
				 MATCHERS_MAX);
	if (name.n == 0)
		return error_set(err, ERROR_REJECT,
				 "a matcher needs the name of a label");
	if (!is_label_text(name) || !is_label_text(value))
		return error_set(err, ERROR_REJECT,
				 "a matcher's name and value have at most %d "
				 "bytes of UTF-8 and no NUL",
				 MATCHER_TEXT_MAX);
	return true;
}

bool matchers_add(struct matchers *m, struct str name, struct str value,
		  bool regex, bool negative, struct error *err)
{
	struct regex *compiled = NULL;

	if (!value.s)
		value = STR("");
	if (!check(m, name, value, err))
		return false;
	if (regex) {
		compiled = regex_open(value, err);
		if (!compiled)
			return false;
	}
	*ARRAY_PUSH(m->item, m->n, m->cap) = (struct matcher){
		.name = str_dup(name),
		.value = str_dup(value),
		.negative = negative,
		.regex = compiled,
	};
	return true;
}

/* ---- their text ---- */

struct reader {
	const char *p, *end;
	struct str whole;
	struct error *err;
};

static bool refuse(const struct reader *r, const char *why)
{
	return error_set(r->err, ERROR_REJECT, "in \"%.*s\": %s",
			 STR_ARG(r->whole), why);
}

static void skip_blanks(struct reader *r)
{
	while (r->p < r->end &&
	       (*r->p == ' ' || *r->p == '\t' || *r->p == '\n'))
		r->p++;
}

static bool at_char(struct reader *r, char c)
{
	skip_blanks(r);
	if (r->p == r->end || *r->p != c)
		return false;
	r->p++;
	return true;
}

static struct str read_name(struct reader *r)
{
	const char *start;

	skip_blanks(r);
	start = r->p;
	while (r->p < r->end && !strchr("=!~{}\", \t\n", *r->p))
		r->p++;
	return str_slice(start, (size_t)(r->p - start));
}

static bool read_operator(struct reader *r, bool *regex, bool *negative)
{
	skip_blanks(r);
	if (r->p == r->end || (*r->p != '=' && *r->p != '!'))
		return refuse(r, "wanted = != =~ or !~ after the name");
	*negative = *r->p++ == '!';
	*regex = r->p < r->end && *r->p == '~';
	if (*negative && !*regex && (r->p == r->end || *r->p != '='))
		return refuse(r, "wanted = != =~ or !~ after the name");
	if (*regex || *negative)
		r->p++;
	return true;
}

static bool read_quoted(struct reader *r, struct buf *out)
{
	for (r->p++; r->p < r->end && *r->p != '"'; r->p++) {
		char c = *r->p;

		if (c == '\\' && r->p + 1 < r->end) {
			c = *++r->p;
			if (c == 'n')
				c = '\n';
			else if (c != '"' && c != '\\')
				buf_add_char(out, '\\');
		}
		buf_add_char(out, c);
	}
	if (r->p == r->end)
		return refuse(r, "the quotes are not closed");
	r->p++;
	return true;
}

/* Unquoted text ends at the end; between braces at a comma outside of
 * brackets of its own, such as {2,3}. */
static void read_bare(struct reader *r, bool braces, struct buf *out)
{
	const char *start = r->p;
	int depth = 0;

	while (r->p < r->end) {
		depth += (*r->p == '{') - (*r->p == '}');
		if (braces && (depth < 0 || (depth == 0 && *r->p == ',')))
			break;
		r->p++;
	}
	buf_add(out, str_trim(str_slice(start, (size_t)(r->p - start))));
}

static bool read_value(struct reader *r, bool braces, struct buf *out)
{
	skip_blanks(r);
	if (r->p < r->end && *r->p == '"')
		return read_quoted(r, out);
	read_bare(r, braces, out);
	return true;
}

static bool read_one(struct reader *r, bool braces, struct matchers *m)
{
	struct buf AUTO(buf_release) value = { 0 };
	struct str name = read_name(r);
	bool regex = false, negative = false;

	return read_operator(r, &regex, &negative) &&
	       read_value(r, braces, &value) &&
	       matchers_add(m, name, buf_str(&value), regex, negative, r->err);
}

static bool read_list(struct reader *r, struct matchers *m)
{
	while (!at_char(r, '}')) {
		if (!read_one(r, true, m))
			return false;
		if (at_char(r, ','))
			continue;
		if (at_char(r, '}'))
			return true;
		return refuse(r, "wanted , or } after a matcher");
	}
	return true;
}

bool matchers_parse(struct matchers *m, struct str text, struct error *err)
{
	struct reader r = { text.s, text.s + text.n, text, err };

	if (at_char(&r, '{')) {
		if (!read_list(&r, m))
			return false;
	} else if (!read_one(&r, false, m)) {
		return false;
	}
	skip_blanks(&r);
	return r.p == r.end || refuse(&r, "there is more than a matcher");
}

static void read_pairs(struct matchers *m, const struct conf *group,
		       struct problems *problems)
{
	struct error err;

	conf_for_each (group, i) {
		const struct conf *node = group->child[i];

		if (node->kind != CONF_STRING)
			problems_at(problems, PROBLEM_ERROR, node,
				    "label '%s' must be matched against a "
				    "string",
				    node->name);
		else if (!matchers_add(m, str_of(node->name),
				       str_of(node->text), false, false, &err))
			problems_at(problems, PROBLEM_ERROR, node, "%s",
				    err.text);
	}
}

void matchers_read(struct matchers *m, const struct conf *node,
		   struct problems *problems)
{
	struct error err;

	if (node->kind == CONF_GROUP) {
		read_pairs(m, node, problems);
		return;
	}
	/* Anything else the table of settings refuses. */
	if (node->kind != CONF_LIST)
		return;
	conf_for_each (node, i) {
		const struct conf *item = node->child[i];

		if (item->kind != CONF_STRING)
			problems_at(problems, PROBLEM_ERROR, item,
				    "a matcher is a text such as "
				    "\"severity =~ warn.*\"");
		else if (!matchers_parse(m, str_of(item->text), &err))
			problems_at(problems, PROBLEM_ERROR, item, "%s",
				    err.text);
	}
}

/* ---- judging ---- */

static bool holds_on(const struct matcher *m, const char *value)
{
	bool same = m->regex ? regex_matches(m->regex, str_of(value))
			     : strcmp(m->value, value) == 0;

	return same != m->negative;
}

static bool matcher_holds(const struct matcher *m, const struct labels *labels)
{
	return holds_on(m, labels_get(labels, m->name));
}

bool matchers_hold(const struct matchers *m, const struct labels *labels)
{
	for (size_t i = 0; i < m->n; i++)
		if (!matcher_holds(&m->item[i], labels))
			return false;
	return true;
}

bool matchers_hold_on_nothing(const struct matchers *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (!holds_on(&m->item[i], ""))
			return false;
	return true;
}

bool matchers_equal(const struct matchers *a, const struct matchers *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		const struct matcher *x = &a->item[i], *y = &b->item[i];

		if (strcmp(x->name, y->name) != 0 ||
		    strcmp(x->value, y->value) != 0 ||
		    x->negative != y->negative || !x->regex != !y->regex)
			return false;
	}
	return true;
}

/* ---- writing ---- */

static void matcher_text(const struct matcher *m, struct buf *out)
{
	static const char *const operator[2][2] = { { "=", "!=" },
						    { "=~", "!~" } };

	buf_add_text(out, m->name);
	buf_add_text(out, operator[m->regex != NULL][m->negative]);
	buf_add_char(out, '"');
	for (const char *p = m->value; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_add_char(out, '\\');
		if (*p == '\n')
			buf_add_text(out, "\\n");
		else
			buf_add_char(out, *p);
	}
	buf_add_char(out, '"');
}

void matchers_text(const struct matchers *m, struct buf *out)
{
	buf_add_char(out, '{');
	for (size_t i = 0; i < m->n; i++) {
		if (i > 0)
			buf_add_text(out, ", ");
		matcher_text(&m->item[i], out);
	}
	buf_add_char(out, '}');
}
