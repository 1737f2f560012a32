/* metrics.c - the registry of counters, gauges and histograms
 *
 * A registry owns families (one name), a family owns its series (one set of
 * labels). Both keep the order in which they were made, so that two scrapes
 * read alike. Loop thread only. */
#include "core/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/map.h"

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric {
	struct family *family;
	char *labels;     /* "" = none */
	double value;     /* of a histogram the sum */
	uint64_t count;   /* histogram: observations */
	uint64_t *bucket; /* histogram: family->n_bounds, not cumulated */
};

struct family {
	const char *name;
	const char *help;
	enum metric_type type;
	const double *bounds;
	size_t n_bounds;
	struct metric **series;
	size_t n, cap;
	struct map by_labels; /* to struct metric, owned by series */
};

struct refresh {
	void (*call)(void *arg);
	void *arg;
};

struct metrics {
	struct family **family;
	size_t n, cap;
	struct map by_name; /* to struct family, owned by family */
	struct refresh *refresh;
	size_t n_refresh, cap_refresh;
};

struct metrics *metrics_open(void)
{
	return xcalloc(1, sizeof(struct metrics));
}

static void family_close(struct family *f)
{
	for (size_t i = 0; i < f->n; i++) {
		free(f->series[i]->labels);
		free(f->series[i]->bucket);
		free(f->series[i]);
	}
	free(f->series);
	map_release(&f->by_labels, NULL);
	free(f);
}

void metrics_close(struct metrics *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		family_close(m->family[i]);
	free(m->family);
	free(m->refresh);
	map_release(&m->by_name, NULL);
	free(m);
}

static struct family *family_of(struct metrics *m, const char *name,
				const char *help, enum metric_type type)
{
	struct family *f = map_get(&m->by_name, str_of(name));

	if (!f) {
		f = xcalloc(1, sizeof(*f));
		f->name = name;
		f->help = help;
		f->type = type;
		map_set(&m->by_name, str_of(name), f);
		*ARRAY_PUSH(m->family, m->n, m->cap) = f;
	}
	ENSURE(f->type == type);
	return f;
}

static struct metric *series_of(struct family *f, const char *labels)
{
	struct metric *s;

	if (!labels)
		labels = "";
	s = map_get(&f->by_labels, str_of(labels));
	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->family = f;
	s->labels = xstrdup(labels);
	if (f->type == METRIC_HISTOGRAM)
		s->bucket = xcalloc(f->n_bounds, sizeof(*s->bucket));
	map_set(&f->by_labels, str_of(labels), s);
	*ARRAY_PUSH(f->series, f->n, f->cap) = s;
	return s;
}

struct metric *metrics_counter(struct metrics *m, const char *name,
			       const char *help, const char *labels)
{
	return series_of(family_of(m, name, help, METRIC_COUNTER), labels);
}

struct metric *metrics_gauge(struct metrics *m, const char *name,
			     const char *help, const char *labels)
{
	return series_of(family_of(m, name, help, METRIC_GAUGE), labels);
}

struct metric *metrics_histogram(struct metrics *m, const char *name,
				 const char *help, const char *labels,
				 const double *bounds, size_t n)
{
	struct family *f = family_of(m, name, help, METRIC_HISTOGRAM);

	if (f->n == 0) {
		f->bounds = bounds;
		f->n_bounds = n;
	}
	ENSURE(f->n_bounds == n);
	return series_of(f, labels);
}

/* In a label value backslash, quote and line end are escaped. */
void metrics_label(struct buf *labels, const char *name, struct str value)
{
	if (labels->n > 0)
		buf_add_char(labels, ',');
	buf_add_text(labels, name);
	buf_add_text(labels, "=\"");
	for (size_t i = 0; i < value.n; i++) {
		switch (value.s[i]) {
		case '\\': buf_add_text(labels, "\\\\"); break;
		case '"': buf_add_text(labels, "\\\""); break;
		case '\n': buf_add_text(labels, "\\n"); break;
		default: buf_add_char(labels, value.s[i]); break;
		}
	}
	buf_add_char(labels, '"');
}

void metric_add(struct metric *m, int64_t n)
{
	ENSURE(m->family->type == METRIC_GAUGE ||
	       (m->family->type == METRIC_COUNTER && n >= 0));
	m->value += (double)n;
}

void metric_set(struct metric *m, double value)
{
	ENSURE(m->family->type == METRIC_GAUGE);
	m->value = value;
}

void metric_observe(struct metric *m, double value)
{
	const struct family *f = m->family;

	ENSURE(f->type == METRIC_HISTOGRAM);
	m->count++;
	m->value += value;
	for (size_t i = 0; i < f->n_bounds; i++) {
		if (value <= f->bounds[i]) {
			m->bucket[i]++;
			break;
		}
	}
}

double metric_value(const struct metric *m)
{
	return m->value;
}

void metrics_on_render(struct metrics *m, void (*refresh)(void *arg), void *arg)
{
	*ARRAY_PUSH(m->refresh, m->n_refresh, m->cap_refresh) =
		(struct refresh){ refresh, arg };
}

/* The shortest decimal that reads back as the same number. */
static void add_number(struct buf *out, double value)
{
	char text[40];

	if (isnan(value)) {
		buf_add_text(out, "NaN");
		return;
	}
	if (isinf(value)) {
		buf_add_text(out, value > 0 ? "+Inf" : "-Inf");
		return;
	}
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	buf_add_text(out, text);
}

/* name_suffix{labels,more} and a blank. */
static void add_series(struct buf *out, const struct metric *m,
		       const char *suffix, const char *more)
{
	buf_add_text(out, m->family->name);
	buf_add_text(out, suffix);
	if (*m->labels || *more) {
		buf_add_char(out, '{');
		buf_add_text(out, m->labels);
		buf_add_text(out, *m->labels && *more ? "," : "");
		buf_add_text(out, more);
		buf_add_char(out, '}');
	}
	buf_add_char(out, ' ');
}

static void render_histogram(const struct metric *m, struct buf *out)
{
	const struct family *f = m->family;
	struct buf le = { 0 };
	uint64_t below = 0;

	for (size_t i = 0; i < f->n_bounds; i++) {
		below += m->bucket[i];
		buf_clear(&le);
		buf_add_text(&le, "le=\"");
		add_number(&le, f->bounds[i]);
		buf_add_char(&le, '"');
		add_series(out, m, "_bucket", buf_text(&le));
		buf_add_format(out, "%llu\n", (unsigned long long)below);
	}
	add_series(out, m, "_bucket", "le=\"+Inf\"");
	buf_add_format(out, "%llu\n", (unsigned long long)m->count);
	add_series(out, m, "_sum", "");
	add_number(out, m->value);
	buf_add_char(out, '\n');
	add_series(out, m, "_count", "");
	buf_add_format(out, "%llu\n", (unsigned long long)m->count);
	buf_release(&le);
}

static const char *type_name(enum metric_type type)
{
	switch (type) {
	case METRIC_COUNTER: return "counter";
	case METRIC_GAUGE: return "gauge";
	case METRIC_HISTOGRAM: return "histogram";
	}
	return "untyped";
}

static void render_family(const struct family *f, struct buf *out)
{
	buf_add_format(out, "# HELP %s %s\n# TYPE %s %s\n", f->name, f->help,
		       f->name, type_name(f->type));
	for (size_t i = 0; i < f->n; i++) {
		if (f->type == METRIC_HISTOGRAM) {
			render_histogram(f->series[i], out);
			continue;
		}
		add_series(out, f->series[i], "", "");
		add_number(out, f->series[i]->value);
		buf_add_char(out, '\n');
	}
}

void metrics_render(struct metrics *m, struct buf *out)
{
	for (size_t i = 0; i < m->n_refresh; i++)
		m->refresh[i].call(m->refresh[i].arg);
	for (size_t i = 0; i < m->n; i++)
		render_family(m->family[i], out);
}
