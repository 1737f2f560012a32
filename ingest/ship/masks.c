/* masks.c - reads ship.mask
 *
 * Pure: owns nothing. See masks.h. */
#include "ingest/ship/masks.h"

#include "core/config.h"
#include "event/utf8.h"

static const struct setting rows[] = {
	{ .path = "pattern", .type = SETTING_STRING, .sentence = "PCRE2." },
	{ .path = "replacement",
	  .type = SETTING_STRING,
	  .fallback = "***",
	  .sentence = "Literal text." },
};
static const struct settings table = { rows, ARRAY_LENGTH(rows) };

static bool read_one(struct mask *m, const struct conf *node,
		     struct problems *problems)
{
	struct config *c = config_check(node, &table, 1, problems);
	struct error err = { 0 };
	bool ok = problems->errors == 0;

	if (ok) {
		struct str with = str_of(config_string(c, "replacement"));

		if (!utf8_valid(with))
			ok = error_set(&err, ERROR_CONFIG,
				       "the replacement is not UTF-8");
		else
			ok = mask_add(m, str_of(config_string(c, "pattern")),
				      with, &err);
		if (!ok)
			problems_at(problems, PROBLEM_ERROR, node, "%s",
				    err.text);
	}
	config_close(c);
	return ok;
}

bool masks_read(const struct conf *list, struct mask **out, struct error *err)
{
	struct mask *m = list && list->n > 0 ? mask_open() : NULL;
	struct problems problems = { 0 };
	bool ok = true;

	for (size_t i = 0; m && ok && i < list->n; i++) {
		if (list->kind != CONF_LIST ||
		    list->child[i]->kind != CONF_GROUP) {
			problems_at(&problems, PROBLEM_ERROR, list,
				    "ship.mask is not a list of groups: write "
				    "( { pattern = \"...\"; replacement = "
				    "\"...\"; } )");
			ok = false;
		} else {
			ok = read_one(m, list->child[i], &problems);
		}
	}
	if (!ok) {
		(void)problems_ok(&problems, err);
		mask_close(m);
		m = NULL;
	}
	problems_release(&problems);
	*out = m;
	return ok;
}
