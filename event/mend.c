/* mend.c - decide what is to be mended, and in which steps
 *
 * Bytes first (UTF-8, surrogates), then the clean text is scanned again and
 * planned, then written; too long, it is written once more and cut. Owns
 * buffers for one call. The scanner's thread. */
#include "event/mend.h"

#include "event/json_bytes.h"
#include "event/mend_private.h"
#include "event/utf8.h"

bool event_needs_mending(const struct event *event,
			 const struct mend_context *context)
{
	if (event->repairs || event->has_newline ||
	    event->line.n > context->max_event_bytes)
		return true;
	if (event->repaired.kind != JSON_ABSENT && !context->repaired_is_ours)
		return true;
	return !time_in_bounds(event->time_ns, context->now_ns);
}

/* Level by the name or number that other loggers use. */
static enum event_level foreign_level(struct str text)
{
	static const struct {
		const char *name;
		bool prefix;
		enum event_level level;
	} table[] = {
		{ "trace", false, LEVEL_DEBUG },
		{ "debug", false, LEVEL_DEBUG },
		{ "10", false, LEVEL_DEBUG },
		{ "20", false, LEVEL_DEBUG },
		{ "info", false, LEVEL_INFO },
		{ "notice", false, LEVEL_INFO },
		{ "warn", true, LEVEL_INFO },
		{ "30", false, LEVEL_INFO },
		{ "40", false, LEVEL_INFO },
		{ "err", true, LEVEL_ERROR },
		{ "crit", true, LEVEL_ERROR },
		{ "fatal", false, LEVEL_ERROR },
		{ "panic", false, LEVEL_ERROR },
		{ "alert", false, LEVEL_ERROR },
		{ "emerg", true, LEVEL_ERROR },
		{ "50", false, LEVEL_ERROR },
		{ "60", false, LEVEL_ERROR },
	};

	text = str_trim(text);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct str name = str_of(table[i].name);
		struct str head = text;
		if (table[i].prefix && head.n > name.n)
			head.n = name.n;
		if (str_equal_nocase(head, name))
			return table[i].level;
	}
	return LEVEL_INFO;
}

static void plan_level(struct plan *plan, struct buf *scratch)
{
	const struct event_value *value = &plan->event.field[EVENT_LEVEL];

	plan->new_level = plan->event.level == LEVEL_NONE;
	if (!plan->new_level)
		return;
	plan->level = foreign_level(event_text(value, scratch));
	plan->new_level_raw = event_has(&plan->event, EVENT_LEVEL);
}

static bool read_time(const struct event_value *value, struct buf *scratch,
		      struct time_read *out)
{
	if (value->kind == JSON_STRING)
		return time_parse_any(event_text(value, scratch), out);
	return value->kind == JSON_NUMBER && time_parse_epoch(value->raw, out);
}

static void plan_time(struct plan *plan, struct buf *scratch)
{
	const struct event *event = &plan->event;
	int64_t now = plan->context->now_ns;

	if (event->has_time && time_in_bounds(event->time_ns, now))
		return;
	plan->repairs |= REPAIR_TIME;
	plan->new_time = true;
	plan->new_time_raw = event_has(event, EVENT_TIME_STAMP_UTC);
	if (read_time(&event->field[EVENT_TIME_STAMP_UTC], scratch,
		      &plan->time) &&
	    time_in_bounds(plan->time.ns, now))
		return;
	plan->time.ns = plan->context->fallback_time_ns;
	plan->time.digits = time_digits(plan->time.ns);
}

static unsigned listed_repairs(struct str raw)
{
	struct json_cursor cursor = json_enter(raw);
	unsigned repairs = 0;
	struct str word;

	while (json_next_element(&cursor, &word))
		for (unsigned i = 0; i < REPAIR_WORDS; i++)
			if (json_string_is(word, str_of(repair_words[i])))
				repairs |= 1U << i;
	return repairs;
}

static void plan_keys(struct plan *plan)
{
	const struct event *event = &plan->event;
	bool repaired = event->repaired.kind != JSON_ABSENT;
	bool ours = plan->context->repaired_is_ours;

	if (repaired && ours && scan_is_repaired(event->repaired.raw))
		plan->listed = listed_repairs(event->repaired.raw);
	plan->moves =
		(event->repairs & REPAIR_KEY) || (repaired && !plan->listed) ||
		(plan->new_time_raw && event->time_raw.kind != JSON_ABSENT) ||
		(plan->new_level_raw && event->level_raw.kind != JSON_ABSENT);
	if (plan->moves)
		plan->repairs |= REPAIR_KEY;
}

static void plan_event(struct plan *plan)
{
	struct buf scratch = { 0 };

	/* What is the same key, and what is replaced, shows in writing. */
	plan->repairs |= plan->event.repairs & ~(unsigned)REPAIR_DUPLICATE;
	plan_level(plan, &scratch);
	plan_time(plan, &scratch);
	plan_keys(plan);
	buf_release(&scratch);
}

/* Copy `line` with bad bytes and lone surrogate escapes replaced. They stand
 * in strings only, so the structure stays. */
static void clean_json(struct str line, struct buf *out)
{
	const char *p = line.s, *end = line.s + line.n;
	char one[4];
	size_t width;

	while (p < end) {
		const char *back = memchr(p, '\\', (size_t)(end - p));
		if (!back)
			back = end;
		utf8_clean(str_slice(p, (size_t)(back - p)), out);
		if (back == end)
			break;
		bool lone = false;
		size_t n = json_escape(back, end, one, &width, &lone);
		ENSURE(n > 0);
		buf_add(out, lone ? STR(UTF8_REPLACEMENT) : str_slice(back, n));
		p = back + n;
	}
}

/* Cut Additional so that `out` keeps the limit; false if that cannot be. */
static bool cut_additional(struct scanner *scanner, size_t max, struct buf *out)
{
	struct event event;
	struct buf cut = { 0 };

	event_scan(scanner, buf_str(out), &event);
	struct str raw = event.field[EVENT_ADDITIONAL].raw;
	size_t excess = out->n - max;
	if (!event_has(&event, EVENT_ADDITIONAL) || raw.n < excess + 2)
		return false;

	cut_value(raw, raw.n - excess, &cut);
	size_t at = (size_t)(raw.s - out->p);
	memcpy(out->p + at, cut.p, cut.n);
	memmove(out->p + at + cut.n, out->p + at + raw.n, out->n - at - raw.n);
	buf_truncate(out, out->n - raw.n + cut.n);
	buf_release(&cut);
	return true;
}

static void mend_unparsed(struct scanner *scanner, struct plan *plan,
			  struct buf *out)
{
	size_t max = plan->context->max_event_bytes;
	struct str line = plan->event.line;
	struct buf text = { 0 };

	plan->repairs &= REPAIR_CUT | REPAIR_UTF8;
	plan->repairs |=
		REPAIR_UNPARSED | REPAIR_TIME | REPAIR_SERVICE | REPAIR_HOST;
	if (utf8_clean(line, &text))
		plan->repairs |= REPAIR_UTF8;
	mend_write_unparsed(plan, buf_str(&text), out);
	if (out->n > max && !(plan->repairs & REPAIR_CUT)) {
		plan->repairs |= REPAIR_CUT;
		mend_write_unparsed(plan, buf_str(&text), out);
	}
	if (out->n > max)
		ENSURE(cut_additional(scanner, max, out));
	buf_release(&text);
}

/* The event of `plan`, which scanned well. */
static void mend_parsed(struct scanner *scanner, struct plan *plan,
			struct buf *out)
{
	size_t max = plan->context->max_event_bytes;

	plan_event(plan);
	mend_write(scanner, plan, out);
	if (out->n <= max)
		return;
	plan->repairs |= REPAIR_CUT;
	mend_write(scanner, plan, out);
	if (!cut_additional(scanner, max, out))
		mend_unparsed(scanner, plan, out);
}

unsigned event_mend(struct scanner *scanner, const struct event *scanned,
		    const struct mend_context *context, struct buf *out)
{
	struct plan plan = { .context = context, .event = *scanned };
	struct buf clean = { 0 };

	ENSURE(context->max_event_bytes >= EVENT_BYTES_MIN);
	if (scanned->repairs & REPAIR_UTF8) {
		clean_json(scanned->line, &clean);
		event_scan(scanner, buf_str(&clean), &plan.event);
		plan.repairs = REPAIR_UTF8;
	}
	if (scanned->repairs & REPAIR_UNPARSED)
		mend_unparsed(scanner, &plan, out);
	else
		mend_parsed(scanner, &plan, out);
	buf_release(&clean);
	return plan.repairs;
}

unsigned event_read(struct scanner *scanner, struct str line,
		    const struct mend_context *context, struct buf *out,
		    struct event *event)
{
	event_scan(scanner, line, event);
	if (!event_needs_mending(event, context))
		return 0;

	unsigned repairs = event_mend(scanner, event, context, out);
	event_scan(scanner, buf_str(out), event);
	return repairs;
}
