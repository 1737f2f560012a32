/* access.h - who we are to Elasticsearch, and whom we trust
 *
 * The settings elasticsearch.ca_file, user, password, api_key, aws_* and the
 * like. Secrets are read only by who connects; they are never printed. Loop
 * thread only. */
#ifndef TOCSIN_INGEST_INDEX_ACCESS_H
#define TOCSIN_INGEST_INDEX_ACCESS_H

#include "core/config.h"
#include "core/http.h"

/* Settings that contradict each other become problems at their place. Reads no
 * secret, so it does not matter which host asks. */
void access_check(const struct config *config, struct problems *problems);

/* Secrets and files elasticsearch.* that cannot be read here become problems at
 * their place. */
void access_secrets_check(const struct config *config,
			  struct problems *problems);

/* Warn of a password or key that would be sent in the clear to another host. */
void access_lint(const struct config *config, struct problems *problems);

/* Read the secrets and give them to `http` (NULL: only look at them). False
 * (ERROR_CONFIG): a secret cannot be read or used; the text names the setting,
 * never the value. */
MUST_CHECK bool access_apply(const struct config *config, struct http *http,
			     struct error *err);

/* Has the cluster's URL a user or password in it? They would be shown with it
 * in logs, so it is refused. */
bool access_in_url(const char *url);

extern const struct settings access_settings;

#endif
