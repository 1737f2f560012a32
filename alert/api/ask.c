/* ask.c - alerts and silences on the command line
 *
 * Owns what it read for the time of a call. Main thread. */
#include "alert/api/ask.h"

#include <inttypes.h>
#include <stdlib.h>

#include "alert/notify/message.h"
#include "alert/notify/policy.h"
#include "alert/notify/view.h"
#include "alert/settings.h"
#include "core/clock.h"
#include "core/kafka.h"
#include "core/loop.h"

enum { READ_TIMEOUT_MS = 30000, WRITE_TIMEOUT_MS = 10000 };

struct facts {
	struct kafka_options options;
	struct policy policy;
	struct silences silences;
	struct view view;
	int64_t wall_ms;
};

void ask_print(FILE *out, const struct buf *line)
{
	const unsigned char *p = (const unsigned char *)line->p;

	for (size_t i = 0; i < line->n; i++) {
		if (p[i] < 0x20 || p[i] == 0x7f)
			fprintf(out, "\\u%04x", p[i]);
		else if (p[i] == 0xc2 && i + 1 < line->n && p[i + 1] < 0xa0)
			fprintf(out, "\\u%04x", p[++i]);
		else
			fputc(p[i], out);
	}
	fputc('\n', out);
}

/* ---- reading ---- */

static void take_silence(void *arg, const struct kafka_record *r)
{
	struct facts *f = arg;
	struct silence s;

	if (!r->value.s)
		silences_remove(&f->silences, r->key);
	else if (silence_decode(r->value, &s, NULL)) {
		silences_apply(&f->silences, &s);
		silence_release(&s);
	}
}

/* What is no transition the worker reports. */
static void take_alert(void *arg, const struct kafka_record *r)
{
	struct facts *f = arg;
	struct error err;

	if (!view_apply(&f->view, f->policy.inhibit, r->key, r->value,
			r->time_ms, &err))
		return;
}

static bool read_topic(struct facts *f, const struct config *config,
		       const char *name,
		       void (*take)(void *arg, const struct kafka_record *r),
		       struct error *err)
{
	struct buf AUTO(buf_release) topic = { 0 };

	return kafka_read_topic(
		&f->options,
		alert_topic(config_string(config, "prefix"), name, &topic), -1,
		take, f, READ_TIMEOUT_MS, err);
}

static void facts_release(struct facts *f)
{
	policy_release(&f->policy);
	silences_release(&f->silences);
	view_release(&f->view);
}

static bool read_facts(const struct config *config, bool alerts,
		       struct facts *out, struct error *err)
{
	*out = (struct facts){ .options = kafka_options_of(config, "tocsin"),
			       .wall_ms = clock_wall_ms() };
	if (policy_read(config, &out->policy, err) &&
	    read_topic(out, config, "silences", take_silence, err) &&
	    (!alerts || read_topic(out, config, "alerts", take_alert, err)))
		return true;
	facts_release(out);
	return false;
}

/* ---- alerts ---- */

static void describe_holder(const struct facts *f, const struct view_alert *a,
			    struct buf *line)
{
	const struct silence *s =
		silences_match(&f->silences, &a->labels, f->wall_ms);
	const char *source = inhibit_find(f->policy.inhibit, &a->labels);

	if (s)
		buf_add_format(line, "silenced   ");
	else
		buf_add_text(line, source ? "inhibited  " : "active     ");
}

static void print_alert(const struct ask *ask, const struct facts *f,
			const struct view_alert *a)
{
	const char *summary = labels_get(&a->annotations, "summary");
	struct buf AUTO(buf_release) line = { 0 };

	describe_holder(f, a, &line);
	message_add_time(a->t.starts_at_ms, &line);
	buf_add_text(&line, "  ");
	labels_text(&a->labels, &line);
	if (*summary)
		buf_add_format(&line, "  %s", summary);
	ask_print(ask->out, &line);
}

static void print_alert_json(const struct ask *ask, const struct facts *f,
			     const struct view_alert *a)
{
	const struct silence *s =
		silences_match(&f->silences, &a->labels, f->wall_ms);
	const char *source = inhibit_find(f->policy.inhibit, &a->labels);
	struct buf AUTO(buf_release) line = { 0 };

	buf_add_text(&line, "{\"alert\":");
	transition_encode(&a->t, &line);
	buf_add_text(&line, ",\"silencedBy\":");
	buf_add_json_string(&line, str_of(s ? s->id : ""));
	buf_add_text(&line, ",\"inhibitedBy\":");
	buf_add_json_string(&line, str_of(source ? source : ""));
	buf_add_char(&line, '}');
	fprintf(ask->out, "%s\n", buf_text(&line));
}

bool ask_alerts(const struct ask *ask, const struct matchers *filter,
		size_t *shown, struct error *err)
{
	const struct view_alert **alert;
	struct facts f;
	size_t n;

	*shown = 0;
	if (!read_facts(ask->config, true, &f, err))
		return false;
	alert = view_sorted(&f.view, &n);
	for (size_t i = 0; i < n; i++) {
		if (!matchers_hold(filter, &alert[i]->labels))
			continue;
		++*shown;
		if (ask->json)
			print_alert_json(ask, &f, alert[i]);
		else
			print_alert(ask, &f, alert[i]);
	}
	free(alert);
	facts_release(&f);
	return true;
}

/* ---- silences ---- */

static void print_silence(const struct ask *ask, const struct silence *s,
			  int64_t wall_ms)
{
	struct buf AUTO(buf_release) line = { 0 };

	if (ask->json) {
		silence_encode_state(s, wall_ms, &line);
		fprintf(ask->out, "%s\n", buf_text(&line));
		return;
	}
	buf_add_format(&line, "%s  %-7s  ", s->id,
		       silence_state_name(silence_state(s, wall_ms)));
	message_add_time(s->starts_ms, &line);
	buf_add_text(&line, "  ");
	message_add_time(s->ends_ms, &line);
	buf_add_text(&line, "  ");
	matchers_text(&s->matchers, &line);
	buf_add_format(&line, "  %s: %s", s->author, s->comment);
	ask_print(ask->out, &line);
}

bool ask_silences(const struct ask *ask, const struct matchers *filter,
		  bool all, size_t *shown, struct error *err)
{
	const struct silence **silence;
	struct facts f;
	size_t n;

	*shown = 0;
	if (!read_facts(ask->config, false, &f, err))
		return false;
	silence = silences_sorted(&f.silences, &n);
	for (size_t i = 0; i < n; i++) {
		if (!silence_is_asked_for(silence[i], filter) ||
		    (!all &&
		     silence_state(silence[i], f.wall_ms) == SILENCE_EXPIRED))
			continue;
		++*shown;
		print_silence(ask, silence[i], f.wall_ms);
	}
	free(silence);
	facts_release(&f);
	return true;
}

struct writing {
	bool failed;
	struct error err;
};

static void delivered(void *arg, const struct kafka_delivery *d)
{
	struct writing *w = arg;

	if (d->delivered)
		return;
	w->failed = true;
	w->err = d->err;
}

static bool produce(struct kafka_producer *p, const struct config *config,
		    const struct silence *s, struct error *err)
{
	struct buf AUTO(buf_release) topic = { 0 };
	struct buf AUTO(buf_release) json = { 0 };
	struct kafka_message m = { .partition = 0, .key = str_of(s->id) };

	buf_add_format(&topic, "%s.silences", config_string(config, "prefix"));
	silence_encode(s, &json);
	m.topic = buf_text(&topic);
	m.value = buf_str(&json);
	if (!kafka_produce(p, &m, err))
		return false;
	return kafka_producer_flush(p, WRITE_TIMEOUT_MS) ||
	       error_set(err, ERROR_RETRY,
			 "kafka has not taken the silence in time");
}

static bool write_silence(const struct config *config, const struct silence *s,
			  struct error *err)
{
	struct writing w = { .failed = false };
	struct loop *loop = loop_open(err);
	const struct kafka_producer_config c = {
		.options = kafka_options_of(config, "tocsin"),
		.queue_bytes = 8 << 20,
		.queue_messages = 100,
		.delivered = delivered,
		.arg = &w,
	};
	struct kafka_producer *p =
		loop ? kafka_producer_open(loop, &c, err) : NULL;
	bool ok = p && produce(p, config, s, err);

	if (ok && w.failed) {
		*err = w.err;
		ok = false;
	}
	if (p)
		kafka_producer_close(p);
	if (loop)
		loop_close(loop);
	return ok;
}

static size_t count_hits(const struct facts *f, const struct silence *s)
{
	const struct view_alert **alert;
	size_t n, hits = 0;

	alert = view_sorted(&f->view, &n);
	for (size_t i = 0; i < n; i++)
		hits += matchers_hold(&s->matchers, &alert[i]->labels);
	free(alert);
	return hits;
}

static void tell_silence(const struct ask *ask, const struct silence *s,
			 size_t hits)
{
	struct buf AUTO(buf_release) line = { 0 };

	if (ask->json) {
		fprintf(ask->out, "{\"silenceID\":\"%s\",\"alerts\":%zu}\n",
			s->id, hits);
		return;
	}
	matchers_text(&s->matchers, &line);
	buf_add_text(&line, " until ");
	message_add_time(s->ends_ms, &line);
	buf_add_format(&line, ": %zu firing alert%s", hits,
		       hits == 1 ? "" : "s");
	fprintf(ask->out, "%s\n", s->id);
	ask_print(ask->out, &line);
}

bool ask_silence_add(const struct ask *ask, struct silence *s,
		     struct error *err)
{
	struct silence_change change = { 0 };
	struct facts f;
	bool ok;

	if (!read_facts(ask->config, true, &f, err)) {
		silence_release(s);
		return false;
	}
	ok = silences_change(&f.silences, s, f.wall_ms, &change, err);
	if (!ok)
		err->kind = ERROR_USAGE;
	ok = ok && write_silence(ask->config, &change.set, err);
	if (ok)
		tell_silence(ask, &change.set, count_hits(&f, &change.set));
	silence_release(&change.set);
	facts_release(&f);
	return ok;
}

bool ask_silence_expire(const struct ask *ask, const char *id, bool *found,
			struct error *err)
{
	const struct silence *s;
	struct silence ended;
	struct facts f;
	bool ok = true;

	if (!read_facts(ask->config, false, &f, err))
		return false;
	s = silences_find(&f.silences, id);
	*found = s && silence_state(s, f.wall_ms) != SILENCE_EXPIRED;
	if (*found) {
		silence_end(s, f.wall_ms, &ended);
		ok = write_silence(ask->config, &ended, err);
		silence_release(&ended);
	}
	facts_release(&f);
	return ok;
}
