/* mute.h - mute times: named intervals of the calendar in which a route is
 * silent
 *
 *   mute_times = (
 *     { name = "offhours";
 *       intervals = (
 *         { weekdays = ["saturday", "sunday"]; },
 *         { times = ["00:00-08:00", "18:00-24:00"];
 *           weekdays = ["monday:friday"]; location = "Europe/Berlin"; } ); } );
 *
 * A time is inside an interval if every list that it has holds it, and inside a
 * name if one of its intervals holds it. Ranges of times exclude their end,
 * all others include it; days of the month may be counted from its end (-1).
 *
 * Source: Prometheus Alertmanager, "Configuration", time_interval. Pure but
 * for mute_read, which reads zone files; loop thread. */
#ifndef TOCSIN_ALERT_NOTIFY_MUTE_H
#define TOCSIN_ALERT_NOTIFY_MUTE_H

#include "core/config.h"

struct mute;

/* NULL: none. What is wrong goes to problems. Never NULL. */
struct mute *mute_read(const struct conf *tree, struct problems *problems);
/* Accepts NULL. */
void mute_close(struct mute *m);
bool mute_is_empty(const struct mute *m);
/* Does a node of the route tree, or one below, name what is not there? */
void mute_check_routes(const struct mute *m, const struct conf *route,
		       struct problems *problems);
/* Is it inside the named intervals? False for a name that is not there. */
bool mute_holds(const struct mute *m, const char *name, int64_t wall_ms);

#endif
