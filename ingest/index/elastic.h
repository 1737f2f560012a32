/* elastic.h - a client of one Elasticsearch or OpenSearch cluster
 *
 * Its nodes take turns; one that does not answer is left out for a while,
 * unless none is left. Requests are not repeated here: who sends them knows
 * what may be.
 *
 * Loop thread only. */
#ifndef TOCSIN_INGEST_INDEX_ELASTIC_H
#define TOCSIN_INGEST_INDEX_ELASTIC_H

#include "core/config.h"
#include "core/http.h"

/* The rows elasticsearch.urls and .timeout; the others lie in access.h. */
extern const struct settings elastic_settings;

struct elastic;
struct elastic_call; /* one request under way */

struct elastic_request {
	const char *method;
	const char *path;    /* begins with '/', escaped where needed */
	struct str body;     /* JSON; borrowed until done or cancelled */
	int gzip_level;      /* 0: as it is */
	int64_t timeout_ms;  /* 0: elasticsearch.timeout */
	size_t answer_limit; /* bytes */
	/* Once, unless cancelled; never from inside elastic_start. The answer
	 * is borrowed for the call. */
	void (*done)(void *arg, const struct http_answer *answer);
	void *arg;
};

/* elastic_open would take these settings. */
MUST_CHECK bool elastic_check(const struct config *config, struct error *err);
/* Connects to nothing yet. `config` is borrowed until closed: files of secrets
 * are read again after an answer 401 or 403. */
MUST_CHECK struct elastic *
elastic_open(struct loop *loop, const struct config *config, struct error *err);
/* Calls under way are cancelled; accepts NULL. */
void elastic_close(struct elastic *e);

/* NULL: could not even be started; `done` will not be called. */
MUST_CHECK struct elastic_call *
elastic_start(struct elastic *e, const struct elastic_request *request,
	      struct error *err);
void elastic_cancel(struct elastic_call *call);

/* For commands: turns the loop until a node answered; each is asked once.
 * request->done and arg are ignored. False: none answered (ERROR_RETRY). */
MUST_CHECK bool elastic_do(struct elastic *e,
			   const struct elastic_request *request, int *status,
			   struct buf *body, struct error *err);

#endif
