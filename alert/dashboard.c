/* dashboard.c - dashboard_url filled in; pure, owns nothing */
#include "alert/dashboard.h"

#include "event/time.h"

enum name { NAME_QUERY, NAME_RISON_QUERY, NAME_FROM, NAME_TO, NAMES };

static const char *const names[NAMES] = {
	[NAME_QUERY] = "query",
	[NAME_RISON_QUERY] = "rison_query",
	[NAME_FROM] = "from",
	[NAME_TO] = "to",
};

/* ---- the template ---- */

/* Split at the next "{{name}}": what is before it, and the rest behind it.
 * False: there is none, or it is not known (*name then says which). */
static bool next_name(struct str *rest, struct str *before, enum name *found,
		      struct str *name)
{
	const char *open = memmem(rest->s, rest->n, "{{", 2);
	const char *close, *end = rest->s + rest->n;

	*before = *rest;
	*name = STR_NONE;
	if (!open)
		return false;
	close = memmem(open, (size_t)(end - open), "}}", 2);
	if (!close) {
		*name = str_slice(open, (size_t)(end - open));
		return false;
	}
	*name = str_trim(str_slice(open + 2, (size_t)(close - open) - 2));
	for (int i = 0; i < NAMES; i++) {
		if (!str_is(*name, names[i]))
			continue;
		*found = (enum name)i;
		*before = str_slice(rest->s, (size_t)(open - rest->s));
		*rest = str_slice(close + 2, (size_t)(end - close) - 2);
		return true;
	}
	return false;
}

void dashboard_check(const struct config *config, struct problems *problems)
{
	struct str rest = str_of(config_string(config, "dashboard_url"));
	const struct conf *node = config_node(config, "dashboard_url");
	struct str before, name;
	enum name found;

	if (rest.n == 0)
		return;
	if (!str_has_prefix(rest, STR("http://")) &&
	    !str_has_prefix(rest, STR("https://")))
		problems_at(problems, PROBLEM_ERROR, node,
			    "\"dashboard_url\" must begin with http:// or "
			    "https://");
	while (next_name(&rest, &before, &found, &name))
		;
	if (name.s)
		problems_at(problems, PROBLEM_ERROR, node,
			    "\"dashboard_url\": unknown name \"%.*s\"; there "
			    "are {{query}}, {{rison_query}}, {{from}} and "
			    "{{to}}",
			    STR_ARG(name));
}

/* ---- the query ---- */

static void add_quoted(struct buf *out, struct str value)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < value.n; i++) {
		if (value.s[i] == '"' || value.s[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, value.s[i]);
	}
	buf_add_char(out, '"');
}

/* match/matcher.h: longer values are cut to 1,000 bytes, '#' and 16 digits. */
static bool was_cut(struct str value)
{
	return value.n > 17 + 990 && value.s[value.n - 17] == '#';
}

bool dashboard_query(struct str query, const struct alert_pairs *group,
		     struct buf *out)
{
	bool whole = true;

	buf_add_char(out, '(');
	buf_add(out, query);
	buf_add_char(out, ')');
	for (size_t i = 0; i < group->n; i++) {
		const char *name = group->item[i].name;
		struct str value =
			str_slice(group->item[i].value, group->item[i].n);

		if (was_cut(value) || (value.n > 0 && value.s[0] == '[')) {
			whole = false;
			continue;
		}
		/* Missing and "" are the same group. */
		if (value.n == 0)
			buf_add_format(out,
				       " AND (%s:\"\" OR (NOT _exists_:%s))",
				       name, name);
		else {
			buf_add_format(out, " AND %s:", name);
			add_quoted(out, value);
		}
	}
	return whole;
}

/* ---- the address ---- */

static void add_encoded(struct buf *out, struct str text, bool rison)
{
	static const char unreserved[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-._~";

	for (size_t i = 0; i < text.n; i++) {
		char c = text.s[i];

		if (rison && (c == '\'' || c == '!'))
			buf_add_text(out, "%21");
		if (c && strchr(unreserved, c))
			buf_add_char(out, c);
		else
			buf_add_format(out, "%%%02X", (unsigned char)c);
	}
}

static void add_time(struct buf *out, int64_t ms)
{
	char text[TIME_TEXT_BYTES];
	size_t n = time_format(ms * 1000000, 3, text);

	add_encoded(out, str_slice(text, n), false);
}

void dashboard_link(const char *url, struct str query, int64_t from_ms,
		    int64_t to_ms, struct buf *out)
{
	struct str rest = str_of(url), before, name;
	size_t start = out->n;
	enum name found;

	while (next_name(&rest, &before, &found, &name)) {
		buf_add(out, before);
		switch (found) {
		case NAME_QUERY: add_encoded(out, query, false); break;
		case NAME_RISON_QUERY: add_encoded(out, query, true); break;
		case NAME_FROM: add_time(out, from_ms); break;
		case NAME_TO: add_time(out, to_ms); break;
		case NAMES: break;
		}
	}
	buf_add(out, rest);
	if (out->n - start > DASHBOARD_LINK_MAX)
		buf_truncate(out, start);
}
