/* host.h - what this host is called where an event or a setting does not say
 *
 * Reads files and asks the kernel; at start only. */
#ifndef TOCSIN_INGEST_SHIP_HOST_H
#define TOCSIN_INGEST_SHIP_HOST_H

#include "core/buf.h"

/* The machine id (machine-id(5)), else the host's name, which is not made to
 * be unique: false then. */
bool host_id(struct buf *out);

/* Is it an id, and not what stands in the file before there is one
 * ("uninitialized", zeros)? Pure, as is the next one. */
bool host_id_is_made(struct str machine_id);

/* Is `path` mounted by itself? `mountinfo` as in proc(5). */
bool host_mounts(struct str mountinfo, struct str path);

/* Why this host's machine id may not tell its files from those of others, for a
 * person; NULL: it does. In a container it is the image's, unless it is mounted
 * from the host. */
const char *host_id_doubt(void);

/* The first address of an interface that is up and is not the loopback, IPv4
 * before IPv6 (no link-local ones); else the host's name. */
void host_address(struct buf *out);

#endif
