/* link.h - the link by which a service's output file is taken
 *
 * FILE.structoutv1 -> FILE, so that the writer's own file keeps its name. The
 * target is written relative to the link, which lies beside it: the folder may
 * be moved or mounted elsewhere.
 *
 * Waits on the file system; any thread. */
#ifndef TOCSIN_INGEST_SHIP_LINK_H
#define TOCSIN_INGEST_SHIP_LINK_H

#include "core/buf.h"

enum link_result {
	LINK_MADE,
	LINK_THERE,      /* it was right already */
	LINK_REDIRECTED, /* it was a link to something else */
};

/* `file` need not exist yet. The link's path is appended to `link`. A name is
 * never missing in between, and what is not a link is never replaced.
 * ERROR_USAGE: `file` cannot be meant; ERROR_REJECT: the file system refused,
 * or the name is taken. */
MUST_CHECK bool link_make(const char *file, enum link_result *result,
			  struct buf *link, struct error *err);

#endif
