/* readback.c - was enough read back to know the windows? Pure, owns nothing. */
#include "alert/window/readback.h"

void readback_note(struct readback *r, int64_t matched_ms)
{
	if (!r->begun || matched_ms > r->whole_from_ms)
		r->whole_from_ms = matched_ms;
	r->begun = true;
}

bool readback_suffices(const struct readback *r, int64_t clock_ms,
		       int64_t reach_ms)
{
	return r->begun && r->whole_from_ms <= clock_ms - reach_ms;
}
