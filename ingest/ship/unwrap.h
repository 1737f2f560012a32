/* unwrap.h - what a container runtime wrote around a line
 *
 * Docker's json-file driver: one object a line with the strings `log`,
 * `stream` and `time` and nothing else but an object `attrs`; a record whose
 * `log` does not end in a line feed goes on in the next of its stream.
 * Source: docs.docker.com/engine/logging/drivers/json-file
 *
 * The Container Runtime Interface: `TIME STREAM TAGS TEXT`, the first tag P
 * for a part and F for the whole or the last part.
 * Source: the Kubernetes design document "CRI: Log Management"
 *
 * A line is judged by itself, so it reads the same wherever in its file a
 * restart begins; what is not exactly of either form is a plain line.
 *
 * Pure; one thread at a time for one scanner. */
#ifndef TOCSIN_INGEST_SHIP_UNWRAP_H
#define TOCSIN_INGEST_SHIP_UNWRAP_H

#include "event/scan.h"

enum stream { STREAM_PLAIN, STREAM_STDOUT, STREAM_STDERR };

/* What one line of a file says. */
struct piece {
	struct str text;
	enum stream stream;
	int64_t time_ns; /* of the wrapper; TIME_NONE for a plain line */
	bool partial;    /* the text goes on in the stream's next piece */
};

/* Never fails: a plain line is itself. out->text borrows from `line` or from
 * `scratch`, which is overwritten. Costs the length of the line. */
void unwrap(struct scanner *scanner, struct str line, struct buf *scratch,
	    struct piece *out);

#endif
