/* log.c - one line a message on stderr, repeats counted
 *
 * The only global state of the program beside the stop flag: the level, and a
 * small table of the messages last printed, behind one mutex. Any thread. */
#include "core/log.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/clock.h"

#define VALUE_LIMIT_BYTES   512
#define REPEAT_WINDOW_MS    10000
#define REPEATS_IN_WINDOW   10
#define MESSAGES_REMEMBERED 64

static _Atomic int current_level = LOG_LEVEL_INFO;

struct message {
	uint64_t hash;     /* of text and level */
	int64_t window_ms; /* monotonic start; 0 = the slot is free */
	unsigned printed;
	unsigned held_back;
};

static pthread_mutex_t repeat_lock = PTHREAD_MUTEX_INITIALIZER;
static struct message remembered[MESSAGES_REMEMBERED];

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void log_set_level(enum log_level level)
{
	atomic_store(&current_level, (int)level);
}

bool log_level_parse(struct str name, enum log_level *out)
{
	for (size_t i = 0; i < ARRAY_LENGTH(level_names); i++) {
		if (str_is(name, level_names[i])) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

/* ---- repeats ---- */

/* The slot of this message; a new one takes the place of the oldest. */
static struct message *find_slot(uint64_t hash)
{
	struct message *oldest = &remembered[0];

	for (size_t i = 0; i < ARRAY_LENGTH(remembered); i++) {
		if (remembered[i].hash == hash && remembered[i].window_ms > 0)
			return &remembered[i];
		if (remembered[i].window_ms < oldest->window_ms)
			oldest = &remembered[i];
	}
	*oldest = (struct message){ .hash = hash };
	return oldest;
}

/* Print this one? *held_back = how many were not since the last that was. */
static bool may_print(enum log_level level, const char *message,
		      unsigned *held_back)
{
	int64_t now_ms = clock_mono_ms();
	struct message *m;
	bool print;

	/* Whoever asks for these looks for one of them. */
	if (level == LOG_LEVEL_DEBUG) {
		*held_back = 0;
		return true;
	}
	pthread_mutex_lock(&repeat_lock);
	m = find_slot(str_hash_seed(str_of(message), (uint64_t)level));
	if (m->window_ms == 0 || now_ms - m->window_ms >= REPEAT_WINDOW_MS) {
		m->window_ms = now_ms > 0 ? now_ms : 1;
		m->printed = 0;
	}
	print = m->printed < REPEATS_IN_WINDOW;
	if (print) {
		m->printed++;
		*held_back = m->held_back;
		m->held_back = 0;
	} else {
		m->held_back++;
	}
	pthread_mutex_unlock(&repeat_lock);
	return print;
}

/* ---- the line ---- */

static void add_time(struct buf *line)
{
	int64_t now_ms = clock_wall_ms();
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	buf_add_format(line, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		       tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		       tm.tm_min, tm.tm_sec, (int)(now_ms % 1000));
}

static bool continues(struct str s, size_t at, size_t n)
{
	if (s.n - at < n)
		return false;
	for (size_t i = 1; i < n; i++) {
		if (((unsigned char)s.s[at + i] & 0xC0) != 0x80)
			return false;
	}
	return true;
}

/* How many bytes from `at` on are one character fit for a terminal; 0 for
 * control characters (also C1) and what is not UTF-8. */
static size_t printable(struct str s, size_t at)
{
	unsigned char c = (unsigned char)s.s[at];
	unsigned char d = at + 1 < s.n ? (unsigned char)s.s[at + 1] : 0;

	if (c < 0x80)
		return c >= 0x20 && c != 0x7F;
	if (c >= 0xC2 && c <= 0xDF)
		return (c > 0xC2 || d >= 0xA0) && continues(s, at, 2) ? 2 : 0;
	if (c >= 0xE0 && c <= 0xEF) {
		if ((c == 0xE0 && d < 0xA0) || (c == 0xED && d > 0x9F))
			return 0;
		return continues(s, at, 3) ? 3 : 0;
	}
	if (c >= 0xF0 && c <= 0xF4) {
		if ((c == 0xF0 && d < 0x90) || (c == 0xF4 && d > 0x8F))
			return 0;
		return continues(s, at, 4) ? 4 : 0;
	}
	return 0;
}

static bool needs_quotes(struct str value)
{
	for (size_t i = 0; i < value.n;) {
		size_t n = printable(value, i);

		if (n == 0 || strchr(" \"\\=", value.s[i]))
			return true;
		i += n;
	}
	return value.n == 0;
}

static void add_escaped(struct buf *line, struct str value)
{
	for (size_t i = 0; i < value.n;) {
		size_t n = printable(value, i);
		char c = value.s[i];

		if (c == '"' || c == '\\')
			buf_add_format(line, "\\%c", c);
		else if (n > 0)
			buf_add(line, str_slice(value.s + i, n));
		else if (c == '\n')
			buf_add_text(line, "\\n");
		else if (c == '\t')
			buf_add_text(line, "\\t");
		else
			buf_add_format(line, "\\x%02x", (unsigned char)c);
		i += n ? n : 1;
	}
}

static void add_value(struct buf *line, struct str value)
{
	bool cut = value.n > VALUE_LIMIT_BYTES;

	if (cut)
		value.n = VALUE_LIMIT_BYTES;
	/* Not in the middle of a character. */
	while (cut && value.n > VALUE_LIMIT_BYTES - 4 &&
	       ((unsigned char)value.s[value.n] & 0xC0) == 0x80)
		value.n--;
	if (!cut && !needs_quotes(value)) {
		buf_add(line, value);
		return;
	}
	buf_add_char(line, '"');
	add_escaped(line, value);
	buf_add_text(line, cut ? "...\"" : "\"");
}

static void add_field(struct buf *line, const struct log_field *field)
{
	buf_add_char(line, ' ');
	buf_add_text(line, field->key);
	buf_add_char(line, '=');
	if (field->type == LOG_FIELD_INT)
		buf_add_int(line, field->number);
	else
		add_value(line, field->text);
}

void log_write(enum log_level level, const char *message,
	       const struct log_field *fields, size_t n)
{
	unsigned held_back = 0;
	struct buf line;

	if ((int)level < atomic_load(&current_level) ||
	    !may_print(level, message, &held_back))
		return;
	buf_init(&line, 0); /* values are cut, fields are few */
	add_time(&line);
	buf_add_format(&line, " level=%s msg=", level_names[level]);
	add_value(&line, str_of(message));
	for (size_t i = 1; i <= n; i++)
		add_field(&line, &fields[i]);
	if (held_back > 0)
		buf_add_format(&line, " repeats=%u", held_back);
	buf_add_char(&line, '\n');
	/* Whoever reads stderr is gone: nobody is left to be told. */
	if (write(STDERR_FILENO, line.p, line.n) < 0)
		held_back = 0;
	buf_release(&line);
}
