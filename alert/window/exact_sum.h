/* exact_sum.h - a sum of doubles without any rounding
 *
 * A fixed-point number wide enough for all that was added, so what was added
 * may be taken away again and nothing of it stays: a window that slid has the
 * very sum of one that was added up anew, in whatever order. Only
 * exact_sum_value() rounds, to the nearest double. (The idea is Kulisch's long
 * accumulator; the lazy carries are those of R. Neal, "Fast exact summation
 * using small and large superaccumulators", 2015.)
 *
 * Memory: 8 bytes for each 32 bits between the highest and the lowest bit ever
 * added, at most 560. Pure; one thread at a time for one sum. */
#ifndef TOCSIN_ALERT_WINDOW_EXACT_SUM_H
#define TOCSIN_ALERT_WINDOW_EXACT_SUM_H

#include "core/base.h"

/* A zeroed struct is a valid sum of nothing. */
struct exact_sum {
	int64_t *chunk; /* chunk[i] counts 2^(32 * (low + i)) */
	int low, n;
	int32_t adds; /* since the carries were passed on */
};

void exact_sum_release(struct exact_sum *s);
/* `value` is finite. To take it away, add -value. */
void exact_sum_add(struct exact_sum *s, double value);
/* Infinite if it is beyond the doubles. */
double exact_sum_value(const struct exact_sum *s);

#endif
