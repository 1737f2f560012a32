/* rotated.h - which names a rotation gives a file
 *
 * Known are FILE plus a number or a date behind '.', '-' or '_' (app.log.1,
 * app.log-20261123, app.log.2026-11-23_09), with or without a second one
 * (app.log-20261123.1); FILE.old and FILE.bak; and a date before the suffix
 * (app-2026-11-23.log; a mere number there, app-2.log, may be another
 * service's file). A compressed file is no such name.
 *
 * Pure; safe on any thread. */
#ifndef TOCSIN_INGEST_SHIP_ROTATED_H
#define TOCSIN_INGEST_SHIP_ROTATED_H

#include "core/buf.h"

/* The i-th name (0, 1, ...) that `name` may have had before it was rotated,
 * into `original`. False past the last. No folders in either. */
bool rotated_original(struct str name, size_t i, struct buf *original);

#endif
