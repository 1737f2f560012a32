/* top_sample.h - what a daemon says of itself at one moment, as few numbers
 *
 * Read from its /metrics (Prometheus text format, version 0.0.4:
 * https://prometheus.io/docs/instrumenting/exposition_formats/) and its
 * /status (JSON). Both may come from anybody: whatever they hold, the numbers
 * are finite and the text is harmless to a terminal.
 *
 * Pure; any thread. */
#ifndef TOCSIN_INGEST_INDEX_TOP_SAMPLE_H
#define TOCSIN_INGEST_INDEX_TOP_SAMPLE_H

#include "core/buf.h"

enum top_daemon { TOP_SHIP, TOP_INDEX, TOP_ALERT, TOP_DAEMONS };

struct top_sample {
	bool answered;
	int64_t mono_ms; /* when; the caller's */
	double done;     /* events, since the daemon began */
	double in_flight;
	double lag; /* ship: bytes; index: events; alert: seconds */
	double errors;
	double blocked_seconds; /* 0: it is not */
	double firing;          /* alert only */
	struct buf why;         /* why blocked or not answered */
};

void top_sample_release(struct top_sample *s);

/* The name, and the setting that holds the address, of a daemon. */
const char *top_daemon_name(enum top_daemon which);
const char *top_daemon_setting(enum top_daemon which);

/* Fill in *out, but for mono_ms, from both answers. */
void top_sample_read(enum top_daemon which, struct str metrics,
		     struct str status, struct top_sample *out);
/* It did not answer. */
void top_sample_away(struct top_sample *out, struct str why);

/* The values of one metric over all series whose labels hold `label` ("" any):
 * their sum, or the largest. 0 if there is none. */
double top_metric_sum(struct str metrics, const char *name, const char *label);
double top_metric_max(struct str metrics, const char *name, const char *label);

#endif
