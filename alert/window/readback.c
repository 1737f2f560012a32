/* readback.c - was enough read back to know the windows? Pure, owns nothing. */
#include "alert/window/readback.h"

static void note(struct readback *r, int64_t matched_ms)
{
	if (!r->begun || matched_ms > r->whole_from_ms)
		r->whole_from_ms = matched_ms;
	r->begun = true;
}

void readback_note(struct readback *r, const struct engine *e,
		   const struct envelope_head *head)
{
	int32_t p = head->logs_partition;
	bool is_first = engine_logs_time_ms(e, p) == ALERT_TIME_NONE;

	/* Before offset 0 there are no matches that can have been missed, but
	 * it may have been watched. */
	if (is_first)
		note(r, head->first == 0 ? INT64_MIN : head->time_ms);
	if (head->announces && !engine_logs_announced(e, p))
		note(r, head->time_ms);
}

static bool all_announced(const struct engine *e)
{
	for (int32_t p = 0; p < engine_logs_partitions(e); p++)
		if (!engine_logs_announced(e, p))
			return false;
	return true;
}

/* How far before the clock the windows must be whole. Where a partition is
 * ahead of the clock, its alerts fire ahead of it too, and what comes after
 * them depends on which those were. */
static int64_t needed_ms(const struct engine *e, int64_t reach_ms)
{
	int64_t ahead_ms = 0, time_ms;

	for (int32_t p = 0; p < engine_logs_partitions(e); p++) {
		time_ms = engine_logs_time_ms(e, p) - engine_clock_ms(e);
		ahead_ms = time_ms > ahead_ms ? time_ms : ahead_ms;
	}
	return reach_ms + (ahead_ms < reach_ms ? ahead_ms : reach_ms);
}

bool readback_suffices(const struct readback *r, const struct engine *e,
		       int64_t reach_ms)
{
	int64_t clock_ms = engine_clock_ms(e);

	return r->begun && clock_ms != ALERT_TIME_NONE && all_announced(e) &&
	       r->whole_from_ms <= clock_ms - needed_ms(e, reach_ms);
}
