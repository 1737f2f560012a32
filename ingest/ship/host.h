/* host.h - what this host is called where an event or a setting does not say
 *
 * Reads files and asks the kernel; at start only. */
#ifndef TOCSIN_INGEST_SHIP_HOST_H
#define TOCSIN_INGEST_SHIP_HOST_H

#include "core/buf.h"

/* The machine id (machine-id(5)), else the host's name, which is not made to
 * be unique: false then. */
bool host_id(struct buf *out);

/* The first address of an interface that is up and is not the loopback, IPv4
 * before IPv6 (no link-local ones); else the host's name. */
void host_address(struct buf *out);

#endif
