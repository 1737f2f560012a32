/* dashboard.h - where people see an alert's events: `dashboard_url` filled in
 *
 * "{{query}}" is the rule's query with the values of its group, {{from}} and
 * {{to}} are times (RFC 3339), all percent-encoded (RFC 3986), and
 * "{{rison_query}}" is the query as it goes between the quotes of Kibana's and
 * OpenSearch Dashboards' addresses (rison: ' and ! are preceded by !).
 *
 * Pure; any thread. */
#ifndef TOCSIN_ALERT_DASHBOARD_H
#define TOCSIN_ALERT_DASHBOARD_H

#include "alert/transition.h"
#include "core/config.h"

enum { DASHBOARD_LINK_MAX = 4096 };

/* Is `dashboard_url` an http address whose placeholders are known? */
void dashboard_check(const struct config *config, struct problems *problems);

/* A query that finds the events of one group: `query` and a clause for each
 * value. False, *out with what fitted: a value cannot be asked for (it was
 * cut, or is an array). */
bool dashboard_query(struct str query, const struct alert_pairs *group,
		     struct buf *out);

/* Append the address; nothing if `url` is "" or it gets too long. */
void dashboard_link(const char *url, struct str query, int64_t from_ms,
		    int64_t to_ms, struct buf *out);

#endif
