/* check_servers.h - `tocsin check --servers`: is everything there? */
#ifndef TOCSIN_CLI_CHECK_SERVERS_H
#define TOCSIN_CLI_CHECK_SERVERS_H

#include "core/config.h"

/* Connects to Kafka and Elasticsearch, one line a step on stdout; waits some
 * seconds for each. EXIT_STATUS_DONE, EXIT_STATUS_UNREACHABLE if one does not
 * answer or refuses us, EXIT_STATUS_FINDINGS if topics are missing. */
int check_servers(const struct config *config);

#endif
