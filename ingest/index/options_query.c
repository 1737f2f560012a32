/* options_query.c - index.query: what is indexed
 *
 * Pure; any thread. */
#include "ingest/index/options.h"

enum { PROBLEMS_MAX = 8 };

static struct query *parse(const struct config *config,
			   struct query_problem problems[PROBLEMS_MAX],
			   size_t *n)
{
	const struct strings *fields = config_strings(config, "fields");
	const struct query_options options = { fields->item, fields->n };

	return query_parse(str_of(config_string(config, "index.query")),
			   &options, problems, PROBLEMS_MAX, n);
}

struct query *options_open_query(const struct config *config, struct error *err)
{
	struct query_problem problems[PROBLEMS_MAX];
	size_t n;
	struct query *query = parse(config, problems, &n);

	if (!query)
		error_set(err, ERROR_CONFIG,
			  "could not use index.query, column %d: %s",
			  n > 0 ? problems[0].column : 1,
			  n > 0 ? problems[0].text : "it is no query");
	return query;
}

void options_check_query(const struct config *config, const char *file,
			 struct problems *problems)
{
	const struct conf *node = config_node(config, "index.query");
	struct query_problem found[PROBLEMS_MAX];
	size_t n;

	query_free(parse(config, found, &n));
	for (size_t i = 0; i < n; i++) {
		enum problem_level level =
			found[i].warning ? PROBLEM_WARNING : PROBLEM_ERROR;

		if (node)
			problems_at(problems, level, node,
				    "index.query, column %d: %s",
				    found[i].column, found[i].text);
		else
			problems_add(problems, level, file, 0, 0,
				     "index.query, column %d: %s",
				     found[i].column, found[i].text);
	}
}
