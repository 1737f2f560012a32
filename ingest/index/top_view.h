/* top_view.h - the three daemons as a table of text
 *
 *          STATE    EVENTS/S  IN FLIGHT      LAG  ERRORS  BLOCKED
 *   ship   up           1234         12   1.2MiB       0  -
 *   index  blocked         0        100     1234       0  since 09:00:00Z: ...
 *   alert  up           1230          -     0.1s       0  -  3 firing
 *
 * Pure; any thread. */
#ifndef TOCSIN_INGEST_INDEX_TOP_VIEW_H
#define TOCSIN_INGEST_INDEX_TOP_VIEW_H

#include "ingest/index/top_sample.h"

struct top_view {
	/* NULL where there is no address; rates need the one before, which
	 * may be NULL or not answered. */
	const struct top_sample *now[TOP_DAEMONS];
	const struct top_sample *before[TOP_DAEMONS];
	int64_t wall_ns;
	size_t width; /* bytes of a line, 0: no limit */
	bool colour;
};

/* Append the lines, each ended by `line_end`. */
void top_view_render(const struct top_view *view, const char *line_end,
		     struct buf *out);

#endif
