/* masks.h - the setting ship.mask: ( { pattern = "..."; replacement = "..."; }
 * )
 *
 * Pure. */
#ifndef TOCSIN_INGEST_SHIP_MASKS_H
#define TOCSIN_INGEST_SHIP_MASKS_H

#include "core/conf.h"
#include "event/mask.h"

/* Read the list (NULL: none, *out is NULL). False: ERROR_CONFIG. Close with
 * mask_close(). */
MUST_CHECK bool masks_read(const struct conf *list, struct mask **out,
			   struct error *err);

#endif
