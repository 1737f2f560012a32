/* clock.h - the two clocks
 *
 * Deadlines are monotonic, event and record times are wall time. Only shells
 * call these; cores are given `now`. Safe on any thread. */
#ifndef TOCSIN_CORE_CLOCK_H
#define TOCSIN_CORE_CLOCK_H

#include <stdint.h>

/* Milliseconds since an unspecified point; never goes back. */
int64_t clock_mono_ms(void);
/* Since 1970-01-01T00:00:00Z. */
int64_t clock_wall_ms(void);
int64_t clock_wall_ns(void);

#endif
