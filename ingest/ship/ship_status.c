/* ship_status.c - what tocsin ship says about itself
 *
 * Owns the status server. Loop thread. */
#include <stdio.h>

#include "core/clock.h"
#include "ingest/ship/ship_private.h"

enum {
	STATUS_FILES_MAX = 1000,
	/* Confirmations come within this time where all is well. */
	BLOCKED_AFTER_MS = 2000,
	UNREADY_AFTER_MS = 10000,
};

int64_t ship_blocked_ms(const struct ship *s)
{
	int64_t now = clock_mono_ms();
	int64_t waiting;

	if (s->away_ms)
		return now - s->away_ms;
	if (s->publisher.in_flight == 0)
		return 0;
	waiting = now - s->publisher.progress_ms;
	return waiting > BLOCKED_AFTER_MS ? waiting : 0;
}

static bool ready(void *arg, struct buf *why)
{
	const struct ship *s = arg;

	if (s->away_ms) {
		buf_add_text(why, s->why_not.text[0] ? s->why_not.text
						     : "connecting to kafka");
		return false;
	}
	if (ship_blocked_ms(s) < UNREADY_AFTER_MS)
		return true;
	buf_add_format(why, "kafka has confirmed nothing for %lld s",
		       (long long)(ship_blocked_ms(s) / 1000));
	if (s->trouble.text[0])
		buf_add_format(why, ": %s", s->trouble.text);
	return false;
}

/* A path may hold any byte; JSON may not. */
static void add_path(struct buf *json, const char *path)
{
	AUTO(buf_release) struct buf clean = { 0 };

	for (const char *c = path; *c; c++)
		buf_add_char(&clean, (unsigned char)*c < 0x80 ? *c : '?');
	buf_add_json_string(json, buf_str(&clean));
}

static void describe_file(const struct tail *t, struct buf *json)
{
	buf_add_text(json, "{\"path\":");
	add_path(json, t->path);
	buf_add_text(json, ",\"target\":");
	add_path(json, t->target);
	if (t->named)
		buf_add_format(json, ",\"id\":\"%.*s\"", FILE_ID_DIGITS,
			       t->id_text);
	buf_add_format(json,
		       ",\"offset\":%llu,\"read\":%llu,\"size\":%llu,"
		       "\"lag\":%llu,\"rotated\":%s,\"deleted\":%s}",
		       (unsigned long long)(t->named ? t->acks.delivered : 0),
		       (unsigned long long)(t->named ? t->lines.start : 0),
		       (unsigned long long)t->size,
		       (unsigned long long)tail_lag(t),
		       t->unlisted_ms ? "true" : "false",
		       t->deleted ? "true" : "false");
}

static void describe(void *arg, struct buf *json)
{
	const struct ship *s = arg;
	size_t n =
		s->files.n < STATUS_FILES_MAX ? s->files.n : STATUS_FILES_MAX;

	buf_add_format(json, "{\"daemon\":\"ship\",\"version\":\"%s\"",
		       TOCSIN_VERSION);
	buf_add_format(json,
		       ",\"connected\":%s,\"in_flight\":%zu,"
		       "\"read\":%.0f,\"delivered\":%.0f,"
		       "\"blocked_seconds\":%.1f",
		       s->away_ms ? "false" : "true", s->publisher.in_flight,
		       metric_value(s->publisher.count.read),
		       metric_value(s->publisher.count.delivered),
		       (double)ship_blocked_ms(s) / 1000);
	if (s->away_ms) {
		buf_add_text(json, ",\"why\":");
		buf_add_json_string(json, str_of(s->why_not.text));
	}
	buf_add_format(json, ",\"files_open\":%zu,\"files\":[", s->files.n);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			buf_add_char(json, ',');
		describe_file(s->files.tail[i], json);
	}
	buf_add_text(json, "]}");
}

static void refresh(void *arg)
{
	struct ship *s = arg;

	files_measure(&s->files);
	metric_set(s->blocked, (double)ship_blocked_ms(s) / 1000);
}

bool ship_status_open(struct ship *s, struct error *err)
{
	const struct status_source source = {
		.metrics = s->metrics,
		.ready = ready,
		.describe = describe,
		.arg = s,
	};

	s->blocked = metrics_gauge(s->metrics, "tocsin_ship_blocked_seconds",
				   "Since when lines wait for Kafka; 0 while "
				   "they flow.",
				   NULL);
	metrics_on_render(s->metrics, refresh, s);
	s->status = status_open(s->loop, config_string(s->config, "ship.http"),
				&source, err);
	return s->status != NULL;
}
