/* metrics.h - counters, gauges and histograms in Prometheus text format
 *
 * Format: https://prometheus.io/docs/instrumenting/exposition_formats/
 * (text, version 0.0.4). One thread: the loop's. */
#ifndef TOCSIN_CORE_METRICS_H
#define TOCSIN_CORE_METRICS_H

#include "core/buf.h"

struct metrics; /* the registry of one program */
struct metric;  /* one time series; lives as long as its registry */

struct metrics *metrics_open(void);
void metrics_close(struct metrics *m);

/* Get or create. `labels` is NULL or ready text like `word="time"` (the values
 * escaped by metrics_label). `name` and `help` are borrowed constants, labels
 * are copied. The same name with another type is a bug. */
struct metric *metrics_counter(struct metrics *m, const char *name,
			       const char *help, const char *labels);
struct metric *metrics_gauge(struct metrics *m, const char *name,
			     const char *help, const char *labels);
/* bounds[0..n) ascending, constant; +Inf is added. */
struct metric *metrics_histogram(struct metrics *m, const char *name,
				 const char *help, const char *labels,
				 const double *bounds, size_t n);
/* Append name="value" to labels, escaped, with a comma where needed. */
void metrics_label(struct buf *labels, const char *name, struct str value);

void metric_add(struct metric *m, int64_t n);        /* counter, gauge */
void metric_set(struct metric *m, double value);     /* gauge */
void metric_observe(struct metric *m, double value); /* histogram */
double metric_value(const struct metric *m);

/* Called before each rendering, to refresh gauges that are derived. */
void metrics_on_render(struct metrics *m, void (*refresh)(void *arg),
		       void *arg);
void metrics_render(struct metrics *m, struct buf *out);

#endif
