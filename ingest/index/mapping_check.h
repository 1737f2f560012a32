/* mapping_check.h - asks the servers now and then whether their indices agree
 * with our templates
 *
 * Loop thread only. */
#ifndef TOCSIN_INGEST_INDEX_MAPPING_CHECK_H
#define TOCSIN_INGEST_INDEX_MAPPING_CHECK_H

#include "ingest/index/elastic.h"
#include "ingest/index/mapping.h"
#include "ingest/index/template.h"

struct mapping_check;

/* found() gets each answer, the first soon, then one an hour; what could not
 * be asked is asked the next time. `elastic` and `config` are borrowed. */
struct mapping_check *
mapping_check_open(struct loop *loop, struct elastic *elastic,
		   const struct config *config,
		   void (*found)(void *arg, enum template_kind kind,
				 const struct mapping_conflicts *conflicts),
		   void *arg);
/* Accepts NULL. */
void mapping_check_close(struct mapping_check *m);

#endif
